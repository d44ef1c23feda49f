//! A server that shows two histories: the witness keeps both signed checkpoints and cosigns nothing any more.

use std::{fs, path::Path};

use super::support::Desk;

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
fn a_witness_raises_the_alarm_with_both_checkpoints() {
    let mut desk = Desk::with_server();
    desk.prepare();
    desk.announce();
    desk.witness();
    let port = desk.port();

    desk.stop_server();
    copy(&desk.path("server"), &desk.path("backup"));
    desk.start_server("server", port);
    desk.good("teller drill --election @election.json ~teller-1");
    desk.good("witness run --once --election @election.json ~witness-1");

    // The server goes back to its backup: shorter, which proves nothing yet, and is not cosigned.
    desk.stop_server();
    desk.start_server("backup", port);
    desk.fails("witness run --once --election @election.json ~witness-1", "log-shrank");

    // Then it goes on from there in another way.
    desk.good("teller drill --election @election.json ~teller-2");
    desk.fails("witness run --once --election @election.json ~witness-1", "witness-alarm");
    let state = fs::read_dir(desk.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("witness-1.key.") && path.to_string_lossy().ends_with(".seen.json"))
        .unwrap();
    let state: serde_json::Value = serde_json::from_slice(&fs::read(state).unwrap()).unwrap();
    let (kept, other) = (state["note"].as_str().unwrap(), state["alarm"].as_str().unwrap());
    let size = |note: &str| note.lines().nth(1).unwrap().to_owned();
    assert_eq!(size(kept), size(other), "two signed checkpoints of the same size");
    assert_ne!(kept.lines().nth(2), other.lines().nth(2), "and different roots");

    // Never again, also when the log looks right again.
    desk.fails("witness run --once --election @election.json ~witness-1", "witness-alarmed");
    desk.stop_server();
    desk.start_server("server", port);
    desk.fails("witness run --once --election @election.json ~witness-1", "witness-alarmed");
    // A witness that saw neither drill has no evidence, and goes on.
    desk.good("witness run --once --election @election.json ~witness-2");
}

#[test]
fn a_witness_has_a_name_for_signature_lines() {
    let mut desk = Desk::new();
    desk.write("passphrase", "a passphrase for tests\n");
    for name in ["'with space'", "a+b", "é"] {
        desk.fails(&format!("witness keygen --name {name} --out @w.key --passphrase-file @passphrase"), "witness-name");
    }
}
