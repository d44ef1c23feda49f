//! The server as a process of its own, and what the system says of it.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command},
    time::{Duration, Instant},
};

use crate::postgres::Postgres;

/// How long a server may take to answer for the first time.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a server may take to check a full log.
const LONG: Duration = Duration::from_secs(3_600);

/// Ticks of the processor's clock a second, which Linux fixes for what it tells programs.
const TICKS: f64 = 100.0;

pub struct Server {
    child: Child,
    address: SocketAddr,
    /// The process of PostgreSQL that starts the others.
    database: Option<u32>,
}

impl Server {
    /// Starts the program on an empty folder, and on a PostgreSQL if there is one.
    pub fn start(program: &Path, folder: &Path, postgres: Option<&Postgres>) -> Self {
        // What an earlier run left.
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).expect("the folder");
        Self::resume(program, folder, postgres)
    }

    /// Starts the program on what another one has left in the folder; gives it once it answers.
    pub fn resume(program: &Path, folder: &Path, postgres: Option<&Postgres>) -> Self {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).expect("a free port");
        let mut command = Command::new(program);
        command.args(["serve", "--open-to-any-organiser", "--data"]).arg(folder.join("data")).args([
            "--listen",
            &address.to_string(),
            "--public-url",
            &format!("http://localhost:{}", address.port()),
        ]);
        if let Some(postgres) = postgres {
            command.args(["--database", &postgres.address()]);
        }
        let database = postgres.map(|postgres| {
            let file = fs::read_to_string(postgres.data().join("postmaster.pid")).expect("PostgreSQL's process");
            file.lines().next().and_then(|line| line.trim().parse().ok()).expect("its number")
        });
        let child = command
            .stdout(File::create(folder.join("server.out")).expect("a file"))
            .stderr(File::create(folder.join("server.log")).expect("a file"))
            .spawn()
            .expect("the server's program");
        let mut server = Self { child, address, database };
        let began = Instant::now();
        while ureq::get(server.url("/healthz")).call().is_err() {
            assert!(server.child.try_wait().expect("the server").is_none(), "the server ended: see {}/server.log", folder.display());
            assert!(began.elapsed() < PATIENCE, "the server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Waits until the server has written a line with these words.
    pub fn wait_for(&mut self, folder: &Path, words: &str) {
        let began = Instant::now();
        while !fs::read_to_string(folder.join("server.log")).unwrap_or_default().contains(words) {
            assert!(self.child.try_wait().expect("the server").is_none(), "the server ended: see {}/server.log", folder.display());
            assert!(began.elapsed() < LONG, "the server does not say: {words}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// User and system time so far.
    pub fn cpu(&self) -> Duration {
        cpu_of(&self.child.id().to_string())
    }

    /// User and system time of PostgreSQL so far; of processes of it that have ended too.
    pub fn database_cpu(&self) -> Duration {
        let Some(parent) = self.database else { return Duration::ZERO };
        let processes = fs::read_dir("/proc").expect("/proc").filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let stats = processes.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).filter_map(|name| {
            // It may have ended.
            let stat = fs::read_to_string(format!("/proc/{name}/stat")).ok()?;
            let fields = fields(&stat);
            (name == parent.to_string() || fields[1] == parent.to_string()).then(|| ticks(&fields[11..15]))
        });
        Duration::from_secs_f64(stats.sum::<f64>() / TICKS)
    }

    /// A line of `/proc/…/status` that counts kB, in MB.
    pub fn memory_mb(&self, line: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the server's status");
        let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
        found.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1_024
    }

    /// Ends it.
    pub fn stop(mut self) {
        self.child.kill().expect("the server");
        self.child.wait().expect("the server");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// User and system time of this program.
pub fn own_cpu() -> Duration {
    cpu_of("self")
}

/// User and system time of the programs that this one started and that have ended.
pub fn ended_cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("this process");
    Duration::from_secs_f64(ticks(&fields(&stat)[13..15]) / TICKS)
}

fn cpu_of(process: &str) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("the process");
    Duration::from_secs_f64(ticks(&fields(&stat)[11..13]) / TICKS)
}

/// What stands in a process's `stat` after its name, which is in brackets and may hold anything: its state, its parent, …
fn fields(stat: &str) -> Vec<&str> {
    stat.rsplit_once(')').expect("a name").1.split_whitespace().collect()
}

fn ticks(fields: &[&str]) -> f64 {
    fields.iter().map(|field| field.parse::<f64>().expect("a count")).sum()
}
