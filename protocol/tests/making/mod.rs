//! A small election made with the crate alone, whose state tests drive step by step.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, dead_code, missing_docs)]

pub mod kept;

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    archive::Archive,
    audit::{AuditReport, audit},
    ballot::{
        Choice, Choices, Randomness, SUPERSEDES_NONE, Submission,
        dishonest::{Malice, prepare_dishonestly},
        prepare,
    },
    code::Code,
    credential::{CodePart, PartContext, VoterKey},
    election::{Election, Refusal},
    group::Point,
    hash::sha256,
    log::{
        checkpoint::{cosign, sign_checkpoint},
        consent,
        entry::{self, Entry, Kind},
        notice::{self, What},
        receipt::Receipt,
        replacement,
    },
    manifest::{Document, Log, Manifest, Organiser, Question, Registrar, Teller, Text, Witness},
    rand_core::UnwrapErr,
    roll::{self, Member, RollPart, RollRow},
    signature::SignSecret,
    tally::Opener,
    teller::TellerSecret,
};

/// 2026-12-01T12:00:00Z.
pub const OPENS: u64 = 1_796_126_400_000;

pub fn rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

/// The report about an archive, which the second verifier is asked for too.
pub fn audited(archive: &Archive, receipts: &[Receipt]) -> AuditReport {
    let report = audit(archive, &[], receipts, &mut rng(), &mut |_, _| {});
    kept::keep(archive, &[], receipts, &report);
    report
}

pub struct Making {
    pub election: Election,
    pub organiser: SignSecret,
    pub log: SignSecret,
    pub witnesses: Vec<SignSecret>,
    pub tellers: Vec<TellerSecret>,
    pub registrars: Vec<SignSecret>,
    /// By registrar, by slot − 1.
    pub codes: Vec<Vec<Code>>,
    pub now: u64,
    pub leaves: Vec<Vec<u8>>,
    pub data: BTreeMap<[u8; 32], Vec<u8>>,
    /// By log index: the boxes of all tellers.
    pub boxes: BTreeMap<u64, Vec<Option<Vec<u8>>>>,
}

impl Making {
    /// An open election: `tellers` tellers of whom `threshold` suffice, one question of three options
    /// and blank, two witnesses, `smallest_group` 5.
    pub fn open(voters: u32, tellers: u8, threshold: u8, registrars: u8) -> Self {
        Self::with(voters, tellers, threshold, registrars, |_| {})
    }

    pub fn with(voters: u32, tellers: u8, threshold: u8, registrars: u8, change: impl FnOnce(&mut Document)) -> Self {
        let sign = |secret: &SignSecret| STANDARD.encode(secret.public().bytes());
        let (organiser, log) = (SignSecret::generate(&mut rng()), SignSecret::generate(&mut rng()));
        let witnesses: Vec<SignSecret> = (0..2).map(|_| SignSecret::generate(&mut rng())).collect();
        let teller_keys: Vec<TellerSecret> = (0..tellers).map(|_| TellerSecret::generate(&mut rng())).collect();
        let registrar_keys: Vec<SignSecret> = (0..registrars).map(|_| SignSecret::generate(&mut rng())).collect();
        let text = |words: &str| Text::from([("fr", words)]);
        let mut document = Document {
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
            groups: vec!["Berlin".to_owned()],
            smallest_group: 5,
            opens: "2026-12-01T12:00:00Z".to_owned(),
            closes: "2026-12-03T21:00:00Z".to_owned(),
            grace_minutes: 15,
            revote: true,
            threshold,
            tellers: teller_keys
                .iter()
                .enumerate()
                .map(|(number, secret)| Teller {
                    name: format!("Teller {number}"),
                    seal: STANDARD.encode(secret.seal_key().bytes()),
                    sign: STANDARD.encode(secret.sign_key().bytes()),
                })
                .collect(),
            registrars: registrar_keys
                .iter()
                .map(|secret| Registrar { name: "R".to_owned(), channel: "e-mail".to_owned(), sign: sign(secret) })
                .collect(),
            roll_scope: STANDARD.encode([7; 32]),
            previous: String::new(),
            report_minutes: 60,
            witnesses: witnesses
                .iter()
                .enumerate()
                .map(|(number, secret)| Witness { name: format!("witness{number}.example"), sign: sign(secret) })
                .collect(),
            witness_quorum: 2,
            organiser: Organiser { name: "O".to_owned(), sign: sign(&organiser) },
            log: Log { origin: "example.org/making".to_owned(), sign: sign(&log) },
        };
        change(&mut document);
        let manifest = Manifest::parse(&document.to_json()).unwrap();
        let mut making = Self {
            election: Election::new(),
            organiser,
            log,
            witnesses,
            tellers: teller_keys,
            registrars: registrar_keys,
            codes: (0..registrars).map(|_| (0..voters).map(|_| Code::generate(&mut rng())).collect()).collect(),
            now: OPENS - 86_400_000,
            leaves: Vec::new(),
            data: BTreeMap::new(),
            boxes: BTreeMap::new(),
        };
        let body = entry::manifest_body(manifest.bytes(), &making.organiser);
        making.append(Kind::Manifest, body, &[]).unwrap();
        for number in 0..making.tellers.len() {
            let teller = u8::try_from(number + 1).unwrap();
            let body = consent::teller_body(&making.election, teller, &making.tellers[number], &mut rng()).unwrap();
            making.append(Kind::Consent, body, &[]).unwrap();
        }
        for registrar in 0..registrars {
            let secret = &making.registrars[usize::from(registrar)];
            let body = consent::registrar_body(&making.election, registrar, secret).unwrap();
            let rows: Vec<RollRow> = (1..=voters)
                .map(|slot| {
                    let part = making.part(slot, registrar);
                    let context = PartContext { roll_scope: manifest.roll_scope(), registrar, slot };
                    RollRow {
                        member: Member { slot, group: 0, weight: 1 },
                        key_part: part.public(),
                        possession: part.prove(context, &secret.public(), &mut rng()),
                    }
                })
                .collect();
            let part = RollPart::sign(&manifest, registrar, &rows, secret);
            making.append(Kind::Consent, body, &[]).unwrap();
            making.append(Kind::RollPart, roll::entry_body(&part).unwrap(), &part).unwrap();
        }
        let body = entry::open_body(&making.election, &making.organiser).unwrap();
        making.append(Kind::Open, body, &[]).unwrap();
        making.now = OPENS + 1;
        making
    }

    pub fn part(&self, slot: u32, registrar: u8) -> CodePart {
        let manifest = self.election.manifest();
        let scope = manifest.map_or([7; 32], |manifest| *manifest.roll_scope());
        let context = PartContext { roll_scope: &scope, registrar, slot };
        let code = &self.codes[usize::from(registrar)][usize::try_from(slot - 1).unwrap()];
        CodePart::derive(context, code).unwrap()
    }

    pub fn append(&mut self, kind: Kind, body: Vec<u8>, data: &[u8]) -> Result<(), Refusal> {
        self.append_at(self.now, kind, body, data)
    }

    pub fn append_at(&mut self, time: u64, kind: Kind, body: Vec<u8>, data: &[u8]) -> Result<(), Refusal> {
        let leaf = Entry { kind, time, body }.encode();
        self.election.apply(&leaf, data, &mut rng())?;
        self.leaves.push(leaf);
        if !data.is_empty() {
            self.data.insert(sha256(data), data.to_vec());
        }
        Ok(())
    }

    pub fn append_due(&mut self) {
        let due = self.election.due(self.now).unwrap();
        self.append(due.kind, due.body, &due.data).unwrap();
    }

    pub fn submission(&self, slot: u32, option: Option<u32>, supersedes: u64) -> Vec<u8> {
        let manifest = self.election.manifest().unwrap();
        let options: Vec<u16> = option.iter().map(|option| u16::try_from(*option).unwrap()).collect();
        let choice = Choice::from_options(&manifest.questions[0], &options, option.is_none());
        let choices = Choices::new(manifest, vec![choice]).unwrap();
        let parts: Vec<CodePart> = (0_u8..).zip(&self.registrars).map(|(registrar, _)| self.part(slot, registrar)).collect();
        let key = VoterKey::from_parts(&parts).unwrap();
        let randomness = Randomness::generate(&mut rng());
        prepare(manifest, &choices, slot, &key.public(), supersedes, &randomness).cast(&key).unwrap()
    }

    pub fn cast(&mut self, submission: &[u8]) -> Result<u64, Refusal> {
        let manifest = self.election.manifest().unwrap();
        let (_, public, boxes) = Submission::decode(manifest, submission).unwrap().into_parts();
        let index = self.election.size();
        self.append(Kind::Ballot, public, &[])?;
        self.boxes.insert(index, boxes.into_iter().map(Some).collect());
        Ok(index)
    }

    pub fn current(&self, slot: u32) -> u64 {
        let view = self.election.slot(slot).unwrap();
        view.current.map_or(SUPERSEDES_NONE, |ballot| ballot.index)
    }

    pub fn vote(&mut self, slot: u32, option: Option<u32>) -> u64 {
        let submission = self.submission(slot, option, self.current(slot));
        self.cast(&submission).unwrap()
    }

    /// Casts, for a slot, a ballot with one bad box, signed by its voter.
    pub fn spoil(&mut self, slot: u32, teller: u8, malice: Malice) -> u64 {
        let parts: Vec<CodePart> = (0_u8..).zip(&self.registrars).map(|(registrar, _)| self.part(slot, registrar)).collect();
        let key = VoterKey::from_parts(&parts).unwrap();
        let manifest = self.election.manifest().unwrap();
        let choice = Choice::from_options(&manifest.questions[0], &[0], false);
        let choices = Choices::new(manifest, vec![choice]).unwrap();
        let randomness = Randomness::generate(&mut rng());
        let target = (slot, &key.public(), self.current(slot));
        let prepared = prepare_dishonestly(manifest, &choices, target, &randomness, (teller, malice));
        let submission = prepared.cast(&key).unwrap();
        self.cast(&submission).unwrap()
    }

    pub fn advance_to_close(&mut self) {
        self.now = self.election.end();
        self.append_due();
    }

    pub fn boxes_of(&self, teller: u8, indices: &[u64]) -> Vec<(u64, Vec<u8>)> {
        indices.iter().filter_map(|index| Some((*index, self.boxes[index][usize::from(teller) - 1].clone()?))).collect()
    }

    pub fn lose(&mut self, index: u64, teller: u8) {
        self.boxes.get_mut(&index).unwrap()[usize::from(teller) - 1] = None;
    }

    pub fn open_all(&self, opener: &mut Opener, teller: u8) {
        let boxes = self.boxes_of(teller, &opener.missing());
        let given: Vec<(u64, &[u8])> = boxes.iter().map(|(index, bytes)| (*index, bytes.as_slice())).collect();
        opener.open(&self.election, &given, &mut rng());
    }

    /// The body of a report with other complaints, signed by its teller.
    pub fn report_with(&self, body: &[u8], count: u32, complaints: &[u8]) -> Vec<u8> {
        let teller = body[0];
        let mut body = body[..41].to_vec();
        body.extend(count.to_be_bytes());
        body.extend(sha256(complaints));
        body.extend(u32::try_from(complaints.len()).unwrap().to_be_bytes());
        let id = self.election.manifest().unwrap().id();
        let secret = self.tellers[usize::from(teller) - 1].sign();
        let signature = secret.sign("isoloir/v1/report", &[id.as_bytes(), &body]);
        body.extend(signature);
        body
    }

    pub fn replace(&mut self, slot: u32, registrar: u8) -> Code {
        let code = Code::generate(&mut rng());
        let manifest = self.election.manifest().unwrap();
        let context = PartContext { roll_scope: manifest.roll_scope(), registrar, slot };
        let part = CodePart::derive(context, &code).unwrap();
        let secret = &self.registrars[usize::from(registrar)];
        let body = replacement::body(&self.election, slot, registrar, &part, self.now, secret, &mut rng()).unwrap();
        self.append(Kind::Replacement, body, &[]).unwrap();
        code
    }

    pub fn notice(&mut self, what: What) -> Result<(), Refusal> {
        let body = notice::body(&self.election, what, "Avis", self.now, &self.organiser).unwrap();
        self.append(Kind::Notice, body, &[])
    }

    /// The archive, cosigned by both witnesses now.
    pub fn archive(&self) -> Archive {
        let origin = &self.election.manifest().unwrap().log.origin;
        let mut note = sign_checkpoint(origin, self.election.size(), &self.election.root(), &self.log);
        for (number, secret) in self.witnesses.iter().enumerate() {
            let line = cosign(&note, &format!("witness{number}.example"), secret, self.now / 1000).unwrap();
            note.push_str(&line);
        }
        Archive { entries: self.leaves.clone(), data: self.data.clone(), checkpoint: note, checkpoints: BTreeMap::new() }
    }

    pub fn audit_holds(&self) {
        let report = audited(&self.archive(), &[]);
        assert!(report.holds(), "{:?}", report.checks);
    }

    /// The key of a slot.
    pub fn key(&self, slot: u32) -> Point {
        Point::decode(&self.election.slot(slot).unwrap().key).unwrap()
    }
}
