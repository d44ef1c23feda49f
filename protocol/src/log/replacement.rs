//! Replacement of a lost code (sections 3 and 5, kind 6).

use rand_core::CryptoRng;

use crate::{
    codec::{DecodeError, Reader},
    credential::{CodePart, PartContext, Possession},
    election::Election,
    group::Point,
    manifest::Manifest,
    signature::{SIGNATURE_LEN, SignSecret},
};

const LABEL: &str = "isoloir/v1/replace";

/// A replacement as read; [`Replacement::verify`] checks what needs no log.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// The slot.
    pub slot: u32,
    /// The registrar `p`, from 0.
    pub registrar: u8,
    /// The new key part.
    pub key_part: Point,
    possession: Possession,
    /// A log size: at least the one right after the last replacement of the same part.
    pub after: u64,
    /// When it was signed, in ms since 1970.
    pub signed_at: u64,
    signed: Vec<u8>,
    signature: [u8; SIGNATURE_LEN],
}

impl Replacement {
    /// Reads the body of a replacement entry.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let slot = reader.u32()?;
        let registrar = reader.u8()?;
        let key_part = reader.point()?;
        if key_part.is_identity() {
            return Err(DecodeError::Point);
        }
        let possession = Possession::read(&mut reader)?;
        let after = reader.u64()?;
        let signed_at = reader.u64()?;
        let signature = reader.array()?;
        reader.finish()?;
        let (signed, _) = body.split_last_chunk::<SIGNATURE_LEN>().ok_or(DecodeError::Truncated)?;
        Ok(Self { slot, registrar, key_part, possession, after, signed_at, signed: signed.to_vec(), signature })
    }

    /// Whether the signature and the proof of possession are those of the manifest's registrar.
    pub fn verify(&self, manifest: &Manifest) -> bool {
        let Some(key) = manifest.registrar_key(self.registrar) else {
            return false;
        };
        let context = PartContext { roll_scope: manifest.roll_scope(), registrar: self.registrar, slot: self.slot };
        key.verify(LABEL, &[manifest.id().as_bytes(), &self.signed], &self.signature)
            && self.possession.verify(context, key, &self.key_part)
    }
}

/// Body of a replacement by the part of a new code, signed at `now`; `None` before the manifest.
pub fn body(
    election: &Election,
    slot: u32,
    registrar: u8,
    part: &CodePart,
    now: u64,
    secret: &SignSecret,
    rng: &mut impl CryptoRng,
) -> Option<Vec<u8>> {
    let manifest = election.manifest()?;
    let context = PartContext { roll_scope: manifest.roll_scope(), registrar, slot };
    let possession = part.prove(context, &secret.public(), rng);
    let mut body = [
        slot.to_be_bytes().as_slice(),
        &[registrar],
        part.public().bytes(),
        &possession.bytes(),
        &election.size().to_be_bytes(),
        &now.to_be_bytes(),
    ]
    .concat();
    let signature = secret.sign(LABEL, &[manifest.id().as_bytes(), &body]);
    body.extend_from_slice(&signature);
    Some(body)
}
