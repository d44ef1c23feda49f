//! Checkpoints with their cosignatures: the same tree, fitting times, quorums (V1).

use std::collections::BTreeSet;

use super::report::{Fault, Findings};
use crate::{
    archive::Archive,
    election::{Check, Election},
    log::{
        checkpoint::{self, Opened},
        receipt::Receipt,
        tree::Tree,
    },
    manifest::Manifest,
};

/// A cosignature's time may differ by this much from the entries around it.
const TOLERANCE_MS: u64 = 10 * 60_000;

/// Checkpoints of the log that the archive or a receipt carries.
#[derive(Debug)]
pub(super) struct KnownCheckpoints {
    opened: Vec<Opened>,
    /// How many of them, the first, the archive itself comes with; only these make quorums.
    in_archive: usize,
}

impl KnownCheckpoints {
    pub fn read(archive: &Archive, receipts: &[Receipt], manifest: &Manifest, tree: &Tree, findings: &mut Findings) -> Self {
        let mut opened = Vec::new();
        match checkpoint::open(&archive.checkpoint, manifest) {
            Ok(note) if note.checkpoint.size == tree.size() && note.checkpoint.root == tree.root() => {
                opened.push(note);
            }
            Ok(note) => {
                findings.fail(Check::V1, None, Fault::OtherTree { size: note.checkpoint.size });
            }
            Err(_) => findings.fail(Check::V1, None, Fault::Checkpoint { size: None }),
        }
        for (size, text) in &archive.checkpoints {
            match checkpoint::open(text, manifest) {
                Ok(note) if note.checkpoint.size == *size && tree.root_at(*size) == Some(note.checkpoint.root) => {
                    opened.push(note);
                }
                Ok(_) => findings.fail(Check::V1, None, Fault::OtherTree { size: *size }),
                Err(_) => findings.fail(Check::V1, None, Fault::Checkpoint { size: Some(*size) }),
            }
        }
        let in_archive = opened.len();
        for receipt in receipts {
            let Ok(note) = checkpoint::open(&receipt.checkpoint, manifest) else {
                // A receipt without the log's signature fails V12, not V1.
                continue;
            };
            match tree.root_at(note.checkpoint.size) {
                Some(root) if root == note.checkpoint.root => opened.push(note),
                // The log signed two histories, and the voter holds the proof.
                Some(_) => findings.fail(Check::V1, None, Fault::OtherTree { size: note.checkpoint.size }),
                None => {}
            }
        }
        Self { opened, in_archive }
    }

    /// How many lines under a witness's name and key do not verify.
    pub fn wrong_cosignatures(&self) -> usize {
        self.opened.iter().map(|note| note.wrong.len()).sum()
    }

    /// Witnesses with a cosignature that does not fit the times of the entries around it.
    pub fn objections(&self, times: &[Option<u64>], manifest: &Manifest) -> BTreeSet<usize> {
        let time_at = |index: u64| times.get(usize::try_from(index).ok()?).copied().flatten();
        let mut objecting = BTreeSet::new();
        for note in &self.opened {
            let size = note.checkpoint.size;
            // Times never decrease, so the last entry inside and the first outside decide.
            let last = size.checked_sub(1).and_then(time_at);
            let next = time_at(size);
            for cosignature in &note.cosignatures {
                let ms = cosignature.seconds.saturating_mul(1000);
                let late = last.is_some_and(|time| time > ms.saturating_add(TOLERANCE_MS));
                let early = next.is_some_and(|time| time.saturating_add(TOLERANCE_MS) < ms);
                if (late || early) && cosignature.witness < manifest.witnesses.len() {
                    objecting.insert(cosignature.witness);
                }
            }
        }
        objecting
    }

    pub fn check_times(&self, times: &[Option<u64>], manifest: &Manifest, findings: &mut Findings) {
        let objecting = self.objections(times, manifest);
        let quorum = usize::try_from(manifest.witness_quorum).unwrap_or(usize::MAX);
        if !manifest.witnesses.is_empty() && objecting.len() >= quorum {
            let witnesses = objecting.into_iter().collect();
            findings.fail(Check::V1, None, Fault::Objections { witnesses });
        }
    }

    /// The close entry, and the fix entry once there are sums, must be under a quorum of witnesses.
    pub fn check_quorums(&self, election: &Election, manifest: &Manifest, findings: &mut Findings) {
        let needed = usize::try_from(manifest.witness_quorum).unwrap_or(usize::MAX);
        let closing = election.closing().map(|root| root.size);
        let fixing = election.fixing().map(|root| root.size).filter(|_| !election.sums().is_empty());
        for size in closing.into_iter().chain(fixing) {
            let on_one = |note: &Opened| {
                if note.checkpoint.size < size { 0 } else { note.witness_count() }
            };
            let found = self.opened.iter().take(self.in_archive).map(on_one).max().unwrap_or(0);
            if found < needed {
                // The close or the fix entry is the last that they had to sign.
                findings.fail(Check::V1, size.checked_sub(1), Fault::Quorum { size, found, needed });
            }
        }
    }
}
