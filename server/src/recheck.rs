//! After a start, the arithmetic that [`crate::replay::load`] left out: every proof of the log as it was found, in the background
//! and on one core, so that voters do not wait for it. A log that does not hold is not served any longer.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use isoloir_protocol::{
    election::{Recheck, ReplayError},
    rand_core::UnwrapErr,
};
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::sync::Semaphore;

use crate::{log::Log, store::StoreError};

/// Leaves that are looked at while others wait for the state.
const LEAVES: u64 = 512;

/// How long to leave the machine to voters who wait, or the store to itself after an error.
const PAUSE: Duration = Duration::from_millis(200);

/// One log after another, however many there are.
static TURN: Semaphore = Semaphore::const_new(1);

/// Checks the proofs of the first `size` entries. Ends early if the log is not served any more.
pub(crate) async fn run(log: Weak<Log>, size: u64) {
    // A closed semaphore would be one that somebody closed: nobody does.
    let Ok(_turn) = TURN.acquire().await else { return };
    let mut recheck = Recheck::new();
    let pool = ThreadPoolBuilder::new().num_threads(1).build().ok().map(Arc::new);
    while recheck.position() < size {
        let Some(log) = log.upgrade() else { return };
        if log.jobs.waiting() > 0 {
            drop(log);
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        match step(&log, &mut recheck, size, pool.clone()).await {
            Ok(()) => {}
            Err(Failed::Store(error)) => {
                tracing::warn!(log = log.name(), %error, "proofs cannot be checked again just now");
                drop(log);
                tokio::time::sleep(PAUSE).await;
            }
            Err(Failed::Wrong(why)) => return log.condemn(why),
        }
    }
    if log.upgrade().is_some() {
        tracing::info!(size, "all proofs were checked again");
    }
}

enum Failed {
    /// To be tried again.
    Store(StoreError),
    /// The log does not hold.
    Wrong(String),
}

async fn step(log: &Arc<Log>, recheck: &mut Recheck, size: u64, pool: Option<Arc<ThreadPool>>) -> Result<(), Failed> {
    let first = recheck.position();
    let end = size.min(first.saturating_add(LEAVES));
    let leaves = log.store.leaves(log.number(), first..end).await?;
    if leaves.is_empty() {
        return Err(StoreError::Damaged("entries are missing").into());
    }
    let looked = log.read(|state| recheck.look(state.election(), &leaves)).map_err(wrong)?;
    // A roll of a million voters is as large as all that is kept of their ballots: it comes in pieces.
    for mut part in looked.parts().map_err(wrong)? {
        for piece in 0_u32.. {
            let Some(bytes) = log.store.data_piece(log.number(), part.sha256(), piece).await? else { break };
            let manifest = log.manifest.clone();
            part = aside(pool.clone(), move || part.push(&manifest, &bytes, &mut UnwrapErr(getrandom::SysRng)).map(|()| part)).await?;
        }
        part.finish().map_err(wrong)?;
    }
    let manifest = log.manifest.clone();
    aside(pool, move || looked.verify(&manifest, &mut UnwrapErr(getrandom::SysRng))).await
}

fn wrong(error: ReplayError) -> Failed {
    Failed::Wrong(error.to_string())
}

/// Does the arithmetic on the pool's one thread.
async fn aside<T: Send + 'static>(
    pool: Option<Arc<ThreadPool>>,
    verify: impl FnOnce() -> Result<T, ReplayError> + Send + 'static,
) -> Result<T, Failed> {
    let verified = tokio::task::spawn_blocking(move || match pool {
        Some(pool) => pool.install(verify),
        None => verify(),
    });
    verified.await.map_err(|error| Failed::Wrong(error.to_string()))?.map_err(wrong)
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(why) => Self::Wrong(why.to_owned()),
            error => Self::Store(error),
        }
    }
}
