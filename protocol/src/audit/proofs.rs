//! Ballots' proofs as a message: a replay hands them to other verifiers, such as workers in a browser, and goes on (V5).

use rand_core::CryptoRng;
use thiserror::Error;

use crate::{
    ballot::{Ballot, BallotCheck, BallotError, Statement, verify_batch},
    codec::{DecodeError, Reader},
    group::Point,
    manifest::Manifest,
};

/// A ballot whose proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadProof {
    /// Log index of the ballot.
    pub index: u64,
    /// Its slot.
    pub slot: u32,
    /// What fails.
    pub error: BallotError,
}

/// A message between a replay and a verifier that cannot be read: one of them is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("batch of proofs: {0}")]
pub struct BatchError(#[from] DecodeError);

/// Which ballots have a proof that does not hold, in the order given.
pub fn verify(manifest: &Manifest, batch: Vec<(u64, Statement)>, rng: &mut impl CryptoRng) -> Vec<BadProof> {
    let (heads, statements): (Vec<(u64, u32)>, Vec<Statement>) =
        batch.into_iter().map(|(index, statement)| ((index, statement.ballot().slot()), statement)).unzip();
    let verdicts = verify_batch(manifest, statements, rng);
    heads.into_iter().zip(verdicts).filter_map(|((index, slot), verdict)| Some(BadProof { index, slot, error: verdict.err()? })).collect()
}

/// `u64 index ‖ key ‖ public ballot` again and again: what another verifier needs besides the manifest.
pub fn encode_batch(batch: &[(u64, Statement)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, statement) in batch {
        out.extend(index.to_be_bytes());
        out.extend(statement.key().bytes());
        out.extend(statement.ballot().encode());
    }
    out
}

/// Reads what [`encode_batch`] made.
pub fn decode_batch(manifest: &Manifest, bytes: &[u8]) -> Result<Vec<(u64, Statement)>, BatchError> {
    let mut reader = Reader::new(bytes);
    let mut batch = Vec::new();
    while reader.remaining() > 0 {
        let index = reader.u64()?;
        let key: Point = reader.point()?;
        let ballot = Ballot::decode(manifest, reader.take(manifest.ballot_len())?)?;
        batch.push((index, Statement::new(manifest, ballot, key)));
    }
    Ok(batch)
}

/// `u64 index ‖ u32 slot ‖ u8 check ‖ u32 question` (`2^32 − 1` for none) again and again.
pub fn encode_bad(bad: &[BadProof]) -> Vec<u8> {
    let mut out = Vec::new();
    for BadProof { index, slot, error } in bad {
        out.extend(index.to_be_bytes());
        out.extend(slot.to_be_bytes());
        out.push(CHECKS.iter().position(|check| *check == error.check).and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX));
        let question = error.question.and_then(|question| u32::try_from(question).ok());
        out.extend(question.unwrap_or(u32::MAX).to_be_bytes());
    }
    out
}

/// Reads what [`encode_bad`] made.
pub fn decode_bad(bytes: &[u8]) -> Result<Vec<BadProof>, BatchError> {
    let mut reader = Reader::new(bytes);
    let mut bad = Vec::new();
    while reader.remaining() > 0 {
        let (index, slot) = (reader.u64()?, reader.u32()?);
        // A number that is none of the checks is still a proof that does not hold.
        let check = CHECKS.get(usize::from(reader.u8()?)).copied().unwrap_or(BallotCheck::Challenge);
        let question = Some(reader.u32()?).filter(|question| *question != u32::MAX);
        let question = question.and_then(|question| usize::try_from(question).ok());
        bad.push(BadProof { index, slot, error: BallotError { check, question } });
    }
    Ok(bad)
}

const CHECKS: [BallotCheck; 6] =
    [BallotCheck::Bits, BallotCheck::Slack, BallotCheck::Product, BallotCheck::Sum, BallotCheck::Signature, BallotCheck::Challenge];
