//! What the server tells about itself: the truth, in numbers, and nothing about a voter.

use crate::support::{MINUTE, Scene};

#[test]
fn the_status_is_true() {
    let scene = Scene::open(9);
    scene.server.tick();
    for slot in 1..=5 {
        scene.voter(slot).vote(&scene, Some(0));
    }
    scene.server.tick();
    scene.server.clock.advance(MINUTE);
    let status = scene.http().get("/api/status").expect(200).json();
    assert_eq!((&status["store"], &status["damaged"]), (&true.into(), &0.into()));
    assert_eq!(status["delay"]["ballots"], 5);
    let election = &status["elections"][0];
    assert_eq!((&election["phase"], &election["ballots"], &election["waiting"]), (&"open".into(), &5.into(), &0.into()));
    assert_eq!(election["pace"]["minute"], 0, "the first sample is the beginning of what is known: {election}");
    assert_eq!(election["witnesses"].as_array().unwrap().len(), 2);
    assert!(election["witnesses"][0]["minutes_ago"].is_null());
    // A minute later the ballots of the last one are seen.
    scene.server.tick();
    scene.voter(6).vote(&scene, Some(1));
    scene.server.tick();
    scene.server.clock.advance(MINUTE);
    let status = scene.http().get("/api/status").expect(200).json();
    assert_eq!(status["elections"][0]["pace"]["minute"], 1, "{status}");
}

#[test]
fn a_store_that_does_not_answer_is_said() {
    let scene = Scene::open(3);
    scene.server.faults.reads_fail(true);
    assert_eq!(scene.http().get("/api/status").expect(200).json()["store"], false);
}

/// REQ 1-07: what machines read has no address, slot or path.
#[test]
fn metrics_have_an_address_of_their_own_and_no_voter() {
    let scene = Scene::open_with(3, |config| config.metrics = Some(([127, 0, 0, 1], 0).into()), &|_| {});
    scene.voter(2).vote(&scene, Some(0));
    scene.http().get(&scene.path("/slots/2")).expect(200);
    scene.http().get("/metrics").expect(404);
    let text = scene.server.metrics().get("/metrics").expect(200).text();
    assert!(
        text.contains("isoloir_requests_total{route=\"/api/elections/{id}/slots/{slot}\",method=\"GET\",status=\"200\"} 2\n"),
        "{text}"
    );
    assert!(text.contains("isoloir_voted{log=\"congres\"} 1\n"), "{text}");
    assert!(text.contains("isoloir_cast_seconds_count 1\n"), "{text}");
    for secret in ["127.0.0.1", "/slots/2", &scene.manifest.id().to_string()] {
        assert!(!text.contains(secret), "{secret}\n{text}");
    }
}
