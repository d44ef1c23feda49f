//! The roll as the log has it: slots, their keys, and their ballots.

use std::collections::BTreeMap;

#[cfg(feature = "parallel")]
use rayon::prelude::*;

use super::current::{Accepted, Current, Detail};
use crate::{
    ballot::Outline,
    credential::sum_of_parts,
    group::Point,
    log::replacement::Replacement,
    roll::{Member, RollPart},
};

/// Slots in order, with one key part per registrar. Points are kept encoded: a million slots fit.
#[derive(Debug, Default)]
pub(super) struct RollState {
    members: Vec<Member>,
    /// Parts before all are there, by registrar.
    pending: BTreeMap<u8, Vec<[u8; 32]>>,
    registrars: usize,
    /// `K_p` of every slot, `registrars` for each slot; empty until all parts are there.
    key_parts: Vec<[u8; 32]>,
    /// `K` of every slot; empty with one registrar, whose parts are the keys.
    keys: Vec<[u8; 32]>,
    current: Vec<Option<Current>>,
    /// Keys under which current ballots were accepted, of slots whose key was replaced since.
    keys_then: BTreeMap<usize, [u8; 32]>,
    /// Earlier ballots by position of their slot.
    superseded: BTreeMap<usize, Vec<Accepted>>,
    ballots: u64,
    /// Parts as the roll listed them, of slots whose parts were replaced since.
    listed: BTreeMap<usize, Vec<[u8; 32]>>,
    /// Log size right after the last replacement of a slot and registrar.
    replaced: BTreeMap<(u32, u8), u64>,
}

/// What the log says of one slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotView {
    /// Slot, group and weight.
    pub member: Member,
    /// `K_p` in the registrars' order.
    pub key_parts: Vec<[u8; 32]>,
    /// `K`.
    pub key: [u8; 32],
    /// The current ballot.
    pub current: Option<Accepted>,
    /// Earlier ballots in order; the current one is not among them.
    pub superseded: Vec<Accepted>,
}

impl RollState {
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    pub fn ballots(&self) -> u64 {
        self.ballots
    }

    pub fn is_complete(&self) -> bool {
        !self.key_parts.is_empty()
    }

    /// Whether a part lists the rows of those before it.
    pub fn has_rows_of(&self, part: &RollPart) -> bool {
        self.pending.is_empty() || self.members == part.members()
    }

    /// The first slot whose key would be the identity if this part completed the roll.
    pub fn slot_without_key(&self, part: &RollPart, registrars: usize) -> Option<u32> {
        if self.pending.len().saturating_add(1) < registrars {
            return None;
        }
        let mut parts: Vec<(u8, &[[u8; 32]])> = self.pending.iter().map(|(registrar, parts)| (*registrar, parts.as_slice())).collect();
        parts.push((part.registrar(), part.key_parts()));
        let without = |position: &usize| key_of(parts.iter().filter_map(|(_, parts)| parts.get(*position)).copied()).is_none();
        #[cfg(feature = "parallel")]
        let found = (0..part.members().len()).into_par_iter().find_first(without);
        #[cfg(not(feature = "parallel"))]
        let found = (0..part.members().len()).find(without);
        part.members().get(found?).map(|member| member.slot)
    }

    /// Adds a part that [`Self::has_rows_of`] and [`Self::slot_without_key`] accept.
    pub fn add_part(&mut self, part: RollPart, registrars: usize) {
        let registrar = part.registrar();
        let (members, key_parts) = part.into_rows();
        if self.pending.is_empty() {
            self.members = members;
        }
        self.pending.insert(registrar, key_parts);
        if self.pending.len() < registrars {
            return;
        }
        self.registrars = registrars;
        self.current = vec![None; self.members.len()];
        let mut pending: Vec<Vec<[u8; 32]>> = core::mem::take(&mut self.pending).into_values().collect();
        if let [only] = pending.as_mut_slice() {
            self.key_parts = core::mem::take(only);
            return;
        }
        let of = |position: usize| pending.iter().filter_map(move |parts| parts.get(position)).copied();
        // Invariant: `slot_without_key` found a key for every slot.
        let key = |position: usize| key_of(of(position)).map_or([0; 32], |key| *key.bytes());
        #[cfg(feature = "parallel")]
        let keys = (0..self.members.len()).into_par_iter().map(key).collect();
        #[cfg(not(feature = "parallel"))]
        let keys = (0..self.members.len()).map(key).collect();
        self.keys = keys;
        self.key_parts = (0..self.members.len()).flat_map(of).collect();
    }

    /// `K` of every slot.
    fn keys(&self) -> &[[u8; 32]] {
        if self.registrars == 1 { &self.key_parts } else { &self.keys }
    }

    fn position(&self, slot: u32) -> Option<usize> {
        self.members.binary_search_by_key(&slot, |member| member.slot).ok()
    }

    /// `K` of a slot.
    pub fn key(&self, slot: u32) -> Option<Point> {
        Point::decode(self.key_bytes(slot)?)
    }

    /// The encoding of `K`.
    pub fn key_bytes(&self, slot: u32) -> Option<&[u8; 32]> {
        self.keys().get(self.position(slot)?)
    }

    pub fn current(&self, slot: u32) -> Option<&Current> {
        self.current.get(self.position(slot)?)?.as_ref()
    }

    /// Takes what a light election left out of the slot's current ballot from that ballot.
    pub fn recall(&mut self, ballot: &Outline<'_>) {
        let Some(position) = self.position(ballot.slot) else { return };
        let key = self.keys_then.get(&position).or_else(|| self.keys().get(position)).copied();
        if let (Some(key), Some(Some(current))) = (key, self.current.get_mut(position)) {
            current.recall(Detail::recalled(ballot, key));
        }
    }

    pub fn member(&self, slot: u32) -> Option<&Member> {
        self.members.get(self.position(slot)?)
    }

    pub fn view(&self, slot: u32) -> Option<SlotView> {
        let position = self.position(slot)?;
        Some(SlotView {
            member: *self.members.get(position)?,
            key_parts: self.parts_of(position)?.to_vec(),
            key: *self.keys().get(position)?,
            current: self.current.get(position)?.as_ref().map(Current::accepted),
            superseded: self.superseded.get(&position).cloned().unwrap_or_default(),
        })
    }

    pub fn set_ballot(&mut self, ballot: Current) {
        let Some(position) = self.position(ballot.slot()) else {
            return;
        };
        let Some(place) = self.current.get_mut(position) else {
            return;
        };
        self.keys_then.remove(&position);
        match place.replace(ballot) {
            Some(earlier) => {
                self.superseded.entry(position).or_default().push(earlier.accepted());
            }
            None => self.ballots = self.ballots.saturating_add(1),
        }
    }

    pub fn current_ballots(&self) -> impl Iterator<Item = (&Member, &Current)> {
        self.members.iter().zip(&self.current).filter_map(|(member, ballot)| Some((member, ballot.as_ref()?)))
    }

    /// Positions of the slots that have a current ballot, in the order of the log.
    pub fn in_log_order(&self) -> Vec<u32> {
        // Invariant: slots are numbered with 32 bits.
        let voted = (0..).zip(&self.current).filter_map(|(position, ballot)| ballot.is_some().then_some(position));
        let mut positions: Vec<u32> = voted.collect();
        positions.sort_unstable_by_key(|position| self.ballot_at(*position).map(|(_, ballot)| ballot.index()));
        positions
    }

    /// The current ballot of the slot at a position.
    pub fn ballot_at(&self, position: u32) -> Option<(&Member, &Current)> {
        let position = usize::try_from(position).ok()?;
        Some((self.members.get(position)?, self.current.get(position)?.as_ref()?))
    }

    /// Log size right after the last replacement of the slot's part, 0 if there was none.
    pub fn replaced_after(&self, slot: u32, registrar: u8) -> u64 {
        self.replaced.get(&(slot, registrar)).copied().unwrap_or(0)
    }

    /// The slot's key if this part replaced the present one; `None` if it would be the identity.
    pub fn key_with(&self, replacement: &Replacement) -> Option<Point> {
        let mut parts = self.parts_of(self.position(replacement.slot)?)?.to_vec();
        *parts.get_mut(usize::from(replacement.registrar))? = *replacement.key_part.bytes();
        key_of(parts.into_iter())
    }

    pub fn replace(&mut self, replacement: &Replacement, after: u64) {
        let (Some(position), Some(key)) = (self.position(replacement.slot), self.key_with(replacement)) else {
            return;
        };
        if let Some(parts) = self.parts_of(position).map(<[_]>::to_vec) {
            self.listed.entry(position).or_insert(parts);
        }
        let then = self.keys().get(position).copied().filter(|_| self.current.get(position).is_some_and(Option::is_some));
        if let Some(then) = then {
            self.keys_then.entry(position).or_insert(then);
        }
        let place = position.checked_mul(self.registrars).and_then(|first| first.checked_add(usize::from(replacement.registrar)));
        if let Some(part) = place.and_then(|place| self.key_parts.get_mut(place)) {
            *part = *replacement.key_part.bytes();
        }
        if let Some(place) = self.keys.get_mut(position) {
            *place = *key.bytes();
        }
        self.replaced.insert((replacement.slot, replacement.registrar), after);
    }

    /// `K_p` of a slot as the roll parts list them, replacements left aside.
    pub fn listed_parts(&self, slot: u32) -> Option<Vec<[u8; 32]>> {
        let position = self.position(slot)?;
        match self.listed.get(&position) {
            Some(parts) => Some(parts.clone()),
            None => self.parts_of(position).map(<[_]>::to_vec),
        }
    }

    /// Whether a part of the slot was ever replaced.
    pub fn was_replaced(&self, slot: u32) -> bool {
        self.position(slot).is_some_and(|position| self.listed.contains_key(&position))
    }

    fn parts_of(&self, position: usize) -> Option<&[[u8; 32]]> {
        let first = position.checked_mul(self.registrars)?;
        self.key_parts.get(first..first.checked_add(self.registrars)?)
    }
}

pub(super) fn key_of(parts: impl Iterator<Item = [u8; 32]>) -> Option<Point> {
    let points: Vec<Point> = parts.map(|part| Point::decode(&part)).collect::<Option<_>>()?;
    match points.as_slice() {
        [only] => Some(*only),
        _ => sum_of_parts(&points),
    }
}
