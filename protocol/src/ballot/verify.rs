//! Checking ballots, one or many at once (section 4, "Checks").

use chacha20::ChaCha20Rng;
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar, traits::IsIdentity};
use rand_core::{CryptoRng, SeedableRng};
use thiserror::Error;

use super::{Ballot, Challenge, Fingerprint, QuestionPart};
use crate::{
    credential::random_weight,
    group::{BASEPOINT, Point, blinding_generator, commit_vartime, option_generators, sum_vartime},
    manifest::Manifest,
    question::Question,
};

/// Ballots whose equations are added into one multiscalar multiplication at most; larger batches
/// gain little and cost memory.
const CHUNK: usize = 512;

/// And at least, where several cores share the work: smaller ones cost more than they gain.
#[cfg(feature = "parallel")]
const LEAST: usize = 32;

/// One of the checks of section 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BallotCheck {
    /// `Com(f; z_B) = x·B + A`.
    Bits,
    /// `Com(g; z_S) = x·S + T`.
    Slack,
    /// `Com(f(x−f) …; z_C) = x·C + D`.
    Product,
    /// `Σ w·f + Σ w'·g = max·x`.
    Sum,
    /// `z·G = R + x·K`.
    Signature,
    /// `x ≠ 0`.
    Challenge,
}

/// A ballot's proof fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("check {check:?} fails (question {question:?})")]
pub struct BallotError {
    /// The first check that fails.
    pub check: BallotCheck,
    /// The question it is about, from 0, if it is about one.
    pub question: Option<usize>,
}

/// A ballot with the key under which it must verify: the slot's at the ballot's entry.
#[derive(Debug, Clone)]
pub struct Statement {
    ballot: Ballot,
    key: Point,
    challenge: Challenge,
}

impl Statement {
    /// The statement that `ballot` is valid under `key`.
    pub fn new(manifest: &Manifest, ballot: Ballot, key: Point) -> Self {
        let challenge = ballot.challenge(manifest, &key);
        Self { ballot, key, challenge }
    }

    /// The ballot.
    pub fn ballot(&self) -> &Ballot {
        &self.ballot
    }

    /// The slot's key `K`.
    pub fn key(&self) -> &Point {
        &self.key
    }

    /// The fingerprint of the ballot under this key.
    pub fn fingerprint(&self) -> Fingerprint {
        self.challenge.fingerprint()
    }

    /// All checks that fail, each once, in the order of section 4; none for a valid ballot.
    pub fn failing(&self, manifest: &Manifest) -> Vec<BallotCheck> {
        let mut failing: Vec<BallotCheck> = self.failures(manifest).map(|failure| failure.check).collect();
        failing.sort();
        failing.dedup();
        failing
    }

    /// Succeeds if the ballot is valid; each equation is checked by itself.
    pub fn verify(self, manifest: &Manifest) -> Result<Proven, BallotError> {
        let failure = self.failures(manifest).next();
        failure.map_or(Ok(Proven(self)), Err)
    }

    /// Takes the word of another for it, who must be trusted as much as oneself: another process of the same server that
    /// has verified this ballot under this key.
    pub fn vouched(self) -> Proven {
        Proven(self)
    }

    /// The voter's signature alone: the cheapest check that nobody passes without the voter's key.
    pub fn check_signature(&self) -> Result<(), BallotError> {
        let response = &self.ballot.signature_response;
        let found = RistrettoPoint::vartime_double_scalar_mul_basepoint(&-self.challenge.0, &self.key.element(), response);
        if found == self.ballot.signature_commitment.element() {
            return Ok(());
        }
        Err(BallotError { check: BallotCheck::Signature, question: None })
    }

    fn failures<'a>(&'a self, manifest: &'a Manifest) -> impl Iterator<Item = BallotError> + 'a {
        let x = self.challenge.0;
        let ballot = &self.ballot;
        let failure = |check, question| BallotError { check, question };
        let zero = (x == Scalar::ZERO).then(|| failure(BallotCheck::Challenge, None));
        let questions = ballot.questions.iter().zip(&manifest.questions).enumerate().flat_map(move |(number, (part, question))| {
            let check = |holds: bool, check| (!holds).then_some(failure(check, Some(number)));
            [
                check(sum_holds(part, question, &x), BallotCheck::Sum),
                check(bits_hold(part, &x), BallotCheck::Bits),
                check(slack_holds(part, &x), BallotCheck::Slack),
                check(product_holds(part, &x), BallotCheck::Product),
            ]
            .into_iter()
            .flatten()
        });
        let signature = core::iter::once_with(|| self.check_signature().err()).flatten();
        zero.into_iter().chain(questions).chain(signature)
    }
}

/// A statement whose ballot was found valid, by [`verify_batch`] or [`Statement::verify`], here or
/// ([`Statement::vouched`]) elsewhere.
#[derive(Debug, Clone)]
pub struct Proven(Statement);

impl Proven {
    /// The statement that holds.
    pub fn statement(&self) -> &Statement {
        &self.0
    }
}

/// Checks many ballots at once: the verdict on each, in order. A bad ballot costs only itself.
/// With the feature `parallel`, all cores share the work.
pub fn verify_batch(manifest: &Manifest, statements: Vec<Statement>, rng: &mut impl CryptoRng) -> Vec<Result<Proven, BallotError>> {
    #[cfg(feature = "parallel")]
    let chunk = statements.len().div_ceil(rayon::current_num_threads().max(1)).clamp(LEAST, CHUNK);
    #[cfg(not(feature = "parallel"))]
    let chunk = CHUNK;
    let mut seeds = vec![[0_u8; 32]; statements.len().div_ceil(chunk)];
    seeds.iter_mut().for_each(|seed| rng.fill_bytes(seed));
    let chunks: Vec<(&[Statement], [u8; 32])> = statements.chunks(chunk).zip(seeds).collect();
    let verify = |(chunk, seed): (&[Statement], [u8; 32])| failing_in(manifest, chunk, seed);
    #[cfg(feature = "parallel")]
    let failing: Vec<Vec<bool>> = {
        use rayon::prelude::*;
        chunks.into_par_iter().map(verify).collect()
    };
    #[cfg(not(feature = "parallel"))]
    let failing: Vec<Vec<bool>> = chunks.into_iter().map(verify).collect();

    statements
        .into_iter()
        .zip(failing.into_iter().flatten())
        .map(|(statement, fails)| {
            if fails {
                // Names the check; a statement can fail only if one of its equations does.
                statement.verify(manifest)
            } else {
                Ok(Proven(statement))
            }
        })
        .collect()
}

/// For each statement, whether it fails.
fn failing_in(manifest: &Manifest, statements: &[Statement], seed: [u8; 32]) -> Vec<bool> {
    let mut weights = WeightSource::new(seed);
    let numbered: Vec<(usize, &Statement)> = statements.iter().enumerate().collect();
    let mut failing = vec![false; statements.len()];
    let bad = bisect(&numbered, &mut |part| {
        part.iter().all(|(_, statement)| scalars_hold(statement, manifest))
            && equations_hold(part.iter().map(|(_, statement)| *statement), &mut weights)
    });
    for (position, _) in bad {
        if let Some(flag) = failing.get_mut(*position) {
            *flag = true;
        }
    }
    failing
}

/// The items that fail by themselves: if `holds` fails for all, halves are tried.
pub(crate) fn bisect<'a, T>(items: &'a [T], holds: &mut impl FnMut(&[T]) -> bool) -> Vec<&'a T> {
    if items.is_empty() || holds(items) {
        return Vec::new();
    }
    if let [only] = items {
        return vec![only];
    }
    let (left, right) = items.split_at(items.len().div_ceil(2));
    let mut bad = bisect(left, holds);
    bad.extend(bisect(right, holds));
    bad
}

/// The exact conditions on scalars: `x ≠ 0` and the sums.
fn scalars_hold(statement: &Statement, manifest: &Manifest) -> bool {
    let x = &statement.challenge.0;
    *x != Scalar::ZERO && statement.ballot.questions.iter().zip(&manifest.questions).all(|(part, question)| sum_holds(part, question, x))
}

fn sum_holds(part: &QuestionPart, question: &Question, x: &Scalar) -> bool {
    let weighted = |weights: Vec<u32>, responses: &[Scalar]| -> Scalar {
        weights.iter().zip(responses).map(|(weight, f)| Scalar::from(*weight) * f).sum()
    };
    weighted(question.weights(), &part.f) + weighted(question.slack_weights(), &part.g) == Scalar::from(question.max) * x
}

fn bits_hold(part: &QuestionPart, x: &Scalar) -> bool {
    commit_vartime(&part.f, &part.z_B) == x * part.B.element() + part.A.element()
}

fn slack_holds(part: &QuestionPart, x: &Scalar) -> bool {
    part.slack.as_ref().is_none_or(|slack| commit_vartime(&part.g, &slack.z_S) == x * slack.S.element() + slack.T.element())
}

fn product_holds(part: &QuestionPart, x: &Scalar) -> bool {
    let products: Vec<Scalar> = part.f.iter().chain(&part.g).map(|response| response * (x - response)).collect();
    commit_vartime(&products, &part.z_C) == x * part.C.element() + part.D.element()
}

/// Random 128-bit factors from a seed that the verifier drew.
struct WeightSource(ChaCha20Rng);

impl WeightSource {
    fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    fn next(&mut self) -> Scalar {
        random_weight(&mut self.0)
    }
}

/// One multiscalar multiplication for the point equations of all statements.
fn equations_hold<'a>(statements: impl Iterator<Item = &'a Statement>, weights: &mut WeightSource) -> bool {
    let mut sum = EquationSum::default();
    for statement in statements {
        let x = statement.challenge.0;
        let ballot = &statement.ballot;
        for part in &ballot.questions {
            let weight = weights.next();
            sum.commitment(&part.f, &part.z_B, weight);
            sum.subtract(weight * x, &part.B);
            sum.subtract(weight, &part.A);
            if let Some(slack) = &part.slack {
                let weight = weights.next();
                sum.commitment(&part.g, &slack.z_S, weight);
                sum.subtract(weight * x, &slack.S);
                sum.subtract(weight, &slack.T);
            }
            let weight = weights.next();
            let products: Vec<Scalar> = part.f.iter().chain(&part.g).map(|response| response * (x - response)).collect();
            sum.commitment(&products, &part.z_C, weight);
            sum.subtract(weight * x, &part.C);
            sum.subtract(weight, &part.D);
        }
        let weight = weights.next();
        sum.base += weight * ballot.signature_response;
        sum.subtract(weight, &ballot.signature_commitment);
        sum.subtract(weight * x, &statement.key);
    }
    sum.vanishes()
}

/// `Σ values_k·G_k + blinding·H + base·G + Σ scalar·point`, to be compared with zero.
#[derive(Default)]
struct EquationSum {
    values: Vec<Scalar>,
    blinding: Scalar,
    base: Scalar,
    scalars: Vec<Scalar>,
    points: Vec<RistrettoPoint>,
}

impl EquationSum {
    fn commitment(&mut self, values: &[Scalar], blinding: &Scalar, weight: Scalar) {
        if self.values.len() < values.len() {
            self.values.resize(values.len(), Scalar::ZERO);
        }
        for (total, value) in self.values.iter_mut().zip(values) {
            *total += weight * value;
        }
        self.blinding += weight * blinding;
    }

    fn subtract(&mut self, scalar: Scalar, point: &Point) {
        self.scalars.push(-scalar);
        self.points.push(point.element());
    }

    fn vanishes(mut self) -> bool {
        self.scalars.extend_from_slice(&self.values);
        self.points.extend(option_generators().iter().take(self.values.len()));
        self.scalars.extend([self.blinding, self.base]);
        self.points.extend([blinding_generator(), BASEPOINT]);
        sum_vartime(&self.scalars, &self.points).is_identity()
    }
}
