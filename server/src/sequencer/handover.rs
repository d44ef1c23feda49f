//! What a sequencer does where another process writes the log, and what it does for the others where it is the writer.

use isoloir_protocol::{
    ballot::Submission,
    election::Refusal,
    log::entry::{Entry, Kind as EntryKind},
};
use tokio::sync::oneshot;

use super::{Accepted, BallotBatch, Checked, Sequencer, refuse_all, send};
use crate::{
    cluster::{self, KEY_LEN, Request},
    problem::{Kind, Problem},
    refusals, replay,
};

impl Sequencer {
    /// Hands checked ballots to the writer and answers those who wait for them. Gives the batch back if this process
    /// writes the log.
    pub(super) async fn hand_over_ballots(&mut self, batch: BallotBatch) -> Option<BallotBatch> {
        let Some(cluster) = self.log.seat.elsewhere().cloned() else { return Some(batch) };
        let checked =
            |ballot: &Checked| [ballot.proven.statement().key().bytes().as_slice(), &ballot.public, &ballot.boxes.concat()].concat();
        let submissions = batch.ballots.iter().map(checked).collect();
        let result = cluster.hand_over(&self.log, &Request::Ballots(submissions)).await;
        let answers = match result {
            Ok(answers) if answers.len() == batch.ballots.len() => answers,
            Ok(_) => {
                refuse(batch, &Kind::Unavailable.into());
                return None;
            }
            Err(problem) => {
                refuse(batch, &problem);
                return None;
            }
        };
        // A receipt is of what this process has read and checked itself.
        if let Err(problem) = replay::catch_up(&self.log).await {
            refuse(batch, &problem);
            return None;
        }
        for ((ballot, waiting), answer) in batch.ballots.into_iter().zip(batch.answers).zip(answers) {
            let answer = answer.map(|(index, time)| {
                let leaf = Entry { kind: EntryKind::Ballot, time, body: ballot.public }.encode();
                Accepted { index, leaf }
            });
            waiting.into_iter().for_each(|waiting| send(waiting, answer.clone()));
        }
        let now = self.log.now();
        let time = self.entry_time(now);
        for (rival, answer) in batch.rivals {
            let verdict = self.log.read(|state| state.election.check_ballot_rules(rival.proven.statement().ballot(), time));
            send(answer, Err(verdict.map_or_else(|refusal| refusals::problem(&refusal, now), |()| Kind::Unavailable.into())));
        }
        None
    }

    /// Hands an entry to the writer. `None` if this process writes the log.
    pub(super) async fn hand_over_entry(&mut self, kind: EntryKind, body: &[u8], data: &[u8]) -> Option<Result<Accepted, Problem>> {
        let request = Request::Entry { kind, body: body.to_vec(), data: data.to_vec() };
        let placed = self.hand_over_one(request).await?;
        Some(placed.map(|(index, time)| Accepted { index, leaf: Entry { kind, time, body: body.to_vec() }.encode() }))
    }

    /// Hands cosignatures to the writer. `None` if this process writes the log.
    pub(super) async fn hand_over_note(&mut self, note: String) -> Option<Result<(), Problem>> {
        let done = self.hand_over_one(Request::Cosign(note)).await?;
        match done {
            Ok(_) => Some(replay::take_cosigned(&self.log).await),
            Err(problem) => Some(Err(problem)),
        }
    }

    async fn hand_over_one(&mut self, request: Request) -> Option<Result<(u64, u64), Problem>> {
        let cluster = self.log.seat.elsewhere().cloned()?;
        let answers = match cluster.hand_over(&self.log, &request).await {
            Ok(answers) => answers,
            // This process writes the log now. What the one before it has done is read first; the caller looks at everything
            // again.
            Err(_) if self.log.seat.writes() => return self.settle().await.err().map(Err),
            Err(problem) => return Some(Err(problem)),
        };
        let answer = answers.into_iter().next().unwrap_or_else(|| Err(Kind::Unavailable.into()));
        match replay::catch_up(&self.log).await {
            Ok(()) => Some(answer),
            Err(problem) => Some(Err(problem)),
        }
    }

    /// Reads what the writer has written; also the cosignatures, if so told. Who has just become the writer reads what others wrote before.
    pub(super) async fn refresh(&mut self, cosigned: bool) -> Result<(), Problem> {
        if self.log.seat.writes() {
            return self.settle().await;
        }
        replay::catch_up(&self.log).await?;
        self.log.set_doubt(false);
        if cosigned { replay::take_cosigned(&self.log).await } else { Ok(()) }
    }

    /// Appends ballots whose proofs and boxes another process has checked. The rules are looked at here, where it is known what
    /// came before.
    pub(super) async fn handed_over(&mut self, submissions: Vec<Vec<u8>>) -> Vec<cluster::Answer> {
        if let Err(problem) = self.settle().await {
            return vec![Err(problem); submissions.len()];
        }
        let now = self.log.now();
        let time = self.entry_time(now);
        let mut batch = BallotBatch::default();
        let mut waiting = Vec::with_capacity(submissions.len());
        for handed in submissions {
            let (answer, answered) = oneshot::channel();
            waiting.push(answered);
            let Some((key, bytes)) = handed.split_first_chunk::<KEY_LEN>() else {
                send(answer, Err(Kind::Malformed.into()));
                continue;
            };
            let public = bytes.get(..self.log.manifest().ballot_len()).unwrap_or_default();
            match self.log.recorded(public).await {
                Ok(None) => match self.vouched(key, bytes, time) {
                    Some(Ok(Some(ballot))) => batch.add(ballot, answer),
                    // The slot has got a new key, which the process that checked it does not know yet.
                    Some(Ok(None)) => send(answer, Err(Kind::Unavailable.into())),
                    Some(Err(refusal)) => send(answer, Err(refusals::problem(&refusal, now))),
                    None => send(answer, Err(Kind::Malformed.into())),
                },
                found => send(answer, found.and_then(|found| found.ok_or_else(|| Kind::Internal.into()))),
            }
        }
        if !batch.ballots.is_empty() {
            if self.log.seat.writes() {
                self.append_ballots(batch, time, now).await;
            } else {
                refuse(batch, &Kind::Unavailable.into());
            }
        }
        let mut answers = Vec::with_capacity(waiting.len());
        for answered in waiting {
            let accepted = answered.await.unwrap_or_else(|_| Err(Kind::Internal.into()));
            answers.push(accepted.and_then(|accepted| cluster::placed(&accepted)));
        }
        answers
    }

    /// A ballot that keeps the rules, whose proof another process vouches for. `None` if it cannot be read; no ballot if it was
    /// proven under another key than the slot has.
    fn vouched(&self, key: &[u8; KEY_LEN], bytes: &[u8], time: u64) -> Option<Result<Option<Checked>, Refusal>> {
        let (ballot, public, boxes) = Submission::decode(self.log.manifest(), bytes).ok()?.into_parts();
        Some(self.log.read(|state| {
            state.election.check_ballot_rules(&ballot, time)?;
            let statement = state.election.statement(ballot)?;
            let same = statement.key().bytes() == key;
            Ok(same.then(|| Checked { proven: statement.vouched(), public, boxes }))
        }))
    }
}

fn refuse(batch: BallotBatch, problem: &Problem) {
    let rivals = batch.rivals.into_iter().map(|(_, answer)| answer);
    refuse_all(batch.answers.into_iter().flatten().chain(rivals), problem);
}
