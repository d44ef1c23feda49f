//! Voting codes: what a registrar sends and a voter types (section 3).

use rand_core::CryptoRng;
use subtle::{ConditionallySelectable, ConstantTimeEq};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::codec::{grouped, symbol, symbol_value};

/// Symbols of a code, the check symbol included.
pub const CODE_LEN: usize = 16;

/// What is wrong with a typed code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CodeError {
    /// A code has 16 symbols; spaces and hyphens do not count.
    #[error("{found} symbols instead of 16")]
    Length {
        /// How many symbols were typed.
        found: usize,
    },
    /// The symbol at `position` (from 0, spaces and hyphens not counted) is in no code.
    #[error("symbol {position} occurs in no code")]
    Symbol {
        /// 0-based position among the typed symbols.
        position: usize,
    },
    /// The symbols do not belong together: at least one is mistyped.
    #[error("the check symbol does not fit")]
    Checksum,
}

/// A code of 75 random bits and a check symbol. It is wiped when dropped and cannot be printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Code([u8; CODE_LEN]);

impl Code {
    /// A new code.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut values = Zeroizing::new([0_u8; CODE_LEN]);
        rng.fill_bytes(values.as_mut_slice());
        values.iter_mut().for_each(|value| *value &= 31);
        if let Some((check, rest)) = values.split_last_mut() {
            *check = check_value(rest);
        }
        Self(*values)
    }

    /// Reads a code as typed: case, spaces and hyphens are ignored, `O`, `I` and `L` are read as
    /// 0, 1 and 1.
    pub fn parse(typed: &str) -> Result<Self, CodeError> {
        let mut values = Zeroizing::new(Vec::with_capacity(CODE_LEN));
        for character in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let position = values.len();
            values.push(symbol_value(character).ok_or(CodeError::Symbol { position })?);
        }
        let found = values.len();
        let values = <[u8; CODE_LEN]>::try_from(values.as_slice()).map_err(|_| CodeError::Length { found })?;
        let code = Self(values);
        let (check, rest) = code.0.split_last().ok_or(CodeError::Length { found })?;
        if !bool::from(check.ct_eq(&check_value(rest))) {
            return Err(CodeError::Checksum);
        }
        Ok(code)
    }

    /// The code as shown to its voter, `K7QF-2M9T-88XC-P0VD`.
    pub fn shown(&self) -> Zeroizing<String> {
        let symbols = self.symbols();
        let text = Zeroizing::new(symbols.iter().copied().map(char::from).collect::<String>());
        Zeroizing::new(grouped(&text))
    }

    /// The 16 upper-case ASCII symbols, as they are hashed.
    pub fn symbols(&self) -> Zeroizing<[u8; CODE_LEN]> {
        let mut symbols = Zeroizing::new([0; CODE_LEN]);
        for (to, value) in symbols.iter_mut().zip(&self.0) {
            // Invariant: Crockford symbols are ASCII.
            *to = u8::try_from(symbol(u32::from(*value))).unwrap_or(b'0');
        }
        symbols
    }
}

/// Likely meanings of a typed code whose check symbol does not fit: every code that differs in one
/// symbol or by one swap of two. A client compares each with the roll, and so can name the very
/// place of the typing error.
pub struct NearMiss {
    /// 0-based positions that differ from what was typed: one, or two that were swapped.
    pub positions: (usize, Option<usize>),
    /// The code that may have been meant.
    pub code: Code,
}

/// All near misses of `typed`; none unless it has 16 valid symbols and only the check fails.
pub fn near_misses(typed: &str) -> Vec<NearMiss> {
    let values: Zeroizing<Vec<u8>> =
        Zeroizing::new(typed.chars().filter(|c| !c.is_whitespace() && *c != '-').filter_map(symbol_value).collect());
    if Code::parse(typed).err() != Some(CodeError::Checksum) {
        return Vec::new();
    }
    let Ok(values) = <[u8; CODE_LEN]>::try_from(values.as_slice()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for first in 0..CODE_LEN {
        for symbol in 0..32 {
            let mut changed = values;
            if let Some(value) = changed.get_mut(first) {
                *value = symbol;
            }
            keep_valid(changed, (first, None), &mut found);
        }
        for second in first.saturating_add(1)..CODE_LEN {
            let mut changed = values;
            changed.swap(first, second);
            keep_valid(changed, (first, Some(second)), &mut found);
        }
    }
    found
}

fn keep_valid(values: [u8; CODE_LEN], positions: (usize, Option<usize>), to: &mut Vec<NearMiss>) {
    let code = Code(values);
    if code.0.split_last().is_some_and(|(check, rest)| *check == check_value(rest)) {
        to.push(NearMiss { positions, code });
    }
}

/// `Σ (i+2)·c_i` over GF(32) with the polynomial `x^5 + x^2 + 1`.
fn check_value(values: &[u8]) -> u8 {
    (2_u8..).zip(values).fold(0, |sum, (factor, value)| sum ^ multiply(factor, *value))
}

/// A product in GF(32); the factor is public, the value may be secret.
fn multiply(factor: u8, value: u8) -> u8 {
    let mut product = 0;
    let mut shifted = value;
    for bit in 0..5 {
        let wanted = ((factor >> bit) & 1).ct_eq(&1);
        product ^= u8::conditional_select(&0, &shifted, wanted);
        let carry = (shifted >> 4) & 1;
        shifted = ((shifted << 1) & 31) ^ (carry.wrapping_mul(0b0_0101));
    }
    product
}
