//! A slot's ballots as the replay keeps them: enough to check boxes, complaints and sums, and no more.

use crate::{
    ballot::{Fingerprint, Statement},
    group::Point,
    manifest::Manifest,
    sealed_box::{BoxContext, BoxStatement},
};

/// A ballot that was accepted, as a voter may ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Log index.
    pub index: u64,
    /// When it was accepted, in ms since 1970.
    pub time: u64,
    /// Its fingerprint, which gives the receipt code.
    pub fingerprint: Fingerprint,
}

/// A slot's current ballot.
#[derive(Debug, Clone)]
pub struct Current {
    accepted: Accepted,
    slot: u32,
    supersedes: u64,
    key: [u8; 32],
    /// For each question `B, V_1 … V_{t−1}`, and then the hash of every teller's box.
    hashed: Box<[[u8; 32]]>,
    commitments: u32,
}

impl Current {
    pub(super) fn new(index: u64, time: u64, statement: &Statement) -> Self {
        let ballot = statement.ballot();
        let commitments = ballot.commitments().map(|point| *point.bytes());
        let hashed: Box<[[u8; 32]]> = commitments.chain(ballot.box_hashes().iter().copied()).collect();
        let count = hashed.len().saturating_sub(ballot.box_hashes().len());
        Self {
            accepted: Accepted { index, time, fingerprint: statement.fingerprint() },
            slot: ballot.slot(),
            supersedes: ballot.supersedes(),
            key: *statement.key().bytes(),
            hashed,
            // Invariant: at most 32 questions with 16 commitments each.
            commitments: u32::try_from(count).unwrap_or(u32::MAX),
        }
    }

    #[cfg(test)]
    pub(crate) fn for_tests(index: u64, statement: &Statement) -> Self {
        Self::new(index, 0, statement)
    }

    /// Index, time and fingerprint.
    pub fn accepted(&self) -> Accepted {
        self.accepted
    }

    /// Log index.
    pub fn index(&self) -> u64 {
        self.accepted.index
    }

    /// The slot.
    pub fn slot(&self) -> u32 {
        self.slot
    }

    /// The slot's key when the ballot was accepted.
    pub fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// SHA-256 of the box of teller `j`, from 1.
    pub fn box_hash(&self, teller: u8) -> Option<&[u8; 32]> {
        let (_, boxes) = self.split();
        boxes.get(usize::from(teller.checked_sub(1)?))
    }

    /// What the proof of teller `j`'s box is about.
    pub fn box_statement(&self, manifest: &Manifest, teller: u8) -> BoxStatement<'_> {
        BoxStatement {
            context: BoxContext { election: manifest.id(), slot: self.slot, teller },
            supersedes: self.supersedes,
            key: &self.key,
            commitments: self.split().0.iter().collect(),
        }
    }

    /// `B, V_1 … V_{t−1}` of a question, from 0.
    pub fn question_points(&self, manifest: &Manifest, question: usize) -> Option<Vec<Point>> {
        let per_question = usize::from(manifest.threshold);
        let mut questions = self.split().0.chunks_exact(per_question);
        questions.nth(question)?.iter().map(Point::decode).collect()
    }

    fn split(&self) -> (&[[u8; 32]], &[[u8; 32]]) {
        let commitments = usize::try_from(self.commitments).unwrap_or(usize::MAX);
        self.hashed.split_at_checked(commitments).unwrap_or((&self.hashed, &[]))
    }
}
