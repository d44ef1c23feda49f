//! A slot's ballots as the replay keeps them: enough to check boxes, complaints and sums, and no more.

use std::num::NonZeroU32;

use crate::{
    ballot::{Ballot, Fingerprint, Outline, Statement},
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

/// A slot's current ballot. A [light](super::Election::light) election keeps no more than 64 bytes of it; what a complaint or sums
/// are checked against is recalled from its leaf when it is needed.
#[derive(Debug, Clone)]
pub struct Current {
    accepted: Accepted,
    slot: NonZeroU32,
    detail: Option<Box<Detail>>,
}

/// What boxes, complaints and sums are checked against.
#[derive(Debug, Clone)]
pub(super) struct Detail {
    supersedes: u64,
    key: [u8; 32],
    /// For each question `B, V_1 … V_{t−1}`, and then the hash of every teller's box.
    hashed: Box<[[u8; 32]]>,
    commitments: u32,
}

impl Detail {
    pub fn new(ballot: &Ballot, key: [u8; 32]) -> Self {
        let commitments = ballot.commitments().map(|point| *point.bytes());
        Self::of(ballot.supersedes(), key, commitments, ballot.box_hashes().iter().copied())
    }

    /// From a ballot of the log, no point of which is decoded.
    pub fn recalled(outline: &Outline<'_>, key: [u8; 32]) -> Self {
        Self::of(outline.supersedes, key, outline.commitments.iter().copied().copied(), outline.box_hashes.iter().copied().copied())
    }

    fn of(
        supersedes: u64,
        key: [u8; 32],
        commitments: impl Iterator<Item = [u8; 32]>,
        boxes: impl ExactSizeIterator<Item = [u8; 32]>,
    ) -> Self {
        let box_count = boxes.len();
        let hashed: Box<[[u8; 32]]> = commitments.chain(boxes).collect();
        // Invariant: at most 32 questions with 16 commitments each.
        let commitments = u32::try_from(hashed.len().saturating_sub(box_count)).unwrap_or(u32::MAX);
        Self { supersedes, key, hashed, commitments }
    }

    fn split(&self) -> (&[[u8; 32]], &[[u8; 32]]) {
        let commitments = usize::try_from(self.commitments).unwrap_or(usize::MAX);
        self.hashed.split_at_checked(commitments).unwrap_or((&self.hashed, &[]))
    }
}

impl Current {
    pub(super) fn new(index: u64, time: u64, statement: &Statement) -> Self {
        let ballot = statement.ballot();
        let accepted = Accepted { index, time, fingerprint: statement.fingerprint() };
        let detail = Detail::new(ballot, *statement.key().bytes());
        Self { detail: Some(Box::new(detail)), ..Self::light(accepted, ballot.slot()) }
    }

    /// Without what only counting needs.
    pub(super) fn light(accepted: Accepted, slot: u32) -> Self {
        // Invariant: the roll has no slot 0.
        Self { accepted, slot: NonZeroU32::new(slot).unwrap_or(NonZeroU32::MIN), detail: None }
    }

    pub(super) fn recall(&mut self, detail: Detail) {
        self.detail = Some(Box::new(detail));
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
        self.slot.get()
    }

    /// The slot's key when the ballot was accepted; `None` before it is recalled.
    pub fn key(&self) -> Option<&[u8; 32]> {
        self.detail.as_ref().map(|detail| &detail.key)
    }

    /// SHA-256 of the box of teller `j`, from 1; `None` before it is recalled.
    pub fn box_hash(&self, teller: u8) -> Option<&[u8; 32]> {
        let (_, boxes) = self.detail.as_ref()?.split();
        boxes.get(usize::from(teller.checked_sub(1)?))
    }

    /// What the proof of teller `j`'s box is about. Before it is recalled no box has such a proof.
    pub fn box_statement(&self, manifest: &Manifest, teller: u8) -> BoxStatement<'_> {
        let context = BoxContext { election: manifest.id(), slot: self.slot(), teller };
        match &self.detail {
            Some(detail) => {
                let commitments = detail.split().0.iter().collect();
                BoxStatement { context, supersedes: detail.supersedes, key: &detail.key, commitments }
            }
            None => BoxStatement { context, supersedes: 0, key: &[0; 32], commitments: Vec::new() },
        }
    }

    /// For each question `B, V_1 … V_{t−1}`; none before it is recalled.
    pub(super) fn commitments(&self) -> &[[u8; 32]] {
        self.detail.as_ref().map_or(&[], |detail| detail.split().0)
    }

    /// `B, V_1 … V_{t−1}` of a question, from 0; `None` before it is recalled.
    pub fn question_points(&self, manifest: &Manifest, question: usize) -> Option<Vec<Point>> {
        let per_question = usize::from(manifest.threshold);
        let mut questions = self.detail.as_ref()?.split().0.chunks_exact(per_question);
        questions.nth(question)?.iter().map(Point::decode).collect()
    }
}
