//! A server of the test's own, and the people who use it.

pub mod certificates;
pub mod faults;
pub mod http;
#[path = "../../../protocol/tests/making/kept.rs"]
pub mod kept;
pub mod people;
pub mod postgres;
pub mod proxy;
pub mod scene;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use isoloir_protocol::{archive::Archive, manifest::Manifest, rand_core::UnwrapErr};
use isoloir_server::{Clock, Config, Kept, Organisers, Running, SharedClock, StartError, start, start_on, store::SqliteStore};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

pub use faults::Faults;
pub use http::{Anonymous, Answer};
pub use people::{Organiser, Registrar, Teller, Voter, Witness};
pub use scene::Scene;

/// 2026-12-01T12:00:00Z, when the elections of these tests open.
pub const OPENS: u64 = 1_796_126_400_000;
pub const MINUTE: u64 = 60_000;
pub const HOUR: u64 = 60 * MINUTE;
pub const DAY: u64 = 24 * HOUR;
/// 2026-12-03T21:00:00Z plus the grace of 15 minutes.
pub const END: u64 = OPENS + 57 * HOUR + 15 * MINUTE;

pub const PUBLIC_HOST: &str = "vote.example.org";

pub fn rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

/// A clock that shows what it is set to.
#[derive(Debug)]
pub struct HandClock {
    /// What the time is.
    time: AtomicU64,
    /// How far the date that it shows is ahead of that by mistake.
    ahead: AtomicI64,
}

impl HandClock {
    fn new(ms: u64) -> Self {
        Self { time: AtomicU64::new(ms), ahead: AtomicI64::new(0) }
    }

    pub fn set(&self, ms: u64) {
        self.time.store(ms, Ordering::SeqCst);
    }

    pub fn now(&self) -> u64 {
        self.time.load(Ordering::SeqCst)
    }

    pub fn advance(&self, ms: u64) {
        self.time.fetch_add(ms, Ordering::SeqCst);
    }

    /// Lets it show another date than the true one.
    pub fn jump(&self, ahead: i64) {
        self.ahead.store(ahead, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now_ms(&self) -> u64 {
        self.now().saturating_add_signed(self.ahead.load(Ordering::SeqCst))
    }

    fn steady_ms(&self) -> u64 {
        self.now()
    }
}

/// A server with its own database, and the store's faults at hand.
pub struct TestServer {
    pub clock: Arc<HandClock>,
    pub faults: Arc<Faults>,
    pub config: Config,
    /// A server in another process that is asked instead of this one.
    pub elsewhere: Option<SocketAddr>,
    /// Removed when dropped.
    _folder: TempDir,
    runtime: Option<Runtime>,
    running: Option<Running>,
}

impl TestServer {
    pub fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// A server whose settings were changed; anybody may begin elections unless changed.
    pub fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::try_start(change).unwrap()
    }

    /// The same, or why it does not start.
    pub fn try_start(change: impl FnOnce(&mut Config)) -> Result<Self, StartError> {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock::new(OPENS - DAY));
        let mut config = Config {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: format!("https://{PUBLIC_HOST}"),
            data_dir: folder.path().join("data"),
            organisers: Organisers::Anybody,
            tick: None,
            workers: 1,
            clock: SharedClock::from(clock.clone()),
            ..Config::default()
        };
        change(&mut config);
        let mut server = Self { clock, faults: Arc::default(), config, elsewhere: None, _folder: folder, runtime: None, running: None };
        server.run()?;
        Ok(server)
    }

    /// A server on a PostgreSQL that others may share.
    pub fn on_postgres(postgres: &postgres::Postgres) -> Self {
        Self::start_with(|config| config.database = Some(postgres.url()))
    }

    fn run(&mut self) -> Result<(), StartError> {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        std::fs::create_dir_all(&self.config.data_dir).unwrap();
        let running = runtime.block_on(async {
            if self.config.database.is_some() {
                return start(self.config.clone()).await;
            }
            let store = SqliteStore::open(&self.config.data_dir.join("isoloir.sqlite")).await.unwrap();
            let store = faults::FaultyStore::new(store, self.faults.clone());
            start_on(self.config.clone(), Arc::new(store)).await
        })?;
        self.runtime = Some(runtime);
        self.running = Some(running);
        Ok(())
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().unwrap()
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub fn http(&self) -> Anonymous {
        self.config.tls.as_ref().map_or_else(
            || Anonymous::new(self.addr()),
            |files| Anonymous::trusting(self.addr(), &std::fs::read(&files.certificate).unwrap()),
        )
    }

    /// Where monitoring programs read.
    pub fn metrics(&self) -> Anonymous {
        Anonymous::new(self.running().metrics_addr().unwrap())
    }

    pub fn addr(&self) -> SocketAddr {
        self.elsewhere.unwrap_or_else(|| self.running().addr)
    }

    pub fn data_dir(&self) -> &Path {
        &self.config.data_dir
    }

    pub fn tick(&self) {
        self.runtime().block_on(self.running().tick());
    }

    /// Waits until so many ballots wait for the sequencer.
    pub fn wait_for_waiting(&self, count: usize) {
        while self.running().waiting() < count {
            std::thread::yield_now();
        }
    }

    /// Reads the certificate again.
    pub fn reload(&self) {
        self.running().reload();
    }

    /// Has this copy keep what it lacks of a log.
    pub fn keep(&self, manifest: &Manifest, archive: &Archive) {
        let id = manifest.id();
        let kept = self.running().kept_note(&id).map_or(0, |note| note.lines().nth(1).unwrap().parse().unwrap());
        let part = Kept { leaves: archive.entries[kept..].to_vec(), data: archive.data.clone() };
        self.runtime().block_on(self.running().keep(manifest, part, &BTreeMap::new(), &archive.checkpoint)).unwrap();
    }

    /// How many logs this server writes.
    pub fn writes(&self) -> usize {
        self.running().writes()
    }

    /// Copies the logs' keys from another server, as an operator does.
    pub fn copy_keys(&self, from: &Self) {
        from.copy_keys_to(self.data_dir());
    }

    /// Copies the logs' keys to another data folder.
    pub fn copy_keys_to(&self, data: &Path) {
        std::fs::create_dir_all(data.join("keys")).unwrap();
        for key in files(&self.data_dir().join("keys")) {
            std::fs::copy(&key, data.join("keys").join(key.file_name().unwrap())).unwrap();
        }
    }

    /// Ends the server in good order.
    pub fn stop(&mut self) {
        if let (Some(runtime), Some(running)) = (&self.runtime, self.running.take()) {
            runtime.block_on(running.stop());
        }
        self.runtime = None;
    }

    /// Ends the server as a crash would: what is under way is never answered.
    pub fn kill(&mut self) {
        drop(self.running.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// Changes the database behind the back of the server, which must be stopped.
    pub fn sql(&self, statement: &'static str) {
        self.execute(sqlx::query(statement), statement);
    }

    /// The same with bytes and a number in the statement's places.
    pub fn sql_with(&self, statement: &'static str, bytes: &[u8], number: usize) {
        self.execute(sqlx::query(statement).bind(bytes.to_vec()).bind(i64::try_from(number).unwrap()), statement);
    }

    fn execute(&self, query: sqlx::query::Query<'_, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>, statement: &str) {
        assert!(self.running.is_none());
        let path = self.config.data_dir.join("isoloir.sqlite");
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
            let done = query.execute(&mut connection).await.unwrap();
            assert!(done.rows_affected() > 0, "{statement}");
            sqlx::Connection::close(connection).await.unwrap();
        });
    }

    /// Whether some file of the server contains these bytes.
    pub fn disk_contains(&self, bytes: &[u8]) -> bool {
        files(&self.config.data_dir).iter().any(|path| {
            let content = std::fs::read(path).unwrap();
            content.windows(bytes.len()).any(|window| window == bytes)
        })
    }

    /// The seed in the file of a log's key.
    pub fn log_seed(&self, name: &str) -> [u8; 32] {
        let text = std::fs::read_to_string(self.data_dir().join(format!("keys/{name}.key"))).unwrap();
        let key = text.trim().splitn(5, '+').last().unwrap();
        let key = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, key).unwrap();
        key[1..].try_into().unwrap()
    }

    /// Starts the server again on what is on the disk.
    pub fn start_again(&mut self) {
        self.faults = Arc::default();
        self.run().unwrap();
    }

    pub fn restart(&mut self) {
        self.stop();
        self.start_again();
    }
}

/// Waits for something that must come.
#[track_caller]
pub fn until(mut condition: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !condition() {
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "it did not come");
        std::thread::yield_now();
    }
}

/// All files in a folder and its folders.
pub fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.faults.release();
        self.stop();
    }
}
