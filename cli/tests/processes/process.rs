//! `isoloir serve`, and other commands that listen, as processes.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener},
    os::fd::OwnedFd,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use crate::support::PUBLIC_HOST;

/// A running server. It is killed when dropped.
pub struct Process {
    child: Child,
    pub addr: SocketAddr,
    /// What it said before it listened.
    pub said: String,
    heard: Arc<Mutex<String>>,
}

impl Process {
    pub fn start(data: &Path, database: Option<&str>) -> Self {
        Self::start_with(data, database, "")
    }

    /// After a line for the shell, such as one that sets a limit.
    pub fn start_with(data: &Path, database: Option<&str>, before: &str) -> Self {
        Self::start_on("127.0.0.1:0", data, database, before, Stdio::null(), &[])
    }

    /// Again where one listened before.
    pub fn start_again(at: SocketAddr, data: &Path, database: Option<&str>) -> Self {
        Self::start_on(&at.to_string(), data, database, "", Stdio::null(), &[])
    }

    /// On a socket that stays open here, passed as systemd does.
    pub fn start_on_socket(socket: &TcpListener, data: &Path, more: &[&str]) -> Self {
        let passed = OwnedFd::from(socket.try_clone().unwrap());
        Self::start_on("127.0.0.1:0", data, None, "exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1", passed.into(), more)
    }

    /// Begins to start, and is not waited for.
    pub fn begin(data: &Path, database: &str) -> Beginning {
        let mut command = serving("127.0.0.1:0", data, Some(database), "", &[]);
        Beginning(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn start_on(listen: &str, data: &Path, database: Option<&str>, before: &str, stdin: Stdio, more: &[&str]) -> Self {
        let mut command = serving(listen, data, database, before, more);
        command.stdin(stdin);
        Self::listening(command)
    }

    /// Any command that listens on a port of its own.
    pub fn run<T: AsRef<OsStr>>(args: &[T]) -> Self {
        let mut command = command("");
        command.args(args).stdin(Stdio::null());
        Self::listening(command)
    }

    fn listening(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        let addr = loop {
            let mut line = String::new();
            assert!(out.read_line(&mut line).unwrap() > 0, "the server does not run: {said}");
            let digits =
                line.split_once("127.0.0.1:").map(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
            if let Some(port) = digits.filter(|_| line.contains("listens")) {
                break SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
            }
            said.push_str(&line);
        };
        let heard = Arc::new(Mutex::new(String::new()));
        let hearing = heard.clone();
        std::thread::spawn(move || {
            let mut line = String::new();
            while out.read_line(&mut line).is_ok_and(|length| length > 0) {
                hearing.lock().unwrap().push_str(&std::mem::take(&mut line));
            }
        });
        Self { child, addr, said, heard }
    }

    /// What it has said since it listens.
    pub fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits until it has ended by itself.
    pub fn terminate(&mut self) {
        self.signal("TERM");
        assert!(self.child.wait().unwrap().success());
    }

    pub fn signal(&self, signal: &str) {
        send(signal, &self.child);
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

/// A server that does not listen yet. It is killed when dropped.
pub struct Beginning(Child);

impl Beginning {
    /// SIGTERM; gives what it said until it has ended by itself.
    pub fn terminate(mut self) -> String {
        send("TERM", &self.0);
        let mut said = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        let ended = self.0.wait().unwrap();
        assert!(ended.success(), "{ended}: {said}");
        said
    }
}

impl Drop for Beginning {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn send(signal: &str, to: &Child) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", to.id())]).status().unwrap();
    assert!(sent.success());
}

fn serving(listen: &str, data: &Path, database: Option<&str>, before: &str, more: &[&str]) -> Command {
    let mut command = command(before);
    command.args(["serve", "--open-to-any-organiser", "--listen", listen]);
    command.args(["--public-url", &format!("https://{PUBLIC_HOST}"), "--data"]).arg(data).args(more);
    if let Some(database) = database {
        command.args(["--database", database]);
    }
    command
}

/// The program, which ends when the test does, however the test ends.
fn command(before: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", "sh", "-c", &format!("{before}\nexec \"$@\""), "sh"]);
    command.args([env!("CARGO_BIN_EXE_isoloir"), "--lang", "en"]);
    command
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
