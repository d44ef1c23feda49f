//! What a manifest says, field by field.

use serde::{Deserialize, Serialize};

use crate::question::{Question, Text};

/// The fields of a manifest, as named in its JSON (section 2). A document is only a draft: a manifest is
/// what [`Manifest::parse`](super::Manifest::parse) accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The version of the protocol.
    pub format: Format,
    /// The cryptography of boxes, teller keys and complaints.
    pub suite: Suite,
    /// What the election is called.
    pub title: Text,
    /// What is asked, 1–32.
    pub questions: Vec<Question>,
    /// Sections, federations …: how voters are divided.
    pub groups: Vec<String>,
    /// Smaller groups are merged before counting.
    pub smallest_group: u32,
    /// When voting begins, `YYYY-MM-DDTHH:MM:SSZ`.
    pub opens: String,
    /// When voting ends if it is not extended.
    pub closes: String,
    /// How much later than the closing time a ballot may still arrive.
    pub grace_minutes: u32,
    /// Whether a voter may replace a ballot.
    pub revote: bool,
    /// `t`: how many tellers it takes to open the sums, or to break the secrecy.
    pub threshold: u8,
    /// Those among whom the votes are shared; the first is number 1.
    pub tellers: Vec<Teller>,
    /// Those who hand out codes; the first is number 0.
    pub registrars: Vec<Registrar>,
    /// Base64 of the 32 random bytes to which codes are tied.
    pub roll_scope: String,
    /// Base64 of the id of the election whose `roll_scope` this repeats, else empty.
    pub previous: String,
    /// How long the tellers have to report.
    pub report_minutes: u32,
    /// Those who see that there is one log only.
    pub witnesses: Vec<Witness>,
    /// How many of them it takes.
    pub witness_quorum: u32,
    /// Who runs the election.
    pub organiser: Organiser,
    /// The log that records it.
    pub log: Log,
}

/// `isoloir/v1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Format {
    /// Version 1.
    #[default]
    #[serde(rename = "isoloir/v1")]
    V1,
}

/// `x25519-chacha20poly1305`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Suite {
    /// The only suite of version 1.
    #[default]
    #[serde(rename = "x25519-chacha20poly1305")]
    X25519ChaCha20Poly1305,
}

/// A teller: holds a share of every ballot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Teller {
    /// Whoever it is.
    pub name: String,
    /// Base64 of the Edwards point to which boxes are sealed.
    pub seal: String,
    /// Base64 of the Ed25519 key.
    pub sign: String,
}

/// A registrar: hands out one code per voter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registrar {
    /// Whoever it is.
    pub name: String,
    /// How the codes travel, as voters are told: e-mail, post.
    pub channel: String,
    /// Base64 of the Ed25519 key.
    pub sign: String,
}

/// A witness: cosigns the log's checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// The name in its signature lines.
    pub name: String,
    /// Base64 of the Ed25519 key.
    pub sign: String,
}

/// The organiser: signs the manifest, the opening and the notices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organiser {
    /// Whoever it is.
    pub name: String,
    /// Base64 of the Ed25519 key.
    pub sign: String,
}

/// The log of this election and no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// The name in its checkpoints.
    pub origin: String,
    /// Base64 of the Ed25519 key.
    pub sign: String,
}

impl Document {
    /// The JSON of this document, to be checked, signed and logged as it is.
    pub fn to_json(&self) -> Vec<u8> {
        // Invariant: JSON has a form for every field; all names are strings.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Length in bytes of a public ballot (section 4), the same for all ballots of an election.
    pub fn ballot_len(&self) -> usize {
        let questions = self.questions.iter().map(|question| question.ballot_len(self.threshold));
        let hashes = self.tellers.len().saturating_mul(32);
        // slot, supersedes; R, z.
        questions.fold(76, usize::saturating_add).saturating_add(hashes)
    }

    /// Length in bytes of a box (section 4).
    pub fn box_len(&self) -> usize {
        let values = self.questions.iter().map(|question| question.bits().saturating_add(1));
        let plaintext = values.fold(0, usize::saturating_add).saturating_mul(32);
        plaintext.saturating_add(112)
    }

    /// Length in bytes of a submission: a public ballot and its boxes.
    pub fn submission_len(&self) -> usize {
        let boxes = self.tellers.len().saturating_mul(self.box_len());
        self.ballot_len().saturating_add(boxes)
    }
}
