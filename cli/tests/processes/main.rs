//! Real servers as processes of their own, really killed under load: what was acknowledged is there, once, and the log audits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test says what it expects by panicking"
)]

mod copies;
mod disk;
mod failover;
mod kills;
mod load;
mod process;
mod restart;
// The people of an election and a server at hand, as the server's own tests have them.
#[allow(dead_code, reason = "the server's tests use the rest")]
#[path = "../../../server/tests/support/mod.rs"]
mod support;
