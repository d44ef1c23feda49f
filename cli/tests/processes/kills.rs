//! Servers killed at random under load, again and again. `ISOLOIR_KILLS` says how often (`cargo xtask test --long`), and
//! `ISOLOIR_SEED` repeats a run as far as the machine allows.

use std::time::{Duration, Instant};

use crate::{
    load::{Load, open_election},
    process::Process,
    support::{
        Scene, TestServer,
        postgres::{Durability, Postgres},
        until,
    },
};

const VOTERS: u32 = 160;

/// Kills of one test where nobody asks for more.
const KILLS: usize = 5;

/// Kills in one election.
const PER_ELECTION: usize = 10;

/// Draws numbers; the same ones from the same seed.
struct Draw(u64);

impl Draw {
    fn new(kind: &str) -> Self {
        let given = std::env::var("ISOLOIR_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed: u64 = given.unwrap_or_else(|| isoloir_protocol::rand_core::Rng::next_u64(&mut crate::support::rng()));
        println!("{kind}: ISOLOIR_SEED={seed}");
        Self(seed | 1)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    /// Lets a few more voters be served, and then some ms pass, so that the kill comes at any moment.
    fn moment(&mut self, load: &Load) -> bool {
        let more = load.wait_for_more(1 + self.below(6));
        let until = Instant::now() + Duration::from_millis(u64::try_from(self.below(40)).unwrap());
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        more
    }
}

fn wanted() -> usize {
    std::env::var("ISOLOIR_KILLS").map_or(KILLS, |kills| kills.parse().unwrap())
}

/// Kills so many times in as many elections as it takes.
fn kill_often(kind: &str, mut election: impl FnMut(&mut Draw, usize) -> usize) {
    let mut draw = Draw::new(kind);
    let mut killed = 0;
    while killed < wanted() {
        killed += election(&mut draw, (wanted() - killed).min(PER_ELECTION));
    }
    println!("{kind}: killed {killed} times");
}

/// Everything that was acknowledged is in the log of the server that `scene` asks, once, and the log audits.
fn check(scene: &Scene, load: &Load) {
    let receipts = load.receipts();
    let last = receipts.iter().map(|receipt| receipt.index).max().unwrap_or_default();
    // A reader may need a moment to read what the writer wrote.
    until(|| scene.http().get(&scene.path("")).status == 200 && scene.status()["size"].as_u64().unwrap() > last);
    let (report, election) = scene.audit(&receipts);
    assert!(report.holds(), "{:?}", report.checks);
    let ballots = scene.archive().entries.iter().filter(|leaf| leaf[0] == 5).count();
    assert!(u64::try_from(ballots).unwrap() >= election.ballots());
    assert!(election.ballots() > u64::try_from(receipts.len()).unwrap());
    for receipt in &receipts {
        let view = election.slot(receipt.slot).unwrap();
        assert!(view.superseded.is_empty(), "slot {} is there twice", receipt.slot);
        assert_eq!(view.current.unwrap().index, receipt.index);
    }
}

#[test]
fn a_server_killed_at_random_loses_nothing() {
    kill_often("one server on SQLite", |draw, kills| {
        let (mut scene, _) = open_election(TestServer::start(), VOTERS);
        scene.server.stop();
        let data = scene.server.data_dir().to_owned();
        let mut process = Process::start(&data, None);
        scene.server.elsewhere = Some(process.addr);
        let load = Load::start(&scene, VOTERS, vec![process.addr]);
        let mut killed = 0;
        while killed < kills && draw.moment(&load) {
            process.kill();
            killed += 1;
            process = Process::start(&data, None);
            scene.server.elsewhere = Some(process.addr);
            load.servers(vec![process.addr]);
            check(&scene, &load);
        }
        load.end(true);
        killed
    });
}

#[test]
fn one_of_two_servers_killed_at_random_loses_nothing() {
    kill_often("two servers on PostgreSQL", |draw, kills| {
        let postgres = Postgres::start(Durability::On);
        let (mut scene, _) = open_election(TestServer::on_postgres(&postgres), VOTERS);
        scene.server.stop();
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let start = |number: usize| Process::start(folders[number].path(), Some(&postgres.address()));
        for folder in &folders {
            scene.server.copy_keys_to(folder.path());
        }
        let mut processes = [start(0), start(1)];
        scene.server.elsewhere = Some(processes[0].addr);
        let load = Load::start(&scene, VOTERS, processes.iter().map(|process| process.addr).collect());
        let mut killed = 0;
        while killed < kills && draw.moment(&load) {
            let victim = draw.below(2);
            processes[victim].kill();
            killed += 1;
            // The other one has everything, and goes on.
            scene.server.elsewhere = Some(processes[1 - victim].addr);
            check(&scene, &load);
            processes[victim] = start(victim);
            load.servers(processes.iter().map(|process| process.addr).collect());
        }
        for process in &processes {
            scene.server.elsewhere = Some(process.addr);
            check(&scene, &load);
        }
        load.end(true);
        killed
    });
}
