//! What a light election takes from leaves when it counts: of the ballots that complaints are about, what their boxes are checked
//! against; of all counted ballots, the sums of their commitments, leaf by leaf. A million ballots then take no more memory after the
//! close entry than before it.

use core::ops::Range;

use super::{
    Current, Election, Refusal,
    count::{Place, add_commitments, joined, sum_up},
};
use crate::{
    ballot::Outline,
    codec::DecodeError,
    log::{
        entry::{Entry, Kind},
        tree::{Hash, leaf_hash},
    },
    manifest::Manifest,
    tally::{report::Report, sums::BucketCommitments},
};

/// Leaves that are brought for the sums at once.
const LEAVES: u64 = 4_096;

impl Election {
    /// The empty log, of whose ballots no more is kept than voting needs. Before a report is checked, the ballots that it is about must
    /// be [recalled](Self::recall); before sums are, the commitments must be [summed](Summing). Without that, honest reports and sums
    /// are refused; nothing is ever accepted that a full election refuses.
    pub fn light() -> Self {
        Self { light: true, ..Self::default() }
    }

    /// The ballots that must be [recalled](Self::recall) before a report with its `data` can be checked, by log index. None for other
    /// entries, and for a report that is not signed by its teller: nobody else can make others read for it.
    pub fn to_recall(&self, entry: &Entry, data: &[u8]) -> Vec<u64> {
        let Some(manifest) = self.manifest().filter(|_| self.light && entry.kind == Kind::Report) else { return Vec::new() };
        let report = Report::decode(&entry.body).ok().filter(|report| report.verify(manifest) && report.data.is_of(data));
        let mut indices = report.and_then(|_| Report::ballots_with_boxes(data).ok()).unwrap_or_default();
        indices.retain(|index| self.current_ballot_at(*index).is_some_and(|ballot| ballot.key().is_none()));
        indices
    }

    /// Takes what complaints are checked against from the leaf of a current ballot, which must be the one of the log.
    pub fn recall(&mut self, index: u64, leaf: &[u8]) -> Result<(), Refusal> {
        let manifest = self.manifest.clone().ok_or(Refusal::ManifestFirst)?;
        let entry = entry_of_log(self.tree.leaf(index), leaf)?;
        let outline = outline(&manifest, &entry)?;
        if self.roll.current(outline.slot).map(Current::index) == Some(index) {
            self.roll.recall(&outline);
        }
        Ok(())
    }

    /// What adds up the commitments, if sums can come and it was not done yet.
    pub fn to_sum(&self) -> Option<Summing> {
        let manifest = self.manifest().filter(|_| self.light && self.fix.is_some() && self.commitments.get().is_none())?;
        let zero = self.no_commitments(manifest);
        Some(Summing { span: self.current_span(), sums: zero.clone(), zero })
    }

    /// Takes the sums of all counted ballots. They stay the same once the counted set is fixed, so that it does not matter how the log
    /// has grown meanwhile. Nothing is taken before all leaves were brought.
    pub fn summed(&self, summing: Summing) {
        if summing.wanted().is_none() && self.fix.is_some() {
            // Whoever was faster had the same sums.
            let _ = self.commitments.set(summing.sums);
        }
    }
}

/// Adds up the commitments of the counted ballots of a [light](Election::light) election, some leaves at a time.
#[derive(Debug)]
pub struct Summing {
    /// Leaves still to be added.
    span: Range<u64>,
    sums: BucketCommitments,
    zero: BucketCommitments,
}

/// Leaves of counted ballots with what the election says of them.
#[derive(Debug)]
pub struct Picked<L> {
    span: Range<u64>,
    ballots: Vec<(Option<Hash>, Place, L)>,
}

impl Summing {
    /// The indices of the leaves to bring next; `None` once all were added.
    pub fn wanted(&self) -> Option<Range<u64>> {
        let end = self.span.end.min(self.span.start.saturating_add(LEAVES));
        (!self.span.is_empty()).then_some(self.span.start..end)
    }

    /// Picks the counted ballots among the leaves that were wanted. That is quick: whoever changes the election waits for it.
    pub fn pick<L>(&self, election: &Election, leaves: Vec<L>) -> Picked<L> {
        let mut picked = Picked { span: self.span.start..self.span.start, ballots: Vec::with_capacity(leaves.len()) };
        for (index, leaf) in self.span.clone().zip(leaves) {
            picked.span.end = index.saturating_add(1);
            if let Some(place) = election.bucket_of(index).filter(|_| !election.is_void(index)) {
                picked.ballots.push((election.tree.leaf(index), place, leaf));
            }
        }
        picked
    }

    /// Adds them. Each leaf must be the one of the log, and none may be left out or added twice.
    pub fn add<L: AsRef<[u8]> + Sync>(&mut self, manifest: &Manifest, picked: &Picked<L>) -> Result<(), Refusal> {
        if picked.span.start != self.span.start {
            return Err(Refusal::Data { kind: Kind::Ballot });
        }
        let part = sum_up(&self.zero, &picked.ballots, |total, (hash, place, leaf)| {
            let entry = entry_of_log(*hash, leaf.as_ref())?;
            add_commitments(total, *place, outline(manifest, &entry)?.commitments);
            Ok::<_, Refusal>(())
        })?;
        self.sums = joined(core::mem::take(&mut self.sums), &part);
        self.span.start = picked.span.end;
        Ok(())
    }
}

/// A leaf that has the hash which the log has there.
fn entry_of_log(hash: Option<Hash>, leaf: &[u8]) -> Result<Entry, Refusal> {
    if hash != Some(leaf_hash(leaf)) {
        return Err(Refusal::Data { kind: Kind::Ballot });
    }
    Ok(Entry::decode(leaf)?)
}

fn outline<'a>(manifest: &Manifest, entry: &'a Entry) -> Result<Outline<'a>, Refusal> {
    Outline::read(manifest, &entry.body).ok_or(Refusal::Body { kind: Kind::Ballot, error: DecodeError::Length })
}
