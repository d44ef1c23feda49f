//! The arithmetic that restoring a log left out, made up for chunk by chunk beside the election that is in use: no second one is
//! held in memory.

use std::collections::BTreeMap;

use rand_core::CryptoRng;

use super::{Election, Refusal, replay::ReplayError};
use crate::{
    ballot::{Ballot, Statement, verify_batch},
    codec::DecodeError,
    group::Point,
    log::{
        entry::{Entry, Kind},
        replacement::Replacement,
        tree::leaf_hash,
    },
    manifest::Manifest,
    roll::{PartInPieces, RollPartEntry},
};

/// Goes through the leaves of a [restored](Election::restore) log from the first one on.
#[derive(Debug, Default)]
pub struct Recheck {
    next: u64,
    /// Parts that replacements have brought so far, by slot and registrar.
    parts: BTreeMap<(u32, u8), [u8; 32]>,
}

/// Leaves that are those of the log, with the key under which each of them that is a ballot must verify.
#[derive(Debug)]
pub struct Looked {
    first: u64,
    entries: Vec<(Entry, Option<Point>)>,
}

impl Recheck {
    /// Begins with the first leaf.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many leaves were looked at.
    pub fn position(&self) -> u64 {
        self.next
    }

    /// Compares the next leaves with those of the election and looks up keys. A few hundred at a time are best: whoever
    /// changes the election waits for it.
    pub fn look(&mut self, election: &Election, leaves: &[impl AsRef<[u8]>]) -> Result<Looked, ReplayError> {
        let first = self.next;
        let mut entries = Vec::with_capacity(leaves.len());
        for (index, leaf) in (first..).zip(leaves) {
            entries.push(self.look_at(election, index, leaf.as_ref()).map_err(|refusal| ReplayError { index, refusal })?);
            self.next = index.saturating_add(1);
        }
        Ok(Looked { first, entries })
    }

    fn look_at(&mut self, election: &Election, index: u64, leaf: &[u8]) -> Result<(Entry, Option<Point>), Refusal> {
        let entry = Entry::decode(leaf)?;
        let kind = entry.kind;
        if election.tree().leaf(index) != Some(leaf_hash(leaf)) {
            return Err(Refusal::Data { kind });
        }
        let body = |error| Refusal::Body { kind, error };
        match kind {
            Kind::Ballot => {
                let slot = entry.body.first_chunk().map(|slot| u32::from_be_bytes(*slot)).ok_or_else(|| body(DecodeError::Truncated))?;
                let key = self.key_here(election, slot).ok_or(Refusal::UnknownSlot { slot })?;
                Ok((entry, Some(key)))
            }
            Kind::Replacement => {
                let replacement = Replacement::decode(&entry.body).map_err(body)?;
                self.parts.insert((replacement.slot, replacement.registrar), *replacement.key_part.bytes());
                Ok((entry, None))
            }
            _ => Ok((entry, None)),
        }
    }

    /// The slot's key at this place of the log.
    fn key_here(&self, election: &Election, slot: u32) -> Option<Point> {
        if !election.roll.was_replaced(slot) {
            return election.roll.key(slot);
        }
        let mut parts = election.roll.listed_parts(slot)?;
        for (registrar, part) in (0..).zip(&mut parts) {
            if let Some(brought) = self.parts.get(&(slot, registrar)) {
                *part = *brought;
            }
        }
        super::roll_state::key_of(parts.into_iter())
    }
}

/// A roll part among them, whose bytes are to be brought in pieces.
#[derive(Debug)]
pub struct LookedPart {
    index: u64,
    named: RollPartEntry,
    pieces: PartInPieces,
}

impl Looked {
    /// The roll parts among the leaves.
    pub fn parts(&self) -> Result<Vec<LookedPart>, ReplayError> {
        let parts = (self.first..).zip(&self.entries).filter(|(_, (entry, _))| entry.kind == Kind::RollPart);
        let part = |(index, (entry, _)): (u64, &(Entry, Option<Point>))| {
            let named = RollPartEntry::decode(&entry.body)
                .map_err(|error| ReplayError { index, refusal: Refusal::Body { kind: Kind::RollPart, error } })?;
            Ok(LookedPart { index, named, pieces: PartInPieces::new(named.registrar, named.count) })
        };
        parts.map(part).collect()
    }

    /// Whether the proofs hold of all ballots among the leaves. The error names the first entry whose does not.
    pub fn verify(self, manifest: &Manifest, rng: &mut impl CryptoRng) -> Result<(), ReplayError> {
        let mut owners = Vec::with_capacity(self.entries.len());
        let mut statements = Vec::with_capacity(self.entries.len());
        for (index, (entry, key)) in (self.first..).zip(&self.entries) {
            let Some(key) = key else { continue };
            let wrong = |error| ReplayError { index, refusal: Refusal::Body { kind: Kind::Ballot, error } };
            let ballot = Ballot::decode(manifest, &entry.body).map_err(wrong)?;
            owners.push((index, ballot.slot()));
            statements.push(Statement::new(manifest, ballot, *key));
        }
        let verdicts = verify_batch(manifest, statements, rng);
        for ((index, slot), verdict) in owners.into_iter().zip(verdicts) {
            verdict.map_err(|error| ReplayError { index, refusal: Refusal::Ballot { slot, error } })?;
        }
        Ok(())
    }
}

impl LookedPart {
    /// The SHA-256 of the part.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.named.sha256
    }

    /// Verifies the proofs of possession in the next piece.
    pub fn push(&mut self, manifest: &Manifest, piece: &[u8], rng: &mut impl CryptoRng) -> Result<(), ReplayError> {
        let (index, registrar) = (self.index, self.named.registrar);
        let wrong = |error| ReplayError { index, refusal: Refusal::Roll { registrar, error } };
        self.pieces.push(manifest, piece, rng).map_err(wrong)
    }

    /// After the last piece: whether it was the part that the log names.
    pub fn finish(self) -> Result<(), ReplayError> {
        let wrong = ReplayError { index: self.index, refusal: Refusal::Data { kind: Kind::RollPart } };
        if self.pieces.is(&self.named.sha256) { Ok(()) } else { Err(wrong) }
    }
}
