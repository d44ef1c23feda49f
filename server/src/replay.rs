//! From the store to the state: at start, and after a commit of which nobody knows what became.

use std::{collections::BTreeMap, sync::Arc};

use isoloir_protocol::{
    ballot::{Ballot, verify_batch},
    election::{Refusal, Replay, ReplayError},
    log::{
        checkpoint,
        entry::{self, Entry, Kind as EntryKind},
    },
    manifest::Manifest,
    rand_core::UnwrapErr,
    signature::SignSecret,
};
use thiserror::Error;

use crate::{
    log::{Log, State},
    problem::{Kind, Problem},
    store::{LogNumber, LogRow, Store, StoreError},
    witnesses::Brought,
};

/// Leaves that are read and replayed at once.
const LEAVES: u64 = 4_096;

/// Why a stored log cannot be served.
#[derive(Debug, Error)]
pub(crate) enum LoadError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored is not a log.
    #[error("{0}")]
    Damaged(String),
}

/// Replays a stored log, checks every entry of it, and compares it with its checkpoint.
pub(crate) async fn load(store: &dyn Store, row: &LogRow, key: Option<&SignSecret>) -> Result<State, LoadError> {
    let head = store.head(row.number).await?;
    let mut state = State::default();
    let mut replay = Replay::new();
    while replay.election().size() < head.size {
        let first = replay.election().size();
        let (leaves, data) = read(store, row.number, first, head.size).await?;
        for (index, leaf) in (first..).zip(&leaves) {
            state.remember(index, leaf);
        }
        let replayed = tokio::task::spawn_blocking(move || {
            let result = replay.push(&leaves, &data, &mut UnwrapErr(getrandom::SysRng));
            (replay, result)
        });
        let result;
        (replay, result) = replayed.await.map_err(|error| damaged(error.to_string()))?;
        result.map_err(|error| damaged(error.to_string()))?;
    }
    state.election = replay.finish();
    let manifest = state.election.shared_manifest().ok_or_else(|| damaged("it is empty"))?;
    if row.election != Some(manifest.id()) {
        return Err(damaged("it is the log of another election"));
    }
    if manifest.log.origin != row.log.origin || key.is_some_and(|key| *manifest.log_key() != key.public()) {
        return Err(damaged("its manifest names another log or key"));
    }
    state.checkpoint = head.checkpoint.unwrap_or_default();
    compare(&state, &manifest)?;
    for kept in store.cosigned(row.number).await? {
        take_over(&mut state, &manifest, &kept.note);
    }
    Ok(state)
}

/// Applies what the store has more than the state, which is at most what this server tried to commit,
/// or what another process has committed meanwhile.
pub(crate) async fn catch_up(log: &Arc<Log>) -> Result<(), Problem> {
    let store = log.store.as_ref();
    let head = store.head(log.number()).await?;
    loop {
        let first = log.read(|state| state.election.size());
        if first > head.size {
            return Err(damaged_problem("the store has lost entries"));
        }
        if first == head.size {
            break;
        }
        let (leaves, data) = read(store, log.number(), first, head.size).await?;
        let shared = log.clone();
        let applied = tokio::task::spawn_blocking(move || apply(&shared, first, &leaves, &data));
        applied.await.map_err(|_| Kind::Internal)??;
    }
    let note = head.checkpoint.unwrap_or_default();
    log.write(|state| state.checkpoint = note);
    log.read(|state| compare(state, log.manifest())).map_err(|error| damaged_problem(&error.to_string()))
}

/// Takes over the cosignatures that another process has kept.
pub(crate) async fn take_cosigned(log: &Log) -> Result<(), Problem> {
    for kept in log.store.cosigned(log.number()).await? {
        // What is not replayed yet comes with the next entries.
        let known = |state: &State| kept.size > state.election.size() || state.cosignatures.note(kept.size).as_ref() == Some(&kept.note);
        if !log.read(known) {
            log.write(|state| take_over(state, log.manifest(), &kept.note));
        }
    }
    Ok(())
}

type Data = BTreeMap<[u8; 32], Vec<u8>>;

/// The next leaves with their data.
async fn read(store: &dyn Store, log: LogNumber, first: u64, size: u64) -> Result<(Vec<Vec<u8>>, Data), StoreError> {
    let end = first.saturating_add(LEAVES).min(size);
    let leaves = store.leaves(log, first..end).await?;
    if leaves.is_empty() {
        return Err(StoreError::Damaged("entries are missing"));
    }
    let mut data = Data::new();
    for leaf in &leaves {
        let hash = Entry::decode(leaf).ok().and_then(|entry| entry::data_of(&entry).ok().flatten());
        let Some(hash) = hash else { continue };
        let mut bytes = Vec::new();
        for piece in 0_u32.. {
            let Some(next) = store.data_piece(log, &hash, piece).await? else { break };
            bytes.extend_from_slice(&next);
        }
        data.insert(hash, bytes);
    }
    Ok((leaves, data))
}

fn apply(log: &Log, first: u64, leaves: &[Vec<u8>], data: &Data) -> Result<(), Problem> {
    let is_ballot = |leaf: &[u8]| leaf.first() == Some(&(EntryKind::Ballot as u8));
    let mut index = first;
    // Ballots that stand together are proven together.
    for run in leaves.chunk_by(|one, next| is_ballot(one) && is_ballot(next)) {
        match run {
            [leaf] if !is_ballot(leaf) => apply_entry(log, index, leaf, data)?,
            ballots => apply_ballots(log, index, ballots)?,
        }
        index = index.saturating_add(u64::try_from(run.len()).unwrap_or(u64::MAX));
    }
    Ok(())
}

fn apply_entry(log: &Log, index: u64, leaf: &[u8], data: &Data) -> Result<(), Problem> {
    let hash = Entry::decode(leaf).ok().and_then(|entry| entry::data_of(&entry).ok().flatten());
    let data = hash.and_then(|hash| data.get(&hash)).map_or([].as_slice(), Vec::as_slice);
    log.write(|state| {
        let applied = state.election.apply(leaf, data, &mut UnwrapErr(getrandom::SysRng));
        applied.map_err(|refusal| refused(index, refusal))?;
        state.remember(index, leaf);
        Ok(())
    })
}

/// Keys change by other entries only, so that the proofs can be checked before the first of the ballots is applied.
fn apply_ballots(log: &Log, first: u64, leaves: &[Vec<u8>]) -> Result<(), Problem> {
    let manifest = log.manifest();
    let mut times = Vec::with_capacity(leaves.len());
    let mut statements = Vec::with_capacity(leaves.len());
    for (index, leaf) in (first..).zip(leaves) {
        let entry = Entry::decode(leaf).map_err(|error| refused(index, Refusal::Leaf(error)))?;
        let ballot = Ballot::decode(manifest, &entry.body);
        let ballot = ballot.map_err(|error| refused(index, Refusal::Body { kind: entry.kind, error }))?;
        times.push(entry.time);
        statements.push(log.read(|state| state.election.statement(ballot)).map_err(|refusal| refused(index, refusal))?);
    }
    let slots: Vec<u32> = statements.iter().map(|statement| statement.ballot().slot()).collect();
    let verdicts = verify_batch(manifest, statements, &mut UnwrapErr(getrandom::SysRng));
    let mut proven = Vec::with_capacity(leaves.len());
    for ((index, slot), verdict) in (first..).zip(slots).zip(verdicts) {
        proven.push(verdict.map_err(|error| refused(index, Refusal::Ballot { slot, error }))?);
    }
    log.write(|state| {
        for (((index, leaf), time), ballot) in (first..).zip(leaves).zip(times).zip(&proven) {
            let applied = state.election.apply_proven(ballot, time).map_err(|refusal| refused(index, refusal))?;
            if applied != *leaf {
                return Err(damaged_problem("a ballot is not written as it must be"));
            }
        }
        Ok(())
    })
}

fn refused(index: u64, refusal: Refusal) -> Problem {
    damaged_problem(&ReplayError { index, refusal }.to_string())
}

/// Whether the checkpoint is signed by the log and of exactly this state.
fn compare(state: &State, manifest: &Manifest) -> Result<(), LoadError> {
    let opened = checkpoint::open(&state.checkpoint, manifest).map_err(|error| damaged(format!("its checkpoint: {error}")))?;
    let election = &state.election;
    if opened.checkpoint.size != election.size() || opened.checkpoint.root != election.root() {
        return Err(damaged("its entries are not those of its checkpoint"));
    }
    Ok(())
}

/// Takes over a stored cosigned checkpoint as if a witness had just brought it. One that does not fit
/// is left out: it shows a fork to whoever holds it, and nothing to those who read this server.
fn take_over(state: &mut State, manifest: &Manifest, note: &str) {
    let root_at = |size| state.election.tree().root_at(size);
    match Brought::verify(manifest, note, root_at) {
        Ok(brought) => {
            if let Some(change) = state.cosignatures.plan(brought) {
                state.cosignatures.make(change);
            }
        }
        Err(error) => tracing::error!(?error, "a kept checkpoint is not of this log"),
    }
}

fn damaged(why: impl Into<String>) -> LoadError {
    LoadError::Damaged(why.into())
}

fn damaged_problem(why: &str) -> Problem {
    tracing::error!(why, "a stored log does not replay");
    Problem::from(Kind::Damaged).with("why", why)
}
