//! Starting and stopping a server.

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
    os::unix::fs::DirBuilderExt,
    sync::Arc,
    time::Duration,
};

use actix_web::{App, HttpServer, dev::ServerHandle, middleware::from_fn, web};
use thiserror::Error;
use tokio::task::JoinHandle;

use crate::{
    assets::Assets,
    cluster::Cluster,
    config::Config,
    elections::Elections,
    headers,
    keys::{KeyError, KeyFolder},
    limits::{Connections, Senders},
    listen::{self, Listening},
    look::{Look, LookError},
    routes::{self, Service},
    store::{PostgresStore, SqliteStore, Store, StoreError},
    telemetry,
    tls::{Tls, TlsError},
};

/// Why a server does not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The public address is not `https://host` or `http://host`.
    #[error("the public address is not one")]
    PublicUrl,
    /// The data folder cannot be used.
    #[error("the data folder cannot be used")]
    DataDir(#[source] io::Error),
    /// The folder of the logs' keys cannot be used.
    #[error("the folder of keys cannot be used")]
    Keys(#[from] KeyError),
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// The pages cannot be read.
    #[error("the pages cannot be read")]
    Pages(#[source] io::Error),
    /// The address of a witness is none, or has no TLS.
    #[error("the address of a witness is not one of https://")]
    WitnessUrl,
    /// The settings of the looks cannot be used.
    #[error("the settings of the pages' looks cannot be used")]
    Look(#[from] LookError),
    /// The name of the header with the voters' addresses is none.
    #[error("the header of addresses is none")]
    AddressHeader,
    /// The certificate cannot be shown.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// TLS does not start with these settings.
    #[error("TLS cannot be set up")]
    TlsSetup(#[source] rustls::Error),
    /// Voters are told an address without TLS although this server speaks nothing else.
    #[error("the public address begins with http although TLS is on")]
    TlsWithoutHttps,
    /// The address cannot be listened on.
    #[error("the address cannot be listened on")]
    Bind(#[source] io::Error),
}

/// A part of the server is given so long to end, even if those who are being answered are given less.
const LEAST_PATIENCE: Duration = Duration::from_secs(1);

/// What it takes to stop listening besides waiting for those who are being answered.
const HANDING_OVER: Duration = Duration::from_secs(5);

/// A server that answers.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    pub(crate) service: web::Data<Service>,
    listening: Listening,
    server: JoinHandle<io::Result<()>>,
    ticker: Option<JoinHandle<()>>,
    cluster: Vec<JoinHandle<()>>,
    metrics: Option<Metrics>,
    tls: Option<Arc<Tls>>,
}

/// Starts a server on its PostgreSQL database, which other processes may share, or on SQLite.
pub async fn start(config: Config) -> Result<Running, StartError> {
    make_data_dir(&config).map_err(StartError::DataDir)?;
    if let Some(url) = &config.database {
        let store = Arc::new(PostgresStore::open(url).await?);
        return start_in(config, store.clone(), Some(Cluster::new(store))).await;
    }
    let store = SqliteStore::open(&config.data_dir.join("isoloir.sqlite")).await?;
    start_on(config, Arc::new(store)).await
}

/// Starts a server on a store of the caller's.
pub async fn start_on(config: Config, store: Arc<dyn Store>) -> Result<Running, StartError> {
    start_in(config, store, None).await
}

async fn start_in(config: Config, store: Arc<dyn Store>, cluster: Option<Arc<Cluster>>) -> Result<Running, StartError> {
    if config.public_host().is_none() {
        return Err(StartError::PublicUrl);
    }
    if config.tls.is_some() && !config.is_https() {
        return Err(StartError::TlsWithoutHttps);
    }
    let tls = config.tls.clone().map(Tls::load).transpose()?;
    let acceptor = tls.as_ref().map(Tls::config).transpose().map_err(StartError::TlsSetup)?.map(listen::acceptor);
    make_data_dir(&config).map_err(StartError::DataDir)?;
    let keys = KeyFolder::open(config.data_dir.join("keys"))?;
    let assets = Assets::load(&config.pages).map_err(StartError::Pages)?;
    let witnesses = config.witness_origins().ok_or(StartError::WitnessUrl)?;
    let policy = headers::policy(&witnesses).ok_or(StartError::WitnessUrl)?;
    let look = Look::load(config.look.as_deref())?.naming(&witnesses);
    let header = config.address_header.as_ref().map(|name| name.parse()).transpose().map_err(|_| StartError::AddressHeader)?;
    let connections = header.is_none().then(|| Connections::new(config.connections_per_address));
    let elections = Elections::load(&config, &store, &keys, cluster.clone()).await?;
    let listener = config.listener.as_ref().map_or_else(|| listen::bind(config.bind), |given| given.try_clone());
    let listener = listener.map_err(StartError::Bind)?;
    let addr = listener.local_addr().map_err(StartError::Bind)?;
    let service = web::Data::new(Service::new(config.clone(), store, elections, keys, assets, (look, policy), Senders::new(header)));
    let shared = service.clone();
    let app =
        move || App::new().app_data(shared.clone()).wrap(from_fn(headers::add)).wrap(from_fn(telemetry::record)).configure(routes::table);
    let (server, listening) = listen::serve(listener, &config, acceptor, connections, app).map_err(StartError::Bind)?;
    let server = tokio::spawn(server);
    let ticker = config.tick.map(|period| {
        let (service, tls) = (service.clone(), tls.clone());
        tokio::spawn(async move {
            let mut interval = tokio::time::interval(period);
            loop {
                interval.tick().await;
                tick(&service, tls.as_deref()).await;
            }
        })
    });
    let cluster = cluster.map(|cluster| cluster.run(&service)).unwrap_or_default();
    let metrics = config.metrics.map(|at| Metrics::start(at, service.clone())).transpose()?;
    Ok(Running { addr, service, listening, server, ticker, cluster, metrics, tls })
}

/// Does what is due, notes how far the elections are, and looks whether the certificate was renewed.
async fn tick(service: &Service, tls: Option<&Tls>) {
    service.elections.tick().await;
    service.figures.sample(&service.elections, service.config.clock.now_ms());
    if let Some(tls) = tls {
        tls.look();
    }
}

/// The server of figures, which has no other route.
struct Metrics {
    addr: SocketAddr,
    handle: ServerHandle,
}

impl Metrics {
    fn start(at: SocketAddr, service: web::Data<Service>) -> Result<Self, StartError> {
        let listener = TcpListener::bind(at).map_err(StartError::Bind)?;
        let addr = listener.local_addr().map_err(StartError::Bind)?;
        let app = move || App::new().app_data(service.clone()).route("/metrics", web::get().to(routes::metrics));
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).map_err(StartError::Bind)?.run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self { addr, handle })
    }
}

impl Running {
    /// Closes, fixes and counts what is due by now.
    pub async fn tick(&self) {
        tick(&self.service, self.tls.as_deref()).await;
    }

    /// Whether it speaks TLS by itself.
    pub const fn speaks_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Reads the certificate again, whether or not its files look changed. A broken one is said in the log, and the one of before
    /// stays.
    pub fn reload(&self) {
        if let Some(tls) = &self.tls {
            tls.reload();
        }
    }

    /// Where monitoring programs read figures.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|metrics| metrics.addr)
    }

    /// How many ballots wait for their turn, in all elections.
    pub fn waiting(&self) -> usize {
        self.service.elections.all().iter().map(|log| log.jobs.waiting()).sum()
    }

    /// How many logs this process writes; others on the same database may write the rest.
    pub fn writes(&self) -> usize {
        self.service.elections.all().iter().filter(|log| log.seat.writes()).count()
    }

    /// Answers what is under way, then stops. A part that does not end is said in the log and left: whoever stops a server sees its
    /// end, and a log does not need a good one.
    pub async fn stop(self) {
        let patience = self.service.config.shutdown_timeout.max(LEAST_PATIENCE);
        if let Some(ticker) = self.ticker {
            ticker.abort();
        }
        if let Some(metrics) = self.metrics {
            end(patience, "figures", metrics.handle.stop(false)).await;
        }
        // It has a bound of its own for those who are being answered.
        end(patience.saturating_add(HANDING_OVER), "connections", self.listening.stop()).await;
        // The server was told to stop; how it ended changes nothing.
        end(patience, "server", async { drop(self.server.await) }).await;
        end(patience, "elections", self.service.elections.stop()).await;
        self.cluster.iter().for_each(JoinHandle::abort);
        end(patience, "store", self.service.store.close()).await;
    }

    /// Waits until the server ends by itself, which it does only by failing.
    pub async fn wait(&mut self) -> io::Result<()> {
        (&mut self.server).await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

/// Waits for a part to end, but not for ever.
async fn end(patience: Duration, part: &'static str, ending: impl Future<Output = ()>) {
    if tokio::time::timeout(patience, ending).await.is_err() {
        tracing::error!(part, seconds = patience.as_secs(), "a part of the server does not end; it is left as it is");
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Running({})", self.addr)
    }
}

fn make_data_dir(config: &Config) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data_dir)
}
