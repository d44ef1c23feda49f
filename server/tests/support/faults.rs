//! A store that fails when it is told to: before or after it persists, or not until it is let go.

use std::{
    ops::Range,
    sync::{Condvar, Mutex},
};

use async_trait::async_trait;
use isoloir_server::store::{Batch, Cosigned, Head, LogNumber, LogRow, NewLog, SqliteStore, Store, StoreError};
use tokio::sync::Notify;

/// What becomes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails and nothing is persisted.
    Before,
    /// It is persisted, but the answer gets lost.
    After,
    /// It waits before it persists.
    HoldBefore,
    /// It waits after it persisted.
    HoldAfter,
}

#[derive(Debug, Default)]
pub struct Faults {
    state: Mutex<State>,
    changed: Condvar,
    released: Notify,
}

#[derive(Debug, Default)]
struct State {
    next: Option<Fault>,
    held: bool,
    reads_fail: bool,
    never_closes: bool,
    commits: usize,
}

impl Faults {
    /// Lets the next commit fail so.
    pub fn next_commit(&self, fault: Fault) {
        self.state.lock().unwrap().next = Some(fault);
    }

    /// Waits until a commit is held.
    pub fn wait_until_held(&self) {
        let state = self.state.lock().unwrap();
        drop(self.changed.wait_while(state, |state| !state.held).unwrap());
    }

    /// Lets the held commit go on.
    pub fn release(&self) {
        self.state.lock().unwrap().held = false;
        self.released.notify_waiters();
    }

    /// Whether the heads of logs can be read.
    pub fn reads_fail(&self, fail: bool) {
        self.state.lock().unwrap().reads_fail = fail;
    }

    /// Lets the store never end.
    pub fn never_close(&self) {
        self.state.lock().unwrap().never_closes = true;
    }

    /// How many batches were asked to be committed.
    pub fn commits(&self) -> usize {
        self.state.lock().unwrap().commits
    }

    async fn hold(&self) {
        let released = self.released.notified();
        tokio::pin!(released);
        released.as_mut().enable();
        self.state.lock().unwrap().held = true;
        self.changed.notify_all();
        released.await;
    }
}

pub struct FaultyStore {
    inner: SqliteStore,
    faults: std::sync::Arc<Faults>,
}

impl FaultyStore {
    pub fn new(inner: SqliteStore, faults: std::sync::Arc<Faults>) -> Self {
        Self { inner, faults }
    }
}

fn lost() -> StoreError {
    StoreError::Database("the connection was lost".into())
}

#[async_trait]
impl Store for FaultyStore {
    async fn append(&self, log: LogNumber, batch: &Batch) -> Result<(), StoreError> {
        let fault = {
            let mut state = self.faults.state.lock().unwrap();
            state.commits += 1;
            state.next.take()
        };
        match fault {
            None => self.inner.append(log, batch).await,
            Some(Fault::Before) => Err(lost()),
            Some(Fault::After) => {
                self.inner.append(log, batch).await?;
                Err(lost())
            }
            Some(Fault::HoldBefore) => {
                self.faults.hold().await;
                self.inner.append(log, batch).await
            }
            Some(Fault::HoldAfter) => {
                self.inner.append(log, batch).await?;
                self.faults.hold().await;
                Ok(())
            }
        }
    }

    async fn head(&self, log: LogNumber) -> Result<Head, StoreError> {
        if self.faults.state.lock().unwrap().reads_fail {
            return Err(lost());
        }
        self.inner.head(log).await
    }

    async fn logs(&self) -> Result<Vec<LogRow>, StoreError> {
        self.inner.logs().await
    }

    async fn create_log(&self, log: &NewLog) -> Result<LogRow, StoreError> {
        self.inner.create_log(log).await
    }

    async fn leaves(&self, log: LogNumber, indices: Range<u64>) -> Result<Vec<Vec<u8>>, StoreError> {
        self.inner.leaves(log, indices).await
    }

    async fn data_piece(&self, log: LogNumber, hash: &[u8; 32], piece: u32) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.data_piece(log, hash, piece).await
    }

    async fn boxes(&self, log: LogNumber, teller: u8, from: u64, count: u32) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.inner.boxes(log, teller, from, count).await
    }

    async fn supply_box(&self, log: LogNumber, index: u64, teller: u8, bytes: &[u8]) -> Result<(), StoreError> {
        self.inner.supply_box(log, index, teller, bytes).await
    }

    async fn erase_boxes(&self, log: LogNumber) -> Result<(), StoreError> {
        self.inner.erase_boxes(log).await
    }

    async fn cosigned(&self, log: LogNumber) -> Result<Vec<Cosigned>, StoreError> {
        self.inner.cosigned(log).await
    }

    async fn keep_cosigned(&self, log: LogNumber, checkpoint: &Cosigned, instead_of: &[u64]) -> Result<(), StoreError> {
        self.inner.keep_cosigned(log, checkpoint, instead_of).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        if self.faults.state.lock().unwrap().reads_fail {
            return Err(lost());
        }
        self.inner.ping().await
    }

    async fn close(&self) {
        let never = self.faults.state.lock().unwrap().never_closes;
        if never {
            std::future::pending::<()>().await;
        }
        self.inner.close().await;
    }
}
