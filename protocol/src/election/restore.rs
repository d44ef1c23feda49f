//! Taking over a log from a store that its own server filled, without the arithmetic.
//!
//! A server signs a checkpoint only of what it has checked in full. Whoever holds the log's key and finds its
//! signature on exactly these leaves has checked them before: what remains to be seen is that they are the same.

use rand_core::CryptoRng;

use super::{
    Accepted, Election, Refusal,
    current::Current,
    replay::{DataSource, ReplayError},
};
use crate::{
    ballot::{Outline, SUPERSEDES_NONE},
    codec::DecodeError,
    log::{
        entry::{Entry, Kind, data_of},
        tree::{Hash, leaf_hash},
    },
    manifest::Manifest,
    roll::{RollPart, RollPartEntry},
};

impl Election {
    /// Appends leaves whose proofs were verified before. Proofs of ballots and of roll parts are **not** verified, and
    /// points of ballots are not decoded; all other rules are checked. The election is [light](Self::light) from then on. It may be
    /// used only if its root is then found in a checkpoint that the caller knows to be its own.
    pub fn restore<L: AsRef<[u8]> + Sync>(
        &mut self,
        leaves: &[L],
        data: &impl DataSource,
        rng: &mut impl CryptoRng,
    ) -> Result<(), ReplayError> {
        self.light = true;
        let is_ballot = |leaf: &[u8]| leaf.first() == Some(&(Kind::Ballot as u8));
        for run in leaves.chunk_by(|one, next| is_ballot(one.as_ref()) && is_ballot(next.as_ref())) {
            match run {
                [leaf] if !is_ballot(leaf.as_ref()) => {
                    let index = self.size();
                    self.restore_entry(leaf.as_ref(), data, rng).map_err(|refusal| ReplayError { index, refusal })?;
                }
                ballots => self.restore_ballots(ballots)?,
            }
        }
        Ok(())
    }

    fn restore_entry(&mut self, leaf: &[u8], data: &impl DataSource, rng: &mut impl CryptoRng) -> Result<(), Refusal> {
        let entry = Entry::decode(leaf)?;
        let kind = entry.kind;
        let body = |error| Refusal::Body { kind, error };
        let named = data_of(&entry).map_err(body)?;
        let bytes = named.and_then(|sha256| data.data(&sha256)).unwrap_or_default();
        let Some(manifest) = self.manifest.clone().filter(|_| kind == Kind::RollPart) else {
            return self.apply(leaf, bytes, rng);
        };
        self.check_time(entry.time)?;
        let named = RollPartEntry::decode(&entry.body).map_err(body)?;
        let registrar = named.registrar;
        let part = RollPart::read(&manifest, bytes).map_err(|error| Refusal::Roll { registrar, error })?;
        if *part.sha256() != named.sha256 || part.registrar() != registrar || !self.roll.has_rows_of(&part) {
            return Err(Refusal::Data { kind });
        }
        self.commit(&entry, leaf, super::rules::Change::RollPart(Box::new(part)));
        Ok(())
    }

    fn restore_ballots<L: AsRef<[u8]> + Sync>(&mut self, leaves: &[L]) -> Result<(), ReplayError> {
        let first = self.size();
        let manifest = self.manifest.clone().ok_or(ReplayError { index: first, refusal: Refusal::ManifestFirst })?;
        let read = |leaf: &L| self.read_ballot(&manifest, leaf.as_ref());
        #[cfg(feature = "parallel")]
        let read: Vec<Result<Restored, Refusal>> = {
            use rayon::prelude::*;
            leaves.par_iter().map(read).collect()
        };
        #[cfg(not(feature = "parallel"))]
        let read: Vec<Result<Restored, Refusal>> = leaves.iter().map(read).collect();
        for (index, ballot) in (first..).zip(read) {
            let accept = |ballot: Restored| {
                self.check_time(ballot.time)?;
                self.slot_rules(ballot.slot, ballot.supersedes, ballot.time)?;
                self.tree.push(ballot.hash);
                self.last_time = ballot.time;
                self.count_turnout(ballot.time, ballot.supersedes == SUPERSEDES_NONE);
                let accepted = Accepted { index, time: ballot.time, fingerprint: ballot.fingerprint };
                self.roll.set_ballot(Current::light(accepted, ballot.slot));
                Ok(())
            };
            ballot.and_then(accept).map_err(|refusal| ReplayError { index, refusal })?;
        }
        Ok(())
    }

    fn read_ballot(&self, manifest: &Manifest, leaf: &[u8]) -> Result<Restored, Refusal> {
        let entry = Entry::decode(leaf)?;
        let wrong = Refusal::Body { kind: Kind::Ballot, error: DecodeError::Length };
        let outline = Outline::read(manifest, &entry.body).ok_or(wrong)?;
        let slot = outline.slot;
        let key = self.roll.key_bytes(slot).ok_or(Refusal::UnknownSlot { slot })?;
        Ok(Restored {
            hash: leaf_hash(leaf),
            time: entry.time,
            slot,
            supersedes: outline.supersedes,
            fingerprint: outline.challenge(manifest, key).fingerprint(),
        })
    }
}

/// What is taken over of a ballot.
struct Restored {
    hash: Hash,
    time: u64,
    slot: u32,
    supersedes: u64,
    fingerprint: crate::ballot::Fingerprint,
}
