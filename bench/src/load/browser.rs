//! What counting and auditing cost in a browser: a closed election on the real server, and `bench/browser.mjs` before the real pages.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant, UNIX_EPOCH},
};

use isoloir_protocol::key_file::{self, Kind};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    Options,
    election::{Stage, rng},
    process::Server,
    start,
};

/// From the announcement to the close, and more for every voter's row: the roll is made and published before.
const SETTING: Duration = Duration::from_secs(20);
const ROW: Duration = Duration::from_millis(1);

/// Guards the teller's key on this machine for the length of a run.
const PASSPHRASE: &str = "a passphrase for measuring";

/// Makes an election, closes it, and has the pages measured.
pub fn measure(options: &Options) {
    let server = Server::start(&options.program, &options.folder, None);
    let stage = Stage::set_until(&server, options.ballots, &end(options.ballots));
    server.stop();
    let making = Instant::now();
    start::fill_all(&options.folder, &stage, options);
    println!("{} ballots made and put into the store: {:.0} s", options.ballots, making.elapsed().as_secs_f64());

    let mut server = Server::resume(&options.program, &options.folder, None);
    // What the server does behind its first answer would be measured too.
    server.wait_for(&options.folder, start::CHECKED);
    wait_until_closed(&server, &stage, options.ballots);
    run(&options.folder, &server, &stage, options.ballots);
    server.stop();
}

/// When an election that is announced now closes.
pub fn end(ballots: u32) -> String {
    let closes = UNIX_EPOCH.elapsed().expect("a clock") + SETTING + ROW * ballots;
    Timestamp::from_second(i64::try_from(closes.as_secs()).unwrap()).expect("a time").to_string()
}

/// Waits until the server has closed it.
pub fn wait_until_closed(server: &Server, stage: &Stage, ballots: u32) {
    let began = Instant::now();
    while status(server, stage)["phase"] != "closed" {
        assert!(began.elapsed() < SETTING + ROW * ballots, "the election does not close");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(status(server, stage)["ballots"], ballots, "every ballot is there");
}

fn status(server: &Server, stage: &Stage) -> Value {
    let text = ureq::get(server.url(&stage.path(""))).call().expect("the election").body_mut().read_to_string().expect("text");
    serde_json::from_str(&text).expect("JSON")
}

fn run(folder: &Path, server: &Server, stage: &Stage, ballots: u32) {
    let (key, task) = (folder.join("teller.key"), folder.join("browser.json"));
    let sealed = key_file::seal(Kind::Teller, stage.tellers[0].to_bytes().as_slice(), PASSPHRASE, &mut rng()).expect("a key file");
    fs::write(&key, sealed).expect("the teller's key");
    let what = json!({
        "server": server.url(""),
        "election": stage.manifest.id().to_string(),
        "key_file": key,
        "passphrase": PASSPHRASE,
        "ballots": ballots,
    });
    fs::write(&task, what.to_string()).expect("what to do");
    let status = Command::new("node").arg("bench/browser.mjs").arg(&task).status().expect("node");
    assert!(status.success(), "the pages were measured");
}
