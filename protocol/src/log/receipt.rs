//! Receipts: proof that a ballot is in the log, which the voter's own device checks (section 5).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    checkpoint::{self, CheckpointError, Cosignature},
    entry::{Entry, Kind},
    tree::{Hash, leaf_hash, verify_inclusion},
};
use crate::{
    ballot::{Ballot, Fingerprint},
    codec::{DecodeError, grouped, symbol_value},
    group::Point,
    manifest::{ElectionId, Manifest},
};

/// A receipt file, as JSON of section 5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Base64 of the election id.
    pub election: String,
    /// The slot.
    pub slot: u32,
    /// The receipt code with hyphens.
    pub code: String,
    /// Log index of the ballot.
    pub index: u64,
    /// Base64 of the leaf.
    pub leaf: String,
    /// A signed note.
    pub checkpoint: String,
    /// Base64 of the hashes of the inclusion proof.
    pub proof: Vec<String>,
}

/// Why a receipt is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// It is no receipt file.
    #[error("not a receipt file")]
    Format,
    /// It is about another election.
    #[error("another election")]
    Election,
    /// The leaf is no ballot of this election.
    #[error("the leaf is no ballot: {0}")]
    Leaf(#[from] DecodeError),
    /// The leaf is another slot's ballot.
    #[error("the ballot is of slot {found}")]
    Slot {
        /// The slot in the ballot.
        found: u32,
    },
    /// The code is not the ballot's.
    #[error("the code is not that of the ballot")]
    Code,
    /// The checkpoint is not the log's.
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The leaf is not in the tree of the checkpoint.
    #[error("the inclusion proof does not hold")]
    Proof,
}

/// A receipt whose ballot is in the log that the checkpoint commits to. Whether the code is that of
/// the ballot needs the slot's key at the ballot's entry ([`Self::fingerprint`]).
#[derive(Debug, Clone)]
pub struct CheckedReceipt {
    /// The ballot.
    pub ballot: Ballot,
    /// When it was accepted, in ms since 1970.
    pub time: u64,
    /// Its log index.
    pub index: u64,
    /// Size of the checkpoint's log.
    pub size: u64,
    /// Root of the checkpoint's log.
    pub root: Hash,
    /// Valid cosignatures of the manifest's witnesses.
    pub cosignatures: Vec<Cosignature>,
    code: String,
}

impl Receipt {
    /// Makes a receipt for the ballot `leaf` at `index`.
    pub fn new(
        election: ElectionId,
        slot: u32,
        fingerprint: Fingerprint,
        index: u64,
        leaf: &[u8],
        checkpoint: String,
        proof: &[Hash],
    ) -> Self {
        Self {
            election: STANDARD.encode(election.as_bytes()),
            slot,
            code: fingerprint.code(),
            index,
            leaf: STANDARD.encode(leaf),
            checkpoint,
            proof: proof.iter().map(|hash| STANDARD.encode(hash)).collect(),
        }
    }

    /// Reads a receipt file.
    pub fn parse(json: &str) -> Result<Self, ReceiptError> {
        serde_json::from_str(json).map_err(|_| ReceiptError::Format)
    }

    /// The receipt file.
    pub fn to_json(&self) -> String {
        // Invariant: a structure of strings and numbers always serialises.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The leaf's hash in the tree; `None` if the leaf is no base64.
    pub fn leaf_hash(&self) -> Option<Hash> {
        STANDARD.decode(&self.leaf).ok().map(|leaf| leaf_hash(&leaf))
    }

    /// Checks all that needs no other part of the log: election, slot, checkpoint, inclusion.
    pub fn check(&self, manifest: &Manifest) -> Result<CheckedReceipt, ReceiptError> {
        if hash_field(&self.election)? != *manifest.id().as_bytes() {
            return Err(ReceiptError::Election);
        }
        let leaf = STANDARD.decode(&self.leaf).map_err(|_| ReceiptError::Format)?;
        let entry = Entry::decode(&leaf).map_err(|_| ReceiptError::Leaf(DecodeError::Value))?;
        if entry.kind != Kind::Ballot {
            return Err(ReceiptError::Leaf(DecodeError::Value));
        }
        let ballot = Ballot::decode(manifest, &entry.body)?;
        if ballot.slot() != self.slot {
            return Err(ReceiptError::Slot { found: ballot.slot() });
        }
        let proof: Vec<Hash> = self.proof.iter().map(|hash| hash_field(hash)).collect::<Result<_, _>>()?;
        let opened = checkpoint::open(&self.checkpoint, manifest)?;
        let (size, root) = (opened.checkpoint.size, opened.checkpoint.root);
        if !verify_inclusion(&leaf_hash(&leaf), self.index, size, &proof, &root) {
            return Err(ReceiptError::Proof);
        }
        Ok(CheckedReceipt {
            ballot,
            time: entry.time,
            index: self.index,
            size,
            root,
            cosignatures: opened.cosignatures,
            code: self.code.clone(),
        })
    }
}

impl CheckedReceipt {
    /// The ballot's fingerprint under the slot's key, if the receipt's code is its code.
    pub fn fingerprint(&self, manifest: &Manifest, key: &Point) -> Result<Fingerprint, ReceiptError> {
        let fingerprint = self.ballot.challenge(manifest, key).fingerprint();
        if self.code == fingerprint.code() { Ok(fingerprint) } else { Err(ReceiptError::Code) }
    }
}

/// A receipt, closing or counting code as typed, in the form in which codes are shown; `None` if it
/// has another length than 24 symbols or a symbol that occurs in no code.
pub fn normalised_code(typed: &str) -> Option<String> {
    let symbols = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| symbol_value(c).map(|value| crate::codec::symbol(u32::from(value))))
        .collect::<Option<String>>()?;
    (symbols.len() == 24).then(|| grouped(&symbols))
}

fn hash_field(text: &str) -> Result<Hash, ReceiptError> {
    STANDARD.decode(text).ok().and_then(|bytes| Hash::try_from(bytes).ok()).ok_or(ReceiptError::Format)
}
