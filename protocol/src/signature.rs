//! Role signatures: Ed25519 (RFC 8032) with strict verification (section 1).

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{group::is_canonical_edwards, hash::hash};

/// Length of a signature in bytes.
pub const SIGNATURE_LEN: usize = 64;

/// A public Ed25519 key that strict verification can use: canonical and not of small order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SignKey(VerifyingKey);

impl SignKey {
    /// The key with these 32 bytes, if strict verification can use it.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        if !is_canonical_edwards(bytes) {
            return None;
        }
        let key = VerifyingKey::from_bytes(bytes).ok()?;
        (!key.is_weak()).then_some(Self(key))
    }

    /// The 32 bytes of the key.
    pub fn bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether `signature` is this key's over `hash(label, fields)`.
    pub fn verify(&self, label: &str, fields: &[&[u8]], signature: &[u8]) -> bool {
        self.verify_message(&hash(label, fields), signature)
    }

    /// Whether `signature` is this key's over `message` itself, as in signed notes.
    pub fn verify_message(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(bytes) = <&[u8; SIGNATURE_LEN]>::try_from(signature) else {
            return false;
        };
        let signature = Signature::from_bytes(bytes);
        is_canonical_edwards(signature.r_bytes()) && self.0.verify_strict(message, &signature).is_ok()
    }
}

impl core::fmt::Debug for SignKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&hex::encode(self.bytes()))
    }
}

/// A private Ed25519 key. It is wiped when dropped and cannot be printed.
#[derive(Clone)]
pub struct SignSecret(SigningKey);

impl SignSecret {
    /// A new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        Self::from_bytes(&seed)
    }

    /// The key with this 32-byte seed (RFC 8032, 5.1.5).
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The 32-byte seed.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public key.
    pub fn public(&self) -> SignKey {
        SignKey(self.0.verifying_key())
    }

    /// The signature over `hash(label, fields)`.
    pub fn sign(&self, label: &str, fields: &[&[u8]]) -> [u8; SIGNATURE_LEN] {
        self.sign_message(&hash(label, fields))
    }

    /// The signature over `message` itself, as in signed notes.
    pub fn sign_message(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        self.0.sign(message).to_bytes()
    }
}
