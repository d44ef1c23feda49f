//! Servers are replaced while voters go on voting: nobody sees anything but what the page tries again by itself, every receipt
//! verifies, and no ballot is there twice.

use std::{net::TcpListener, sync::atomic::Ordering};

use isoloir_protocol::log::receipt::Receipt;

use crate::{
    load::{Load, open_election},
    process::Process,
    support::{
        Anonymous, Scene, TestServer,
        certificates::{certify, files},
        postgres::{Durability, Postgres},
        until,
    },
};

const VOTERS: u32 = 130;
const RESTARTS: usize = 3;

/// Everybody has voted once, and every receipt is right.
fn check(scene: &Scene, receipts: &[Receipt]) {
    until(|| scene.status()["ballots"] == VOTERS);
    let (report, election) = scene.audit(receipts);
    assert!(report.holds(), "{:?}", report.checks);
    assert_eq!((receipts.len(), election.ballots()), (usize::try_from(VOTERS).unwrap(), u64::from(VOTERS)));
    let ballots = scene.archive().entries.iter().filter(|leaf| leaf[0] == 5).count();
    assert_eq!(ballots, usize::try_from(VOTERS).unwrap(), "no ballot is there twice");
}

/// With the socket held by another program, as by systemd, nobody is even refused. By TLS, which changes nothing.
#[test]
fn nobody_notices_a_restart_on_a_socket_that_stays_open() {
    let (mut scene, first) = open_election(TestServer::start(), VOTERS);
    scene.server.stop();
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path());
    let tls = files(folder.path());
    let more = ["--tls-certificate", tls.certificate.to_str().unwrap(), "--tls-key", tls.key.to_str().unwrap()];
    scene.server.config.tls = Some(tls.clone());
    let data = scene.server.data_dir().to_owned();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut process = Process::start_on_socket(&socket, &data, &more);
    assert_eq!(process.addr, socket.local_addr().unwrap(), "it listens there and nowhere else");
    scene.server.elsewhere = Some(process.addr);
    let load = Load::start(&scene, VOTERS, vec![process.addr]);
    for _ in 0..RESTARTS {
        assert!(load.wait_for_more(20));
        process.terminate();
        process = Process::start_on_socket(&socket, &data, &more);
    }
    let tries = load.tries.clone();
    let receipts = [vec![first], load.end(false)].concat();
    assert_eq!((tries.lost.load(Ordering::SeqCst), tries.broken.load(Ordering::SeqCst)), (0, 0), "{tries:?}");
    check(&scene, &receipts);
}

/// Without: whoever connects meanwhile is refused, and tries again. Whoever was heard has an answer.
#[test]
fn whoever_was_heard_is_answered_before_a_server_ends() {
    let (mut scene, first) = open_election(TestServer::start(), VOTERS);
    scene.server.stop();
    let data = scene.server.data_dir().to_owned();
    let mut process = Process::start(&data, None);
    scene.server.elsewhere = Some(process.addr);
    let load = Load::start(&scene, VOTERS, vec![process.addr]);
    for _ in 0..RESTARTS {
        assert!(load.wait_for_more(20));
        process.terminate();
        process = Process::start_again(process.addr, &data, None);
    }
    let tries = load.tries.clone();
    let receipts = [vec![first], load.end(false)].concat();
    assert_eq!(tries.broken.load(Ordering::SeqCst), 0, "{tries:?}");
    check(&scene, &receipts);
}

/// Two servers on one database, one after the other: the vote goes on.
#[test]
fn two_servers_are_replaced_in_turn() {
    let postgres = Postgres::start(Durability::On);
    let (mut scene, first) = open_election(TestServer::on_postgres(&postgres), VOTERS);
    scene.server.stop();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for folder in &folders {
        scene.server.copy_keys_to(folder.path());
    }
    let address = postgres.address();
    let mut processes: [Process; 2] = folders.each_ref().map(|folder| Process::start(folder.path(), Some(&address)));
    let mut receipts = vec![first];
    let half = VOTERS / 2;
    for (number, slots) in [2..=half, half + 1..=VOTERS].into_iter().enumerate() {
        let load = Load::of(&scene, slots, processes.iter().map(|process| process.addr).collect());
        assert!(load.wait_for_more(10));
        processes[number].terminate();
        // The other one takes over, and everybody is served before there are two again.
        let tries = load.tries.clone();
        receipts.extend(load.end(false));
        assert_eq!(tries.broken.load(Ordering::SeqCst), 0, "{tries:?}");
        processes[number] = Process::start_again(processes[number].addr, folders[number].path(), Some(&address));
    }
    for process in &processes {
        scene.server.elsewhere = Some(process.addr);
        check(&scene, &receipts);
    }
}

/// A hang-up makes a server read its certificate again. It does not end it.
#[test]
fn a_hang_up_shows_the_renewed_certificate() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    certify(folder.path());
    let tls = files(folder.path());
    let more = ["--tls-certificate", tls.certificate.to_str().unwrap(), "--tls-key", tls.key.to_str().unwrap()];
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut process = Process::start_on_socket(&socket, data.path(), &more);
    let renewed = certify(folder.path());
    process.signal("HUP");
    until(|| Anonymous::trusting(process.addr, &renewed).try_get("/healthz").is_ok());
    assert!(process.is_running());
    process.terminate();
}

/// Whoever stops a server that has only begun to start need not wait for it, and nothing is left half done.
#[test]
fn a_server_that_is_told_to_stop_while_it_starts_stops_in_order() {
    let postgres = Postgres::start(Durability::On);
    let (mut scene, first) = open_election(TestServer::on_postgres(&postgres), VOTERS);
    scene.server.stop();
    let (data, address) = (scene.server.data_dir().to_owned(), postgres.address());
    // It waits for the list of logs, which somebody else holds.
    let holder = postgres.hold("LOCK TABLE logs IN ACCESS EXCLUSIVE MODE");
    let beginning = Process::begin(&data, &address);
    until(|| {
        postgres.try_sql("isoloir", "SELECT 1 / count(*) FROM pg_stat_activity WHERE usename = 'isoloir' AND wait_event_type = 'Lock'")
    });
    let said = beginning.terminate();
    assert!(said.contains("The server has stopped.") && !said.contains("listens"), "{said}");
    drop(holder);
    // The next one is the writer.
    let process = Process::start(&data, Some(&address));
    scene.server.elsewhere = Some(process.addr);
    let receipts = [vec![first], Load::start(&scene, VOTERS, vec![process.addr]).end(false)].concat();
    check(&scene, &receipts);
}
