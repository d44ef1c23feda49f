//! A rush on a server of one's own: makes an election with a roll and valid ballots, sends the ballots along
//! curves, and afterwards compares the log with what was acknowledged. `cargo xtask bench load`.
//!
//! It starts the server itself, as a process of its own, and sends to the loopback interface alone. Its loops
//! are bounded by the number of ballots and by time.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a program that measures and ends"
)]

mod browser;
mod client;
mod count;
mod curve;
mod election;
// A real PostgreSQL as the server's tests start it.
#[allow(dead_code, reason = "the server's tests use the rest")]
#[path = "../../../server/tests/support/postgres.rs"]
mod postgres;
mod process;
mod report;
mod start;
mod verify;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Parser;

use crate::{
    client::{Client, Outcome},
    curve::{Curve, EVERYBODY},
    election::Stage,
    postgres::{Durability, Postgres},
    process::Server,
};

/// Loads a server of its own with ballots and checks the log afterwards.
#[derive(Debug, Parser)]
struct Options {
    /// The program to load
    #[arg(long, value_name = "FILE", default_value = "target/release/isoloir")]
    program: PathBuf,
    /// Folder for the server's data and the ballots; what is in it is removed
    #[arg(long, value_name = "FOLDER", default_value = "target/bench/load")]
    folder: PathBuf,
    /// How many voters, each with one ballot
    #[arg(long, value_name = "N", default_value_t = 820_000)]
    ballots: u32,
    /// Seconds of each curve
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    seconds: u32,
    /// How many connections at most, each from an address of its own
    #[arg(long, value_name = "N", default_value_t = 1_536)]
    connections: usize,
    /// A short run: 60,000 ballots, 8 seconds a curve
    #[arg(long)]
    quick: bool,
    /// On a PostgreSQL that is started for it, with durable commits, instead of SQLite
    #[arg(long)]
    postgres: bool,
    /// Have `isoloir audit` check the archive at the end, and tell how long it takes
    #[arg(long)]
    audit: bool,
    /// Put the ballots straight into the store, and measure a start with them instead of a rush
    #[arg(long, conflicts_with = "postgres")]
    start: bool,
    /// Close the election, and measure a teller's page and the audit page with it instead of a rush
    #[arg(long, conflicts_with_all = ["postgres", "start"])]
    browser: bool,
    /// With --start: ballots and a roll without proofs that hold, which cost nothing to make; the server takes them over at its start and
    /// finds them out afterwards
    #[arg(long, requires = "start")]
    hollow: bool,
}

fn main() {
    let mut options = Options::parse();
    if options.quick {
        (options.ballots, options.seconds) = (60_000, 8);
    }
    if options.start {
        return start::measure(&options);
    }
    if options.browser {
        return browser::measure(&options);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&options));
}

async fn run(options: &Options) {
    let began = Instant::now();
    let postgres = options.postgres.then(|| Postgres::start_with(Durability::On, "256MB"));
    let server = Server::start(&options.program, &options.folder, postgres.as_ref());
    println!("store: {}, durable commits", if options.postgres { "PostgreSQL" } else { "SQLite" });
    let stage = Arc::new(Stage::set(&server, options.ballots));
    println!("election with {} voters: {:.0} s", options.ballots, began.elapsed().as_secs_f64());
    let making = Instant::now();
    let file = stage.make_ballots(&options.folder.join("ballots.bin"));
    println!(
        "{} ballots of {} bytes made on all cores: {:.0} s ({:.0} a second)\n",
        options.ballots,
        stage.manifest.submission_len(),
        making.elapsed().as_secs_f64(),
        f64::from(options.ballots) / making.elapsed().as_secs_f64()
    );

    let mut client = Client::new(server.address(), &stage, file, options.connections);
    let period = Duration::from_secs(options.seconds.into());
    report::heading();
    let mut outcomes: Vec<Outcome> = Vec::new();
    // Every curve has its ballots: the later ones first, then as many for the first one as leave half of them for the second.
    let minute = period.min(Duration::from_secs(60));
    let everybody = EVERYBODY.min(client.left() / 6);
    let kept = everybody + Curve::noon_ballots(period);
    let first = client.left().saturating_sub(kept) * 2 / 3;
    let closed = measure(&server, &mut client, &Curve::closed(period, first), &mut outcomes).await;
    let half = Curve::steady("half of that", closed / 2.0, period, client.left().saturating_sub(kept));
    for curve in [half, Curve::noon(period), Curve::everybody(everybody, minute)] {
        measure(&server, &mut client, &curve, &mut outcomes).await;
    }
    println!("\nserver memory: {} MB now, {} MB at most", server.memory_mb("VmRSS"), server.memory_mb("VmHWM"));
    verify::log_is_what_was_acknowledged(&server, &stage, &client, &outcomes);
    if options.audit {
        verify::audit(&options.program, &options.folder, &server, &stage);
    }
    server.stop();
}

/// Runs one curve, prints its line, and gives the accepted ballots per second.
async fn measure(server: &Server, client: &mut Client, curve: &Curve, outcomes: &mut Vec<Outcome>) -> f64 {
    let (cpu, database) = (server.cpu(), server.database_cpu());
    let own = process::own_cpu();
    let began = Instant::now();
    let run = client.run(curve).await;
    let wall = began.elapsed();
    let used = report::Used { server: server.cpu() - cpu, database: server.database_cpu() - database, own: process::own_cpu() - own };
    let rate = report::line(curve, &run, wall, &used);
    outcomes.extend(run.outcomes);
    rate
}
