//! Stopping and starting: everything is kept, and a log that does not replay is not served.

use isoloir_protocol::{
    log::{
        checkpoint::sign_checkpoint,
        tree::{Tree, leaf_hash},
    },
    signature::SignSecret,
};

use crate::support::{Scene, Voter, until};

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
        // What no rule but the proof and the root can tell: a response of the last ballot, two ballots in each other's place.
        "UPDATE entries SET leaf = CAST(substr(leaf, 1, length(leaf) - 1) || X'FF' AS BLOB) WHERE position = (SELECT max(position) FROM entries)",
        "UPDATE entries SET leaf = others.leaf FROM (SELECT position, leaf FROM entries) AS others \
         WHERE entries.position + others.position = 2 * (SELECT max(position) FROM entries) - 1 \
         AND entries.position > (SELECT max(position) FROM entries) - 2",
        // A shorter log that is whole in itself, under the checkpoint of the longer one.
        "DELETE FROM entries WHERE position = (SELECT max(position) FROM entries); UPDATE logs SET size = size - 1",
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
        let why = refused.json()["why"].as_str().unwrap().to_owned();
        assert!(!why.is_empty());
        if tampering.contains("X'FF'") || tampering.contains("others") {
            assert_eq!(why, "its entries are not those of its checkpoint", "{tampering}");
        }
        assert_eq!(scene.http().get(&scene.log_path("/checkpoint")).expect(503).problem(), "damaged-log");
        let health = scene.http().get("/healthz").expect(200).json();
        assert_eq!(health, serde_json::json!({ "elections": 0, "damaged": 1 }));
        assert_eq!(scene.http().get("/api/elections").expect(200).json(), serde_json::json!([]));
    }
}

/// Whoever has the log's key can sign anything; what was never valid is found when the proofs are checked again.
#[test]
fn a_proof_that_never_held_stops_the_election() {
    let mut scene = Scene::open(2);
    scene.voter(1).vote(&scene, Some(0));
    scene.voter(2).vote(&scene, Some(1));
    let mut entries = scene.archive().entries;
    let secret = SignSecret::from_bytes(&scene.server.log_seed("congres"));
    scene.server.stop();
    let forged = entries.len() - 2;
    let response = entries[forged].len() - 32;
    entries[forged][response] ^= 1;
    let tree: Tree = entries.iter().map(|leaf| leaf_hash(leaf)).collect();
    let note = sign_checkpoint(&scene.manifest.log.origin, tree.size(), &tree.root(), &secret);
    scene.server.sql_with("UPDATE entries SET leaf = ? WHERE position = ?", &entries[forged], forged);
    scene.server.sql_with("UPDATE logs SET checkpoint = CAST(? AS TEXT) WHERE size = ?", note.as_bytes(), entries.len());
    scene.server.start_again();
    until(|| scene.http().get(&scene.path("")).status == 503);
    let refused = scene.http().get(&scene.log_path("/checkpoint")).expect(503);
    assert_eq!(refused.problem(), "damaged-log");
    assert!(refused.json()["why"].as_str().unwrap().starts_with(&format!("entry {forged}:")));
    assert_eq!(scene.http().get("/healthz").expect(200).json(), serde_json::json!({ "elections": 0, "damaged": 1 }));
    let (submission, _) = scene.voter(1).prepare_after(&scene, Some(1), u64::try_from(forged).unwrap());
    assert_eq!(scene.voter(1).cast(&scene, &submission).problem(), "damaged-log");
}

/// Codes that were replaced, second ballots, and a start in every phase between.
#[test]
fn ballots_of_replaced_keys_are_counted_after_any_start() {
    let mut scene = Scene::open(4);
    for slot in 1..=3 {
        scene.voter(slot).vote(&scene, Some(0));
    }
    scene.server.restart();
    let replaced = [1, 2].map(|slot| {
        let (answer, code) = scene.registrars[1].replace(&scene, slot);
        answer.expect(200);
        Voter { slot, codes: vec![scene.registrars[0].code(slot).clone(), code] }
    });
    // Slot 2 votes with its new key, slot 1 leaves the ballot under the old one, slot 3 changes its mind.
    scene.server.restart();
    replaced[1].vote(&scene, Some(1));
    scene.voter(3).vote(&scene, Some(1));
    scene.server.restart();
    let before = scene.status();
    scene.close();
    scene.server.restart();
    assert_eq!(scene.status()["ballots"], before["ballots"]);
    scene.cosign();
    for teller in &scene.tellers {
        teller.report(&scene).expect(200);
    }
    scene.cosign();
    scene.server.restart();
    for teller in &scene.tellers[..2] {
        teller.sum(&scene).expect(200);
    }
    assert_eq!(scene.status()["totals"], serde_json::json!([[2, 2, 0, 0]]));
    assert!(scene.audit(&[]).0.holds());
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
