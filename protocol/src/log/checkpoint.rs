//! Checkpoints: C2SP signed notes with the size and root of a log, and cosignatures of witnesses
//! (section 5; C2SP signed-note, tlog-checkpoint and tlog-cosignature).

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::tree::Hash;
use crate::{
    codec::Reader,
    manifest::Manifest,
    signature::{SIGNATURE_LEN, SignKey, SignSecret},
};

/// The most bytes of a note. Sixteen witnesses could cosign it five hundred times each.
pub const NOTE_LEN: usize = 1 << 20;

/// The signature types of C2SP signed-note.
const ED25519: u8 = 0x01;
pub(super) const COSIGNATURE_V1: u8 = 0x04;

/// Why a text is not a checkpoint of a log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// More bytes than [`NOTE_LEN`].
    #[error("the note has more than {NOTE_LEN} bytes")]
    TooLong,
    /// Not a signed note: a text, an empty line and signature lines, each ended by a line feed.
    #[error("not a signed note")]
    Note,
    /// The signed text is not exactly the three lines origin, size and root.
    #[error("not the text of a checkpoint")]
    Text,
    /// The checkpoint is of another log.
    #[error("of the log {found}")]
    Origin {
        /// The origin it names.
        found: String,
    },
    /// There is no signature under the log's name and key.
    #[error("not signed by the log")]
    Unsigned,
    /// A signature under the log's name and key is wrong.
    #[error("the signature of the log is wrong")]
    Signature,
    /// Two notes to be merged are not about the same text.
    #[error("two different checkpoints")]
    Different,
}

/// What a log says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// Its Merkle root.
    pub root: Hash,
}

/// A checkpoint whose signature is the log's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What the log signed.
    pub checkpoint: Checkpoint,
    /// Valid cosignatures; a witness may have several, of different times.
    pub cosignatures: Vec<Cosignature>,
    /// Witnesses, as in [`Cosignature::witness`], under whose name and key there is a line that does not
    /// verify: to be reported, else without effect.
    pub wrong: Vec<usize>,
}

/// A witness says that it saw the checkpoint and that it continues all that it saw before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cosignature {
    /// Which witness: its place in the manifest, from 0.
    pub witness: usize,
    /// When, in seconds since 1970 by the witness's clock.
    pub seconds: u64,
}

impl Opened {
    /// How many different witnesses have validly cosigned.
    pub fn witness_count(&self) -> usize {
        let mut witnesses: Vec<_> = self.cosignatures.iter().map(|one| one.witness).collect();
        witnesses.sort_unstable();
        witnesses.dedup();
        witnesses.len()
    }
}

impl Checkpoint {
    /// The text that log and witnesses sign.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// What a note says, without any look at its signatures.
    pub fn read_unverified(note: &str) -> Result<Self, CheckpointError> {
        Self::parse_text(Note::split(note)?.text)
    }

    fn parse_text(text: &str) -> Result<Self, CheckpointError> {
        let parse = || {
            let mut lines = text.strip_suffix('\n')?.split('\n');
            let origin = lines.next().filter(|origin| !origin.is_empty())?.to_owned();
            let size = lines.next()?.parse().ok()?;
            let root = STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
            Some(Self { origin, size, root })
        };
        // One value has one text: no extension lines, signs, leading zeros or other line ends.
        parse().filter(|checkpoint| checkpoint.text() == text).ok_or(CheckpointError::Text)
    }
}

/// A note with the log's signature.
pub fn sign_checkpoint(origin: &str, size: u64, root: &Hash, secret: &SignSecret) -> String {
    let text = Checkpoint { origin: origin.to_owned(), size, root: *root }.text();
    let signature = secret.sign_message(text.as_bytes());
    let id = key_id(origin, ED25519, &secret.public());
    format!("{text}\n{}", signature_line(origin, &[&id, &signature]))
}

/// The signature line, with its line feed, by which a witness of this name cosigns a note at a time. The
/// caller has checked the log's signature and that the log only grew.
pub fn cosign(note: &str, name: &str, secret: &SignSecret, seconds: u64) -> Result<String, CheckpointError> {
    let text = Note::split(note)?.text;
    let signature = secret.sign_message(cosigned(text, seconds).as_bytes());
    let id = key_id(name, COSIGNATURE_V1, &secret.public());
    Ok(signature_line(name, &[&id, &seconds.to_be_bytes(), &signature]))
}

/// Checks a note against the log and the witnesses of an election.
pub fn open(note: &str, manifest: &Manifest) -> Result<Opened, CheckpointError> {
    open_with(note, &manifest.log.origin, manifest.log_key(), manifest.witness_keys())
}

/// Checks a note against a log and its witnesses: signed by the log, under whose name and key there may
/// be no wrong line; cosignatures that do not verify and unknown signers have no effect.
pub fn open_with(note: &str, origin: &str, log_key: &SignKey, witnesses: &[(String, SignKey)]) -> Result<Opened, CheckpointError> {
    let note = Note::split(note)?;
    let checkpoint = Checkpoint::parse_text(note.text)?;
    if checkpoint.origin != origin {
        return Err(CheckpointError::Origin { found: checkpoint.origin });
    }
    let log_id = key_id(origin, ED25519, log_key);
    let witness_ids: Vec<_> = witnesses.iter().map(|(name, key)| key_id(name, COSIGNATURE_V1, key)).collect();

    let mut signed = false;
    let mut opened = Opened { checkpoint, cosignatures: Vec::new(), wrong: Vec::new() };
    for line in &note.signatures {
        if line.name == origin && line.key_id == log_id {
            if !log_key.verify_message(note.text.as_bytes(), &line.signature) {
                return Err(CheckpointError::Signature);
            }
            signed = true;
        }
        for (witness, ((name, key), id)) in witnesses.iter().zip(&witness_ids).enumerate() {
            if line.name != name || line.key_id != *id {
                continue;
            }
            match cosignature_time(note.text, key, &line.signature) {
                Some(seconds) => opened.cosignatures.push(Cosignature { witness, seconds }),
                None => opened.wrong.push(witness),
            }
        }
    }
    if signed { Ok(opened) } else { Err(CheckpointError::Unsigned) }
}

/// The note with the log's signature alone; `None` if it has none.
pub fn alone(note: &str, manifest: &Manifest) -> Option<String> {
    let (text, lines) = note.rsplit_once("\n\n")?;
    let alone = |line| format!("{text}\n\n{line}\n");
    lines.lines().map(alone).find(|alone| open(alone, manifest).is_ok())
}

/// The first note with those signature lines of the second that it lacks. Both must be about the same
/// text; signatures are not checked.
pub fn merge(first: &str, second: &str) -> Result<String, CheckpointError> {
    let (ours, theirs) = (Note::split(first)?, Note::split(second)?);
    if ours.text != theirs.text {
        return Err(CheckpointError::Different);
    }
    let mut merged = first.to_owned();
    let mut lines: Vec<_> = ours.signatures.iter().map(|line| line.line).collect();
    for line in theirs.signatures.iter().map(|line| line.line) {
        if !lines.contains(&line) {
            lines.push(line);
            merged.push_str(line);
            merged.push('\n');
        }
    }
    if merged.len() > NOTE_LEN {
        return Err(CheckpointError::TooLong);
    }
    Ok(merged)
}

/// The fingerprint under which signature lines name a key: the first bytes of a hash of name and key.
pub fn log_key_id(origin: &str, key: &SignKey) -> [u8; 4] {
    key_id(origin, ED25519, key)
}

/// The same of a witness's key.
pub fn witness_key_id(name: &str, key: &SignKey) -> [u8; 4] {
    key_id(name, COSIGNATURE_V1, key)
}

/// A signed note taken apart.
struct Note<'a> {
    /// What is signed, with its last line feed.
    text: &'a str,
    signatures: Vec<SignatureLine<'a>>,
}

struct SignatureLine<'a> {
    /// The whole line without its line feed.
    line: &'a str,
    name: &'a str,
    key_id: [u8; 4],
    signature: Vec<u8>,
}

impl<'a> Note<'a> {
    fn split(note: &'a str) -> Result<Self, CheckpointError> {
        if note.len() > NOTE_LEN {
            return Err(CheckpointError::TooLong);
        }
        if note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
            return Err(CheckpointError::Note);
        }
        // The text may contain empty lines, signature lines may not.
        let (before, lines) = note.rsplit_once("\n\n").ok_or(CheckpointError::Note)?;
        let text = note.get(..before.len().saturating_add(1)).ok_or(CheckpointError::Note)?;
        let lines = lines.strip_suffix('\n').ok_or(CheckpointError::Note)?;
        let signatures = lines.split('\n').map(SignatureLine::parse).collect::<Option<_>>();
        Ok(Self { text, signatures: signatures.ok_or(CheckpointError::Note)? })
    }
}

impl<'a> SignatureLine<'a> {
    /// Takes `— name base64(key id ‖ signature)` apart.
    fn parse(line: &'a str) -> Option<Self> {
        let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
        if name.is_empty() || name.contains('+') || name.contains(char::is_whitespace) {
            return None;
        }
        let bytes = STANDARD.decode(signature).ok()?;
        let (key_id, signature) = bytes.split_first_chunk::<4>()?;
        Some(Self { line, name, key_id: *key_id, signature: signature.to_vec() })
    }
}

/// The time of a cosignature if it verifies.
fn cosignature_time(text: &str, key: &SignKey, bytes: &[u8]) -> Option<u64> {
    let mut reader = Reader::new(bytes);
    let seconds = reader.u64().ok()?;
    let signature: [u8; SIGNATURE_LEN] = reader.array().ok()?;
    reader.finish().ok()?;
    key.verify_message(cosigned(text, seconds).as_bytes(), &signature).then_some(seconds)
}

/// What a witness signs.
fn cosigned(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

fn key_id(name: &str, kind: u8, key: &SignKey) -> [u8; 4] {
    let hash = Sha256::new().chain_update(name).chain_update([b'\n', kind]).chain_update(key.bytes()).finalize();
    hash.first_chunk().copied().unwrap_or_default()
}

fn signature_line(name: &str, parts: &[&[u8]]) -> String {
    format!("— {name} {}\n", STANDARD.encode(parts.concat()))
}
