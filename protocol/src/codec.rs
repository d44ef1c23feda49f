//! Reading untrusted bytes: bounded, canonical, and nothing may be left over (section 1).

use curve25519_dalek::scalar::Scalar;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use thiserror::Error;

use crate::group::Point;

/// The digits and letters of Crockford base32, without I, L, O and U.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Why bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end too early.
    #[error("truncated")]
    Truncated,
    /// `count` bytes are left over.
    #[error("{count} trailing bytes")]
    Trailing {
        /// How many bytes are left over.
        count: usize,
    },
    /// 32 bytes are not the canonical encoding of a scalar.
    #[error("not a canonical scalar")]
    Scalar,
    /// 32 bytes are not the canonical encoding of a group element.
    #[error("not a canonical point")]
    Point,
    /// A length is larger than the bound the spec gives.
    #[error("length out of bounds")]
    Length,
    /// Bytes are not UTF-8.
    #[error("not UTF-8")]
    Text,
    /// A number is none of those the spec lists.
    #[error("unknown value")]
    Value,
}

/// Reads big-endian integers, points and scalars from the front of a byte string.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    /// A `u8`.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(u8::from_be_bytes)
    }

    /// A `u16`.
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    /// A `u32`.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    /// A `u64`.
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_be_bytes)
    }

    /// A canonical scalar.
    pub fn scalar(&mut self) -> Result<Scalar, DecodeError> {
        scalar(&self.array()?).ok_or(DecodeError::Scalar)
    }

    /// `count` canonical scalars.
    pub fn scalars(&mut self, count: usize) -> Result<Vec<Scalar>, DecodeError> {
        (0..count).map(|_| self.scalar()).collect()
    }

    /// A canonical ristretto255 point.
    pub fn point(&mut self) -> Result<Point, DecodeError> {
        Point::decode(&self.array()?).ok_or(DecodeError::Point)
    }

    /// `count` canonical points.
    pub fn points(&mut self, count: usize) -> Result<Vec<Point>, DecodeError> {
        (0..count).map(|_| self.point()).collect()
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.rest)
    }

    /// Succeeds if nothing is left.
    pub fn finish(self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(DecodeError::Trailing { count }),
        }
    }
}

/// The scalar with this canonical little-endian encoding, if it is one.
pub fn scalar(bytes: &[u8; 32]) -> Option<Scalar> {
    Scalar::from_canonical_bytes(*bytes).into_option()
}

/// Crockford base32 of `bytes`, read from the high bit of the first byte, five bits a symbol
/// (section 1). The last symbol is filled with zero bits if the length asks for it.
pub fn base32(bytes: &[u8]) -> String {
    let mut symbols = String::with_capacity(bytes.len().saturating_mul(8).div_ceil(5));
    let mut buffer: u32 = 0;
    let mut bits: u32 = 0;
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits = bits.saturating_add(8);
        while bits >= 5 {
            bits = bits.saturating_sub(5);
            symbols.push(symbol((buffer >> bits) & 31));
        }
        buffer &= (1_u32 << bits).wrapping_sub(1);
    }
    if bits > 0 {
        symbols.push(symbol((buffer << 5_u32.saturating_sub(bits)) & 31));
    }
    symbols
}

/// The Crockford symbol of a value below 32, in time that does not depend on the value.
pub fn symbol(value: u32) -> char {
    let chosen = (0_u32..)
        .zip(SYMBOLS)
        .fold(0, |chosen, (candidate, symbol)| chosen | u8::conditional_select(&0, symbol, candidate.ct_eq(&(value & 31))));
    char::from(chosen)
}

/// The value (0 … 31) of a symbol as people type it: any case, `O` as 0, `I` and `L` as 1; in time
/// that does not depend on which symbol it is.
pub fn symbol_value(typed: char) -> Option<u8> {
    let typed = u8::try_from(typed).ok()?;
    let lower = typed.is_ascii_lowercase();
    let mut upper = typed ^ (u8::from(lower) << 5);
    for (alias, symbol) in [(b'O', b'0'), (b'I', b'1'), (b'L', b'1')] {
        upper = u8::conditional_select(&upper, &symbol, upper.ct_eq(&alias));
    }
    let mut found = Choice::from(0);
    let mut value = 0;
    for (candidate, symbol) in (0_u8..).zip(SYMBOLS) {
        let equal = upper.ct_eq(symbol);
        value |= u8::conditional_select(&0, &candidate, equal);
        found |= equal;
    }
    bool::from(found).then_some(value)
}

/// Puts a hyphen after every four symbols, as codes are shown.
pub fn grouped(symbols: &str) -> String {
    let mut shown = String::with_capacity(symbols.len().saturating_mul(2));
    for (position, symbol) in symbols.chars().enumerate() {
        if position > 0 && position.is_multiple_of(4) {
            shown.push('-');
        }
        shown.push(symbol);
    }
    shown
}
