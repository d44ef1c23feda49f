//! A copy keeps nothing of what counting is checked against either: it takes it from what it has stored, whatever came between two looks.

use isoloir_protocol::ballot::dishonest::Malice;

use crate::support::{Scene, TestServer};

#[test]
fn a_copy_follows_the_count_in_steps_of_any_size() {
    let scene = Scene::open(4);
    let copies = [(); 3].map(|()| TestServer::start_with(|config| config.copies = true));
    let keep = |copies: &[TestServer]| copies.iter().for_each(|copy| copy.keep(&scene.manifest, &scene.archive()));
    for slot in 1..=3 {
        scene.voter(slot).vote(&scene, Some(0));
    }
    let spoilt = scene.voter(4).spoil(&scene, 2, Malice::WrongShare);
    scene.receipt(&scene.voter(4).cast(&scene, &spoilt));
    keep(&copies);
    // The first sees every step, the second the close and then all, the third nothing before the end.
    scene.close();
    scene.cosign();
    keep(&copies[..2]);
    for teller in &scene.tellers {
        teller.report(&scene).expect(200);
        keep(&copies[..1]);
    }
    scene.cosign();
    for teller in &scene.tellers[..2] {
        teller.sum(&scene).expect(200);
        keep(&copies[..1]);
    }
    keep(&copies[1..]);
    let status = scene.status();
    assert_eq!((status["phase"].as_str(), status["void"].as_array().map(Vec::len)), (Some("counted"), Some(1)));
    for copy in &copies {
        let copied = copy.http().get(&scene.path("")).expect(200).json();
        for field in ["size", "phase", "closing", "fix", "totals", "buckets", "void"] {
            assert_eq!(copied[field], status[field], "{field}");
        }
    }
}
