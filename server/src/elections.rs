//! The elections of this server: each its own log and its own sequencer, so that one can be stopped or
//! damaged without the others.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, OnceLock, PoisonError, RwLock, atomic::AtomicBool},
};

use isoloir_protocol::manifest::ElectionId;

use crate::{
    cluster::{Cluster, Seat},
    config::Config,
    keys::{KeyError, KeyFolder},
    log::{Log, Shared},
    problem::{Kind, Problem},
    recheck,
    replay::{self, LoadError},
    sequencer::{Jobs, Sequencer},
    store::{LogRow, Store, StoreError},
};

/// All elections.
pub(crate) struct Elections {
    places: RwLock<HashMap<ElectionId, Place>>,
    /// The other processes on the same store, if there may be some.
    cluster: Option<Arc<Cluster>>,
}

/// Where an election is.
#[derive(Clone)]
enum Place {
    Serving(Arc<Log>),
    /// Its stored log does not hold.
    Damaged {
        name: String,
        why: String,
    },
}

impl Elections {
    /// Replays all logs of the store that have begun. A log that does not replay is not served, and
    /// does not keep the others from being.
    pub async fn load(
        config: &Config,
        store: &Arc<dyn Store>,
        keys: &KeyFolder,
        cluster: Option<Arc<Cluster>>,
    ) -> Result<Self, StoreError> {
        let elections = Self { places: RwLock::default(), cluster };
        for row in store.logs().await? {
            elections.open(config, store, keys, row).await?;
        }
        Ok(elections)
    }

    /// Begins to serve a log, if it has begun.
    pub async fn open(&self, config: &Config, store: &Arc<dyn Store>, keys: &KeyFolder, row: LogRow) -> Result<(), StoreError> {
        let Some(id) = row.election else { return Ok(()) };
        let name = row.log.name.clone();
        let place = match load(config, store, keys, self.cluster.as_ref(), row).await {
            Ok(log) => Place::Serving(log),
            Err(LoadError::Store(error)) if !matches!(error, StoreError::Damaged(_)) => {
                return Err(error);
            }
            Err(error) => {
                let why = error.to_string();
                tracing::error!(log = name, why, "an election is not served");
                Place::Damaged { name, why }
            }
        };
        self.places.write().unwrap_or_else(PoisonError::into_inner).insert(id, place);
        Ok(())
    }

    /// Whether the election is served, or should be.
    pub fn has(&self, id: &ElectionId) -> bool {
        self.places.read().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    /// The election with this id.
    pub fn by_id(&self, id: &ElectionId) -> Result<Arc<Log>, Problem> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        places.get(id).ok_or(Kind::UnknownElection)?.serving()
    }

    /// The election whose log has this name.
    pub fn by_name(&self, name: &str) -> Result<Arc<Log>, Problem> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        let place = places.values().find(|place| match place {
            Place::Serving(log) => log.name() == name,
            Place::Damaged { name: damaged, .. } => damaged == name,
        });
        place.ok_or(Kind::UnknownElection)?.serving()
    }

    /// All that are served, the latest first.
    pub fn all(&self) -> Vec<Arc<Log>> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        let mut logs: Vec<_> = places.values().filter_map(|place| place.serving().ok()).collect();
        logs.sort_by_key(|log| std::cmp::Reverse(log.number().0));
        logs
    }

    /// How many are served, and how many should be and are not.
    pub fn count(&self) -> (usize, usize) {
        let serving = self.all().len();
        let all = self.places.read().unwrap_or_else(PoisonError::into_inner).len();
        (serving, all.saturating_sub(serving))
    }

    /// Does what is due by now in all elections.
    pub async fn tick(&self) {
        for log in self.all() {
            if let Err(problem) = log.jobs.tick().await {
                tracing::warn!(%problem, "a tick was left out");
            }
        }
    }

    /// Ends all sequencers.
    pub async fn stop(&self) {
        let places: Vec<Place> = self.places.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for place in places {
            if let Place::Serving(log) = place {
                log.jobs.stop().await;
            }
        }
        self.places.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Place {
    fn serving(&self) -> Result<Arc<Log>, Problem> {
        match self {
            Self::Serving(log) => log.check_holds().map(|()| log.clone()),
            Self::Damaged { why, .. } => Err(Problem::from(Kind::Damaged).with("why", why.as_str())),
        }
    }
}

async fn load(
    config: &Config,
    store: &Arc<dyn Store>,
    keys: &KeyFolder,
    cluster: Option<&Arc<Cluster>>,
    row: LogRow,
) -> Result<Arc<Log>, LoadError> {
    let key = match keys.get(&row.log.name, &row.log.origin) {
        _ if config.copies => OnceLock::new(),
        Ok(key) => OnceLock::from(key),
        // Another process may have it; this one serves readers.
        Err(KeyError::File(error)) if cluster.is_some() && error.kind() == io::ErrorKind::NotFound => OnceLock::new(),
        Err(error) => return Err(LoadError::Damaged(error.to_string())),
    };
    let state = replay::load(store, &row, key.get()).await?;
    let manifest = state.election.shared_manifest();
    let manifest = manifest.ok_or_else(|| LoadError::Damaged("it is empty".to_owned()))?;
    let (jobs, queue) = Jobs::new(config.queue);
    let seat = match cluster {
        _ if config.copies => Seat::copy(),
        Some(cluster) => Seat::shared(cluster.clone()),
        None => Seat::Alone,
    };
    let log = Arc::new(Log {
        row,
        manifest,
        key,
        clock: config.clock.clone(),
        store: store.clone(),
        state: Shared::new(state),
        jobs,
        seat,
        doubt: AtomicBool::default(),
        condemned: OnceLock::new(),
    });
    let keep_boxes = u64::try_from(config.keep_boxes.as_millis()).unwrap_or(u64::MAX);
    let sequencer = Sequencer::new(log.clone(), queue, config.batch, keep_boxes);
    tokio::spawn(sequencer.run());
    if log.key.get().is_some() {
        let size = log.read(|state| state.election().size());
        tokio::spawn(recheck::run(Arc::downgrade(&log), size));
    }
    Ok(log)
}
