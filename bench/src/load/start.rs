//! What a full log costs: memory of the server, and the time until it answers after a start.

use std::{
    path::Path,
    sync::LazyLock,
    time::{Duration, Instant},
};

use isoloir_protocol::log::{
    checkpoint::sign_checkpoint,
    entry::{Entry, Kind},
    tree::{Tree, leaf_hash},
};
use isoloir_server::store::{Batch, NewEntry, SqliteStore, Store};
use rayon::prelude::*;
use tokio::runtime::{Builder, Runtime};

use crate::{Options, browser, count, election::Stage, process::Server, verify};

/// Ballots that are made and committed together.
const BATCH: u32 = 4_096;

/// What the server says when it has checked everything again.
pub const CHECKED: &str = "all proofs were checked again";

/// And when it has found that no proof holds.
const CONDEMNED: &str = "is not served any longer";

/// Fills a log, starts a server on it, and prints what that took.
pub fn measure(options: &Options) {
    let server = Server::start(&options.program, &options.folder, None);
    let empty = server.memory_mb("VmRSS");
    let (stage, opening) = if options.hollow {
        Stage::hollow(&server, options.ballots)
    } else {
        (Stage::set_until(&server, options.ballots, &browser::end(options.ballots)), Vec::new())
    };
    let template = stage.ballot(0);
    server.stop();
    let making = Instant::now();
    block_on(fill(&options.folder.join("data"), &stage, opening, &template, options));
    println!("{} ballots made and put into the store: {:.0} s", options.ballots, making.elapsed().as_secs_f64());

    let began = Instant::now();
    let mut server = Server::resume(&options.program, &options.folder, None);
    let (wall, cpu) = (began.elapsed(), server.cpu());
    let more = server.memory_mb("VmRSS").saturating_sub(empty);
    let status = ureq::get(server.url(&stage.path(""))).call().expect("the election").body_mut().read_to_string().expect("text");
    let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
    assert_eq!(status["ballots"], options.ballots, "every ballot is there");
    line("until it answers", wall, cpu, &server);
    println!("without a log {empty} MB, so {} bytes a ballot", more * 1_048_576 / u64::from(options.ballots.max(1)));
    server.wait_for(&options.folder, if options.hollow { CONDEMNED } else { CHECKED });
    line("until all proofs were checked again", began.elapsed(), server.cpu(), &server);
    if options.audit && !options.hollow {
        verify::audit(&options.program, &options.folder, &server, &stage);
    }
    if options.hollow {
        server.stop();
        return count::measure(options, &stage, &template);
    }
    browser::wait_until_closed(&server, &stage, options.ballots);
    line("after the close entry", began.elapsed(), server.cpu(), &server);
    server.stop();
    let began = Instant::now();
    let server = Server::resume(&options.program, &options.folder, None);
    line("answers after a start behind it", began.elapsed(), server.cpu(), &server);
    server.stop();
}

/// One line of the table.
pub fn line(what: &str, wall: Duration, cpu: Duration, server: &Server) {
    println!(
        "{what:<40}{:>8.1} s{:>8.1} s of processor{:>8} MB now{:>8} MB at most",
        wall.as_secs_f64(),
        cpu.as_secs_f64(),
        server.memory_mb("VmRSS"),
        server.memory_mb("VmHWM"),
    );
}

/// Appends one valid ballot of every voter to an open election in a folder.
pub fn fill_all(folder: &Path, stage: &Stage, options: &Options) {
    block_on(fill(&folder.join("data"), stage, Vec::new(), &stage.ballot(0), options));
}

/// Does it on a runtime of its own, which the connections of a store outlive.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime"));
    RUNTIME.block_on(work)
}

/// Appends one ballot of every voter, as the server would, which must be stopped.
async fn fill(data: &Path, stage: &Stage, opening: Vec<NewEntry>, template: &[u8], options: &Options) {
    let count = options.ballots;
    let store = SqliteStore::open(&data.join("isoloir.sqlite")).await.expect("the store");
    let row = store.logs().await.expect("the logs").pop().expect("a log");
    let key = count::key(&data.join("keys/load.key"));
    let size = store.head(row.number).await.expect("a head").size;
    let mut tree: Tree = store.leaves(row.number, 0..size).await.expect("leaves").iter().map(|leaf| leaf_hash(leaf)).collect();
    let (public_len, box_len) = (stage.manifest.ballot_len(), stage.manifest.box_len());
    let make = |position: u32| {
        if !options.hollow {
            return stage.ballot(position);
        }
        let mut ballot = template.to_vec();
        ballot[..4].copy_from_slice(&(position + 1).to_be_bytes());
        ballot
    };
    let now = u64::try_from(std::time::UNIX_EPOCH.elapsed().expect("a clock").as_millis()).unwrap();
    // Making them may take longer than the election does.
    let time = now.min(stage.manifest.closes_ms() - 1);
    let entry = |submission: Vec<u8>| {
        let (public, boxes) = submission.split_at(public_len);
        let leaf = Entry { kind: Kind::Ballot, time, body: public.to_vec() }.encode();
        let boxes = if options.hollow { Vec::new() } else { boxes.chunks(box_len).map(<[u8]>::to_vec).collect() };
        NewEntry { leaf, data: None, boxes }
    };
    let mut waiting = opening;
    for from in (0..count).step_by(usize::try_from(BATCH).unwrap()) {
        let made: Vec<Vec<u8>> = (from..(from + BATCH).min(count)).into_par_iter().map(make).collect();
        let mut entries = std::mem::take(&mut waiting);
        entries.extend(made.into_iter().map(entry));
        let first = tree.size();
        for entry in &entries {
            tree.push(leaf_hash(&entry.leaf));
        }
        let checkpoint = sign_checkpoint(&stage.manifest.log.origin, tree.size(), &tree.root(), &key);
        store.append(row.number, &Batch { first, entries, checkpoint, election: None }).await.expect("a commit");
    }
    store.close().await;
}
