//! Two servers on one PostgreSQL: the one that writes is killed under load, and the other one takes over.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    load::{Load, open_election},
    process::Process,
    support::{
        Scene, TestServer,
        postgres::{Durability, Postgres},
        until,
    },
};

const VOTERS: u32 = 150;

/// Takeover is a matter of seconds; this leaves room for a machine that is busy with other tests.
const SECONDS: u64 = 20;

/// Two servers with the log's key: the first has the lock before there is another one who could want it.
fn two_servers(scene: &Scene, postgres: &Postgres, folders: &[TempDir; 2]) -> [Process; 2] {
    for folder in folders {
        scene.server.copy_keys_to(folder.path());
    }
    let writer = Process::start(folders[0].path(), Some(&postgres.address()));
    until(|| postgres.try_sql("isoloir", "SELECT 1 / count(*) FROM pg_locks WHERE locktype = 'advisory'"));
    let reader = Process::start(folders[1].path(), Some(&postgres.address()));
    [writer, reader]
}

fn folders() -> [TempDir; 2] {
    [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()]
}

/// A process that hangs keeps its connections, and yet not its lock.
#[test]
fn a_writer_that_hangs_is_replaced() {
    let postgres = Postgres::start(Durability::On);
    let (mut scene, first) = open_election(TestServer::on_postgres(&postgres), VOTERS);
    scene.server.stop();
    let folders = folders();
    let [writer, reader] = two_servers(&scene, &postgres, &folders);
    let load = Load::start(&scene, VOTERS, vec![writer.addr, reader.addr]);
    assert!(load.wait_for_more(30));
    writer.signal("STOP");
    load.servers(vec![reader.addr]);
    // Those who wait for an answer of the one that hangs wait; the others are served.
    assert!(load.wait_for_more(30));
    writer.signal("CONT");
    let mut receipts = load.end(false);
    receipts.push(first);
    for process in [&writer, &reader] {
        scene.server.elsewhere = Some(process.addr);
        until(|| scene.status()["ballots"] == VOTERS);
        let (report, election) = scene.audit(&receipts);
        assert!(report.holds(), "{:?}", report.checks);
        assert_eq!(election.ballots(), u64::from(VOTERS));
    }
}

// REQ 2-01
#[test]
fn another_server_takes_over_and_nothing_is_lost() {
    let postgres = Postgres::start(Durability::On);
    let (mut scene, first) = open_election(TestServer::on_postgres(&postgres), VOTERS);
    scene.server.stop();
    let folders = folders();
    let [mut writer, reader] = two_servers(&scene, &postgres, &folders);
    let load = Load::start(&scene, VOTERS, vec![writer.addr, reader.addr]);
    assert!(load.wait_for_more(30));
    let before = load.receipts().len();
    writer.kill();
    let killed = Instant::now();
    load.servers(vec![reader.addr]);
    until(|| load.receipts().len() > before + 8);
    let took = killed.elapsed();
    assert!(took < Duration::from_secs(SECONDS), "{took:?}");
    println!("receipts again {took:?} after the kill");
    let mut receipts = load.end(false);
    assert_eq!(receipts.len(), usize::try_from(VOTERS).unwrap() - 1, "everybody has voted in the end");
    receipts.push(first);

    scene.server.elsewhere = Some(reader.addr);
    let election = scene.audit(&receipts).1;
    assert_eq!(election.ballots(), u64::from(VOTERS));
    let ballots = scene.archive().entries.iter().filter(|leaf| leaf[0] == 5).count();
    assert_eq!(ballots, usize::try_from(VOTERS).unwrap(), "no ballot is there twice");

    // The same by the command that anybody can run.
    let archive = folders[0].path().join("archive.zip");
    fs::write(&archive, scene.http().get(&scene.path("/archive.zip")).expect(200).body).unwrap();
    let mut audit = Command::new(env!("CARGO_BIN_EXE_isoloir"));
    audit.args(["--lang", "en", "audit"]).arg(&archive);
    for (number, receipt) in receipts.iter().enumerate() {
        let path = folders[0].path().join(format!("receipt-{number}.json"));
        fs::write(&path, receipt.to_json()).unwrap();
        audit.arg(path);
    }
    let output = audit.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
