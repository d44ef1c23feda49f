use super::*;
use crate::{
    ballot_test::BallotTest,
    convert::Bytes,
    error::{ChoiceProblem, CodeProblem, DisclosureProblem, ManifestProblem, ModuleError, ReceiptProblem, SlotProblem},
    page::PendingSubmission,
    receipt::{Question, Receipt, ReceiptOutcome},
    voter::{Answer, Voter},
};

fn answer(options: &[u16]) -> Answer {
    Answer { options: options.to_vec(), blank: false }
}

fn code(making: &Making, registrar: usize, slot: usize) -> String {
    making.codes[registrar][slot - 1].shown().to_string()
}

fn open(making: &Making, slot: u32) -> Voter {
    let server = Server(making);
    Voter::open(&server.id(), &server.manifest(), &server.slot_json(slot)).unwrap()
}

fn problem(result: Result<(), ModuleError>) -> CodeProblem {
    match result {
        Err(ModuleError::Code { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_wrong_code_is_named_with_what_is_wrong_about_it() {
    let making = Making::open(6, 3, 2, 2);
    let mut voter = open(&making, 3);
    assert_eq!(voter.show().missing, [0, 1]);
    let right = code(&making, 0, 3);

    assert_eq!(problem(voter.take_code(0, &right[..18])), CodeProblem::Length { found: 15 });
    assert_eq!(problem(voter.take_code(0, &format!("{}U", &right[..18]))), CodeProblem::Symbol { position: 16 });
    assert_eq!(problem(voter.take_code(0, &code(&making, 0, 4))), CodeProblem::Wrong);
    assert_eq!(problem(voter.take_code(0, &code(&making, 1, 3))), CodeProblem::Swapped { other: 1 });

    // One symbol typed wrongly is found; two are not.
    let mut typed: Vec<char> = right.chars().filter(|c| *c != '-').collect();
    typed[6] = if typed[6] == '7' { '8' } else { '7' };
    assert_eq!(problem(voter.take_code(0, &String::from_iter(&typed))), CodeProblem::Checksum { positions: vec![7] });

    voter.take_code(0, &right.to_lowercase()).unwrap();
    assert_eq!(voter.show().missing, [1]);
    voter.take_code(1, &code(&making, 1, 3)).unwrap();
    assert_eq!(voter.show().missing, [0; 0]);
}

#[test]
fn a_vote_is_cast_once_and_its_receipt_checked() {
    let mut making = Making::open(6, 3, 2, 2);
    let mut voter = open(&making, 3);
    let shown = voter.prepare_ballot(&[answer(&[1])]).unwrap();
    assert_eq!(voter.cast_ballot(), Err(ModuleError::CodeMissing { registrars: vec![0, 1] }));
    voter.take_code(0, &code(&making, 0, 3)).unwrap();
    voter.take_code(1, &code(&making, 1, 3)).unwrap();
    let submission = voter.cast_ballot().unwrap();
    assert_eq!(voter.cast_ballot(), Err(ModuleError::Spent));
    assert_eq!(voter.prepare_ballot(&[answer(&[1])]), Err(ModuleError::Spent));
    assert_eq!(voter.take_code(0, &code(&making, 0, 3)), Err(ModuleError::Spent));

    let index = making.cast(&submission).unwrap();
    let other = making.vote(4, Some(0));
    let server = Server(&making);
    let receipts = Receipt::of(&server.id(), &server.manifest()).unwrap();
    let receipt = receipts.verify_answer(&submission, &shown, &server.receipt(index)).unwrap();
    assert_eq!((receipt.slot, receipt.index, &receipt.code), (3, index, &shown));
    assert_eq!(receipt.witnesses, ["witness0.example", "witness1.example"]);
    assert!(receipt.code_proved);
    assert!(!receipt.file_name.contains("slot"));

    // Another ballot's receipt, however valid, is not an answer to this one.
    let refused = receipts.verify_answer(&submission, &shown, &server.receipt(other)).unwrap_err();
    assert!(matches!(refused, ModuleError::Receipt { problem: ReceiptProblem::OtherBallot, .. }));
}

#[test]
fn what_becomes_of_a_ballot_is_told() {
    let mut making = Making::open(6, 3, 2, 1);
    let first = making.vote(2, Some(1));
    let file = Server(&making).receipt(first);
    let early = Receipt::of(&Server(&making).id(), &Server(&making).manifest()).unwrap();
    let code = early.verify(&file, None).unwrap().code;
    let ask = |making: &Making, code: &str, held: Option<&str>, phase: &str| {
        let server = Server(making);
        let slot = server.slot(2);
        let found = slot.ballots.iter().find(|ballot| ballot.code == code).map(|ballot| server.receipt(ballot.index));
        let current = slot.current.filter(|current| current.code != code).map(|current| server.receipt(current.index));
        let receipts = Receipt::of(&server.id(), &server.manifest()).unwrap();
        receipts.trace(Question {
            slot: 2,
            code,
            held,
            slot_json: &server.slot_json(2),
            found: found.as_deref(),
            current: current.as_deref(),
            status: &server.status(phase),
        })
    };

    assert!(matches!(ask(&making, &code, Some(&file), "open").unwrap(), ReceiptOutcome::InUrn { proved: true, .. }));
    assert!(matches!(ask(&making, &code, None, "counted").unwrap(), ReceiptOutcome::Counted { published: true, .. }));
    let unknown = "0000-0000-0000-0000-0000-0000";
    let ReceiptOutcome::NotFound { held: None, listed, .. } = ask(&making, unknown, None, "open").unwrap() else { panic!() };
    assert_eq!(listed.len(), 1);
    // A file of another ballot is not proof for this code.
    assert!(ask(&making, unknown, Some(&file), "open").is_err());

    let second = making.vote(2, Some(0));
    let ReceiptOutcome::Replaced { by, proved, .. } = ask(&making, &code, Some(&file), "open").unwrap() else { panic!() };
    assert_eq!((by.index, proved), (second, true));

    // A log that lost the ballot is convicted by the receipt.
    let mut forked = Making::open(6, 3, 2, 1);
    forked.vote(2, Some(2));
    assert!(ask(&forked, &code, Some(&file), "open").is_err());
}

#[test]
fn a_replaced_code_is_asked_for_again() {
    let mut making = Making::open(6, 3, 2, 1);
    let mut voter = open(&making, 2);
    voter.take_code(0, &code(&making, 0, 2)).unwrap();
    voter.prepare_ballot(&[answer(&[0])]).unwrap();
    let fresh = making.replace(2, 0);
    voter.renew(&Server(&making).slot_json(2)).unwrap();
    assert_eq!(voter.show().missing, [0]);
    // The prepared ballot was bound to the old key.
    assert_eq!(voter.cast_ballot(), Err(ModuleError::Spent));
    voter.take_code(0, &fresh.shown()).unwrap();
    voter.prepare_ballot(&[answer(&[0])]).unwrap();
    let submission = voter.cast_ballot().unwrap();
    making.cast(&submission).unwrap();
}

#[test]
fn choices_that_are_not_allowed_are_named() {
    let making = Making::with(6, 3, 2, 1, |document| {
        document.questions[0].min = 2;
        document.questions[0].max = 2;
        document.questions[0].blank = true;
    });
    let mut voter = open(&making, 1);
    let mut refused = |answers: &[Answer]| match voter.prepare_ballot(answers) {
        Err(ModuleError::Choice { problem }) => problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&[]), ChoiceProblem::Questions { expected: 1, found: 0 });
    assert_eq!(refused(&[answer(&[0, 1]), answer(&[0])]), ChoiceProblem::Questions { expected: 1, found: 2 });
    assert_eq!(refused(&[answer(&[0])]), ChoiceProblem::TooFew { question: 0, chosen: 1, min: 2 });
    assert_eq!(refused(&[answer(&[0, 1, 2])]), ChoiceProblem::TooMany { question: 0, chosen: 3, max: 2 });
    assert_eq!(refused(&[answer(&[0, 3])]), ChoiceProblem::UnknownOption { question: 0, option: 3 });
    assert_eq!(refused(&[answer(&[1, 1])]), ChoiceProblem::RepeatedOption { question: 0, option: 1 });
    let both = Answer { options: vec![0], blank: true };
    assert_eq!(refused(&[both]), ChoiceProblem::BlankWithOptions { question: 0 });
    voter.prepare_ballot(&[Answer { options: vec![], blank: true }]).unwrap();
    voter.prepare_ballot(&[answer(&[2, 0])]).unwrap();
}

#[test]
fn a_test_needs_no_code_and_shows_what_the_ballot_held() {
    let mut making = Making::open(6, 3, 2, 2);
    let earlier = making.vote(5, Some(0));
    let server = Server(&making);
    let mut voter = open(&making, 5);
    let shown = voter.prepare_ballot(&[answer(&[2])]).unwrap();
    let disclosed = voter.disclose_ballot().unwrap();
    assert_eq!(voter.disclose_ballot(), Err(ModuleError::Spent));
    assert_ne!(voter.prepare_ballot(&[answer(&[2])]).unwrap(), shown);

    let test = BallotTest::of(&server.id(), &server.manifest()).unwrap();
    let found = test.open(&disclosed, Some(&server.slot(5))).unwrap();
    assert_eq!((found.slot, found.supersedes, found.current), (5, Some(earlier), Some(true)));
    assert_eq!((found.choices.as_slice(), &found.receipt_code), ([answer(&[2])].as_slice(), &shown));
    assert_eq!(test.open(&disclosed, Some(&server.slot(4))).unwrap().current, Some(false));
    assert_eq!(test.open(&disclosed, None).unwrap().current, None);
    let format = |bytes: &[u8]| match test.open(bytes, None) {
        Err(ModuleError::Disclosure { problem, .. }) => problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(format(&disclosed[..disclosed.len() - 1]), DisclosureProblem::Format);
    assert_eq!(format(&[&[0; 32], &disclosed[32..]].concat()), DisclosureProblem::OtherElection);
}

#[test]
fn what_the_server_says_must_hold_together() {
    let making = Making::open(6, 3, 2, 2);
    let server = Server(&making);
    let (id, manifest) = (server.id(), server.manifest());
    let refused = |info: &SlotInfo| match Voter::open(&id, &manifest, &serde_json::to_string(info).unwrap()) {
        Err(ModuleError::Slot { problem }) => assert_eq!(problem, SlotProblem::Invalid),
        other => panic!("{:?}", other.map(|_| ())),
    };
    let good = server.slot(1);
    refused(&SlotInfo { key: server.slot(2).key, ..good.clone() });
    refused(&SlotInfo { key_parts: good.key_parts[..1].to_vec(), ..good.clone() });
    refused(&SlotInfo { group: 1, ..good.clone() });
    refused(&SlotInfo { weight: 0, ..good.clone() });
    let ghost = ListedBallot { index: 9, time: 0, code: String::new() };
    refused(&SlotInfo { current: Some(ghost), ..good });

    let mut other = manifest.clone();
    let place = other.len() - 10;
    other[place] ^= 1;
    let Err(ModuleError::Manifest { problem, .. }) = Voter::open(&id, &other, &server.slot_json(1)) else { panic!() };
    assert_eq!(problem, ManifestProblem::OtherElection);
}

#[test]
fn errors_are_plain_objects_with_their_facts() {
    let json = |error: ModuleError| serde_json::to_string(&error).unwrap();
    let error = ModuleError::Code { registrar: 1, problem: CodeProblem::Swapped { other: 0 } };
    assert_eq!(json(error), r#"{"kind":"code","registrar":1,"problem":"swapped","other":0}"#);
    let error = ModuleError::Choice { problem: ChoiceProblem::TooFew { question: 0, chosen: 1, min: 2 } };
    assert_eq!(json(error), r#"{"kind":"choice","problem":"tooFew","question":0,"chosen":1,"min":2}"#);
    assert_eq!(json(ModuleError::CodeMissing { registrars: vec![0] }), r#"{"kind":"codeMissing","registrars":[0]}"#);
    assert_eq!(json(ModuleError::Spent), r#"{"kind":"spent"}"#);
}

#[test]
fn a_pending_submission_holds_nothing_but_what_is_sent() {
    let pending = PendingSubmission {
        election: "E".to_owned(),
        slot: 1,
        receipt_code: "R".to_owned(),
        submission: Bytes(vec![1]),
        time: 2,
        receipt: None,
    };
    let json = serde_json::to_value(&pending).unwrap();
    let names: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(names, ["election", "receipt", "receiptCode", "slot", "submission", "time"]);
}
