//! The command line against real servers, real files and the test vectors. One program, so that it is linked once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says what it expects by panicking"
)]

mod audit_vectors;
mod backup;
mod catalogue;
mod demo;
mod fork;
mod issue;
#[path = "../../../protocol/tests/making/kept.rs"]
mod kept;
mod kill;
mod paper;
mod site;
mod smtp;
mod support;
mod watch;
mod whole_election;
