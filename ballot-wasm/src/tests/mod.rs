//! Whole elections through the classes, as the worker drives them, without a browser.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[path = "../../../protocol/tests/making/mod.rs"]
mod making;
mod teller;
mod voter;
mod witness;

use isoloir_protocol::{
    election::Accepted,
    log::{
        checkpoint::{cosign, sign_checkpoint},
        receipt,
    },
};

use making::Making;

use crate::voter::{ListedBallot, SlotInfo};

/// What the server answers about an election in the making.
struct Server<'a>(&'a Making);

impl Server<'_> {
    fn id(&self) -> String {
        self.0.election.manifest().unwrap().id().to_string()
    }

    fn manifest(&self) -> Vec<u8> {
        self.0.election.manifest().unwrap().bytes().to_vec()
    }

    fn slot(&self, slot: u32) -> SlotInfo {
        let view = self.0.election.slot(slot).unwrap();
        let listed = |ballot: &Accepted| ListedBallot { index: ballot.index, time: ballot.time, code: ballot.fingerprint.code() };
        SlotInfo {
            slot,
            group: view.member.group,
            weight: view.member.weight,
            key_parts: view.key_parts.iter().map(hex::encode).collect(),
            key: hex::encode(view.key),
            current: view.current.as_ref().map(listed),
            ballots: view.superseded.iter().chain(&view.current).map(listed).collect(),
        }
    }

    fn slot_json(&self, slot: u32) -> String {
        serde_json::to_string(&self.slot(slot)).unwrap()
    }

    /// The latest checkpoint, cosigned by both witnesses.
    fn checkpoint(&self) -> String {
        let election = &self.0.election;
        let origin = &election.manifest().unwrap().log.origin;
        let mut note = sign_checkpoint(origin, election.size(), &election.root(), &self.0.log);
        for (number, witness) in self.0.witnesses.iter().enumerate() {
            note.push_str(&cosign(&note, &format!("witness{number}.example"), witness, self.0.now / 1000).unwrap());
        }
        note
    }

    fn receipt(&self, index: u64) -> String {
        let election = &self.0.election;
        let slot = (1..).find(|slot| self.slot(*slot).ballots.iter().any(|ballot| ballot.index == index)).unwrap();
        let view = election.slot(slot).unwrap();
        let ballot = view.superseded.iter().chain(&view.current).find(|ballot| ballot.index == index).unwrap();
        let leaf = &self.0.leaves[usize::try_from(index).unwrap()];
        let proof = election.tree().inclusion(index, election.size()).unwrap();
        let id = election.manifest().unwrap().id();
        receipt::Receipt::new(id, slot, ballot.fingerprint, index, leaf, self.checkpoint(), &proof).to_json()
    }

    fn status(&self, phase: &str) -> String {
        let void = self.0.election.void().keys().map(|index| format!(r#"{{"index":{index}}}"#));
        format!(r#"{{"phase":"{phase}","void":[{}],"other":1}}"#, void.collect::<Vec<_>>().join(","))
    }

    /// Entry bundles of C2SP tlog-tiles, whole or not.
    fn bundles(&self) -> Vec<Vec<u8>> {
        let bundle = |leaves: &[Vec<u8>]| {
            let leaf = |leaf: &Vec<u8>| [u16::try_from(leaf.len()).unwrap().to_be_bytes().as_slice(), leaf].concat();
            leaves.iter().flat_map(leaf).collect()
        };
        self.0.leaves.chunks(256).map(bundle).collect()
    }

    /// The answer to a request for boxes of a teller.
    fn boxes(&self, teller: u8, from: u64, count: usize) -> Vec<u8> {
        let held = self.0.election.current_ballots().map(|(_, ballot)| ballot.index());
        let mut indexes: Vec<u64> = held.filter(|index| *index >= from).collect();
        indexes.sort_unstable();
        let boxes = self.0.boxes_of(teller, &indexes);
        boxes.iter().take(count).flat_map(|(index, bytes)| [index.to_be_bytes().as_slice(), bytes].concat()).collect()
    }
}
