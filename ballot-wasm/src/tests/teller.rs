use isoloir_protocol::{ballot::dishonest::Malice, codec::Reader, fetch::FetchRequest, key_file, log::entry::Kind};
use zeroize::Zeroizing;

use super::{making::rng, *};
use crate::{
    auditor::{AuditView, Auditor, ProofHelper, ReceiptState, SourceState, Verdict},
    error::{KeyProblem, LockProblem, ModuleError, PaperProblem, Phase, Stage},
    paper,
    receipt::ComplaintKind,
    slice::BoxHelper,
    teller::{self, Teller},
};

const PASSPHRASE: &str = "correct horse battery";

fn file(making: &Making, number: u8) -> String {
    let secret = making.tellers[usize::from(number) - 1].to_bytes();
    key_file::seal(key_file::Kind::Teller, secret.as_slice(), PASSPHRASE, &mut rng()).unwrap()
}

fn unlock(making: &Making, file: &str) -> Result<Teller, ModuleError> {
    let server = Server(making);
    Teller::unlock(&server.id(), &server.manifest(), file, Zeroizing::new(PASSPHRASE.to_owned()))
}

/// Downloads and replays what is new.
fn sync(teller: &mut Teller, making: &Making) {
    let server = Server(making);
    let mut have = teller.log_state(0).map_or(0, |state| state.size);
    for (number, bundle) in server.bundles().iter().enumerate() {
        let start = u64::try_from(number).unwrap() * 256;
        let until = making.election.size().min(start + 256);
        if have >= until {
            continue;
        }
        let place = |size: u64| u32::try_from(size - start).unwrap();
        for name in crate::log::data_named(bundle, place(have), place(until)).unwrap() {
            let hash: [u8; 32] = hex::decode(&name).unwrap().try_into().unwrap();
            teller.take_data(&name, making.data[&hash].clone()).unwrap();
        }
        teller.replay_bundle(bundle, place(have), place(until)).unwrap();
        have = until;
    }
    teller.take_note(&server.checkpoint()).unwrap();
}

/// Sends an entry as the page does.
fn post(making: &mut Making, entry: &[u8]) {
    let mut reader = Reader::new(entry);
    let kind = Kind::from_u8(reader.u8().unwrap()).unwrap();
    let length = usize::try_from(reader.u32().unwrap()).unwrap();
    let body = reader.take(length).unwrap().to_vec();
    let data = reader.rest().to_vec();
    making.append(kind, body, &data).unwrap();
}

fn confirm(teller: &mut Teller, making: &Making, stage: Stage) -> String {
    let root = match stage {
        Stage::Closing => making.election.closing(),
        Stage::Counting => making.election.fixing(),
    };
    let locked = teller.confirmation(stage, &root.unwrap().code.to_lowercase(), true).unwrap();
    teller.adopt(&locked.lock).unwrap();
    locked.file
}

/// The same by a helper that knows nothing of the log.
fn open_boxes_with_help(teller: &mut Teller, making: &Making, number: u8) {
    let server = Server(making);
    teller.begin_boxes().unwrap();
    let secret = teller.helper_secret().unwrap();
    let helper = BoxHelper::start(&server.id(), &server.manifest(), number, &secret, making.election.buckets().len()).unwrap();
    let mut from = 0;
    loop {
        let answer = server.boxes(number, from, 4);
        let slice = teller.slice_of(&answer).unwrap();
        if answer.is_empty() {
            break;
        }
        let found = helper.find(&slice).unwrap();
        teller.merge_found(&found).unwrap();
        // What was merged is not waited for any more.
        assert!(teller.merge_found(&found).is_err());
        assert!(teller.slice_of(&answer).unwrap().is_empty());
        let last = answer.len() - answer.len() / (answer.len() / (8 + making.election.manifest().unwrap().box_len()));
        from = u64::from_be_bytes(answer[last..last + 8].try_into().unwrap()) + 1;
    }
}

fn open_boxes(teller: &mut Teller, making: &Making, number: u8) {
    teller.begin_boxes().unwrap();
    let mut from = Some(0);
    while let Some(index) = from {
        from = teller.open_answer(&Server(making).boxes(number, index, 4)).unwrap();
    }
}

#[test]
fn two_of_three_tellers_count_and_an_auditor_accepts() {
    let mut making = Making::open(8, 3, 2, 1);
    let (file_1, file_3) = (file(&making, 1), file(&making, 3));
    let mut first = unlock(&making, &file_1).unwrap();
    let mut third = unlock(&making, &file_3).unwrap();
    assert_eq!((first.show().number, third.show().number), (1, 3));
    // Nothing is signed about a log that was not downloaded.
    assert!(first.consent_entry().is_err());
    sync(&mut first, &making);
    let drill = first.consent_entry().unwrap();
    post(&mut making, &drill);

    let votes: Vec<u64> = (1..=7).map(|slot| making.vote(slot, if slot < 5 { Some(1) } else { None })).collect();
    let receipt = Server(&making).receipt(votes[0]);
    let bad = making.spoil(8, 3, Malice::Garbage);
    sync(&mut first, &making);
    let state = first.log_state(making.now).unwrap();
    assert_eq!((state.phase, state.ballots, state.clock_warning), (Phase::Open, 8, false));
    assert!(first.log_state(making.now - 600_001).unwrap().clock_warning);
    assert_eq!(first.begin_boxes(), Err(ModuleError::Phase { phase: Phase::Open }));

    making.advance_to_close();
    for (teller, number) in [(&mut first, 1), (&mut third, 3)] {
        sync(teller, &making);
        assert!(teller.helper_secret().is_err(), "nobody has compared the closing code");
        confirm(teller, &making, Stage::Closing);
        // One alone, the other with help.
        if number == 1 {
            open_boxes(teller, &making, number);
        } else {
            open_boxes_with_help(teller, &making, number);
        }
    }
    let opened = third.boxes_state().unwrap();
    assert_eq!((opened.opened, opened.total, opened.missing.len()), (8, 8, 0));
    assert_eq!(opened.complaints.iter().map(|one| (one.index, one.complaint)).collect::<Vec<_>>(), [(bad, ComplaintKind::Open)]);
    for teller in [&first, &third] {
        let report = teller.report_entry(false, making.now).unwrap();
        post(&mut making, &report);
    }
    let closed = making.now;
    making.now += 3_600_000;
    making.append_due();
    for teller in [&mut first, &mut third] {
        sync(teller, &making);
        let state = teller.log_state(making.now).unwrap();
        assert_eq!((state.phase, state.void[0].index, state.tellers[2].complaints), (Phase::Fixed, bad, 1));
        assert_eq!((state.reports_until, state.missing_from), (Some(closed + 3_600_000), Some(closed + 2_400_000)));
        confirm(teller, &making, Stage::Counting);
    }
    // By its own clock a device does not sum before the window is over, since one teller has not reported.
    assert_eq!(first.sums_entry(closed + 3_599_999), Err(ModuleError::Early { from: closed + 3_600_000 }));
    // The first teller had a good box of the void ballot: it is taken out again.
    assert_eq!(first.boxes_to_remove().unwrap(), [bad]);
    assert!(matches!(first.sums_entry(making.now), Err(ModuleError::BoxesMissing { .. })));
    first.take_removed(&Server(&making).boxes(1, bad, 1)).unwrap();
    for teller in [&first, &third] {
        let sums = teller.sums_entry(making.now).unwrap();
        post(&mut making, &sums);
    }
    making.append_due();
    sync(&mut first, &making);
    let state = first.log_state(making.now).unwrap();
    let result = state.result.unwrap();
    assert_eq!((state.phase, result.totals, result.ballots), (Phase::Counted, vec![vec![0, 4, 0, 3]], 7));

    audit(&making, &receipt);
}

/// As downloaded entry by entry, and as a zip with one byte changed.
fn audit(making: &Making, receipt: &str) {
    let server = Server(making);
    let mut auditor = Auditor::gather();
    let size = auditor.begin(&server.id(), &server.manifest(), &server.checkpoint()).unwrap();
    for (number, bundle) in server.bundles().iter().enumerate() {
        let width = (size - u64::try_from(number).unwrap() * 256).min(256);
        auditor.take_bundle(bundle, 0, u32::try_from(width).unwrap()).unwrap();
    }
    for bytes in making.data.values() {
        auditor.add_data(&hex::encode(isoloir_protocol::hash::sha256(bytes)), bytes.clone());
    }
    auditor.keep_note(&server.checkpoint()).unwrap();
    auditor.take_receipts(receipt.as_bytes()).unwrap();
    let archive = making.archive();
    auditor.take_source("mirror", &archive.to_zip().unwrap()).unwrap();
    auditor.take_source("checkpoint", server.checkpoint().as_bytes()).unwrap();
    auditor.take_source("anything", b"{}").unwrap();
    let view = run(&mut auditor, size);
    assert!(view.accepted, "{:?}", view.checks);
    assert_eq!((view.size, view.receipts[0].state), (size, ReceiptState::Counted));
    assert_eq!(view.counted.len(), 7);
    assert_eq!(
        view.sources.iter().map(|source| source.state).collect::<Vec<_>>(),
        [SourceState::Same, SourceState::Same, SourceState::Unsigned]
    );
    let json: serde_json::Value = serde_json::from_str(&view.json).unwrap();
    assert_eq!((&json["format"], &json["holds"]), (&"isoloir/audit-1".into(), &true.into()));

    // One byte of the proof of a ballot, and of the last leaf.
    let ballot = usize::try_from(view.counted[0]).unwrap();
    for (place, check) in [(ballot, 4), (archive.entries.len() - 1, 0)] {
        let mut archive = archive.clone();
        *archive.entries[place].last_mut().unwrap() ^= 1;
        let mut auditor = Auditor::gather();
        for (path, bytes) in archive.to_files() {
            auditor.take_file(&format!("folder/{path}"), bytes.into_owned());
        }
        auditor.take_folder().unwrap();
        let view = run(&mut auditor, size);
        assert!(!view.accepted);
        assert_eq!(view.checks[check].verdict, Verdict::Fails, "{:?}", view.checks);
    }
    assert!(Auditor::gather().take_zip(b"PK").is_err());
    assert!(Auditor::gather().take_receipts(b"{}").is_err());
}

/// Every second batch is proven by a helper, as in a browser with two cores; both must find the same.
fn run(auditor: &mut Auditor, size: u64) -> AuditView {
    assert_eq!(auditor.start(), size);
    let helper = ProofHelper::start(&auditor.manifest_bytes().unwrap()).unwrap();
    let mut helped = false;
    while auditor.replay(3).unwrap().is_some() {
        helped = !helped;
        if helped {
            let bad = helper.prove(&auditor.batch()).unwrap();
            auditor.settle(&bad).unwrap();
        } else {
            auditor.prove().unwrap();
        }
    }
    assert!(auditor.replayed_entries() <= size);
    auditor.finish().unwrap()
}

#[test]
fn a_key_confirms_one_root_ever_and_remembers_it_in_the_file() {
    let mut making = Making::open(6, 3, 2, 1);
    for slot in 1..=6 {
        making.vote(slot, Some(0));
    }
    making.advance_to_close();
    let original = file(&making, 2);
    let mut teller = unlock(&making, &original).unwrap();
    sync(&mut teller, &making);
    let code = making.election.closing().unwrap().code.clone();
    let lock = |problem| ModuleError::Lock { problem, stage: Stage::Closing };

    assert_eq!(teller.report_entry(false, making.now), Err(lock(LockProblem::NotConfirmed)));
    assert_eq!(teller.begin_boxes(), Err(lock(LockProblem::NotConfirmed)));
    let other = "0000-0000-0000-0000-0000-0000";
    assert_eq!(teller.confirmation(Stage::Closing, other, true), Err(lock(LockProblem::OtherCode)));
    assert_eq!(teller.confirmation(Stage::Closing, &code, false), Err(lock(LockProblem::UnknownDevice)));
    // Until the browser has stored it, nothing is signed.
    let locked = teller.confirmation(Stage::Closing, &code, true).unwrap();
    assert_eq!(teller.begin_boxes(), Err(lock(LockProblem::NotConfirmed)));
    teller.adopt(&locked.lock).unwrap();
    assert!(teller.show().remembers.closing);
    assert_eq!(teller.begin_boxes(), Ok(6));

    // On another device the file saved after the confirmation is enough, and needs no question.
    let mut elsewhere = unlock(&making, &locked.file).unwrap();
    assert!(elsewhere.show().remembers.closing);
    sync(&mut elsewhere, &making);
    elsewhere.begin_boxes().unwrap();
    elsewhere.confirmation(Stage::Closing, &code, false).unwrap();

    // A second log of the same election, however well it looks, is refused.
    let mut stored = crate::lock::Lock::default();
    stored = stored.with(&making.election.manifest().unwrap().id(), Stage::Closing, &[9; 32]).unwrap();
    assert_eq!(teller.adopt(&stored.to_json()), Err(lock(LockProblem::OtherRoot)));
    let mut forked = unlock(&making, &original).unwrap();
    forked.adopt(&stored.to_json()).unwrap();
    sync(&mut forked, &making);
    assert_eq!(forked.confirmation(Stage::Closing, &code, true), Err(lock(LockProblem::OtherRoot)));
    assert_eq!(forked.begin_boxes(), Err(lock(LockProblem::OtherRoot)));
}

#[test]
fn nothing_is_confirmed_without_the_witnesses() {
    let mut making = Making::open(6, 3, 2, 1);
    making.vote(1, Some(0));
    making.advance_to_close();
    let mut teller = unlock(&making, &file(&making, 1)).unwrap();
    making.witnesses.truncate(1);
    sync(&mut teller, &making);
    let code = making.election.closing().unwrap().code.clone();
    assert_eq!(teller.confirmation(Stage::Closing, &code, true), Err(ModuleError::Witnesses { found: 1, quorum: 2 }));
    assert_eq!(teller.log_state(0).unwrap().closing.unwrap().cosigned, 1);
}

#[test]
fn a_log_that_contradicts_its_checkpoint_is_refused() {
    let mut making = Making::open(6, 3, 2, 1);
    let mut teller = unlock(&making, &file(&making, 1)).unwrap();
    sync(&mut teller, &making);
    making.vote(1, Some(0));
    let foreign = making.election.root();
    let size = teller.log_state(0).unwrap().size;
    let origin = making.election.manifest().unwrap().log.origin.clone();
    let note = sign_checkpoint(&origin, size, &foreign, &making.log);
    assert!(matches!(teller.take_note(&note), Err(ModuleError::Log { index: None, .. })));

    // An entry that breaks a rule is named.
    let mut leaf = making.leaves.last().unwrap().clone();
    *leaf.last_mut().unwrap() ^= 1;
    let bundle = [u16::try_from(leaf.len()).unwrap().to_be_bytes().as_slice(), &leaf].concat();
    let Err(ModuleError::Log { index, .. }) = teller.replay_bundle(&bundle, 0, 1) else { panic!() };
    assert_eq!(index, Some(size));
}

#[test]
fn missing_boxes_are_listed_in_the_last_third_only() {
    let mut making = Making::open(6, 3, 2, 1);
    let votes: Vec<u64> = (1..=6).map(|slot| making.vote(slot, Some(0))).collect();
    making.advance_to_close();
    let lost = Server(&making).boxes(1, votes[2], 1);
    making.lose(votes[2], 1);
    let mut teller = unlock(&making, &file(&making, 1)).unwrap();
    sync(&mut teller, &making);
    confirm(&mut teller, &making, Stage::Closing);
    open_boxes(&mut teller, &making, 1);
    assert_eq!(teller.boxes_state().unwrap().missing, [votes[2]]);
    let missing = ModuleError::BoxesMissing { indexes: vec![votes[2]] };
    assert_eq!(teller.report_entry(false, making.now), Err(missing));
    assert_eq!(teller.report_entry(true, making.now), Err(ModuleError::Early { from: making.now + 2_400_000 }));
    teller.report_entry(true, making.now + 2_400_000).unwrap();
    // The voter's device supplies it.
    teller.open_one(votes[2], &lost[8..]).unwrap();
    assert_eq!(teller.boxes_state().unwrap().missing, [0; 0]);
    teller.report_entry(false, making.now).unwrap();
}

#[test]
fn keys_are_made_sealed_and_opened_by_their_teller_only() {
    let key = |problem| Some(ModuleError::Key { problem });
    assert_eq!(teller::generate("too short").err(), key(KeyProblem::Weak));
    let made = teller::generate(PASSPHRASE).unwrap();
    assert_eq!(made.fingerprint.split(' ').count(), 5);

    let making = Making::open(6, 3, 2, 1);
    let server = Server(&making);
    assert_eq!(unlock(&making, &made.file).err(), key(KeyProblem::NotTeller));
    assert_eq!(unlock(&making, "{}").err(), key(KeyProblem::File));
    let right = file(&making, 1);
    let wrong = Zeroizing::new("another passphrase".to_owned());
    assert_eq!(Teller::unlock(&server.id(), &server.manifest(), &right, wrong).err(), key(KeyProblem::Passphrase));
    let registrar = making.registrars[0].to_bytes();
    let other = key_file::seal(key_file::Kind::Registrar, registrar.as_slice(), PASSPHRASE, &mut rng()).unwrap();
    assert_eq!(unlock(&making, &other).err(), key(KeyProblem::Role));
}

#[test]
fn a_sheet_of_paper_gives_the_key_back_by_its_words_and_by_its_code() {
    let making = Making::open(5, 3, 2, 1);
    let file = file(&making, 2);
    for language in ["fr", "en", "de"] {
        let sheet = paper::sheet(&file, PASSPHRASE, language).unwrap();
        // The code is the key file on one line.
        assert!(sheet.file.len() < 600 && !sheet.file.contains('\n'));
        assert_eq!(paper::label(&sheet.file).unwrap().fingerprint, sheet.fingerprint);
        assert_eq!(unlock(&making, &sheet.file).unwrap().show().number, 2);
        let mut words = sheet.words;
        let restored = paper::restore(&words.join("\n"), "another passphrase, long enough").unwrap();
        assert_eq!((restored.sign, restored.seal), (sheet.sign, sheet.seal));
        words.swap(3, 9);
        let swapped = ModuleError::Paper { problem: PaperProblem::Swapped { places: vec![4, 10] } };
        assert_eq!(paper::restore(&words.join(" "), "another passphrase, long enough"), Err(swapped));
    }
    assert_eq!(paper::sheet(&file, "wrong", "en"), Err(ModuleError::Key { problem: KeyProblem::Passphrase }));
    assert_eq!(
        paper::restore(&paper::sheet(&file, PASSPHRASE, "en").unwrap().words.join(" "), "short"),
        Err(ModuleError::Key { problem: KeyProblem::Weak })
    );
}

#[test]
fn a_ticket_fetches_boxes_while_its_times_last() {
    let making = Making::open(5, 3, 2, 1);
    let teller = unlock(&making, &file(&making, 2)).unwrap();
    let ticket = teller.ticket_from(making.now, 200_000, 3);
    let requests: Vec<FetchRequest> = ticket
        .chunks_exact(73)
        .map(|request| FetchRequest {
            teller: request[0],
            ms: u64::from_be_bytes(request[1..9].try_into().unwrap()),
            signature: request[9..].try_into().unwrap(),
        })
        .collect();
    assert_eq!(requests.len(), 3);
    let manifest = making.election.manifest().unwrap();
    for (place, request) in requests.iter().enumerate() {
        let time = making.now + 200_000 * u64::try_from(place).unwrap();
        assert!(request.verify(manifest, time) && !request.verify(manifest, time + 120_001));
    }
}
