//! The log as C2SP tlog-tiles, compared with the tree.

use isoloir_protocol::log::{
    checkpoint,
    tree::{Tree, leaf_hash},
};

use crate::support::Scene;

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

#[test]
fn tiles_and_bundles_are_those_of_the_tree() {
    let scene = Scene::open(3);
    for slot in 1..=3 {
        scene.voter(slot).vote(&scene, Some(0));
    }
    let note = scene.http().get(&scene.log_path("/checkpoint")).expect(200);
    assert_eq!(note.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(note.header("cache-control"), "no-store");
    let shown = checkpoint::open(&note.text(), &scene.manifest).unwrap().checkpoint;
    let bundle = scene.http().get(&scene.log_path(&format!("/tile/entries/000.p/{}", shown.size))).expect(200);
    assert_eq!(bundle.header("cache-control"), IMMUTABLE);
    let leaves = split(&bundle.body);
    assert_eq!(leaves, scene.archive().entries);
    let tree: Tree = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    assert_eq!((tree.size(), tree.root()), (shown.size, shown.root));
    for width in 1..=shown.size {
        let tile = scene.http().get(&scene.log_path(&format!("/tile/0/000.p/{width}"))).expect(200);
        assert_eq!(tile.body, tree.tile(0, 0, width).unwrap());
        assert_eq!((tile.header("cache-control"), tile.header("access-control-allow-origin")), (IMMUTABLE, "*"));
    }
    let beyond = shown.size + 1;
    for path in [
        format!("/tile/0/000.p/{beyond}"),
        format!("/tile/entries/000.p/{beyond}"),
        "/tile/0/000".to_owned(),
        "/tile/entries/000".to_owned(),
        "/tile/1/000.p/1".to_owned(),
        "/tile/0/001.p/1".to_owned(),
        "/tile/entries/x999/x999/x999/x999/x999/x999/999".to_owned(),
        "/tile/0/0".to_owned(),
    ] {
        assert_eq!(scene.http().get(&scene.log_path(&path)).expect(404).problem(), "not-found", "{path}");
    }
}

#[test]
fn full_tiles_come_without_a_width() {
    let scene = Scene::open(300);
    // 300 replacements fill more than one tile faster than ballots do.
    let election = scene.election();
    for slot in 1..=260 {
        let registrar = &scene.registrars[0];
        let context = isoloir_protocol::credential::PartContext { roll_scope: scene.manifest.roll_scope(), registrar: 0, slot };
        let part = isoloir_protocol::credential::CodePart::derive(context, registrar.code(slot)).unwrap();
        let body = isoloir_protocol::log::replacement::body(
            &election,
            slot,
            0,
            &part,
            scene.server.clock.now(),
            &registrar.secret,
            &mut crate::support::rng(),
        );
        scene.append(isoloir_protocol::log::entry::Kind::Replacement, &body.unwrap(), &[]).expect(200);
    }
    let size = usize::try_from(scene.status()["size"].as_u64().unwrap()).unwrap();
    let get = |path: &str| scene.http().get(&scene.log_path(path)).expect(200).body;
    let first = split(&get("/tile/entries/000"));
    let second = split(&get(&format!("/tile/entries/001.p/{}", size - 256)));
    let tree: Tree = first.iter().chain(&second).map(|leaf| leaf_hash(leaf)).collect();
    assert_eq!(tree.root(), scene.election().root());
    assert_eq!(get("/tile/0/000"), tree.tile(0, 0, 256).unwrap());
    assert_eq!(get("/tile/1/000.p/1"), tree.tile(1, 0, 1).unwrap());
}

fn split(mut bundle: &[u8]) -> Vec<Vec<u8>> {
    let mut leaves = Vec::new();
    while let Some((length, rest)) = bundle.split_first_chunk() {
        let (leaf, rest) = rest.split_at(usize::from(u16::from_be_bytes(*length)));
        leaves.push(leaf.to_vec());
        bundle = rest;
    }
    leaves
}
