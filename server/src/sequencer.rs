//! The one writer of a log. It gathers what is waiting, checks it as a batch, commits it in one durable
//! transaction, and only then lets the state and the voters know.
//!
//! The state is never ahead of the store: entries are checked on the state as it is, committed, and
//! applied after that. If a commit fails nobody knows whether it happened; everybody in the batch is
//! asked to come back, and before the next batch the sequencer reads from the store what became of it.

mod check;
mod handover;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use isoloir_protocol::{
    ballot::Submission,
    election::{Due, Outdated, Refusal},
    log::{
        checkpoint::sign_checkpoint,
        entry::{self, Entry, Kind as EntryKind},
        tree::leaf_hash,
    },
};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

use self::check::Checked;
use crate::{
    cluster,
    limits::Line,
    log::{Accepted, Log},
    problem::{Kind, Problem},
    refusals, replay,
    store::{Batch, NewEntry, StoreError},
    witnesses::Brought,
};

/// Entries, cosignatures and ticks that may wait. They are few and have a way of their own: a suspension
/// must not queue behind a rush.
const URGENT: usize = 64;

type Answer<T> = oneshot::Sender<Result<T, Problem>>;

/// Of each batch, so much is for the second line while anybody stands in the first: one part in so many.
const SECOND_SHARE: usize = 8;

/// Of each batch, so much is for the second line alone: a ballot of the first does not wait long for it.
const SECOND_ALONE: usize = 4;

/// If more than one ballot in so many fails, signatures are looked at before proofs.
const WARY: usize = 64;

/// The way to a log's sequencer.
#[derive(Debug)]
pub(crate) struct Jobs {
    first: mpsc::Sender<BallotJob>,
    second: mpsc::Sender<BallotJob>,
    urgent: mpsc::Sender<UrgentJob>,
    /// It was asked already to read what another process has written.
    behind: Arc<AtomicBool>,
}

/// The other end of [`Jobs`].
#[derive(Debug)]
pub(crate) struct Queue {
    first: mpsc::Receiver<BallotJob>,
    second: mpsc::Receiver<BallotJob>,
    urgent: mpsc::Receiver<UrgentJob>,
    behind: Arc<AtomicBool>,
}

#[derive(Debug)]
struct BallotJob {
    submission: Submission,
    answer: Answer<Accepted>,
}

#[derive(Debug)]
enum UrgentJob {
    Entry {
        kind: EntryKind,
        body: Vec<u8>,
        data: Vec<u8>,
        answer: Answer<Accepted>,
    },
    Cosign {
        brought: Brought,
        answer: Answer<()>,
    },
    Tick {
        answer: Answer<()>,
    },
    /// Reads what another process has written.
    Refresh {
        cosigned: bool,
        answer: Answer<()>,
    },
    /// Appends what other processes have checked.
    HandedOver {
        ballots: Vec<Vec<u8>>,
        answer: Answer<Vec<cluster::Answer>>,
    },
    Stop {
        answer: Answer<()>,
    },
}

impl Jobs {
    /// A queue for so many ballots in each line.
    pub fn new(ballots: usize) -> (Self, Queue) {
        let (first, first_queue) = mpsc::channel(ballots.max(1));
        let (second, second_queue) = mpsc::channel(ballots.max(1));
        let (urgent, urgent_queue) = mpsc::channel(URGENT);
        let behind = Arc::new(AtomicBool::new(false));
        let queue = Queue { first: first_queue, second: second_queue, urgent: urgent_queue, behind: behind.clone() };
        (Self { first, second, urgent, behind }, queue)
    }

    /// Whether a ballot could wait now; asked before any work.
    pub fn room(&self, line: Line) -> Result<(), Problem> {
        let line = self.line(line);
        if line.is_closed() {
            return Err(Kind::Unavailable.into());
        }
        if line.capacity() == 0 { Err(Kind::Busy.into()) } else { Ok(()) }
    }

    /// How many ballots wait.
    pub fn waiting(&self) -> usize {
        let waiting = |line: &mpsc::Sender<BallotJob>| line.max_capacity().saturating_sub(line.capacity());
        waiting(&self.first).saturating_add(waiting(&self.second))
    }

    /// Has a ballot checked and appended.
    pub async fn ballot(&self, submission: Submission, line: Line) -> Result<Accepted, Problem> {
        ask(self.line(line), |answer| BallotJob { submission, answer }).await
    }

    fn line(&self, line: Line) -> &mpsc::Sender<BallotJob> {
        match line {
            Line::First => &self.first,
            Line::Second => &self.second,
        }
    }

    /// Has an entry checked and appended, or finds it.
    pub async fn entry(&self, kind: EntryKind, body: Vec<u8>, data: Vec<u8>) -> Result<Accepted, Problem> {
        ask(&self.urgent, |answer| UrgentJob::Entry { kind, body, data, answer }).await
    }

    /// Has cosignatures kept.
    pub async fn cosign(&self, brought: Brought) -> Result<(), Problem> {
        ask(&self.urgent, |answer| UrgentJob::Cosign { brought, answer }).await
    }

    /// Has read what another process has written; also the cosignatures, if so told.
    pub async fn refresh(&self, cosigned: bool) -> Result<(), Problem> {
        ask(&self.urgent, |answer| UrgentJob::Refresh { cosigned, answer }).await
    }

    /// The same, without waiting. If the queue is full, the log will be looked at soon anyway.
    pub fn refresh_soon(&self, cosigned: bool) {
        if cosigned || !self.behind.swap(true, Ordering::SeqCst) {
            let _ = self.urgent.try_send(UrgentJob::Refresh { cosigned, answer: oneshot::channel().0 });
        }
    }

    /// Has ballots appended that another process has checked.
    pub async fn handed_over(&self, ballots: Vec<Vec<u8>>) -> Vec<cluster::Answer> {
        let count = ballots.len();
        let answers = ask(&self.urgent, |answer| UrgentJob::HandedOver { ballots, answer }).await;
        answers.unwrap_or_else(|problem| vec![Err(problem); count])
    }

    /// Has done what is due by now.
    pub async fn tick(&self) -> Result<(), Problem> {
        ask(&self.urgent, |answer| UrgentJob::Tick { answer }).await
    }

    /// Ends the sequencer.
    pub async fn stop(&self) {
        // It may have ended already.
        let _ = ask(&self.urgent, |answer| UrgentJob::Stop { answer }).await;
    }
}

/// Puts a job into its queue if there is room, and waits for the answer.
async fn ask<J, T>(queue: &mpsc::Sender<J>, job: impl FnOnce(Answer<T>) -> J) -> Result<T, Problem> {
    let (answer, answered) = oneshot::channel();
    match queue.try_send(job(answer)) {
        Ok(()) => answered.await.unwrap_or_else(|_| Err(Kind::Unavailable.into())),
        Err(TrySendError::Full(_)) => Err(Kind::Busy.into()),
        Err(TrySendError::Closed(_)) => Err(Kind::Unavailable.into()),
    }
}

/// The writer of one log.
pub(crate) struct Sequencer {
    log: Arc<Log>,
    queue: Queue,
    /// How many ballots make a batch at most.
    batch: usize,
    /// How long boxes are kept after the result, in ms.
    keep_boxes: u64,
    boxes_erased: bool,
    /// Many ballots of the batch before this one failed.
    wary: bool,
}

impl Sequencer {
    /// A sequencer for `log`.
    pub fn new(log: Arc<Log>, queue: Queue, batch: usize, keep_boxes: u64) -> Self {
        Self { log, queue, batch: batch.max(1), keep_boxes, boxes_erased: false, wary: false }
    }

    /// Works until it is stopped.
    pub async fn run(mut self) {
        loop {
            let mut waiting = Waiting::default();
            let alone = self.batch.div_ceil(SECOND_ALONE);
            // Whichever is there; both by turns if both are, so that neither keeps the other out.
            tokio::select! {
                job = self.queue.urgent.recv() => match job {
                    Some(UrgentJob::Stop { answer }) => {
                        send(answer, Ok(()));
                        return;
                    }
                    Some(job) => self.urgent(job).await,
                    None => return,
                },
                taken = self.queue.first.recv_many(&mut waiting.first, self.batch) => {
                    if taken == 0 {
                        return;
                    }
                    self.ballots(waiting).await;
                }
                taken = self.queue.second.recv_many(&mut waiting.second, alone) => {
                    if taken == 0 {
                        return;
                    }
                    self.ballots(waiting).await;
                }
            }
        }
    }

    async fn urgent(&mut self, job: UrgentJob) {
        match job {
            UrgentJob::Entry { kind, body, data, answer } => {
                let accepted = self.entry(kind, body, data).await;
                // The last report makes the fix entry due, the last sums the result.
                if accepted.is_ok() {
                    self.append_due().await;
                }
                send(answer, accepted);
            }
            UrgentJob::Cosign { brought, answer } => {
                send(answer, self.cosign(brought).await);
            }
            UrgentJob::Tick { answer } => {
                // What is shown must not stay behind until somebody votes. If the store does not answer, the next tick asks again.
                let _ = self.settle().await;
                self.append_due().await;
                self.erase_boxes().await;
                send(answer, Ok(()));
            }
            UrgentJob::Refresh { cosigned, answer } => {
                self.queue.behind.store(false, Ordering::SeqCst);
                send(answer, self.refresh(cosigned).await);
            }
            UrgentJob::HandedOver { ballots, answer } => {
                let answers = self.handed_over(ballots).await;
                send(answer, Ok(answers));
            }
            UrgentJob::Stop { answer } => {
                send(answer, Ok(()));
            }
        }
    }

    /// Checks and appends ballots that were waiting, and what has come to wait meanwhile.
    async fn ballots(&mut self, mut waiting: Waiting) {
        take(&mut self.queue.first, &mut waiting.first, self.batch);
        take(&mut self.queue.second, &mut waiting.second, self.batch.div_ceil(SECOND_SHARE));
        let Waiting { first, second } = waiting;
        if let Err(problem) = self.settle().await {
            return refuse_all(first.into_iter().chain(second).map(|job| job.answer), &problem);
        }
        let now = self.log.now();
        let time = self.entry_time(now);
        let (first, mut answers) = self.new_ones(first).await;
        let (second, others) = self.new_ones(second).await;
        answers.extend(others);
        let (log, wary) = (self.log.clone(), self.wary);
        let checked = tokio::task::spawn_blocking(move || {
            // Apart, so that what fails in the second line costs the first nothing.
            let mut verdicts = check::ballots(&log, first, time, wary);
            verdicts.extend(check::ballots(&log, second, time, true));
            verdicts
        });
        let Ok(verdicts) = checked.await else {
            return refuse_all(answers, &Kind::Internal.into());
        };
        let failed = verdicts.iter().filter(|verdict| matches!(verdict, Err(Refusal::Ballot { .. }))).count();
        self.wary = failed.saturating_mul(WARY) > verdicts.len();
        let mut batch = BallotBatch::default();
        for (verdict, answer) in verdicts.into_iter().zip(answers) {
            match verdict {
                Ok(ballot) => batch.add(ballot, answer),
                Err(refusal) => send(answer, Err(refusals::problem(&refusal, now))),
            }
        }
        if !batch.ballots.is_empty() {
            self.append_ballots(batch, time, now).await;
        }
    }

    /// The submissions that are not in the log yet, with who asked. The others are answered.
    async fn new_ones(&self, jobs: Vec<BallotJob>) -> (Vec<Submission>, Vec<Answer<Accepted>>) {
        let mut submissions = Vec::with_capacity(jobs.len());
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            // It may have been in the batch before this one too.
            match self.log.recorded(job.submission.public()).await {
                Ok(None) => {
                    submissions.push(job.submission);
                    answers.push(job.answer);
                }
                found => send(job.answer, found.and_then(|found| found.ok_or_else(|| Kind::Internal.into()))),
            }
        }
        (submissions, answers)
    }

    async fn append_ballots(&mut self, batch: BallotBatch, time: u64, now: u64) {
        let Some(batch) = self.hand_over_ballots(batch).await else { return };
        match self.commit_ballots(batch.ballots, time).await {
            Ok(entries) => {
                for (answers, entry) in batch.answers.into_iter().zip(entries) {
                    answers.into_iter().for_each(|answer| send(answer, Ok(entry.clone())));
                }
                for (rival, answer) in batch.rivals {
                    let ballot = rival.proven.statement().ballot();
                    let verdict = self.log.read(|state| state.election.check_ballot_rules(ballot, time));
                    let problem = verdict.map_or_else(|refusal| refusals::problem(&refusal, now), |()| Kind::Internal.into());
                    send(answer, Err(problem));
                }
            }
            Err(problem) => {
                let rivals = batch.rivals.into_iter().map(|(_, answer)| answer);
                refuse_all(batch.answers.into_iter().flatten().chain(rivals), &problem);
            }
        }
    }

    async fn commit_ballots(&mut self, ballots: Vec<Checked>, time: u64) -> Result<Vec<Accepted>, Problem> {
        // They were checked on the state of a moment ago. Whatever has happened since: what does not fit any more is never written.
        let fits = |ballot: &Checked| self.log.read(|state| state.election.check_proven(&ballot.proven, time)).is_ok();
        if !ballots.iter().all(fits) {
            return Err(Kind::Unavailable.into());
        }
        let mut entries = Vec::with_capacity(ballots.len());
        let mut proven = Vec::with_capacity(ballots.len());
        for ballot in ballots {
            let leaf = Entry { kind: EntryKind::Ballot, time, body: ballot.public }.encode();
            entries.push(NewEntry { leaf, data: None, boxes: ballot.boxes });
            proven.push(ballot.proven);
        }
        let committed = self.commit(entries).await?;
        let applied = self.log.write(|state| {
            for ballot in &proven {
                state.election.apply_proven(ballot, time)?;
            }
            state.checkpoint.clone_from(&committed.checkpoint);
            Ok::<_, Refusal>(state.election.root())
        });
        self.confirm(applied.is_ok_and(|root| root == committed.root)).await?;
        let leaves = committed.entries.into_iter().map(|entry| entry.leaf);
        Ok((committed.first..).zip(leaves).map(|(index, leaf)| Accepted { index, leaf }).collect())
    }

    /// Checks and appends one entry that is no ballot, or finds it.
    async fn entry(&mut self, kind: EntryKind, body: Vec<u8>, data: Vec<u8>) -> Result<Accepted, Problem> {
        self.settle().await?;
        if let Some(done) = self.hand_over_entry(kind, &body, &data).await {
            return done;
        }
        if let Some(index) = self.log.read(|state| state.known(kind, &body)) {
            return self.log.entry(index).await;
        }
        let now = self.log.now();
        let entry = Entry { kind, time: self.entry_time(now), body };
        let malformed = |_| Problem::from(Kind::Malformed);
        let hash = entry::data_of(&entry).map_err(malformed)?;
        self.log.recall(&entry, &data).await?;
        let leaf = entry.encode();
        let log = self.log.clone();
        let checked = tokio::task::spawn_blocking(move || {
            let checked = check::entry(&log, &leaf, &data);
            (checked, leaf, data)
        });
        let (checked, leaf, data) = checked.await.map_err(|_| Kind::Internal)?;
        let admitted = checked.map_err(|refusal| refusals::problem(&refusal, now))?;
        let new = NewEntry { leaf: leaf.clone(), data: hash.map(|hash| (hash, data)), boxes: Vec::new() };
        let committed = self.commit(vec![new]).await?;
        let applied = self.log.write(|state| {
            state.election.append(admitted)?;
            state.checkpoint.clone_from(&committed.checkpoint);
            state.remember(committed.first, &leaf);
            Ok::<_, Outdated>(state.election.root())
        });
        self.confirm(applied.is_ok_and(|root| root == committed.root)).await?;
        Ok(Accepted { index: committed.first, leaf })
    }

    /// Appends what the server must append by itself: the close, fix and result entries.
    async fn append_due(&mut self) {
        while self.log.seat.writes() && self.log.check_clock().is_ok() {
            let time = self.entry_time(self.log.now());
            let log = self.log.clone();
            let due = tokio::task::spawn_blocking(move || log.read(|state| state.election.due(time)));
            let Ok(Some(Due { kind, body, data })) = due.await else { return };
            match self.entry(kind, body, data).await {
                Ok(_) => tracing::info!(entry = refusals::entry_name(kind), "appended"),
                Err(problem) => {
                    tracing::error!(entry = refusals::entry_name(kind), %problem, "not appended");
                    return;
                }
            }
        }
    }

    /// Erases the boxes once the time after the result is over.
    async fn erase_boxes(&mut self) {
        let due =
            self.log.read(|state| state.counted_at()).is_some_and(|counted| self.log.now() >= counted.saturating_add(self.keep_boxes));
        if !due || self.boxes_erased || !(self.log.seat.writes() || self.log.seat.copies()) || self.log.check_clock().is_err() {
            return;
        }
        match self.log.store.erase_boxes(self.log.number()).await {
            Ok(()) => {
                self.boxes_erased = true;
                tracing::info!("the boxes of an election were erased");
            }
            Err(error) => tracing::error!(%error, "boxes could not be erased; trying again"),
        }
    }

    /// Keeps cosignatures that were verified.
    async fn cosign(&mut self, brought: Brought) -> Result<(), Problem> {
        if let Some(done) = self.hand_over_note(brought.note()).await {
            return done;
        }
        if let Some(change) = self.log.read(|state| state.cosignatures.plan(brought)) {
            let cosigned = change.cosigned();
            self.log.store.keep_cosigned(self.log.number(), &cosigned, change.instead_of()).await?;
            self.log.write(|state| state.cosignatures.make(change));
        }
        Ok(())
    }

    /// Commits entries that may come next, with their checkpoint, in one durable transaction.
    async fn commit(&mut self, entries: Vec<NewEntry>) -> Result<Committed, Problem> {
        self.log.check_holds()?;
        let hashes: Vec<_> = entries.iter().map(|entry| leaf_hash(&entry.leaf)).collect();
        let (first, root) = self.log.read(|state| (state.election.size(), state.election.tree().root_with(&hashes)));
        let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        let size = first.saturating_add(count);
        let origin = &self.log.manifest.log.origin;
        let checkpoint = sign_checkpoint(origin, size, &root, self.log.key()?);
        let batch = Batch { first, entries, checkpoint, election: None };
        match self.log.store.append(self.log.number(), &batch).await {
            Ok(()) => Ok(Committed { first, root, checkpoint: batch.checkpoint, entries: batch.entries }),
            Err(error) => {
                tracing::error!(%error, "a commit failed");
                self.doubt().await;
                Err(error.into())
            }
        }
    }

    /// Nobody knows what the store has. It is asked at once; if it does not answer, before the next job.
    async fn doubt(&mut self) {
        self.log.set_doubt(true);
        let _ = self.settle().await;
    }

    /// After a failed commit, brings the state to where the store is. Fails also while the time is not known.
    async fn settle(&mut self) -> Result<(), Problem> {
        if self.log.in_doubt() {
            replay::catch_up(&self.log).await?;
            self.log.set_doubt(false);
        }
        self.log.check_clock()
    }

    /// What was committed must be what was applied; if not, the log is not served any further.
    async fn confirm(&mut self, holds: bool) -> Result<(), Problem> {
        if holds {
            return Ok(());
        }
        tracing::error!("the state is not what was committed");
        self.doubt().await;
        Err(Kind::Internal.into())
    }

    /// The time of the next entry: the clock may jump back, entries do not.
    fn entry_time(&self, now: u64) -> u64 {
        now.max(self.log.read(|state| state.election.last_time()))
    }
}

/// A batch that is in the store.
struct Committed {
    first: u64,
    root: [u8; 32],
    checkpoint: String,
    entries: Vec<NewEntry>,
}

/// Proven ballots that are appended together: the first of each slot.
#[derive(Default)]
struct BallotBatch {
    ballots: Vec<Checked>,
    /// Of each ballot, who asked: several if it was sent several times.
    answers: Vec<Vec<Answer<Accepted>>>,
    /// Other ballots of the same slots. They cannot name the first one as the one they replace, so that they
    /// are refused once it is in.
    rivals: Vec<(Checked, Answer<Accepted>)>,
    by_slot: HashMap<u32, usize>,
}

impl BallotBatch {
    fn add(&mut self, ballot: Checked, answer: Answer<Accepted>) {
        let slot = ballot.proven.statement().ballot().slot();
        let first = self.by_slot.get(&slot).and_then(|first| Some((self.ballots.get(*first)?, self.answers.get_mut(*first)?)));
        match first {
            None => {
                self.by_slot.insert(slot, self.ballots.len());
                self.ballots.push(ballot);
                self.answers.push(vec![answer]);
            }
            Some((first, answers)) if first.public == ballot.public => answers.push(answer),
            Some(_) => self.rivals.push((ballot, answer)),
        }
    }
}

/// Ballots that are taken out of their lines together.
#[derive(Default)]
struct Waiting {
    first: Vec<BallotJob>,
    second: Vec<BallotJob>,
}

/// Takes what waits, up to so many in all.
fn take(queue: &mut mpsc::Receiver<BallotJob>, taken: &mut Vec<BallotJob>, most: usize) {
    while taken.len() < most
        && let Ok(job) = queue.try_recv()
    {
        taken.push(job);
    }
}

/// Answers. Whoever asked may have gone; what was done stays done.
fn send<T>(answer: Answer<T>, result: Result<T, Problem>) {
    let _ = answer.send(result);
}

fn refuse_all(answers: impl IntoIterator<Item = Answer<Accepted>>, problem: &Problem) {
    for answer in answers {
        send(answer, Err(problem.clone()));
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(why) => Self::from(Kind::Damaged).with("why", why),
            _ => Kind::Unavailable.into(),
        }
    }
}
