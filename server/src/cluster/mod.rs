//! Several processes on one PostgreSQL database.
//!
//! Each serves readers, and checks the proofs and boxes of what voters send to it. Of each log one process is the writer:
//! it holds a lock of the database, on a connection of its own. The others hand it what they have checked, through a
//! table of the database. When the writer is killed or its connection breaks, the lock is free, and another one takes it.
//!
//! **No fork.** The lock only says whose turn it is. What keeps two processes from writing two histories is the
//! store: it appends only at the size that the writer saw. A writer that has lost its lock without knowing writes at the end or
//! not at all; whoever comes second reads what the other one has written, checks it, and goes on from there. A signed checkpoint
//! is shown only after the commit it belongs to, so that two of one size never leave the processes.

mod handover;
mod lock;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::web;
use sqlx::postgres::PgListener;
use tokio::{sync::Notify, task::JoinHandle, time::MissedTickBehavior};

pub(crate) use handover::{Answer, KEY_LEN, Request, placed};

use crate::{
    copy::Told,
    log::Log,
    routes::Service,
    store::{COSIGNED, LogRow, PostgresStore, StoreError},
};

/// How often everything is looked at, should an announcement get lost.
const LOOK: Duration = Duration::from_secs(1);

/// How long to wait before connecting again.
const AGAIN: Duration = Duration::from_millis(300);

/// The processes on the same database, as one of them sees it.
pub(crate) struct Cluster {
    store: Arc<PostgresStore>,
    /// Something was handed over, or answered.
    handovers: Notify,
}

/// Whether this process writes a log.
pub(crate) enum Seat {
    /// There is no other process.
    Alone,
    /// There may be others.
    Shared {
        /// Whether this process holds the log's lock, as far as it knows.
        writes: AtomicBool,
        cluster: Arc<Cluster>,
    },
    /// Another server writes the log; this one keeps a copy, about which it tells this.
    Copy(Mutex<Told>),
}

impl Seat {
    /// One of several: a reader, until it gets the lock.
    pub fn shared(cluster: Arc<Cluster>) -> Self {
        Self::Shared { writes: AtomicBool::new(false), cluster }
    }

    /// Whether this process writes the log.
    pub fn writes(&self) -> bool {
        match self {
            Self::Alone => true,
            Self::Copy(_) => false,
            Self::Shared { writes, .. } => writes.load(Ordering::SeqCst),
        }
    }

    /// The others, if another process writes the log.
    pub fn elsewhere(&self) -> Option<&Arc<Cluster>> {
        match self {
            Self::Shared { writes, cluster } if !writes.load(Ordering::SeqCst) => Some(cluster),
            _ => None,
        }
    }

    /// A copy of what another server writes.
    pub fn copy() -> Self {
        Self::Copy(Mutex::default())
    }

    /// What is told about a copy; `None` where the log is written.
    pub fn told(&self) -> Option<Told> {
        match self {
            Self::Copy(told) => Some(told.lock().unwrap_or_else(PoisonError::into_inner).clone()),
            _ => None,
        }
    }

    /// Changes what is told about a copy.
    pub fn tell(&self, what: Told) {
        if let Self::Copy(told) = self {
            *told.lock().unwrap_or_else(PoisonError::into_inner) = what;
        }
    }

    /// Whether another server writes the log.
    pub fn copies(&self) -> bool {
        matches!(self, Self::Copy(_))
    }

    fn set(&self, writes: bool) {
        if let Self::Shared { writes: seat, .. } = self {
            seat.store(writes, Ordering::SeqCst);
        }
    }
}

impl Log {
    /// Begins to write the log. What others have written must be read before anything else.
    fn take_seat(&self) {
        self.set_doubt(true);
        self.seat.set(true);
        self.jobs.refresh_soon(false);
        tracing::info!(log = self.name(), "this process writes the log now");
    }

    /// Leaves writing to whoever gets the lock.
    fn leave_seat(&self) {
        if self.seat.writes() {
            self.seat.set(false);
            tracing::warn!(log = self.name(), "this process does not write the log any more");
        }
    }
}

impl Cluster {
    /// The processes on this store.
    pub fn new(store: Arc<PostgresStore>) -> Arc<Self> {
        Arc::new(Self { store, handovers: Notify::new() })
    }

    /// Takes part: competes for locks, hears of changes, writes what others hand over.
    pub fn run(self: Arc<Self>, service: &web::Data<Service>) -> Vec<JoinHandle<()>> {
        vec![
            tokio::spawn(lock::keep(self.clone(), service.clone())),
            tokio::spawn(listen(self.clone(), service.clone())),
            tokio::spawn(look(self.clone(), service.clone())),
            tokio::spawn(handover::serve(self, service.clone())),
        ]
    }
}

/// Hears what other processes announce.
async fn listen(cluster: Arc<Cluster>, service: web::Data<Service>) {
    loop {
        if let Ok(mut listener) = cluster.store.listen().await {
            hear(&mut listener, &cluster, &service).await;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Until the connection breaks.
async fn hear(listener: &mut PgListener, cluster: &Cluster, service: &web::Data<Service>) {
    while let Ok(Some(heard)) = listener.try_recv().await {
        if heard.payload() == handover::ANNOUNCED {
            cluster.handovers.notify_waiters();
            continue;
        }
        let cosigned = heard.payload().strip_prefix(COSIGNED);
        let Ok(number) = cosigned.unwrap_or(heard.payload()).parse::<i64>() else { continue };
        match service.elections.all().into_iter().find(|log| log.number().0 == number) {
            Some(log) if !log.seat.writes() => log.jobs.refresh_soon(cosigned.is_some()),
            Some(_) => {}
            None => discover(service).await,
        }
    }
}

/// Looks at everything now and then, since announcements may get lost.
async fn look(cluster: Arc<Cluster>, service: web::Data<Service>) {
    let mut interval = tokio::time::interval(LOOK);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        discover(&service).await;
        for log in service.elections.all() {
            find_key(&service, &log);
            // A writer knows by itself what is in its log, unless a commit of its own is in doubt.
            if !log.seat.writes() || log.in_doubt() {
                // A log that cannot be refreshed now is looked at again in a moment.
                let _ = log.jobs.refresh(true).await;
            }
        }
        if let Err(error) = handover::tidy(&cluster.store).await {
            tracing::warn!(%error, "old handovers are still there");
        }
    }
}

/// Begins to serve what other processes have begun.
async fn discover(service: &web::Data<Service>) {
    if let Err(error) = try_discover(service).await {
        tracing::warn!(%error, "new elections could not be looked for");
    }
}

async fn try_discover(service: &web::Data<Service>) -> Result<(), StoreError> {
    let unknown = |row: &LogRow| row.election.is_some_and(|election| !service.elections.has(&election));
    for row in service.store.logs().await?.into_iter().filter(unknown) {
        let _turn = service.beginning.lock().await;
        if row.election.is_some_and(|election| !service.elections.has(&election)) {
            service.elections.open(&service.config, &service.store, &service.keys, row).await?;
        }
    }
    Ok(())
}

/// The operator may have copied the key meanwhile.
fn find_key(service: &Service, log: &Log) {
    if log.key.get().is_some() {
        return;
    }
    match service.keys.get(log.name(), &log.row.log.origin) {
        Ok(key) if key.public() == *log.manifest.log_key() => {
            // Another one cannot have been found: there is one finder.
            let _ = log.key.set(key);
        }
        Ok(_) => tracing::error!(log = log.name(), "the key file is not that of this log"),
        Err(_) => {}
    }
}
