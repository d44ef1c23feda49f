//! Witnesses and mirrors as processes: what they keep is what the server has, it is there when the server is not, and a fork is seen.

use std::{ffi::OsString, fs, net::SocketAddr, path::Path, process::Command};

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    fetch::FetchRequest,
    key_file,
    log::{checkpoint, receipt::Receipt},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    process::Process,
    support::{
        Anonymous, HOUR, MINUTE, Scene, TestServer,
        people::{fetch_bytes, split_boxes},
        rng, until,
    },
};

fn machine_time() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap()
}

/// Voting is open, by the machine's clock, on a server whose port stays the same when it is started again.
fn open_now(voters: u32) -> Scene {
    let mut server = TestServer::start();
    let port = server.addr();
    server.stop();
    server.config.bind = port;
    server.start_again();
    let now = machine_time() / 1_000 * 1_000;
    server.clock.set(now - 2 * MINUTE);
    let text = |ms: u64| Timestamp::from_millisecond(i64::try_from(ms).unwrap()).unwrap().to_string();
    let scene = Scene::ready(server, voters, &|document| {
        document.opens = text(now - MINUTE);
        document.closes = text(now + HOUR);
    });
    scene.organiser.open(&scene).expect(200);
    scene.server.clock.set(now);
    scene
}

/// The first witness of the manifest, with what it needs in a folder.
fn witness(scene: &Scene, folder: &Path) -> Process {
    let key = folder.join("witness.key");
    if !key.exists() {
        let secret = scene.witnesses[0].secret.to_bytes();
        let sealed = key_file::seal(key_file::Kind::Witness, secret.as_slice(), "a passphrase for tests", &mut rng()).unwrap();
        fs::write(&key, sealed.as_bytes()).unwrap();
        fs::write(folder.join("passphrase"), "a passphrase for tests\n").unwrap();
    }
    let election = folder.join("election.json");
    if !election.exists() {
        let server = format!("http://{}", scene.server.addr());
        let manifest = STANDARD.encode(scene.manifest.bytes());
        let file =
            json!({ "format": "isoloir/election-1", "server": server, "election": scene.manifest.id().to_string(), "manifest": manifest });
        fs::write(&election, file.to_string()).unwrap();
    }
    let mut args: Vec<OsString> = ["witness", "run", "--every", "1", "--listen", "127.0.0.1:0", "--election"].map(OsString::from).into();
    args.push(election.into());
    args.extend(["--key".into(), key.into(), "--passphrase-file".into(), folder.join("passphrase").into()]);
    Process::run(&args)
}

fn mirror(scene: &Scene, folder: &Path) -> Process {
    let server = format!("http://{}", scene.server.addr());
    let mut args: Vec<OsString> =
        ["mirror", "--every", "1", "--listen", "127.0.0.1:0", "--url", &server, "--data"].map(OsString::from).into();
    args.push(folder.into());
    Process::run(&args)
}

/// Waits until a copy has what the server has.
#[track_caller]
fn caught_up(scene: &Scene, copy: SocketAddr) {
    let size = scene.status()["size"].clone();
    let http = Anonymous::new(copy);
    until(|| {
        let answer = http.get(&scene.path(""));
        answer.status == 200 && answer.json()["size"] == size
    });
}

/// `isoloir receipt check`: whether it ends well, and what it says.
fn check(receipt: &OsString, more: &[&str]) -> (bool, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_isoloir")).args(["--lang", "en", "receipt", "check"]).arg(receipt).args(more).output().unwrap();
    (output.status.code() == Some(0), String::from_utf8(output.stdout).unwrap())
}

fn save(folder: &TempDir, receipt: &Receipt) -> OsString {
    let path = folder.path().join("receipt.json");
    fs::write(&path, receipt.to_json()).unwrap();
    path.into()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_witness_serves_what_it_saw_when_the_server_is_gone() {
    let mut scene = open_now(6);
    let folder = tempfile::tempdir().unwrap();
    let receipts: Vec<Receipt> = (1..=3).map(|slot| scene.voter(slot).vote(&scene, Some(0))).collect();
    let mut process = witness(&scene, folder.path());
    caught_up(&scene, process.addr);

    // Its cosignature is in the server's checkpoint, and in its own.
    let cosigned = |http: &Anonymous| {
        let note = http.get(&scene.log_path("/checkpoint")).expect(200).text();
        checkpoint::open(&note, &scene.manifest).unwrap().cosignatures.iter().any(|one| one.witness == 0)
    };
    until(|| cosigned(&scene.http()));
    let theirs = Anonymous::new(process.addr);
    until(|| cosigned(&theirs));

    // The same paths give the same, to pages of other origins too.
    let ours = scene.http();
    let last = receipts.last().unwrap();
    let size = scene.status()["size"].as_u64().unwrap();
    for path in [
        "/api/elections".to_owned(),
        scene.path("/manifest"),
        scene.path("/slots/2"),
        scene.path("/checkpoints"),
        scene.path(&format!("/receipts/{}", last.index)),
        scene.log_path(&format!("/tile/entries/000.p/{size}")),
        scene.log_path(&format!("/tile/0/000.p/{size}")),
    ] {
        let answer = theirs.get(&path).expect(200);
        assert_eq!(answer.body, ours.get(&path).expect(200).body, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
    }
    let told = theirs.get(&scene.path("")).expect(200).json()["copy"].clone();
    assert_eq!((told["witness"].as_str(), &told["alarm"]), (Some("witness.berlin"), &Value::Null));
    assert_eq!(scene.status()["copy"], Value::Null);
    let page = theirs.get("/check/");
    assert!(page.status == 200 || page.problem() == "no-pages", "{}", page.status);

    // It takes nothing, but knows what is in the log already.
    let (submission, _) = scene.voter(4).prepare(&scene, Some(1));
    assert_eq!(theirs.post(&scene.path("/ballots"), &submission).expect(403).problem(), "copy");
    assert_eq!(theirs.post(&scene.path("/cosignatures"), b"x").expect(403).problem(), "copy");
    assert_eq!(scene.status()["size"], size);

    // The server is stopped: the receipt is checked against the witness alone, from its file or by slot and code.
    let (server, by_witness) = (format!("http://{}", scene.server.addr()), format!("http://{}", process.addr));
    let receipt = save(&folder, last);
    let (good, said) = check(&receipt, &["--server", &server, "--witness", &by_witness]);
    assert!(good && said.contains("has the same log"), "{said}");
    scene.server.stop();
    let (good, said) = check(&receipt, &["--witness", &by_witness]);
    assert!(good, "{said}");
    let by_code = format!("{server}/check/#{}.{}.{}", scene.manifest.id(), last.slot, last.code).into();
    let (good, said) = check(&by_code, &["--witness", &by_witness]);
    assert!(good && said.contains("was not reached"), "{said}");
    // A code that is none is found nowhere.
    let other = format!("{server}/check/#{}.1.{}", scene.manifest.id(), last.code).into();
    assert!(!check(&other, &["--witness", &by_witness]).0);

    // Killed, and started again without the server: everything is still there.
    process.kill();
    let process = witness(&scene, folder.path());
    let (good, said) = check(&receipt, &["--witness", &format!("http://{}", process.addr)]);
    assert!(good, "{said}");

    // The server is back: it goes on.
    scene.server.start_again();
    scene.voter(4).vote(&scene, Some(1));
    caught_up(&scene, process.addr);
    scene.server.elsewhere = Some(process.addr);
    let (report, election) = scene.audit(&receipts);
    assert!(report.holds(), "{:?}", report.checks);
    assert_eq!(election.ballots(), 4);
}

#[test]
fn a_witness_serves_both_histories_of_a_fork() {
    let mut scene = open_now(6);
    let folder = tempfile::tempdir().unwrap();
    scene.server.stop();
    copy(scene.server.data_dir(), &folder.path().join("backup"));
    scene.server.start_again();
    let receipt = scene.voter(1).vote(&scene, Some(0));
    let process = witness(&scene, folder.path());
    caught_up(&scene, process.addr);
    let theirs = Anonymous::new(process.addr);

    // The server is brought back as it was, and another ballot takes the place of the first one.
    scene.server.stop();
    fs::remove_dir_all(scene.server.data_dir()).unwrap();
    copy(&folder.path().join("backup"), scene.server.data_dir());
    scene.server.start_again();
    scene.voter(2).vote(&scene, Some(1));
    let alarm = |http: &Anonymous| http.get(&scene.path("")).expect(200).json()["copy"]["alarm"].clone();
    until(|| !alarm(&theirs).is_null());
    let evidence = alarm(&theirs);
    let notes = ["kept", "shown"].map(|name| checkpoint::open(evidence[name].as_str().unwrap(), &scene.manifest).unwrap().checkpoint);
    assert_eq!(notes[0].size, notes[1].size);
    assert_ne!(notes[0].root, notes[1].root);
    assert_eq!(notes[0].root, checkpoint::open(&receipt.checkpoint, &scene.manifest).unwrap().checkpoint.root);

    // What it saw is served as it was, and the receipt shows who changed it.
    assert_eq!(theirs.get(&scene.path("/slots/1")).expect(200).json()["current"]["index"], receipt.index);
    let file = save(&folder, &receipt);
    let (server, by_witness) = (format!("http://{}", scene.server.addr()), format!("http://{}", process.addr));
    let (good, said) = check(&file, &["--server", &server, "--witness", &by_witness]);
    assert!(!good && said.contains("do NOT agree") && said.contains("ALARM"), "{said}");

    // Nothing of the other history is cosigned, and the alarm outlives the process.
    let note = scene.http().get(&scene.log_path("/checkpoint")).expect(200).text();
    assert!(checkpoint::open(&note, &scene.manifest).unwrap().cosignatures.is_empty());
    drop(process);
    let process = witness(&scene, folder.path());
    assert_eq!(alarm(&Anonymous::new(process.addr)), evidence);
}

#[test]
fn a_mirror_has_the_boxes_that_tellers_need() {
    let mut scene = open_now(6);
    let folder = tempfile::tempdir().unwrap();
    for slot in 1..=3 {
        scene.voter(slot).vote(&scene, Some(0));
    }
    let mut process = mirror(&scene, folder.path());
    caught_up(&scene, process.addr);
    // Its key is not known yet: nobody else gets boxes.
    let key = process.said.lines().find_map(|line| line.contains("--mirror").then(|| line.rsplit(' ').next().unwrap().to_owned())).unwrap();
    let key = STANDARD.decode(key.trim()).unwrap();
    let key = isoloir_protocol::signature::SignKey::from_bytes(&key.try_into().unwrap()).unwrap();
    process.kill();
    scene.server.stop();
    scene.server.config.mirrors = vec![key];
    scene.server.start_again();

    // Started again, it asks for what it lacks, and for what is new. Slot 1 votes anew: only the last ballot's boxes are needed.
    scene.server.clock.set(machine_time());
    scene.voter(1).vote(&scene, Some(1));
    let process = mirror(&scene, folder.path());
    until(|| process.heard().contains("boxes that are not kept: 0"));
    for slot in 4..=5 {
        scene.voter(slot).vote(&scene, Some(2));
    }
    caught_up(&scene, process.addr);
    scene.server.clock.set(scene.manifest.closes_ms() + 15 * MINUTE);
    let theirs = Anonymous::new(process.addr);
    let ask = |scene: &Scene, http: &Anonymous, teller: usize, ms: u64| {
        let teller = &scene.tellers[teller];
        let request = FetchRequest::sign(&scene.manifest.id(), teller.number, ms, teller.secret.sign());
        http.post(&scene.path("/boxes/fetch"), &fetch_bytes(&request, 0, u32::MAX))
    };
    assert_eq!(ask(&scene, &theirs, 0, machine_time()).expect(409).problem(), "not-closed");
    scene.server.tick();
    caught_up(&scene, process.addr);
    for teller in 0..3 {
        let expected = split_boxes(&scene.manifest, &ask(&scene, &scene.http(), teller, scene.server.clock.now()).expect(200).body);
        assert_eq!(expected.len(), 5);
        until(|| split_boxes(&scene.manifest, &ask(&scene, &theirs, teller, machine_time()).expect(200).body) == expected);
    }
    // Without the server too, and to nobody but the tellers.
    scene.server.stop();
    assert_eq!(split_boxes(&scene.manifest, &ask(&scene, &theirs, 1, machine_time()).expect(200).body).len(), 5);
    let strange = Scene::open(1);
    let request = FetchRequest::sign(&scene.manifest.id(), 1, machine_time(), strange.tellers[0].secret.sign());
    assert_eq!(theirs.post(&scene.path("/boxes/fetch"), &fetch_bytes(&request, 0, 9)).expect(403).problem(), "bad-signature");
}
