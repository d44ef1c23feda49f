//! An audit in steps with proofs verified elsewhere, other sources of the same log, turnout by hour.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

mod making;

use isoloir_protocol::{
    archive::Archive,
    audit::{Agreement, Content, Given, Running, Source, Status, proofs},
    election::Check,
    log::{checkpoint::sign_checkpoint, entry::Kind},
};
use making::{Making, audited, rng};

const HOUR: u64 = 3_600_000;

/// Eight voters over two hours; slot 3 votes again. Closed.
fn voted() -> Making {
    let mut making = Making::open(8, 3, 2, 1);
    for slot in 1..=5 {
        making.vote(slot, Some(slot % 3));
    }
    making.now += HOUR;
    for slot in [3, 6, 7, 8] {
        making.vote(slot, None);
    }
    making.advance_to_close();
    making
}

fn failing(archive: &Archive) -> Vec<(Check, Option<u64>)> {
    let report = audited(archive, &[]);
    let failed = report.checks.iter().filter(|outcome| outcome.status == Status::Failed);
    failed.flat_map(|outcome| outcome.failures.iter().map(|failure| (outcome.check, failure.entry))).collect()
}

/// Ballots with a changed response, and the log signed again over them.
fn with_bad_proofs(making: &Making, indices: &[u64]) -> Archive {
    let mut archive = making.archive();
    for index in indices {
        let leaf = &mut archive.entries[usize::try_from(*index).unwrap()];
        // The last scalar is the signature's response; its lowest byte stays canonical.
        let at = leaf.len() - 32;
        leaf[at] ^= 1;
    }
    let tree: isoloir_protocol::log::tree::Tree = archive.entries.iter().map(|leaf| isoloir_protocol::log::tree::leaf_hash(leaf)).collect();
    let manifest = making.election.manifest().unwrap();
    archive.checkpoint = sign_checkpoint(&manifest.log.origin, tree.size(), &tree.root(), &making.log);
    for (number, secret) in making.witnesses.iter().enumerate() {
        let name = format!("witness{number}.example");
        let line = isoloir_protocol::log::checkpoint::cosign(&archive.checkpoint, &name, secret, making.now / 1000).unwrap();
        archive.checkpoint.push_str(&line);
    }
    archive
}

fn ballots(archive: &Archive) -> Vec<u64> {
    let kinds = archive.entries.iter().enumerate().filter(|(_, leaf)| leaf[0] == Kind::Ballot as u8);
    kinds.map(|(index, _)| u64::try_from(index).unwrap()).collect()
}

// REQ issue 5.4: the one replay, its proofs verified by others
#[test]
fn proofs_verified_elsewhere_give_the_same_report() {
    let making = voted();
    let all = ballots(&making.archive());
    for bad in [vec![], vec![all[4]], vec![all[0], all[8]]] {
        let archive = with_bad_proofs(&making, &bad);
        let here = audited(&archive, &[]);

        let mut left = archive.clone();
        let mut running = Running::start(&left, &[]);
        let manifest = running.manifest().unwrap().clone();
        let mut answers = Vec::new();
        while let Some(batch) = running.step(&left, 3, &mut rng()) {
            // What is replayed is not needed again.
            let replayed = usize::try_from(running.replayed()).unwrap();
            left.entries[..replayed].fill(Vec::new());
            let message = proofs::encode_batch(&batch);
            let theirs = proofs::decode_batch(&manifest, &message).unwrap();
            answers.push(proofs::encode_bad(&proofs::verify(&manifest, theirs, &mut rng())));
        }
        // Workers answer in any order.
        for answer in answers.into_iter().rev() {
            running.settle(&proofs::decode_bad(&answer).unwrap());
        }
        let (there, _) = running.finish(Given::default(), &mut rng());
        assert_eq!(serde_json::to_value(&here).unwrap(), serde_json::to_value(&there).unwrap());
        assert_eq!(here.holds(), bad.is_empty(), "{:?}", here.checks);
        // Every bad ballot is named, and no other entry.
        let named: Vec<u64> = here.outcome(Check::V5).unwrap().failures.iter().filter_map(|failure| failure.entry).collect();
        assert_eq!(named, bad);
    }
}

#[test]
fn a_batch_that_was_cut_is_refused() {
    let making = voted();
    let archive = making.archive();
    let mut running = Running::start(&archive, &[]);
    let manifest = running.manifest().unwrap().clone();
    let batch = running.step(&archive, 4096, &mut rng()).unwrap();
    assert_eq!(batch.len(), 9);
    let message = proofs::encode_batch(&batch);
    assert!(proofs::decode_batch(&manifest, &message[..message.len() - 1]).is_err());
    assert!(proofs::decode_bad(&[0; 16]).is_err());
}

#[test]
fn turnout_is_counted_by_the_hour() {
    let making = voted();
    let report = audited(&making.archive(), &[]);
    let hours: Vec<(u64, u64)> = report.turnout.iter().map(|hour| (hour.ballots, hour.voters)).collect();
    assert_eq!(hours, [(5, 5), (4, 3)]);
    assert!(report.turnout.iter().all(|hour| hour.from % HOUR == 0));
    assert_eq!(report.turnout.iter().map(|hour| hour.voters).sum::<u64>(), report.ballots);
}

fn compared(archive: &Archive, content: Content) -> isoloir_protocol::audit::AuditReport {
    let sources = [Source { name: "mirror".to_owned(), content }];
    let given = Given { sources: &sources, ..Given::default() };
    let mut running = Running::start(archive, &[]);
    while let Some(batch) = running.step(archive, 4096, &mut rng()) {
        let bad = proofs::verify(running.manifest().unwrap(), batch, &mut rng());
        running.settle(&bad);
    }
    running.finish(given, &mut rng()).0
}

// REQ issue 5.4: compares several sources, names who differs and at which size
#[test]
fn sources_are_compared_with_the_log() {
    let making = voted();
    let archive = making.archive();
    let mut shorter = archive.clone();
    shorter.entries.truncate(10);
    let report = compared(&archive, Content::Archive(Box::new(shorter)));
    assert_eq!(report.sources[0].agreement, Agreement::Same);
    assert!(report.holds());

    let report = compared(&archive, Content::Notes(vec![archive.checkpoint.clone()]));
    assert_eq!((report.sources[0].agreement, report.sources[0].size), (Agreement::Same, making.election.size()));

    // Another history of the last ballots, signed by the same log: a fork.
    let all = ballots(&archive);
    let fork = with_bad_proofs(&making, &[all[6]]);
    for content in [Content::Archive(Box::new(fork.clone())), Content::Notes(vec![fork.checkpoint.clone()])] {
        let with_entries = matches!(content, Content::Archive(_));
        let report = compared(&archive, content);
        let found = &report.sources[0];
        assert_eq!((found.agreement, found.signed), (Agreement::Differs, true));
        assert_eq!(found.entry, with_entries.then_some(all[6]));
        assert_eq!(found.differs_at, Some(if with_entries { all[6] + 1 } else { making.election.size() }));
        assert_eq!(found.note.as_ref(), Some(&fork.checkpoint));
        assert_eq!(report.outcome(Check::V1).unwrap().status, Status::Failed);
        assert_eq!(report.outcome(Check::V1).unwrap().failures[0].name, "Source");
    }

    // What anybody can make up shows nothing about the log.
    let mut invented = fork;
    invented.checkpoint = sign_checkpoint("vote.example.org/other", 3, &[7; 32], &making.organiser);
    let report = compared(&archive, Content::Archive(Box::new(invented)));
    assert_eq!((report.sources[0].agreement, report.sources[0].signed), (Agreement::Differs, false));
    assert!(report.holds());
    let report = compared(&archive, Content::Archive(Box::new(voted().archive())));
    assert_eq!(report.sources[0].agreement, Agreement::Other);
    let report = compared(&archive, Content::Notes(vec!["note".to_owned()]));
    assert_eq!(report.sources[0].agreement, Agreement::Unsigned);
    assert_eq!(failing(&archive), []);
}
