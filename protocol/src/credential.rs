//! Key parts, their proofs of possession, and the voter's key (section 3).

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar, traits::IsIdentity};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    code::Code,
    codec::{DecodeError, Reader},
    group::{BASEPOINT, Point},
    hash::hash_to_scalar,
    signature::SignKey,
};

/// Length of an encoded [`KeyPart`] with its [`Possession`] in bytes.
pub const PROVEN_PART_LEN: usize = 96;

/// What a roll fixes about a key part: the roll's scope, the registrar and the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartContext<'a> {
    /// The manifest's `roll_scope`.
    pub roll_scope: &'a [u8; 32],
    /// The registrar `p`, from 0.
    pub registrar: u8,
    /// The slot, from 1.
    pub slot: u32,
}

/// The secret key part `k_p`, derived from one code. It is wiped when dropped and cannot be printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct CodePart(Scalar);

impl CodePart {
    /// `k_p` of a code. `None` in the case, which does not occur, that `k_p·G` is the identity.
    pub fn derive(context: PartContext<'_>, code: &Code) -> Option<Self> {
        let secret = hash_to_scalar(
            "isoloir/v1/code",
            &[context.roll_scope, &[context.registrar], &context.slot.to_be_bytes(), code.symbols().as_slice()],
        );
        (secret != Scalar::ZERO).then_some(Self(secret))
    }

    /// The public part `K_p = k_p·G`.
    pub fn public(&self) -> Point {
        Point::new(RistrettoPoint::mul_base(&self.0))
    }

    /// Proves that whoever publishes `K_p` knows `k_p`; `registrar_key` signs the roll part.
    pub fn prove(&self, context: PartContext<'_>, registrar_key: &SignKey, rng: &mut impl CryptoRng) -> Possession {
        self.prove_with(context, registrar_key, Scalar::random(rng))
    }

    /// [`Self::prove`] with a given nonce, which must never be used twice.
    fn prove_with(&self, context: PartContext<'_>, registrar_key: &SignKey, mut nonce: Scalar) -> Possession {
        let commitment = Point::new(RistrettoPoint::mul_base(&nonce));
        let challenge = possession_challenge(context, registrar_key, self.public().bytes(), &commitment);
        let response = nonce + challenge * self.0;
        nonce.zeroize();
        Possession { commitment, response }
    }
}

/// A proof of possession `P ‖ z` of a key part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Possession {
    commitment: Point,
    response: Scalar,
}

impl Possession {
    /// Reads `P ‖ z`.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { commitment: reader.point()?, response: reader.scalar()? })
    }

    /// The 64 bytes `P ‖ z`.
    pub fn bytes(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        let parts = self.commitment.bytes().iter().chain(self.response.as_bytes());
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        bytes
    }

    /// Whether `z·G = P + c·K_p`.
    pub fn verify(&self, context: PartContext<'_>, key: &SignKey, part: &Point) -> bool {
        let challenge = possession_challenge(context, key, part.bytes(), &self.commitment);
        RistrettoPoint::vartime_double_scalar_mul_basepoint(&-challenge, &part.element(), &self.response) == self.commitment.element()
    }

    /// The terms of `z·G − P − c·K_p = 0` for a batch: the factor of `G`, and (factor, point) pairs.
    pub(crate) fn batch_terms(
        &self,
        context: PartContext<'_>,
        key: &SignKey,
        part: &Point,
        weight: Scalar,
    ) -> (Scalar, [(Scalar, RistrettoPoint); 2]) {
        let challenge = possession_challenge(context, key, part.bytes(), &self.commitment);
        (weight * self.response, [(-weight, self.commitment.element()), (-weight * challenge, part.element())])
    }
}

/// A voter's signing key `k = Σ k_p`. It is wiped when dropped and cannot be printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct VoterKey(Scalar);

impl VoterKey {
    /// The sum of one part of every registrar; `None` if `K` would be the identity.
    pub fn from_parts(parts: &[CodePart]) -> Option<Self> {
        let sum: Scalar = parts.iter().map(|part| part.0).sum();
        (sum != Scalar::ZERO).then_some(Self(sum))
    }

    /// The public key `K = k·G`.
    pub fn public(&self) -> Point {
        Point::new(RistrettoPoint::mul_base(&self.0))
    }

    pub(crate) fn scalar(&self) -> &Scalar {
        &self.0
    }
}

/// `K = Σ K_p`; `None` if it is the identity.
pub fn sum_of_parts(parts: &[Point]) -> Option<Point> {
    let sum: RistrettoPoint = parts.iter().map(Point::element).sum();
    (!sum.is_identity()).then(|| Point::new(sum))
}

fn possession_challenge(context: PartContext<'_>, registrar_key: &SignKey, part: &[u8; 32], commitment: &Point) -> Scalar {
    hash_to_scalar(
        "isoloir/v1/possession",
        &[context.roll_scope, &[context.registrar], registrar_key.bytes(), &context.slot.to_be_bytes(), part, commitment.bytes()],
    )
}

/// Checks many proofs at once: `Σ weight·(z·G − P − c·K_p) = 0` with random 128-bit weights.
pub(crate) fn possessions_hold<'a>(
    proofs: impl Iterator<Item = (PartContext<'a>, &'a SignKey, &'a Point, &'a Possession)>,
    rng: &mut impl CryptoRng,
) -> bool {
    let mut base = Scalar::ZERO;
    let mut scalars = Vec::new();
    let mut points = Vec::new();
    for (context, key, part, proof) in proofs {
        let (of_base, terms) = proof.batch_terms(context, key, part, random_weight(rng));
        base += of_base;
        for (scalar, point) in terms {
            scalars.push(scalar);
            points.push(point);
        }
    }
    scalars.push(base);
    points.push(BASEPOINT);
    crate::group::sum_vartime(&scalars, &points).is_identity()
}

/// A random factor of 128 bits for batch verification.
pub(crate) fn random_weight(rng: &mut impl CryptoRng) -> Scalar {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    Scalar::from(u128::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(value: &serde_json::Value) -> [u8; 32] {
        hex::decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
    }

    /// Vectors: spec/vectors/credentials.json.
    #[test]
    fn proof_of_possession_has_the_bytes_of_the_vectors() {
        let vectors: serde_json::Value = serde_json::from_str(include_str!("../../spec/vectors/credentials.json")).unwrap();
        let roll_scope = bytes(&vectors["roll_scope"]);
        let mut seen = 0;
        for slot in vectors["slots"].as_array().unwrap() {
            let mut parts = Vec::new();
            for part in slot["parts"].as_array().unwrap() {
                let registrar = u8::try_from(part["registrar"].as_u64().unwrap()).unwrap();
                let context =
                    PartContext { roll_scope: &roll_scope, registrar, slot: u32::try_from(slot["slot"].as_u64().unwrap()).unwrap() };
                let key = SignKey::from_bytes(&bytes(&vectors["registrar_sign_keys"][usize::from(registrar)])).unwrap();
                let code = Code::parse(part["code"].as_str().unwrap()).ok().unwrap();
                let secret = CodePart::derive(context, &code).unwrap();
                assert_eq!(secret.0.to_bytes(), bytes(&part["k"]));
                assert_eq!(secret.public().bytes(), &bytes(&part["K"]));
                let nonce = crate::codec::scalar(&bytes(&part["nonce"])).unwrap();
                let proof = secret.prove_with(context, &key, nonce);
                assert_eq!(proof.commitment.bytes(), &bytes(&part["P"]));
                assert_eq!(proof.response.to_bytes(), bytes(&part["z"]));
                assert!(proof.verify(context, &key, &secret.public()));
                let elsewhere = PartContext { slot: context.slot ^ 1, ..context };
                assert!(!proof.verify(elsewhere, &key, &secret.public()));
                parts.push(secret);
                seen += 1;
            }
            let publics: Vec<_> = parts.iter().map(CodePart::public).collect();
            let key = VoterKey::from_parts(&parts).unwrap();
            assert_eq!(key.0.to_bytes(), bytes(&slot["k"]));
            assert_eq!(sum_of_parts(&publics).unwrap().bytes(), &bytes(&slot["K"]));
            assert_eq!(key.public().bytes(), &bytes(&slot["K"]));
        }
        assert!(seen >= 4);
    }
}
