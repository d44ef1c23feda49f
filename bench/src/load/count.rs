//! The hollow log after the close entry, the tellers' reports and their sums: what a server keeps then, and how long a start takes.

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    ballot::Submission,
    election::{Due, Election},
    log::{
        checkpoint::sign_checkpoint,
        entry::{self, Entry, Kind},
    },
    signature::SignSecret,
    tally::{Opener, SliceOpener},
};
use isoloir_server::store::{Batch, LogNumber, NewEntry, SqliteStore, Store};

use crate::{
    Options,
    election::{Stage, rng},
    process::Server,
    start::{self, block_on},
};

/// Leaves that are read at once.
const LEAVES: u64 = 4_096;

/// Appends step by step what follows the ballots, as the server would, which must be stopped, and prints what a start takes after
/// each step. All ballots are the `template`, so that the tellers open one of them.
pub fn measure(options: &Options, stage: &Stage, template: &[u8]) {
    let data = options.folder.join("data");
    let mut book = block_on(Book::read(&data, stage));
    block_on(book.append_due());
    book.start(options, "answers after a start behind the close entry");

    let openers: Vec<Opener> = (1..).zip(&stage.tellers).map(|(teller, _)| book.opener(teller, template)).collect();
    for opener in &openers {
        let (body, data) = opener.report(&book.election, false).expect("a report");
        block_on(book.append(Kind::Report, body, data));
    }
    block_on(book.append_due());
    book.start(options, "… behind the reports and the fix entry");

    for opener in &openers[..usize::from(stage.manifest.threshold)] {
        let (body, data) = opener.sums(&book.election, &[]).expect("sums");
        block_on(book.append(Kind::Sums, body, data));
    }
    block_on(book.append_due());
    book.start(options, "… behind the sums and the result");
}

/// The log as it is in the store.
struct Book<'a> {
    stage: &'a Stage,
    store: SqliteStore,
    log: LogNumber,
    key: SignSecret,
    election: Election,
}

impl<'a> Book<'a> {
    async fn read(data: &Path, stage: &'a Stage) -> Self {
        let store = SqliteStore::open(&data.join("isoloir.sqlite")).await.expect("the store");
        let log = store.logs().await.expect("the logs").pop().expect("a log").number;
        let size = store.head(log).await.expect("a head").size;
        let mut election = Election::light();
        while election.size() < size {
            let leaves = store.leaves(log, election.size()..election.size() + LEAVES).await.expect("leaves");
            let mut data = BTreeMap::new();
            for entry in leaves.iter().map(|leaf| Entry::decode(leaf).expect("an entry")) {
                let Some(hash) = entry::data_of(&entry).expect("an entry") else { continue };
                let mut bytes = Vec::new();
                for piece in 0.. {
                    let Some(next) = store.data_piece(log, &hash, piece).await.expect("data") else { break };
                    bytes.extend(next);
                }
                data.insert(hash, bytes);
            }
            election.restore(&leaves, &data, &mut rng()).expect("the log");
        }
        Self { stage, store, log, key: key(&data.join("keys/load.key")), election }
    }

    /// The entry that the server would append by itself now.
    async fn append_due(&mut self) {
        let Due { kind, body, data } = self.election.due(self.election.end()).expect("an entry that is due");
        self.append(kind, body, data).await;
    }

    async fn append(&mut self, kind: Kind, body: Vec<u8>, data: Vec<u8>) {
        if let Some(mut summing) = self.election.to_sum().filter(|_| kind == Kind::Sums) {
            while let Some(wanted) = summing.wanted() {
                let picked = summing.pick(&self.election, self.store.leaves(self.log, wanted).await.expect("leaves"));
                summing.add(&self.stage.manifest, &picked).expect("leaves of the log");
            }
            self.election.summed(summing);
        }
        let entry = Entry { kind, time: self.election.end(), body };
        let (leaf, first) = (entry.encode(), self.election.size());
        self.election.apply(&leaf, &data, &mut rng()).expect("what a server accepts");
        let data = entry::data_of(&entry).expect("an entry").map(|hash| (hash, data));
        let checkpoint = sign_checkpoint(&self.stage.manifest.log.origin, first + 1, &self.election.root(), &self.key);
        let entries = vec![NewEntry { leaf, data, boxes: Vec::new() }];
        self.store.append(self.log, &Batch { first, entries, checkpoint, election: None }).await.expect("a commit");
    }

    /// A teller's device with all boxes: it opens that of slot 1, and every other ballot is the same.
    fn opener(&mut self, teller: u8, template: &[u8]) -> Opener {
        let (manifest, secret) = (&self.stage.manifest, &self.stage.tellers[usize::from(teller) - 1]);
        let indices: Vec<u64> = self.election.current_ballots().map(|(_, ballot)| ballot.index()).collect();
        let leaf = block_on(self.store.leaves(self.log, indices[0]..indices[0] + 1)).expect("leaves").remove(0);
        self.election.recall(indices[0], &leaf).expect("the leaf of the log");
        let mut opener = Opener::new(&self.election, teller, secret).expect("a closed election");
        let (_, _, boxes) = Submission::decode(manifest, template).expect("a submission").into_parts();
        let slice = opener.slice(&self.election, &[(indices[0], &boxes[usize::from(teller) - 1])]);
        let helper = SliceOpener::new(manifest.clone(), teller, secret.clone(), self.election.buckets().len());
        // `u32 count ‖ u64 index ‖ sums`.
        let mut found = helper.open(&slice, &mut rng()).expect("a slice");
        for index in indices {
            found[4..12].copy_from_slice(&index.to_be_bytes());
            opener.merge(&self.election, &found).expect("what a helper found");
        }
        opener
    }

    /// Starts a server on it and prints what that takes.
    fn start(&self, options: &Options, what: &str) {
        let began = Instant::now();
        let server = Server::resume(&options.program, &options.folder, None);
        start::line(what, began.elapsed(), server.cpu(), &server);
        server.stop();
    }
}

/// The key of the log, from its file.
pub fn key(path: &Path) -> SignSecret {
    let text = fs::read_to_string(path).expect("the log's key");
    let key = STANDARD.decode(text.trim().splitn(5, '+').last().expect("a key")).expect("base64");
    SignSecret::from_bytes(key[1..].try_into().expect("a seed"))
}
