//! Section 4 against the vectors: making, checking, testing a ballot; boxes; complaints.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod common;

// In a browser the same tests run as part of ballot-wasm's.
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use common::{array, hex, items, number, text, vector};
use isoloir_protocol::{
    ballot::{Ballot, BallotCheck, Choice, Choices, Randomness, Statement, Submission, disclosure, prepare, verify_batch},
    code::Code,
    credential::{CodePart, PartContext, VoterKey},
    group::Point,
    manifest::Manifest,
    rand_core::UnwrapErr,
    sealed_box,
};
use serde_json::Value;

fn manifest(vectors: &Value) -> Manifest {
    Manifest::parse(text(&vectors["manifest"]).as_bytes()).unwrap()
}

fn choices(manifest: &Manifest, value: &Value) -> Choices {
    let choices = value
        .as_array()
        .unwrap()
        .iter()
        .zip(&manifest.questions)
        .map(|(chosen, question)| {
            let numbers: Vec<u16> =
                chosen.as_array().unwrap().iter().map(|number| u16::try_from(common::number(number)).unwrap()).collect();
            let blank_number = u16::try_from(question.options.len()).unwrap();
            let blank = question.blank && numbers.contains(&blank_number);
            let options: Vec<u16> = numbers.into_iter().filter(|number| *number != blank_number).collect();
            Choice::from_options(question, &options, blank)
        })
        .collect();
    Choices::new(manifest, choices).unwrap()
}

fn point(value: &Value) -> Point {
    Point::decode(&array(value)).unwrap()
}

#[test]
fn ballots_have_the_bytes_of_the_vectors() {
    for name in ["ballot-1", "ballot-2", "ballot-3"] {
        let vectors = vector(name);
        let manifest = manifest(&vectors);
        assert_eq!(manifest.id().as_bytes(), &array(&vectors["election_id"]), "{name}");
        let input = &vectors["input"];
        let prepared = prepare(
            &manifest,
            &choices(&manifest, &input["choices"]),
            u32::try_from(number(&input["slot"])).unwrap(),
            &point(&vectors["output"]["K"]),
            number(&input["supersedes"]),
            &Randomness::from_bytes(array(&input["seed"]), array(&input["fresh"])),
        );
        let output = &vectors["output"];
        assert_eq!(prepared.fingerprint().0, array(&output["fingerprint"]), "{name}");
        assert_eq!(prepared.code(), text(&output["receipt_code"]), "{name}");
        if !vectors["disclosure"].is_null() {
            assert_eq!(prepared.disclose(), hex(&vectors["disclosure"]), "{name}");
        }
    }
}

/// The signature needs the key as a scalar, which only codes give; the public ballot of the vectors
/// is checked up to it by the fingerprint above, and wholly here by verification.
#[test]
fn ballots_of_the_vectors_verify_and_read_back() {
    for name in ["ballot-1", "ballot-2", "ballot-3"] {
        let vectors = vector(name);
        let manifest = manifest(&vectors);
        let bytes = hex(&vectors["output"]["public_ballot"]);
        assert_eq!(bytes.len(), manifest.ballot_len());
        let ballot = Ballot::decode(&manifest, &bytes).unwrap();
        assert_eq!(ballot.encode(), bytes);
        let key = point(&vectors["output"]["K"]);
        let mut submission = bytes.clone();
        for (teller, sealed) in (1_u8..).zip(items(&vectors["output"]["boxes"])) {
            let sealed = hex(sealed);
            assert_eq!(sealed.len(), manifest.box_len());
            sealed_box::check_hash(&ballot, teller, &sealed).unwrap();
            let statement = ballot.box_statement(&manifest, &key, teller);
            sealed_box::check(&manifest, &statement, &sealed).unwrap();
            submission.extend(sealed);
        }
        assert!(Submission::decode(&manifest, &submission).unwrap().boxes_match());
        assert!(Submission::decode(&manifest, &submission[1..]).is_err());
        let statement = Statement::new(&manifest, ballot, key);
        assert_eq!(statement.failing(&manifest), []);
        assert!(statement.verify(&manifest).is_ok());
    }
}

#[test]
fn a_cast_ballot_verifies() {
    let vectors = vector("ballot-2");
    let manifest = manifest(&vectors);
    let mut rng = UnwrapErr(getrandom::SysRng);
    let context = PartContext { roll_scope: manifest.roll_scope(), registrar: 0, slot: 9 };
    let part = CodePart::derive(context, &Code::generate(&mut rng)).unwrap();
    let key = VoterKey::from_parts(&[part]).unwrap();
    let choices = choices(&manifest, &vectors["input"]["choices"]);
    let ballot = || {
        let randomness = Randomness::generate(&mut UnwrapErr(getrandom::SysRng));
        prepare(&manifest, &choices, 9, &key.public(), 17, &randomness)
    };
    let prepared = ballot();
    let fingerprint = prepared.fingerprint();
    let submission = Submission::decode(&manifest, &prepared.cast(&key).unwrap()).unwrap();
    let statement = Statement::new(&manifest, submission.ballot().clone(), key.public());
    assert_eq!(statement.fingerprint(), fingerprint);
    statement.verify(&manifest).unwrap();

    let other = CodePart::derive(context, &Code::generate(&mut rng)).unwrap();
    assert!(ballot().cast(&VoterKey::from_parts(&[other]).unwrap()).is_none(), "another key");
}

fn check_name(check: BallotCheck) -> &'static str {
    match check {
        BallotCheck::Bits => "bits",
        BallotCheck::Slack => "slack",
        BallotCheck::Product => "product",
        BallotCheck::Sum => "sum",
        BallotCheck::Signature => "signature",
        BallotCheck::Challenge => "challenge",
    }
}

#[test]
fn bad_ballots_fail_the_named_checks_alone_and_in_batches() {
    for (group, name) in items(&vector("ballots-rejected")).iter().zip(["ballot-1", "ballot-2"]) {
        let vectors = vector(name);
        let manifest = manifest(&vectors);
        assert_eq!(group["manifest"], vectors["name"]);
        let key = point(&group["K"]);
        let good = Ballot::decode(&manifest, &hex(&vectors["output"]["public_ballot"])).unwrap();
        let good_key = point(&vectors["output"]["K"]);
        let mut batch = vec![Statement::new(&manifest, good.clone(), good_key)];
        let mut expected = vec![true];
        for case in items(&group["ballots"]) {
            let failing: Vec<&str> = items(&case["failing"]).iter().map(text).collect();
            let decoded = Ballot::decode(&manifest, &hex(&case["public_ballot"]));
            if failing == ["encoding"] {
                assert!(decoded.is_err(), "{}", case["name"]);
                continue;
            }
            let key = case.get("K").map_or(key, point);
            let statement = Statement::new(&manifest, decoded.unwrap(), key);
            let mut found: Vec<&str> = statement.failing(&manifest).into_iter().map(check_name).collect();
            let mut failing = failing;
            found.sort_unstable();
            failing.sort_unstable();
            assert_eq!(found, failing, "{}", case["name"]);
            batch.push(statement);
            batch.push(Statement::new(&manifest, good.clone(), good_key));
            expected.extend([false, true]);
        }
        let verdicts = verify_batch(&manifest, batch, &mut UnwrapErr(getrandom::SysRng));
        let verdicts: Vec<bool> = verdicts.iter().map(Result::is_ok).collect();
        assert_eq!(verdicts, expected, "a bad ballot costs only itself");
    }
}

#[test]
fn bad_boxes_fail_the_box_check_alone_and_in_batches() {
    let vectors = vector("boxes-rejected");
    let manifest = manifest(&vector("ballot-1"));
    let ballot = Ballot::decode(&manifest, &hex(&vectors["public_ballot"])).unwrap();
    let key = point(&vectors["K"]);
    let statement = || ballot.box_statement(&manifest, &key, 1);
    let good = hex(&vectors["good"]);
    sealed_box::check(&manifest, &statement(), &good).unwrap();
    let bad: Vec<Vec<u8>> = items(&vectors["bad"]).iter().map(|case| hex(&case["box"])).collect();
    for (case, bytes) in items(&vectors["bad"]).iter().zip(&bad) {
        assert!(sealed_box::check(&manifest, &statement(), bytes).is_err(), "{}", case["why"]);
        assert!(sealed_box::check_hash(&ballot, 1, bytes).is_err(), "{}", case["why"]);
    }
    let mut batch = Vec::new();
    for bytes in &bad {
        batch.push((statement(), good.as_slice()));
        batch.push((statement(), bytes.as_slice()));
    }
    let verdicts = sealed_box::check_batch(&manifest, &batch, &mut UnwrapErr(getrandom::SysRng));
    for (position, verdict) in verdicts.iter().enumerate() {
        assert_eq!(verdict.is_ok(), position % 2 == 0);
    }
}

#[test]
fn disclosures() {
    let vectors = vector("disclosures");
    let manifests: Vec<(String, Manifest)> =
        ["ballot-1", "ballot-2"].into_iter().map(vector).map(|vectors| (text(&vectors["name"]).to_owned(), manifest(&vectors))).collect();
    let of = |case: &Value| {
        let name = text(&case["manifest"]);
        &manifests.iter().find(|(manifest, _)| manifest == name).unwrap().1
    };
    for case in items(&vectors["valid"]) {
        let manifest = of(case);
        let disclosed = disclosure::check(manifest, &hex(&case["disclosure"])).ok().unwrap();
        assert_eq!(disclosed.fingerprint.0, array(&case["fingerprint"]));
        assert_eq!(disclosed.fingerprint.code(), text(&case["receipt_code"]));
        let shown: Vec<Vec<u64>> = disclosed
            .choices
            .questions()
            .zip(&manifest.questions)
            .map(|(choice, question)| {
                let mut numbers: Vec<u64> = choice.options(question).into_iter().map(u64::from).collect();
                if choice.is_blank(question) {
                    numbers.push(question.options.len() as u64);
                }
                numbers
            })
            .collect();
        let expected: Vec<Vec<u64>> =
            items(&case["choices"]).iter().map(|chosen| chosen.as_array().unwrap().iter().map(number).collect()).collect();
        assert_eq!(shown, expected);
    }
    for case in items(&vectors["invalid"]) {
        let refused = match disclosure::check(of(case), &hex(&case["disclosure"])) {
            Err(_) => true,
            // Some show another ballot: the fingerprint differs from the one noted before.
            Ok(disclosed) => items(&vectors["valid"]).iter().all(|valid| disclosed.fingerprint.0 != array::<32>(&valid["fingerprint"])),
        };
        assert!(refused, "{}", case["why"]);
    }
}

#[test]
fn choices_that_are_not_allowed_are_refused() {
    let manifest = manifest(&vector("ballot-2"));
    let [first, second] = manifest.questions.as_slice() else { unreachable!() };
    let with = |options: &[u16], blank| Choice::from_options(first, options, blank);
    let ok = || Choice::from_options(second, &[0], false);
    assert!(Choices::new(&manifest, vec![with(&[], false), ok()]).is_ok());
    assert!(Choices::new(&manifest, vec![with(&[1, 2, 3], false), ok()]).is_ok());
    assert!(Choices::new(&manifest, vec![with(&[1, 2, 3, 4], false), ok()]).is_err());
    assert!(Choices::new(&manifest, vec![with(&[], true), ok()]).is_err());
    assert!(Choices::new(&manifest, vec![with(&[], false)]).is_err());
    let none = Choice::from_options(second, &[], false);
    assert!(Choices::new(&manifest, vec![with(&[], false), none]).is_err());
    assert!(Choices::new(&manifest, vec![Choice::from_bits(vec![2; 10]), ok()]).is_err());
}
