//! Replaying a long log: ballots are decoded and proven in batches, on all cores with `parallel`.

use rand_core::CryptoRng;
use thiserror::Error;

use super::{Election, Refusal, rules::Change};
use crate::{
    ballot::{Statement, verify_batch},
    log::entry::{Entry, data_of},
};

/// Where the data beside a log come from.
pub trait DataSource {
    /// The data with this SHA-256; `None` if there are none.
    fn data(&self, sha256: &[u8; 32]) -> Option<&[u8]>;
}

impl DataSource for std::collections::BTreeMap<[u8; 32], Vec<u8>> {
    fn data(&self, sha256: &[u8; 32]) -> Option<&[u8]> {
        self.get(sha256).map(Vec::as_slice)
    }
}

impl DataSource for crate::archive::Archive {
    fn data(&self, sha256: &[u8; 32]) -> Option<&[u8]> {
        self.data(sha256)
    }
}

/// An entry of a replayed log is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("entry {index}: {refusal}")]
pub struct ReplayError {
    /// Log index of the entry.
    pub index: u64,
    /// Why it is refused.
    pub refusal: Refusal,
}

/// Leaves that were appended, but for the proofs of their ballots.
#[derive(Debug)]
pub struct Unproven {
    /// The ballots to be proven, by log index.
    pub pending: Vec<(u64, Statement)>,
    /// The first entry that is refused for another reason; those after it were not looked at.
    pub failed: Option<ReplayError>,
}

/// Replays a log chunk by chunk. The election is right only up to the last chunk that succeeded; after
/// an error the replay is over.
#[derive(Debug, Default)]
pub struct Replay {
    election: Election,
}

impl Replay {
    /// Starts from the empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on from a log that was replayed before.
    pub fn resume(election: Election) -> Self {
        Self { election }
    }

    /// Appends the next leaves; a few thousand at a time are best. The error names the first entry
    /// that is refused.
    pub fn push(&mut self, leaves: &[impl AsRef<[u8]>], data: &impl DataSource, rng: &mut impl CryptoRng) -> Result<(), ReplayError> {
        let Unproven { pending, failed } = self.push_unproven(leaves, data, rng);
        // An unproven ballot before the refused entry comes first.
        self.prove(pending, rng)?;
        failed.map_or(Ok(()), Err)
    }

    /// As [`Self::push`], with the proofs of ballots left aside: the election holds only if whoever calls this verifies
    /// every statement, by [`crate::ballot::verify_batch`] here or elsewhere.
    pub fn push_unproven(&mut self, leaves: &[impl AsRef<[u8]>], data: &impl DataSource, rng: &mut impl CryptoRng) -> Unproven {
        let mut pending: Vec<(u64, Statement)> = Vec::new();
        let mut failed = None;
        for leaf in leaves {
            let index = self.election.size();
            match self.push_one(leaf.as_ref(), data, rng) {
                Ok(Some(statement)) => pending.push((index, *statement)),
                Ok(None) => {}
                Err(refusal) => {
                    failed = Some(ReplayError { index, refusal });
                    break;
                }
            }
        }
        Unproven { pending, failed }
    }

    /// The election so far.
    pub fn election(&self) -> &Election {
        &self.election
    }

    /// The election, replayed.
    pub fn finish(self) -> Election {
        self.election
    }

    fn push_one(&mut self, leaf: &[u8], data: &impl DataSource, rng: &mut impl CryptoRng) -> Result<Option<Box<Statement>>, Refusal> {
        let entry = Entry::decode(leaf)?;
        let named = data_of(&entry).map_err(|error| Refusal::Body { kind: entry.kind, error })?;
        let bytes = match named {
            Some(sha256) => data.data(&sha256).unwrap_or_default(),
            None => &[],
        };
        let change = self.election.change(&entry, bytes, rng)?;
        let statement = match &change {
            Change::Ballot(statement) => Some(statement.clone()),
            _ => None,
        };
        self.election.commit(&entry, leaf, change);
        Ok(statement)
    }

    fn prove(&self, pending: Vec<(u64, Statement)>, rng: &mut impl CryptoRng) -> Result<(), ReplayError> {
        let Some(manifest) = self.election.manifest() else {
            return Ok(());
        };
        let (indices, statements): (Vec<u64>, Vec<Statement>) = pending.into_iter().unzip();
        let slots: Vec<u32> = statements.iter().map(|statement| statement.ballot().slot()).collect();
        let verdicts = verify_batch(manifest, statements, rng);
        for ((index, slot), verdict) in indices.into_iter().zip(slots).zip(verdicts) {
            verdict.map_err(|error| ReplayError { index, refusal: Refusal::Ballot { slot, error } })?;
        }
        Ok(())
    }
}
