//! Complaints: a teller's public proof that a voter's box is bad, or that it is missing (section 7).

use curve25519_dalek::{edwards::EdwardsPoint, scalar::Scalar, traits::VartimeMultiscalarMul};
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::{
    codec::{DecodeError, Reader, scalar},
    election::Current,
    group::{EdwardsPublic, Point, SealKey, commit_vartime, equal_cofactored},
    hash::{hash_to_scalar, sha256},
    manifest::Manifest,
    sealed_box::{self, SealedBox},
    teller::TellerSecret,
};

/// What a proven complaint shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The box fails the box check (type 1).
    Malformed,
    /// The tag does not verify (type 2).
    Open,
    /// 32 bytes of the plaintext are no canonical scalar (type 2).
    Encoding,
    /// The shares do not fit the commitments (type 2).
    Share,
    /// The teller has no box (type 3); the ballot stays counted.
    Missing,
}

impl Reason {
    /// Whether the ballot is excluded.
    pub fn voids(self) -> bool {
        self != Self::Missing
    }
}

/// Why a complaint is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ComplaintError {
    /// The bytes are no complaint.
    #[error("encoding: {0}")]
    Encoding(#[from] DecodeError),
    /// No type has this number.
    #[error("unknown type {found}")]
    Type {
        /// The number found.
        found: u8,
    },
    /// Type 3 with bytes.
    #[error("a missing box has no bytes")]
    NotMissing,
    /// The box is not the one that the ballot names.
    #[error("the box is not the one of the ballot")]
    OtherBox,
    /// Type 1 about a good box.
    #[error("the box passes the box check")]
    PassesCheck,
    /// Type 2 about a box that no proof is needed for.
    #[error("the box fails the box check: type 1 expected")]
    FailsCheck,
    /// The proof about the Diffie-Hellman value does not hold.
    #[error("proof")]
    Proof,
    /// The box opens and its shares fit.
    #[error("the box opens and matches the commitments")]
    Matches,
}

/// A complaint as read: `u64 index ‖ u8 type ‖ u32 len ‖ box ‖ …`.
#[derive(Debug, Clone)]
pub struct Complaint {
    index: u64,
    evidence: Evidence,
}

#[derive(Debug, Clone)]
enum Evidence {
    Malformed(Vec<u8>),
    Opened { bytes: Vec<u8>, proof: Box<DhProof> },
    Missing,
}

/// Bytes of `Δ ‖ M1 ‖ M2 ‖ y`.
const PROOF_LEN: usize = 4 * 32;

/// `Δ ‖ M1 ‖ M2 ‖ y`.
#[derive(Debug, Clone)]
struct DhProof {
    dh: EdwardsPublic,
    m1: EdwardsPublic,
    m2: EdwardsPublic,
    y: Scalar,
}

impl Complaint {
    /// Reads one complaint from the data of a report.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, ComplaintError> {
        let index = reader.u64()?;
        let kind = reader.u8()?;
        let length = usize::try_from(reader.u32()?).map_err(|_| DecodeError::Length)?;
        let bytes = reader.take(length)?.to_vec();
        let evidence = match kind {
            1 => Evidence::Malformed(bytes),
            2 => {
                let proof = Box::new(DhProof::read(reader)?);
                Evidence::Opened { bytes, proof }
            }
            3 if bytes.is_empty() => Evidence::Missing,
            3 => return Err(ComplaintError::NotMissing),
            found => return Err(ComplaintError::Type { found }),
        };
        Ok(Self { index, evidence })
    }

    /// Passes over a complaint without a look at what it proves; gives the ballot if its box is shown.
    pub(crate) fn skip(reader: &mut Reader<'_>) -> Result<Option<u64>, DecodeError> {
        let (index, kind) = (reader.u64()?, reader.u8()?);
        let length = usize::try_from(reader.u32()?).map_err(|_| DecodeError::Length)?;
        reader.take(length)?;
        if kind == 2 {
            reader.take(PROOF_LEN)?;
        }
        Ok((kind != 3).then_some(index))
    }

    /// The bytes of the complaint.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, bytes, proof) = match &self.evidence {
            Evidence::Malformed(bytes) => (1, bytes.as_slice(), None),
            Evidence::Opened { bytes, proof } => (2, bytes.as_slice(), Some(proof)),
            Evidence::Missing => (3, [].as_slice(), None),
        };
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut out = [self.index.to_be_bytes().as_slice(), &[kind], &length.to_be_bytes(), bytes].concat();
        if let Some(proof) = proof {
            for point in [&proof.dh, &proof.m1, &proof.m2] {
                out.extend_from_slice(point.bytes());
            }
            out.extend_from_slice(proof.y.as_bytes());
        }
        out
    }

    /// Log index of the ballot it is about.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Checks the complaint of teller `j` about a ballot; what it shows.
    pub fn verify(&self, manifest: &Manifest, teller: u8, ballot: &Current) -> Result<Reason, ComplaintError> {
        let named = |bytes: &[u8]| match ballot.box_hash(teller) {
            Some(hash) if sha256(bytes) == *hash => Ok(()),
            _ => Err(ComplaintError::OtherBox),
        };
        let statement = ballot.box_statement(manifest, teller);
        match &self.evidence {
            Evidence::Missing => Ok(Reason::Missing),
            Evidence::Malformed(bytes) => {
                named(bytes)?;
                match sealed_box::check(manifest, &statement, bytes) {
                    Ok(_) => Err(ComplaintError::PassesCheck),
                    Err(_) => Ok(Reason::Malformed),
                }
            }
            Evidence::Opened { bytes, proof } => {
                named(bytes)?;
                let sealed = sealed_box::check(manifest, &statement, bytes).map_err(|_| ComplaintError::FailsCheck)?;
                let keys = manifest.teller_keys(teller).ok_or(ComplaintError::Proof)?;
                proof.verify(manifest, self.index, teller, &keys.seal, sealed.ephemeral())?;
                let opened = sealed.open_with(&proof.dh.mont(), &keys.seal, &statement.context);
                fault_in_public(manifest, teller, ballot, opened.as_deref().map(Vec::as_slice)).ok_or(ComplaintError::Matches)
            }
        }
    }

    /// A complaint of type 1: the box fails the box check.
    pub(crate) fn malformed(index: u64, bytes: &[u8]) -> Self {
        Self { index, evidence: Evidence::Malformed(bytes.to_vec()) }
    }

    /// A complaint of type 3: there is no box.
    pub(crate) fn missing(index: u64) -> Self {
        Self { index, evidence: Evidence::Missing }
    }

    /// A complaint of type 2: the box passes the box check, but what it holds is wrong. The proof
    /// shows the Diffie-Hellman value of this box alone.
    pub(crate) fn opened(
        manifest: &Manifest,
        teller: u8,
        secret: &TellerSecret,
        index: u64,
        sealed: &SealedBox,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let mut fresh = Zeroizing::new([0; 32]);
        rng.fill_bytes(fresh.as_mut_slice());
        Self::opened_with(manifest, teller, secret, index, sealed, &fresh)
    }

    fn opened_with(manifest: &Manifest, teller: u8, secret: &TellerSecret, index: u64, sealed: &SealedBox, fresh: &[u8; 32]) -> Self {
        let w = sealed.ephemeral();
        let w8 = w.times_8();
        let exponent = Zeroizing::new(secret.exponent());
        let mut nonce = hash_to_scalar(
            "isoloir/v1/complaint-nonce",
            &[fresh, secret.seal_bytes(), manifest.id().as_bytes(), &index.to_be_bytes(), w.bytes()],
        );
        let dh = EdwardsPublic::new(*exponent * w8);
        let m1 = EdwardsPublic::new(EdwardsPoint::mul_base(&nonce));
        let m2 = EdwardsPublic::new(nonce * w8);
        let key = secret.seal_key();
        let c = challenge(manifest, index, teller, key.bytes(), w, [&dh, &m1, &m2]);
        let y = nonce + c * *exponent;
        nonce.zeroize();
        let proof = Box::new(DhProof { dh, m1, m2, y });
        Self { index, evidence: Evidence::Opened { bytes: sealed.bytes(), proof } }
    }
}

impl DhProof {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut point = || EdwardsPublic::decode(&reader.array()?).ok_or(DecodeError::Point);
        let (dh, m1, m2) = (point()?, point()?, point()?);
        Ok(Self { dh, m1, m2, y: reader.scalar()? })
    }

    /// `y·B ≡ M1 + c·Q` and `y·W8 ≡ M2 + c·Δ`.
    fn verify(&self, manifest: &Manifest, index: u64, teller: u8, key: &SealKey, w: &EdwardsPublic) -> Result<(), ComplaintError> {
        let c = challenge(manifest, index, teller, key.bytes(), w, [&self.dh, &self.m1, &self.m2]);
        let times = |scalar: Scalar, point: EdwardsPoint| EdwardsPoint::vartime_multiscalar_mul([scalar], [point]);
        let knows_key = equal_cofactored(&EdwardsPoint::mul_base(&self.y), &(self.m1.point() + times(c, key.point())));
        let same_exponent = equal_cofactored(&times(self.y, w.times_8()), &(self.m2.point() + times(c, self.dh.point())));
        if knows_key && same_exponent { Ok(()) } else { Err(ComplaintError::Proof) }
    }
}

fn challenge(manifest: &Manifest, index: u64, teller: u8, key: &[u8; 32], w: &EdwardsPublic, [dh, m1, m2]: [&EdwardsPublic; 3]) -> Scalar {
    hash_to_scalar(
        "isoloir/v1/complaint",
        &[manifest.id().as_bytes(), &index.to_be_bytes(), &[teller], key, w.bytes(), dh.bytes(), m1.bytes(), m2.bytes()],
    )
}

/// What is wrong with a plaintext that a complaint made public; `None` if nothing is.
fn fault_in_public(manifest: &Manifest, teller: u8, ballot: &Current, plaintext: Option<&[u8]>) -> Option<Reason> {
    let Some(plaintext) = plaintext else {
        return Some(Reason::Open);
    };
    let Some(shares) = read_shares(manifest, plaintext) else {
        return Some(Reason::Encoding);
    };
    let fits = shares.iter().enumerate().all(|(question, share)| {
        let expected = ballot.question_points(manifest, question).map(|points| share_commitment(&points, teller));
        share.split_last().zip(expected).is_some_and(|((tau, sigma), expected)| commit_vartime(sigma, tau) == expected)
    });
    (!fits).then_some(Reason::Share)
}

/// The scalars of each question, `σ_0 … σ_{n−1}, τ`; `None` if one is not canonical.
pub(crate) fn read_shares(manifest: &Manifest, plaintext: &[u8]) -> Option<Vec<Zeroizing<Vec<Scalar>>>> {
    let mut chunks = plaintext.chunks_exact(32);
    let shares = manifest
        .questions
        .iter()
        .map(|question| {
            let count = question.bits().saturating_add(1);
            let mut share = Zeroizing::new(Vec::with_capacity(count));
            for chunk in chunks.by_ref().take(count) {
                share.push(scalar(chunk.try_into().ok()?)?);
            }
            (share.len() == count).then_some(share)
        })
        .collect::<Option<Vec<_>>>()?;
    (chunks.next().is_none() && chunks.remainder().is_empty()).then_some(shares)
}

/// `B + Σ_l j^l·V_l`, to which teller `j`'s shares of a question must open.
fn share_commitment(points: &[Point], teller: u8) -> curve25519_dalek::RistrettoPoint {
    let powers = powers_of(teller, points.len());
    let elements: Vec<_> = points.iter().map(Point::element).collect();
    crate::group::sum_vartime(&powers, &elements)
}

/// `1, j, j², …`: `count` powers of a teller's number.
pub(crate) fn powers_of(teller: u8, count: usize) -> Vec<Scalar> {
    let j = Scalar::from(teller);
    core::iter::successors(Some(Scalar::ONE), |power| Some(power * j)).take(count).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::ballot::{Ballot, Statement};

    fn hex(value: &Value) -> Vec<u8> {
        hex::decode(value.as_str().unwrap()).unwrap()
    }

    fn array(value: &Value) -> [u8; 32] {
        hex(value).try_into().unwrap()
    }

    fn name(reason: Reason) -> &'static str {
        match reason {
            Reason::Malformed => "malformed",
            Reason::Open => "open",
            Reason::Encoding => "encoding",
            Reason::Share => "share",
            Reason::Missing => "missing",
        }
    }

    /// Vectors: spec/vectors/complaints.json.
    #[test]
    fn complaints_of_the_vectors() {
        let vectors: Value = serde_json::from_str(include_str!("../../../spec/vectors/complaints.json")).unwrap();
        let ballot_1: Value = serde_json::from_str(include_str!("../../../spec/vectors/ballot-1.json")).unwrap();
        let manifest = Manifest::parse(ballot_1["manifest"].as_str().unwrap().as_bytes()).unwrap();
        let key = Point::decode(&array(&vectors["K"])).unwrap();
        let index = vectors["index"].as_u64().unwrap();
        let teller = u8::try_from(vectors["teller"].as_u64().unwrap()).unwrap();
        let secret = TellerSecret::from_bytes(&array(&vectors["teller_seal_secret"]), &[1; 32]);
        assert_eq!(secret.seal_key().bytes(), &array(&vectors["Q"]));
        let current = |ballot: &Value| {
            let bytes = match ballot.as_str().unwrap() {
                "honest" => hex(&vectors["honest_public_ballot"]),
                "torsioned" => hex(&vectors["torsioned_public_ballot"]),
                name => {
                    let valid = vectors["valid"].as_array().unwrap();
                    match valid.iter().find(|case| case["malice"] == name) {
                        Some(case) => hex(&case["public_ballot"]),
                        None => hex(ballot),
                    }
                }
            };
            let statement = Statement::new(&manifest, Ballot::decode(&manifest, &bytes).unwrap(), key);
            Current::for_tests(index, &statement)
        };
        let read = |bytes: &[u8]| {
            let mut reader = Reader::new(bytes);
            let complaint = Complaint::read(&mut reader)?;
            reader.finish()?;
            Ok::<_, ComplaintError>(complaint)
        };
        for case in vectors["valid"].as_array().unwrap() {
            let malice = case["malice"].as_str().unwrap();
            let bytes = hex(&case["complaint"]);
            let complaint = read(&bytes).unwrap();
            assert_eq!(complaint.encode(), bytes);
            let ballot = current(&case["public_ballot"]);
            let reason = complaint.verify(&manifest, teller, &ballot).unwrap();
            assert_eq!(name(reason), case["reason"], "{malice}");
            if !case["nonce"].is_null() {
                let sealed = SealedBox::decode(&manifest, &hex(&case["box"])).unwrap();
                let made = Complaint::opened_with(&manifest, teller, &secret, index, &sealed, &array(&vectors["fresh"]));
                assert_eq!(made.encode(), bytes, "{malice}");
            }
        }
        for case in vectors["invalid"].as_array().unwrap() {
            let ballot = current(&case["public_ballot"]);
            let error = read(&hex(&case["complaint"]))
                .and_then(|complaint| complaint.verify(&manifest, teller, &ballot))
                .expect_err(case["why"].as_str().unwrap());
            let expected = case["error"].as_str().unwrap().strip_prefix("complaint: ").unwrap();
            assert!(error.to_string().starts_with(expected), "{error} instead of {expected}");
        }
    }
}
