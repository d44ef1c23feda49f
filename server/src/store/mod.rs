//! Where logs are kept.
//!
//! **Trust.** A store keeps what it is given or says that it could not. It is not believed: at start
//! each log is read and its root compared with a checkpoint signed by a key that the store does not
//! hold. It never sees a code, a name, an address or a choice; the boxes it holds are sealed to the
//! tellers, and yet whoever copies them should be kept away.
//!
//! **Obligations** of every implementation:
//! 1. [`Store::append`] is one durable transaction: when it returns `Ok`, all of the batch survives a
//!    crash or a loss of power; when it returns an error, either all of the batch is there or nothing.
//! 2. `append` succeeds only if the log has exactly `batch.first` entries; otherwise it changes nothing
//!    and returns [`StoreError::Behind`]. Two writers can therefore never fork a log.
//! 3. Reads see only whole transactions, and everything that was committed before they began.
//! 4. Names and origins of logs are never used twice.
//! 5. What [`Store::erase_boxes`] removed cannot be read from the store's own files afterwards. Copies are another
//!    matter: PostgreSQL's write-ahead log, replicas and backups keep it until they are overwritten or thrown away.

mod postgres;
mod sqlite;
mod url;

use std::ops::Range;

use async_trait::async_trait;
use isoloir_protocol::manifest::ElectionId;
use thiserror::Error;

pub use postgres::PostgresStore;
pub use sqlite::SqliteStore;
pub use url::{DatabaseUrl, NotAnAddress};

pub(crate) use postgres::{CHANNEL, COSIGNED, within};

/// Data of an entry is kept and read in pieces of at most this many bytes.
pub const PIECE_LEN: usize = 1 << 20;

/// A log's number in its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogNumber(pub i64);

/// A log that somebody wants to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLog {
    /// The last part of the origin.
    pub name: String,
    /// The name in checkpoints.
    pub origin: String,
    /// The public key of its checkpoints.
    pub sign: [u8; 32],
    /// The public key of the organiser who asked for it.
    pub organiser: [u8; 32],
}

/// A log as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Its number in this store.
    pub number: LogNumber,
    /// How it began.
    pub log: NewLog,
    /// The election it records, once the manifest is in.
    pub election: Option<ElectionId>,
}

/// Where a log ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many entries there are.
    pub size: u64,
    /// The signed note of exactly these entries; `None` for an empty log.
    pub checkpoint: Option<String>,
}

/// Entries to append together with all that must not be there without them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// The index of the first entry: how many the log has now.
    pub first: u64,
    /// The entries in their order.
    pub entries: Vec<NewEntry>,
    /// The signed note of the log with these entries.
    pub checkpoint: String,
    /// The election that begins, if the first entry is its manifest.
    pub election: Option<ElectionId>,
}

/// One entry of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewEntry {
    /// The leaf.
    pub leaf: Vec<u8>,
    /// The SHA-256 of its data and the data, if it has any.
    pub data: Option<([u8; 32], Vec<u8>)>,
    /// A ballot's boxes, that of teller 1 first.
    pub boxes: Vec<Vec<u8>>,
}

/// A checkpoint with cosignatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// How many entries it covers.
    pub size: u64,
    /// The note.
    pub note: String,
}

/// Why the store did not do it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The log has another size than the writer thinks; nothing was written.
    #[error("the log has grown meanwhile")]
    Behind,
    /// The name or the origin belongs to another log.
    #[error("the name or origin belongs to another log")]
    Taken,
    /// What is stored makes no sense.
    #[error("the store is damaged: {0}")]
    Damaged(&'static str),
    /// The database failed. After a failed `append` nobody knows whether the batch is there.
    #[error("the database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Keeps logs, their data and boxes. The obligations are those of the [module](self).
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// All logs, in the order in which they began.
    async fn logs(&self) -> Result<Vec<LogRow>, StoreError>;

    /// Begins a log, or finds it if one like it has begun already.
    async fn create_log(&self, log: &NewLog) -> Result<LogRow, StoreError>;

    /// Where the log ends.
    async fn head(&self, log: LogNumber) -> Result<Head, StoreError>;

    /// Appends a batch (obligations 1 and 2).
    async fn append(&self, log: LogNumber, batch: &Batch) -> Result<(), StoreError>;

    /// The leaves at these indices, in order; fewer if the log ends before.
    async fn leaves(&self, log: LogNumber, indices: Range<u64>) -> Result<Vec<Vec<u8>>, StoreError>;

    /// One piece of the data with this hash, counted from 0, of [`PIECE_LEN`] bytes but for the last.
    async fn data_piece(&self, log: LogNumber, hash: &[u8; 32], piece: u32) -> Result<Option<Vec<u8>>, StoreError>;

    /// At most `count` of the teller's boxes, by increasing index of the ballot from `from` on.
    async fn boxes(&self, log: LogNumber, teller: u8, from: u64, count: u32) -> Result<Vec<(u64, Vec<u8>)>, StoreError>;

    /// Keeps a box that was missing. The caller has compared it with the hash in the log.
    async fn supply_box(&self, log: LogNumber, index: u64, teller: u8, bytes: &[u8]) -> Result<(), StoreError>;

    /// Erases all boxes of the log (obligation 5). Doing it again does no harm, and is what to do after an error.
    async fn erase_boxes(&self, log: LogNumber) -> Result<(), StoreError>;

    /// All checkpoints kept by [`Store::keep_cosigned`], by increasing size.
    async fn cosigned(&self, log: LogNumber) -> Result<Vec<Cosigned>, StoreError>;

    /// Keeps a checkpoint in the place of one of the same size and of those of the sizes in `instead_of`.
    async fn keep_cosigned(&self, log: LogNumber, checkpoint: &Cosigned, instead_of: &[u64]) -> Result<(), StoreError>;

    /// Answers if the store can be read.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Ends all connections once what is under way is done.
    async fn close(&self);
}

/// A number that the database cannot hold or should not have.
const OUT_OF_RANGE: StoreError = StoreError::Damaged("a number is out of range");

fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| OUT_OF_RANGE)
}

fn unsigned(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| OUT_OF_RANGE)
}

fn bytes32(bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Damaged("a key or hash has not 32 bytes"))
}

fn database(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Database(error.into())
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        database(error)
    }
}
