//! One log as the server runs it: its state, read by everybody and written by its sequencer alone.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use isoloir_protocol::{
    ballot::{Ballot, SUPERSEDES_NONE, Submission},
    election::{self, Election, Refusal},
    log::{
        entry::{Entry, Kind as EntryKind, LEAF_HEADER},
        receipt::Receipt,
    },
    manifest::{ElectionId, Manifest},
    rand_core::UnwrapErr,
    signature::SignSecret,
};
use sha2::{Digest, Sha256};

use crate::{
    clock::SharedClock,
    cluster::Seat,
    limits::{self, Line},
    outcome::Outcome,
    problem::{Kind, Problem},
    replay,
    sequencer::Jobs,
    store::{LogNumber, LogRow, Store},
    witnesses::{Brought, Cosignatures, NotBrought},
};

/// A log with an election in it.
pub(crate) struct Log {
    pub(crate) row: LogRow,
    pub(crate) manifest: Arc<Manifest>,
    /// Signs checkpoints. A process without it serves readers only.
    pub(crate) key: OnceLock<SignSecret>,
    pub(crate) clock: SharedClock,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) state: Shared,
    pub(crate) jobs: Jobs,
    /// Whether this process writes the log.
    pub(crate) seat: Seat,
    /// The last commit failed: the store may have more than the state, which is no ground to refuse anything.
    pub(crate) doubt: AtomicBool,
    /// Why the log must not be served any longer.
    pub(crate) condemned: OnceLock<String>,
}

/// What the log says at its present size. It is never ahead of the store.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) election: Election,
    /// The checkpoint signed by the log alone.
    pub(crate) checkpoint: String,
    pub(crate) cosignatures: Cosignatures,
    /// The entries but ballots by the digest of kind and body, to know them when they come again.
    known: HashMap<[u8; 32], u64>,
    /// Time of the result entry.
    counted_at: Option<u64>,
    outcome: OnceLock<Outcome>,
}

/// An entry that is in the log for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub index: u64,
    pub leaf: Vec<u8>,
}

impl Accepted {
    /// When it was appended, in ms since 1970.
    pub fn time(&self) -> Option<u64> {
        Entry::decode(&self.leaf).ok().map(|entry| entry.time)
    }
}

/// A state that is read while it changes.
#[derive(Default)]
pub(crate) struct Shared {
    state: RwLock<State>,
    /// Held by whoever adds up the commitments of all counted ballots, so that it is done once.
    pub(crate) summing: tokio::sync::Mutex<()>,
}

impl Shared {
    /// To be shared.
    pub fn new(state: State) -> Self {
        Self { state: RwLock::new(state), summing: tokio::sync::Mutex::default() }
    }

    /// Looks at the state. `look` must be quick: the sequencer waits for it.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state: for whoever is its only writer.
    pub fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// The state, which is shared no more.
    pub fn into_inner(self) -> State {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The replay.
    pub fn election(&self) -> &Election {
        &self.election
    }

    /// The latest checkpoint with the cosignatures that there are.
    pub fn note(&self) -> String {
        let cosigned = self.cosignatures.note(self.election.size());
        cosigned.unwrap_or_else(|| self.checkpoint.clone())
    }

    /// What the witnesses brought.
    pub fn cosignatures(&self) -> &Cosignatures {
        &self.cosignatures
    }

    /// When the result was logged, in ms since 1970.
    pub fn counted_at(&self) -> Option<u64> {
        self.counted_at
    }

    /// The result, worked out once.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.election.totals().map(|totals| self.outcome.get_or_init(|| Outcome::new(&self.election, totals)))
    }

    /// Remembers an entry that was just appended to the replay.
    pub fn remember(&mut self, index: u64, leaf: &[u8]) {
        let Ok(entry) = Entry::decode(leaf) else { return };
        if entry.kind == EntryKind::Result {
            self.counted_at = Some(entry.time);
        }
        if entry.kind != EntryKind::Ballot {
            self.known.insert(digest(entry.kind, &entry.body), index);
        }
    }

    /// The index of an entry with this content, ballots left aside.
    pub fn known(&self, kind: EntryKind, body: &[u8]) -> Option<u64> {
        self.known.get(&digest(kind, body)).copied()
    }

    /// How many ms a slot must wait that has had many ballots within a short time. The log grows by what whoever
    /// holds the codes of one slot sends, and by no more than this.
    fn voted_too_often(&self, ballot: &Ballot, time: u64) -> Option<u64> {
        if ballot.supersedes() == SUPERSEDES_NONE {
            return None;
        }
        let view = self.election.slot(ballot.slot())?;
        let earliest = view.superseded.iter().chain(&view.current).rev().nth(limits::BALLOTS_PER_SLOT.saturating_sub(1))?;
        let until = earliest.time.saturating_add(limits::SLOT_PERIOD);
        until.checked_sub(time).filter(|wait| *wait > 0)
    }

    /// The only ballot of the slot in the log that can be one with this `supersedes`: the slot's first
    /// after it.
    fn successor(&self, slot: u32, supersedes: u64) -> Option<u64> {
        let view = self.election.slot(slot)?;
        let mut ballots = view.superseded.iter().chain(&view.current).map(|ballot| ballot.index);
        match supersedes {
            SUPERSEDES_NONE => ballots.next(),
            _ => ballots.find(|index| *index > supersedes),
        }
    }
}

impl Log {
    /// The election.
    pub fn id(&self) -> ElectionId {
        self.manifest.id()
    }

    /// The last part of the log's origin.
    pub fn name(&self) -> &str {
        &self.row.log.name
    }

    /// The log's number in the store.
    pub fn number(&self) -> LogNumber {
        self.row.number
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The time, in ms since 1970.
    pub fn now(&self) -> u64 {
        self.clock.now_ms()
    }

    /// The log does not hold: nothing more is read from it or written to it here.
    pub fn condemn(&self, why: String) {
        tracing::error!(log = self.name(), why, "an election is not served any longer: its log does not hold");
        self.condemned.get_or_init(|| why);
    }

    /// Fails if the log must not be served any longer.
    pub fn check_holds(&self) -> Result<(), Problem> {
        self.condemned.get().map_or(Ok(()), |why| Err(Problem::from(Kind::Damaged).with("why", why.as_str())))
    }

    /// The key that signs checkpoints.
    pub fn key(&self) -> Result<&SignSecret, Problem> {
        self.key.get().ok_or_else(|| Kind::Unavailable.into())
    }

    /// Whether anything may be sent here at all.
    fn check_seat(&self) -> Result<(), Problem> {
        if self.seat.copies() { Err(Kind::Copy.into()) } else { Ok(()) }
    }

    /// Whether the time is known, by which everything is appended.
    pub fn check_clock(&self) -> Result<(), Problem> {
        if self.clock.is_trusted() { Ok(()) } else { Err(Kind::Unavailable.into()) }
    }

    /// Looks at the state. `look` must be quick: the sequencer waits for it.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.state.read(look)
    }

    /// Changes the state: for the sequencer alone, but for what is only [recalled](crate::replay::recall).
    pub fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.state.write(change)
    }

    /// Whether the store may have more than the state.
    pub fn in_doubt(&self) -> bool {
        self.doubt.load(Ordering::SeqCst)
    }

    /// Says whether the store may have more than the state.
    pub fn set_doubt(&self, doubt: bool) {
        self.doubt.store(doubt, Ordering::SeqCst);
    }

    /// The answer to what the state does not allow.
    fn refuse(&self, refusal: &Refusal, now: u64) -> Problem {
        if self.in_doubt() { Kind::Unavailable.into() } else { crate::refusals::problem(refusal, now) }
    }

    /// Bytes of a submission.
    pub fn submission_len(&self) -> usize {
        let boxes = self.manifest.tellers.len().saturating_mul(self.manifest.box_len());
        self.manifest.ballot_len().saturating_add(boxes)
    }

    /// Casts a submission, or finds that it was cast before: what a voter sends twice is one ballot.
    pub async fn cast(&self, bytes: &[u8], line: Line) -> Result<Accepted, Problem> {
        let expected = self.submission_len();
        if bytes.len() != expected {
            return Err(Problem::from(Kind::Malformed).with("expected", expected));
        }
        // What needs no arithmetic comes first.
        let public = bytes.get(..self.manifest.ballot_len()).unwrap_or_default();
        if let Some(accepted) = self.recorded(public).await? {
            return Ok(accepted);
        }
        self.check_seat()?;
        self.check_clock()?;
        let submission = Submission::decode(&self.manifest, bytes)
            .map_err(|error| Problem::from(Kind::Malformed).with("expected", expected).with("detail", error.to_string()))?;
        let now = self.now();
        let rules = || {
            self.read(|state| {
                let time = now.max(state.election.last_time());
                state.election.check_ballot_rules(submission.ballot(), time)?;
                Ok(state.voted_too_often(submission.ballot(), time))
            })
        };
        let mut verdict = rules();
        if verdict.is_err() && self.seat.elsewhere().is_some() {
            // The writer may know what makes it right.
            self.jobs.refresh(false).await?;
            verdict = rules();
        }
        let wait = match verdict {
            Ok(wait) => wait,
            // It may have come into what is known since it was looked for, from another process or out of a commit in doubt: then
            // the rules refuse it for being there already.
            Err(refusal) => return self.recorded(public).await?.ok_or_else(|| self.refuse(&refusal, now)),
        };
        if let Some(wait) = wait {
            return Err(Problem::from(Kind::TooOften).with("slot", submission.ballot().slot()).retry_after(wait.div_ceil(1_000)));
        }
        self.jobs.ballot(submission, line).await
    }

    /// Appends an entry that is no ballot, or finds it.
    pub async fn append(self: &Arc<Self>, kind: EntryKind, body: Vec<u8>, data: Vec<u8>) -> Result<Accepted, Problem> {
        if let Some(index) = self.read(|state| state.known(kind, &body)) {
            return self.entry(index).await;
        }
        self.check_seat()?;
        self.check_clock()?;
        // The sequencer's time is for what will be accepted. Only rolls are too large to be checked twice.
        if kind == EntryKind::RollPart {
            return self.jobs.entry(kind, body, data).await;
        }
        if self.seat.elsewhere().is_some() {
            self.jobs.refresh(false).await?;
        }
        let (log, now) = (self.clone(), self.now());
        let mut entry = Entry { kind, time: now, body };
        self.recall(&entry, &data).await?;
        let checked = tokio::task::spawn_blocking(move || {
            let checked = log.read(|state| {
                entry.time = now.max(state.election.last_time());
                state.election.check(&entry.encode(), &data, &mut UnwrapErr(getrandom::SysRng))
            });
            checked.map(|()| (entry.body, data))
        });
        let checked = checked.await.map_err(|_| Kind::Internal)?;
        let (body, data) = checked.map_err(|refusal| self.refuse(&refusal, now))?;
        self.jobs.entry(kind, body, data).await
    }

    /// Before an entry is checked: takes from the store what it is checked against and the state does not keep.
    pub async fn recall(&self, entry: &Entry, data: &[u8]) -> Result<(), Problem> {
        Ok(replay::recall(self.store.as_ref(), self.number(), &self.state, entry, data).await?)
    }

    /// Keeps the cosignatures that a note has.
    pub async fn cosign(self: &Arc<Self>, note: String) -> Result<(), Problem> {
        let log = self.clone();
        let verified = tokio::task::spawn_blocking(move || {
            let root_at = |size| log.read(|state| state.election.tree().root_at(size));
            Brought::verify(&log.manifest, &note, root_at)
        });
        match verified.await.map_err(|_| Kind::Internal)? {
            Ok(brought) if brought.is_empty() => Err(Kind::NoCosignature.into()),
            Ok(brought) => self.jobs.cosign(brought).await,
            Err(NotBrought::Note(error)) => Err(Problem::from(Kind::Malformed).with("detail", error.to_string())),
            Err(NotBrought::Fork { size }) => {
                tracing::error!(size, "a checkpoint under this log's key shows another log");
                Err(Problem::from(Kind::Fork).with("size", size))
            }
        }
    }

    /// The entry of a public ballot that is in the log already, be it superseded.
    pub async fn recorded(&self, public: &[u8]) -> Result<Option<Accepted>, Problem> {
        let Some((slot, supersedes)) = read_head(public) else { return Ok(None) };
        let Some(index) = self.read(|state| state.successor(slot, supersedes)) else {
            return Ok(None);
        };
        let accepted = self.entry(index).await?;
        let same = accepted.leaf.get(LEAF_HEADER..) == Some(public);
        Ok(same.then_some(accepted))
    }

    /// The entry at an index that the log has.
    pub async fn entry(&self, index: u64) -> Result<Accepted, Problem> {
        let mut leaves = self.store.leaves(self.number(), index..index.saturating_add(1)).await?;
        let leaf = leaves.pop().ok_or(Kind::UnknownEntry)?;
        Ok(Accepted { index, leaf })
    }

    /// The receipt of a ballot against the latest checkpoint.
    pub fn receipt(&self, accepted: &Accepted) -> Result<Receipt, Problem> {
        let ballot = accepted.leaf.get(LEAF_HEADER..).unwrap_or_default();
        let (slot, _) = read_head(ballot).ok_or(Kind::UnknownEntry)?;
        self.read(|state| {
            let view = state.election.slot(slot).ok_or(Kind::UnknownEntry)?;
            let ballot =
                view.superseded.iter().chain(&view.current).find(|ballot| ballot.index == accepted.index).ok_or(Kind::UnknownEntry)?;
            let proof = inclusion(&state.election, accepted.index)?;
            Ok(Receipt::new(self.id(), slot, ballot.fingerprint, accepted.index, &accepted.leaf, state.note(), &proof))
        })
    }
}

/// The proof that the log has an entry, against its present size.
pub(crate) fn inclusion(election: &election::Election, index: u64) -> Result<Vec<[u8; 32]>, Problem> {
    election.tree().inclusion(index, election.size()).ok_or_else(|| Kind::UnknownEntry.into())
}

/// `u32 slot ‖ u64 supersedes`, with which every ballot begins.
fn read_head(public: &[u8]) -> Option<(u32, u64)> {
    let (slot, rest) = public.split_first_chunk()?;
    let (supersedes, _) = rest.split_first_chunk()?;
    Some((u32::from_be_bytes(*slot), u64::from_be_bytes(*supersedes)))
}

fn digest(kind: EntryKind, body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update([kind as u8]).chain_update(body).finalize().into()
}
