//! An election on a test's own server, at the stage from which a test goes on.

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    archive::Archive,
    audit::{AuditReport, Given, audit_with_election},
    election::Election,
    log::{
        entry::{self, Kind},
        receipt::Receipt,
    },
    manifest::{self, Document, Log, Manifest, Question, Text},
};
use isoloir_server::Config;
use serde_json::Value;

use super::{Anonymous, Answer, MINUTE, OPENS, Organiser, Registrar, Teller, TestServer, Voter, Witness, kept, rng};

pub const LOG_NAME: &str = "congres";

pub struct Scene {
    pub server: TestServer,
    pub manifest: Manifest,
    pub organiser: Organiser,
    pub registrars: Vec<Registrar>,
    pub tellers: Vec<Teller>,
    pub witnesses: Vec<Witness>,
}

/// Changes what is usual before the manifest is signed.
pub type Change<'a> = &'a dyn Fn(&mut Document);

impl Scene {
    /// Voting is open: 2 of 3 tellers, two registrars, two witnesses.
    pub fn open(voters: u32) -> Self {
        Self::open_with(voters, |_| {}, &|_| {})
    }

    pub fn open_with(voters: u32, config: impl FnOnce(&mut Config), change: Change<'_>) -> Self {
        let scene = Self::ready(TestServer::start_with(config), voters, change);
        scene.organiser.open(&scene).expect(200);
        scene.server.clock.set(OPENS + MINUTE);
        scene
    }

    /// Everybody has consented and the roll is published.
    pub fn ready(server: TestServer, voters: u32, change: Change<'_>) -> Self {
        let scene = Self::announced(server, voters, change);
        for teller in &scene.tellers {
            teller.consent(&scene).expect(200);
        }
        for registrar in &scene.registrars {
            registrar.consent(&scene).expect(200);
            registrar.publish_roll(&scene).expect(200);
        }
        scene
    }

    /// The manifest is logged.
    pub fn announced(server: TestServer, voters: u32, change: Change<'_>) -> Self {
        let organiser = Organiser::generate();
        let log = organiser.ask_for_log(&server.http(), LOG_NAME, server.clock.now()).expect(200).json();
        let registrars: Vec<_> = (0..2).map(|number| Registrar::generate(number, voters)).collect();
        let tellers: Vec<_> = (1..=3).map(Teller::generate).collect();
        let witnesses = vec![Witness::generate("witness.berlin"), Witness::generate("witness.londres")];
        let mut document = document(&organiser, &registrars, &tellers, &witnesses, &log);
        change(&mut document);
        let manifest = Manifest::parse(&document.to_json()).unwrap();
        let body = entry::manifest_body(manifest.bytes(), &organiser.secret);
        let mut answer = server.http().post("/api/elections", &body);
        if answer.status == 503 {
            answer = server.http().post("/api/elections", &body);
        }
        answer.expect(201);
        Self { server, manifest, organiser, registrars, tellers, witnesses }
    }

    pub fn http(&self) -> Anonymous {
        self.server.http()
    }

    /// A path under the election.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/elections/{}{rest}", self.manifest.id())
    }

    /// A path under the log.
    pub fn log_path(&self, rest: &str) -> String {
        format!("/log/{LOG_NAME}{rest}")
    }

    pub fn status(&self) -> Value {
        self.http().get(&self.path("")).expect(200).json()
    }

    pub fn append(&self, kind: Kind, body: &[u8], data: &[u8]) -> Answer {
        self.http().post(&self.path("/entries"), &entry_bytes(kind, body, data))
    }

    pub fn voter(&self, slot: u32) -> Voter {
        Voter { slot, codes: self.registrars.iter().map(|registrar| registrar.code(slot).clone()).collect() }
    }

    #[track_caller]
    pub fn receipt(&self, answer: &Answer) -> Receipt {
        assert_eq!(answer.status, 200, "{}", answer.text());
        Receipt::parse(&answer.text()).unwrap()
    }

    pub fn archive(&self) -> Archive {
        Archive::from_zip(&self.http().get(&self.path("/archive.zip")).expect(200).body).unwrap()
    }

    /// The log replayed from the public archive.
    pub fn election(&self) -> Election {
        self.audit(&[]).1
    }

    pub fn audit(&self, receipts: &[Receipt]) -> (AuditReport, Election) {
        let archive = self.archive();
        let (report, election) = audit_with_election(&archive, Given { receipts, ..Given::default() }, &mut rng(), &mut |_, _| {});
        kept::keep(&archive, &[], receipts, &report);
        (report, election)
    }

    /// Both witnesses cosign the latest checkpoint.
    pub fn cosign(&self) {
        for witness in &self.witnesses {
            witness.cosign(self).expect(204);
        }
    }

    /// To the time at which voting has ended, and the close entry.
    pub fn close(&self) {
        self.server.clock.set(super::END);
        self.server.tick();
        assert_eq!(self.status()["phase"], "closed");
    }
}

pub fn entry_bytes(kind: Kind, body: &[u8], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap();
    [[kind as u8].as_slice(), &length.to_be_bytes(), body, data].concat()
}

fn document(organiser: &Organiser, registrars: &[Registrar], tellers: &[Teller], witnesses: &[Witness], log: &Value) -> Document {
    let text = |words: &str| Text::from([("fr", words)]);
    let string = |value: &Value| value.as_str().unwrap().to_owned();
    let mut roll_scope = [0; 32];
    isoloir_protocol::rand_core::Rng::fill_bytes(&mut rng(), &mut roll_scope);
    Document {
        format: Default::default(),
        suite: Default::default(),
        title: text("Congrès"),
        questions: vec![Question {
            title: text("Quel texte ?"),
            options: vec![text("A"), text("B"), text("C")],
            min: 1,
            max: 1,
            blank: true,
        }],
        groups: vec!["Berlin".to_owned(), "Londres".to_owned()],
        smallest_group: 2,
        opens: "2026-12-01T12:00:00Z".to_owned(),
        closes: "2026-12-03T21:00:00Z".to_owned(),
        grace_minutes: 15,
        revote: true,
        threshold: 2,
        tellers: tellers
            .iter()
            .map(|teller| manifest::Teller {
                name: format!("Scrutateur {}", teller.number),
                seal: STANDARD.encode(teller.secret.seal_key().bytes()),
                sign: STANDARD.encode(teller.secret.sign_key().bytes()),
            })
            .collect(),
        registrars: registrars
            .iter()
            .map(|registrar| manifest::Registrar {
                name: format!("Bureau {}", registrar.number),
                channel: if registrar.number == 0 { "e-mail" } else { "courrier" }.to_owned(),
                sign: STANDARD.encode(registrar.secret.public().bytes()),
            })
            .collect(),
        roll_scope: STANDARD.encode(roll_scope),
        previous: String::new(),
        report_minutes: 60,
        witnesses: witnesses
            .iter()
            .map(|witness| manifest::Witness { name: witness.name.clone(), sign: STANDARD.encode(witness.secret.public().bytes()) })
            .collect(),
        witness_quorum: 2,
        organiser: manifest::Organiser { name: "Fédération".to_owned(), sign: STANDARD.encode(organiser.secret.public().bytes()) },
        log: Log { origin: string(&log["origin"]), sign: string(&log["sign"]) },
    }
}
