//! The roll: who may vote, as each registrar publishes it without names (section 3).

use rand_core::{CryptoRng, SeedableRng};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{
    codec::{DecodeError, Reader},
    credential::{PROVEN_PART_LEN, PartContext, Possession, possessions_hold},
    group::Point,
    hash::sha256,
    log::entry::DATA_MAX,
    manifest::Manifest,
    signature::{SIGNATURE_LEN, SignKey, SignSecret},
};

const LABEL: &str = "isoloir/v1/roll";

/// Bytes of one row: slot, group, weight, `K_p`, `P`, `z`.
const ROW_LEN: usize = 10 + PROVEN_PART_LEN;

/// Bytes before the rows: `election_id ‖ u8 p ‖ u32 count`.
const HEADER_LEN: usize = 32 + 1 + 4;

/// Rows whose proofs are checked in one multiscalar multiplication.
const CHUNK: usize = 1024;

/// Why a roll part is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RollError {
    /// The bytes are no roll part.
    #[error("encoding: {0}")]
    Encoding(#[from] DecodeError),
    /// It is about another election.
    #[error("another election")]
    Election,
    /// The manifest has no such registrar.
    #[error("no registrar {registrar}")]
    Registrar {
        /// The number found, from 0.
        registrar: u8,
    },
    /// It has no rows.
    #[error("no rows")]
    Empty,
    /// Slots must be at least 1 and strictly increasing.
    #[error("slot {slot} is out of order")]
    Slot {
        /// The slot found.
        slot: u32,
    },
    /// The manifest has no such group.
    #[error("slot {slot}: no group {group}")]
    Group {
        /// The slot.
        slot: u32,
        /// The group found, from 0.
        group: u16,
    },
    /// Weights must be at least 1.
    #[error("slot {slot}: weight 0")]
    Weight {
        /// The slot.
        slot: u32,
    },
    /// The weights add up to `2^63` or more.
    #[error("the weights are too large")]
    WeightSum,
    /// `K_p` is the identity.
    #[error("slot {slot}: the key part is the identity")]
    Identity {
        /// The slot.
        slot: u32,
    },
    /// A proof of possession does not hold.
    #[error("slot {slot}: the proof of possession does not hold")]
    Possession {
        /// The slot.
        slot: u32,
    },
    /// The registrar's signature does not verify.
    #[error("signature")]
    Signature,
}

/// Slot, group and weight: what all parts of a roll agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The slot, from 1.
    pub slot: u32,
    /// The group, from 0.
    pub group: u16,
    /// The weight, at least 1.
    pub weight: u32,
}

/// One row of a roll part.
#[derive(Debug, Clone, Copy)]
pub struct RollRow {
    /// Slot, group and weight.
    pub member: Member,
    /// `K_p`.
    pub key_part: Point,
    /// The proof of possession.
    pub possession: Possession,
}

/// A roll part that was verified: bounds, every proof of possession, the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollPart {
    registrar: u8,
    sha256: [u8; 32],
    members: Vec<Member>,
    key_parts: Vec<[u8; 32]>,
}

impl RollPart {
    /// The bytes of registrar `p`'s part; rows in increasing order of their slots.
    pub fn sign(manifest: &Manifest, registrar: u8, rows: &[RollRow], secret: &SignSecret) -> Vec<u8> {
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(rows.len().saturating_mul(ROW_LEN).saturating_add(128));
        bytes.extend_from_slice(manifest.id().as_bytes());
        bytes.push(registrar);
        bytes.extend_from_slice(&count.to_be_bytes());
        for row in rows {
            bytes.extend_from_slice(&row.member.slot.to_be_bytes());
            bytes.extend_from_slice(&row.member.group.to_be_bytes());
            bytes.extend_from_slice(&row.member.weight.to_be_bytes());
            bytes.extend_from_slice(row.key_part.bytes());
            bytes.extend_from_slice(&row.possession.bytes());
        }
        let signature = secret.sign(LABEL, &[&bytes]);
        bytes.extend_from_slice(&signature);
        bytes
    }

    /// Reads a roll part and verifies all of it.
    pub fn verify(manifest: &Manifest, bytes: &[u8], rng: &mut impl CryptoRng) -> Result<Self, RollError> {
        let part = Self::read(manifest, bytes)?;
        verify_rows(manifest, part.registrar, rows_of(bytes), rng)?;
        Ok(part)
    }

    /// Reads a roll part and verifies its signature, but no proof of possession: for whoever has verified them before.
    pub(crate) fn read(manifest: &Manifest, bytes: &[u8]) -> Result<Self, RollError> {
        if bytes.len() > DATA_MAX {
            return Err(DecodeError::Length.into());
        }
        let (signed, signature) = bytes.split_last_chunk::<SIGNATURE_LEN>().ok_or(DecodeError::Truncated)?;
        let mut reader = Reader::new(signed);
        if reader.array::<32>()? != *manifest.id().as_bytes() {
            return Err(RollError::Election);
        }
        let registrar = reader.u8()?;
        let key = manifest.registrar_key(registrar).ok_or(RollError::Registrar { registrar })?;
        let count = usize::try_from(reader.u32()?).map_err(|_| DecodeError::Length)?;
        let rows = reader.rest();
        let expected = count.checked_mul(ROW_LEN).ok_or(DecodeError::Length)?;
        if rows.len() != expected {
            return Err(DecodeError::Length.into());
        }
        if count == 0 {
            return Err(RollError::Empty);
        }
        if !key.verify(LABEL, &[signed], signature) {
            return Err(RollError::Signature);
        }
        let members = read_members(manifest, rows)?;
        let key_parts = read_key_parts(rows);
        Ok(Self { registrar, sha256: sha256(bytes), members, key_parts })
    }

    /// The registrar `p`, from 0.
    pub fn registrar(&self) -> u8 {
        self.registrar
    }

    /// SHA-256 of the whole part.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// Slot, group and weight of each row, in order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// `K_p` of each row, in the same order.
    pub fn key_parts(&self) -> &[[u8; 32]] {
        &self.key_parts
    }

    /// Both, without a copy: there may be millions of rows.
    pub(crate) fn into_rows(self) -> (Vec<Member>, Vec<[u8; 32]>) {
        (self.members, self.key_parts)
    }
}

/// The proofs of possession of a part that was [read](RollPart::read) before and now comes again in pieces, none of which is kept.
#[derive(Debug)]
pub(crate) struct PartInPieces {
    registrar: u8,
    /// Bytes of the header still to come, and then of the rows.
    header: usize,
    rows: usize,
    hash: Sha256,
    /// The beginning of a row whose end is in the next piece.
    begun: Vec<u8>,
}

impl PartInPieces {
    /// Before the first piece of a part with `count` rows.
    pub fn new(registrar: u8, count: u32) -> Self {
        let rows = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(ROW_LEN);
        Self { registrar, header: HEADER_LEN, rows, hash: Sha256::new(), begun: Vec::new() }
    }

    /// Verifies the rows that end in this piece.
    pub fn push(&mut self, manifest: &Manifest, piece: &[u8], rng: &mut impl CryptoRng) -> Result<(), RollError> {
        self.hash.update(piece);
        let (header, rest) = piece.split_at(self.header.min(piece.len()));
        let (rows, _signature) = rest.split_at(self.rows.min(rest.len()));
        self.header = self.header.saturating_sub(header.len());
        self.rows = self.rows.saturating_sub(rows.len());
        self.begun.extend_from_slice(rows);
        let whole = self.begun.len().checked_div(ROW_LEN).unwrap_or(0).saturating_mul(ROW_LEN);
        let begun = self.begun.split_off(whole);
        let whole = core::mem::replace(&mut self.begun, begun);
        verify_rows(manifest, self.registrar, &whole, rng)
    }

    /// After the last piece: whether it was all of the part with this hash.
    pub fn is(self, sha256: &[u8; 32]) -> bool {
        self.rows == 0 && self.hash.finalize().as_slice() == sha256
    }
}

/// Body of the roll part entry: `u8 p ‖ SHA-256(whole part) ‖ u32 count`, from the part's bytes.
pub fn entry_body(part: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(part);
    reader.take(32).ok()?;
    let registrar = reader.u8().ok()?;
    let count = reader.u32().ok()?;
    Some([[registrar].as_slice(), &sha256(part), &count.to_be_bytes()].concat())
}

/// What the body of a roll part entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RollPartEntry {
    pub registrar: u8,
    pub sha256: [u8; 32],
    pub count: u32,
}

impl RollPartEntry {
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let entry = Self { registrar: reader.u8()?, sha256: reader.array()?, count: reader.u32()? };
        reader.finish()?;
        Ok(entry)
    }
}

fn read_members(manifest: &Manifest, rows: &[u8]) -> Result<Vec<Member>, RollError> {
    let mut members: Vec<Member> = Vec::with_capacity(rows.len().div_ceil(ROW_LEN));
    let mut weights: u64 = 0;
    for row in rows.chunks_exact(ROW_LEN) {
        let mut reader = Reader::new(row);
        let (slot, group, weight) = (reader.u32()?, reader.u16()?, reader.u32()?);
        if slot <= members.last().map_or(0, |last| last.slot) {
            return Err(RollError::Slot { slot });
        }
        if usize::from(group) >= manifest.groups.len() {
            return Err(RollError::Group { slot, group });
        }
        if weight == 0 {
            return Err(RollError::Weight { slot });
        }
        weights = weights.checked_add(u64::from(weight)).filter(|sum| *sum < 1 << 63).ok_or(RollError::WeightSum)?;
        members.push(Member { slot, group, weight });
    }
    Ok(members)
}

/// The rows of a part whose lengths were checked.
fn rows_of(bytes: &[u8]) -> &[u8] {
    let signed = bytes.split_last_chunk::<SIGNATURE_LEN>().map_or([].as_slice(), |(signed, _)| signed);
    signed.get(HEADER_LEN..).unwrap_or_default()
}

/// `K_p` of each row: what follows slot, group and weight.
fn read_key_parts(rows: &[u8]) -> Vec<[u8; 32]> {
    let part = |row: &[u8]| row.get(10..)?.first_chunk().copied();
    rows.chunks_exact(ROW_LEN).filter_map(part).collect()
}

/// Verifies the key parts of all rows; chunks share the work over all cores with `parallel`.
fn verify_rows(manifest: &Manifest, registrar: u8, rows: &[u8], rng: &mut impl CryptoRng) -> Result<(), RollError> {
    let key = manifest.registrar_key(registrar).ok_or(RollError::Registrar { registrar })?;
    let chunk_len = ROW_LEN.saturating_mul(CHUNK);
    let chunks: Vec<(&[u8], [u8; 32])> = rows
        .chunks(chunk_len)
        .map(|chunk| {
            let mut seed = [0; 32];
            rng.fill_bytes(&mut seed);
            (chunk, seed)
        })
        .collect();
    let verify =
        |(chunk, seed): (&[u8], [u8; 32])| verify_chunk(manifest, registrar, key, chunk, &mut chacha20::ChaCha20Rng::from_seed(seed));
    #[cfg(feature = "parallel")]
    let verified: Vec<Result<(), RollError>> = {
        use rayon::prelude::*;
        chunks.into_par_iter().map(verify).collect()
    };
    #[cfg(not(feature = "parallel"))]
    let verified: Vec<Result<(), RollError>> = chunks.into_iter().map(verify).collect();
    // Of several that fail, the first row is named.
    verified.into_iter().collect()
}

fn verify_chunk(manifest: &Manifest, registrar: u8, key: &SignKey, rows: &[u8], rng: &mut impl CryptoRng) -> Result<(), RollError> {
    let context = |slot: u32| PartContext { roll_scope: manifest.roll_scope(), registrar, slot };
    let mut parsed: Vec<(u32, Point, Possession)> = Vec::with_capacity(CHUNK);
    for row in rows.chunks_exact(ROW_LEN) {
        let mut reader = Reader::new(row);
        let slot = reader.u32()?;
        reader.take(6)?;
        let key_part = reader.point()?;
        if key_part.is_identity() {
            return Err(RollError::Identity { slot });
        }
        parsed.push((slot, key_part, Possession::read(&mut reader)?));
    }
    let proofs = parsed.iter().map(|(slot, part, proof)| (context(*slot), key, part, proof));
    if !possessions_hold(proofs, rng) {
        let bad = parsed.iter().find(|(slot, part, proof)| !proof.verify(context(*slot), key, part));
        let slot = bad.map_or(0, |(slot, _, _)| *slot);
        return Err(RollError::Possession { slot });
    }
    Ok(())
}
