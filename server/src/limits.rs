//! How much one sender may take, without locking out those who share an address with it.
//!
//! Nobody is refused for an address. Whoever sends more than a roomful of voters would, or ballots whose
//! proofs fail, goes to a second line: it is served whenever the first is empty, and with a small share of
//! each batch if it is not. What is kept of an address is a number under a key that this process drew and
//! forgets; it is in memory only.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{HttpRequest, http::header::HeaderName};

/// Ballots that an address may send at once in the first line: several hundred voters behind one address
/// who vote in the same minute.
const BALLOTS: u64 = 600;

/// And one more each time so many ms have passed: 20 a second.
const MS_PER_BALLOT: u64 = 50;

/// Ballots that fail before an address has to go to the second line.
const FAILURES: u64 = 30;

/// One failure is forgiven in so many ms.
const FORGIVEN_AFTER: u64 = 2_000;

/// Addresses that are remembered. Past it those who did the least are forgotten.
const ADDRESSES: usize = 100_000;

/// Ballots that a slot may have in the log within [`SLOT_PERIOD`]. Only whoever has the codes can use them up.
pub(crate) const BALLOTS_PER_SLOT: usize = 20;

/// An hour, in ms.
pub(crate) const SLOT_PERIOD: u64 = 3_600_000;

/// Where a ballot waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// For everybody.
    First,
    /// For those who send very much, or what fails.
    Second,
}

/// What stands for an address: a hash under a key that only this process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Sender(u64);

/// The senders of late.
#[derive(Debug)]
pub(crate) struct Senders {
    /// The header in which a proxy tells the address; without one it is the connection's.
    header: Option<HeaderName>,
    key: RandomState,
    recent: Mutex<HashMap<Sender, Account>>,
}

/// What a sender has used up. Both numbers go back with time.
#[derive(Debug, Clone, Copy)]
struct Account {
    ballots: u64,
    /// In ms of forgiveness.
    failures: u64,
    /// When both were brought up to date, in ms since 1970.
    at: u64,
}

impl Senders {
    /// No senders yet. With a `header`, addresses are what a proxy writes there.
    pub fn new(header: Option<HeaderName>) -> Self {
        Self { header, key: RandomState::new(), recent: Mutex::default() }
    }

    /// Who sends this request.
    pub fn of(&self, request: &HttpRequest) -> Sender {
        let told = self.header.as_ref().and_then(|header| {
            // Each proxy adds its word at the end: only the last one is that of the operator's own.
            let last = request.headers().get_all(header).last()?.to_str().ok()?;
            last.rsplit(',').next()?.trim().parse().ok()
        });
        self.stand_in(told.or_else(|| request.peer_addr().map(|peer| peer.ip())))
    }

    /// Where a ballot that arrives `now` has to wait. It is counted.
    pub fn line(&self, sender: Sender, now: u64) -> Line {
        self.with(sender, now, |account| {
            account.ballots = account.ballots.saturating_add(1);
            account.line()
        })
    }

    /// A ballot of the sender was none.
    pub fn failed(&self, sender: Sender, now: u64) {
        self.with(sender, now, |account| account.failures = account.failures.saturating_add(FORGIVEN_AFTER));
    }

    fn stand_in(&self, address: Option<IpAddr>) -> Sender {
        // Whoever has one address of IPv6 has 2^64 of them.
        let network = address.map(|address| match address.to_canonical() {
            IpAddr::V4(address) => u64::from(address.to_bits()),
            IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).unwrap_or(u64::MAX),
        });
        let is_v4 = address.is_some_and(|address| address.to_canonical().is_ipv4());
        Sender(self.key.hash_one((is_v4, network)))
    }

    fn with<T>(&self, sender: Sender, now: u64, change: impl FnOnce(&mut Account) -> T) -> T {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() >= ADDRESSES && !recent.contains_key(&sender) {
            recent.retain(|_, account| !account.at_time(now).is_clear());
            if recent.len() >= ADDRESSES {
                // Still full of those who are busy: the quiet half goes.
                let mut used: Vec<u64> = recent.values().map(|account| account.used()).collect();
                let middle = used.len() / 2;
                let median = *used.select_nth_unstable(middle).1;
                recent.retain(|_, account| account.used() > median);
            }
        }
        let account = recent.entry(sender).or_insert(Account { ballots: 0, failures: 0, at: now });
        *account = account.at_time(now);
        change(account)
    }
}

impl Account {
    /// The account at a time. A clock that jumps back forgives nothing.
    fn at_time(self, now: u64) -> Self {
        // Whole ballots only: what is left of the time counts the next time.
        let returned = now.saturating_sub(self.at) / MS_PER_BALLOT;
        let passed = returned.saturating_mul(MS_PER_BALLOT);
        Self {
            ballots: self.ballots.saturating_sub(returned),
            failures: self.failures.saturating_sub(passed),
            at: self.at.saturating_add(passed),
        }
    }

    fn line(&self) -> Line {
        let fails = self.failures > FAILURES.saturating_mul(FORGIVEN_AFTER);
        if fails || self.ballots > BALLOTS { Line::Second } else { Line::First }
    }

    fn used(&self) -> u64 {
        self.ballots.saturating_add(self.failures)
    }

    fn is_clear(&self) -> bool {
        self.used() == 0
    }
}

/// How many connections each address has. Where a proxy stands in front all are the proxy's, and it is
/// the proxy that has to count.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    most: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Connections {
    /// At most so many of each address.
    pub fn new(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// Counts a connection of an address for as long as what it returns lives; `None` if the address has too many. One client that
    /// opens connections and says nothing cannot take them all.
    pub fn admit(&self, address: IpAddr) -> Option<Counted> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= self.most {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Counted { address, open: self.open.clone() })
    }
}

/// A connection that is counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted {
    address: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn sender(senders: &Senders, address: &str) -> Sender {
        senders.stand_in(Some(address.parse().unwrap()))
    }

    // REQ L5
    #[test]
    fn a_roomful_of_voters_waits_in_the_first_line() {
        let senders = Senders::new(None);
        let room = sender(&senders, "192.0.2.1");
        for _ in 0..BALLOTS {
            assert_eq!(senders.line(room, 1_000), Line::First);
        }
        assert_eq!(senders.line(room, 1_000), Line::Second);
        assert_eq!(senders.line(sender(&senders, "192.0.2.2"), 1_000), Line::First);
        assert_eq!(senders.line(room, 2_000), Line::First);
        // A clock that goes back takes nothing away and gives nothing.
        assert_eq!(senders.line(room, 0), Line::First);
        for _ in 0..BALLOTS {
            senders.line(room, 0);
        }
        assert_eq!(senders.line(room, 0), Line::Second);
        assert_eq!(senders.line(room, 60_000), Line::First);
    }

    #[test]
    fn failures_lead_to_the_second_line_and_are_forgiven() {
        let senders = Senders::new(None);
        let one = sender(&senders, "192.0.2.1");
        for _ in 0..=FAILURES {
            assert_eq!(senders.line(one, 5_000), Line::First);
            senders.failed(one, 5_000);
        }
        assert_eq!(senders.line(one, 5_000), Line::Second);
        assert_eq!(senders.line(one, 5_000 + FORGIVEN_AFTER), Line::First);
    }

    #[test]
    fn an_address_of_ipv6_is_its_network() {
        let senders = Senders::new(None);
        assert_eq!(sender(&senders, "2001:db8::1"), sender(&senders, "2001:db8::2"));
        assert_ne!(sender(&senders, "2001:db8::1"), sender(&senders, "2001:db8:0:1::1"));
        assert_eq!(sender(&senders, "::ffff:192.0.2.1"), sender(&senders, "192.0.2.1"));
        // Another process has another key.
        assert_ne!(sender(&senders, "192.0.2.1"), sender(&Senders::new(None), "192.0.2.1"));
    }

    #[test]
    fn only_the_configured_header_is_believed_and_only_its_last_word() {
        let told = |value: &str| {
            TestRequest::default().peer_addr(([192, 0, 2, 7], 1).into()).insert_header(("x-forwarded-for", value)).to_http_request()
        };
        let direct = Senders::new(None);
        assert_eq!(direct.of(&told("198.51.100.1")), sender(&direct, "192.0.2.7"));
        let behind = Senders::new(Some(HeaderName::from_static("x-forwarded-for")));
        assert_eq!(behind.of(&told("203.0.113.9, 198.51.100.1")), sender(&behind, "198.51.100.1"));
        assert_eq!(behind.of(&told("nobody")), sender(&behind, "192.0.2.7"));
    }

    #[test]
    fn memory_is_bounded() {
        let senders = Senders::new(None);
        let busy = sender(&senders, "2001:db8::");
        for _ in 0..=FAILURES {
            senders.failed(busy, 1_000);
        }
        for number in 0..u64::try_from(ADDRESSES).unwrap() {
            senders.line(Sender(number), 1_000);
        }
        assert!(senders.recent.lock().unwrap().len() <= ADDRESSES);
        assert_eq!(senders.line(busy, 1_000), Line::Second, "who fails is not forgotten");
    }
}
