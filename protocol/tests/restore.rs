//! A light election that is restored and recalled says what a full replay says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod common;

use common::folder;
use isoloir_protocol::{
    archive::Archive,
    election::{Election, LookedPart, Recheck, Refusal, Replay, ReplayError},
    rand_core::UnwrapErr,
};

const CLOSE: u8 = 8;

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

/// Restores up to before the close entry, recalls what counting needs, and restores the rest.
fn light(archive: &Archive) -> Election {
    let closed = archive.entries.iter().position(|leaf| leaf[0] == CLOSE).unwrap_or(archive.entries.len());
    let (voting, counting) = archive.entries.split_at(closed);
    let mut election = Election::light();
    election.restore(voting, archive, &mut rng()).unwrap();
    election.keep_details();
    for index in election.to_recall() {
        let leaf = &archive.entries[usize::try_from(index).unwrap()];
        let other = &archive.entries[0];
        assert!(election.recall(index, other).is_err(), "only the leaf of the log");
        election.recall(index, leaf).unwrap();
    }
    assert!(election.to_recall().is_empty());
    election.restore(counting, archive, &mut rng()).unwrap();
    election
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
