//! What the server counts about itself, for people (`/api/status`) and for machines (Prometheus).
//!
//! Numbers only, per route's template and per minute: no address, slot, path or parameter is ever in it, and
//! what is younger than a minute is not shown apart.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Write,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use isoloir_protocol::manifest::ElectionId;

use crate::elections::Elections;

/// The route whose answers take the time that voters wait.
const CAST: &str = "/api/elections/{id}/ballots";

const MINUTE_MS: u64 = 60_000;

/// Minutes of the vote that are remembered.
const HOUR: usize = 60;

/// Minutes over which the delay is looked at.
const RECENT: usize = 5;

/// Upper bounds of the buckets of answer times, in ms; what took longer is in one more.
pub(crate) const BOUNDS: [u64; 11] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];
const BUCKETS: usize = BOUNDS.len() + 1;

/// Counters of this process since it started.
#[derive(Debug, Default)]
pub(crate) struct Figures(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// By route, method and status.
    requests: BTreeMap<(String, &'static str, u16), u64>,
    casts: Times,
    /// The casts of the last minutes, the latest last.
    recent: VecDeque<(u64, Times)>,
    /// For each election how many slots had voted at the end of the last minutes, the latest last.
    turnout: BTreeMap<[u8; 32], VecDeque<(u64, u64)>>,
}

/// Answer times in buckets.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Times {
    buckets: [u64; BUCKETS],
    sum_ms: u64,
}

/// How fast ballots come in: slots that voted for the first time in the last minute, five minutes, hour.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    pub minute: u64,
    pub five_minutes: u64,
    pub hour: u64,
}

impl Times {
    fn add(&mut self, ms: u64) {
        let bucket = BOUNDS.iter().position(|bound| ms <= *bound).unwrap_or(BOUNDS.len());
        if let Some(count) = self.buckets.get_mut(bucket) {
            *count = count.saturating_add(1);
        }
        self.sum_ms = self.sum_ms.saturating_add(ms);
    }

    fn join(&mut self, other: &Self) {
        for (count, more) in self.buckets.iter_mut().zip(other.buckets) {
            *count = count.saturating_add(more);
        }
        self.sum_ms = self.sum_ms.saturating_add(other.sum_ms);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.buckets.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The bound in ms that this share of the answers, in percent, kept; `None` without answers or past the last bound.
    pub fn within(&self, percent: u64) -> Option<u64> {
        let wanted = self.count().saturating_mul(percent).div_ceil(100);
        if wanted == 0 {
            return None;
        }
        let mut seen = 0_u64;
        for (count, bound) in self.buckets.iter().zip(BOUNDS) {
            seen = seen.saturating_add(*count);
            if seen >= wanted {
                return Some(bound);
            }
        }
        None
    }
}

impl Figures {
    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an answer. `now` is in ms since 1970.
    pub fn answered(&self, route: &str, method: &str, status: u16, took: Duration, now: u64) {
        let mut counted = self.lock();
        let method = known_method(method);
        let known = counted.requests.get_mut(&(route.to_owned(), method, status));
        match known {
            Some(count) => *count = count.saturating_add(1),
            None => {
                counted.requests.insert((route.to_owned(), method, status), 1);
            }
        }
        if route == CAST && method == "POST" {
            let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            counted.casts.add(ms);
            let minute = now / MINUTE_MS;
            if counted.recent.back().is_none_or(|(last, _)| *last < minute) {
                counted.recent.push_back((minute, Times::default()));
            }
            if let Some((_, times)) = counted.recent.back_mut() {
                times.add(ms);
            }
            while counted.recent.len() > RECENT {
                counted.recent.pop_front();
            }
        }
    }

    /// Notes how far each election is; called every second or so.
    pub fn sample(&self, elections: &Elections, now: u64) {
        let minute = now / MINUTE_MS;
        for log in elections.all() {
            let voted = log.read(|state| state.election().ballots());
            self.note(&log.id(), minute, voted);
        }
    }

    fn note(&self, election: &ElectionId, minute: u64, voted: u64) {
        let mut counted = self.lock();
        let minutes = counted.turnout.entry(*election.as_bytes()).or_default();
        match minutes.back_mut() {
            Some((last, count)) if *last >= minute => *count = voted,
            _ => minutes.push_back((minute, voted)),
        }
        while minutes.len() > HOUR.saturating_add(1) {
            minutes.pop_front();
        }
    }

    /// How fast ballots come in, over whole minutes that are past: the running one is not shown apart.
    pub fn pace(&self, election: &ElectionId, now: u64) -> Pace {
        let minute = now / MINUTE_MS;
        let counted = self.lock();
        let Some(minutes) = counted.turnout.get(election.as_bytes()) else { return Pace::default() };
        let at = |back: u64| {
            let until = minute.checked_sub(back)?;
            minutes.iter().rev().find(|(of, _)| *of <= until).or_else(|| minutes.front()).map(|(_, voted)| *voted)
        };
        let since = |back: u64| at(1).unwrap_or_default().saturating_sub(at(back.saturating_add(1)).unwrap_or_default());
        Pace { minute: since(1), five_minutes: since(5), hour: since(60) }
    }

    /// Answer times of the ballots sent in the last five minutes.
    pub fn delay(&self, now: u64) -> Times {
        let from = (now / MINUTE_MS).saturating_sub(u64::try_from(RECENT).unwrap_or(u64::MAX));
        let mut times = Times::default();
        for (minute, of) in &self.lock().recent {
            if *minute > from {
                times.join(of);
            }
        }
        times
    }

    /// Ballots that were asked to come back since the start.
    pub fn turned_away(&self) -> u64 {
        let counted = self.lock();
        counted.requests.iter().filter(|((route, _, status), _)| route == CAST && *status == 503).map(|(_, count)| count).sum()
    }

    /// Counters and times in Prometheus' text format.
    pub fn write(&self, out: &mut String) {
        let counted = self.lock();
        let _ = writeln!(out, "# HELP isoloir_requests_total Answers by route, method and status.\n# TYPE isoloir_requests_total counter");
        for ((route, method, status), count) in &counted.requests {
            let _ = writeln!(out, "isoloir_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}} {count}");
        }
        let _ = writeln!(out, "# HELP isoloir_cast_seconds How long voters waited for the answer.\n# TYPE isoloir_cast_seconds histogram");
        let mut seen = 0_u64;
        for (count, bound) in counted.casts.buckets.iter().zip(BOUNDS) {
            seen = seen.saturating_add(*count);
            let _ = writeln!(out, "isoloir_cast_seconds_bucket{{le=\"{}\"}} {seen}", seconds(bound));
        }
        let all = counted.casts.count();
        let _ = writeln!(out, "isoloir_cast_seconds_bucket{{le=\"+Inf\"}} {all}");
        let _ = writeln!(out, "isoloir_cast_seconds_sum {}", seconds(counted.casts.sum_ms));
        let _ = writeln!(out, "isoloir_cast_seconds_count {all}");
    }
}

/// Milliseconds as a decimal number of seconds.
fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

/// What clients call a method may be anything; labels may not.
fn known_method(method: &str) -> &'static str {
    match method {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000 * MINUTE_MS + 30_000;

    #[test]
    fn delays_are_bounds_that_a_share_of_the_answers_kept() {
        let figures = Figures::default();
        assert_eq!(figures.delay(NOW).within(50), None);
        for ms in [1, 4, 30, 40, 20_000] {
            figures.answered(CAST, "POST", 200, Duration::from_millis(ms), NOW);
        }
        figures.answered(CAST, "GET", 405, Duration::from_secs(9), NOW);
        figures.answered("/healthz", "GET", 200, Duration::from_secs(9), NOW);
        let delay = figures.delay(NOW);
        assert_eq!(
            (delay.count(), delay.within(40), delay.within(50), delay.within(80), delay.within(99)),
            (5, Some(5), Some(50), Some(50), None)
        );
        // Five minutes later they are no longer what voters wait.
        assert_eq!(figures.delay(NOW + 5 * MINUTE_MS).count(), 0);
    }

    #[test]
    fn the_pace_is_that_of_whole_minutes() {
        let figures = Figures::default();
        let id = ElectionId::from([7; 32]);
        for (minute, voted) in [(0, 0), (1, 10), (2, 40), (3, 41), (3, 45), (4, 99)] {
            figures.note(&id, 1_000 + minute, voted);
        }
        let at = |minute: u64| figures.pace(&id, (1_000 + minute) * MINUTE_MS + 1);
        assert_eq!(at(0), Pace::default());
        assert_eq!(at(4), Pace { minute: 5, five_minutes: 45, hour: 45 });
        assert_eq!(at(5), Pace { minute: 54, five_minutes: 99, hour: 99 });
        assert_eq!(at(7), Pace { minute: 0, five_minutes: 89, hour: 99 });
        assert_eq!(figures.pace(&ElectionId::from([8; 32]), NOW), Pace::default());
    }

    #[test]
    fn machines_read_counters_and_cumulative_buckets() {
        let figures = Figures::default();
        figures.answered(CAST, "POST", 200, Duration::from_millis(7), NOW);
        figures.answered(CAST, "POST", 503, Duration::from_millis(1), NOW);
        figures.answered("other", "BREW\" x", 404, Duration::ZERO, NOW);
        let mut text = String::new();
        figures.write(&mut text);
        for line in [
            "isoloir_requests_total{route=\"/api/elections/{id}/ballots\",method=\"POST\",status=\"200\"} 1",
            "isoloir_requests_total{route=\"other\",method=\"other\",status=\"404\"} 1",
            "isoloir_cast_seconds_bucket{le=\"0.005\"} 1",
            "isoloir_cast_seconds_bucket{le=\"0.010\"} 2",
            "isoloir_cast_seconds_bucket{le=\"+Inf\"} 2",
            "isoloir_cast_seconds_sum 0.008",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert_eq!(figures.turned_away(), 1);
    }
}
