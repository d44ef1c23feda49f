use isoloir_protocol::{
    log::checkpoint::{self, sign_checkpoint},
    signature::SignSecret,
};

use crate::support::{MINUTE, Scene, Witness};

#[test]
fn cosignatures_are_kept_and_shown() {
    let mut scene = Scene::open(3);
    scene.witnesses[0].cosign(&scene).expect(204);
    scene.witnesses[1].cosign(&scene).expect(204);
    // The same again changes nothing.
    scene.witnesses[1].cosign(&scene).expect(204);
    let note = scene.http().get(&scene.log_path("/checkpoint")).expect(200).text();
    assert_eq!(checkpoint::open(&note, &scene.manifest).unwrap().witness_count(), 2);
    let receipt = scene.receipt(&scene.voter(1).cast(&scene, &scene.voter(1).prepare(&scene, Some(0)).0));
    assert_eq!(receipt.check(&scene.manifest).unwrap().cosignatures.len(), 0, "a new checkpoint is bare at first");
    let kept = scene.http().get(&scene.path("/checkpoints")).expect(200).json();
    assert_eq!(kept, serde_json::json!([note]));
    let size = checkpoint::open(&note, &scene.manifest).unwrap().checkpoint.size;
    let seen = scene.status()["witnesses"][1].clone();
    assert_eq!((seen["seen_size"].as_u64(), seen["seconds"].as_u64()), (Some(size), Some(scene.server.clock.now() / 1_000)));

    scene.server.restart();
    assert_eq!(scene.http().get(&scene.path("/checkpoints")).expect(200).json(), kept);
    assert_eq!(scene.archive().checkpoints[&size], note);
}

#[test]
fn a_witness_that_cosigns_often_does_not_fill_the_server() {
    let scene = Scene::open(9);
    for slot in 1..=4 {
        scene.voter(slot).vote(&scene, Some(0));
        scene.cosign();
    }
    let kept = || scene.http().get(&scene.path("/checkpoints")).expect(200).json().as_array().unwrap().len();
    assert_eq!(kept(), 1, "one of each minute is enough");
    scene.server.clock.advance(MINUTE);
    scene.voter(5).vote(&scene, Some(0));
    scene.witnesses[0].cosign(&scene).expect(204);
    assert_eq!(kept(), 2);
    // One with fewer witnesses does not push out one with more.
    scene.witnesses[1].cosign(&scene).expect(204);
    scene.voter(6).vote(&scene, Some(0));
    scene.witnesses[0].cosign(&scene).expect(204);
    assert_eq!(kept(), 3);
}

#[test]
fn nothing_but_valid_lines_of_witnesses_is_kept() {
    let scene = Scene::open(1);
    let note = scene.http().get(&scene.log_path("/checkpoint")).expect(200).text();
    let stranger = Witness::generate("stranger.example");
    assert_eq!(stranger.cosign_note(&scene, &note).expect(422).problem(), "no-cosignature");
    let impostor = Witness::generate(&scene.witnesses[0].name);
    assert_eq!(impostor.cosign_note(&scene, &note).expect(422).problem(), "no-cosignature");
    let post = |note: &str| scene.http().post(&scene.path("/cosignatures"), note.as_bytes());
    assert_eq!(post(&note).expect(422).problem(), "no-cosignature");
    for wrong in ["", "hello", "a\nb\n\n", "\u{2014}"] {
        assert_eq!(post(wrong).expect(400).problem(), "malformed");
    }
    // Lines of strangers beside a good one are left out.
    let with_stranger = format!("{note}{}", checkpoint::cosign(&note, "stranger.example", &stranger.secret, 1).unwrap());
    scene.witnesses[0].cosign_note(&scene, &with_stranger).expect(204);
    let shown = scene.http().get(&scene.log_path("/checkpoint")).expect(200).text();
    assert!(shown.contains("witness.berlin") && !shown.contains("stranger"));
}

#[test]
fn a_checkpoint_of_another_history_is_a_fork() {
    let mut scene = Scene::open(1);
    let origin = scene.manifest.log.origin.clone();
    let stolen = SignSecret::from_bytes(&scene.server.log_seed("congres"));
    let size = scene.status()["size"].as_u64().unwrap();
    for (size, root) in [(size, [7; 32]), (size + 5, [7; 32])] {
        let note = sign_checkpoint(&origin, size, &root, &stolen);
        let answer = scene.witnesses[0].cosign_note(&scene, &note).expect(409);
        assert_eq!((answer.problem().as_str(), answer.json()["size"].as_u64()), ("fork", Some(size)));
    }
    scene.server.restart();
    scene.cosign();
}
