//! Testing the device: what a client discloses about a ballot that is thrown away, and how another
//! device checks it (section 4, "Testing the device").

use thiserror::Error;
use zeroize::Zeroizing;

use super::{Choice, ChoiceError, Choices, Fingerprint, prepare::recompute};
use crate::{
    codec::{DecodeError, Reader},
    group::Point,
    manifest::Manifest,
};

/// Why a disclosure is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DisclosureError {
    /// The bytes are no disclosure of this election's ballots.
    #[error("encoding: {0}")]
    Encoding(#[from] DecodeError),
    /// It is about another election.
    #[error("another election")]
    Election,
    /// The padding bits of a question are not zero.
    #[error("question {question}: a padding bit is set")]
    Padding {
        /// The question, from 0.
        question: usize,
    },
    /// The bits are no allowed choice.
    #[error("choice: {0}")]
    Choice(#[from] ChoiceError),
}

/// What a disclosure shows. It belongs to a test ballot, which is not counted.
pub struct Disclosed {
    /// The slot that was tested.
    pub slot: u32,
    /// What the ballot would have replaced.
    pub supersedes: u64,
    /// The slot's key in the disclosure, to be compared with the log's.
    pub key: Point,
    /// The choices in the ballot.
    pub choices: Choices,
    /// To be compared with what the tested device showed before.
    pub fingerprint: Fingerprint,
}

/// Recomputes the ballot from a disclosure.
pub fn check(manifest: &Manifest, bytes: &[u8]) -> Result<Disclosed, DisclosureError> {
    let mut reader = Reader::new(bytes);
    if reader.array::<32>()? != *manifest.id().as_bytes() {
        return Err(DisclosureError::Election);
    }
    let slot = reader.u32()?;
    let supersedes = reader.u64()?;
    let key = reader.point()?;
    let signature_commitment = reader.point()?;
    let seed: Zeroizing<[u8; 32]> = Zeroizing::new(reader.array()?);
    let mut choices = Vec::with_capacity(manifest.questions.len());
    for (number, question) in manifest.questions.iter().enumerate() {
        let packed = reader.take(question.bits().div_ceil(8))?;
        choices.push(unpack(packed, question.bits(), number)?);
    }
    reader.finish()?;
    if slot == 0 || key.is_identity() {
        return Err(DisclosureError::Encoding(DecodeError::Value));
    }
    let choices = Choices::new(manifest, choices)?;
    let challenge = recompute(manifest, &choices, slot, &key, supersedes, &seed, &signature_commitment);
    Ok(Disclosed { slot, supersedes, key, choices, fingerprint: challenge.fingerprint() })
}

/// The bits of each question, packed from the high bit, each question from a new byte.
pub(super) fn packed_bits(choices: &Choices) -> Zeroizing<Vec<u8>> {
    let bytes = choices.questions().flat_map(|choice| {
        choice
            .bits()
            .chunks(8)
            .map(|chunk| chunk.iter().zip([7, 6, 5, 4, 3, 2, 1, 0]).fold(0_u8, |byte, (bit, shift)| byte | (bit << shift)))
    });
    Zeroizing::new(bytes.collect())
}

fn unpack(packed: &[u8], count: usize, question: usize) -> Result<Choice, DisclosureError> {
    let bits: Zeroizing<Vec<u8>> =
        Zeroizing::new(packed.iter().flat_map(|byte| [7, 6, 5, 4, 3, 2, 1, 0].map(|shift| (byte >> shift) & 1)).collect());
    let (used, padding) = bits.split_at_checked(count).ok_or(DecodeError::Truncated)?;
    if padding.iter().any(|bit| *bit != 0) {
        return Err(DisclosureError::Padding { question });
    }
    Ok(Choice::from_bits(used.to_vec()))
}
