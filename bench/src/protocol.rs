//! What the protocol's steps cost, as ratios to one variable-base multiplication measured in the same
//! run: machines are noisy, ratios are not. Prints a table; `cargo xtask bench`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a program that measures and ends"
)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use curve25519_dalek::{RistrettoPoint, Scalar};
use isoloir_protocol::{
    ballot::{Ballot, Choice, Choices, Randomness, Statement, Submission, prepare, verify_batch},
    code::Code,
    credential::{CodePart, PartContext, VoterKey},
    group::Point,
    manifest::Manifest,
    rand_core::UnwrapErr,
    sealed_box,
};

/// Rounds of which the best counts.
const ROUNDS: usize = 5;

/// The election of the vectors with one question, three options and blank, three tellers, `t` = 2.
const BALLOT_1: &str = include_str!("../../spec/vectors/ballot-1.json");

fn main() {
    let vectors: serde_json::Value = serde_json::from_str(BALLOT_1).expect("the vectors");
    let manifest = Manifest::parse(vectors["manifest"].as_str().unwrap().as_bytes()).expect("a manifest");
    let mut rng = UnwrapErr(getrandom::SysRng);

    let scalar = Scalar::random(&mut rng);
    let point = RistrettoPoint::random(&mut rng);
    let unit = best(2_000, || {
        black_box(black_box(scalar) * black_box(point));
    });

    let voters: Vec<Voter> = (1..=512).map(|slot| Voter::new(&manifest, slot)).collect();
    let made: Vec<Vec<u8>> = voters.iter().map(|voter| voter.submission(&manifest)).collect();
    let statements = || -> Vec<Statement> { made.iter().zip(&voters).map(|(bytes, voter)| voter.statement(&manifest, bytes)).collect() };
    let one = statements().remove(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);

    println!("unit: one variable-base multiplication, {:.1} µs; {threads} cores\n", micros(unit));
    println!("{:<58}{:>10}{:>12}", "step", "× unit", "µs each");
    let row = |name: &str, time: Duration| {
        println!("{name:<58}{:>10.2}{:>12.1}", time.as_secs_f64() / unit.as_secs_f64(), micros(time));
    };

    row(
        "make and sign a ballot (1 question, 3 options + blank)",
        best(50, || {
            black_box(voters[0].submission(&manifest));
        }),
    );
    row(
        "decode a public ballot",
        best(500, || {
            black_box(Ballot::decode(&manifest, &made[0][..manifest.ballot_len()]).unwrap());
        }),
    );
    row(
        "verify one ballot alone",
        best(100, || {
            black_box(one.clone().verify(&manifest).unwrap());
        }),
    );
    let batch = best_of(ROUNDS, || {
        let statements = statements();
        let start = Instant::now();
        assert!(verify_batch(&manifest, statements, &mut UnwrapErr(getrandom::SysRng)).iter().all(Result::is_ok));
        start.elapsed()
    });
    row("verify a ballot in a batch of 512, one core", batch / 512);

    let many: Vec<Statement> = (0..16).flat_map(|_| statements()).collect();
    let parallel = best_of(3, || {
        let statements = many.clone();
        let start = Instant::now();
        assert!(verify_batch(&manifest, statements, &mut UnwrapErr(getrandom::SysRng)).iter().all(Result::is_ok));
        start.elapsed()
    });
    row("verify a ballot in 8,192, all cores", parallel / 8_192);

    let submissions: Vec<Submission> = made.iter().map(|bytes| Submission::decode(&manifest, bytes).unwrap()).collect();
    let boxes = || -> Vec<_> {
        submissions
            .iter()
            .zip(&voters)
            .flat_map(|(submission, voter)| {
                (1_u8..)
                    .zip(submission.boxes())
                    .map(|(teller, bytes)| (submission.ballot().box_statement(&manifest, &voter.public, teller), bytes.as_slice()))
            })
            .collect()
    };
    let boxes_time = best_of(ROUNDS, || {
        let boxes = boxes();
        let start = Instant::now();
        assert!(sealed_box::check_batch(&manifest, &boxes, &mut UnwrapErr(getrandom::SysRng)).iter().all(Result::is_ok));
        start.elapsed()
    });
    row("check the three boxes of a ballot in a batch, one core", boxes_time / 512);
    println!("\npublic ballot {} bytes, submission {} bytes", manifest.ballot_len(), manifest.submission_len());
}

struct Voter {
    slot: u32,
    key: VoterKey,
    public: Point,
}

impl Voter {
    fn new(manifest: &Manifest, slot: u32) -> Self {
        let context = PartContext { roll_scope: manifest.roll_scope(), registrar: 0, slot };
        let code = Code::generate(&mut UnwrapErr(getrandom::SysRng));
        let key = VoterKey::from_parts(&[CodePart::derive(context, &code).unwrap()]).unwrap();
        let public = key.public();
        Self { slot, key, public }
    }

    fn submission(&self, manifest: &Manifest) -> Vec<u8> {
        let choice = Choice::from_options(&manifest.questions[0], &[1], false);
        let choices = Choices::new(manifest, vec![choice]).unwrap();
        let randomness = Randomness::generate(&mut UnwrapErr(getrandom::SysRng));
        prepare(manifest, &choices, self.slot, &self.public, u64::MAX, &randomness).cast(&self.key).unwrap()
    }

    fn statement(&self, manifest: &Manifest, submission: &[u8]) -> Statement {
        let ballot = Ballot::decode(manifest, &submission[..manifest.ballot_len()]).unwrap();
        Statement::new(manifest, ballot, self.public)
    }
}

/// The best time of one call, over rounds of `count` calls.
fn best(count: u32, mut call: impl FnMut()) -> Duration {
    best_of(ROUNDS, || {
        let start = Instant::now();
        (0..count).for_each(|_| call());
        start.elapsed() / count
    })
}

fn best_of(rounds: usize, mut round: impl FnMut() -> Duration) -> Duration {
    (0..rounds).map(|_| round()).min().unwrap_or_default()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
