use isoloir_protocol::{fetch::FetchRequest, signature::SignSecret};

use crate::support::{
    DAY, MINUTE, Scene,
    people::{fetch_bytes, split_boxes},
    rng,
};

#[test]
fn a_teller_gets_its_boxes_of_the_current_ballots() {
    let scene = Scene::open(4);
    let voter = scene.voter(1);
    voter.vote(&scene, Some(0));
    let (submission, _) = voter.prepare(&scene, Some(1));
    let current = scene.receipt(&voter.cast(&scene, &submission)).index;
    let others: Vec<u64> = (2..=4).map(|slot| scene.voter(slot).vote(&scene, Some(2)).index).collect();
    scene.close();
    let boxes = scene.tellers[1].boxes(&scene);
    let indices: Vec<u64> = boxes.iter().map(|(index, _)| *index).collect();
    assert_eq!(indices, [vec![current], others].concat());
    let at = scene.manifest.ballot_len() + scene.manifest.box_len();
    assert_eq!(boxes[0].1, submission[at..at + scene.manifest.box_len()]);
    // In one go, or from anywhere.
    let now = scene.server.clock.now();
    let all = scene.tellers[1].request_boxes(&scene, now, 0, u32::MAX).expect(200);
    assert_eq!(all.body.len(), 4 * (8 + scene.manifest.box_len()));
    assert!(scene.tellers[1].request_boxes(&scene, now, u64::MAX, 9).expect(200).body.is_empty());
}

#[test]
fn nobody_else_gets_them() {
    let scene = Scene::open(2);
    scene.voter(1).vote(&scene, Some(0));
    let teller = &scene.tellers[0];
    let now = scene.server.clock.now();
    assert_eq!(teller.request_boxes(&scene, now, 0, 9).expect(409).problem(), "not-closed");
    scene.close();
    let now = scene.server.clock.now();
    for ms in [now - 2 * MINUTE, now + 2 * MINUTE] {
        teller.request_boxes(&scene, ms, 0, 9).expect(200);
    }
    for ms in [now - 2 * MINUTE - 1, now + 2 * MINUTE + 1] {
        let answer = teller.request_boxes(&scene, ms, 0, 9).expect(403);
        assert_eq!((answer.problem().as_str(), answer.json()["now"].as_u64()), ("not-fresh", Some(now)));
    }
    let id = scene.manifest.id();
    let post = |request: &FetchRequest| scene.http().post(&scene.path("/boxes/fetch"), &fetch_bytes(request, 0, 9));
    let mine = FetchRequest::sign(&id, 1, now, teller.secret.sign());
    let others = FetchRequest { teller: 2, ..mine.clone() };
    assert_eq!(post(&others).expect(403).problem(), "bad-signature");
    let unknown = FetchRequest { teller: 9, ..mine.clone() };
    assert_eq!(post(&unknown).expect(403).problem(), "bad-signature");
    let mut elsewhere = *id.as_bytes();
    elsewhere[0] ^= 1;
    let elsewhere = FetchRequest::sign(&elsewhere.into(), 1, now, teller.secret.sign());
    assert_eq!(post(&elsewhere).expect(403).problem(), "bad-signature");
    let short = &fetch_bytes(&mine, 0, 9)[1..];
    assert_eq!(scene.http().post(&scene.path("/boxes/fetch"), short).expect(400).problem(), "malformed");
}

#[test]
fn a_lost_box_can_be_supplied_by_anyone_who_has_it() {
    let scene = Scene::open(2);
    let voter = scene.voter(1);
    let (submission, _) = voter.prepare(&scene, Some(0));
    let index = scene.receipt(&voter.cast(&scene, &submission)).index;
    let at = scene.manifest.ballot_len();
    let sealed = &submission[at..at + scene.manifest.box_len()];
    let supply = |index: u64, teller: u8, bytes: &[u8]| {
        let body = [index.to_be_bytes().as_slice(), &[teller], bytes].concat();
        scene.http().post(&scene.path("/boxes"), &body)
    };
    supply(index, 1, sealed).expect(204);
    assert_eq!(supply(index, 2, sealed).expect(422).problem(), "wrong-box");
    assert_eq!(supply(index, 0, sealed).expect(422).problem(), "wrong-box");
    assert_eq!(supply(index, 1, &sealed[1..]).expect(422).problem(), "wrong-box");
    assert_eq!(supply(0, 1, sealed).expect(404).problem(), "unknown-entry");
    assert_eq!(supply(index + 9, 1, sealed).expect(404).problem(), "unknown-entry");
    assert_eq!(supply(index, 1, &[sealed, &[0]].concat()).expect(413).problem(), "too-large");
}

#[test]
fn a_box_that_the_store_lost_comes_back_with_a_supply() {
    let mut scene = Scene::open(2);
    let voter = scene.voter(1);
    let (submission, _) = voter.prepare(&scene, Some(0));
    let index = scene.receipt(&voter.cast(&scene, &submission)).index;
    scene.voter(2).vote(&scene, Some(0));
    scene.close();
    scene.server.stop();
    scene.server.sql("DELETE FROM boxes WHERE teller = 3");
    scene.server.start_again();
    assert!(scene.tellers[2].boxes(&scene).is_empty());
    assert_eq!(scene.tellers[1].boxes(&scene).len(), 2);
    let sealed = &submission[scene.manifest.ballot_len() + 2 * scene.manifest.box_len()..];
    let body = [index.to_be_bytes().as_slice(), &[3], sealed].concat();
    scene.http().post(&scene.path("/boxes"), &body).expect(204);
    assert_eq!(scene.tellers[2].boxes(&scene), [(index, sealed.to_vec())]);
}

#[test]
fn boxes_are_erased_some_time_after_the_result() {
    let mut scene = Scene::open_with(2, |config| config.keep_boxes = std::time::Duration::from_secs(86_400), &|_| {});
    let (submission, _) = scene.voter(1).prepare(&scene, Some(0));
    let index = scene.receipt(&scene.voter(1).cast(&scene, &submission)).index;
    scene.voter(2).vote(&scene, Some(0));
    let sealed = &submission[scene.manifest.ballot_len()..][..scene.manifest.box_len()];
    // The end of a box is ciphertext: it occurs nowhere else.
    let trace = &sealed[sealed.len() - 40..];
    assert!(scene.server.disk_contains(trace));
    scene.close();
    scene.cosign();
    for teller in &scene.tellers {
        teller.report(&scene).expect(200);
    }
    scene.cosign();
    for teller in &scene.tellers[..2] {
        teller.sum(&scene).expect(200);
    }
    assert_eq!(scene.status()["phase"], "counted");
    scene.server.clock.advance(DAY - 1);
    scene.server.tick();
    assert_eq!(scene.tellers[2].boxes(&scene).len(), 2);
    scene.server.clock.advance(1);
    scene.server.tick();
    let now = scene.server.clock.now();
    assert_eq!(scene.tellers[2].request_boxes(&scene, now, 0, 9).expect(410).problem(), "boxes-erased");
    let body = [index.to_be_bytes().as_slice(), &[1], sealed].concat();
    assert_eq!(scene.http().post(&scene.path("/boxes"), &body).expect(410).problem(), "boxes-erased");
    assert!(!scene.server.disk_contains(trace));
    scene.server.restart();
    assert!(!scene.server.disk_contains(trace));
    assert!(scene.audit(&[]).0.holds());
}

#[test]
fn a_mirror_that_the_operator_named_gets_boxes_before_closing() {
    let (mirror, stranger) = (SignSecret::generate(&mut rng()), SignSecret::generate(&mut rng()));
    let scene = Scene::open_with(3, |config| config.mirrors = vec![mirror.public()], &|_| {});
    let voter = scene.voter(1);
    voter.vote(&scene, Some(0));
    let (submission, _) = voter.prepare(&scene, Some(1));
    let current = scene.receipt(&voter.cast(&scene, &submission)).index;
    let other = scene.voter(2).vote(&scene, Some(2)).index;
    let now = scene.server.clock.now();
    let ask = |key: &SignSecret, signer: &SignSecret, ms: u64, teller: u8, count: u32| {
        let signature = signer.sign("isoloir/server/copy-boxes", &[scene.manifest.id().as_bytes(), &ms.to_be_bytes()]);
        let (key, times) = (key.public(), [&ms.to_be_bytes()[..], &signature]);
        let bytes = [key.bytes(), times.concat().as_slice(), &[teller], &0_u64.to_be_bytes(), &count.to_be_bytes()].concat();
        scene.http().post(&scene.path("/boxes/copy"), &bytes)
    };
    let boxes = split_boxes(&scene.manifest, &ask(&mirror, &mirror, now, 3, u32::MAX).expect(200).body);
    assert_eq!(boxes.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [current, other]);
    let at = scene.manifest.ballot_len() + 2 * scene.manifest.box_len();
    assert_eq!(boxes[0].1, submission[at..]);
    assert_eq!(ask(&mirror, &mirror, now, 1, 1).expect(200).body.len(), 8 + scene.manifest.box_len());
    // Nobody else, and not with a request of another time.
    assert_eq!(ask(&stranger, &stranger, now, 3, 9).expect(403).problem(), "bad-signature");
    assert_eq!(ask(&mirror, &stranger, now, 3, 9).expect(403).problem(), "bad-signature");
    assert_eq!(ask(&mirror, &mirror, now - 2 * MINUTE - 1, 3, 9).expect(403).problem(), "not-fresh");
    assert!(ask(&mirror, &mirror, now, 9, 9).expect(200).body.is_empty());
}
