//! Several processes on one PostgreSQL: whoever is asked, it is one log.

use std::{
    sync::{Arc, Mutex},
    thread,
};

use isoloir_protocol::{
    ballot::dishonest::Malice,
    log::{entry::Kind, notice::What, receipt::Receipt},
};

use crate::support::{
    Anonymous, Answer, Scene, TestServer, Voter,
    postgres::{Durability, Postgres},
    until,
};

/// Two servers on one database; the first writes.
struct Pair {
    scene: Scene,
    second: TestServer,
    postgres: Postgres,
}

impl Pair {
    fn open(voters: u32) -> Self {
        let postgres = Postgres::start(Durability::Off);
        let first = TestServer::on_postgres(&postgres);
        let mut second = TestServer::on_postgres(&postgres);
        second.clock = first.clock.clone();
        second.config.clock = first.config.clock.clone();
        second.restart();
        let scene = Scene::ready(first, voters, &|_| {});
        scene.organiser.open(&scene).expect(200);
        scene.server.clock.set(crate::support::OPENS + crate::support::MINUTE);
        let pair = Self { scene, second, postgres };
        until(|| pair.scene.server.writes() == 1 && pair.other(&pair.scene.path("")).status == 200);
        pair
    }

    fn with_keys(voters: u32) -> Self {
        let pair = Self::open(voters);
        pair.second.copy_keys(&pair.scene.server);
        pair
    }

    fn other(&self, path: &str) -> Answer {
        self.second.http().get(path)
    }

    /// Casts at the second server, coming back as long as it asks for it.
    fn cast(&self, submission: &[u8]) -> Answer {
        persist(&self.second.http(), &self.scene.path("/ballots"), submission)
    }

    fn vote(&self, slot: u32, option: u16) -> Receipt {
        let voter = self.scene.voter(slot);
        let (submission, code) = voter.prepare(&self.scene, Some(option));
        let receipt = self.scene.receipt(&self.cast(&submission));
        voter.check(&self.scene, &receipt);
        assert_eq!(receipt.code, code);
        receipt
    }
}

/// Sends until the answer is another one than to come back.
fn persist(http: &Anonymous, path: &str, body: &[u8]) -> Answer {
    loop {
        if let Some(answer) = http.try_post(path, body) {
            if answer.status != 503 {
                return answer;
            }
            assert!(!answer.header("retry-after").is_empty(), "{}", answer.text());
        }
        thread::yield_now();
    }
}

#[test]
fn whoever_is_asked_it_is_one_log() {
    let pair = Pair::with_keys(5);
    let scene = &pair.scene;
    let mut receipts = vec![pair.vote(1, 0), scene.voter(2).vote(scene, Some(1)), pair.vote(1, 1)];
    // A second vote where the first one was cast elsewhere a moment ago.
    receipts.push(pair.vote(2, 2));
    // What is wrong is refused with its reason.
    let (mut bad, _) = scene.voter(3).prepare(scene, Some(0));
    bad[scene.manifest.ballot_len() - 32] ^= 1;
    assert_eq!(pair.cast(&bad).reason(), "proof");
    assert_eq!(pair.cast(&scene.voter(3).spoil(scene, 1, Malice::Malformed)).reason(), "box");
    let (stale, _) = scene.voter(1).prepare_after(scene, Some(0), u64::MAX);
    assert_eq!(pair.cast(&stale).reason(), "supersedes");
    // A code that was replaced a moment ago is not good any more, wherever it is used.
    let (old, _) = scene.voter(4).prepare(scene, Some(0));
    let (answer, _) = scene.registrars[0].replace(scene, 4);
    answer.expect(200);
    assert_eq!(pair.cast(&old).reason(), "proof");
    // Entries and cosignatures.
    for what in [What::Suspend, What::Resume] {
        let body = isoloir_protocol::log::notice::body(&scene.election(), what, "", scene.server.clock.now(), &scene.organiser.secret);
        let entry = crate::support::scene::entry_bytes(Kind::Notice, &body.unwrap(), &[]);
        let placed = persist(&pair.second.http(), &scene.path("/entries"), &entry).expect(200).json();
        assert_eq!(persist(&pair.second.http(), &scene.path("/entries"), &entry).expect(200).json()["index"], placed["index"]);
    }
    let note = pair.other(&scene.log_path("/checkpoint")).expect(200).text();
    for witness in &scene.witnesses {
        let line = isoloir_protocol::log::checkpoint::cosign(&note, &witness.name, &witness.secret, scene.server.clock.now() / 1_000);
        let body = format!("{note}{}", line.unwrap());
        persist(&pair.second.http(), &scene.path("/cosignatures"), body.as_bytes()).expect(204);
    }
    let kept = scene.http().get(&scene.path("/checkpoints")).json();
    assert_eq!(kept.as_array().unwrap().len(), 1);
    assert_eq!(pair.other(&scene.path("/checkpoints")).json(), kept);
    // What one has written the other one shows.
    receipts.push(scene.voter(5).vote(scene, Some(0)));
    until(|| pair.other(&scene.path("")).json() == scene.status());
    assert_eq!(pair.other(&scene.log_path("/checkpoint")).text(), scene.http().get(&scene.log_path("/checkpoint")).text());
    let (report, election) = scene.audit(&receipts);
    assert!(report.holds(), "{:?}", report.checks);
    assert_eq!(election.ballots(), 3);
    // The end is written once, and counted from either.
    scene.server.clock.set(crate::support::END);
    pair.second.tick();
    scene.server.tick();
    until(|| pair.other(&scene.path("")).json()["phase"] == "closed");
}

#[test]
fn a_server_without_the_key_serves_readers_only() {
    let pair = Pair::open(1);
    let voter = pair.scene.voter(1);
    let (submission, _) = voter.prepare(&pair.scene, Some(0));
    let path = pair.scene.path("/ballots");
    let answer = pair.second.http().post(&path, &submission).expect(503);
    assert_eq!((answer.problem().as_str(), answer.header("retry-after")), ("unavailable", "2"));
    let receipt = pair.scene.receipt(&voter.cast(&pair.scene, &submission));
    until(|| pair.other(&pair.scene.path("")).json()["ballots"] == 1);
    // It can tell whoever asks again, since that needs no key.
    let again = pair.scene.receipt(&pair.second.http().post(&path, &submission));
    assert_eq!(again.index, receipt.index);
    assert!(!pair.second.data_dir().join("keys/congres.key").exists(), "it made no key of its own");
    // An organiser who asks again for the log learns the same key.
    let asked = |server: &TestServer| pair.scene.organiser.ask_for_log(&server.http(), "congres", server.clock.now()).expect(200).json();
    assert_eq!(asked(&pair.second), asked(&pair.scene.server));
    pair.second.copy_keys(&pair.scene.server);
    pair.vote(1, 1);
}

#[test]
fn when_the_writer_is_gone_another_one_writes() {
    let mut pair = Pair::with_keys(3);
    let first = pair.scene.voter(1).vote(&pair.scene, Some(0));
    let prepared = pair.scene.voter(2).prepare(&pair.scene, Some(1));
    pair.scene.server.kill();
    let receipt = pair.scene.receipt(&pair.cast(&prepared.0));
    assert_eq!((receipt.index, &receipt.code), (first.index + 1, &prepared.1));
    until(|| pair.second.writes() == 1);
    // The old one comes back as a reader, and takes over again when the other one stops in good order.
    pair.scene.server.start_again();
    assert_eq!(pair.scene.status()["ballots"], 2);
    assert_eq!(pair.scene.server.writes(), 0);
    let (submission, _) = pair.scene.voter(3).prepare(&pair.scene, Some(1));
    let third = pair.scene.receipt(&persist(&pair.scene.http(), &pair.scene.path("/ballots"), &submission));
    pair.second.stop();
    until(|| pair.scene.server.writes() == 1);
    // It reads at once what was written before it, and not only when the next voter comes.
    until(|| pair.scene.http().get("/api/status").json()["elections"][0]["recording"] == true);
    let again = pair.scene.voter(1).vote(&pair.scene, Some(2));
    assert!(pair.scene.audit(&[first, receipt, third, again]).0.holds());
}

/// Voters at both servers, while `disturb` is done; then every receipt verifies and no ballot is there twice.
fn under_load(pair: &mut Pair, voters: u32, disturb: impl FnOnce(&mut Pair, &dyn Fn(usize))) {
    let prepared: Vec<(Voter, Vec<u8>)> = (1..=voters)
        .map(|slot| {
            let voter = pair.scene.voter(slot);
            let (submission, _) = voter.prepare_after(&pair.scene, Some(0), u64::MAX);
            (voter, submission)
        })
        .collect();
    let servers = [pair.scene.server.addr(), pair.second.addr()];
    let path = pair.scene.path("/ballots");
    let answers = Arc::new(Mutex::new(Vec::new()));
    let threads: Vec<_> = prepared
        .chunks(prepared.len().div_ceil(6))
        .zip(servers.into_iter().cycle())
        .map(|(mine, addr)| {
            let (answers, path) = (answers.clone(), path.clone());
            let mine: Vec<Vec<u8>> = mine.iter().map(|(_, submission)| submission.clone()).collect();
            thread::spawn(move || {
                for submission in mine {
                    let answer = persist(&Anonymous::new(addr), &path, &submission);
                    answers.lock().unwrap().push(answer);
                }
            })
        })
        .collect();
    let wait = |count: usize| until(|| answers.lock().unwrap().len() >= count);
    disturb(pair, &wait);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let receipts: Vec<Receipt> = answers.lock().unwrap().iter().map(|answer| pair.scene.receipt(answer)).collect();
    assert_eq!(receipts.len(), prepared.len());
    until(|| pair.scene.status()["ballots"] == voters && pair.other(&pair.scene.path("")).json()["ballots"] == voters);
    let (report, election) = pair.scene.audit(&receipts);
    assert!(report.holds(), "{:?}", report.checks);
    assert_eq!(election.ballots(), u64::from(voters));
    let ballots = pair.scene.archive().entries.iter().filter(|leaf| leaf[0] == Kind::Ballot as u8).count();
    assert_eq!(ballots, prepared.len(), "none is there twice");
}

#[test]
fn a_writer_whose_connections_break_is_no_danger() {
    let mut pair = Pair::with_keys(60);
    under_load(&mut pair, 60, |pair, wait| {
        for count in [5, 15, 25, 35] {
            wait(count);
            pair.postgres.sql("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'isoloir'");
        }
    });
}

#[test]
fn a_database_that_is_slow_is_not_waited_for_long() {
    let pair = Pair::with_keys(2);
    let receipt = pair.scene.voter(1).vote(&pair.scene, Some(0));
    let voter = pair.scene.voter(2);
    let (submission, _) = voter.prepare(&pair.scene, Some(1));
    // Somebody holds what the writer needs.
    let holder = pair.postgres.hold("SELECT log FROM logs FOR UPDATE");
    let answer = voter.cast(&pair.scene, &submission).expect(503);
    assert_eq!((answer.problem().as_str(), answer.header("retry-after")), ("unavailable", "2"));
    assert_eq!(pair.scene.status()["ballots"], 1, "readers are served");
    drop(holder);
    let second = pair.scene.receipt(&persist(&pair.scene.http(), &pair.scene.path("/ballots"), &submission));
    assert!(pair.scene.audit(&[receipt, second]).0.holds());
}

#[test]
fn the_database_restarts_under_load() {
    let mut pair = Pair::with_keys(60);
    under_load(&mut pair, 60, |pair, wait| {
        for count in [5, 25] {
            wait(count);
            pair.postgres.crash();
            for server in [&pair.scene.server, &pair.second] {
                let health = server.http().get("/healthz").expect(503);
                assert_eq!((health.problem().as_str(), health.header("retry-after")), ("unavailable", "2"));
            }
            pair.postgres.run();
        }
    });
}
