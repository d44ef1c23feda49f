//! Boxes: a share of the vote, sealed to one teller (section 4), by HPKE (RFC 9180) in mode_base
//! with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20-Poly1305.

use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::Aead};
use curve25519_dalek::{
    constants::ED25519_BASEPOINT_POINT,
    edwards::EdwardsPoint,
    scalar::Scalar,
    traits::{IsIdentity, VartimeMultiscalarMul},
};
use hkdf::Hkdf;
use rand_core::CryptoRng;
use sha2::Sha256;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    ballot::Ballot,
    codec::{DecodeError, Reader},
    credential::random_weight,
    group::{EdwardsPublic, SealKey, equal_cofactored},
    hash::{Hasher, hash, sha256},
    manifest::{ElectionId, Manifest},
};

/// Bytes of a box besides its plaintext: `W`, `M`, `y` and the tag.
pub const BOX_OVERHEAD: usize = 112;

/// Why a box fails the box check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BoxError {
    /// The length is not the manifest's.
    #[error("a box has {expected} bytes, not {found}")]
    Length {
        /// The length that the manifest's questions give.
        expected: usize,
        /// The length found.
        found: usize,
    },
    /// `W`, `M` or `y` is not canonical.
    #[error("encoding: {0}")]
    Encoding(#[from] DecodeError),
    /// `8·W` is the identity.
    #[error("W is of small order")]
    SmallOrder,
    /// `y·B ≡ M + c·W` does not hold.
    #[error("the proof does not hold")]
    Proof,
    /// The SHA-256 is not the one in the ballot.
    #[error("not the box that the ballot names")]
    Hash,
}

/// A well-formed box `W ‖ M ‖ y ‖ ciphertext`; [`check`] also looks at its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBox {
    ephemeral: EdwardsPublic,
    commitment: EdwardsPublic,
    response: Scalar,
    ciphertext: Vec<u8>,
}

impl SealedBox {
    /// Reads a box of the manifest's length.
    pub fn decode(manifest: &Manifest, bytes: &[u8]) -> Result<Self, BoxError> {
        let expected = manifest.box_len();
        if bytes.len() != expected {
            return Err(BoxError::Length { expected, found: bytes.len() });
        }
        let mut reader = Reader::new(bytes);
        let ephemeral = edwards(&mut reader)?;
        let commitment = edwards(&mut reader)?;
        let response = reader.scalar()?;
        if ephemeral.times_8().is_identity() {
            return Err(BoxError::SmallOrder);
        }
        Ok(Self { ephemeral, commitment, response, ciphertext: reader.rest().to_vec() })
    }

    /// The bytes of the box.
    pub fn bytes(&self) -> Vec<u8> {
        [self.ephemeral.bytes().as_slice(), self.commitment.bytes(), self.response.as_bytes(), &self.ciphertext].concat()
    }

    /// `W`.
    pub fn ephemeral(&self) -> &EdwardsPublic {
        &self.ephemeral
    }

    /// Opens the box with the Diffie-Hellman value; `None` if the tag does not verify.
    pub(crate) fn open_with(&self, dh: &[u8; 32], recipient: &SealKey, context: &BoxContext) -> Option<Zeroizing<Vec<u8>>> {
        let key = SealingKey::derive(dh, &self.ephemeral.mont(), &recipient.mont(), &context.info());
        key.open(&self.ciphertext)
    }

    /// Opens the box with the teller's private key as stored; `None` if the tag does not verify.
    pub(crate) fn open(&self, secret: &[u8; 32], recipient: &SealKey, context: &BoxContext) -> Option<Zeroizing<Vec<u8>>> {
        let dh = Zeroizing::new(x25519_dalek::x25519(*secret, self.ephemeral.mont()));
        self.open_with(&dh, recipient, context)
    }
}

/// What a box is bound to.
#[derive(Debug, Clone, Copy)]
pub struct BoxContext {
    /// The election.
    pub election: ElectionId,
    /// The voter's slot.
    pub slot: u32,
    /// The teller `j`, from 1.
    pub teller: u8,
}

impl BoxContext {
    /// The `info` of HPKE.
    fn info(&self) -> Vec<u8> {
        [b"isoloir/v1/box".as_slice(), self.election.as_bytes(), &self.slot.to_be_bytes(), &[self.teller]].concat()
    }
}

/// The public statement that a box's proof is about: all of the ballot that is fixed before it.
#[derive(Debug, Clone)]
pub struct BoxStatement<'a> {
    /// Election, slot and teller.
    pub context: BoxContext,
    /// The ballot's `supersedes`.
    pub supersedes: u64,
    /// The slot's key `K` at the ballot's entry.
    pub key: &'a [u8; 32],
    /// For each question `B, V_1 … V_{t−1}`.
    pub commitments: Vec<&'a [u8; 32]>,
}

impl BoxStatement<'_> {
    fn challenge(&self, ephemeral: &[u8; 32], commitment: &[u8; 32], ciphertext: &[u8]) -> Scalar {
        let mut hasher = Hasher::new("isoloir/v1/box-proof");
        hasher
            .field(self.context.election.as_bytes())
            .field(&self.context.slot.to_be_bytes())
            .field(&self.supersedes.to_be_bytes())
            .field(self.key)
            .field(&[self.context.teller]);
        for point in &self.commitments {
            hasher.field(*point);
        }
        hasher.field(ephemeral).field(commitment).field(ciphertext);
        hasher.finish_scalar()
    }

    fn challenge_of(&self, sealed: &SealedBox) -> Scalar {
        self.challenge(sealed.ephemeral.bytes(), sealed.commitment.bytes(), &sealed.ciphertext)
    }
}

/// The ephemeral private key of one box. It is wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Ephemeral {
    private: [u8; 32],
    epsilon: Scalar,
}

impl Ephemeral {
    /// `DeriveKeyPair` (RFC 9180, 7.1.3) of the input key material, clamped to `8·ε`.
    pub fn derive(ikm: &[u8; 32]) -> Self {
        let prk = labeled_extract(KEM_SUITE, &[], b"dkp_prk", ikm);
        let mut private = [0; 32];
        labeled_expand(KEM_SUITE, &prk, b"sk", &[], &mut private);
        let epsilon = clamped_over_8(&private);
        Self { private, epsilon }
    }
}

/// The clamped integer of an X25519 private key divided by 8: below `2^252`, so a canonical scalar.
pub(crate) fn clamped_over_8(private: &[u8; 32]) -> Scalar {
    let mut clamped = Zeroizing::new(*private);
    if let [first, .., last] = clamped.as_mut_slice() {
        *first &= 248;
        *last &= 127;
        *last |= 64;
    }
    let mut eighth = Zeroizing::new([0_u8; 32]);
    let next = clamped.iter().skip(1).chain(core::iter::once(&0));
    for ((to, low), high) in eighth.iter_mut().zip(clamped.iter()).zip(next) {
        *to = (low >> 3) | (high << 5);
    }
    Scalar::from_bytes_mod_order(*eighth)
}

/// Seals a share and proves knowledge of `ε` with the nonce `ν`.
pub(crate) fn seal(recipient: &SealKey, statement: &BoxStatement<'_>, ephemeral: &Ephemeral, mut nonce: Scalar, share: &[u8]) -> SealedBox {
    let w = EdwardsPublic::new(EdwardsPoint::mul_base(&ephemeral.epsilon));
    let dh = Zeroizing::new(x25519_dalek::x25519(ephemeral.private, recipient.mont()));
    let key = SealingKey::derive(&dh, &w.mont(), &recipient.mont(), &statement.context.info());
    let ciphertext = key.seal(share);
    let commitment = EdwardsPublic::new(EdwardsPoint::mul_base(&nonce));
    let challenge = statement.challenge(w.bytes(), commitment.bytes(), &ciphertext);
    let response = nonce + challenge * ephemeral.epsilon;
    nonce.zeroize();
    SealedBox { ephemeral: w, commitment, response, ciphertext }
}

/// Whether `bytes` are the box whose hash the ballot carries for `teller`.
pub fn check_hash(ballot: &Ballot, teller: u8, bytes: &[u8]) -> Result<(), BoxError> {
    let named = ballot.box_hash(teller).ok_or(BoxError::Hash)?;
    if sha256(bytes) == *named { Ok(()) } else { Err(BoxError::Hash) }
}

/// The box check of section 4, all but the hash. No secret is needed.
pub fn check(manifest: &Manifest, statement: &BoxStatement<'_>, bytes: &[u8]) -> Result<SealedBox, BoxError> {
    let sealed = SealedBox::decode(manifest, bytes)?;
    let challenge = statement.challenge_of(&sealed);
    let left = EdwardsPoint::mul_base(&sealed.response);
    let right = sealed.commitment.point() + EdwardsPoint::vartime_multiscalar_mul([challenge], [sealed.ephemeral.point()]);
    if equal_cofactored(&left, &right) { Ok(sealed) } else { Err(BoxError::Proof) }
}

/// [`check`] on many boxes: the verdict on each, in order. The proofs of the well-formed ones are
/// added up with random factors; if the sum fails, halves are tried until each bad one is named.
pub fn check_batch(manifest: &Manifest, boxes: &[(BoxStatement<'_>, &[u8])], rng: &mut impl CryptoRng) -> Vec<Result<SealedBox, BoxError>> {
    let mut verdicts: Vec<Result<SealedBox, BoxError>> = boxes.iter().map(|(_, bytes)| SealedBox::decode(manifest, bytes)).collect();
    let equations: Vec<Equation> = boxes
        .iter()
        .zip(&verdicts)
        .enumerate()
        .filter_map(|(position, ((statement, _), verdict))| {
            let sealed = verdict.as_ref().ok()?;
            Some(Equation {
                position,
                response: sealed.response,
                challenge: statement.challenge_of(sealed),
                commitment: sealed.commitment.point(),
                ephemeral: sealed.ephemeral.point(),
            })
        })
        .collect();
    for bad in crate::ballot::bisect(&equations, &mut |part| sum_holds(part, rng)) {
        if let Some(verdict) = verdicts.get_mut(bad.position) {
            *verdict = Err(BoxError::Proof);
        }
    }
    verdicts
}

struct Equation {
    position: usize,
    response: Scalar,
    challenge: Scalar,
    commitment: EdwardsPoint,
    ephemeral: EdwardsPoint,
}

fn sum_holds(equations: &[Equation], rng: &mut impl CryptoRng) -> bool {
    let mut base = Scalar::ZERO;
    let mut scalars = Vec::with_capacity(equations.len().saturating_mul(2).saturating_add(1));
    let mut points = Vec::with_capacity(scalars.capacity());
    for equation in equations {
        let weight = random_weight(rng);
        base += weight * equation.response;
        scalars.push(-weight);
        points.push(equation.commitment);
        scalars.push(-weight * equation.challenge);
        points.push(equation.ephemeral);
    }
    scalars.push(base);
    points.push(ED25519_BASEPOINT_POINT);
    EdwardsPoint::vartime_multiscalar_mul(scalars, points).mul_by_cofactor().is_identity()
}

fn edwards(reader: &mut Reader<'_>) -> Result<EdwardsPublic, DecodeError> {
    EdwardsPublic::decode(&reader.array()?).ok_or(DecodeError::Point)
}

/// Input key material of the ephemeral key of teller `j`'s box.
pub(crate) fn ephemeral_ikm(inner_seed: &[u8; 64], teller: u8) -> Zeroizing<[u8; 32]> {
    let wide = Zeroizing::new(hash("isoloir/v1/ephemeral", &[inner_seed, &[teller]]));
    let mut ikm = Zeroizing::new([0; 32]);
    ikm.iter_mut().zip(wide.iter()).for_each(|(to, from)| *to = *from);
    ikm
}

// RFC 9180. DHKEM(X25519, HKDF-SHA256) is 0x0020, HKDF-SHA256 0x0001, ChaCha20Poly1305 0x0003.
const KEM_SUITE: &[u8] = b"KEM\x00\x20";
const HPKE_SUITE: &[u8] = b"HPKE\x00\x20\x00\x01\x00\x03";

/// AEAD key and nonce of one single-shot encryption. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
struct SealingKey {
    key: [u8; 32],
    nonce: [u8; 12],
}

impl SealingKey {
    /// `ExtractAndExpand` of the KEM and `KeySchedule` in mode_base without PSK.
    fn derive(dh: &[u8; 32], enc: &[u8; 32], recipient: &[u8; 32], info: &[u8]) -> Self {
        let kem_context = [enc.as_slice(), recipient].concat();
        let eae_prk = labeled_extract(KEM_SUITE, &[], b"eae_prk", dh);
        let mut shared = Zeroizing::new([0; 32]);
        labeled_expand(KEM_SUITE, &eae_prk, b"shared_secret", &kem_context, shared.as_mut_slice());

        let psk_id_hash = labeled_extract(HPKE_SUITE, &[], b"psk_id_hash", &[]);
        let info_hash = labeled_extract(HPKE_SUITE, &[], b"info_hash", info);
        let context = [[0].as_slice(), psk_id_hash.as_slice(), info_hash.as_slice()].concat();
        let secret = labeled_extract(HPKE_SUITE, shared.as_slice(), b"secret", &[]);
        let mut schedule = Self { key: [0; 32], nonce: [0; 12] };
        labeled_expand(HPKE_SUITE, &secret, b"key", &context, &mut schedule.key);
        labeled_expand(HPKE_SUITE, &secret, b"base_nonce", &context, &mut schedule.nonce);
        schedule
    }

    fn seal(&self, plaintext: &[u8]) -> Vec<u8> {
        ChaCha20Poly1305::new(&self.key.into())
            .encrypt(&self.nonce.into(), plaintext)
            // Invariant: encryption fails only past 2^38 bytes; a share has at most 64 kB.
            .unwrap_or_default()
    }

    fn open(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        ChaCha20Poly1305::new(&self.key.into()).decrypt(&self.nonce.into(), ciphertext).ok().map(Zeroizing::new)
    }
}

fn labeled_extract(suite: &[u8], salt: &[u8], label: &[u8], ikm: &[u8]) -> Zeroizing<[u8; 32]> {
    let labeled = Zeroizing::new([b"HPKE-v1".as_slice(), suite, label, ikm].concat());
    let (prk, _) = Hkdf::<Sha256>::extract(Some(salt), &labeled);
    Zeroizing::new(prk.into())
}

fn labeled_expand(suite: &[u8], prk: &[u8; 32], label: &[u8], info: &[u8], out: &mut [u8]) {
    let length = u16::try_from(out.len()).unwrap_or(u16::MAX).to_be_bytes();
    let labeled = [length.as_slice(), b"HPKE-v1", suite, label, info].concat();
    // Invariant: a PRK of 32 bytes and at most 32 bytes of output are what HKDF-SHA256 allows.
    if let Ok(hkdf) = Hkdf::<Sha256>::from_prk(prk) {
        let _ = hkdf.expand(&labeled, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9180, A.2.1 (base mode of this suite), by spec/vectors/hpke.json. The vector has
    /// associated data, which boxes have not, so the AEAD is called directly.
    #[test]
    fn key_schedule_is_that_of_rfc_9180() {
        let vector: serde_json::Value = serde_json::from_str(include_str!("../../spec/vectors/hpke.json")).unwrap();
        let field = |name: &str| hex::decode(vector[name].as_str().unwrap()).unwrap();
        let array = |name: &str| <[u8; 32]>::try_from(field(name)).unwrap();

        let ephemeral = Ephemeral::derive(&array("ikmE"));
        assert_eq!(ephemeral.private.to_vec(), field("skEm"));
        assert_eq!(x25519_dalek::x25519(ephemeral.private, x25519_dalek::X25519_BASEPOINT_BYTES).to_vec(), field("pkEm"));
        let dh = x25519_dalek::x25519(ephemeral.private, array("pkRm"));
        assert_eq!(dh, x25519_dalek::x25519(array("skRm"), array("pkEm")));
        let key = SealingKey::derive(&dh, &array("pkEm"), &array("pkRm"), &field("info"));
        assert_eq!(key.key.to_vec(), field("key"));
        assert_eq!(key.nonce.to_vec(), field("base_nonce"));
        let sealed = ChaCha20Poly1305::new(&key.key.into())
            .encrypt(&key.nonce.into(), chacha20poly1305::aead::Payload { msg: &field("pt"), aad: &field("aad") })
            .unwrap();
        assert_eq!(sealed, field("ct"));
    }
}
