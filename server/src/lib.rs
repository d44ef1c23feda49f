//! The Isoloir server: it appends to the logs of elections what the protocol accepts, keeps the boxes for
//! the tellers, and serves the pages. It knows no name, no code and no choice, and needs not be trusted
//! for the result: whoever reads the log checks its work.
//!
//! Requests go through a [route](crate) to the election's sequencer, its only writer, and from there to
//! the [`store`]. Reading never waits for writing but for the moment in which a batch is applied.

mod assets;
pub mod backup;
mod clock;
mod cluster;
mod config;
mod copy;
mod elections;
mod figures;
mod headers;
mod keys;
mod limits;
mod listen;
mod log;
mod look;
mod outcome;
pub mod problem;
mod recheck;
mod refusals;
mod replay;
mod routes;
mod sequencer;
mod startup;
pub mod store;
pub mod telemetry;
mod tls;
mod witnesses;

pub use assets::{HASHES, embedded_hashes};
pub use clock::{Clock, SharedClock, SystemClock};
pub use config::{Config, Organisers, Pages};
pub use copy::{Alarm, CopyError, Kept, Told};
pub use keys::KeyError;
pub use look::LookError;
pub use startup::{Running, StartError, start, start_on};
pub use tls::{TlsError, TlsFiles};
