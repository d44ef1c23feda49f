//! What a batch must satisfy, on all cores and away from the threads that answer requests.

use isoloir_protocol::{
    ballot::{Proven, Statement, Submission, verify_batch},
    election::{Admitted, Refusal},
    manifest::Manifest,
    rand_core::UnwrapErr,
    sealed_box::{self, BoxContext, BoxError, BoxStatement},
};
use rayon::prelude::*;

use crate::log::Log;

/// Ballots whose boxes are checked by one thread at a time.
const CHUNK: usize = 128;

/// A submission that may be appended.
pub(super) struct Checked {
    pub proven: Proven,
    pub public: Vec<u8>,
    pub boxes: Vec<Vec<u8>>,
}

/// Whether an entry may come next, and what appending it takes.
pub(super) fn entry(log: &Log, leaf: &[u8], data: &[u8]) -> Result<Admitted, Refusal> {
    log.read(|state| state.election().admit(leaf, data, &mut rng()))
}

/// The verdict on each ballot, in order: rules, proofs, boxes. A bad ballot costs only itself. Proofs
/// come before boxes, since a wrong code shows in both and is to be named for what it is. If the caller is
/// `wary`, each signature is looked at first: that costs a third more where all is well, and keeps a flood of
/// junk out of the batch, where every bad ballot makes its neighbours be checked again.
pub(super) fn ballots(log: &Log, submissions: Vec<Submission>, time: u64, wary: bool) -> Vec<Result<Checked, Refusal>> {
    let manifest = log.manifest();
    let opened: Vec<Result<Opened, Refusal>> = log.read(|state| {
        let open = |submission: Submission| {
            let (ballot, public, boxes) = submission.into_parts();
            state.election().check_ballot_rules(&ballot, time)?;
            let statement = state.election().statement(ballot)?;
            if wary {
                let slot = statement.ballot().slot();
                statement.check_signature().map_err(|error| Refusal::Ballot { slot, error })?;
            }
            Ok(Opened { statement, public, boxes })
        };
        submissions.into_par_iter().map(open).collect()
    });
    let proven = prove(manifest, opened);
    proven.into_par_iter().chunks(CHUNK).flat_map_iter(|chunk| check_boxes(manifest, chunk)).collect()
}

/// A ballot that keeps the rules, with the key under which it must verify.
struct Opened {
    statement: Statement,
    public: Vec<u8>,
    boxes: Vec<Vec<u8>>,
}

/// The proofs of the ballots that keep the rules, as one batch.
fn prove(manifest: &Manifest, ballots: Vec<Result<Opened, Refusal>>) -> Vec<Result<Checked, Refusal>> {
    let mut statements = Vec::with_capacity(ballots.len());
    let mut rest = Vec::with_capacity(ballots.len());
    for ballot in ballots {
        rest.push(ballot.map(|Opened { statement, public, boxes }| {
            let slot = statement.ballot().slot();
            statements.push(statement);
            (slot, public, boxes)
        }));
    }
    let mut verdicts = verify_batch(manifest, statements, &mut rng()).into_iter();
    rest.into_iter()
        .map(|ballot| {
            let (slot, public, boxes) = ballot?;
            // Invariant: there is a verdict on every statement.
            let verdict = verdicts.next().ok_or(Refusal::UnknownSlot { slot })?;
            let proven = verdict.map_err(|error| Refusal::Ballot { slot, error })?;
            Ok(Checked { proven, public, boxes })
        })
        .collect()
}

/// The box check on every box of some ballots.
fn check_boxes(manifest: &Manifest, ballots: Vec<Result<Checked, Refusal>>) -> Vec<Result<Checked, Refusal>> {
    let ballots: Vec<Result<Checked, Refusal>> = ballots.into_iter().map(|ballot| ballot.and_then(Checked::check_hashes)).collect();
    let mut owners = Vec::new();
    let mut boxes = Vec::new();
    for (position, ballot) in ballots.iter().enumerate() {
        for (teller, statement, bytes) in ballot.iter().flat_map(|ballot| ballot.statements(manifest)) {
            owners.push((position, teller));
            boxes.push((statement, bytes));
        }
    }
    let verdicts = sealed_box::check_batch(manifest, &boxes, &mut rng());
    drop(boxes);
    // Of each ballot the first box that fails.
    let mut wrong = owners.into_iter().zip(verdicts).filter_map(|(owner, verdict)| Some((owner, verdict.err()?))).peekable();
    let mut checked = Vec::with_capacity(ballots.len());
    for (position, ballot) in ballots.into_iter().enumerate() {
        let mut first = None;
        while let Some(((_, teller), error)) = wrong.next_if(|((owner, _), _)| *owner == position) {
            first.get_or_insert((teller, error));
        }
        checked.push(match (ballot, first) {
            (Ok(ballot), Some((teller, error))) => Err(ballot.refuse_box(teller, error)),
            (ballot, _) => ballot,
        });
    }
    checked
}

impl Checked {
    fn refuse_box(&self, teller: u8, error: BoxError) -> Refusal {
        Refusal::Box { slot: self.proven.statement().ballot().slot(), teller, error }
    }

    fn check_hashes(self) -> Result<Self, Refusal> {
        let ballot = self.proven.statement().ballot();
        let mut boxes = (1..).zip(&self.boxes);
        let wrong = boxes.find_map(|(teller, bytes)| {
            let error = sealed_box::check_hash(ballot, teller, bytes).err()?;
            Some(self.refuse_box(teller, error))
        });
        wrong.map_or(Ok(self), Err)
    }

    /// Each box with what its proof is about.
    fn statements<'a>(&'a self, manifest: &'a Manifest) -> impl Iterator<Item = (u8, BoxStatement<'a>, &'a [u8])> {
        let statement = self.proven.statement();
        let ballot = statement.ballot();
        (1..).zip(&self.boxes).map(move |(teller, bytes)| {
            let about = BoxStatement {
                context: BoxContext { election: manifest.id(), slot: ballot.slot(), teller },
                supersedes: ballot.supersedes(),
                key: statement.key().bytes(),
                commitments: ballot.commitments().map(|point| point.bytes()).collect(),
            };
            (teller, about, bytes.as_slice())
        })
    }
}

fn rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}
