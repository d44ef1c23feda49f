//! Checkpoints and cosignatures: the vectors of section 5, and notes that are almost right.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod common;

use std::fs;

use base64::{Engine, engine::general_purpose::STANDARD};
use common::{array, items, number, text, vector};
use isoloir_protocol::{
    log::checkpoint::{Checkpoint, CheckpointError, Cosignature, NOTE_LEN, Opened, cosign, merge, open, open_with, sign_checkpoint},
    manifest::Manifest,
    signature::{SignKey, SignSecret},
};
use serde_json::Value;

struct Log {
    vectors: Value,
    origin: String,
    secret: SignSecret,
    witnesses: Vec<(String, SignKey)>,
    witness: SignSecret,
}

impl Log {
    fn new() -> Self {
        let vectors = vector("checkpoint");
        let witness = &vectors["witness"];
        let key = SignKey::from_bytes(&array(&witness["sign"])).unwrap();
        Self {
            origin: text(&vectors["origin"]).to_owned(),
            secret: SignSecret::from_bytes(&array(&vectors["log_secret"])),
            witnesses: vec![(text(&witness["name"]).to_owned(), key)],
            witness: SignSecret::from_bytes(&array(&witness["secret"])),
            vectors,
        }
    }

    fn note(&self) -> String {
        text(&self.vectors["note"]).to_owned()
    }

    fn open(&self, note: &str) -> Result<Opened, CheckpointError> {
        open_with(note, &self.origin, &self.secret.public(), &self.witnesses)
    }

    /// A note of this text with a signature of the log that is right.
    fn signed(&self, signed: &str) -> String {
        let line = self.note().lines().last().unwrap().to_owned();
        let (start, bytes) = line.rsplit_once(' ').unwrap();
        let id = &STANDARD.decode(bytes).unwrap()[..4];
        let signature = self.secret.sign_message(signed.as_bytes());
        format!("{signed}\n{start} {}\n", STANDARD.encode([id, &signature].concat()))
    }
}

#[test]
fn notes_are_those_of_the_vectors() {
    let log = Log::new();
    let size = number(&log.vectors["size"]);
    let root = array(&log.vectors["root"]);
    assert_eq!(log.secret.public().bytes(), &array(&log.vectors["log_key"]));
    assert_eq!(sign_checkpoint(&log.origin, size, &root, &log.secret), log.note());
    let opened = log.open(&log.note()).unwrap();
    let checkpoint = Checkpoint { origin: log.origin.clone(), size, root };
    let expected = Opened { checkpoint: checkpoint.clone(), cosignatures: vec![], wrong: vec![] };
    assert_eq!(opened, expected);
    assert_eq!(Checkpoint::read_unverified(&log.note()), Ok(checkpoint));
    // Unknown signers have no effect.
    let another = text(&log.vectors["note_with_another_signature"]);
    assert_eq!(log.open(another), Ok(expected));
}

#[test]
fn cosignatures_are_those_of_the_vectors() {
    let log = Log::new();
    let vectors = &log.vectors["witness"];
    let seconds = number(&vectors["seconds"]);
    let name = text(&vectors["name"]);
    let line = cosign(&log.note(), name, &log.witness, seconds).unwrap();
    assert_eq!(format!("{}{line}", log.note()), text(&vectors["note"]));

    let found = |field: &str| {
        let opened = log.open(text(&vectors[field])).unwrap();
        (opened.cosignatures, opened.wrong)
    };
    let good = |seconds| Cosignature { witness: 0, seconds };
    assert_eq!(found("note"), (vec![good(seconds)], vec![]));
    assert_eq!(found("note_with_wrong_cosignature"), (vec![], vec![0]));
    let both = found("note_with_wrong_and_good_cosignature");
    assert_eq!(both, (vec![good(seconds + 1)], vec![0]));
}

#[test]
fn invalid_vectors_are_refused() {
    let log = Log::new();
    for case in items(&log.vectors["invalid"]) {
        assert!(log.open(text(&case["note"])).is_err(), "{}", case["why"]);
    }
}

#[test]
fn the_archives_of_the_vectors_have_valid_checkpoints() {
    for name in ["plain", "complaint", "open"] {
        let folder = common::path("elections").join(name);
        let entries = fs::read(folder.join("entries.bin")).unwrap();
        // The first leaf is kind, time and `u32 len ‖ manifest`.
        let len = u32::from_be_bytes(entries[13..17].try_into().unwrap());
        let manifest = Manifest::parse(&entries[17..17 + len as usize]).unwrap();
        let note = fs::read_to_string(folder.join("checkpoint")).unwrap();
        let facts = vector(&format!("elections/{name}"));
        let opened = open(&note, &manifest).unwrap();
        assert_eq!(opened.checkpoint.size, number(&facts["size"]), "{name}");
        assert_eq!(opened.checkpoint.root, array::<32>(&facts["root"]), "{name}");
        let mut wrong = opened.wrong.len();
        for kept in fs::read_dir(folder.join("checkpoints")).unwrap() {
            let kept = kept.unwrap();
            let opened = open(&fs::read_to_string(kept.path()).unwrap(), &manifest).unwrap();
            assert_eq!(opened.checkpoint.size.to_string(), kept.file_name().to_str().unwrap());
            wrong += opened.wrong.len();
        }
        assert_eq!(wrong as u64, number(&facts["wrong_cosignatures"]), "{name}");
    }
}

#[test]
fn a_signed_text_that_is_no_checkpoint_is_refused() {
    let log = Log::new();
    let right = Checkpoint::read_unverified(&log.note()).unwrap().text();
    assert_eq!(log.signed(&right), log.note());
    let root = right.lines().nth(2).unwrap();
    for wrong in [
        format!("{}\n+42\n{root}\n", log.origin),
        format!("{}\n-1\n{root}\n", log.origin),
        format!("{}\n 42\n{root}\n", log.origin),
        format!("{}\n18446744073709551616\n{root}\n", log.origin),
        format!("{}\n42\n{}\n", log.origin, root.trim_end_matches('=')),
        format!("{}\n42\n{}B=\n", log.origin, &root[..42]),
        format!("{}\n42\n{}\n", log.origin, STANDARD.encode([0; 31])),
        format!("{}\n42\n{root}\n\n", log.origin),
        format!("\n{}\n42\n{root}\n", log.origin),
        format!("{}\n42\n{root} \n", log.origin),
        format!("{}\n42\n", log.origin),
        "\n".to_owned(),
    ] {
        assert_eq!(log.open(&log.signed(&wrong)), Err(CheckpointError::Text), "{wrong:?}");
    }
    let largest = format!("{}\n18446744073709551615\n{root}\n", log.origin);
    assert_eq!(log.open(&log.signed(&largest)).unwrap().checkpoint.size, u64::MAX);
}

#[test]
fn a_note_has_to_be_exactly_as_it_is_written() {
    let log = Log::new();
    let note = log.note();
    for wrong in [
        String::new(),
        format!("{note}\n"),
        format!("{note}—\n"),
        format!("{note}- name AAAAAAAA\n"),
        format!("{note}— name\n"),
        format!("{note}—  AAAAAAAA\n"),
        format!("{note}— a+b AAAAAAAA\n"),
        format!("{note}— a\u{a0}b AAAAAAAA\n"),
        format!("{note}— a\u{85}b AAAAAAAA\n"),
        format!("{note}— a\u{2028}b AAAAAAAA\n"),
        format!("{note}— a\tb AAAAAAAA\n"),
        format!("{note}— name AAAAAAAA"),
        format!("{note}— name AAAAAAAA \n"),
        format!("{note}— name AAAA AAAA\n"),
        format!("{note}— name AAAAAAA\n"),
        format!("{note}— name AAA=\n"),
        format!("{note}— name AAAAAA==AA\n"),
        note.replace('\n', "\r\n"),
        note.replacen("42\n", "42\t\n", 1),
        note.replacen("\n\n", "\n", 1),
    ] {
        assert_eq!(log.open(&wrong), Err(CheckpointError::Note), "{wrong:?}");
    }
    // A line of somebody unknown is nothing.
    for line in ["— name AAAAAAAA", "— näme/1 AAAAAA=="] {
        assert!(log.open(&format!("{note}{line}\n")).is_ok(), "{line}");
    }
    let room = NOTE_LEN - note.len();
    let filled = |len: usize| format!("{note}— {} AAAAAAAA\n", "n".repeat(len - "—  AAAAAAAA\n".len()));
    assert!(log.open(&filled(room)).is_ok());
    assert_eq!(log.open(&filled(room + 1)), Err(CheckpointError::TooLong));
}

#[test]
fn a_wrong_line_of_the_log_is_an_error_wherever_it_stands() {
    let log = Log::new();
    let line = log.note().lines().last().unwrap().to_owned();
    let (start, bytes) = line.rsplit_once(' ').unwrap();
    let mut bytes = STANDARD.decode(bytes).unwrap();
    bytes[40] ^= 1;
    let wrong = format!("{start} {}\n", STANDARD.encode(&bytes));
    let short = format!("{start} {}\n", STANDARD.encode(&bytes[..4]));
    for line in [wrong, short] {
        let after = format!("{}{line}", log.note());
        assert_eq!(log.open(&after), Err(CheckpointError::Signature));
        let before = log.note().replacen("\n\n", &format!("\n\n{line}"), 1);
        assert_eq!(log.open(&before), Err(CheckpointError::Signature));
    }
    // Another key of the same name is another signer.
    bytes[0] ^= 1;
    let other = format!("{}{start} {}\n", log.note(), STANDARD.encode(&bytes));
    assert!(log.open(&other).is_ok());
    // The right line twice is no wrong line.
    assert!(log.open(&format!("{}{line}\n", log.note())).is_ok());
}

#[test]
fn a_cosignature_of_another_length_or_kind_does_not_count() {
    let log = Log::new();
    let (name, _) = &log.witnesses[0];
    let line = cosign(&log.note(), name, &log.witness, 7).unwrap();
    let (start, bytes) = line.trim_end().rsplit_once(' ').unwrap();
    let bytes = STANDARD.decode(bytes).unwrap();
    for wrong in [&bytes[..75], &[&bytes[..], &[0]].concat(), &bytes[..4]] {
        let note = format!("{}{start} {}\n", log.note(), STANDARD.encode(wrong));
        let opened = log.open(&note).unwrap();
        assert_eq!((opened.cosignatures.len(), opened.wrong), (0, vec![0]));
    }
    let mut later = bytes.clone();
    later[11] ^= 1;
    let note = format!("{}{start} {}\n", log.note(), STANDARD.encode(&later));
    assert_eq!(log.open(&note).unwrap().wrong, [0]);
    // Under another name it is somebody else's.
    let renamed = format!("{}{line}", log.note()).replace(name, "elsewhere.example.net");
    let opened = log.open(&renamed).unwrap();
    assert_eq!((opened.cosignatures.len(), opened.wrong.len()), (0, 0));
}

#[test]
fn merging_adds_what_is_missing_once() {
    let log = Log::new();
    let (name, _) = &log.witnesses[0];
    let cosigned = |seconds| format!("{}{}", log.note(), cosign(&log.note(), name, &log.witness, seconds).unwrap());
    let both = merge(&cosigned(1), &cosigned(2)).unwrap();
    let seconds: Vec<_> = log.open(&both).unwrap().cosignatures.iter().map(|one| one.seconds).collect();
    assert_eq!(seconds, [1, 2]);
    assert_eq!(log.open(&both).unwrap().witness_count(), 1);
    assert_eq!(merge(&both, &cosigned(2)), Ok(both.clone()));
    assert_eq!(merge(&both, &log.note()), Ok(both.clone()));
    assert_eq!(merge(&log.note(), &cosigned(1)), Ok(cosigned(1)));
    let other = sign_checkpoint(&log.origin, 43, &[0; 32], &log.secret);
    assert_eq!(merge(&both, &other), Err(CheckpointError::Different));
    assert_eq!(merge(&both, "x"), Err(CheckpointError::Note));
}
