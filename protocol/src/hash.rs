//! Labelled, injectively framed hashing (section 1).

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroize;

/// A labelled SHA-512 that takes its fields one by one; [`hash`] is the whole in one call.
#[derive(Clone)]
pub struct Hasher(Sha512);

impl Hasher {
    /// Starts a hash under `label`, at most 255 bytes long as all labels of the spec are.
    pub fn new(label: &str) -> Self {
        let mut state = Sha512::new();
        state.update([u8::try_from(label.len()).unwrap_or(u8::MAX)]);
        state.update(label.as_bytes());
        Self(state)
    }

    /// Adds one field: its length as `u32`, then its bytes.
    pub fn field(&mut self, field: &[u8]) -> &mut Self {
        // Invariant: no field of the protocol reaches 2^32 bytes; data are bounded by 2^28.
        self.0.update(u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.update(field);
        self
    }

    /// The 64 bytes of the hash.
    pub fn finish(self) -> [u8; 64] {
        self.0.finalize().into()
    }

    /// The first 32 bytes of the hash.
    pub fn finish32(self) -> [u8; 32] {
        first32(self.finish())
    }

    /// The hash as a scalar.
    pub fn finish_scalar(self) -> Scalar {
        let mut wide = self.finish();
        let scalar = Scalar::from_bytes_mod_order_wide(&wide);
        wide.zeroize();
        scalar
    }
}

/// `hash(label, x1, …, xm)`: 64 bytes.
pub fn hash(label: &str, fields: &[&[u8]]) -> [u8; 64] {
    with_fields(label, fields).finish()
}

/// `hash32(label, x1, …, xm)`: the first 32 bytes.
pub fn hash32(label: &str, fields: &[&[u8]]) -> [u8; 32] {
    with_fields(label, fields).finish32()
}

/// `hash_to_scalar(label, x1, …, xm)`.
pub fn hash_to_scalar(label: &str, fields: &[&[u8]]) -> Scalar {
    with_fields(label, fields).finish_scalar()
}

/// `hash_to_point(label, x1, …, xm)`: the one-way map of RFC 9496, 4.3.4.
pub fn hash_to_point(label: &str, fields: &[&[u8]]) -> RistrettoPoint {
    RistrettoPoint::from_uniform_bytes(&hash(label, fields))
}

/// SHA-256 (FIPS 180-4), as it names data, boxes and leaves.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn with_fields(label: &str, fields: &[&[u8]]) -> Hasher {
    let mut hasher = Hasher::new(label);
    for field in fields {
        hasher.field(field);
    }
    hasher
}

fn first32(wide: [u8; 64]) -> [u8; 32] {
    let mut first = [0; 32];
    first.iter_mut().zip(wide).for_each(|(to, from)| *to = from);
    first
}
