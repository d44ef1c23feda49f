//! A teller's sums of shares, and the totals that any `t` of them open to (section 8).

use curve25519_dalek::{RistrettoPoint, scalar::Scalar};

use super::complaint::powers_of;
use crate::{
    codec::{DecodeError, Reader},
    group::{commit_vartime, sum_vartime},
    hash::Hasher,
    log::entry::DataRef,
    manifest::{ElectionId, Manifest},
    signature::{SIGNATURE_LEN, SignSecret},
};

const LABEL: &str = "isoloir/v1/sums";

/// The body of a sums entry; [`Sums::verify`] checks its signature.
#[derive(Debug, Clone)]
pub struct Sums {
    /// The teller `j`, from 1.
    pub teller: u8,
    /// [`counted_hash`] of the ballots counted.
    pub counted: [u8; 32],
    /// The data.
    pub data: DataRef,
    signed: Vec<u8>,
    signature: [u8; SIGNATURE_LEN],
}

impl Sums {
    /// Reads the body of a sums entry.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let sums = Self {
            teller: reader.u8()?,
            counted: reader.array()?,
            data: DataRef::read(&mut reader)?,
            signed: body.split_last_chunk::<SIGNATURE_LEN>().ok_or(DecodeError::Truncated)?.0.to_vec(),
            signature: reader.array()?,
        };
        reader.finish()?;
        Ok(sums)
    }

    /// Whether the teller signed it.
    pub fn verify(&self, manifest: &Manifest) -> bool {
        manifest
            .teller_keys(self.teller)
            .is_some_and(|keys| keys.sign.verify(LABEL, &[manifest.id().as_bytes(), &self.signed], &self.signature))
    }
}

/// `hash32("isoloir/v1/counted", root, u64 index …)`: the root right after the fix entry and the
/// index of each counted ballot in slot order.
pub fn counted_hash(root: &[u8; 32], indices: impl Iterator<Item = u64>) -> [u8; 32] {
    let mut hasher = Hasher::new("isoloir/v1/counted");
    hasher.field(root);
    for index in indices {
        hasher.field(&index.to_be_bytes());
    }
    hasher.finish32()
}

/// Summed shares of one question over one bucket: `F_0 … F_{n−1}` and `Γ`. Public once the teller
/// has signed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionSums {
    /// `F_k = Σ weight·σ_k(j)`.
    pub values: Vec<Scalar>,
    /// `Γ = Σ weight·τ(j)`.
    pub blinding: Scalar,
}

/// For each bucket, for each question.
pub type BucketSums = Vec<Vec<QuestionSums>>;

/// Reads the data of a sums entry.
pub fn read_data(manifest: &Manifest, buckets: usize, data: &[u8]) -> Result<BucketSums, DecodeError> {
    let mut reader = Reader::new(data);
    let sums = (0..buckets)
        .map(|_| {
            manifest
                .questions
                .iter()
                .map(|question| Ok(QuestionSums { values: reader.scalars(question.bits())?, blinding: reader.scalar()? }))
                .collect()
        })
        .collect::<Result<BucketSums, DecodeError>>()?;
    reader.finish()?;
    Ok(sums)
}

/// Body and data of a sums entry.
pub(crate) fn make(election: ElectionId, teller: u8, counted: &[u8; 32], sums: &BucketSums, secret: &SignSecret) -> (Vec<u8>, Vec<u8>) {
    let mut data = Vec::new();
    for question in sums.iter().flatten() {
        for value in question.values.iter().chain(core::iter::once(&question.blinding)) {
            data.extend_from_slice(value.as_bytes());
        }
    }
    let mut body = [[teller].as_slice(), counted].concat();
    DataRef::to(&data).write(&mut body);
    let signature = secret.sign(LABEL, &[election.as_bytes(), &body]);
    body.extend_from_slice(&signature);
    (body, data)
}

/// For each bucket, for each question: `Σ weight·B, Σ weight·V_1, …` over the counted ballots.
pub type BucketCommitments = Vec<Vec<Vec<RistrettoPoint>>>;

/// Whether `Com(F; Γ) = Σ weight·(B + Σ_l j^l·V_l)` in every bucket and question; else the first
/// (bucket, question) where it fails.
pub(crate) fn check(teller: u8, sums: &BucketSums, commitments: &BucketCommitments) -> Result<(), (usize, usize)> {
    for (bucket, (sums, commitments)) in sums.iter().zip(commitments).enumerate() {
        for (question, (sums, points)) in sums.iter().zip(commitments).enumerate() {
            let expected = sum_vartime(&powers_of(teller, points.len()), points);
            if commit_vartime(&sums.values, &sums.blinding) != expected {
                return Err((bucket, question));
            }
        }
    }
    Ok(())
}

/// For each bucket, for each question, for each bit (blank last): the total.
pub type Totals = Vec<Vec<Vec<u64>>>;

/// Interpolates the totals from the sums of `t` tellers. `None` if a total is no number up to the
/// bucket's counted weight or does not open `Σ weight·B`.
pub(crate) fn interpolate(sums: &[(u8, &BucketSums)], commitments: &BucketCommitments, weights: &[u64]) -> Option<Totals> {
    let tellers: Vec<u8> = sums.iter().map(|(teller, _)| *teller).collect();
    let factors: Vec<Scalar> = tellers.iter().map(|teller| lagrange(*teller, &tellers)).collect::<Option<_>>()?;
    commitments
        .iter()
        .zip(weights)
        .enumerate()
        .map(|(bucket, (commitments, weight))| {
            commitments
                .iter()
                .enumerate()
                .map(|(question, points)| {
                    let parts: Vec<&QuestionSums> = sums.iter().map(|(_, sums)| sums.get(bucket)?.get(question)).collect::<Option<_>>()?;
                    open_question(&parts, &factors, points, *weight)
                })
                .collect()
        })
        .collect()
}

fn open_question(parts: &[&QuestionSums], factors: &[Scalar], points: &[RistrettoPoint], weight: u64) -> Option<Vec<u64>> {
    let combine = |value: &dyn Fn(&QuestionSums) -> Option<Scalar>| -> Option<Scalar> {
        parts.iter().zip(factors).map(|(part, factor)| Some(value(part)? * factor)).sum()
    };
    let bits = parts.first()?.values.len();
    let values: Vec<Scalar> = (0..bits).map(|bit| combine(&|part| part.values.get(bit).copied())).collect::<Option<_>>()?;
    let blinding = combine(&|part| Some(part.blinding))?;
    if commit_vartime(&values, &blinding) != *points.first()? {
        return None;
    }
    values.iter().map(|value| as_integer(value).filter(|total| *total <= weight)).collect()
}

/// `λ_j = Π_{i∈J, i≠j} i/(i−j)`.
fn lagrange(teller: u8, all: &[u8]) -> Option<Scalar> {
    let j = Scalar::from(teller);
    let mut numerator = Scalar::ONE;
    let mut denominator = Scalar::ONE;
    for other in all.iter().filter(|other| **other != teller) {
        let i = Scalar::from(*other);
        numerator *= i;
        denominator *= i - j;
    }
    (denominator != Scalar::ZERO).then(|| numerator * denominator.invert())
}

/// A scalar below `2^64` as a number.
fn as_integer(scalar: &Scalar) -> Option<u64> {
    let (low, high) = scalar.as_bytes().split_first_chunk::<8>()?;
    high.iter().all(|byte| *byte == 0).then(|| u64::from_le_bytes(*low))
}

/// Data of the result entry: `u64` each, bucket by bucket, question by question, bit by bit.
pub(crate) fn totals_data(totals: &Totals) -> Vec<u8> {
    totals.iter().flatten().flatten().flat_map(|total| total.to_be_bytes()).collect()
}
