//! From the store to the state: at start, and after a commit of which nobody knows what became.

use std::{collections::BTreeMap, sync::Arc};

use isoloir_protocol::{
    ballot::{Ballot, Proven, verify_batch},
    election::{Election, Replay, ReplayError},
    log::{
        checkpoint,
        entry::{self, Entry, Kind as EntryKind},
        tree::leaf_hash,
    },
    manifest::Manifest,
    rand_core::UnwrapErr,
    signature::SignSecret,
};
use thiserror::Error;
use tokio::task::JoinHandle;

use crate::{
    log::{Log, Shared, State},
    problem::{Kind, Problem},
    store::{LogNumber, LogRow, Store, StoreError},
    witnesses::Brought,
};

/// Leaves that are read and replayed at once.
const LEAVES: u64 = 4_096;

/// Leaves among which ballots are recalled at once, while others wait for the state.
const RECALLED: u64 = 1_024;

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

/// Reads a stored log and compares it with its checkpoint. Whoever holds the log's `key` finds its own signature under what it has
/// checked before, and leaves the arithmetic to [`crate::recheck`]; without the key every proof is checked here.
pub(crate) async fn load(store: &Arc<dyn Store>, row: &LogRow, key: Option<&SignSecret>) -> Result<State, LoadError> {
    let head = store.head(row.number).await?;
    let shared = Shared::default();
    shared.write(|state| state.election = Election::light());
    let mut ahead = key.is_some().then(|| read_ahead(store, row.number, 0, head.size));
    let mut first = 0;
    while first < head.size {
        let (mut leaves, data) = match ahead.take() {
            Some(reading) => reading.await.map_err(|error| damaged(error.to_string()))??,
            None => read(store.as_ref(), row.number, first, head.size).await?,
        };
        let next = first.saturating_add(u64::try_from(leaves.len()).unwrap_or(u64::MAX));
        if key.is_some() && next < head.size {
            ahead = Some(read_ahead(store, row.number, next, head.size));
        }
        shared.write(|state| (first..).zip(&leaves).for_each(|(index, leaf)| state.remember(index, leaf)));
        first = next;
        let data = Arc::new(data);
        while let Some(entry) = leaves.first().map(|leaf| Entry::decode(leaf)) {
            if let Ok(entry) = entry {
                recall(store.as_ref(), row.number, &shared, &entry, data_of(&entry, &data)).await?;
            }
            // One that is checked against ballots comes first of what is taken over together.
            let others = leaves.iter().skip(1).position(|leaf| is_any(leaf, &[EntryKind::Report, EntryKind::Sums]));
            let after = others.map(|place| leaves.split_off(place.saturating_add(1))).unwrap_or_default();
            let (election, data, own) = (shared.write(|state| std::mem::take(&mut state.election)), data.clone(), key.is_some());
            let taken = tokio::task::spawn_blocking(move || take(election, &leaves, data.as_ref(), own));
            let (election, result) = taken.await.map_err(|error| damaged(error.to_string()))?;
            shared.write(|state| state.election = election);
            result.map_err(|error| damaged(error.to_string()))?;
            leaves = after;
        }
    }
    let mut state = shared.into_inner();
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

/// Appends leaves; if the log is our `own`, without checking their proofs.
fn take(mut election: Election, leaves: &[Vec<u8>], data: &Data, own: bool) -> (Election, Result<(), ReplayError>) {
    let rng = &mut UnwrapErr(getrandom::SysRng);
    if own {
        let restored = election.restore(leaves, data, rng);
        return (election, restored);
    }
    let mut replay = Replay::resume(election);
    let replayed = replay.push(leaves, data, rng);
    (replay.finish(), replayed)
}

type Reading = JoinHandle<Result<(Vec<Vec<u8>>, Data), StoreError>>;

/// Reads the next leaves while those before are taken over.
fn read_ahead(store: &Arc<dyn Store>, log: LogNumber, first: u64, size: u64) -> Reading {
    let store = store.clone();
    tokio::spawn(async move { read(store.as_ref(), log, first, size).await })
}

/// Before an entry is checked: takes from the store what it is checked against and the state does not keep. That is, of the ballots
/// that a report complains about, what their boxes must fit, and for sums, the commitments of all counted ballots.
pub(crate) async fn recall(store: &dyn Store, log: LogNumber, shared: &Shared, entry: &Entry, data: &[u8]) -> Result<(), LoadError> {
    match entry.kind {
        EntryKind::Report => recall_ballots(store, log, shared, entry, data).await,
        EntryKind::Sums => sum_commitments(store, log, shared).await,
        _ => Ok(()),
    }
}

async fn recall_ballots(store: &dyn Store, log: LogNumber, shared: &Shared, entry: &Entry, data: &[u8]) -> Result<(), LoadError> {
    let indices = shared.read(|state| state.election.to_recall(entry, data));
    for indices in indices.chunk_by(|one, next| one.checked_div(RECALLED) == next.checked_div(RECALLED)) {
        let (Some(first), Some(last)) = (indices.first(), indices.last()) else { continue };
        let leaves = store.leaves(log, *first..last.saturating_add(1)).await?;
        let mut wanted = (*first..).zip(&leaves).filter(|(index, _)| indices.binary_search(index).is_ok());
        let recalled = shared.write(|state| wanted.try_for_each(|(index, leaf)| state.election.recall(index, leaf)));
        recalled.map_err(|refusal| damaged(refusal.to_string()))?;
    }
    Ok(())
}

async fn sum_commitments(store: &dyn Store, log: LogNumber, shared: &Shared) -> Result<(), LoadError> {
    let _turn = shared.summing.lock().await;
    let begun = shared.read(|state| state.election.to_sum().zip(state.election.shared_manifest()));
    let Some((mut summing, manifest)) = begun else { return Ok(()) };
    while let Some(wanted) = summing.wanted() {
        let leaves = store.leaves(log, wanted).await?;
        if leaves.is_empty() {
            return Err(StoreError::Damaged("entries are missing").into());
        }
        let picked = shared.read(|state| summing.pick(&state.election, leaves));
        let manifest = manifest.clone();
        let added = tokio::task::spawn_blocking(move || summing.add(&manifest, &picked).map(|()| summing));
        let added = added.await.map_err(|error| damaged(error.to_string()))?;
        summing = added.map_err(|refusal| damaged(refusal.to_string()))?;
    }
    shared.read(|state| state.election.summed(summing));
    Ok(())
}

fn is_any(leaf: &[u8], kinds: &[EntryKind]) -> bool {
    kinds.iter().any(|kind| leaf.first() == Some(&(*kind as u8)))
}

/// Applies what the store has more than the state, which is at most what this server tried to commit,
/// or what another process has committed meanwhile. Whoever reads sees the state before it or after it.
pub(crate) async fn catch_up(log: &Arc<Log>) -> Result<(), Problem> {
    let store = log.store.as_ref();
    let head = store.head(log.number()).await?;
    let note = head.checkpoint.unwrap_or_default();
    let first = log.read(|state| state.election.size());
    if first > head.size {
        return Err(damaged_problem("the store has lost entries"));
    }
    let (mut leaves, mut data) = (Vec::new(), Data::new());
    let mut next = first;
    while next < head.size {
        let (more, their_data) = read(store, log.number(), next, head.size).await?;
        next = next.saturating_add(u64::try_from(more.len()).unwrap_or(u64::MAX));
        leaves.extend(more);
        data.extend(their_data);
    }
    let has = |kind| leaves.iter().any(|leaf| is_any(leaf, &[kind]));
    if (has(EntryKind::Close) && has(EntryKind::Report)) || (has(EntryKind::Fix) && has(EntryKind::Sums)) {
        // What some are checked against is known only after others: step by step, as at a start, beside the state that is read.
        let state = load(&log.store, &log.row, log.key.get()).await?;
        log.write(|now| *now = state);
        return Ok(());
    }
    for entry in leaves.iter().filter_map(|leaf| Entry::decode(leaf).ok()) {
        log.recall(&entry, data_of(&entry, &data)).await?;
    }
    let log = log.clone();
    tokio::task::spawn_blocking(move || apply(&log, first, &leaves, &data, note)).await.map_err(|_| Kind::Internal)?
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

pub(crate) type Data = BTreeMap<[u8; 32], Vec<u8>>;

/// The next leaves with their data.
pub(crate) async fn read(store: &dyn Store, log: LogNumber, first: u64, size: u64) -> Result<(Vec<Vec<u8>>, Data), StoreError> {
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

/// The data of an entry; empty if it has none.
fn data_of<'a>(entry: &Entry, data: &'a Data) -> &'a [u8] {
    let hash = entry::data_of(entry).ok().flatten();
    hash.and_then(|hash| data.get(&hash)).map_or([].as_slice(), Vec::as_slice)
}

/// Applies leaves that end with the checkpoint `note`, which must be signed by the log and of exactly them.
fn apply(log: &Log, first: u64, leaves: &[Vec<u8>], data: &Data, note: String) -> Result<(), Problem> {
    let opened = checkpoint::open(&note, log.manifest()).map_err(|error| damaged_problem(&format!("its checkpoint: {error}")))?.checkpoint;
    let hashes: Vec<_> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    let size = first.saturating_add(u64::try_from(leaves.len()).unwrap_or(u64::MAX));
    if opened.size != size || opened.root != log.read(|state| state.election.tree().root_with(&hashes)) {
        return Err(damaged_problem("its entries are not those of its checkpoint"));
    }
    let proven = prove(log, leaves);
    log.write(|state| {
        for ((index, leaf), ballot) in (first..).zip(leaves).zip(&proven) {
            let applied = ballot.as_ref().map(|(ballot, time)| state.election.apply_proven(ballot, *time));
            if applied.is_some_and(|applied| applied.as_ref() == Ok(leaf)) {
                continue;
            }
            apply_entry(state, index, leaf, data)?;
        }
        state.checkpoint = note;
        Ok(())
    })
}

fn apply_entry(state: &mut State, index: u64, leaf: &[u8], data: &Data) -> Result<(), Problem> {
    let entry = Entry::decode(leaf).ok();
    let data = entry.map_or([].as_slice(), |entry| data_of(&entry, data));
    let applied = state.election.apply(leaf, data, &mut UnwrapErr(getrandom::SysRng));
    applied.map_err(|refusal| damaged_problem(&ReplayError { index, refusal }.to_string()))?;
    state.remember(index, leaf);
    Ok(())
}

/// The ballots among the leaves, proven together under the keys that their slots have now, each with its time. Where that fails,
/// be it that the slot gets another key between, the entry must be looked at when its turn comes.
fn prove(log: &Log, leaves: &[Vec<u8>]) -> Vec<Option<(Proven, u64)>> {
    let manifest = log.manifest();
    let mut statements = Vec::new();
    let mut times = Vec::with_capacity(leaves.len());
    for leaf in leaves {
        let entry = Entry::decode(leaf).ok().filter(|entry| entry.kind == EntryKind::Ballot);
        let statement = entry.as_ref().and_then(|entry| {
            let ballot = Ballot::decode(manifest, &entry.body).ok()?;
            log.read(|state| state.election.statement(ballot)).ok()
        });
        times.push(entry.filter(|_| statement.is_some()).map(|entry| entry.time));
        statements.extend(statement);
    }
    let mut verdicts = verify_batch(manifest, statements, &mut UnwrapErr(getrandom::SysRng)).into_iter();
    let proven = |time: Option<u64>| time.and_then(|time| Some((verdicts.next()?.ok()?, time)));
    times.into_iter().map(proven).collect()
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

impl From<LoadError> for Problem {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Store(error) => error.into(),
            LoadError::Damaged(why) => damaged_problem(&why),
        }
    }
}

fn damaged(why: impl Into<String>) -> LoadError {
    LoadError::Damaged(why.into())
}

fn damaged_problem(why: &str) -> Problem {
    tracing::error!(why, "a stored log does not replay");
    Problem::from(Kind::Damaged).with("why", why)
}
