//! Entries of the log and the bodies of those that carry little more than a signature (section 5).

use thiserror::Error;

use crate::{
    codec::{DecodeError, Reader},
    election::Election,
    hash::sha256,
    manifest::{ElectionId, Manifest},
    signature::{SIGNATURE_LEN, SignSecret},
};

/// A leaf has at most this many bytes.
pub const LEAF_MAX: usize = 65_535;

/// Data beside the log have at most this many bytes.
pub const DATA_MAX: usize = 1 << 28;

/// Bytes of a leaf before its body: `u8 kind ‖ u64 time`.
pub const LEAF_HEADER: usize = 9;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// The manifest; the first entry.
    Manifest = 1,
    /// A teller's or registrar's consent, or a teller's drill.
    Consent = 2,
    /// One registrar's part of the roll.
    RollPart = 3,
    /// The organiser opens the vote.
    Open = 4,
    /// A public ballot.
    Ballot = 5,
    /// A new key part for a lost code.
    Replacement = 6,
    /// Suspend, resume, extend, or a message.
    Notice = 7,
    /// The end of voting.
    Close = 8,
    /// A teller's report with its complaints.
    Report = 9,
    /// A teller's sums.
    Sums = 10,
    /// The totals.
    Result = 11,
    /// The set of counted ballots is fixed.
    Fix = 12,
}

impl Kind {
    /// The kind with this number.
    pub fn from_u8(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Manifest,
            2 => Self::Consent,
            3 => Self::RollPart,
            4 => Self::Open,
            5 => Self::Ballot,
            6 => Self::Replacement,
            7 => Self::Notice,
            8 => Self::Close,
            9 => Self::Report,
            10 => Self::Sums,
            11 => Self::Result,
            12 => Self::Fix,
            _ => return None,
        })
    }
}

/// A leaf of the log: `u8 kind ‖ u64 time ‖ body`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What the entry is.
    pub kind: Kind,
    /// When it was appended, in ms since 1970.
    pub time: u64,
    /// Its content, by kind.
    pub body: Vec<u8>,
}

/// Why a leaf cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LeafError {
    /// It has more than 65,535 bytes.
    #[error("a leaf of {length} bytes")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// It is shorter than its header.
    #[error("shorter than nine bytes")]
    TooShort,
    /// No kind has this number.
    #[error("unknown kind {kind}")]
    Kind {
        /// The number found.
        kind: u8,
    },
}

impl Entry {
    /// The bytes of the leaf.
    pub fn encode(&self) -> Vec<u8> {
        [[self.kind as u8].as_slice(), &self.time.to_be_bytes(), &self.body].concat()
    }

    /// Reads a leaf.
    pub fn decode(leaf: &[u8]) -> Result<Self, LeafError> {
        if leaf.len() > LEAF_MAX {
            return Err(LeafError::TooLong { length: leaf.len() });
        }
        let (header, body) = leaf.split_first_chunk::<LEAF_HEADER>().ok_or(LeafError::TooShort)?;
        let mut reader = Reader::new(header);
        let number = reader.u8().map_err(|_| LeafError::TooShort)?;
        let time = reader.u64().map_err(|_| LeafError::TooShort)?;
        let kind = Kind::from_u8(number).ok_or(LeafError::Kind { kind: number })?;
        Ok(Self { kind, time, body: body.to_vec() })
    }
}

/// Body of the manifest entry: `u32 len ‖ manifest ‖ signature`.
pub fn manifest_body(manifest: &[u8], organiser: &SignSecret) -> Vec<u8> {
    let signature = organiser.sign("isoloir/v1/manifest", &[manifest]);
    let length = u32::try_from(manifest.len()).unwrap_or(u32::MAX);
    [length.to_be_bytes().as_slice(), manifest, &signature].concat()
}

/// Reads the body of a manifest entry: the manifest's bytes and the signature, neither checked.
pub fn read_manifest_body(body: &[u8]) -> Result<(&[u8], [u8; SIGNATURE_LEN]), DecodeError> {
    let mut reader = Reader::new(body);
    let length = usize::try_from(reader.u32()?).map_err(|_| DecodeError::Length)?;
    let manifest = reader.take(length)?;
    let signature = reader.array()?;
    reader.finish()?;
    Ok((manifest, signature))
}

/// Body of the open entry: the organiser's signature over all roll parts of the log; `None` before
/// all parts are there.
pub fn open_body(election: &Election, organiser: &SignSecret) -> Option<Vec<u8>> {
    let manifest = election.manifest()?;
    let parts = election.part_hashes();
    if parts.len() != manifest.registrars.len() {
        return None;
    }
    Some(organiser.sign("isoloir/v1/open", &open_fields(&manifest.id(), &parts)).to_vec())
}

/// Whether the open entry's body is the organiser's signature.
pub(crate) fn open_verifies(manifest: &Manifest, parts: &[[u8; 32]], body: &[u8]) -> bool {
    manifest.organiser_key().verify("isoloir/v1/open", &open_fields(&manifest.id(), parts), body)
}

fn open_fields<'a>(election: &'a ElectionId, parts: &'a [[u8; 32]]) -> Vec<&'a [u8]> {
    core::iter::once(election.as_bytes().as_slice()).chain(parts.iter().map(<[u8; 32]>::as_slice)).collect()
}

/// A reference to data beside the log: their SHA-256 and length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataRef {
    /// SHA-256 of the data.
    pub sha256: [u8; 32],
    /// Their length in bytes, at most 2^28.
    pub len: u32,
}

impl DataRef {
    /// The reference to `data`.
    pub fn to(data: &[u8]) -> Self {
        Self { sha256: sha256(data), len: u32::try_from(data.len()).unwrap_or(u32::MAX) }
    }

    /// Reads `SHA-256 ‖ u32 len`.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let reference = Self { sha256: reader.array()?, len: reader.u32()? };
        match usize::try_from(reference.len) {
            Ok(length) if length <= DATA_MAX => Ok(reference),
            _ => Err(DecodeError::Length),
        }
    }

    /// Appends `SHA-256 ‖ u32 len`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.sha256);
        out.extend_from_slice(&self.len.to_be_bytes());
    }

    /// Whether `data` are the data meant.
    pub fn is_of(&self, data: &[u8]) -> bool {
        usize::try_from(self.len) == Ok(data.len()) && sha256(data) == self.sha256
    }
}

/// The SHA-256 under which an entry's data lie beside the log; `None` if it has none, as also for
/// data of length 0.
pub fn data_of(entry: &Entry) -> Result<Option<[u8; 32]>, DecodeError> {
    let mut reader = Reader::new(&entry.body);
    match entry.kind {
        Kind::RollPart => {
            reader.take(1)?;
            reader.array().map(Some)
        }
        Kind::Report => {
            reader.take(1_usize.saturating_add(8).saturating_add(32).saturating_add(4))?;
            let reference = DataRef::read(&mut reader)?;
            Ok((reference.len > 0).then_some(reference.sha256))
        }
        Kind::Sums => {
            reader.take(33)?;
            DataRef::read(&mut reader).map(|reference| (reference.len > 0).then_some(reference.sha256))
        }
        Kind::Result => DataRef::read(&mut reader).map(|reference| (reference.len > 0).then_some(reference.sha256)),
        _ => Ok(None),
    }
}
