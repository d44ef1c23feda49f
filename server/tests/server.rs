//! The server over HTTP, with its own database and a clock that the test sets. The folders mirror the
//! routes; what goes across routes has a module of its own.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod routes {
    mod archive;
    mod ballots;
    mod boxes;
    mod cosignatures;
    mod elections;
    mod entries;
    mod logs;
    mod look;
    mod pages;
    mod status;
    mod tiles;
}
mod cluster;
mod copies;
mod faults;
mod limits;
mod privacy;
mod restart;
mod rush;
mod store;
mod support;
mod tls;
mod whole_election;
