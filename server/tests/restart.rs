//! Stopping and starting: everything is kept, and a log that does not replay is not served.

use crate::support::Scene;

#[test]
fn everything_is_kept() {
    let mut scene = Scene::open(4);
    let voter = scene.voter(1);
    let (submission, _) = voter.prepare(&scene, Some(0));
    let receipt = scene.receipt(&voter.cast(&scene, &submission));
    scene.cosign();
    let (status, archive) = (scene.status(), scene.archive());
    let checkpoint = scene.http().get(&scene.log_path("/checkpoint")).expect(200).text();
    scene.server.restart();
    assert_eq!(scene.status(), status);
    assert_eq!(scene.archive(), archive);
    assert_eq!(scene.http().get(&scene.log_path("/checkpoint")).expect(200).text(), checkpoint);
    let again = scene.receipt(&voter.cast(&scene, &submission));
    assert_eq!((again.index, &again.code, &again.proof), (receipt.index, &receipt.code, &receipt.proof));
    scene.voter(2).vote(&scene, Some(1));
    scene.server.kill();
    scene.server.start_again();
    assert_eq!(scene.status()["ballots"], 2);
    scene.close();
    scene.server.restart();
    scene.cosign();
    for teller in &scene.tellers {
        teller.report(&scene).expect(200);
    }
    scene.server.restart();
    scene.cosign();
    for teller in &scene.tellers[..2] {
        teller.sum(&scene).expect(200);
    }
    let totals = scene.status()["totals"].clone();
    assert_eq!(totals, serde_json::json!([[2, 1, 0, 0]]));
    scene.server.restart();
    assert_eq!(scene.status()["totals"], totals);
    assert!(scene.audit(&[receipt]).0.holds());
}

#[test]
fn a_log_that_was_tampered_with_is_not_served() {
    for tampering in [
        "DELETE FROM entries WHERE position = (SELECT max(position) FROM entries)",
        "UPDATE entries SET leaf = (SELECT leaf FROM entries WHERE position = 8) WHERE position = 9",
        "UPDATE entries SET leaf = X'05' WHERE position = 10",
        "UPDATE logs SET size = size - 1",
        "UPDATE logs SET checkpoint = replace(checkpoint, 'congres', 'xongres')",
        "UPDATE data SET bytes = X'00' WHERE rowid = 1",
    ] {
        let mut scene = Scene::open(2);
        scene.voter(1).vote(&scene, Some(0));
        scene.voter(2).vote(&scene, Some(0));
        scene.server.stop();
        scene.server.sql(tampering);
        scene.server.start_again();
        let refused = scene.http().get(&scene.path("")).expect(503);
        assert_eq!(refused.problem(), "damaged-log", "{tampering}");
        assert!(!refused.json()["why"].as_str().unwrap().is_empty());
        assert_eq!(scene.http().get(&scene.log_path("/checkpoint")).expect(503).problem(), "damaged-log");
        let health = scene.http().get("/healthz").expect(200).json();
        assert_eq!(health, serde_json::json!({ "elections": 0, "damaged": 1 }));
        assert_eq!(scene.http().get("/api/elections").expect(200).json(), serde_json::json!([]));
    }
}

#[test]
fn a_log_whose_key_is_gone_is_not_served() {
    let mut scene = Scene::open(1);
    scene.server.stop();
    let key = scene.server.data_dir().join("keys/congres.key");
    std::fs::remove_file(&key).unwrap();
    scene.server.start_again();
    assert_eq!(scene.http().get(&scene.path("")).expect(503).problem(), "damaged-log");
    assert!(!key.exists(), "no new key was made for a log that has one");
}
