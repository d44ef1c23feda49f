//! Time as an argument of the server: the machine's clock when it runs, a hand-set one in tests.
//!
//! **A clock that jumps.** Entries carry the time and an election closes by it, for ever. A machine's clock that is set forward
//! by mistake must not close one. Therefore the clock that shows the date is compared with one that only counts on. While
//! they disagree nobody knows which is right, and nothing is appended: voters are asked to come back, and
//! readers notice nothing. It ends when the two agree again, when the operator restarts the server and so vouches for the date, or, if
//! the jump was back or short, when the clock has run evenly for a while.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use nix::time::{ClockId, clock_gettime};

/// A jump by so many ms is none: a clock that is set right now and then.
const TOLERANCE: i128 = 30_000;

/// How long a clock must have run evenly after a jump that can be believed, in ms.
const EVENLY: i128 = 15 * 60_000;

/// A longer jump forward than this, in ms, is believed only by whoever restarts the server: it may close an election.
const FORWARD: i128 = 5 * 60_000;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970. May jump back and forth: entry times are kept from decreasing elsewhere.
    fn now_ms(&self) -> u64;

    /// Milliseconds that count on evenly from some beginning. A clock that never jumps by mistake may leave this as it is.
    fn steady_ms(&self) -> u64 {
        self.now_ms()
    }
}

/// The clock a server was given.
#[derive(Clone)]
pub struct SharedClock {
    clock: Arc<dyn Clock>,
    watch: Arc<Mutex<Watch>>,
}

/// How the two clocks stand to each other.
struct Watch {
    /// What the date was ahead of the steady clock when it was last believed, in ms.
    believed: i128,
    jump: Option<Jump>,
}

/// The date has jumped.
struct Jump {
    /// What it is ahead since then.
    ahead: i128,
    /// When, by the steady clock.
    since: i128,
}

impl SharedClock {
    fn new(clock: Arc<dyn Clock>) -> Self {
        let believed = i128::from(clock.now_ms()).saturating_sub(i128::from(clock.steady_ms()));
        Self { clock, watch: Arc::new(Mutex::new(Watch { believed, jump: None })) }
    }

    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Whether the time is known well enough to append by it.
    pub fn is_trusted(&self) -> bool {
        let (now, steady) = (i128::from(self.clock.now_ms()), i128::from(self.clock.steady_ms()));
        self.watch.lock().unwrap_or_else(PoisonError::into_inner).look(now.saturating_sub(steady), steady)
    }
}

impl Watch {
    fn look(&mut self, ahead: i128, steady: i128) -> bool {
        let by = ahead.saturating_sub(self.believed);
        if by.abs() <= TOLERANCE {
            if self.jump.take().is_some() {
                tracing::warn!("the clock is back where it was; entries are appended again");
            }
            self.believed = ahead;
            return true;
        }
        match &self.jump {
            Some(jump) if jump.ahead.abs_diff(ahead) <= TOLERANCE.unsigned_abs() => {
                let believable = by <= FORWARD && steady.saturating_sub(jump.since) >= EVENLY;
                if believable {
                    tracing::warn!("the clock has run evenly since it jumped; entries are appended again");
                    self.believed = ahead;
                    self.jump = None;
                }
                believable
            }
            _ => {
                let seconds = i64::try_from(by / 1_000).unwrap_or_default();
                tracing::error!(seconds, "the clock has jumped; nothing is appended until it is back or the server is restarted");
                self.jump = Some(Jump { ahead, since: steady });
                false
            }
        }
    }
}

impl<C: Clock> From<Arc<C>> for SharedClock {
    fn from(clock: Arc<C>) -> Self {
        Self::new(clock)
    }
}

impl Default for SharedClock {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock))
    }
}

impl fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.now_ms())
    }
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
    }

    /// Since the machine was started. Goes on while the machine sleeps: that is no jump of the date.
    fn steady_ms(&self) -> u64 {
        let since_boot = clock_gettime(STEADY).map(Duration::from).unwrap_or_default();
        u64::try_from(since_boot.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(target_os = "linux")]
const STEADY: ClockId = ClockId::CLOCK_BOOTTIME;
/// On macOS this one goes on while the machine sleeps.
#[cfg(not(target_os = "linux"))]
const STEADY: ClockId = ClockId::CLOCK_MONOTONIC;

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i128 = 60_000;

    fn watch() -> Watch {
        Watch { believed: 1_000_000, jump: None }
    }

    #[test]
    fn small_steps_are_followed() {
        let mut watch = watch();
        for step in 1..10 {
            assert!(watch.look(1_000_000 + step * 20_000, step));
        }
        assert!(watch.look(1_180_000 - TOLERANCE, 10));
    }

    #[test]
    fn a_long_jump_forward_is_never_believed() {
        let mut watch = watch();
        let ahead = 1_000_000 + 60 * MINUTE;
        for minute in 0..600 {
            assert!(!watch.look(ahead, minute * MINUTE));
        }
        assert!(watch.look(1_000_000, 600 * MINUTE), "it is back");
        assert!(!watch.look(ahead, 601 * MINUTE));
    }

    #[test]
    fn a_jump_back_or_a_short_one_is_believed_once_the_clock_runs_evenly() {
        for by in [-600 * MINUTE, 4 * MINUTE] {
            let mut watch = watch();
            assert!(!watch.look(1_000_000 + by, 0));
            assert!(!watch.look(1_000_000 + by, 14 * MINUTE));
            assert!(watch.look(1_000_000 + by, 15 * MINUTE));
            assert!(watch.look(1_000_000 + by, 16 * MINUTE));
            assert!(!watch.look(1_000_000, 17 * MINUTE), "that is a jump too");
        }
    }

    #[test]
    fn a_clock_that_goes_on_jumping_is_not_believed() {
        let mut watch = watch();
        for minute in 0..60 {
            let by = if minute % 2 == 0 { -60 * MINUTE } else { -120 * MINUTE };
            assert!(!watch.look(1_000_000 + by, minute * MINUTE));
        }
    }
}
