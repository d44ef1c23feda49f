//! A corpus of elections, good ones and ones that each break a rule of V1 … V12, made with this crate and signed again after
//! the fault. Written to the folder of the build for the second verifier, which must find the same check and the same entry.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

mod making;

use std::{collections::BTreeMap, fs, path::Path};

use isoloir_protocol::{
    archive::Archive,
    audit::{Given, Status, audit, audit_with_election},
    ballot::{SUPERSEDES_NONE, dishonest::Malice},
    election::Check,
    hash::sha256,
    log::{
        checkpoint::{cosign, sign_checkpoint},
        entry::{Entry, Kind},
        notice::{self, What},
        receipt::Receipt,
        tree::{Tree, leaf_hash},
    },
    signature::SignSecret,
    tally::Opener,
};
use making::{Making, rng};
use serde_json::{Value, json};

const HOUR: u64 = 3_600_000;

struct Case {
    name: &'static str,
    archive: Archive,
    receipts: Vec<Receipt>,
    /// None for a good one.
    fails: Option<Check>,
}

/// The archive with its last checkpoint signed anew over what is in it, cosigned by `witnesses` at `seconds`.
fn signed(making: &Making, mut archive: Archive, witnesses: usize, seconds: u64) -> Archive {
    let tree: Tree = archive.entries.iter().map(|leaf| leaf_hash(leaf)).collect();
    let origin = &making.election.manifest().unwrap().log.origin;
    archive.checkpoint = sign_checkpoint(origin, tree.size(), &tree.root(), &making.log);
    for (number, secret) in making.witnesses.iter().enumerate().take(witnesses) {
        let line = cosign(&archive.checkpoint, &format!("witness{number}.example"), secret, seconds).unwrap();
        archive.checkpoint.push_str(&line);
    }
    archive
}

/// One more entry, whatever the rules say.
fn with(making: &Making, kind: Kind, time: u64, body: Vec<u8>, data: &[u8]) -> Archive {
    let mut archive = making.archive();
    archive.entries.push(Entry { kind, time, body }.encode());
    if !data.is_empty() {
        archive.data.insert(sha256(data), data.to_vec());
    }
    signed(making, archive, 2, time / 1000)
}

/// An entry with its bytes changed.
fn changed(making: &Making, index: usize, change: impl FnOnce(&mut Vec<u8>)) -> Archive {
    let mut archive = making.archive();
    change(&mut archive.entries[index]);
    signed(making, archive, 2, making.now / 1000)
}

fn open() -> Making {
    let mut making = Making::open(9, 3, 2, 2);
    for slot in 1..=8 {
        making.vote(slot, Some(slot % 3));
    }
    making.vote(3, None);
    making
}

fn closed() -> Making {
    let mut making = open();
    making.spoil(2, 1, Malice::Garbage);
    making.advance_to_close();
    making
}

fn opener(making: &Making, teller: u8) -> Opener {
    let mut opener = Opener::new(&making.election, teller, &making.tellers[usize::from(teller) - 1]).unwrap();
    making.open_all(&mut opener, teller);
    opener
}

fn reported() -> Making {
    let mut making = closed();
    for teller in 1..=3 {
        let (body, data) = opener(&making, teller).report(&making.election, false).unwrap();
        making.append(Kind::Report, body, &data).unwrap();
    }
    making.append_due();
    making
}

fn sums(making: &Making, teller: u8) -> (Vec<u8>, Vec<u8>) {
    let opener = opener(making, teller);
    let boxes = making.boxes_of(teller, &opener.to_remove(&making.election));
    let given: Vec<(u64, &[u8])> = boxes.iter().map(|(index, bytes)| (*index, bytes.as_slice())).collect();
    opener.sums(&making.election, &given).unwrap()
}

/// Sums with another body, signed by their teller.
fn signed_sums(making: &Making, teller: u8, counted: &[u8], data: &[u8]) -> Vec<u8> {
    let mut body = vec![teller];
    body.extend(counted);
    body.extend(sha256(data));
    body.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
    let id = making.election.manifest().unwrap().id();
    let signature = making.tellers[usize::from(teller) - 1].sign().sign("isoloir/v1/sums", &[id.as_bytes(), &body]);
    body.extend(signature);
    body
}

fn summed() -> Making {
    let mut making = reported();
    for teller in [3, 1] {
        let (body, data) = sums(&making, teller);
        making.append(Kind::Sums, body, &data).unwrap();
    }
    making
}

fn counted() -> Making {
    let mut making = summed();
    making.append_due();
    making
}

fn receipt(making: &Making, index: u64, slot: u32) -> Receipt {
    let tree = making.election.tree();
    let view = making.election.slot(slot).unwrap();
    let found = view.superseded.iter().chain(&view.current).find(|ballot| ballot.index == index).unwrap();
    let note = signed(making, making.archive(), 0, 0).checkpoint;
    let leaf = &making.leaves[usize::try_from(index).unwrap()];
    let id = making.election.manifest().unwrap().id();
    Receipt::new(id, slot, found.fingerprint, index, leaf, note, &tree.inclusion(index, tree.size()).unwrap())
}

fn good() -> Vec<Case> {
    let (open, reported, counted) = (open(), reported(), counted());
    let mut quiet = Making::open(5, 1, 1, 1);
    quiet.vote(1, None);
    quiet.advance_to_close();
    let receipts = vec![receipt(&counted, counted.current(1), 1), receipt(&counted, counted.current(3), 3)];
    let case = |name, making: &Making, receipts| Case { name, archive: making.archive(), receipts, fails: None };
    vec![
        case("good-open", &open, vec![]),
        case("good-fixed", &reported, vec![]),
        case("good-counted", &counted, receipts),
        case("good-too-few", &quiet, vec![]),
        Case { name: "good-half-a-roll", archive: half_a_roll(&open), receipts: vec![], fails: None },
    ]
}

/// As far as the part of the first of two registrars: nobody is a voter yet.
fn half_a_roll(making: &Making) -> Archive {
    let mut archive = making.archive();
    archive.entries.truncate(first(making, Kind::RollPart) + 1);
    archive.checkpoints.clear();
    signed(making, archive, 2, making.now / 1000)
}

fn first(making: &Making, kind: Kind) -> usize {
    making.leaves.iter().position(|leaf| leaf[0] == kind as u8).unwrap()
}

fn log_and_setup() -> Vec<Case> {
    let (open, closed) = (open(), closed());
    let mut forked = open.archive();
    let origin = &open.election.manifest().unwrap().log.origin;
    forked.checkpoints.insert(7, sign_checkpoint(origin, 7, &[7; 32], &open.log));
    let case = |name, check, archive| Case { name, archive, receipts: vec![], fails: Some(check) };
    let mut backwards = open.archive();
    let last = backwards.entries.last_mut().unwrap();
    last[1..9].copy_from_slice(&(making::OPENS - 90_000_000).to_be_bytes());
    let mut unknown_kind = open.archive();
    unknown_kind.entries.push(vec![99; 12]);
    let mut no_data = open.archive();
    no_data.data.pop_last();
    let again = |kind| open.leaves[first(&open, kind)][9..].to_vec();
    let mut suspended = self::open();
    suspended.notice(What::Suspend).unwrap();
    let late = suspended.submission(9, Some(1), SUPERSEDES_NONE);
    let public = |making: &Making, submission: &[u8]| submission[..making.election.manifest().unwrap().ballot_len()].to_vec();
    let ballot = public(&suspended, &late);
    vec![
        case("two-histories", Check::V1, forked),
        case("too-few-witnesses", Check::V1, signed(&closed, closed.archive(), 1, closed.now / 1000)),
        case("witnesses-object", Check::V1, signed(&open, open.archive(), 2, (open.now - 2 * HOUR) / 1000)),
        case("unknown-kind", Check::V1, signed(&open, unknown_kind, 2, open.now / 1000)),
        case("manifest-signature", Check::V2, changed(&open, 0, |leaf| *leaf.last_mut().unwrap() ^= 1)),
        case("consent-signature", Check::V2, changed(&open, first(&open, Kind::Consent), |leaf| leaf[60] ^= 1)),
        case("roll-part-missing", Check::V3, no_data),
        case("time-goes-back", Check::V4, signed(&open, backwards, 0, 0)),
        case("opened-twice", Check::V4, with(&open, Kind::Open, open.now, again(Kind::Open), &[])),
        case("closed-early", Check::V4, with(&open, Kind::Close, open.now, vec![], &[])),
        case("ballot-while-suspended", Check::V4, with(&suspended, Kind::Ballot, suspended.now, ballot, &[])),
    ]
}

fn voting() -> Vec<Case> {
    let mut open = open();
    let case = |name, check, archive| Case { name, archive, receipts: vec![], fails: Some(check) };
    let len = open.election.manifest().unwrap().ballot_len();
    let public = |submission: &[u8]| submission[..len].to_vec();
    let mut no_slot = public(&open.submission(9, Some(1), SUPERSEDES_NONE));
    no_slot[..4].copy_from_slice(&99_u32.to_be_bytes());
    let mut forged = public(&open.submission(9, Some(1), SUPERSEDES_NONE));
    forged[len - 32] ^= 1;
    let stale = public(&open.submission(3, Some(1), SUPERSEDES_NONE));
    let bad_notice = notice::body(&open.election, What::Message, "Avis", open.now, &SignSecret::generate(&mut rng())).unwrap();
    let old_notice = notice::body(&open.election, What::Message, "Avis", open.now, &open.organiser).unwrap();
    let mut cases = vec![
        case("ballot-of-nobody", Check::V5, with(&open, Kind::Ballot, open.now, no_slot, &[])),
        case("ballot-forged", Check::V5, with(&open, Kind::Ballot, open.now, forged, &[])),
        case("ballot-supersedes-another", Check::V6, with(&open, Kind::Ballot, open.now, stale, &[])),
        case("notice-of-another", Check::V7, with(&open, Kind::Notice, open.now, bad_notice, &[])),
        case("notice-too-old", Check::V7, with(&open, Kind::Notice, open.now + 2 * HOUR, old_notice, &[])),
    ];
    open.replace(4, 1);
    let again = open.leaves.last().unwrap()[9..].to_vec();
    cases.push(case("replacement-again", Check::V7, with(&open, Kind::Replacement, open.now, again, &[])));
    cases
}

fn counting() -> Vec<Case> {
    let (closed, reported, summed) = (closed(), reported(), summed());
    let case = |name, check, archive| Case { name, archive, receipts: vec![], fails: Some(check) };
    let (body, data) = opener(&closed, 1).report(&closed.election, false).unwrap();
    let miscounted = closed.report_with(&body, 7, &data);
    let mut other_root = body.clone();
    other_root[20] ^= 1;
    let other_root = closed.report_with(&other_root, 1, &data);
    let (sums_body, sums_data) = sums(&reported, 2);
    let other_counted = signed_sums(&reported, 2, &[7; 32], &sums_data);
    let mut wrong = sums_data.clone();
    wrong[0] ^= 1;
    let wrong_sums = signed_sums(&reported, 2, &sums_body[1..33], &wrong);
    let due = summed.election.due(summed.now).unwrap();
    let mut totals = due.data.clone();
    *totals.last_mut().unwrap() ^= 1;
    let mut result = sha256(&totals).to_vec();
    result.extend(u32::try_from(totals.len()).unwrap().to_be_bytes());
    let early = with(&closed, Kind::Sums, closed.now, sums_body, &sums_data);
    vec![
        case("report-of-another-log", Check::V8, with(&closed, Kind::Report, closed.now, other_root, &data)),
        case("report-miscounts-complaints", Check::V8, with(&closed, Kind::Report, closed.now, miscounted, &data)),
        case("sums-before-the-fix", Check::V4, early),
        case("sums-of-other-ballots", Check::V9, with(&reported, Kind::Sums, reported.now, other_counted, &sums_data)),
        case("sums-that-open-nothing", Check::V10, with(&reported, Kind::Sums, reported.now, wrong_sums, &wrong)),
        case("result-of-other-sums", Check::V11, with(&summed, Kind::Result, summed.now, result, &totals)),
    ]
}

fn receipts() -> Vec<Case> {
    let counted = counted();
    let case = |name, receipt| Case { name, archive: counted.archive(), receipts: vec![receipt], fails: Some(Check::V12) };
    let void = *counted.election.void().keys().next().unwrap();
    let mut other_slot = receipt(&counted, counted.current(1), 1);
    other_slot.slot = 4;
    let mut other_code = receipt(&counted, counted.current(1), 1);
    other_code.code = receipt(&counted, counted.current(4), 4).code;
    vec![
        case("receipt-of-a-void-ballot", receipt(&counted, void, 2)),
        case("receipt-of-another-slot", other_slot),
        case("receipt-with-another-code", other_code),
    ]
}

// REQ issue 5.6: a corpus of invalid elections that both verifiers must reject for the same reason
#[test]
fn every_case_of_the_corpus_fails_its_check_alone() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let mut listed: Vec<Value> = Vec::new();
    let mut checks: BTreeMap<Check, usize> = BTreeMap::new();
    let cases = [good(), log_and_setup(), voting(), counting(), receipts()];
    for Case { name, archive, receipts, fails } in cases.into_iter().flatten() {
        let given = Given { receipts: &receipts, ..Given::default() };
        let (report, _) = audit_with_election(&archive, given, &mut rng(), &mut |_, _| {});
        let failed: Vec<Check> =
            report.checks.iter().filter(|outcome| outcome.status == Status::Failed).map(|outcome| outcome.check).collect();
        assert_eq!(failed, fails.into_iter().collect::<Vec<_>>(), "{name}: {:?}", report.checks);
        let entry =
            fails.and_then(|check| report.outcome(check)).and_then(|outcome| outcome.failures.first()).and_then(|failure| failure.entry);
        fails.into_iter().for_each(|check| *checks.entry(check).or_default() += 1);
        fs::write(folder.join(format!("{name}.zip")), archive.to_zip().unwrap()).unwrap();
        let check = fails.map(|check| format!("{check:?}"));
        listed.push(json!({
            "name": name, "check": check, "entry": entry, "receipts": receipts, "totals": report.totals, "voters": report.voters,
        }));
    }
    fs::write(folder.join("corpus.json"), serde_json::to_vec(&listed).unwrap()).unwrap();
    assert_eq!(checks.keys().copied().collect::<Vec<_>>(), Check::ALL, "a check without a case");
    let voters = |name: &str| listed.iter().find(|case| case["name"] == name).map(|case| case["voters"].clone());
    assert_eq!((voters("good-half-a-roll"), voters("good-open")), (Some(json!(0)), Some(json!(9))));
    // The test of the test: the corpus has good elections, which pass.
    assert!(audit(&good()[2].archive, &[], &[], &mut rng(), &mut |_, _| {}).totals.is_some());
}
