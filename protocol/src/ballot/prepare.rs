//! Making a ballot on the voter's device (section 4). Nothing here branches on a secret.

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{Ballot, Challenge, Choices, Fingerprint, QuestionPart, SlackPart, choices::QuestionBits, disclosure};
use crate::{
    credential::VoterKey,
    group::{Point, SealKey, commit},
    hash::{Hasher, sha256},
    manifest::Manifest,
    question::Question,
    sealed_box::{BoxStatement, Ephemeral, ephemeral_ikm, seal},
};

/// The randomness of one ballot: a seed, and what the signature's nonce is made of. Drawn anew for
/// every prepared ballot and wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Randomness {
    seed: [u8; 32],
    fresh: [u8; 32],
}

impl Randomness {
    /// Draws new randomness.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut randomness = Self { seed: [0; 32], fresh: [0; 32] };
        rng.fill_bytes(&mut randomness.seed);
        rng.fill_bytes(&mut randomness.fresh);
        randomness
    }

    /// Given randomness, for tests with fixed vectors only: a seed makes one ballot.
    pub fn from_bytes(seed: [u8; 32], fresh: [u8; 32]) -> Self {
        Self { seed, fresh }
    }
}

/// A ballot that is neither cast nor tested yet. It becomes one or the other, and its secrets are
/// wiped either way.
pub struct Prepared {
    ballot: Ballot,
    boxes: Vec<Vec<u8>>,
    challenge: Challenge,
    key: Point,
    nonce: Zeroizing<Scalar>,
    seed: Zeroizing<[u8; 32]>,
    disclosed_bits: Zeroizing<Vec<u8>>,
    election: [u8; 32],
}

/// Makes a ballot of a slot with public key `key` that replaces the ballot at index `supersedes`
/// ([`super::SUPERSEDES_NONE`] for none). No voter's secret is needed until it is cast.
pub fn prepare(manifest: &Manifest, choices: &Choices, slot: u32, key: &Point, supersedes: u64, randomness: &Randomness) -> Prepared {
    prepare_with(manifest, choices, (slot, key, supersedes), randomness, &|_, draft| draft.seal())
}

/// [`prepare`] with the way in which each teller's box is finished.
pub(super) fn prepare_with(
    manifest: &Manifest,
    choices: &Choices,
    (slot, key, supersedes): (u32, &Point, u64),
    randomness: &Randomness,
    finish: &dyn Fn(u8, BoxDraft<'_>) -> Vec<u8>,
) -> Prepared {
    let all_bits = choices.all_bits();
    let mut hasher = Hasher::new("isoloir/v1/nonce");
    hasher
        .field(&randomness.fresh)
        .field(&randomness.seed)
        .field(manifest.id().as_bytes())
        .field(&slot.to_be_bytes())
        .field(&supersedes.to_be_bytes())
        .field(key.bytes())
        .field(&all_bits);
    let nonce = Zeroizing::new(hasher.finish_scalar());
    let signature_commitment = Point::new(RistrettoPoint::mul_base(&nonce));
    let source = InnerSeed::derive(&randomness.seed, manifest, slot, supersedes, key, &signature_commitment, &all_bits);

    let Assembled { ballot, boxes, challenge } =
        assemble(manifest, choices, (slot, key, supersedes), &source, signature_commitment, finish);
    Prepared {
        ballot,
        boxes,
        challenge,
        key: *key,
        nonce,
        seed: Zeroizing::new(randomness.seed),
        disclosed_bits: disclosure::packed_bits(choices),
        election: *manifest.id().as_bytes(),
    }
}

impl Prepared {
    /// The fingerprint, to be shown before the voter decides to cast or to test.
    pub fn fingerprint(&self) -> Fingerprint {
        self.challenge.fingerprint()
    }

    /// The receipt code.
    pub fn code(&self) -> String {
        self.fingerprint().code()
    }

    /// Signs the ballot: the submission's bytes. `None` if `key` is not the slot's key.
    pub fn cast(mut self, key: &VoterKey) -> Option<Vec<u8>> {
        if key.public() != self.key {
            return None;
        }
        self.ballot.signature_response = *self.nonce + self.challenge.0 * key.scalar();
        let mut submission = self.ballot.encode();
        for sealed in &self.boxes {
            submission.extend_from_slice(sealed);
        }
        Some(submission)
    }

    /// Gives the ballot up for a test of the device: the disclosure's bytes. Never casts.
    pub fn disclose(self) -> Vec<u8> {
        [
            self.election.as_slice(),
            &self.ballot.slot.to_be_bytes(),
            &self.ballot.supersedes.to_be_bytes(),
            self.key.bytes(),
            self.ballot.signature_commitment.bytes(),
            self.seed.as_slice(),
            &self.disclosed_bits,
        ]
        .concat()
    }
}

/// The challenge of the ballot that a disclosed seed makes, given `R` instead of the nonce.
pub(super) fn recompute(
    manifest: &Manifest,
    choices: &Choices,
    slot: u32,
    key: &Point,
    supersedes: u64,
    seed: &[u8; 32],
    signature_commitment: &Point,
) -> Challenge {
    let source = InnerSeed::derive(seed, manifest, slot, supersedes, key, signature_commitment, &choices.all_bits());
    let target = (slot, key, supersedes);
    assemble(manifest, choices, target, &source, *signature_commitment, &|_, draft| draft.seal()).challenge
}

/// All that one teller's box is made of.
pub(super) struct BoxDraft<'a> {
    pub recipient: SealKey,
    pub statement: BoxStatement<'a>,
    pub ephemeral: Ephemeral,
    pub nonce: Zeroizing<Scalar>,
    pub share: Zeroizing<Vec<u8>>,
}

impl BoxDraft<'_> {
    pub fn seal(self) -> Vec<u8> {
        seal(&self.recipient, &self.statement, &self.ephemeral, *self.nonce, &self.share).bytes()
    }
}

/// A ballot without its signature, its boxes, and its challenge.
struct Assembled {
    ballot: Ballot,
    boxes: Vec<Vec<u8>>,
    challenge: Challenge,
}

fn assemble(
    manifest: &Manifest,
    choices: &Choices,
    (slot, key, supersedes): (u32, &Point, u64),
    source: &InnerSeed,
    signature_commitment: Point,
    finish: &dyn Fn(u8, BoxDraft<'_>) -> Vec<u8>,
) -> Assembled {
    let (openings, questions): (Vec<Opening>, Vec<QuestionPart>) = (0_u16..)
        .zip(&manifest.questions)
        .zip(choices.bits())
        .map(|((number, question), bits)| Opening::commit(source, number, question, bits, manifest.threshold))
        .unzip();
    let mut ballot = Ballot { slot, supersedes, questions, box_hashes: Vec::new(), signature_commitment, signature_response: Scalar::ZERO };
    let boxes: Vec<Vec<u8>> = (1_u8..)
        .zip(&manifest.tellers)
        .filter_map(|(teller, _)| {
            let draft = BoxDraft {
                recipient: manifest.teller_keys(teller)?.seal,
                statement: ballot.box_statement(manifest, key, teller),
                ephemeral: Ephemeral::derive(&ephemeral_ikm(&source.0, teller)),
                nonce: source.rand("box", 0, u16::from(teller), 0),
                share: share_of(&openings, teller),
            };
            Some(finish(teller, draft))
        })
        .collect();
    ballot.box_hashes = boxes.iter().map(|bytes| sha256(bytes)).collect();
    let challenge = ballot.challenge(manifest, key);
    for (part, opening) in ballot.questions.iter_mut().zip(&openings) {
        opening.respond(part, &challenge.0);
    }
    Assembled { ballot, boxes, challenge }
}

/// The plaintext of teller `j`'s box: for each question `σ_0(j) … σ_{n−1}(j) ‖ τ(j)`.
fn share_of(openings: &[Opening], teller: u8) -> Zeroizing<Vec<u8>> {
    let scalars: usize = openings.iter().map(|opening| opening.bits.len().saturating_add(1)).sum();
    // The whole capacity at once: a growing vector would leave copies behind.
    let mut share = Zeroizing::new(Vec::with_capacity(scalars.saturating_mul(32)));
    for opening in openings {
        opening.share(teller, &mut share);
    }
    share
}

/// `seed'`: 64 bytes from which all randomness of one ballot is derived.
#[derive(Zeroize, ZeroizeOnDrop)]
struct InnerSeed([u8; 64]);

impl InnerSeed {
    fn derive(
        seed: &[u8; 32],
        manifest: &Manifest,
        slot: u32,
        supersedes: u64,
        key: &Point,
        signature_commitment: &Point,
        all_bits: &[u8],
    ) -> Self {
        let mut hasher = Hasher::new("isoloir/v1/seed");
        hasher
            .field(seed)
            .field(manifest.id().as_bytes())
            .field(&slot.to_be_bytes())
            .field(&supersedes.to_be_bytes())
            .field(key.bytes())
            .field(signature_commitment.bytes())
            .field(all_bits);
        Self(hasher.finish())
    }

    /// `rand(name, q, a, b)`.
    fn rand(&self, name: &str, q: u16, a: u16, b: u16) -> Zeroizing<Scalar> {
        let mut hasher = Hasher::new("isoloir/v1/random");
        hasher.field(&self.0).field(name.as_bytes()).field(&q.to_be_bytes()).field(&a.to_be_bytes()).field(&b.to_be_bytes());
        Zeroizing::new(hasher.finish_scalar())
    }

    /// `rand(name, q, a, 0) … rand(name, q, a, count − 1)`.
    fn rands(&self, name: &str, q: u16, a: u16, count: usize) -> Zeroizing<Vec<Scalar>> {
        let numbers = (0_u16..).take(count);
        Zeroizing::new(numbers.map(|b| *self.rand(name, q, a, b)).collect())
    }
}

/// All secrets of one question. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Opening {
    bits: Vec<Scalar>,
    slack: Vec<Scalar>,
    r: Scalar,
    /// `a_{·,l}` and `ρ_l` for `l = 1 … t−1`.
    polynomials: Vec<(Vec<Scalar>, Scalar)>,
    alpha: Vec<Scalar>,
    beta: Vec<Scalar>,
    r_a: Scalar,
    r_s: Scalar,
    r_t: Scalar,
    r_c: Scalar,
    r_d: Scalar,
}

impl Opening {
    /// Commits to the bits of question `q`. The responses of the part are still to be filled in.
    fn commit(source: &InnerSeed, q: u16, question: &Question, bits: &QuestionBits, threshold: u8) -> (Self, QuestionPart) {
        let to_scalars = |bits: &[u8]| bits.iter().map(|bit| Scalar::from(*bit)).collect();
        let b: Vec<Scalar> = to_scalars(bits.choice.bits());
        let s: Vec<Scalar> = to_scalars(&bits.slack);
        let n = u16::try_from(b.len()).unwrap_or(u16::MAX);
        let polynomials: Vec<(Vec<Scalar>, Scalar)> =
            (1..u16::from(threshold)).map(|l| (source.rands("share", q, l, b.len()).to_vec(), *source.rand("share", q, l, n))).collect();
        let mut opening = Self {
            alpha: source.rands("mask", q, 0, b.len()).to_vec(),
            beta: source.rands("mask", q, 1, s.len()).to_vec(),
            r: *source.rand("r", q, 0, 0),
            r_a: *source.rand("r", q, 1, 0),
            r_s: *source.rand("r", q, 2, 0),
            r_t: *source.rand("r", q, 3, 0),
            r_c: *source.rand("r", q, 4, 0),
            r_d: *source.rand("r", q, 5, 0),
            bits: b,
            slack: s,
            polynomials,
        };
        opening.balance_masks(question);
        let part = opening.announce();
        (opening, part)
    }

    /// Replaces `α_0`, whose weight is 1, so that `Σ w_k·α_k + Σ w'_i·β_i = 0`.
    fn balance_masks(&mut self, question: &Question) {
        let weighted = |weights: &[u32], masks: &[Scalar]| -> Scalar {
            weights.iter().zip(masks).map(|(weight, mask)| Scalar::from(*weight) * mask).sum()
        };
        let slack = weighted(&question.slack_weights(), &self.beta);
        if let Some(first) = self.alpha.first_mut() {
            *first = Scalar::ZERO;
        }
        let others = weighted(&question.weights(), &self.alpha);
        if let Some(first) = self.alpha.first_mut() {
            *first = -(others + slack);
        }
    }

    fn announce(&self) -> QuestionPart {
        let one = Scalar::ONE;
        let masked = || self.alpha.iter().chain(&self.beta);
        let cross: Zeroizing<Vec<Scalar>> =
            Zeroizing::new(masked().zip(self.bits.iter().chain(&self.slack)).map(|(mask, bit)| mask * (one - (bit + bit))).collect());
        let squares: Zeroizing<Vec<Scalar>> = Zeroizing::new(masked().map(|mask| -(mask * mask)).collect());
        let slack = (!self.slack.is_empty()).then(|| SlackPart {
            S: Point::new(commit(&self.slack, &self.r_s)),
            T: Point::new(commit(&self.beta, &self.r_t)),
            z_S: Scalar::ZERO,
        });
        QuestionPart {
            B: Point::new(commit(&self.bits, &self.r)),
            V: self.polynomials.iter().map(|(coefficients, blinding)| Point::new(commit(coefficients, blinding))).collect(),
            slack,
            A: Point::new(commit(&self.alpha, &self.r_a)),
            C: Point::new(commit(&cross, &self.r_c)),
            D: Point::new(commit(&squares, &self.r_d)),
            f: Vec::new(),
            g: Vec::new(),
            z_B: Scalar::ZERO,
            z_C: Scalar::ZERO,
        }
    }

    fn respond(&self, part: &mut QuestionPart, x: &Scalar) {
        let respond = |secrets: &[Scalar], masks: &[Scalar]| -> Vec<Scalar> {
            secrets.iter().zip(masks).map(|(secret, mask)| x * secret + mask).collect()
        };
        part.f = respond(&self.bits, &self.alpha);
        part.g = respond(&self.slack, &self.beta);
        part.z_B = x * self.r + self.r_a;
        part.z_C = x * self.r_c + self.r_d;
        if let Some(slack) = &mut part.slack {
            slack.z_S = x * self.r_s + self.r_t;
        }
    }

    /// Appends `σ_0(j) … σ_{n−1}(j) ‖ τ(j)`.
    fn share(&self, teller: u8, out: &mut Vec<u8>) {
        let j = Scalar::from(teller);
        for (position, bit) in self.bits.iter().enumerate() {
            let coefficients = self.polynomials.iter().map(|(coefficients, _)| coefficients.get(position).unwrap_or(&Scalar::ZERO));
            let mut value = evaluate(bit, coefficients, &j);
            out.extend_from_slice(value.as_bytes());
            value.zeroize();
        }
        let blindings = self.polynomials.iter().map(|(_, blinding)| blinding);
        let mut value = evaluate(&self.r, blindings, &j);
        out.extend_from_slice(value.as_bytes());
        value.zeroize();
    }
}

/// `constant + Σ_l coefficient_l·j^l`.
fn evaluate<'a>(constant: &Scalar, coefficients: impl Iterator<Item = &'a Scalar>, j: &Scalar) -> Scalar {
    let mut power = Scalar::ONE;
    let mut sum = *constant;
    for coefficient in coefficients {
        power *= j;
        sum += coefficient * power;
    }
    sum
}
