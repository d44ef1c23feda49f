//! The manifest: everything about an election that is known before it begins (section 2).

mod document;
mod error;
mod id;
mod json;
mod read;
mod time;

use core::{fmt, ops::Deref};

use self::read::Parsed;
use crate::{group::SealKey, signature::SignKey};

pub use self::{
    document::{Document, Format, Log, Organiser, Registrar, Suite, Teller, Witness},
    error::ManifestError,
    id::{ElectionId, ElectionIdError},
    time::{format_time, parse_time},
};
pub use crate::question::{Question, Text};

/// The most bytes of a manifest.
pub const MANIFEST_LEN: usize = 60_000;

/// A manifest that keeps all rules of section 2. Its fields are those of the [`Document`].
#[derive(Clone)]
pub struct Manifest {
    bytes: Vec<u8>,
    id: ElectionId,
    document: Document,
    parsed: Parsed,
}

/// The public keys of a teller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TellerKeys {
    /// To which boxes are sealed.
    pub seal: SealKey,
    /// With which consents, reports and sums are signed.
    pub sign: SignKey,
}

impl Manifest {
    /// Reads a manifest from its exact bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MANIFEST_LEN {
            return Err(ManifestError::TooLong { found: bytes.len(), most: MANIFEST_LEN });
        }
        let (document, parsed) = read::manifest(json::parse(bytes)?)?;
        let id = ElectionId::of_manifest(bytes);
        Ok(Self { bytes: bytes.to_vec(), id, document, parsed })
    }

    /// The exact bytes, which the organiser signs.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The election's id, which covers every byte.
    pub fn id(&self) -> ElectionId {
        self.id
    }

    /// When voting begins, in milliseconds since 1970.
    pub fn opens_ms(&self) -> u64 {
        self.parsed.opens_ms
    }

    /// When voting ends if it is not extended, in milliseconds since 1970.
    pub fn closes_ms(&self) -> u64 {
        self.parsed.closes_ms
    }

    /// `grace_minutes` in milliseconds.
    pub fn grace_ms(&self) -> u64 {
        u64::from(self.grace_minutes).saturating_mul(60_000)
    }

    /// `report_minutes` in milliseconds.
    pub fn report_ms(&self) -> u64 {
        u64::from(self.report_minutes).saturating_mul(60_000)
    }

    /// `t`: how many shares open a sum.
    pub fn threshold(&self) -> u8 {
        self.document.threshold
    }

    /// `N`: among how many tellers a ballot is shared.
    pub fn share_count(&self) -> u8 {
        // Invariant: there are at most 16 tellers.
        u8::try_from(self.parsed.tellers.len()).unwrap_or(u8::MAX)
    }

    /// `q` of section 8: how many reports are needed when not all tellers report.
    pub fn quorum(&self) -> u8 {
        if self.witness_quorum >= 2 { self.threshold() } else { self.share_count().saturating_add(self.threshold()).div_ceil(2) }
    }

    /// The keys of teller `j`, counted from 1.
    pub fn teller_keys(&self, j: u8) -> Option<&TellerKeys> {
        self.parsed.tellers.get(usize::from(j.checked_sub(1)?))
    }

    /// The key of registrar `p`, counted from 0.
    pub fn registrar_key(&self, p: u8) -> Option<&SignKey> {
        self.parsed.registrars.get(usize::from(p))
    }

    /// Names and keys of the witnesses.
    pub fn witness_keys(&self) -> &[(String, SignKey)] {
        &self.parsed.witnesses
    }

    /// The key of the organiser.
    pub fn organiser_key(&self) -> &SignKey {
        &self.parsed.organiser
    }

    /// The key of the log.
    pub fn log_key(&self) -> &SignKey {
        &self.parsed.log
    }

    /// To what codes are tied.
    pub fn roll_scope(&self) -> &[u8; 32] {
        &self.parsed.roll_scope
    }

    /// The earlier election whose codes are used again.
    pub fn previous(&self) -> Option<ElectionId> {
        self.parsed.previous
    }
}

impl Deref for Manifest {
    type Target = Document;

    fn deref(&self) -> &Document {
        &self.document
    }
}

impl PartialEq for Manifest {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Manifest {}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Manifest").field(&self.id).finish()
    }
}
