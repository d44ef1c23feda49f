//! When ballots are due.

use std::time::Duration;

/// Ballots of the rush of REQ L1 for 140,000 members, ten times: the minute of the most.
const NOON_BALLOTS: f64 = 120.0;

/// The members of REQ L1, who all come within one minute.
pub const EVERYBODY: usize = 140_000;

/// Requests that a voter makes besides, by REQ L1.
const REQUESTS_PER_VOTE: usize = 14;

/// A rush.
pub struct Curve {
    pub name: String,
    /// Ballots a second; `None` for as many as the server takes.
    pub rate: Option<f64>,
    pub ballots: usize,
    /// No ballot is sent later than this.
    pub period: Duration,
    /// Requests that come with each ballot.
    pub reads: usize,
}

impl Curve {
    /// Every connection sends its next ballot when it has the answer to the one before.
    pub fn closed(period: Duration, most: usize) -> Self {
        Self { name: "as fast as it goes".to_owned(), rate: None, ballots: most, period, reads: 0 }
    }

    /// The same number every second, as long as there are ballots for it.
    pub fn steady(name: &str, rate: f64, period: Duration, most: usize) -> Self {
        Self { name: format!("{name}: {rate:.0} a second"), rate: Some(rate), ballots: count(rate, period).min(most), period, reads: 0 }
    }

    /// Ten times the rush of REQ L1, with the pages and questions that come with each vote.
    pub fn noon(period: Duration) -> Self {
        Self {
            name: "REQ L1 × 10: 120 a second, 1,800 requests".to_owned(),
            rate: Some(NOON_BALLOTS),
            ballots: Self::noon_ballots(period),
            period,
            reads: REQUESTS_PER_VOTE,
        }
    }

    /// So many, evenly within the period.
    pub fn everybody(ballots: usize, period: Duration) -> Self {
        let rate = f64::from(u32::try_from(ballots).unwrap()) / period.as_secs_f64();
        Self { name: format!("everybody in {} s: {rate:.0} a second", period.as_secs()), rate: Some(rate), ballots, period, reads: 0 }
    }

    /// How many ballots [`noon`](Self::noon) takes.
    pub fn noon_ballots(period: Duration) -> usize {
        count(NOON_BALLOTS, period)
    }

    /// When the ballot of this number is due, after the beginning.
    pub fn due(&self, number: usize) -> Duration {
        let number = f64::from(u32::try_from(number).unwrap());
        self.rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(number / rate))
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
fn count(rate: f64, period: Duration) -> usize {
    (rate * period.as_secs_f64()) as usize
}
