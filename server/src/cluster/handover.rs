//! What one process hands to the writer of a log, through a table of the database.
//!
//! A request is signed with the log's key, which every process that takes ballots has: whoever can write to the database
//! alone cannot make the writer believe that a ballot was checked. A request that is carried out twice has the effect
//! of one, since the log finds what it has already; therefore it does not matter if a writer dies between commit and answer.

use std::{sync::Arc, time::Duration};

use actix_web::web;
use isoloir_protocol::{log::entry::Kind as EntryKind, signature::SIGNATURE_LEN};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Cluster, Service};
use crate::{
    log::{Accepted, Log},
    problem::{Kind, Problem},
    store::{PostgresStore, StoreError, within},
};

/// What is announced when something was handed over or answered.
pub(super) const ANNOUNCED: &str = "handover";

/// What a request's signature is about.
const LABEL: &str = "isoloir/server/handover";

/// How long a process waits for the writer, or for there to be one: longer than a takeover takes, and shorter than browsers wait.
const PATIENCE: Duration = Duration::from_secs(8);

/// How often the table is looked at, should an announcement get lost.
const LOOK: Duration = Duration::from_millis(200);

/// What was not fetched after so many seconds is thrown away.
const OLD: f64 = 60.0;

/// Requests that are taken out of the table at once.
const AT_ONCE: i64 = 16;

/// What another process asks the writer to do.
#[derive(Debug)]
pub(crate) enum Request {
    /// To append ballots, whose proofs and boxes were checked: each with the key under which it was, 32 bytes, before the
    /// submission. All have the same length.
    Ballots(Vec<Vec<u8>>),
    /// To check and append an entry that is no ballot.
    Entry { kind: EntryKind, body: Vec<u8>, data: Vec<u8> },
    /// To keep the cosignatures of a note.
    Cosign(String),
}

/// Bytes of the key before a handed ballot.
pub(crate) const KEY_LEN: usize = 32;

/// Where and when an entry was appended, or why it was not.
pub(crate) type Answer = Result<(u64, u64), Problem>;

impl Request {
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Ballots(ballots) => [&[1], ballots.concat().as_slice()].concat(),
            Self::Entry { kind, body, data } => {
                let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
                [&[2, *kind as u8], length.to_be_bytes().as_slice(), body, data].concat()
            }
            Self::Cosign(note) => [&[3], note.as_bytes()].concat(),
        }
    }

    fn decode(bytes: &[u8], submission: usize) -> Option<Self> {
        let (what, rest) = bytes.split_first()?;
        match what {
            1 => Some(Self::Ballots(rest.chunks(submission.saturating_add(KEY_LEN)).map(<[u8]>::to_vec).collect())),
            2 => {
                let (kind, rest) = rest.split_first()?;
                let (length, rest) = rest.split_first_chunk()?;
                let (body, data) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
                Some(Self::Entry { kind: EntryKind::from_u8(*kind)?, body: body.to_vec(), data: data.to_vec() })
            }
            3 => String::from_utf8(rest.to_vec()).ok().map(Self::Cosign),
            _ => None,
        }
    }
}

fn sign(log: &Log, request: &Request) -> Result<Vec<u8>, Problem> {
    let body = request.encode();
    let signature = log.key()?.sign(LABEL, &[log.id().as_bytes(), &body]);
    Ok([signature.as_slice(), &body].concat())
}

fn open(log: &Log, bytes: &[u8]) -> Option<Request> {
    let (signature, body) = bytes.split_first_chunk::<SIGNATURE_LEN>()?;
    let signed = log.manifest().log_key().verify(LABEL, &[log.id().as_bytes(), body], signature);
    signed.then(|| Request::decode(body, log.submission_len())).flatten()
}

fn encode_answers(answers: &[Answer]) -> Vec<u8> {
    let one = |answer: &Answer| match answer {
        Ok((index, time)) => json!([index, time]),
        Err(problem) => problem.to_json(),
    };
    Value::from_iter(answers.iter().map(one)).to_string().into_bytes()
}

fn decode_answers(bytes: &[u8]) -> Option<Vec<Answer>> {
    let one = |answer: Value| match answer.as_array().map(Vec::as_slice) {
        Some([index, time]) => Some(Ok((index.as_u64()?, time.as_u64()?))),
        _ => Problem::from_json(&answer).map(Err),
    };
    serde_json::from_slice::<Vec<Value>>(bytes).ok()?.into_iter().map(one).collect()
}

impl Cluster {
    /// Hands a request to the writer of the log and waits for the answers. If this process becomes the writer meanwhile, the
    /// one before it may have done what was asked or not: whoever asked must come back.
    pub async fn hand_over(&self, log: &Log, request: &Request) -> Result<Vec<Answer>, Problem> {
        let bytes = sign(log, request)?;
        let number = ask(&self.store, log, &bytes).await?;
        let until = Instant::now().checked_add(PATIENCE).ok_or(Kind::Internal)?;
        loop {
            let announced = self.handovers.notified();
            tokio::pin!(announced);
            announced.as_mut().enable();
            if let Some(answer) = fetch(&self.store, number).await? {
                return decode_answers(&answer).ok_or_else(|| Kind::Internal.into());
            }
            if log.seat.writes() || Instant::now() >= until {
                forget(&self.store, number).await?;
                return Err(Kind::Unavailable.into());
            }
            // Whichever comes first: an announcement, or the time to look anyway.
            let _ = tokio::time::timeout(LOOK, announced).await;
        }
    }
}

async fn ask(store: &PostgresStore, log: &Log, request: &[u8]) -> Result<i64, StoreError> {
    let query = sqlx::query_scalar(
        "WITH asked AS (INSERT INTO handovers (log, request) VALUES ($1, $2) RETURNING handover) \
         SELECT handover FROM asked, pg_notify($3, $4)",
    )
    .bind(log.number().0)
    .bind(request)
    .bind(crate::store::CHANNEL)
    .bind(ANNOUNCED);
    within(async { Ok(query.fetch_one(store.writers()).await?) }).await
}

async fn fetch(store: &PostgresStore, number: i64) -> Result<Option<Vec<u8>>, StoreError> {
    let query = sqlx::query_scalar("DELETE FROM handovers WHERE handover = $1 AND answer IS NOT NULL RETURNING answer").bind(number);
    within(async { Ok(query.fetch_optional(store.writers()).await?) }).await
}

async fn forget(store: &PostgresStore, number: i64) -> Result<(), StoreError> {
    let query = sqlx::query("DELETE FROM handovers WHERE handover = $1").bind(number);
    within(async { Ok(query.execute(store.writers()).await?) }).await?;
    Ok(())
}

/// Throws away what nobody waits for any more.
pub(super) async fn tidy(store: &PostgresStore) -> Result<(), StoreError> {
    let query = sqlx::query("DELETE FROM handovers WHERE asked < clock_timestamp() - make_interval(secs => $1)").bind(OLD);
    within(async { Ok(query.execute(store.writers()).await?) }).await?;
    Ok(())
}

/// Carries out what others hand over, for the logs that this process writes.
pub(super) async fn serve(cluster: Arc<Cluster>, service: web::Data<Service>) {
    loop {
        let announced = cluster.handovers.notified();
        tokio::pin!(announced);
        announced.as_mut().enable();
        let mut done = false;
        let waiting = waiting(&cluster.store).await.unwrap_or_default();
        let ours = |log: &Arc<Log>| log.seat.writes() && waiting.contains(&log.number().0);
        for log in service.elections.all().into_iter().filter(ours) {
            match serve_log(&cluster.store, &log).await {
                Ok(some) => done |= some,
                Err(error) => tracing::warn!(%error, "handovers could not be served"),
            }
        }
        if !done {
            let _ = tokio::time::timeout(LOOK, announced).await;
        }
    }
}

/// The logs for which something waits.
async fn waiting(store: &PostgresStore) -> Result<Vec<i64>, StoreError> {
    let query = sqlx::query_scalar("SELECT DISTINCT log FROM handovers WHERE answer IS NULL");
    within(async { Ok(query.fetch_all(store.writers()).await?) }).await
}

/// Carries out what waits for one log; false if nothing does.
async fn serve_log(store: &PostgresStore, log: &Arc<Log>) -> Result<bool, StoreError> {
    let query = sqlx::query_as("SELECT handover, request FROM handovers WHERE log = $1 AND answer IS NULL ORDER BY handover LIMIT $2")
        .bind(log.number().0)
        .bind(AT_ONCE);
    let waiting: Vec<(i64, Vec<u8>)> = within(async { Ok(query.fetch_all(store.writers()).await?) }).await?;
    let some = !waiting.is_empty();
    let requests = waiting.into_iter().map(|(number, request)| {
        let log = log.clone();
        (number, tokio::spawn(async move { carry_out(&log, &request).await }))
    });
    // All of them are under way before the first is waited for.
    for (number, answers) in requests.collect::<Vec<_>>() {
        let answers = answers.await.unwrap_or_default();
        answer(store, number, &encode_answers(&answers)).await?;
    }
    Ok(some)
}

async fn answer(store: &PostgresStore, number: i64, answer: &[u8]) -> Result<(), StoreError> {
    let query = sqlx::query(
        "WITH answered AS (UPDATE handovers SET answer = $2, request = NULL WHERE handover = $1 RETURNING handover) \
         SELECT handover FROM answered, pg_notify($3, $4)",
    )
    .bind(number)
    .bind(answer)
    .bind(crate::store::CHANNEL)
    .bind(ANNOUNCED);
    within(async { Ok(query.execute(store.writers()).await?) }).await?;
    Ok(())
}

async fn carry_out(log: &Arc<Log>, request: &[u8]) -> Vec<Answer> {
    let Some(request) = open(log, request) else {
        tracing::error!(log = log.name(), "a handover is not signed with the log's key");
        return Vec::new();
    };
    match request {
        Request::Ballots(ballots) => log.jobs.handed_over(ballots).await,
        Request::Entry { kind, body, data } => vec![log.append(kind, body, data).await.and_then(|accepted| placed(&accepted))],
        Request::Cosign(note) => vec![log.cosign(note).await.map(|()| (0, 0))],
    }
}

/// Where and when an entry was appended.
pub(crate) fn placed(accepted: &Accepted) -> Answer {
    accepted.time().map(|time| (accepted.index, time)).ok_or_else(|| Kind::Internal.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_answers_arrive_as_they_were_sent() {
        let entry = Request::Entry { kind: EntryKind::Notice, body: vec![1, 2, 3], data: vec![4] };
        let Some(Request::Entry { kind, body, data }) = Request::decode(&entry.encode(), 1) else { panic!() };
        assert_eq!((kind, body, data), (EntryKind::Notice, vec![1, 2, 3], vec![4]));
        let ballots = Request::Ballots(vec![vec![1; 33], vec![2; 33]]);
        let Some(Request::Ballots(ballots)) = Request::decode(&ballots.encode(), 1) else { panic!() };
        assert_eq!(ballots, [[1; 33], [2; 33]]);
        assert!(matches!(Request::decode(&Request::Cosign("note".to_owned()).encode(), 5), Some(Request::Cosign(note)) if note == "note"));
        for broken in [&[][..], &[2], &[2, 7, 0, 0, 0, 9, 1], &[9, 1]] {
            assert!(Request::decode(broken, 5).is_none(), "{broken:?}");
        }
        let problem = Problem::from(Kind::Refused).with("reason", "supersedes").with("slot", 3).retry_after(7);
        let answers = vec![Ok((4, u64::MAX)), Err(problem)];
        assert_eq!(decode_answers(&encode_answers(&answers)), Some(answers));
        assert_eq!(decode_answers(b"[[1]]"), None);
    }
}
