//! The groups: ristretto255 for commitments and credentials, edwards25519 for boxes and teller keys
//! (section 1).

use std::sync::OnceLock;

use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_POINT,
    edwards::{CompressedEdwardsY, EdwardsPoint},
    ristretto::{CompressedRistretto, RistrettoPoint},
    scalar::Scalar,
    traits::{Identity, IsIdentity, MultiscalarMul, VartimeMultiscalarMul},
};

use crate::hash::hash_to_point;

/// No question needs more generators than its bits (255 options and blank) and its slack bits (9).
const GENERATORS: u16 = 272;

/// A ristretto255 element with its canonical encoding, which is what gets hashed and stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Point {
    bytes: [u8; 32],
    point: RistrettoPoint,
}

impl Point {
    /// The element with this encoding; `None` if it is not canonical.
    pub fn decode(bytes: &[u8; 32]) -> Option<Self> {
        let point = CompressedRistretto(*bytes).decompress()?;
        Some(Self { bytes: *bytes, point })
    }

    /// An element and its encoding.
    pub fn new(point: RistrettoPoint) -> Self {
        Self { bytes: point.compress().to_bytes(), point }
    }

    /// The 32-byte canonical encoding.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The group element.
    pub fn element(&self) -> RistrettoPoint {
        self.point
    }

    /// Whether this is the neutral element.
    pub fn is_identity(&self) -> bool {
        self.point.is_identity()
    }
}

impl core::fmt::Debug for Point {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&hex::encode(self.bytes))
    }
}

/// A point of edwards25519 as boxes, teller keys and complaints carry it: canonical, perhaps with a
/// torsion part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EdwardsPublic {
    bytes: [u8; 32],
    point: EdwardsPoint,
}

impl EdwardsPublic {
    /// The point with this encoding; `None` if it is not canonical or not on the curve.
    pub fn decode(bytes: &[u8; 32]) -> Option<Self> {
        if !is_canonical_edwards(bytes) {
            return None;
        }
        let point = CompressedEdwardsY(*bytes).decompress()?;
        Some(Self { bytes: *bytes, point })
    }

    /// A point and its encoding.
    pub fn new(point: EdwardsPoint) -> Self {
        Self { bytes: point.compress().to_bytes(), point }
    }

    /// The 32-byte encoding.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The curve point.
    pub fn point(&self) -> EdwardsPoint {
        self.point
    }

    /// `8·P`: free of torsion, so that a secret may multiply it.
    pub fn times_8(&self) -> EdwardsPoint {
        self.point.mul_by_cofactor()
    }

    /// `mont(P)`: the Montgomery u-coordinate of `8·P`; meaningless if that is the identity.
    pub fn mont(&self) -> [u8; 32] {
        self.times_8().to_montgomery().to_bytes()
    }
}

impl core::fmt::Debug for EdwardsPublic {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&hex::encode(self.bytes))
    }
}

/// A teller's public key for boxes: a canonical Edwards point whose 8-fold is not the identity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SealKey {
    public: EdwardsPublic,
    mont: [u8; 32],
}

impl SealKey {
    /// The key with this encoding, if the spec allows it (section 2).
    pub fn decode(bytes: &[u8; 32]) -> Option<Self> {
        let public = EdwardsPublic::decode(bytes)?;
        let multiple = public.times_8();
        if multiple.is_identity() {
            return None;
        }
        Some(Self { public, mont: multiple.to_montgomery().to_bytes() })
    }

    /// The 32-byte encoding of the Edwards point.
    pub fn bytes(&self) -> &[u8; 32] {
        self.public.bytes()
    }

    /// The Edwards point `Q`.
    pub fn point(&self) -> EdwardsPoint {
        self.public.point()
    }

    /// The X25519 public key to which boxes are sealed.
    pub fn mont(&self) -> [u8; 32] {
        self.mont
    }
}

/// Whether 32 bytes are the canonical encoding of an Edwards point, if they encode one at all:
/// `y < p`, and `x = 0` has sign 0.
pub fn is_canonical_edwards(bytes: &[u8; 32]) -> bool {
    const P: [u8; 32] = field_element(0xed);
    const MINUS_ONE: [u8; 32] = field_element(0xec);
    const ONE: [u8; 32] = {
        let mut one = [0; 32];
        one[0] = 1;
        one
    };
    let mut y = *bytes;
    let sign = y.last_mut().is_some_and(|top| {
        let sign = *top & 0x80 != 0;
        *top &= 0x7f;
        sign
    });
    let below_p = y.iter().rev().lt(P.iter().rev());
    let x_is_zero = y == ONE || y == MINUS_ONE;
    below_p && !(sign && x_is_zero)
}

/// `P ≡ Q`: equal after multiplication by 8.
pub fn equal_cofactored(left: &EdwardsPoint, right: &EdwardsPoint) -> bool {
    (left - right).mul_by_cofactor().is_identity()
}

/// `H`, the generator of blinding factors.
pub fn blinding_generator() -> RistrettoPoint {
    generators().blinding
}

/// `G_0, G_1, …`, the generators of a commitment's values.
pub fn option_generators() -> &'static [RistrettoPoint] {
    &generators().options
}

/// `G`, the ristretto255 basepoint.
pub const BASEPOINT: RistrettoPoint = RISTRETTO_BASEPOINT_POINT;

/// `Com(v; r)` in time that depends on the number of values only. Values past the number of
/// generators do not occur: a manifest has fewer bits.
pub fn commit(values: &[Scalar], blinding: &Scalar) -> RistrettoPoint {
    let scalars = values.iter().chain(core::iter::once(blinding));
    RistrettoPoint::multiscalar_mul(scalars, commitment_bases(values.len()))
}

/// `Com(v; r)` of public values.
pub fn commit_vartime(values: &[Scalar], blinding: &Scalar) -> RistrettoPoint {
    let scalars = values.iter().chain(core::iter::once(blinding));
    RistrettoPoint::vartime_multiscalar_mul(scalars, commitment_bases(values.len()))
}

/// The sum of public multiples of public points.
pub fn sum_vartime(scalars: &[Scalar], points: &[RistrettoPoint]) -> RistrettoPoint {
    if points.is_empty() {
        return RistrettoPoint::identity();
    }
    RistrettoPoint::vartime_multiscalar_mul(scalars, points)
}

fn commitment_bases(values: usize) -> impl Iterator<Item = RistrettoPoint> {
    let generators = generators();
    generators.options.iter().take(values).copied().chain(core::iter::once(generators.blinding))
}

struct Generators {
    blinding: RistrettoPoint,
    options: Vec<RistrettoPoint>,
}

fn generators() -> &'static Generators {
    static DERIVED: OnceLock<Generators> = OnceLock::new();
    DERIVED.get_or_init(|| Generators {
        blinding: hash_to_point("isoloir/v1/blinding", &[]),
        options: (0..GENERATORS).map(|k| hash_to_point("isoloir/v1/option", &[&k.to_be_bytes()])).collect(),
    })
}

/// `2^255 − 256 + lowest` in little-endian: `p` and its neighbours.
const fn field_element(lowest: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = lowest;
    bytes[31] = 0x7f;
    bytes
}
