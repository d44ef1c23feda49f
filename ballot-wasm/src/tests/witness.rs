//! A delegate's witness, as the page drives it: what grows is cosigned, what forks or breaks a rule never.

use isoloir_protocol::{
    ballot::Submission,
    key_file,
    log::{
        checkpoint,
        entry::{Entry, Kind},
        tree::{Tree, leaf_hash},
        witness::read_verifier_line,
    },
};
use zeroize::Zeroizing;

use super::{making::rng, *};
use crate::{
    error::{KeyProblem, ModuleError, Phase},
    log::data_named,
    witness::{self, LookOutcome, ShownCosignature, Witness, WitnessLook},
};

const PASSPHRASE: &str = "correct horse battery";
const NONE: u64 = u64::MAX;

/// A history that a server may show: the leaves, under the log's own signature.
struct History<'a> {
    making: &'a Making,
    leaves: Vec<Vec<u8>>,
}

impl<'a> History<'a> {
    fn of(making: &'a Making) -> Self {
        Self { making, leaves: making.leaves.clone() }
    }

    /// With the ballots of these submissions after it, accepted or not.
    fn with(&self, submissions: &[&[u8]]) -> Self {
        let ballot = |submission: &&[u8]| {
            let manifest = self.making.election.manifest().unwrap();
            let (_, body, _) = Submission::decode(manifest, submission).unwrap().into_parts();
            Entry { kind: Kind::Ballot, time: self.making.now, body }.encode()
        };
        Self { making: self.making, leaves: self.leaves.iter().cloned().chain(submissions.iter().map(ballot)).collect() }
    }

    fn until(&self, size: usize) -> Self {
        Self { making: self.making, leaves: self.leaves[..size].to_vec() }
    }

    fn size(&self) -> u64 {
        u64::try_from(self.leaves.len()).unwrap()
    }

    fn note(&self) -> String {
        let tree: Tree = self.leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        let origin = &self.making.election.manifest().unwrap().log.origin;
        sign_checkpoint(origin, tree.size(), &tree.root(), &self.making.log)
    }

    /// One look, with these leaves sent for this note.
    fn sent_for(&self, note: &str, witness: &mut Witness) -> WitnessLook {
        if let Some(size) = witness.consider(note).unwrap() {
            let bundle = |leaf: &Vec<u8>| [u16::try_from(leaf.len()).unwrap().to_be_bytes().as_slice(), leaf].concat();
            // Two at a time, so that what was taken before matters.
            while witness.taken() < size {
                let from = usize::try_from(witness.taken()).unwrap();
                let until = self.leaves.len().min(from + 2);
                let bytes: Vec<u8> = self.leaves[from..until].iter().flat_map(bundle).collect();
                let count = u32::try_from(until - from).unwrap();
                for name in data_named(&bytes, 0, count).unwrap() {
                    let hash: [u8; 32] = hex::decode(&name).unwrap().try_into().unwrap();
                    witness.take_data(&name, self.making.data[&hash].clone()).unwrap();
                }
                witness.take_bundle(&bytes, 0, count).unwrap();
            }
        }
        witness.conclude(self.making.now).unwrap()
    }

    fn look(&self, witness: &mut Witness) -> WitnessLook {
        let found = self.sent_for(&self.note(), witness);
        if found.outcome == LookOutcome::Again { self.sent_for(&self.note(), witness) } else { found }
    }

    /// A look that is stored and cosigned; the note with the cosignature.
    fn cosigned_by(&self, witness: &mut Witness) -> String {
        let found = self.look(witness);
        assert_eq!((found.outcome, found.shown, found.replayed), (LookOutcome::Continues, self.size(), self.size()));
        witness.cosign(&found.memory.unwrap(), self.making.now).unwrap().unwrap()
    }

    /// A look that ends in an alarm, which is stored.
    fn alarms(&self, witness: &mut Witness, outcome: LookOutcome) -> String {
        let found = self.look(witness);
        assert_eq!(found.outcome, outcome);
        let memory = found.memory.unwrap();
        // Nothing is cosigned with an alarm in the memory.
        assert_eq!(witness.cosign(&memory, self.making.now), Err(ModuleError::Spent));
        witness.adopt(&memory).unwrap();
        memory
    }
}

/// A key file of the command: the key and nothing else.
fn file(making: &Making) -> String {
    key_file::seal(key_file::Kind::Witness, making.witnesses[0].to_bytes().as_slice(), PASSPHRASE, &mut rng()).unwrap()
}

fn unlock(making: &Making, file: &str, stored: Option<&str>) -> Result<Witness, ModuleError> {
    let server = Server(making);
    Witness::unlock(&server.id(), &server.manifest(), file, Zeroizing::new(PASSPHRASE.to_owned()), stored)
}

#[test]
fn what_only_grows_is_cosigned_once_it_is_stored() {
    let mut making = Making::open(6, 3, 2, 1);
    let mut witness = unlock(&making, &file(&making), None).unwrap();
    let view = witness.show();
    assert_eq!((view.name.as_str(), view.named, view.seen, view.cosigned), ("witness0.example", true, 0, None));

    let first = History::of(&making);
    let found = first.look(&mut witness);
    assert_eq!((found.outcome, found.phase), (LookOutcome::Continues, Some(Phase::Open)));
    // Nothing is vouched for but what is on the disk.
    assert_eq!(witness.cosign(&witness.show().memory, making.now), Err(ModuleError::Spent));
    assert_eq!(witness.show().seen, 0);
    let cosigned = witness.cosign(&found.memory.unwrap(), making.now).unwrap().unwrap();
    let opened = checkpoint::open(&cosigned, making.election.manifest().unwrap()).unwrap();
    let seconds = making.now / 1000;
    assert_eq!(opened.cosignatures, [checkpoint::Cosignature { witness: 0, seconds }]);
    // Until the server shows it, it is made again.
    assert_eq!(first.look(&mut witness).outcome, LookOutcome::Continues);
    witness.confirm(&cosigned).unwrap();
    assert_eq!(witness.show().cosigned, Some(ShownCosignature { size: first.size(), seconds }));
    assert_eq!(first.sent_for(&cosigned, &mut witness).outcome, LookOutcome::Same);

    making.vote(1, Some(0));
    making.vote(2, None);
    let grown = History::of(&making);
    grown.cosigned_by(&mut witness);
    assert_eq!(witness.show().seen, grown.size());

    // A page that was loaded anew replays everything, and goes on where it was.
    let memory = witness.show().memory;
    let mut again = unlock(&making, &file(&making), Some(&memory)).unwrap();
    assert_eq!(again.show().seen, grown.size());
    making.advance_to_close();
    let found = History::of(&making).look(&mut again);
    assert_eq!((found.outcome, found.phase, found.clock_warning), (LookOutcome::Continues, Some(Phase::Closed), false));
    // A clock that is behind the log's is named.
    assert!(again.conclude(making.now - 600_001).unwrap().clock_warning);
}

#[test]
fn an_older_checkpoint_is_said_and_is_no_alarm() {
    let mut making = Making::open(6, 3, 2, 1);
    let mut witness = unlock(&making, &file(&making), None).unwrap();
    making.vote(1, Some(0));
    making.vote(2, Some(0));
    let whole = History::of(&making);
    whole.cosigned_by(&mut witness);
    let older = whole.until(whole.leaves.len() - 1);
    let found = older.look(&mut witness);
    assert_eq!((found.outcome, found.shown, found.replayed, found.memory), (LookOutcome::Older, older.size(), whole.size(), None));
    assert_eq!(witness.cosign(&witness.show().memory, making.now), Err(ModuleError::Spent));
    // The same right after a reload, where nothing is replayed yet.
    let mut again = unlock(&making, &file(&making), Some(&witness.show().memory)).unwrap();
    assert_eq!(older.look(&mut again).outcome, LookOutcome::Older);
    whole.cosigned_by(&mut again);
    assert_eq!(again.show().alarm, None);
}

#[test]
fn a_fork_is_never_cosigned_and_both_checkpoints_are_kept() {
    let making = Making::open(6, 3, 2, 1);
    let common = History::of(&making);
    let [mine, theirs, further] = [(1, 0), (1, 1), (2, 0)].map(|(slot, option)| making.submission(slot, Some(option), NONE));
    let honest = common.with(&[&mine]);
    let memory = {
        let mut witness = unlock(&making, &file(&making), None).unwrap();
        honest.cosigned_by(&mut witness);
        witness.show().memory
    };
    // As long, longer, and after a reload or not: each time the other history is valid in itself.
    for other in [common.with(&[&theirs]), common.with(&[&theirs, &further])] {
        for reloaded in [false, true] {
            let mut witness = unlock(&making, &file(&making), Some(&memory)).unwrap();
            if !reloaded {
                honest.look(&mut witness);
            }
            let stored = other.alarms(&mut witness, LookOutcome::Fork);
            let alarm = witness.show().alarm.unwrap();
            assert_eq!((alarm.kept, alarm.shown, alarm.entry), (honest.note(), other.note(), None));
            // For ever: also when the log looks right again, in another tab, and from a backup made since.
            let longer = honest.with(&[&further]);
            assert_eq!(longer.look(&mut witness).outcome, LookOutcome::Fork);
            let mut tab = unlock(&making, &file(&making), Some(&memory)).unwrap();
            tab.adopt(&stored).unwrap();
            assert_eq!(longer.look(&mut tab).memory, None);
            assert_eq!(tab.show().alarm.unwrap().shown, other.note());
            let backup = witness.backup().unwrap();
            assert!(unlock(&making, &backup.file, None).unwrap().show().alarm.is_some());
        }
    }
    // A shorter one that this device has replayed otherwise.
    let mut witness = unlock(&making, &file(&making), None).unwrap();
    honest.with(&[&further]).cosigned_by(&mut witness);
    common.with(&[&theirs]).alarms(&mut witness, LookOutcome::Fork);
}

#[test]
fn a_rule_that_the_log_signed_away_is_an_alarm_and_damage_on_the_way_is_none() {
    let making = Making::open(6, 3, 2, 1);
    let common = History::of(&making);
    let votes = [1, 2, 3].map(|slot| making.submission(slot, Some(0), NONE));
    let honest = common.with(&[&votes[0], &votes[1], &votes[2]]);
    let mut broken = common.with(&[&votes[0], &votes[1], &votes[2]]);
    let entry = broken.leaves.len() - 2;
    *broken.leaves[entry].last_mut().unwrap() ^= 1;

    for start in [0, common.leaves.len()] {
        let mut witness = unlock(&making, &file(&making), None).unwrap();
        if start > 0 {
            common.until(start).cosigned_by(&mut witness);
        }
        // Entries that nobody signed: asked for again from the first on, and then only said.
        let first = broken.sent_for(&honest.note(), &mut witness);
        assert_eq!(first.outcome, if start > 0 { LookOutcome::Again } else { LookOutcome::Unproven });
        let found = broken.sent_for(&honest.note(), &mut witness);
        assert_eq!((found.outcome, found.memory), (LookOutcome::Unproven, None));
        honest.cosigned_by(&mut witness);
        assert_eq!(witness.show().alarm, None);

        // The same entries under the log's signature.
        let mut witness = unlock(&making, &file(&making), None).unwrap();
        if start > 0 {
            common.until(start).cosigned_by(&mut witness);
        }
        broken.alarms(&mut witness, LookOutcome::Broken);
        let alarm = witness.show().alarm.unwrap();
        assert_eq!((alarm.shown, alarm.entry), (broken.note(), u64::try_from(entry).ok()));
        assert_eq!(honest.look(&mut witness).outcome, LookOutcome::Broken);
    }
}

#[test]
fn what_an_interrupted_look_has_taken_proves_nothing() {
    let making = Making::open(6, 3, 2, 1);
    let common = History::of(&making);
    let [mine, theirs, further] = [(1, 0), (1, 1), (2, 0)].map(|(slot, option)| making.submission(slot, Some(option), NONE));
    let honest = common.with(&[&mine, &further]);
    let mut witness = unlock(&making, &file(&making), None).unwrap();
    common.cosigned_by(&mut witness);
    // Half of what a longer checkpoint signs came, and it was not the log's.
    witness.consider(&honest.note()).unwrap().unwrap();
    let leaf = common.with(&[&theirs]).leaves.pop().unwrap();
    let bundle = [u16::try_from(leaf.len()).unwrap().to_be_bytes().as_slice(), &leaf].concat();
    witness.take_bundle(&bundle, 0, 1).unwrap();
    common.with(&[&mine]).cosigned_by(&mut witness);
    honest.cosigned_by(&mut witness);
    // A checkpoint that the log has not signed is none.
    let foreign = honest.note().replace(&honest.size().to_string(), &(honest.size() + 1).to_string());
    assert!(matches!(witness.consider(&foreign), Err(ModuleError::Log { index: None, .. })));
}

#[test]
fn whom_the_election_does_not_name_follows_without_a_signature() {
    let making = Making::open(6, 3, 2, 1);
    let key = witness::generate("rival.example", PASSPHRASE).unwrap();
    assert_eq!(read_verifier_line(&key.line).unwrap().0, "rival.example");
    let mut witness = unlock(&making, &key.file, None).unwrap();
    assert!(!witness.show().named);
    let history = History::of(&making);
    let found = history.look(&mut witness);
    assert_eq!(witness.cosign(&found.memory.unwrap(), making.now), Ok(None));
    assert_eq!(history.look(&mut witness).outcome, LookOutcome::Same);
    assert_eq!(witness.show().seen, history.size());
}

#[test]
fn a_backup_brings_the_key_and_what_it_had_seen() {
    let key = |problem| Some(ModuleError::Key { problem });
    assert_eq!(witness::generate("rival.example", "too short").err(), key(KeyProblem::Weak));
    for name in ["", "with space", "a+b", "é"] {
        assert!(matches!(witness::generate(name, PASSPHRASE), Err(ModuleError::Argument { .. })), "{name}");
    }
    let making = Making::open(6, 3, 2, 1);
    let mut witness = unlock(&making, &file(&making), None).unwrap();
    let common = History::of(&making);
    let [mine, theirs] = [0, 1].map(|option| making.submission(1, Some(option), NONE));
    common.with(&[&mine]).cosigned_by(&mut witness);
    let backup = witness.backup().unwrap();
    assert_eq!(witness::restore(&backup.file, PASSPHRASE).unwrap(), backup);
    assert_eq!(witness::restore(&backup.file, "another passphrase").err(), key(KeyProblem::Passphrase));
    assert_eq!(witness::restore("{}", PASSPHRASE).err(), key(KeyProblem::File));
    // On another device, with nothing stored.
    let mut elsewhere = unlock(&making, &backup.file, None).unwrap();
    assert_eq!((elsewhere.show().name, elsewhere.show().seen), ("witness0.example".to_owned(), common.size() + 1));
    common.with(&[&theirs]).alarms(&mut elsewhere, LookOutcome::Fork);
    // The command's file has no name in it: one is made up until an election names the key.
    assert!(witness::restore(&file(&making), PASSPHRASE).unwrap().name.starts_with("witness-"));
    // A teller's file is not a witness's.
    let teller = key_file::seal(key_file::Kind::Teller, making.tellers[0].to_bytes().as_slice(), PASSPHRASE, &mut rng()).unwrap();
    assert_eq!(unlock(&making, &teller, None).err(), key(KeyProblem::Role));
    assert_eq!(witness::restore(&teller, PASSPHRASE).err(), key(KeyProblem::Role));
}
