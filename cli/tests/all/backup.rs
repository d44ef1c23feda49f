//! A copy made while the server runs is brought back, served, and audited. REQ L2

use std::{fs, os::unix::fs::PermissionsExt};

use super::support::Desk;

#[test]
fn a_copy_of_a_running_server_serves_and_audits() {
    let mut desk = Desk::with_server();
    desk.prepare();
    desk.announce();
    let port = desk.port();
    let before = desk.good("teller drill --election @election.json ~teller-1");
    assert!(!before.is_empty());
    desk.good("backup --data @server --keys @keys-apart @copy.sqlite");
    let mode = |path: &str| fs::metadata(desk.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("copy.sqlite"), 0o600);
    assert_eq!(mode("keys-apart"), 0o700);
    desk.fails("backup --data @server @copy.sqlite", "backup-exists");
    desk.fails("backup --data @nowhere @other.sqlite", "backup-failed");

    // Without the keys it can be read; the operator is told what is missing.
    assert!(matches!(desk.run("restore --data @readers @copy.sqlite"), Ok(isoloir::args::Ending::Bad)));
    desk.stop_server();
    desk.good("restore --data @second --keys @keys-apart @copy.sqlite");
    desk.fails("restore --data @second @copy.sqlite", "backup-exists");
    desk.start_server("second", port);
    let zip = isoloir::client::Client::new(&desk.base).unwrap();
    let target = isoloir::reference::Target::resolve(&desk.ctx, &desk.path("election.json").to_string_lossy()).unwrap();
    fs::write(desk.path("archive.zip"), zip.archive(&target.id()).unwrap()).unwrap();
    desk.run("audit @archive.zip").unwrap();
    // It goes on: the key is there.
    desk.good("teller drill --election @election.json ~teller-2");
    desk.witness();
}

#[test]
fn a_damaged_copy_is_not_brought_back() {
    let mut desk = Desk::with_server();
    desk.prepare();
    desk.announce();
    desk.good("backup --data @server --keys @keys-apart @copy.sqlite");
    // Keys that are not there, or of which another one is there already: nothing is brought back.
    desk.fails("restore --data @third --keys @nowhere @copy.sqlite", "file-unreadable");
    fs::create_dir_all(desk.path("fourth/keys")).unwrap();
    let name = fs::read_dir(desk.path("keys-apart")).unwrap().next().unwrap().unwrap().file_name();
    fs::write(desk.path("fourth/keys").join(name), "another key").unwrap();
    desk.fails("restore --data @fourth --keys @keys-apart @copy.sqlite", "file-exists");
    for folder in ["third", "fourth"] {
        assert!(!desk.path(folder).join("isoloir.sqlite").exists() && !desk.path(folder).join("restoring").exists());
    }
    let mut bytes = fs::read(desk.path("copy.sqlite")).unwrap();
    // One byte of the signed manifest's title.
    let at = bytes.windows(8).position(|part| part == b"Congress").unwrap();
    bytes[at] = b'K';
    fs::write(desk.path("copy.sqlite"), bytes).unwrap();
    desk.fails("restore --data @second --keys @keys-apart @copy.sqlite", "backup-damaged");
    assert!(!desk.path("second/keys").exists(), "no keys without a database");
    assert!(!desk.path("second/isoloir.sqlite").exists());
    assert!(!desk.path("second/restoring").exists());
}
