use isoloir_protocol::{
    log::{
        checkpoint, consent,
        entry::{self, Kind},
        notice::{self, What},
        tree::{leaf_hash, verify_inclusion},
    },
    roll,
};

use crate::support::{HOUR, Scene, TestServer, rng, scene::entry_bytes};

#[test]
fn the_answer_proves_the_entry() {
    let scene = Scene::announced(TestServer::start(), 2, &|_| {});
    let answer = scene.tellers[0].consent(&scene).expect(200).json();
    let decode =
        |text: &serde_json::Value| base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text.as_str().unwrap()).unwrap();
    let leaf = leaf_hash(&decode(&answer["leaf"]));
    let proof: Vec<[u8; 32]> = answer["proof"].as_array().unwrap().iter().map(|hash| decode(hash).try_into().unwrap()).collect();
    let shown = checkpoint::open(answer["checkpoint"].as_str().unwrap(), &scene.manifest).unwrap().checkpoint;
    assert!(verify_inclusion(&leaf, answer["index"].as_u64().unwrap(), shown.size, &proof, &shown.root));
}

#[test]
fn the_same_entry_twice_is_one_entry() {
    let scene = Scene::announced(TestServer::start(), 2, &|_| {});
    let consent = consent::teller_body(&scene.election(), 1, &scene.tellers[0].secret, &mut rng()).unwrap();
    let first = scene.append(Kind::Consent, &consent, &[]).expect(200).json();
    let again = scene.append(Kind::Consent, &consent, &[]).expect(200).json();
    assert_eq!((&first["index"], &first["leaf"]), (&again["index"], &again["leaf"]));

    let part = scene.registrars[0].roll_part(&scene.manifest);
    let body = roll::entry_body(&part).unwrap();
    let first = scene.append(Kind::RollPart, &body, &part).expect(200).json();
    assert_eq!(scene.append(Kind::RollPart, &body, &part).expect(200).json()["index"], first["index"]);
    assert_eq!(scene.status()["size"], 3);
    // Also when the vote is open, and after a restart.
    let mut scene = Scene::open(2);
    let part = scene.registrars[0].roll_part(&scene.manifest);
    let notice = notice::body(&scene.election(), What::Suspend, "", scene.server.clock.now(), &scene.organiser.secret);
    let notice = notice.unwrap();
    let first = scene.append(Kind::Notice, &notice, &[]).expect(200).json();
    scene.server.restart();
    scene.server.clock.advance(5 * HOUR);
    assert_eq!(scene.append(Kind::Notice, &notice, &[]).expect(200).json()["index"], first["index"]);
    let other = scene.append(Kind::RollPart, &roll::entry_body(&part).unwrap(), &part);
    assert_eq!(other.expect(413).problem(), "too-large", "a new roll part is not even read");
}

#[test]
fn refusals_name_the_rule() {
    let scene = Scene::announced(TestServer::start(), 2, &|_| {});
    let election = scene.election();
    let open = || scene.organiser.open(&scene);
    scene.registrars[0].publish_roll(&scene).expect(200);
    assert_eq!(scene.registrars[0].publish_roll(&scene).reason(), "twice");
    scene.registrars[1].publish_roll(&scene).expect(200);
    let refused = open();
    assert_eq!((refused.reason().as_str(), refused.json()["teller"].as_u64()), ("no-consent", Some(1)));
    let stolen = consent::teller_body(&election, 2, &scene.tellers[0].secret, &mut rng()).unwrap();
    let refused = scene.append(Kind::Consent, &stolen, &[]);
    assert_eq!((refused.reason().as_str(), refused.json()["kind"].as_str()), ("signature", Some("consent")));
    assert_eq!(refused.json()["check"], "V2");
    let stale = notice::body(&scene.election(), What::Suspend, "", 1, &scene.organiser.secret).unwrap();
    assert_eq!(scene.append(Kind::Notice, &stale, &[]).reason(), "not-opened");
}

#[test]
fn rolls_are_checked() {
    let scene = Scene::announced(TestServer::start(), 3, &|_| {});
    let part = scene.registrars[0].roll_part(&scene.manifest);
    let body = roll::entry_body(&part).unwrap();
    let mut tampered = part.clone();
    tampered[60] ^= 1;
    assert_eq!(scene.append(Kind::RollPart, &body, &tampered).reason(), "data");
    let refused = scene.append(Kind::RollPart, &roll::entry_body(&tampered).unwrap(), &tampered);
    assert_eq!((refused.reason().as_str(), refused.json()["registrar"].as_u64()), ("roll", Some(0)));
    scene.append(Kind::RollPart, &body, &part).expect(200);
    let other =
        crate::support::Registrar { number: 1, secret: scene.registrars[1].secret.clone(), codes: scene.registrars[1].codes[..2].to_vec() };
    let other = other.roll_part(&scene.manifest);
    assert_eq!(scene.append(Kind::RollPart, &roll::entry_body(&other).unwrap(), &other).reason(), "roll-rows");
    // The data are public under their hash.
    let hash = hex::encode(isoloir_protocol::hash::sha256(&part));
    assert_eq!(scene.http().get(&scene.path(&format!("/data/{hash}"))).expect(200).body, part);
}

#[test]
fn what_is_not_sent_by_people_is_not_taken() {
    let scene = Scene::open(2);
    let ballot = scene.voter(1).prepare(&scene, Some(0)).0;
    let ballot = &ballot[..scene.manifest.ballot_len()];
    for kind in [Kind::Manifest, Kind::Ballot, Kind::Close, Kind::Fix, Kind::Result] {
        assert_eq!(scene.append(kind, ballot, &[]).expect(400).problem(), "malformed", "{kind:?}");
    }
    let open = entry::open_body(&scene.election(), &scene.organiser.secret).unwrap();
    assert_eq!(scene.append(Kind::Open, &open, b"data").expect(413).problem(), "too-large");
    let post = |body: &[u8]| scene.http().post(&scene.path("/entries"), body).expect(400).problem();
    for wrong in [&[][..], &[0], &[13, 0, 0, 0, 0], &[2, 0, 0], &[2, 0, 0, 0, 9, 1]] {
        assert_eq!(post(wrong), "malformed");
    }
    let long = entry_bytes(Kind::Notice, &vec![0; 65_530], &[]);
    assert_eq!(scene.http().post(&scene.path("/entries"), &long).expect(413).problem(), "too-large");
}

#[test]
fn large_data_come_only_from_those_who_signed_for_them() {
    let scene = Scene::open(3);
    scene.voter(1).vote(&scene, Some(0));
    scene.voter(2).vote(&scene, Some(0));
    scene.close();
    let election = scene.election();
    let opener = isoloir_protocol::tally::Opener::new(&election, 1, &scene.tellers[0].secret).unwrap();
    let (body, data) = opener.report(&election, true).unwrap();
    let mut unsigned = body.clone();
    *unsigned.last_mut().unwrap() ^= 1;
    assert_eq!(scene.append(Kind::Report, &unsigned, &data).expect(403).problem(), "bad-signature");
    assert_eq!(scene.append(Kind::Report, &body, &[data.as_slice(), &[0]].concat()).expect(413).problem(), "too-large");
    assert_eq!(scene.append(Kind::Report, &body, &data[1..]).reason(), "data");
    scene.append(Kind::Report, &body, &data).expect(200);
    let missing = scene.status()["missing"].clone();
    assert_eq!(missing.as_array().unwrap().len(), 2);
    assert_eq!(missing[0]["teller"], 1);
}
