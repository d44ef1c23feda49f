//! A real PostgreSQL of a test's own: its folder and its socket are in a temporary folder, and it ends with the test.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    str::FromStr,
    time::{Duration, Instant},
};

use isoloir_server::store::DatabaseUrl;
use tempfile::TempDir;

/// Whether commits reach the disk. Without, everything is faster; for what does not test that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    On,
    Off,
}

pub struct Postgres {
    folder: TempDir,
    durability: Durability,
    /// Its shared buffers, such as `32MB`.
    buffers: &'static str,
    server: Option<Child>,
}

const PATIENCE: Duration = Duration::from_secs(60);

impl Postgres {
    /// A new one, with a database `isoloir` of a user `isoloir` who is nobody special.
    pub fn start(durability: Durability) -> Self {
        Self::start_with(durability, "32MB")
    }

    /// The same with so much memory for its buffers.
    pub fn start_with(durability: Durability, buffers: &'static str) -> Self {
        let folder = tempfile::Builder::new().prefix("isoloir-pg").permissions(fs::Permissions::from_mode(0o755)).tempdir().unwrap();
        for name in ["data", "run"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let mut postgres = Self { folder, durability, buffers, server: None };
        if is_root() {
            run(Command::new("chown")
                .args(["-R", user()])
                .arg(postgres.folder.path().join("data"))
                .arg(postgres.folder.path().join("run")));
        }
        run(unprivileged("initdb")
            .args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "-D"])
            .arg(postgres.data()));
        postgres.run();
        postgres.sql("postgres", "CREATE ROLE isoloir LOGIN");
        postgres.sql("postgres", "CREATE DATABASE isoloir OWNER isoloir");
        postgres
    }

    /// Where it keeps its files.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    pub fn address(&self) -> String {
        format!("postgres://isoloir@localhost/isoloir?host={}", self.socket().display())
    }

    pub fn url(&self) -> DatabaseUrl {
        DatabaseUrl::from_str(&self.address()).unwrap()
    }

    /// Starts it on its folder and waits until it answers.
    pub fn run(&mut self) {
        assert!(self.server.is_none());
        let durability = if self.durability == Durability::On { "on" } else { "off" };
        let mut command = unprivileged("postgres");
        command.arg("-D").arg(self.data()).arg("-k").arg(self.socket()).args(["-c", "listen_addresses=", "-c"]);
        command.arg(format!("shared_buffers={}", self.buffers));
        for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
            command.arg("-c").arg(format!("{setting}={durability}"));
        }
        let log = fs::File::create(self.folder.path().join("log")).unwrap();
        self.server = Some(command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        let began = Instant::now();
        while !self.try_sql("postgres", "SELECT 1") {
            let ended = self.server.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none() && began.elapsed() < PATIENCE, "{}", fs::read_to_string(self.folder.path().join("log")).unwrap());
            std::thread::yield_now();
        }
    }

    /// Ends it as a crash would.
    pub fn crash(&mut self) {
        if let Some(mut server) = self.server.take() {
            // The processes that it started notice that it is gone; they must be, before another one starts.
            run(Command::new("sh").args(["-c", &format!("kill -QUIT {}", server.id())]));
            server.wait().unwrap();
        }
    }

    /// Runs a statement in a transaction that stays open.
    pub fn hold(&self, statement: &str) -> Held {
        let mut psql = Command::new("setpriv");
        psql.args(["--pdeathsig", "KILL", "--"]).arg(program("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-U", "postgres", "-d", "isoloir", "-h"]).arg(self.socket());
        psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = psql.spawn().unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "BEGIN; {statement}; SELECT 'held';").unwrap();
        // It ends only when its input does.
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(said.any(|line| line.unwrap() == "held"));
        Held(child)
    }

    pub fn sql(&self, database: &str, statement: &str) {
        assert!(self.try_sql(database, statement), "{statement}");
    }

    pub fn try_sql(&self, database: &str, statement: &str) -> bool {
        let mut psql = Command::new(program("psql"));
        psql.args(["-X", "-q", "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-c", statement, "-h"]).arg(self.socket());
        psql.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }
}

/// A transaction that stays open until this is dropped.
pub struct Held(Child);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.crash();
    }
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    if !output.status.success() {
        std::io::stderr().write_all(&output.stderr).unwrap();
        panic!("{command:?}");
    }
}

/// A program of PostgreSQL, as somebody who is not root: it refuses to run as root. It ends when the test does, however it ends.
fn unprivileged(name: &str) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args(["--reuid", user(), "--regid", user(), "--clear-groups"]);
    }
    command.args(["--pdeathsig", "QUIT", "--"]).arg(program(name)).current_dir("/").env_remove("PGDATA").env("LC_ALL", "C");
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0).unwrap()
}

/// Debian's package makes this user.
fn user() -> &'static str {
    "postgres"
}

/// Where PostgreSQL is: Debian's newest, or on PATH.
pub fn program(name: &str) -> PathBuf {
    let version = |folder: &PathBuf| folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().map(|entry| entry.unwrap().path());
    let newest = versions.filter(|folder| folder.join("bin/postgres").is_file()).max_by_key(version);
    newest.map_or_else(|| Path::new(name).to_owned(), |folder| folder.join("bin").join(name))
}
