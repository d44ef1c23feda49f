use crate::support::Scene;

#[test]
fn an_archive_can_be_audited_at_any_time() {
    let scene = Scene::open(3);
    let receipt = scene.voter(1).vote(&scene, Some(0));
    let answer = scene.http().get(&scene.path("/archive.zip")).expect(200);
    assert_eq!(answer.header("content-type"), "application/zip");
    assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"{}.zip\"", scene.manifest.id()));
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let (report, election) = scene.audit(&[receipt]);
    assert!(report.holds(), "{:?}", report.checks);
    assert_eq!((election.size(), election.ballots()), (scene.status()["size"].as_u64().unwrap(), 1));
    assert_eq!(scene.archive().data.len(), 2, "the two parts of the roll");
}

#[test]
fn data_are_served_by_their_hash() {
    let scene = Scene::open(3);
    for (hash, data) in scene.archive().data {
        let answer = scene.http().get(&scene.path(&format!("/data/{}", hex::encode(hash)))).expect(200);
        assert_eq!(answer.body, data);
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        let upper = hex::encode_upper(hash);
        assert_eq!(scene.http().get(&scene.path(&format!("/data/{upper}"))).expect(404).problem(), "unknown-data");
    }
    for wrong in ["00", "x", &"0".repeat(64)] {
        assert_eq!(scene.http().get(&scene.path(&format!("/data/{wrong}"))).expect(404).problem(), "unknown-data");
    }
}

#[test]
fn data_of_more_than_one_piece_come_whole() {
    // A row has 106 bytes: these are two pieces of a megabyte.
    let scene = Scene::ready(crate::support::TestServer::start(), 10_000, &|_| {});
    let data = scene.archive().data;
    assert_eq!(data.len(), 2);
    for (hash, data) in data {
        assert!(data.len() > 1 << 20);
        let answer = scene.http().get(&scene.path(&format!("/data/{}", hex::encode(hash)))).expect(200);
        assert!(answer.body == data);
    }
}
