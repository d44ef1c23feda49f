//! What dishonest voters' programs do, for tests of complaints: only with the feature `dishonest`, which
//! no program of ours has.

use super::{Choices, Prepared, Randomness, prepare::prepare_with};
use crate::{
    group::{Point, SealKey},
    manifest::Manifest,
};

/// How one teller's box is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malice {
    /// It passes the box check but does not open: it is sealed to somebody else.
    Garbage,
    /// Its proof fails.
    Malformed,
    /// Its shares do not fit the commitments.
    WrongShare,
    /// It holds 32 bytes that are no canonical scalar.
    NonCanonical,
}

/// [`super::prepare`] by a program that spoils the box of `teller`, from 1; all else is as prescribed.
pub fn prepare_dishonestly(
    manifest: &Manifest,
    choices: &Choices,
    (slot, key, supersedes): (u32, &Point, u64),
    randomness: &Randomness,
    (target, malice): (u8, Malice),
) -> Prepared {
    prepare_with(manifest, choices, (slot, key, supersedes), randomness, &|teller, mut draft| {
        if teller != target {
            return draft.seal();
        }
        match malice {
            Malice::Garbage => {
                // The Edwards base point is a valid key that no teller has.
                let stranger = curve25519_dalek::constants::ED25519_BASEPOINT_COMPRESSED.to_bytes();
                draft.recipient = SealKey::decode(&stranger).unwrap_or(draft.recipient);
                draft.seal()
            }
            Malice::Malformed => {
                let mut sealed = draft.seal();
                // `y` plus one; a scalar ends in a zero nibble, so it stays canonical.
                if let Some(byte) = sealed.get_mut(64) {
                    *byte ^= 1;
                }
                sealed
            }
            Malice::WrongShare => {
                if let Some(byte) = draft.share.first_mut() {
                    *byte ^= 1;
                }
                draft.seal()
            }
            Malice::NonCanonical => {
                draft.share.iter_mut().take(32).for_each(|byte| *byte = 0xff);
                draft.seal()
            }
        }
    })
}
