use isoloir_protocol::{
    ballot::dishonest::Malice,
    log::{notice::What, receipt::Receipt},
};

use crate::support::{END, MINUTE, OPENS, Scene, Voter};

#[test]
fn a_receipt_proves_that_the_ballot_is_in_the_log() {
    let scene = Scene::open(3);
    let receipt = scene.voter(2).vote(&scene, Some(1));
    assert_eq!(receipt.index + 1, scene.status()["size"].as_u64().unwrap());
    // A ballot of another moment does not pass for it.
    let later = scene.voter(3).vote(&scene, Some(1));
    let swapped = Receipt { index: later.index, ..receipt };
    assert!(swapped.check(&scene.manifest).is_err());
}

#[test]
fn the_same_submission_is_one_ballot_for_ever() {
    let scene = Scene::open(3);
    let voter = scene.voter(1);
    let (submission, code) = voter.prepare(&scene, Some(0));
    let first = scene.receipt(&voter.cast(&scene, &submission));
    let again = scene.receipt(&voter.cast(&scene, &submission));
    assert_eq!(first, again);

    // Also when others have voted since, when it was superseded, and after closing.
    scene.voter(2).vote(&scene, Some(0));
    let same = |receipt: &Receipt| {
        assert_eq!((receipt.index, &receipt.code, &receipt.leaf), (first.index, &code, &first.leaf));
        voter.check(&scene, receipt);
    };
    same(&scene.receipt(&voter.cast(&scene, &submission)));
    let second = voter.vote(&scene, Some(2));
    same(&scene.receipt(&voter.cast(&scene, &submission)));
    scene.close();
    same(&scene.receipt(&voter.cast(&scene, &submission)));
    let ballots = scene.http().get(&scene.path("/slots/1")).expect(200).json();
    assert_eq!(ballots["current"]["index"], second.index);
    assert_eq!(ballots["ballots"].as_array().unwrap().len(), 2);
    assert_eq!(scene.status()["ballots"], 2);
}

#[test]
fn receipts_can_be_asked_for_by_index() {
    let scene = Scene::open(2);
    let receipt = scene.voter(1).vote(&scene, Some(0));
    scene.voter(2).vote(&scene, Some(0));
    let path = scene.path(&format!("/receipts/{}", receipt.index));
    let later = scene.receipt(&scene.http().get(&path));
    assert_eq!((later.index, &later.code), (receipt.index, &receipt.code));
    assert_ne!(later.checkpoint, receipt.checkpoint);
    scene.voter(1).check(&scene, &later);
    for wrong in ["0", "999", "-1", "01", "x"] {
        let answer = scene.http().get(&scene.path(&format!("/receipts/{wrong}")));
        assert_eq!(answer.expect(404).problem(), "unknown-entry");
    }
}

#[test]
fn a_later_ballot_must_supersede_the_current_one() {
    let scene = Scene::open(2);
    let voter = scene.voter(1);
    let first = voter.vote(&scene, Some(0));
    let (fresh_page, _) = voter.prepare_after(&scene, Some(1), u64::MAX);
    let refused = voter.cast(&scene, &fresh_page);
    assert_eq!(refused.reason(), "supersedes");
    assert_eq!(refused.json()["current"], first.index);
    assert_eq!(refused.json()["slot"], 1);
    let (unknown, _) = voter.prepare_after(&scene, Some(1), 2);
    assert_eq!(voter.cast(&scene, &unknown).reason(), "supersedes");
    voter.vote(&scene, Some(1));
}

#[test]
fn without_revoting_the_first_ballot_stands() {
    let scene = Scene::open_with(2, |_| {}, &|document| document.revote = false);
    let voter = scene.voter(1);
    let first = voter.vote(&scene, Some(0));
    let (second, _) = voter.prepare(&scene, Some(1));
    let refused = voter.cast(&scene, &second);
    assert_eq!(refused.reason(), "no-revote");
    assert_eq!(refused.json()["current"], first.index);
}

#[test]
fn refusals_name_what_is_wrong() {
    let scene = Scene::open(3);
    let size = scene.status()["size"].clone();
    let voter = scene.voter(2);
    let (good, _) = voter.prepare(&scene, Some(0));

    let mut other_slot = good.clone();
    other_slot[3] = 3;
    let refused = voter.cast(&scene, &other_slot);
    assert_eq!(refused.reason(), "proof");
    assert_eq!(refused.json()["slot"], 3);
    let mut no_slot = good.clone();
    no_slot[..4].copy_from_slice(&77_u32.to_be_bytes());
    let refused = voter.cast(&scene, &no_slot);
    assert_eq!((refused.reason().as_str(), refused.json()["slot"].as_u64()), ("unknown-slot", Some(77)));

    // The voter's response to the challenge, the last scalar of the public ballot.
    let mut bad_signature = good.clone();
    let at = scene.manifest.ballot_len() - 32;
    bad_signature[at] ^= 1;
    let refused = voter.cast(&scene, &bad_signature);
    assert_eq!((refused.reason().as_str(), refused.json()["failing"].as_str()), ("proof", Some("signature")));

    let mut bad_box = good.clone();
    let at = scene.manifest.ballot_len() + scene.manifest.box_len() + 100;
    bad_box[at] ^= 1;
    let refused = voter.cast(&scene, &bad_box);
    assert_eq!((refused.reason().as_str(), refused.json()["teller"].as_u64()), ("box", Some(2)));

    let malformed = voter.spoil(&scene, 3, Malice::Malformed);
    let refused = voter.cast(&scene, &malformed);
    assert_eq!((refused.reason().as_str(), refused.json()["teller"].as_u64()), ("box", Some(3)));

    let wrong_code = Voter { slot: 2, codes: scene.voter(3).codes };
    assert_eq!(voter.cast(&scene, &wrong_code.prepare(&scene, Some(0)).0).reason(), "proof");

    let mut no_point = good.clone();
    no_point[12..44].fill(0xff);
    assert_eq!(voter.cast(&scene, &no_point).expect(400).problem(), "malformed");
    for wrong in [&good[1..], &[], b"vote"] {
        let answer = voter.cast(&scene, wrong).expect(400);
        assert_eq!(answer.problem(), "malformed");
        assert_eq!(answer.json()["expected"], good.len());
    }
    let too_long = [good.as_slice(), &[0]].concat();
    assert_eq!(voter.cast(&scene, &too_long).expect(413).problem(), "too-large");

    assert_eq!(scene.status()["size"], size, "nothing was appended");
    scene.receipt(&voter.cast(&scene, &good));
}

#[test]
fn a_box_that_only_its_teller_can_find_out_about_is_accepted() {
    let scene = Scene::open(4);
    for slot in 1..=3 {
        scene.voter(slot).vote(&scene, Some(0));
    }
    let spoilt = scene.voter(4).spoil(&scene, 2, Malice::WrongShare);
    let receipt = scene.receipt(&scene.voter(4).cast(&scene, &spoilt));
    scene.close();
    scene.cosign();
    for teller in &scene.tellers {
        teller.report(&scene).expect(200);
    }
    assert_eq!(scene.status()["void"], serde_json::json!([{ "index": receipt.index, "slot": 4, "teller": 2, "complaint": "share" }]));
    scene.cosign();
    scene.tellers[0].sum(&scene).expect(200);
    scene.tellers[1].sum(&scene).expect(200);
    assert_eq!(scene.status()["totals"], serde_json::json!([[4, 0, 0, 0]]));
    assert!(scene.audit(&[]).0.holds());
}

#[test]
fn ballots_have_their_time() {
    let scene = Scene::open(2);
    let voter = scene.voter(1);
    let (submission, _) = voter.prepare(&scene, Some(0));

    scene.organiser.notice(&scene, What::Suspend, "Panne").expect(200);
    assert_eq!(voter.cast(&scene, &submission).reason(), "suspended");
    scene.organiser.notice(&scene, What::Resume, "Reprise").expect(200);

    scene.server.clock.set(END - 1);
    scene.receipt(&voter.cast(&scene, &submission));
    let (late, _) = scene.voter(2).prepare(&scene, Some(0));
    scene.server.clock.set(END);
    let refused = voter.cast(&scene, &late);
    assert_eq!((refused.reason().as_str(), refused.json()["until"].as_u64()), ("too-late", Some(END)));
    scene.server.tick();
    assert_eq!(voter.cast(&scene, &late).reason(), "already-closed");
}

#[test]
fn who_is_early_is_asked_to_come_back() {
    let scene = Scene::open(2);
    let http = scene.http();
    let early = crate::support::Scene::ready(crate::support::TestServer::start(), 1, &|_| {});
    let voter = early.voter(1);
    let (submission, _) = voter.prepare_after(&early, Some(0), u64::MAX);
    assert_eq!(voter.cast(&early, &submission).reason(), "not-opened");
    early.organiser.open(&early).expect(200);
    early.server.clock.set(OPENS - 90_000);
    let answer = voter.cast(&early, &submission).expect(503);
    assert_eq!(answer.problem(), "not-yet-open");
    assert_eq!((answer.header("retry-after"), answer.json()["opens"].as_u64()), ("90", Some(OPENS)));
    early.server.clock.set(OPENS);
    early.receipt(&voter.cast(&early, &submission));
    // The other server has never heard of that election.
    assert_eq!(http.post(&early.path("/ballots"), &submission).expect(404).problem(), "unknown-election");
}

#[test]
fn a_replaced_code_ends_the_old_one_and_keeps_the_ballot() {
    let scene = Scene::open(2);
    let voter = scene.voter(1);
    let (submission, _) = voter.prepare(&scene, Some(0));
    let first = scene.receipt(&voter.cast(&scene, &submission));
    let (answer, code) = scene.registrars[1].replace(&scene, 1);
    answer.expect(200);

    assert_eq!(voter.cast(&scene, &voter.prepare(&scene, Some(1)).0).reason(), "proof");
    // The old ballot stands, and sending it again still finds it.
    let again = scene.receipt(&voter.cast(&scene, &submission));
    assert_eq!((again.index, &again.code), (first.index, &first.code));
    assert_eq!(scene.http().get(&scene.path("/slots/1")).json()["current"]["index"], first.index);

    let renewed = Voter { slot: 1, codes: vec![voter.codes[0].clone(), code] };
    let second = renewed.vote(&scene, Some(1));
    assert!(second.index > first.index);
}

#[test]
fn entry_times_never_go_back() {
    let scene = Scene::open(3);
    scene.voter(1).vote(&scene, Some(0));
    scene.server.clock.set(OPENS - MINUTE);
    scene.voter(2).vote(&scene, Some(0));
    scene.server.clock.set(OPENS + 5 * MINUTE);
    scene.voter(3).vote(&scene, Some(0));
    let election = scene.election();
    let times: Vec<u64> = (1..=3).map(|slot| election.slot(slot).unwrap().current.unwrap().time).collect();
    assert_eq!(times, [OPENS + MINUTE, OPENS + MINUTE, OPENS + 5 * MINUTE]);
}
