//! Consents of tellers and registrars, and tellers' drills (section 5, kind 2).

use curve25519_dalek::{edwards::EdwardsPoint, scalar::Scalar, traits::VartimeMultiscalarMul};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{
    codec::{DecodeError, Reader},
    election::Election,
    group::{EdwardsPublic, equal_cofactored},
    hash::hash_to_scalar,
    manifest::{ElectionId, Manifest},
    signature::{SIGNATURE_LEN, SignSecret},
    teller::TellerSecret,
};

/// Who consents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Teller `j`, from 1.
    Teller(u8),
    /// Registrar `p`, from 0.
    Registrar(u8),
}

impl Role {
    fn bytes(self) -> [u8; 2] {
        match self {
            Self::Teller(number) => [1, number],
            Self::Registrar(number) => [2, number],
        }
    }
}

/// A consent as read; [`Consent::verify`] checks what needs no log.
#[derive(Debug, Clone)]
pub struct Consent {
    /// Who consents.
    pub role: Role,
    /// The log size that was seen.
    pub after: u64,
    /// The Merkle root at that size.
    pub root: [u8; 32],
    holds: Option<Holds>,
    signed: Vec<u8>,
    signature: [u8; SIGNATURE_LEN],
}

/// A teller's proof that it still holds its seal key: `M ‖ y`.
#[derive(Debug, Clone)]
struct Holds {
    commitment: EdwardsPublic,
    response: Scalar,
}

impl Consent {
    /// Reads the body of a consent entry.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let role = match (reader.u8()?, reader.u8()?) {
            (1, number) => Role::Teller(number),
            (2, number) => Role::Registrar(number),
            _ => return Err(DecodeError::Value),
        };
        let after = reader.u64()?;
        let root = reader.array()?;
        let holds = match role {
            Role::Teller(_) => {
                Some(Holds { commitment: EdwardsPublic::decode(&reader.array()?).ok_or(DecodeError::Point)?, response: reader.scalar()? })
            }
            Role::Registrar(_) => None,
        };
        let signature = reader.array()?;
        reader.finish()?;
        let (signed, _) = body.split_last_chunk::<SIGNATURE_LEN>().ok_or(DecodeError::Truncated)?;
        Ok(Self { role, after, root, holds, signed: signed.to_vec(), signature })
    }

    /// Whether the signature, and a teller's proof, are those of the manifest's keys.
    pub fn verify(&self, manifest: &Manifest) -> bool {
        let election = manifest.id();
        let signed_by = |key: &crate::signature::SignKey| key.verify(LABEL, &[election.as_bytes(), &self.signed], &self.signature);
        match (self.role, &self.holds) {
            (Role::Registrar(number), None) => manifest.registrar_key(number).is_some_and(signed_by),
            (Role::Teller(number), Some(holds)) => manifest.teller_keys(number).is_some_and(|keys| {
                let challenge = challenge(election, number, self.after, &self.root, keys.seal.bytes(), holds.commitment.bytes());
                let left = EdwardsPoint::mul_base(&holds.response);
                let right = holds.commitment.point() + EdwardsPoint::vartime_multiscalar_mul([challenge], [keys.seal.point()]);
                equal_cofactored(&left, &right) && signed_by(&keys.sign)
            }),
            _ => false,
        }
    }
}

const LABEL: &str = "isoloir/v1/consent";

/// Body of a teller's consent or drill on the log as it is now; `None` before the manifest entry.
pub fn teller_body(election: &Election, teller: u8, secret: &TellerSecret, rng: &mut impl CryptoRng) -> Option<Vec<u8>> {
    let id = election.manifest()?.id();
    let (after, root) = (election.size(), election.root());
    let nonce = Zeroizing::new(Scalar::random(rng));
    let commitment = EdwardsPublic::new(EdwardsPoint::mul_base(&nonce));
    let key = secret.seal_key();
    let challenge = challenge(id, teller, after, &root, key.bytes(), commitment.bytes());
    let exponent = Zeroizing::new(secret.exponent());
    let response = *nonce + challenge * *exponent;
    let body = [Role::Teller(teller).bytes().as_slice(), &after.to_be_bytes(), &root, commitment.bytes(), response.as_bytes()].concat();
    Some(signed(id, body, secret.sign()))
}

/// Body of a registrar's consent on the log as it is now; `None` before the manifest entry.
pub fn registrar_body(election: &Election, registrar: u8, secret: &SignSecret) -> Option<Vec<u8>> {
    let id = election.manifest()?.id();
    let body = [Role::Registrar(registrar).bytes().as_slice(), &election.size().to_be_bytes(), &election.root()].concat();
    Some(signed(id, body, secret))
}

fn signed(election: ElectionId, mut body: Vec<u8>, secret: &SignSecret) -> Vec<u8> {
    let signature = secret.sign(LABEL, &[election.as_bytes(), &body]);
    body.extend_from_slice(&signature);
    body
}

fn challenge(election: ElectionId, teller: u8, after: u64, root: &[u8; 32], key: &[u8; 32], commitment: &[u8; 32]) -> Scalar {
    hash_to_scalar("isoloir/v1/holds", &[election.as_bytes(), &[teller], &after.to_be_bytes(), root, key, commitment])
}
