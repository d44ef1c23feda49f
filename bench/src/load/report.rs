//! The table.

use std::time::Duration;

use crate::{client::Run, curve::Curve};

pub fn heading() {
    println!(
        "{:<44}{:>9}{:>8}{:>8}{:>8}{:>8}{:>8}{:>9}{:>8}{:>8}{:>8}{:>10}{:>10}",
        "", "accepted", "in s", "per s", "p50 ms", "p95 ms", "p99 ms", "max ms", "refused", "retries", "reads", "server %", "µs/ballot"
    );
}

/// Processor time during a curve.
pub struct Used {
    pub server: Duration,
    /// Of PostgreSQL, if there is one.
    pub database: Duration,
    /// Of the generator.
    pub own: Duration,
}

/// One line; gives the accepted ballots per second.
pub fn line(curve: &Curve, run: &Run, wall: Duration, used: &Used) -> f64 {
    let mut latencies: Vec<Duration> =
        run.outcomes.iter().filter(|outcome| outcome.index.is_some()).map(|outcome| outcome.latency).collect();
    latencies.sort_unstable();
    let accepted = latencies.len();
    let quantile =
        |hundredth: usize| latencies.get((accepted * hundredth / 100).min(accepted.saturating_sub(1))).map_or(0, Duration::as_millis);
    let count = f64::from(u32::try_from(accepted).unwrap());
    let rate = count / wall.as_secs_f64();
    let each = |time: Duration| time.as_secs_f64() * 1e6 / count.max(1.0);
    let cores = std::thread::available_parallelism().map_or(1.0, |cores| f64::from(u32::try_from(cores.get()).unwrap()));
    println!(
        "{:<44}{accepted:>9}{:>8.1}{rate:>8.0}{:>8}{:>8}{:>8}{:>9}{:>8}{:>8}{:>8}{:>10.0}{:>10.0}",
        curve.name,
        wall.as_secs_f64(),
        quantile(50),
        quantile(95),
        quantile(99),
        quantile(100),
        run.refused,
        run.retries,
        run.reads,
        100.0 * used.server.as_secs_f64() / wall.as_secs_f64() / cores,
        each(used.server),
    );
    print!("{:<44}the generator used {:.0} µs a ballot", "", each(used.own));
    if used.database > Duration::ZERO {
        print!(", PostgreSQL {:.0} µs", each(used.database));
    }
    println!();
    rate
}
