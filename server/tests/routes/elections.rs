use isoloir_protocol::{
    log::{
        checkpoint,
        entry::{self, Entry, Kind},
        notice::What,
        tree::{leaf_hash, verify_inclusion},
    },
    manifest::Document,
};
use isoloir_server::Organisers;
use serde_json::json;

use crate::support::{OPENS, Organiser, Scene, TestServer, scene::LOG_NAME};

#[test]
fn a_new_election_is_listed_and_described() {
    let scene = Scene::announced(TestServer::start(), 3, &|_| {});
    let http = scene.http();
    let listed = http.get("/api/elections").expect(200).json();
    let closes = scene.manifest.closes_ms();
    let expected = json!([{
        "id": scene.manifest.id().to_string(),
        "title": { "fr": "Congrès" },
        "phase": "setup",
        "opens": OPENS,
        "closes": closes,
    }]);
    assert_eq!(listed, expected);
    let manifest = http.get(&scene.path("/manifest")).expect(200);
    assert_eq!(manifest.body, scene.manifest.bytes());
    let status = scene.status();
    assert_eq!(status["origin"], "vote.example.org/log/congres");
    assert_eq!((status["size"].as_u64(), status["now"].as_u64()), (Some(1), Some(scene.server.clock.now())));
    assert_eq!((status["closes"].as_u64(), status["end"].as_u64()), (Some(closes), Some(crate::support::END)));
    let teller = json!({ "name": "Scrutateur 1", "consented": false, "last_drill": null, "reported": false, "summed": false });
    assert_eq!(status["tellers"][0], teller);
    let registrar = json!({ "name": "Bureau 1", "channel": "courrier", "consented": false, "roll": false });
    assert_eq!(status["registrars"][1], registrar);
    assert_eq!(status["witnesses"][0], json!({ "name": "witness.berlin", "seen_size": null, "seconds": null }));
    for name in ["closing", "fix", "totals", "buckets"] {
        assert!(status[name].is_null(), "{name}");
    }
}

#[test]
fn the_same_manifest_twice_is_one_election() {
    let scene = Scene::announced(TestServer::start(), 1, &|_| {});
    let body = entry::manifest_body(scene.manifest.bytes(), &scene.organiser.secret);
    let again = scene.http().post("/api/elections", &body).expect(201).json();
    assert_eq!(again["id"], scene.manifest.id().to_string());
    assert_eq!(scene.status()["size"], 1);
    let receipt = &again["receipt"];
    assert_eq!(receipt["index"], 0);
    let leaf = decode(&receipt["leaf"]);
    assert_eq!(Entry::decode(&leaf).unwrap().kind, Kind::Manifest);
    let shown = checkpoint::open(receipt["checkpoint"].as_str().unwrap(), &scene.manifest).unwrap().checkpoint;
    assert!(verify_inclusion(&leaf_hash(&leaf), 0, shown.size, &[], &shown.root));
}

#[test]
fn a_manifest_must_name_the_organisers_own_log() {
    let server = TestServer::start();
    let organiser = Organiser::generate();
    let other = Organiser::generate();
    other.ask_for_log(&server.http(), "autre", server.clock.now()).expect(200);
    let scene = Scene::announced(server, 1, &|_| {});
    let attempt = |change: &dyn Fn(&mut Document), signer: &Organiser| {
        let mut document: Document = serde_json::from_slice(scene.manifest.bytes()).unwrap();
        change(&mut document);
        let body = entry::manifest_body(&document.to_json(), &signer.secret);
        scene.http().post("/api/elections", &body)
    };
    let title = |document: &mut Document| document.grace_minutes = 16;
    let wrong_origin = |document: &mut Document| document.log.origin = "vote.example.org/log/autre".to_owned();
    assert_eq!(attempt(&wrong_origin, &scene.organiser).expect(422).problem(), "wrong-log");
    assert_eq!(attempt(&title, &scene.organiser).expect(422).problem(), "wrong-log", "a log is for one election");
    assert_eq!(attempt(&title, &organiser).expect(403).problem(), "bad-signature");
    let broken = |document: &mut Document| document.threshold = 9;
    assert_eq!(attempt(&broken, &scene.organiser).expect(422).problem(), "invalid-manifest");
    assert_eq!(scene.http().post("/api/elections", b"{}").expect(400).problem(), "malformed");
    let large = vec![0; 70_000];
    assert_eq!(scene.http().post("/api/elections", &large).expect(413).problem(), "too-large");
}

#[test]
fn only_known_organisers_begin_elections() {
    let known = Organiser::generate();
    let key = known.secret.public();
    let server = TestServer::start_with(|config| config.organisers = Organisers::Listed(vec![key]));
    let now = server.clock.now();
    known.ask_for_log(&server.http(), LOG_NAME, now).expect(200);
    let stranger = Organiser::generate();
    assert_eq!(stranger.ask_for_log(&server.http(), "autre", now).expect(403).problem(), "not-allowed");
    let closed = TestServer::start_with(|config| config.organisers = Organisers::Nobody);
    assert_eq!(known.ask_for_log(&closed.http(), LOG_NAME, now).expect(403).problem(), "not-allowed");
}

#[test]
fn slots_are_shown_one_by_one() {
    let scene = Scene::open(3);
    let slot = scene.http().get(&scene.path("/slots/3")).expect(200).json();
    assert_eq!((slot["slot"].as_u64(), slot["group"].as_u64(), slot["weight"].as_u64()), (Some(3), Some(1), Some(1)));
    let key = scene.voter(3).key(&scene.manifest).public();
    assert_eq!(slot["key"], hex::encode(key.bytes()));
    assert_eq!(slot["key_parts"].as_array().unwrap().len(), 2);
    assert!(slot["current"].is_null());
    let receipt = scene.voter(3).vote(&scene, Some(1));
    let slot = scene.http().get(&scene.path("/slots/3")).expect(200).json();
    let ballot = json!({ "index": receipt.index, "time": scene.server.clock.now(), "code": receipt.code });
    assert_eq!((&slot["current"], &slot["ballots"]), (&ballot, &json!([ballot])));
    for wrong in ["0", "4", "03", "-1", "x", "99999999999"] {
        assert_eq!(scene.http().get(&scene.path(&format!("/slots/{wrong}"))).expect(404).problem(), "unknown-slot");
    }
}

#[test]
fn notices_are_shown() {
    let scene = Scene::open(1);
    scene.organiser.notice(&scene, What::Suspend, "Panne de réseau").expect(200);
    let status = scene.status();
    assert_eq!((status["phase"].as_str(), status["suspended"].as_bool()), (Some("suspended"), Some(true)));
    let notice = &status["notices"][0];
    assert_eq!((notice["what"].as_str(), notice["text"].as_str()), (Some("suspend"), Some("Panne de réseau")));
    assert!(notice["closes"].is_null());
}

#[test]
fn unknown_elections_are_not_found() {
    let server = TestServer::start();
    let id = "A".repeat(43);
    for path in [format!("/api/elections/{id}"), format!("/api/elections/{id}/manifest"), "/api/elections/x".to_owned()] {
        assert_eq!(server.http().get(&path).expect(404).problem(), "unknown-election");
    }
}

fn decode(base64: &serde_json::Value) -> Vec<u8> {
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, base64.as_str().unwrap()).unwrap()
}
