//! The name of an election: a hash of its manifest.

use core::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::hash::hash32;

/// `election_id` (section 2). Shown, and written in JSON, as 43 characters of base64 for addresses,
/// without padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ElectionId([u8; 32]);

/// A text is not the 43 characters of an election id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an election id")]
pub struct ElectionIdError;

impl ElectionId {
    /// The id of the election with exactly this manifest.
    pub fn of_manifest(manifest: &[u8]) -> Self {
        Self(hash32("isoloir/v1/election", &[manifest]))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for ElectionId {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for ElectionId {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for ElectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for ElectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ElectionId {
    type Err = ElectionIdError;

    fn from_str(text: &str) -> Result<Self, ElectionIdError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| ElectionIdError)?;
        bytes.try_into().map(Self).map_err(|_| ElectionIdError)
    }
}

impl From<ElectionId> for String {
    fn from(id: ElectionId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for ElectionId {
    type Error = ElectionIdError;

    fn try_from(text: String) -> Result<Self, ElectionIdError> {
        text.parse()
    }
}
