use std::os::unix::fs::PermissionsExt;

use crate::support::{MINUTE, Organiser, TestServer};

#[test]
fn a_log_key_is_made_once_and_stays_in_its_file() {
    let mut server = TestServer::start();
    let organiser = Organiser::generate();
    let now = server.clock.now();
    let first = organiser.ask_for_log(&server.http(), "congres", now).expect(200).json();
    assert_eq!(first["origin"], "vote.example.org/log/congres");
    let again = organiser.ask_for_log(&server.http(), "congres", now + 1).expect(200).json();
    assert_eq!(first, again);
    server.restart();
    assert_eq!(organiser.ask_for_log(&server.http(), "congres", now).expect(200).json(), first);

    let path = server.data_dir().join("keys/congres.key");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let seed = server.log_seed("congres");
    server.stop();
    let database = std::fs::read(server.data_dir().join("isoloir.sqlite")).unwrap();
    assert!(!database.windows(32).any(|window| window == seed));
}

#[test]
fn names_are_given_to_one_organiser() {
    let server = TestServer::start();
    let (first, second) = (Organiser::generate(), Organiser::generate());
    let now = server.clock.now();
    let ask = |organiser: &Organiser, name: &str| organiser.ask_for_log(&server.http(), name, now);
    ask(&first, "congres").expect(200);
    assert_eq!(ask(&second, "congres").expect(409).problem(), "log-name");
    for name in ["", "Congres", "a/b", "../keys", "-a", "é"] {
        assert_eq!(ask(&first, name).expect(409).problem(), "log-name", "{name}");
    }
}

#[test]
fn requests_are_signed_and_fresh() {
    let server = TestServer::start();
    let organiser = Organiser::generate();
    let now = server.clock.now();
    organiser.ask_for_log(&server.http(), "a", now - 10 * MINUTE).expect(200);
    for time in [now - 10 * MINUTE - 1, now + 10 * MINUTE + 1] {
        let answer = organiser.ask_for_log(&server.http(), "b", time).expect(403);
        assert_eq!((answer.problem().as_str(), answer.json()["now"].as_u64()), ("not-fresh", Some(now)));
    }
    let other = Organiser::generate();
    let mut request = serde_json::json!({
        "name": "c",
        "time": now,
        "organiser": base64(organiser.secret.public().bytes()),
        "signature": base64(&other.secret.sign("isoloir/server/new-log", &[b"c", &now.to_be_bytes()])),
    });
    assert_eq!(server.http().post_json("/api/logs", &request).expect(403).problem(), "bad-signature");
    request["extra"] = serde_json::json!(1);
    assert_eq!(server.http().post_json("/api/logs", &request).expect(400).problem(), "malformed");
    assert_eq!(server.http().post("/api/logs", &[b' '; 5_000]).expect(413).problem(), "too-large");
}

fn base64(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
}
