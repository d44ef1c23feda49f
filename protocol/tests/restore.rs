//! A light election that is restored and recalled says what a full replay says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod common;

use common::folder;
use isoloir_protocol::{
    archive::Archive,
    election::{Election, LookedPart, Recheck, Refusal, Replay, ReplayError},
    log::entry::{self, Entry, Kind},
    rand_core::UnwrapErr,
};

fn rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

fn archive(name: &str) -> Archive {
    Archive::from_files(folder(&format!("elections/{name}"))).unwrap()
}

fn full(archive: &Archive) -> Election {
    let mut replay = Replay::new();
    replay.push(&archive.entries, archive, &mut rng()).unwrap();
    replay.finish()
}

/// Restores leaf by leaf; what counting needs is brought when it does.
fn light(archive: &Archive) -> Election {
    let mut election = Election::light();
    for leaf in &archive.entries {
        let (entry, data) = entry_and_data(archive, leaf);
        for index in election.to_recall(&entry, data) {
            election.recall(index, leaf_at(archive, index)).unwrap();
        }
        if entry.kind == Kind::Sums && election.to_sum().is_some() {
            sum_by_hand(&election, archive);
        }
        election.restore(std::slice::from_ref(leaf), archive, &mut rng()).unwrap();
    }
    election
}

fn entry_and_data<'a>(archive: &'a Archive, leaf: &[u8]) -> (Entry, &'a [u8]) {
    let entry = Entry::decode(leaf).unwrap();
    let data = entry::data_of(&entry).unwrap().and_then(|sha256| archive.data(&sha256)).unwrap_or_default();
    (entry, data)
}

#[test]
fn a_restored_election_is_the_replayed_one() {
    for name in ["plain", "complaint", "open"] {
        let archive = archive(name);
        let (full, light) = (full(&archive), light(&archive));
        assert_eq!((full.size(), full.root(), full.last_time()), (light.size(), light.root(), light.last_time()), "{name}");
        assert_eq!((full.phase(), full.ballots(), full.totals()), (light.phase(), light.ballots(), light.totals()), "{name}");
        assert_eq!((full.void(), full.missing(), full.buckets()), (light.void(), light.missing(), light.buckets()), "{name}");
        assert!(full.members().iter().any(|member| full.slot(member.slot).unwrap().current.is_some()), "{name}");
        for member in full.members() {
            assert_eq!(full.slot(member.slot), light.slot(member.slot), "{name}, slot {}", member.slot);
        }
        let indices = |election: &Election| election.counted().map(|ballot| ballot.index()).collect::<Vec<_>>();
        assert_eq!(indices(&full), indices(&light), "{name}");
    }
}

/// What is not there refuses what is right, and only the leaves of the log make up for it.
#[test]
fn what_counting_needs_is_recalled_from_the_leaves() {
    let archive = archive("complaint");
    let (mut election, mut recalled, mut summed) = (Election::light(), Vec::new(), 0);
    for leaf in &archive.entries {
        let (entry, data) = entry_and_data(&archive, leaf);
        let mut forged = entry.clone();
        *forged.body.last_mut().unwrap_or(&mut 0) ^= 1;
        assert!(election.to_recall(&forged, data).is_empty(), "nobody but its teller makes others read for a report");
        let needed = election.to_recall(&entry, data);
        if !needed.is_empty() {
            assert!(matches!(election.check(leaf, data, &mut rng()), Err(Refusal::Complaint { .. })));
        }
        for index in &needed {
            assert!(election.recall(*index, leaf_at(&archive, index + 1)).is_err(), "only the leaf of the log");
            election.recall(*index, leaf_at(&archive, *index)).unwrap();
        }
        assert!(election.to_recall(&entry, data).is_empty());
        recalled.extend(needed);
        if entry.kind == Kind::Sums && election.to_sum().is_some() {
            assert!(matches!(election.check(leaf, data, &mut rng()), Err(Refusal::Counted { .. })));
            sum_by_hand(&election, &archive);
            assert!(election.to_sum().is_none());
            summed += 1;
        }
        election.restore(std::slice::from_ref(leaf), &archive, &mut rng()).unwrap();
    }
    assert!(!recalled.is_empty());
    assert_eq!(summed, 1);
    assert_eq!(election.totals().unwrap(), full(&archive).totals().unwrap());
    for (_, ballot) in election.current_ballots() {
        assert_eq!(ballot.key().is_some(), recalled.contains(&ballot.index()), "nothing else is kept");
    }
}

fn leaf_at(archive: &Archive, index: u64) -> &[u8] {
    &archive.entries[usize::try_from(index).unwrap()]
}

fn sum_by_hand(election: &Election, archive: &Archive) {
    let manifest = election.manifest().unwrap();
    let leaves = |wanted: std::ops::Range<u64>| wanted.map(|index| leaf_at(archive, index).to_vec()).collect::<Vec<_>>();
    let mut summing = election.to_sum().unwrap();
    election.summed(election.to_sum().unwrap());
    assert!(election.to_sum().is_some(), "not before all were brought");
    let wanted = summing.wanted().unwrap();
    let mut wrong = leaves(wanted.clone());
    let counted = usize::try_from(election.counted().next().unwrap().index() - wanted.start).unwrap();
    *wrong[counted].last_mut().unwrap() ^= 1;
    assert!(summing.add(manifest, &summing.pick(election, wrong)).is_err(), "only leaves of the log");
    // Some now, and the rest.
    let some = summing.pick(election, leaves(wanted.start..wanted.start + 2));
    summing.add(manifest, &some).unwrap();
    assert!(summing.add(manifest, &some).is_err(), "none twice");
    while let Some(wanted) = summing.wanted() {
        summing.add(manifest, &summing.pick(election, leaves(wanted))).unwrap();
    }
    election.summed(summing);
}

#[test]
fn leaves_that_do_not_fit_together_are_refused() {
    let archive = archive("open");
    let first = archive.entries.iter().position(|leaf| leaf[0] == 5).unwrap();
    let mut twice = archive.entries[..=first].to_vec();
    twice.push(archive.entries[first].clone());
    let mut cut = archive.entries[..=first].to_vec();
    cut[first].pop();
    for wrong in [twice, cut] {
        assert!(Election::light().restore(&wrong, &archive, &mut rng()).is_err());
    }
    // Without the roll's data there is no roll.
    let none = std::collections::BTreeMap::new();
    assert!(Election::light().restore(&archive.entries, &none, &mut rng()).is_err());
}

#[test]
fn what_restoring_left_out_is_made_up_for() {
    for name in ["plain", "complaint", "open"] {
        let archive = archive(name);
        let light = light(&archive);
        let mut recheck = Recheck::new();
        let mut parts = 0;
        for leaves in archive.entries.chunks(3) {
            let looked = recheck.look(&light, leaves).unwrap();
            for part in looked.parts().unwrap() {
                let bytes = archive.data(part.sha256()).unwrap();
                check_part(&light, part, bytes, 7).unwrap();
                parts += 1;
            }
            looked.verify(light.manifest().unwrap(), &mut rng()).unwrap();
        }
        assert_eq!(recheck.position(), light.size());
        assert_eq!(parts, light.manifest().unwrap().registrars.len(), "{name}");
    }
}

#[test]
fn a_proof_that_never_held_is_found_afterwards() {
    let mut archive = archive("open");
    let first = archive.entries.iter().position(|leaf| leaf[0] == 5).unwrap();
    // The last scalar is the response of the signature.
    let response = archive.entries[first].len() - 32;
    archive.entries[first][response] ^= 1;
    archive.entries.truncate(first + 1);
    let mut light = Election::light();
    light.restore(&archive.entries, &archive, &mut rng()).unwrap();
    let looked = Recheck::new().look(&light, &archive.entries).unwrap();
    let error = looked.verify(light.manifest().unwrap(), &mut rng()).unwrap_err();
    assert_eq!(error.index, u64::try_from(first).unwrap());
    // Leaves that are not those of the log are not looked at further.
    archive.entries[first][20] ^= 1;
    assert!(Recheck::new().look(&light, &archive.entries).is_err());
}

#[test]
fn a_roll_part_that_is_not_the_one_of_the_log_is_found_afterwards() {
    let archive = archive("open");
    let light = light(&archive);
    let part = || Recheck::new().look(&light, &archive.entries).unwrap().parts().unwrap().remove(0);
    let bytes = archive.data(part().sha256()).unwrap();
    for size in [1, 105, 106, 107, 143, bytes.len()] {
        check_part(&light, part(), bytes, size).unwrap();
    }
    // The response of the first row's proof, and a byte of the registrar's signature, which no proof is about.
    for (place, proof) in [(37 + 105, true), (bytes.len() - 1, false)] {
        let mut wrong = bytes.to_vec();
        wrong[place] ^= 1;
        let error = check_part(&light, part(), &wrong, 64).unwrap_err();
        assert_eq!(matches!(error.refusal, Refusal::Roll { .. }), proof, "{error}");
    }
    for wrong in [&bytes[..bytes.len() - 1], &bytes[..90], &[], &[bytes, &[0]].concat()] {
        assert!(matches!(check_part(&light, part(), wrong, 64).unwrap_err().refusal, Refusal::Data { .. }));
    }
}

/// Brings a part in pieces of this many bytes.
fn check_part(light: &Election, mut part: LookedPart, bytes: &[u8], size: usize) -> Result<(), ReplayError> {
    for piece in bytes.chunks(size) {
        part.push(light.manifest().unwrap(), piece, &mut rng())?;
    }
    part.finish()
}
