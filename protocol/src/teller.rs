//! A teller's keys: one opens boxes, one signs (sections 2 and 7).

use curve25519_dalek::{edwards::EdwardsPoint, scalar::Scalar};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    group::{EdwardsPublic, SealKey},
    sealed_box::clamped_over_8,
    signature::{SignKey, SignSecret},
};

/// Length of the stored private keys in bytes: seal key, then signing seed.
pub const TELLER_SECRET_LEN: usize = 64;

/// Both private keys of a teller. Wiped when dropped; cannot be printed.
#[derive(Clone)]
pub struct TellerSecret {
    seal: SealSecret,
    sign: SignSecret,
}

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct SealSecret([u8; 32]);

impl TellerSecret {
    /// New keys.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seal = SealSecret([0; 32]);
        rng.fill_bytes(&mut seal.0);
        Self { seal, sign: SignSecret::generate(rng) }
    }

    /// The keys from their stored form: the X25519 private key as drawn, not clamped, and the
    /// Ed25519 seed.
    pub fn from_bytes(seal: &[u8; 32], sign: &[u8; 32]) -> Self {
        Self { seal: SealSecret(*seal), sign: SignSecret::from_bytes(sign) }
    }

    /// The keys from the 64 bytes of [`Self::to_bytes`]; `None` for another length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let (seal, sign) = bytes.split_first_chunk::<32>()?;
        Some(Self::from_bytes(seal, sign.try_into().ok()?))
    }

    /// Both private keys, for a sealed key file.
    pub fn to_bytes(&self) -> Zeroizing<[u8; TELLER_SECRET_LEN]> {
        let mut bytes = Zeroizing::new([0; TELLER_SECRET_LEN]);
        let sign = self.sign.to_bytes();
        bytes.iter_mut().zip(self.seal.0.iter().chain(sign.iter())).for_each(|(to, from)| *to = *from);
        bytes
    }

    /// `Q = a·B`, the key to which boxes are sealed.
    pub fn seal_key(&self) -> EdwardsPublic {
        let a = Zeroizing::new(self.exponent());
        EdwardsPublic::new(EdwardsPoint::mul_base(&a))
    }

    /// The key that verifies the teller's signatures.
    pub fn sign_key(&self) -> SignKey {
        self.sign.public()
    }

    /// The signing key.
    pub fn sign(&self) -> &SignSecret {
        &self.sign
    }

    /// Whether these are the keys that a manifest lists.
    pub fn matches(&self, seal: &SealKey, sign: &SignKey) -> bool {
        self.seal_key().bytes() == seal.bytes() && self.sign_key() == *sign
    }

    /// `a`: the clamped private key over 8.
    pub(crate) fn exponent(&self) -> Scalar {
        clamped_over_8(&self.seal.0)
    }

    /// The X25519 private key as stored.
    pub(crate) fn seal_bytes(&self) -> &[u8; 32] {
        &self.seal.0
    }
}
