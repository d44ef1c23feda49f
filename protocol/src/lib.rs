//! The Isoloir protocol, version 1, as a library: pure, deterministic given randomness and time.
//!
//! An election is an append-only log and everything else is a function of it: [`election::Election`]
//! is the one replay that the server, the voters' and tellers' pages, witnesses and auditors run.
//! Section numbers in this documentation are those of `spec/protocol.md`.
//!
//! The crate has no input or output, no clock and no generator of its own: randomness is an argument
//! (`rng: &mut impl CryptoRng`) and so is time (`u64` milliseconds since 1970).

pub use rand_core;

pub mod archive;
pub mod audit;
pub mod ballot;
pub mod code;
pub mod codec;
pub mod credential;
pub mod election;
pub mod fetch;
pub mod group;
pub mod hash;
pub mod key_file;
pub mod log;
pub mod manifest;
pub mod paper;
pub mod question;
pub mod roll;
pub mod sealed_box;
pub mod signature;
pub mod tally;
pub mod teller;
