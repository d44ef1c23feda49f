//! A whole election and the archives of the vectors, good and broken.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod common;
mod making;

// In a browser the same tests run as part of ballot-wasm's.
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::collections::BTreeMap;

use common::{array, folder, hex, items, mutated, number, read, text, vector};
use isoloir_protocol::{
    archive::Archive,
    audit::{Status, audit},
    election::{Check, Election, Replay},
    log::receipt::Receipt,
    rand_core::UnwrapErr,
    tally::{Opener, bucket::buckets},
    teller::TellerSecret,
};
use serde_json::Value;

fn rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

fn numbers(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn totals(value: &Value) -> Vec<Vec<Vec<u64>>> {
    let lists = |value: &Value| value.as_array().unwrap().iter().map(numbers).collect();
    value.as_array().unwrap().iter().map(lists).collect()
}

fn archive(name: &str) -> Archive {
    Archive::from_files(folder(&format!("elections/{name}"))).unwrap()
}

fn receipt(value: &Value) -> Receipt {
    Receipt::parse(&value.to_string()).unwrap()
}

#[test]
fn bucket_vectors() {
    for case in items(&vector("buckets")) {
        let smallest = u32::try_from(number(&case["smallest_group"])).unwrap();
        let found = buckets(smallest, &numbers(&case["current_per_group"]));
        let expected: Vec<Vec<u64>> = case["buckets"].as_array().unwrap().iter().map(numbers).collect();
        let found: Vec<Vec<u64>> = found.into_iter().map(|bucket| bucket.into_iter().map(u64::from).collect()).collect();
        assert_eq!(found, expected, "{case}");
    }
}

#[test]
fn the_whole_election_replays_and_every_entry_is_needed() {
    let vectors = vector("election");
    let data: BTreeMap<[u8; 32], Vec<u8>> =
        items(&vectors["data"]).iter().map(hex).map(|data| (isoloir_protocol::hash::sha256(&data), data)).collect();
    let entries: Vec<Vec<u8>> = items(&vectors["entries"]).iter().map(hex).collect();
    let mut replay = Replay::new();
    replay.push(&entries, &data, &mut rng()).unwrap();
    let election = replay.finish();
    let expected = &vectors["expected"];
    assert_eq!(election.size(), number(&expected["size"]));
    assert_eq!(election.root(), array(&expected["root"]));
    let closing = election.closing().unwrap();
    assert_eq!((closing.size, closing.root), (number(&expected["close_size"]), array(&expected["close_root"])));
    assert_eq!(closing.code, text(&expected["closing_code"]));
    let fixing = election.fixing().unwrap();
    assert_eq!((fixing.size, fixing.root), (number(&expected["fix_size"]), array(&expected["fix_root"])));
    assert_eq!(fixing.code, text(&expected["counting_code"]));
    let counted: Vec<u64> = election.counted().map(|ballot| ballot.index()).collect();
    let expected_counted: Vec<u64> = items(&expected["counted"]).iter().map(|ballot| number(&ballot["index"])).collect();
    assert_eq!(counted, expected_counted);
    assert_eq!(election.counted_hash().unwrap(), array(&expected["counted_hash"]));
    assert_eq!(election.void().keys().copied().collect::<Vec<_>>(), numbers(&expected["void"]));
    assert_eq!(election.totals().unwrap(), &totals(&expected["totals"]));

    // One by one, as the server appends; and nothing is accepted twice.
    let mut election = Election::new();
    for leaf in &entries {
        let entry = isoloir_protocol::log::entry::Entry::decode(leaf).unwrap();
        let named = isoloir_protocol::log::entry::data_of(&entry).unwrap();
        let bytes = named.and_then(|hash| data.get(&hash).cloned()).unwrap_or_default();
        election.check(leaf, &bytes, &mut rng()).unwrap();
        election.apply(leaf, &bytes, &mut rng()).unwrap();
        let size = election.size();
        if !matches!(entry.kind, isoloir_protocol::log::entry::Kind::Notice) {
            assert!(election.apply(leaf, &bytes, &mut rng()).is_err(), "{:?} twice", entry.kind);
        }
        assert_eq!(election.size(), size);
    }
    assert_eq!(election.root(), array(&expected["root"]));
}

/// The tellers of the vectors open the very boxes: same complaints, same sums.
#[test]
fn tellers_open_the_boxes_of_the_vectors() {
    let vectors = vector("election");
    let entries: Vec<Vec<u8>> = items(&vectors["entries"]).iter().map(hex).collect();
    let data: BTreeMap<[u8; 32], Vec<u8>> =
        items(&vectors["data"]).iter().map(hex).map(|data| (isoloir_protocol::hash::sha256(&data), data)).collect();
    let mut replay = Replay::new();
    replay.push(&entries, &data, &mut rng()).unwrap();
    let election = replay.finish();
    let void: Vec<u64> = election.void().keys().copied().collect();
    assert!(!void.is_empty());
    for (teller, secret) in (1_u8..).zip(items(&vectors["teller_seal_secrets"])) {
        // The signing seeds are not in the vectors; sums do not depend on them.
        let seal: [u8; 32] = array(secret);
        let secret = TellerSecret::from_bytes(&seal, &[7; 32]);
        assert!(Opener::new(&election, teller, &secret).is_err(), "another signing key");
        assert_eq!(secret.seal_key().bytes(), election.manifest().unwrap().teller_keys(teller).unwrap().seal.bytes());
    }
}

// Before every registrar's part is there the roll lists nobody (section 3).
#[test]
fn half_a_roll_has_no_voters_and_is_not_compared_with_the_round_before() {
    let mut half = archive("open");
    let kind = |leaf: &Vec<u8>| leaf[0];
    let parts = half.entries.iter().filter(|leaf| kind(leaf) == 3).count();
    let first = half.entries.iter().position(|leaf| kind(leaf) == 3).unwrap();
    assert!(parts > 1);
    half.entries.truncate(first + 1);
    let report = audit(&half, &[&archive("plain")], &[], &mut rng(), &mut |_, _| {});
    // Its checkpoints are of the whole log.
    let failed: Vec<Check> = report.checks.iter().filter(|outcome| outcome.status == Status::Failed).map(|outcome| outcome.check).collect();
    assert_eq!(failed, [Check::V1]);
    assert_eq!((report.voters, report.previous), (0, Some(true)));
    assert!(report.new_slots.is_empty() && report.gone_slots.is_empty());
}

fn check_of(name: &str) -> Check {
    Check::ALL.into_iter().find(|check| format!("{check:?}") == name).unwrap()
}

#[test]
fn good_archives_pass_with_the_facts_of_the_vectors() {
    for name in ["plain", "complaint", "open"] {
        let expected: Value = vector(&format!("elections/{name}"));
        let earlier = expected.get("previous").map(|earlier| archive(text(earlier)));
        let previous: Vec<&Archive> = earlier.iter().collect();
        let good: Vec<Receipt> =
            items(&expected["receipts"]).iter().filter(|case| case["outcome"] != "void").map(|case| receipt(&case["receipt"])).collect();
        let report = audit(&archive(name), &previous, &good, &mut rng(), &mut |_, _| {});
        assert!(report.holds(), "{name}: {:?}", report.checks);
        assert_eq!(report.size, number(&expected["size"]));
        assert_eq!(report.root, text(&expected["root"]));
        assert_eq!(report.phase, Some(text(&expected["phase"])));
        assert_eq!(report.objections as u64, number(&expected["objections"]), "{name}");
        assert_eq!(report.wrong_cosignatures as u64, number(&expected["wrong_cosignatures"]), "{name}");
        if let Some(code) = expected.get("closing_code") {
            let (size, root, closing) = report.closing.clone().unwrap();
            assert_eq!((size, root.as_str()), (number(&expected["close_size"]), text(&expected["close_root"])));
            assert_eq!(closing, text(code));
            let (size, root, counting) = report.fixing.clone().unwrap();
            assert_eq!((size, root.as_str()), (number(&expected["fix_size"]), text(&expected["fix_root"])));
            assert_eq!(counting, text(&expected["counting_code"]));
            assert_eq!(report.current, numbers(&expected["current"]));
            assert_eq!(report.counted, numbers(&expected["counted"]));
            assert_eq!(report.totals.clone().unwrap(), totals(&expected["totals"]));
            let found: Vec<Vec<u64>> = report.buckets.iter().map(|bucket| bucket.iter().map(|group| u64::from(*group)).collect()).collect();
            let buckets: Vec<Vec<u64>> = items(&expected["buckets"]).iter().map(numbers).collect();
            assert_eq!(found, buckets);
        }
        let void: Vec<(u64, Vec<(u8, String)>)> = report
            .void
            .iter()
            .map(|(index, reasons)| (*index, reasons.iter().map(|(teller, reason)| (*teller, (*reason).to_owned())).collect()))
            .collect();
        let expected_void: Vec<(u64, Vec<(u8, String)>)> = expected["void"]
            .as_array()
            .unwrap()
            .iter()
            .map(|void| {
                let reasons = items(&void["reasons"])
                    .iter()
                    .map(|reason| (u8::try_from(number(&reason["teller"])).unwrap(), text(&reason["reason"]).to_owned()))
                    .collect();
                (number(&void["index"]), reasons)
            })
            .collect();
        assert_eq!(void, expected_void);
        if let Some(new) = expected.get("new_slots") {
            assert_eq!(report.previous, Some(true));
            assert_eq!(report.new_slots.iter().map(|slot| u64::from(*slot)).collect::<Vec<_>>(), numbers(new));
            let gone: Vec<u64> = report.gone_slots.iter().map(|slot| u64::from(*slot)).collect();
            assert_eq!(gone, numbers(&expected["gone_slots"]));
        }
        for case in items(&expected["receipts"]) {
            let one = [receipt(&case["receipt"])];
            let report = audit(&archive(name), &previous, &one, &mut rng(), &mut |_, _| {});
            let outcome = format!("{:?}", report.receipts[0].outcome).to_lowercase();
            assert_eq!(outcome, text(&case["outcome"]), "{name}");
            assert_eq!(report.holds(), case["outcome"] != "void", "{name}");
        }
    }
}

#[test]
fn the_zip_of_an_archive_is_the_same_archive() {
    let zipped = read("elections/plain.zip");
    assert_eq!(Archive::from_zip(&zipped).unwrap(), archive("plain"));
}

#[test]
fn broken_archives_fail_the_named_check() {
    let vectors = vector("elections-rejected");
    for case in items(&vectors) {
        let name = text(&case["name"]);
        let earlier = case.get("previous").map(|earlier| archive(text(earlier)));
        let previous: Vec<&Archive> = earlier.iter().collect();
        let archive = Archive::from_files(mutated(text(&case["base"]), &case["changes"])).unwrap();
        let receipts: Vec<Receipt> = case.get("receipts").map(|receipts| items(receipts).iter().map(receipt).collect()).unwrap_or_default();
        let report = audit(&archive, &previous, &receipts, &mut rng(), &mut |_, _| {});
        let check = check_of(text(&case["check"]));
        let outcome = report.outcome(check).unwrap();
        assert_eq!(outcome.status, Status::Failed, "{name} ({}): {:?}", case["reason"], report.checks);
        assert!(!report.holds());
    }
}

/// A flipped byte of the leaves, of the data they name, or of what the log signed is never accepted.
/// In the lines of witnesses it never changes a fact and never makes one more valid cosignature.
#[test]
fn no_flipped_byte_is_accepted() {
    use isoloir_protocol::rand_core::Rng;
    let mut accepted_in_witness_lines = 0;
    for name in ["plain", "complaint", "open"] {
        let files = folder(&format!("elections/{name}"));
        let sound = audit(&archive(name), &[], &[], &mut rng(), &mut |_, _| {});
        assert!(sound.holds());
        let names: Vec<&String> = files.keys().collect();
        for round in 0..600 {
            let mut rng = rng();
            // Every file gets its share; entries.bin most of them.
            let file = match round % 3 {
                0 => names[rng.next_u32() as usize % names.len()].clone(),
                _ => "entries.bin".to_owned(),
            };
            let mut flipped = files.clone();
            let content = flipped.get_mut(&file).unwrap();
            let at = rng.next_u32() as usize % content.len();
            content[at] ^= u8::try_from(1 + rng.next_u32() % 255).unwrap();
            let witness_line = file.starts_with("checkpoint") && {
                let text = String::from_utf8_lossy(&files[&file]).into_owned();
                let lines: Vec<usize> = text.match_indices('\n').map(|(position, _)| position).collect();
                // Three lines of text, an empty one, the log's signature; then witnesses.
                lines.get(4).is_some_and(|end| at > *end)
            };
            let Ok(archive) = Archive::from_files(flipped) else { continue };
            let report = audit(&archive, &[], &[], &mut rng, &mut |_, _| {});
            if witness_line {
                if report.holds() {
                    accepted_in_witness_lines += 1;
                    assert_eq!(report.totals, sound.totals);
                    assert_eq!(report.counted, sound.counted);
                    assert_eq!(report.root, sound.root);
                }
                continue;
            }
            assert!(!report.holds(), "{name}: {file}, byte {at}");
        }
    }
    assert!(accepted_in_witness_lines < 1800);
}

#[test]
fn receipts_of_the_vectors() {
    let vectors = vector("receipt");
    let manifest = isoloir_protocol::manifest::Manifest::parse(text(&vector("election")["manifest"]).as_bytes()).unwrap();
    let key = isoloir_protocol::group::Point::decode(&array(&vectors["K"])).unwrap();
    let verdict = |value: &Value| {
        let receipt = Receipt::parse(&value.to_string())?;
        receipt.check(&manifest)?.fingerprint(&manifest, &key)
    };
    verdict(&vectors["receipt"]).unwrap();
    for case in items(&vectors["invalid"]) {
        assert!(verdict(&case["receipt"]).is_err(), "{}", case["changed"]);
    }
}

/// A receipt under a checkpoint that the log signed for another history proves a fork.
#[test]
fn a_receipt_of_another_history_fails_v1() {
    use isoloir_protocol::log::{checkpoint::sign_checkpoint, entry::Entry, tree::Tree};
    let mut making = making::Making::open(6, 3, 2, 1);
    let index = making.vote(1, Some(0));
    let entry = Entry::decode(&making.leaves[usize::try_from(index).unwrap()]).unwrap();
    let mut other = entry.clone();
    other.time += 1;
    let mut tree = Tree::new();
    for leaf in &making.leaves[..usize::try_from(index).unwrap()] {
        tree.push(isoloir_protocol::log::tree::leaf_hash(leaf));
    }
    tree.push(isoloir_protocol::log::tree::leaf_hash(&other.encode()));
    let view = making.election.slot(1).unwrap().current.unwrap();
    let manifest = making.election.manifest().unwrap();
    let forked = Receipt::new(
        manifest.id(),
        1,
        view.fingerprint,
        index,
        &other.encode(),
        sign_checkpoint(&manifest.log.origin, tree.size(), &tree.root(), &making.log),
        &tree.inclusion(index, tree.size()).unwrap(),
    );
    let report = making::audited(&making.archive(), &[forked]);
    assert_eq!(report.outcome(Check::V1).unwrap().status, Status::Failed);
    assert_eq!(report.outcome(Check::V12).unwrap().status, Status::Failed);
}
