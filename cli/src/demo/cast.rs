//! The other members vote: through the same interface as a browser, each with the codes of their own messages.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use isoloir_protocol::{
    log::receipt::Receipt,
    rand_core::{Rng, UnwrapErr},
};

use super::stage::MailReader;
use crate::{problem::Outcome, reference::Target};

/// How many members vote at the same time.
const AT_ONCE: usize = 4;

/// What the demonstration knows of the votes, in memory only, to compare the result with.
#[derive(Default)]
pub struct Expected {
    by_slot: Mutex<BTreeMap<u32, Vec<u16>>>,
}

impl Expected {
    /// A member voted; the last vote counts.
    pub fn set(&self, slot: u32, options: &[u16]) {
        self.by_slot.lock().unwrap_or_else(PoisonError::into_inner).insert(slot, options.to_vec());
    }

    /// Votes for each of `options` options, then blank ones.
    pub fn totals(&self, options: usize) -> Vec<u64> {
        let mut totals = vec![0_u64; options.saturating_add(1)];
        for chosen in self.by_slot.lock().unwrap_or_else(PoisonError::into_inner).values() {
            let bits = if chosen.is_empty() { vec![options] } else { chosen.iter().map(|option| usize::from(*option)).collect() };
            for bit in bits {
                if let Some(total) = totals.get_mut(bit) {
                    *total = total.saturating_add(1);
                }
            }
        }
        totals
    }
}

/// Has these members vote. The first failure ends it.
pub fn all(target: &Target, members: &[&MailReader], expected: &Expected) -> Outcome<Vec<Receipt>> {
    let next = AtomicUsize::new(0);
    let work = || -> Outcome<Vec<Receipt>> {
        let mut receipts = Vec::new();
        while let Some(member) = members.get(next.fetch_add(1, Ordering::Relaxed)) {
            let options = drawn();
            receipts.push(member.voter()?.vote(target, std::slice::from_ref(&options))?);
            expected.set(member.slot, &options);
        }
        Ok(receipts)
    };
    let results: Vec<Outcome<Vec<Receipt>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(crate::problem!("demo-cast")))).collect()
    });
    let mut receipts = Vec::new();
    for result in results {
        receipts.extend(result?);
    }
    Ok(receipts)
}

/// A choice drawn by lot: text A, B or C, or blank.
pub fn drawn() -> Vec<u16> {
    let draw = UnwrapErr(getrandom::SysRng).next_u32();
    match draw.checked_rem(100).unwrap_or_default() {
        0..=41 => vec![0],
        42..=72 => vec![1],
        73..=93 => vec![2],
        _ => Vec::new(),
    }
}
