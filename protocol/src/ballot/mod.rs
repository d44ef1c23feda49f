//! The ballot: commitments to the choices, shares for the tellers, a proof that the choices are
//! allowed, and the voter's signature (section 4).

mod choices;
pub mod disclosure;
#[cfg(feature = "dishonest")]
pub mod dishonest;
mod outline;
mod prepare;
mod verify;

pub use choices::{Choice, ChoiceError, Choices};
pub(crate) use outline::Outline;
pub use prepare::{Prepared, Randomness, prepare};
pub(crate) use verify::bisect;
pub use verify::{BallotCheck, BallotError, Proven, Statement, verify_batch};

use curve25519_dalek::scalar::Scalar;

use crate::{
    codec::{DecodeError, Reader, base32, grouped},
    group::Point,
    hash::{Hasher, hash32, sha256},
    manifest::Manifest,
    sealed_box::{BoxContext, BoxStatement},
};

/// `supersedes` of a slot's first ballot.
pub const SUPERSEDES_NONE: u64 = u64::MAX;

/// A well-formed public ballot: all encodings are canonical and its length is the manifest's.
/// Whether its proofs hold is another matter ([`verify_batch`]).
#[derive(Debug, Clone)]
pub struct Ballot {
    slot: u32,
    supersedes: u64,
    questions: Vec<QuestionPart>,
    box_hashes: Vec<[u8; 32]>,
    signature_commitment: Point,
    signature_response: Scalar,
}

/// What a ballot says about one question, by the spec's symbols.
#[derive(Debug, Clone)]
#[allow(non_snake_case, reason = "the spec's symbols")]
pub(crate) struct QuestionPart {
    pub B: Point,
    pub V: Vec<Point>,
    pub slack: Option<SlackPart>,
    pub A: Point,
    pub C: Point,
    pub D: Point,
    pub f: Vec<Scalar>,
    pub g: Vec<Scalar>,
    pub z_B: Scalar,
    pub z_C: Scalar,
}

/// The commitments to slack bits, present if `max > min`.
#[derive(Debug, Clone)]
#[allow(non_snake_case, reason = "the spec's symbols")]
pub(crate) struct SlackPart {
    pub S: Point,
    pub T: Point,
    pub z_S: Scalar,
}

impl Ballot {
    /// Reads a public ballot of an election.
    pub fn decode(manifest: &Manifest, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let slot = reader.u32()?;
        let supersedes = reader.u64()?;
        let share_commitments = usize::from(manifest.threshold).saturating_sub(1);
        let mut questions = Vec::with_capacity(manifest.questions.len());
        for question in &manifest.questions {
            questions.push(QuestionPart::read(&mut reader, question.bits(), question.slack_weights().len(), share_commitments)?);
        }
        let box_hashes = manifest.tellers.iter().map(|_| reader.array()).collect::<Result<_, _>>()?;
        let signature_commitment = reader.point()?;
        let signature_response = reader.scalar()?;
        reader.finish()?;
        Ok(Self { slot, supersedes, questions, box_hashes, signature_commitment, signature_response })
    }

    /// The bytes of the public ballot.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&self.slot.to_be_bytes());
        out.extend_from_slice(&self.supersedes.to_be_bytes());
        for question in &self.questions {
            question.write(&mut out);
        }
        for hash in &self.box_hashes {
            out.extend_from_slice(hash);
        }
        out.extend_from_slice(self.signature_commitment.bytes());
        out.extend_from_slice(self.signature_response.as_bytes());
        out
    }

    /// The voter's slot, from 1.
    pub fn slot(&self) -> u32 {
        self.slot
    }

    /// Index of the ballot that this one replaces, or [`SUPERSEDES_NONE`].
    pub fn supersedes(&self) -> u64 {
        self.supersedes
    }

    /// SHA-256 of the box of teller `j`, from 1.
    pub fn box_hash(&self, teller: u8) -> Option<&[u8; 32]> {
        self.box_hashes.get(usize::from(teller.checked_sub(1)?))
    }

    /// SHA-256 of every teller's box, in the tellers' order.
    pub fn box_hashes(&self) -> &[[u8; 32]] {
        &self.box_hashes
    }

    /// For each question `B, V_1, …, V_{t−1}`.
    pub fn commitments(&self) -> impl Iterator<Item = &Point> {
        self.questions.iter().flat_map(|question| core::iter::once(&question.B).chain(&question.V))
    }

    /// What the proof of teller `j`'s box is about, under the slot's key `K`.
    pub fn box_statement<'a>(&'a self, manifest: &Manifest, key: &'a Point, teller: u8) -> BoxStatement<'a> {
        BoxStatement {
            context: BoxContext { election: manifest.id(), slot: self.slot, teller },
            supersedes: self.supersedes,
            key: key.bytes(),
            commitments: self.commitments().map(Point::bytes).collect(),
        }
    }

    /// The challenge `x` under the slot's key `K` (section 4).
    pub fn challenge(&self, manifest: &Manifest, key: &Point) -> Challenge {
        let mut hasher = Hasher::new("isoloir/v1/ballot");
        hasher.field(manifest.id().as_bytes()).field(&self.slot.to_be_bytes()).field(&self.supersedes.to_be_bytes()).field(key.bytes());
        for question in &self.questions {
            question.announcement(&mut hasher);
        }
        for hash in &self.box_hashes {
            hasher.field(hash);
        }
        hasher.field(self.signature_commitment.bytes());
        Challenge(hasher.finish_scalar())
    }
}

impl QuestionPart {
    #[allow(non_snake_case, reason = "the spec's symbols")]
    fn read(reader: &mut Reader<'_>, bits: usize, slack_bits: usize, share_commitments: usize) -> Result<Self, DecodeError> {
        let B = reader.point()?;
        let V = reader.points(share_commitments)?;
        let slack_points = if slack_bits > 0 { Some((reader.point()?, reader.point()?)) } else { None };
        let A = reader.point()?;
        let C = reader.point()?;
        let D = reader.point()?;
        let f = reader.scalars(bits)?;
        let g = reader.scalars(slack_bits)?;
        let z_B = reader.scalar()?;
        let slack = match slack_points {
            Some((S, T)) => Some(SlackPart { S, T, z_S: reader.scalar()? }),
            None => None,
        };
        let z_C = reader.scalar()?;
        Ok(Self { B, V, slack, A, C, D, f, g, z_B, z_C })
    }

    fn write(&self, out: &mut Vec<u8>) {
        for point in self.points() {
            out.extend_from_slice(point.bytes());
        }
        let z_slack = self.slack.as_ref().map(|slack| &slack.z_S);
        let responses = self.f.iter().chain(&self.g).chain(core::iter::once(&self.z_B)).chain(z_slack).chain(core::iter::once(&self.z_C));
        for response in responses {
            out.extend_from_slice(response.as_bytes());
        }
    }

    fn announcement(&self, hasher: &mut Hasher) {
        for point in self.points() {
            hasher.field(point.bytes());
        }
    }

    /// `B, V_1 … V_{t−1}, [S, T,] A, C, D`: the order of the challenge and of the encoding.
    fn points(&self) -> impl Iterator<Item = &Point> {
        let slack = self.slack.iter().flat_map(|slack| [&slack.S, &slack.T]);
        core::iter::once(&self.B).chain(&self.V).chain(slack).chain([&self.A, &self.C, &self.D])
    }
}

/// The challenge `x` of a ballot, from which its receipt code is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge(pub(crate) Scalar);

impl Challenge {
    /// `fingerprint = hash32("isoloir/v1/receipt", x)`.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(hash32("isoloir/v1/receipt", &[self.0.as_bytes()]))
    }
}

/// What tells one ballot from another; its first 15 bytes make the receipt code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The receipt code: 24 symbols in six groups of four with hyphens. Always shown with the slot.
    pub fn code(&self) -> String {
        code_of_hash(&self.0)
    }
}

/// The first 15 bytes of a hash as receipt, closing and counting codes show them.
pub(crate) fn code_of_hash(hash: &[u8; 32]) -> String {
    let first = hash.first_chunk::<15>().map_or([].as_slice(), <[u8; 15]>::as_slice);
    grouped(&base32(first))
}

/// What a voter's device sends: the public ballot and every teller's box. Lengths and encodings of
/// the ballot are right; the boxes are bytes of the right length.
#[derive(Debug, Clone)]
pub struct Submission {
    ballot: Ballot,
    public: Vec<u8>,
    boxes: Vec<Vec<u8>>,
}

impl Submission {
    /// Reads a submission of an election.
    pub fn decode(manifest: &Manifest, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let public = reader.take(manifest.ballot_len())?.to_vec();
        let boxes = manifest.tellers.iter().map(|_| reader.take(manifest.box_len()).map(<[u8]>::to_vec)).collect::<Result<_, _>>()?;
        reader.finish()?;
        Ok(Self { ballot: Ballot::decode(manifest, &public)?, public, boxes })
    }

    /// The public ballot.
    pub fn ballot(&self) -> &Ballot {
        &self.ballot
    }

    /// The bytes of the public ballot: the body of its log entry.
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// The boxes, in the tellers' order.
    pub fn boxes(&self) -> &[Vec<u8>] {
        &self.boxes
    }

    /// Takes the ballot, its bytes and the boxes apart.
    pub fn into_parts(self) -> (Ballot, Vec<u8>, Vec<Vec<u8>>) {
        (self.ballot, self.public, self.boxes)
    }

    /// Whether every box has the hash that the ballot carries.
    pub fn boxes_match(&self) -> bool {
        self.boxes.len() == self.ballot.box_hashes.len()
            && self.boxes.iter().zip(&self.ballot.box_hashes).all(|(bytes, hash)| sha256(bytes) == *hash)
    }
}
