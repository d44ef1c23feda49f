//! The people of an election. What they send is made with the protocol crate from what the server shows.

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    ballot::{
        Choice, Choices, Prepared, Randomness, SUPERSEDES_NONE,
        dishonest::{Malice, prepare_dishonestly},
        prepare,
    },
    code::Code,
    credential::{CodePart, PartContext, VoterKey},
    fetch::FetchRequest,
    group::Point,
    log::{
        checkpoint::cosign,
        consent,
        entry::{self, Kind},
        notice::{self, What},
        receipt::{CheckedReceipt, Receipt},
        replacement,
    },
    manifest::Manifest,
    roll::{self, Member, RollPart, RollRow},
    signature::SignSecret,
    tally::Opener,
    teller::TellerSecret,
};
use serde_json::json;

use super::{Anonymous, Answer, Scene, rng};

pub struct Organiser {
    pub secret: SignSecret,
}

impl Organiser {
    pub fn generate() -> Self {
        Self { secret: SignSecret::generate(&mut rng()) }
    }

    /// Asks for a log.
    pub fn ask_for_log(&self, http: &Anonymous, name: &str, now: u64) -> Answer {
        let signature = self.secret.sign("isoloir/server/new-log", &[name.as_bytes(), &now.to_be_bytes()]);
        let request = json!({
            "name": name,
            "time": now,
            "organiser": STANDARD.encode(self.secret.public().bytes()),
            "signature": STANDARD.encode(signature),
        });
        http.post_json("/api/logs", &request)
    }

    pub fn open(&self, scene: &Scene) -> Answer {
        let body = entry::open_body(&scene.election(), &self.secret).unwrap();
        scene.append(Kind::Open, &body, &[])
    }

    pub fn notice(&self, scene: &Scene, what: What, text: &str) -> Answer {
        let now = scene.server.clock.now();
        let body = notice::body(&scene.election(), what, text, now, &self.secret).unwrap();
        scene.append(Kind::Notice, &body, &[])
    }
}

pub struct Registrar {
    pub number: u8,
    pub secret: SignSecret,
    /// By slot − 1.
    pub codes: Vec<Code>,
}

impl Registrar {
    pub fn generate(number: u8, voters: u32) -> Self {
        let codes = (0..voters).map(|_| Code::generate(&mut rng())).collect();
        Self { number, secret: SignSecret::generate(&mut rng()), codes }
    }

    pub fn code(&self, slot: u32) -> &Code {
        &self.codes[usize::try_from(slot - 1).unwrap()]
    }

    pub fn consent(&self, scene: &Scene) -> Answer {
        let body = consent::registrar_body(&scene.election(), self.number, &self.secret).unwrap();
        scene.append(Kind::Consent, &body, &[])
    }

    /// The roll: every third member is of the second group, slot 1 has weight 2.
    pub fn roll_part(&self, manifest: &Manifest) -> Vec<u8> {
        let rows: Vec<RollRow> = (1..)
            .zip(&self.codes)
            .map(|(slot, code)| {
                let context = PartContext { roll_scope: manifest.roll_scope(), registrar: self.number, slot };
                let part = CodePart::derive(context, code).unwrap();
                RollRow {
                    member: Member { slot, group: u16::from(slot % 3 == 0), weight: if slot == 1 { 2 } else { 1 } },
                    key_part: part.public(),
                    possession: part.prove(context, &self.secret.public(), &mut rng()),
                }
            })
            .collect();
        RollPart::sign(manifest, self.number, &rows, &self.secret)
    }

    pub fn publish_roll(&self, scene: &Scene) -> Answer {
        let part = self.roll_part(&scene.manifest);
        scene.append(Kind::RollPart, &roll::entry_body(&part).unwrap(), &part)
    }

    /// Replaces the code of a slot; gives the answer and the new code.
    pub fn replace(&self, scene: &Scene, slot: u32) -> (Answer, Code) {
        let code = Code::generate(&mut rng());
        let context = PartContext { roll_scope: scene.manifest.roll_scope(), registrar: self.number, slot };
        let part = CodePart::derive(context, &code).unwrap();
        let now = scene.server.clock.now();
        let body = replacement::body(&scene.election(), slot, self.number, &part, now, &self.secret, &mut rng()).unwrap();
        (scene.append(Kind::Replacement, &body, &[]), code)
    }
}

pub struct Teller {
    pub number: u8,
    pub secret: TellerSecret,
}

impl Teller {
    pub fn generate(number: u8) -> Self {
        Self { number, secret: TellerSecret::generate(&mut rng()) }
    }

    pub fn consent(&self, scene: &Scene) -> Answer {
        let body = consent::teller_body(&scene.election(), self.number, &self.secret, &mut rng()).unwrap();
        scene.append(Kind::Consent, &body, &[])
    }

    pub fn request_boxes(&self, scene: &Scene, ms: u64, from: u64, count: u32) -> Answer {
        let request = FetchRequest::sign(&scene.manifest.id(), self.number, ms, self.secret.sign());
        scene.http().post(&scene.path("/boxes/fetch"), &fetch_bytes(&request, from, count))
    }

    /// All boxes, in pages of three so that paging is at work.
    pub fn boxes(&self, scene: &Scene) -> Vec<(u64, Vec<u8>)> {
        let mut boxes = Vec::new();
        let mut from = 0;
        loop {
            let answer = self.request_boxes(scene, scene.server.clock.now(), from, 3).expect(200);
            let page = split_boxes(&scene.manifest, &answer.body);
            match page.last() {
                Some((last, _)) => from = last + 1,
                None => return boxes,
            }
            boxes.extend(page);
        }
    }

    fn opener(&self, scene: &Scene, election: &isoloir_protocol::election::Election) -> Opener {
        let mut opener = Opener::new(election, self.number, &self.secret).unwrap();
        let boxes = self.boxes(scene);
        let given: Vec<(u64, &[u8])> = boxes.iter().map(|(index, bytes)| (*index, bytes.as_slice())).collect();
        opener.open(election, &given, &mut rng());
        opener
    }

    pub fn report(&self, scene: &Scene) -> Answer {
        let election = scene.election();
        let (body, data) = self.opener(scene, &election).report(&election, false).unwrap();
        scene.append(Kind::Report, &body, &data)
    }

    pub fn sum(&self, scene: &Scene) -> Answer {
        let election = scene.election();
        let opener = self.opener(scene, &election);
        let boxes = self.boxes(scene);
        let removed: Vec<(u64, &[u8])> = boxes.iter().map(|(index, bytes)| (*index, bytes.as_slice())).collect();
        let (body, data) = opener.sums(&election, &removed).unwrap();
        scene.append(Kind::Sums, &body, &data)
    }
}

pub fn fetch_bytes(request: &FetchRequest, from: u64, count: u32) -> Vec<u8> {
    [[request.teller].as_slice(), &request.ms.to_be_bytes(), &request.signature, &from.to_be_bytes(), &count.to_be_bytes()].concat()
}

pub fn split_boxes(manifest: &Manifest, bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let record = 8 + manifest.box_len();
    assert!(bytes.len().is_multiple_of(record));
    let split = |record: &[u8]| {
        let (index, sealed) = record.split_first_chunk().unwrap();
        (u64::from_be_bytes(*index), sealed.to_vec())
    };
    bytes.chunks(record).map(split).collect()
}

pub struct Witness {
    pub name: String,
    pub secret: SignSecret,
}

impl Witness {
    pub fn generate(name: &str) -> Self {
        Self { name: name.to_owned(), secret: SignSecret::generate(&mut rng()) }
    }

    /// Cosigns the latest checkpoint.
    pub fn cosign(&self, scene: &Scene) -> Answer {
        let note = scene.http().get(&scene.log_path("/checkpoint")).expect(200).text();
        self.cosign_note(scene, &note)
    }

    pub fn cosign_note(&self, scene: &Scene, note: &str) -> Answer {
        let shown = isoloir_server::Clock::now_ms(scene.server.clock.as_ref());
        let line = cosign(note, &self.name, &self.secret, shown / 1_000).unwrap();
        scene.http().post(&scene.path("/cosignatures"), format!("{note}{line}").as_bytes())
    }
}

/// A member with the codes that the registrars sent.
#[derive(Clone)]
pub struct Voter {
    pub slot: u32,
    pub codes: Vec<Code>,
}

impl Voter {
    pub fn key(&self, manifest: &Manifest) -> VoterKey {
        let parts: Vec<CodePart> = (0..)
            .zip(&self.codes)
            .map(|(registrar, code)| {
                let context = PartContext { roll_scope: manifest.roll_scope(), registrar, slot: self.slot };
                CodePart::derive(context, code).unwrap()
            })
            .collect();
        VoterKey::from_parts(&parts).unwrap()
    }

    /// The index of the slot's ballot, as the server says.
    pub fn current(&self, scene: &Scene) -> u64 {
        let slot = scene.http().get(&scene.path(&format!("/slots/{}", self.slot))).expect(200).json();
        slot["current"]["index"].as_u64().unwrap_or(SUPERSEDES_NONE)
    }

    /// A ballot for an option, or blank, with its receipt code.
    pub fn prepare(&self, scene: &Scene, option: Option<u16>) -> (Vec<u8>, String) {
        self.prepare_after(scene, option, self.current(scene))
    }

    pub fn prepare_after(&self, scene: &Scene, option: Option<u16>, supersedes: u64) -> (Vec<u8>, String) {
        self.sign(scene, option, |choices, key| {
            let randomness = Randomness::generate(&mut rng());
            prepare(&scene.manifest, choices, self.slot, key, supersedes, &randomness)
        })
    }

    /// A ballot whose box for one teller is bad, all else as prescribed.
    pub fn spoil(&self, scene: &Scene, teller: u8, malice: Malice) -> Vec<u8> {
        let supersedes = self.current(scene);
        let spoilt = self.sign(scene, Some(0), |choices, key| {
            let randomness = Randomness::generate(&mut rng());
            prepare_dishonestly(&scene.manifest, choices, (self.slot, key, supersedes), &randomness, (teller, malice))
        });
        spoilt.0
    }

    fn sign(&self, scene: &Scene, option: Option<u16>, prepare: impl FnOnce(&Choices, &Point) -> Prepared) -> (Vec<u8>, String) {
        let manifest = &scene.manifest;
        let options: Vec<u16> = option.into_iter().collect();
        let choice = Choice::from_options(&manifest.questions[0], &options, option.is_none());
        let choices = Choices::new(manifest, vec![choice]).unwrap();
        let key = self.key(manifest);
        let prepared = prepare(&choices, &key.public());
        let code = prepared.code();
        (prepared.cast(&key).unwrap(), code)
    }

    pub fn cast(&self, scene: &Scene, submission: &[u8]) -> Answer {
        scene.http().post(&scene.path("/ballots"), submission)
    }

    /// Votes and checks the receipt as a voter's device does.
    pub fn vote(&self, scene: &Scene, option: Option<u16>) -> Receipt {
        let (submission, code) = self.prepare(scene, option);
        let receipt = scene.receipt(&self.cast(scene, &submission));
        let checked = self.check(scene, &receipt);
        assert_eq!(checked.ballot.encode(), submission[..scene.manifest.ballot_len()]);
        assert_eq!(receipt.code, code);
        receipt
    }

    /// The receipt, checked against the manifest and the slot's present key.
    #[track_caller]
    pub fn check(&self, scene: &Scene, receipt: &Receipt) -> CheckedReceipt {
        let checked = receipt.check(&scene.manifest).unwrap();
        assert_eq!(receipt.slot, self.slot);
        checked.fingerprint(&scene.manifest, &self.key(&scene.manifest).public()).unwrap();
        checked
    }
}
