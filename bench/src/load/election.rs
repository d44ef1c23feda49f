//! An election with many voters on a fresh server: keys, manifest, consents, roll, opening, ballots.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    ballot::{Choice, Choices, Randomness, SUPERSEDES_NONE, prepare},
    code::Code,
    credential::{CodePart, PartContext, VoterKey},
    election::Election,
    log::{
        consent,
        entry::{self, Entry, Kind},
    },
    manifest::{self, Document, Log, Manifest, Question, Text},
    rand_core::UnwrapErr,
    roll::{self, Member, RollPart, RollRow},
    signature::SignSecret,
    teller::TellerSecret,
};
use isoloir_server::store::NewEntry;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::process::Server;

/// Ballots that are made before they are written.
const CHUNK: u32 = 8_192;

/// Not while anybody measures.
const NEVER: &str = "2099-01-01T00:00:00Z";

/// The election as the generator knows it.
pub struct Stage {
    pub manifest: Manifest,
    pub tellers: Vec<TellerSecret>,
    /// By slot − 1.
    keys: Vec<VoterKey>,
}

pub fn rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

impl Stage {
    /// Opens an election: one question with three options and blank, three tellers of whom two count.
    pub fn set(server: &Server, voters: u32) -> Self {
        Self::set_until(server, voters, NEVER)
    }

    /// The same with the time at which voting ends.
    pub fn set_until(server: &Server, voters: u32, closes: &str) -> Self {
        let Announced { organiser, registrar, tellers, manifest, mut book } = Announced::on(server, closes);
        let public = registrar.public();
        let made: Vec<(VoterKey, RollRow)> = (1..=voters)
            .into_par_iter()
            .map(|slot| {
                let context = PartContext { roll_scope: manifest.roll_scope(), registrar: 0, slot };
                let part = CodePart::derive(context, &Code::generate(&mut rng())).expect("a key part");
                let row = RollRow {
                    member: Member { slot, group: 0, weight: 1 },
                    key_part: part.public(),
                    possession: part.prove(context, &public, &mut rng()),
                };
                (VoterKey::from_parts(&[part]).expect("a key"), row)
            })
            .collect();
        let (keys, rows): (Vec<_>, Vec<_>) = made.into_iter().unzip();
        let part = RollPart::sign(&manifest, 0, &rows, &registrar);
        book.append(Kind::RollPart, &roll::entry_body(&part).expect("a roll part"), &part);
        let body = entry::open_body(&book.election, &organiser).expect("an opening");
        book.append(Kind::Open, &body, &[]);
        Self { manifest, tellers, keys }
    }

    /// The same election with a roll that costs nothing to make, since no proof in it holds: all slots have the key of slot 1. Gives what is to be put
    /// into the log behind the server's back, roll and opening.
    pub fn hollow(server: &Server, voters: u32) -> (Self, Vec<NewEntry>) {
        let Announced { organiser, registrar, tellers, manifest, mut book } = Announced::on(server, NEVER);
        let context = PartContext { roll_scope: manifest.roll_scope(), registrar: 0, slot: 1 };
        let secret = CodePart::derive(context, &Code::generate(&mut rng())).expect("a key part");
        let (key_part, possession) = (secret.public(), secret.prove(context, &registrar.public(), &mut rng()));
        let row = |slot| RollRow { member: Member { slot, group: 0, weight: 1 }, key_part, possession };
        let rows: Vec<RollRow> = (1..=voters).map(row).collect();
        let part = RollPart::sign(&manifest, 0, &rows, &registrar);
        let time = book.election.last_time();
        let roll = Entry { kind: Kind::RollPart, time, body: roll::entry_body(&part).expect("a roll part") };
        let hash = entry::data_of(&roll).expect("a roll part").expect("its data");
        let roll = roll.encode();
        let data = BTreeMap::from([(hash, part)]);
        book.election.restore(std::slice::from_ref(&roll), &data, &mut rng()).expect("a roll");
        let body = entry::open_body(&book.election, &organiser).expect("an opening");
        let open = Entry { kind: Kind::Open, time, body }.encode();
        let entry = |leaf, data| NewEntry { leaf, data, boxes: Vec::new() };
        let entries = vec![entry(roll, data.into_iter().next()), entry(open, None)];
        (Self { manifest, tellers, keys: vec![VoterKey::from_parts(&[secret]).expect("a key")] }, entries)
    }

    /// A path under the election.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/elections/{}{rest}", self.manifest.id())
    }

    /// Makes one ballot of every slot, in their order, into a file.
    pub fn make_ballots(&self, path: &Path) -> File {
        let mut file = BufWriter::new(File::create(path).expect("a file for the ballots"));
        let slots = u32::try_from(self.keys.len()).unwrap();
        for first in (0..slots).step_by(usize::try_from(CHUNK).unwrap()) {
            let made: Vec<Vec<u8>> = (first..(first + CHUNK).min(slots)).into_par_iter().map(|position| self.ballot(position)).collect();
            made.iter().for_each(|ballot| file.write_all(ballot).expect("writing the ballots"));
        }
        drop(file);
        File::open(path).expect("the ballots")
    }

    /// A valid submission of the slot `position + 1`.
    pub fn ballot(&self, position: u32) -> Vec<u8> {
        let key = &self.keys[usize::try_from(position).unwrap()];
        let choice = Choice::from_options(&self.manifest.questions[0], &[u16::try_from(position % 3).unwrap()], false);
        let choices = Choices::new(&self.manifest, vec![choice]).expect("a choice");
        let randomness = Randomness::generate(&mut rng());
        prepare(&self.manifest, &choices, position + 1, &key.public(), SUPERSEDES_NONE, &randomness).cast(key).expect("a ballot")
    }

    /// The key of a slot.
    pub fn key(&self, slot: u32) -> &VoterKey {
        &self.keys[usize::try_from(slot - 1).unwrap()]
    }
}

/// An election whose manifest and consents are in the log.
struct Announced<'a> {
    organiser: SignSecret,
    registrar: SignSecret,
    tellers: Vec<TellerSecret>,
    manifest: Manifest,
    book: Book<'a>,
}

impl<'a> Announced<'a> {
    fn on(server: &'a Server, closes: &str) -> Self {
        let organiser = SignSecret::generate(&mut rng());
        let registrar = SignSecret::generate(&mut rng());
        let tellers: Vec<TellerSecret> = (0..3).map(|_| TellerSecret::generate(&mut rng())).collect();
        let log = ask_for_log(server, &organiser);
        let manifest = Manifest::parse(&document(&organiser, &registrar, &tellers, &log, closes).to_json()).expect("a manifest");
        let mut book = Book::begin(server, &manifest, &organiser);
        for (number, teller) in (1..).zip(&tellers) {
            let body = consent::teller_body(&book.election, number, teller, &mut rng()).expect("a consent");
            book.append(Kind::Consent, &body, &[]);
        }
        let body = consent::registrar_body(&book.election, 0, &registrar).expect("a consent");
        book.append(Kind::Consent, &body, &[]);
        Self { organiser, registrar, tellers, manifest, book }
    }
}

/// The log so far, as the organiser replays it.
struct Book<'a> {
    server: &'a Server,
    path: String,
    election: Election,
}

impl<'a> Book<'a> {
    fn begin(server: &'a Server, manifest: &Manifest, organiser: &SignSecret) -> Self {
        let answer = post(server, "/api/elections", &entry::manifest_body(manifest.bytes(), organiser));
        let mut book = Self { server, path: format!("/api/elections/{}/entries", manifest.id()), election: Election::new() };
        book.apply(&answer["receipt"], &[]);
        book
    }

    fn append(&mut self, kind: Kind, body: &[u8], data: &[u8]) {
        let length = u32::try_from(body.len()).unwrap();
        let bytes = [[kind as u8].as_slice(), &length.to_be_bytes(), body, data].concat();
        let receipt = post(self.server, &self.path, &bytes);
        self.apply(&receipt, data);
    }

    fn apply(&mut self, receipt: &Value, data: &[u8]) {
        let leaf = STANDARD.decode(receipt["leaf"].as_str().expect("a leaf")).expect("base64");
        self.election.apply(&leaf, data, &mut rng()).expect("what the server accepts");
    }
}

fn post(server: &Server, path: &str, body: &[u8]) -> Value {
    let mut answer = ureq::post(server.url(path)).send(body).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_slice(&answer.body_mut().read_to_vec().expect("an answer")).expect("JSON")
}

fn ask_for_log(server: &Server, organiser: &SignSecret) -> Value {
    let now = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_millis();
    let now = u64::try_from(now).unwrap();
    let signature = organiser.sign("isoloir/server/new-log", &[b"load", &now.to_be_bytes()]);
    let request = json!({
        "name": "load",
        "time": now,
        "organiser": STANDARD.encode(organiser.public().bytes()),
        "signature": STANDARD.encode(signature),
    });
    post(server, "/api/logs", request.to_string().as_bytes())
}

fn document(organiser: &SignSecret, registrar: &SignSecret, tellers: &[TellerSecret], log: &Value, closes: &str) -> Document {
    let text = |words: &str| Text::from([("en", words)]);
    let string = |value: &Value| value.as_str().expect("a text").to_owned();
    let key = |secret: &SignSecret| STANDARD.encode(secret.public().bytes());
    let mut roll_scope = [0; 32];
    isoloir_protocol::rand_core::Rng::fill_bytes(&mut rng(), &mut roll_scope);
    Document {
        format: Default::default(),
        suite: Default::default(),
        title: text("Rush"),
        questions: vec![Question {
            title: text("Which text?"),
            options: vec![text("A"), text("B"), text("C")],
            min: 1,
            max: 1,
            blank: true,
        }],
        groups: vec!["All".to_owned()],
        smallest_group: 5,
        opens: "2020-01-01T00:00:00Z".to_owned(),
        closes: closes.to_owned(),
        grace_minutes: 0,
        revote: true,
        threshold: 2,
        tellers: (1..)
            .zip(tellers)
            .map(|(number, teller)| manifest::Teller {
                name: format!("Teller {number}"),
                seal: STANDARD.encode(teller.seal_key().bytes()),
                sign: STANDARD.encode(teller.sign_key().bytes()),
            })
            .collect(),
        registrars: vec![manifest::Registrar { name: "Registrar".to_owned(), channel: "e-mail".to_owned(), sign: key(registrar) }],
        roll_scope: STANDARD.encode(roll_scope),
        previous: String::new(),
        report_minutes: 60,
        witnesses: Vec::new(),
        witness_quorum: 0,
        organiser: manifest::Organiser { name: "Organiser".to_owned(), sign: key(organiser) },
        log: Log { origin: string(&log["origin"]), sign: string(&log["sign"]) },
    }
}
