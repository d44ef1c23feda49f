//! A whole election made with this crate alone, with dishonest voters and an absent teller: the count
//! goes on without the void ballots, and nobody can frame an honest voter (sections 7 and 8).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod making;

// In a browser the same tests run as part of ballot-wasm's.
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use isoloir_protocol::{
    ballot::{Submission, dishonest::Malice},
    election::{Phase, Refusal},
    hash::sha256,
    log::{
        entry::Kind,
        notice::{self, What},
        replacement,
    },
    tally::{Opener, OpenerError, complaint::Reason},
};
use making::{Making, OPENS, rng};

/// REQ K1, 1-08, 2-07: three tellers, one absent; complaints of every kind; the right totals.
#[test]
fn dishonest_voters_are_excluded_and_two_of_three_tellers_count() {
    let mut making = Making::open(12, 3, 2, 1);
    // Slots 1 to 12: option slot % 3; slot 12 votes blank.
    for slot in 1..=12_u32 {
        making.vote(slot, Some(slot % 3).filter(|_| slot != 12));
    }
    // Slot 2 seals garbage to teller 1, slot 3 sends teller 2 a box whose proof fails, slot 4 shares that
    // do not fit, slot 6 bytes that are no scalar.
    let garbage = making.spoil(2, 1, Malice::Garbage);
    let malformed = making.spoil(3, 2, Malice::Malformed);
    let wrong_share = making.spoil(4, 1, Malice::WrongShare);
    let no_scalar = making.spoil(6, 2, Malice::NonCanonical);
    making.advance_to_close();
    assert_eq!(making.election.phase(), Phase::Closed);

    for teller in [1, 2] {
        let mut opener = Opener::new(&making.election, teller, &making.tellers[usize::from(teller) - 1]).unwrap();
        assert_eq!(opener.missing().len(), 12);
        let error = opener.report(&making.election, false).unwrap_err();
        assert!(matches!(error, OpenerError::BoxesMissing { ref indices } if indices.len() == 12));
        making.open_all(&mut opener, teller);
        let (body, data) = opener.report(&making.election, false).unwrap();
        making.append(Kind::Report, body, &data).unwrap();
    }
    // Two of three suffice after the window: with two witnesses in the quorum q = t.
    assert!(making.election.due(making.now).is_none());
    making.now += 3_600_001;
    making.append_due();
    assert_eq!(making.election.phase(), Phase::Fixed);
    let void: Vec<(u64, u8, Reason)> =
        making.election.void().iter().map(|(index, voids)| (*index, voids[0].teller, voids[0].reason)).collect();
    let mut expected = vec![
        (garbage, 1, Reason::Open),
        (malformed, 2, Reason::Malformed),
        (wrong_share, 1, Reason::Share),
        (no_scalar, 2, Reason::Encoding),
    ];
    expected.sort_by_key(|(index, _, _)| *index);
    assert_eq!(void, expected);

    for teller in [2, 1] {
        let mut opener = Opener::new(&making.election, teller, &making.tellers[usize::from(teller) - 1]).unwrap();
        making.open_all(&mut opener, teller);
        let to_remove = opener.to_remove(&making.election);
        assert!(!to_remove.is_empty(), "the other teller's complaints void ballots that were added");
        let error = opener.sums(&making.election, &[]).unwrap_err();
        assert_eq!(error, OpenerError::BoxesToRemove { indices: to_remove.clone() });
        let boxes = making.boxes_of(teller, &to_remove);
        let given: Vec<(u64, &[u8])> = boxes.iter().map(|(index, bytes)| (*index, bytes.as_slice())).collect();
        let (body, data) = opener.sums(&making.election, &given).unwrap();
        let mut forged = data.clone();
        forged[0] ^= 1;
        assert!(making.append(Kind::Sums, body.clone(), &forged).is_err());
        making.append(Kind::Sums, body, &data).unwrap();
    }
    making.append_due();
    // Counted: slots 1, 5 and 7 to 12; 12 is blank.
    assert_eq!(making.election.totals().unwrap(), &vec![vec![vec![1, 3, 3, 1]]]);
    making.audit_holds();
}

/// A teller cannot frame an honest voter: complaints about good boxes are refused in every form.
#[test]
fn a_teller_cannot_frame_an_honest_voter() {
    let mut making = Making::open(6, 3, 2, 1);
    for slot in 1..=6_u32 {
        making.vote(slot, Some(0));
    }
    making.advance_to_close();
    let mut opener = Opener::new(&making.election, 1, &making.tellers[0]).unwrap();
    // Boxes of another teller, of another ballot, or changed ones are not the ballot's: ignored.
    let indices: Vec<u64> = opener.missing();
    let mut others = making.boxes_of(2, &indices);
    others.extend(making.boxes_of(1, &indices).into_iter().map(|(index, mut bytes)| {
        bytes[70] ^= 1;
        (index, bytes)
    }));
    let given: Vec<(u64, &[u8])> = others.iter().map(|(index, bytes)| (*index, bytes.as_slice())).collect();
    let progress = opener.open(&making.election, &given, &mut rng());
    assert_eq!((progress.checked, progress.complaints), (0, 0));
    making.open_all(&mut opener, 1);
    assert_eq!(opener.progress().complaints, 0);

    // A complaint about an honest box cannot be put into a report: the log refuses it.
    let sealed = making.boxes_of(1, &indices[..1]).remove(0).1;
    let forged = [&indices[0].to_be_bytes()[..], &[1], &(sealed.len() as u32).to_be_bytes(), &sealed].concat();
    let (body, _) = opener.report(&making.election, false).unwrap();
    let body = making.report_with(&body, 1, &forged);
    let refused = making.append(Kind::Report, body, &forged).unwrap_err();
    assert!(matches!(refused, Refusal::Complaint { teller: 1, .. }), "{refused}");
}

#[test]
fn a_missing_box_is_public_and_blocks_only_its_teller() {
    let mut making = Making::open(6, 3, 2, 1);
    let mut indices = Vec::new();
    for slot in 1..=6_u32 {
        indices.push(making.vote(slot, Some(1)));
    }
    making.lose(indices[2], 3);
    making.advance_to_close();
    for teller in [1, 2, 3] {
        let mut opener = Opener::new(&making.election, teller, &making.tellers[usize::from(teller) - 1]).unwrap();
        making.open_all(&mut opener, teller);
        let include_missing = teller == 3;
        let (body, data) = opener.report(&making.election, include_missing).unwrap();
        making.append(Kind::Report, body, &data).unwrap();
    }
    assert_eq!(making.election.missing().get(&indices[2]), Some(&vec![3]));
    assert!(making.election.void().is_empty(), "the ballot stays counted");
    making.append_due();
    for teller in [3, 1, 2] {
        let mut opener = Opener::new(&making.election, teller, &making.tellers[usize::from(teller) - 1]).unwrap();
        making.open_all(&mut opener, teller);
        match opener.sums(&making.election, &[]) {
            Ok((body, data)) => making.append(Kind::Sums, body, &data).unwrap(),
            Err(error) => {
                assert_eq!((teller, error), (3, OpenerError::BoxesMissing { indices: vec![indices[2]] }));
            }
        }
    }
    making.append_due();
    assert_eq!(making.election.totals().unwrap(), &vec![vec![vec![0, 6, 0, 0]]]);
    making.audit_holds();
}

/// REQ V4, C1, U6: the rules of time and order, one refusal each.
#[test]
fn rules_of_time_order_and_revotes() {
    let mut making = Making::open(6, 3, 2, 2);
    let first = making.vote(1, Some(0));
    // A revote must name the current ballot.
    let stale = making.submission(1, Some(1), u64::MAX);
    let refused = making.cast(&stale).unwrap_err();
    assert_eq!(refused, Refusal::Supersedes { slot: 1, current: Some(first) });
    let second = making.vote(1, Some(1));
    let view = making.election.slot(1).unwrap();
    assert_eq!(view.current.unwrap().index, second);
    assert_eq!(view.superseded.iter().map(|ballot| ballot.index).collect::<Vec<_>>(), [first]);
    // The same ballot again, and another slot's ballot under this slot's number.
    let again = making.submission(1, Some(1), second);
    making.cast(&again).unwrap();
    assert!(making.cast(&again).is_err());
    let mut moved = making.submission(2, Some(0), u64::MAX);
    moved[3] = 3;
    assert!(matches!(making.cast(&moved).unwrap_err(), Refusal::Ballot { slot: 3, .. }));
    let mut unknown = making.submission(2, Some(0), u64::MAX);
    unknown[2] = 9;
    assert!(matches!(making.cast(&unknown).unwrap_err(), Refusal::UnknownSlot { .. }));

    // A replacement: the old code is dead, the earlier ballot stands until a new one is cast.
    let old = making.submission(2, Some(0), u64::MAX);
    let code = making.replace(2, 1);
    assert!(matches!(making.cast(&old).unwrap_err(), Refusal::Ballot { slot: 2, .. }));
    making.codes[1][1] = code;
    making.vote(2, Some(2));
    let body =
        replacement::body(&making.election, 2, 1, &making.part(2, 1), making.now - 86_400_001, &making.registrars[1], &mut rng()).unwrap();
    assert!(matches!(making.append(Kind::Replacement, body, &[]).unwrap_err(), Refusal::SignedAt { .. }));

    // Suspension, resumption, extension.
    making.notice(What::Suspend).unwrap();
    assert!(matches!(making.notice(What::Suspend).unwrap_err(), Refusal::NoticeState));
    let waiting = making.submission(3, Some(0), u64::MAX);
    assert_eq!(making.cast(&waiting).unwrap_err(), Refusal::Suspended);
    let repeated = notice::body(&making.election, What::Resume, "", making.now, &making.organiser).unwrap();
    making.append(Kind::Notice, repeated.clone(), &[]).unwrap();
    assert!(matches!(making.append(Kind::Notice, repeated, &[]).unwrap_err(), Refusal::NotFresh { .. }));
    making.cast(&waiting).unwrap();
    let closes = making.election.closing_time();
    assert!(matches!(making.notice(What::Extend { closes }).unwrap_err(), Refusal::NoticeState));
    making.notice(What::Extend { closes: closes + 60_000 }).unwrap();

    // A millisecond before the end a ballot is accepted, at the end it is not.
    making.now = making.election.end() - 1;
    assert!(making.election.due(making.now).is_none());
    making.vote(4, Some(0));
    making.now += 1;
    let late = making.submission(5, Some(0), u64::MAX);
    assert!(matches!(making.cast(&late).unwrap_err(), Refusal::TooLate { .. }));
    making.append_due();
    assert!(matches!(making.cast(&late).unwrap_err(), Refusal::AlreadyClosed { .. }));
    let earlier = making.now - 1;
    assert!(matches!(making.append_at(earlier, Kind::Fix, Vec::new(), &[]).unwrap_err(), Refusal::Time { .. }));
}

/// With revoting off the first ballot is final.
#[test]
fn without_revoting_the_first_ballot_is_final() {
    let mut making = Making::with(6, 3, 2, 1, |document| document.revote = false);
    let first = making.vote(1, Some(0));
    let again = making.submission(1, Some(1), first);
    assert_eq!(making.cast(&again).unwrap_err(), Refusal::NoRevote { slot: 1, current: first });
}

/// REQ 2.6, 1-09: too few ballots are never summed.
#[test]
fn too_few_ballots_are_never_summed() {
    let mut making = Making::open(6, 3, 2, 1);
    for slot in 1..=4_u32 {
        making.vote(slot, Some(0));
    }
    making.advance_to_close();
    for teller in [1, 2, 3] {
        let mut opener = Opener::new(&making.election, teller, &making.tellers[usize::from(teller) - 1]).unwrap();
        making.open_all(&mut opener, teller);
        let (body, data) = opener.report(&making.election, false).unwrap();
        making.append(Kind::Report, body, &data).unwrap();
    }
    making.append_due();
    assert!(making.election.too_few());
    let mut opener = Opener::new(&making.election, 1, &making.tellers[0]).unwrap();
    making.open_all(&mut opener, 1);
    assert_eq!(opener.sums(&making.election, &[]).unwrap_err(), OpenerError::TooFew);
    making.audit_holds();
}

#[test]
fn a_submission_names_its_boxes() {
    let making = Making::open(6, 3, 2, 1);
    let bytes = making.submission(1, Some(0), u64::MAX);
    let manifest = making.election.manifest().unwrap();
    let submission = Submission::decode(manifest, &bytes).unwrap();
    assert!(submission.boxes_match());
    for (sealed, hash) in submission.boxes().iter().zip(submission.ballot().box_hashes()) {
        assert_eq!(sha256(sealed), *hash);
    }
    let mut swapped = bytes.clone();
    let box_len = manifest.box_len();
    let first = manifest.ballot_len();
    swapped[first..].rotate_left(box_len);
    assert!(!Submission::decode(manifest, &swapped).unwrap().boxes_match());
    assert!(making.now > OPENS);
}
