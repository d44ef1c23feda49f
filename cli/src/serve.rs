//! `isoloir serve`: the server of `isoloir-server`, as a command and as a part of others.

use std::{
    convert::Infallible,
    net::SocketAddr,
    path::PathBuf,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use clap::{Args, ValueEnum};
use isoloir_protocol::signature::SignKey;
use isoloir_server::{
    Config, Organisers, Pages, Running, StartError, TlsFiles,
    store::DatabaseUrl,
    telemetry::{self, Format},
};
use listenfd::ListenFd;
use serde::Deserialize;
use tokio::runtime::Runtime;

use crate::{
    args::Ending,
    context::{Clock, Context},
    keys::{PublicFile, Role},
    problem,
    problem::{Outcome, Problem},
    say,
    settings::Settings,
};

/// What `serve` is given.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Settings file; the other options go before what it says
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder for the database and the logs' keys
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// PostgreSQL database, as postgres://user@host/name, instead of SQLite in the folder. Several servers may share it, each with
    /// the logs' keys in its own folder. Other programs on the machine can see what stands here: leave the password out and put it
    /// into the variable PGPASSWORD or the file ~/.pgpass
    #[arg(long, value_name = "URL")]
    pub database: Option<GivenDatabase>,
    /// Where to listen (default: 127.0.0.1:8080). A socket that systemd passes goes before it
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Certificate file (PEM, with those between it and a known root), to speak TLS without a proxy. Read again when it changes
    #[arg(long, value_name = "FILE")]
    pub tls_certificate: Option<PathBuf>,
    /// Private key of the certificate (PEM, without a passphrase)
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// The address that voters see; its host is part of every log's name for ever
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Public file of an organiser who may begin elections here
    #[arg(long, value_name = "FILE")]
    pub organiser: Vec<PathBuf>,
    /// Let anybody begin elections (for trying things out)
    #[arg(long, conflicts_with = "organiser")]
    pub open_to_any_organiser: bool,
    /// Folder with pages built from source, instead of those in the program
    #[arg(long, value_name = "FOLDER")]
    pub pages: Option<PathBuf>,
    /// JSON file with the organiser's name, colour, logo and time zone, shown on the pages
    #[arg(long, value_name = "FILE")]
    pub look: Option<PathBuf>,
    /// Where monitoring programs read figures
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub metrics: Option<SocketAddr>,
    /// Address of a witness that serves what it saw; the pages name it and may ask it about receipts. Several times if there are several
    #[arg(long, value_name = "URL")]
    pub witness_url: Vec<String>,
    /// Public key of a mirror that may copy boxes, as `isoloir mirror` prints it; several times if there are several
    #[arg(long, value_name = "KEY")]
    pub mirror: Vec<String>,
    /// How log lines look (default: text)
    #[arg(long, value_enum)]
    pub log_format: Option<LogFormat>,
}

/// The address of a database as it was given. What is wrong with it is said later and without repeating it: it may hold a password.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
pub struct GivenDatabase(Option<DatabaseUrl>);

impl FromStr for GivenDatabase {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.parse().ok()))
    }
}

impl From<String> for GivenDatabase {
    fn from(text: String) -> Self {
        Self(text.parse().ok())
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// For machines
    Json,
}

/// Runs the server until it is told to stop.
pub fn run(ctx: &mut Context, args: &ServeArgs) -> Outcome<Ending> {
    // First of all: whoever is told to stop while it starts is to stop in order too.
    let runtime = runtime()?;
    let mut stops = Stops::heard_in(&runtime)?;
    let settings = args.config.as_deref().map(Settings::load).transpose()?.unwrap_or_default();
    telemetry::init(match args.log_format.or(settings.log_format).unwrap_or_default() {
        LogFormat::Text => Format::Text,
        LogFormat::Json => Format::Json,
    });
    let organisers = if args.open_to_any_organiser {
        Organisers::Anybody
    } else {
        let listed = if args.organiser.is_empty() { &settings.organisers } else { &args.organiser };
        let files = listed.iter().map(|path| PublicFile::load(path, Role::Organiser));
        Organisers::Listed(files.map(|file| key(&file?)).collect::<Outcome<_>>()?)
    };
    if matches!(&organisers, Organisers::Listed(listed) if listed.is_empty()) {
        say!(ctx, "serve-no-organiser");
    }
    let missing = |setting: &str| problem!("settings-missing", "option" => setting.replace('_', "-"), "key" => setting);
    let public_url = args.public_url.clone().or_else(|| settings.public_url.clone()).ok_or_else(|| missing("public_url"))?;
    let mirrors = if args.mirror.is_empty() { &settings.mirrors } else { &args.mirror };
    let mut config = Config {
        public_url: public_url.clone(),
        data_dir: args.data.clone().or_else(|| settings.data.clone()).ok_or_else(|| missing("data"))?,
        database: database(args.database.as_ref().or(settings.database.as_ref()))?,
        organisers,
        tls: tls(args, &settings)?,
        witnesses: if args.witness_url.is_empty() { settings.witness_urls.clone() } else { args.witness_url.clone() },
        mirrors: mirrors.iter().map(|key| mirror(key)).collect::<Outcome<_>>()?,
        pages: args.pages.clone().or_else(|| settings.pages.clone()).map_or(Pages::Embedded, Pages::Folder),
        metrics: args.metrics.or(settings.metrics),
        look: args.look.clone().or_else(|| settings.look.clone()),
        ..Config::default()
    };
    config.listener = ListenFd::from_env().take_tcp_listener(0).map_err(|error| problem!("serve-failed").because(&error))?.map(Arc::new);
    config.bind = args.listen.or(settings.listen).unwrap_or(config.bind);
    settings.apply(&mut config);
    if let Some(hosted) = Hosted::start_unless(runtime, config, &mut stops)? {
        say!(ctx, "serve-listens", "address" => hosted.addr(), "url" => public_url);
        hosted.wait_until(&mut stops)?;
    }
    say!(ctx, "serve-stopped");
    Ok(Ending::Good)
}

/// The files of the certificate: both or none.
fn tls(args: &ServeArgs, settings: &Settings) -> Outcome<Option<TlsFiles>> {
    let certificate = args.tls_certificate.clone().or_else(|| settings.tls_certificate.clone());
    match (certificate, args.tls_key.clone().or_else(|| settings.tls_key.clone())) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (certificate, _) => {
            let missing = if certificate.is_none() { "tls_certificate" } else { "tls_key" };
            Err(problem!("settings-missing", "option" => missing.replace('_', "-"), "key" => missing))
        }
    }
}

fn database(given: Option<&GivenDatabase>) -> Outcome<Option<DatabaseUrl>> {
    match given {
        None => Ok(None),
        Some(GivenDatabase(Some(url))) => Ok(Some(url.clone())),
        Some(GivenDatabase(None)) => Err(problem!("serve-database-address")),
    }
}

fn key(file: &PublicFile) -> Outcome<SignKey> {
    sign_key(&file.sign).ok_or_else(|| problem!("public-file-unreadable", "path" => file.name))
}

fn mirror(key: &str) -> Outcome<SignKey> {
    sign_key(key).ok_or_else(|| problem!("serve-mirror-key", "key" => key))
}

fn sign_key(text: &str) -> Option<SignKey> {
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.and_then(|bytes| SignKey::from_bytes(&bytes))
}

/// How long to wait, once a server has stopped, for what its threads still do for nobody.
const LEFT_BEHIND: Duration = Duration::from_secs(10);

/// A server inside this process.
pub struct Hosted {
    runtime: Runtime,
    running: Running,
    hang_ups: HangUps,
}

impl Hosted {
    /// Starts a server.
    pub fn start(config: Config) -> Outcome<Self> {
        let runtime = runtime()?;
        let (running, hang_ups) = runtime.block_on(begin(config))?;
        Ok(Self { runtime, running, hang_ups })
    }

    /// Starts a server, unless the program is told to stop meanwhile. Then what was begun is left: nothing was promised to anybody
    /// yet, and whatever the store is doing it does wholly or not at all.
    fn start_unless(runtime: Runtime, config: Config, stops: &mut Stops) -> Outcome<Option<Self>> {
        let begun = runtime.block_on(async {
            tokio::select! {
                biased;
                () = stops.next() => None,
                begun = begin(config) => Some(begun),
            }
        });
        let Some((running, hang_ups)) = begun.transpose()? else { return Ok(None) };
        Ok(Some(Self { runtime, running, hang_ups }))
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.running.addr
    }

    /// Has the server do something and waits for it.
    pub(crate) fn wait_for<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// The server.
    pub(crate) const fn running(&self) -> &Running {
        &self.running
    }

    /// A flag that is raised when the operator interrupts or terminates the program.
    pub(crate) fn told_to_stop(&self) -> Arc<AtomicBool> {
        let flag = Arc::new(AtomicBool::new(false));
        let raised = Arc::clone(&flag);
        // Without the system's signals the program ends by them as usual.
        if let Ok(mut stops) = Stops::heard_in(&self.runtime) {
            self.runtime.spawn(async move {
                stops.next().await;
                raised.store(true, Ordering::SeqCst);
            });
        }
        flag
    }

    /// Closes, fixes and counts what is due by now.
    pub fn tick(&self) {
        self.runtime.block_on(self.running.tick());
    }

    /// Answers what is under way, then stops.
    pub fn stop(self) {
        self.runtime.block_on(self.running.stop());
        self.runtime.shutdown_timeout(LEFT_BEHIND);
    }

    /// Waits for the operator's interrupt or termination, then stops; or until the server fails. A hang-up (SIGHUP) makes a server
    /// with TLS read its certificate again.
    pub fn wait(self) -> Outcome<()> {
        let mut stops = Stops::heard_in(&self.runtime)?;
        self.wait_until(&mut stops)
    }

    fn wait_until(mut self, stops: &mut Stops) -> Outcome<()> {
        let ended = self.runtime.block_on(async {
            loop {
                tokio::select! {
                    ended = self.running.wait() => return ended,
                    () = stops.next() => return Ok(()),
                    () = self.hang_ups.next() => self.running.reload(),
                }
            }
        });
        ended.map_err(|error| failed(&error))?;
        self.stop();
        Ok(())
    }
}

/// The operator's hang-ups. Without TLS there is nothing to read again, and a hang-up ends the program as usual.
struct HangUps(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

impl HangUps {
    #[cfg(unix)]
    fn new(wanted: bool) -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self(wanted.then(|| signal(SignalKind::hangup())).transpose()?))
    }

    #[cfg(not(unix))]
    fn new(_: bool) -> std::io::Result<Self> {
        Ok(Self())
    }

    /// The next one, if there is ever one.
    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.0
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}

/// The operator's interrupts and terminations, all that come since this was made.
struct Stops {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Stops {
    /// From now on they do not end the program by themselves.
    fn heard_in(runtime: &Runtime) -> Outcome<Self> {
        let _inside = runtime.enter();
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let heard = |kind| signal(kind).map_err(|error| failed(&error));
            Ok(Self { signals: [heard(SignalKind::interrupt())?, heard(SignalKind::terminate())?] })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// The next one, if there is ever one.
    async fn next(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate] = &mut self.signals;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

fn runtime() -> Outcome<Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| failed(&error))
}

async fn begin(config: Config) -> Outcome<(Running, HangUps)> {
    let running = isoloir_server::start(config).await.map_err(|error| match error {
        StartError::Tls(_) | StartError::TlsSetup(_) | StartError::TlsWithoutHttps => problem!("serve-tls").because(&Chain(&error)),
        _ => failed(&Chain(&error)),
    })?;
    // Before anybody is told that it listens: from then on a hang-up must not end it.
    let hang_ups = HangUps::new(running.speaks_tls()).map_err(|error| failed(&error))?;
    Ok((running, hang_ups))
}

fn failed(error: &dyn std::fmt::Display) -> Problem {
    problem!("serve-failed").because(error)
}

/// An error with all that caused it.
pub(crate) struct Chain<'a>(pub &'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

/// A clock of this program as a server's clock.
pub struct SharedWithServer(pub Arc<dyn Clock>);

impl isoloir_server::Clock for SharedWithServer {
    fn now_ms(&self) -> u64 {
        self.0.now()
    }
}
