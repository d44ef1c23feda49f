//! Boxes: each to its teller alone, who signs the request, and only after closing. Until then whoever
//! would have the keys of `t` tellers could read votes that are superseded later, and partial results. Mirrors that the
//! operator has named get them earlier, and keep the same rule.

use std::{collections::HashSet, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Bytes},
};
use isoloir_protocol::{
    ballot::Ballot,
    election::Election,
    fetch::{FETCH_WINDOW_MS, FetchRequest},
    log::entry::{Entry, Kind as EntryKind},
    sealed_box,
    signature::{SIGNATURE_LEN, SignKey},
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{OfElection, Service, body, body::Body};
use crate::{
    log::Log,
    problem::{Kind, Problem},
    store::{Store, StoreError},
};

/// Boxes that are read at once.
const BOXES: u32 = 512;

/// Pieces of a download that wait for a slow client.
const WAITING: usize = 2;

/// A request: `u8 j ‖ u64 ms ‖ signature ‖ u64 from ‖ u32 count`.
const REQUEST_LEN: usize = 1 + 8 + SIGNATURE_LEN + 8 + 4;

/// A mirror's request: `key ‖ u64 ms ‖ signature ‖ u8 j ‖ u64 from ‖ u32 count`.
const COPY_LEN: usize = 32 + 8 + SIGNATURE_LEN + 1 + 8 + 4;

/// What a mirror signs, together with the election and the time.
const COPY_LABEL: &str = "isoloir/server/copy-boxes";

/// What stands before a supplied box: `u64 index ‖ u8 j`.
const SUPPLY_HEAD: usize = 9;

/// Sends a teller its boxes of the current ballots: `u64 index ‖ box` by increasing index.
pub(crate) async fn fetch(
    log: OfElection,
    service: web::Data<Service>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let mut received = Body::new(&request, payload, REQUEST_LEN)?;
    let teller = u8::from_be_bytes(received.array().await?);
    let ms = u64::from_be_bytes(received.array().await?);
    let signed = FetchRequest { teller, ms, signature: received.array().await? };
    let from = u64::from_be_bytes(received.array().await?);
    let count = u32::from_be_bytes(received.array().await?);
    received.rest(0).await?;
    let now = log.now();
    if ms.abs_diff(now) > FETCH_WINDOW_MS {
        return Err(Problem::from(Kind::NotFresh).with("now", now));
    }
    if !signed.verify(log.manifest(), now) {
        return Err(Kind::BadSignature.into());
    }
    let (closed, counted_at) = log.read(|state| (state.election().closing().is_some(), state.counted_at()));
    if !closed {
        return Err(Kind::NotClosed.into());
    }
    let keep = u64::try_from(service.config.keep_boxes.as_millis()).unwrap_or(u64::MAX);
    if counted_at.is_some_and(|counted| now >= counted.saturating_add(keep)) {
        return Err(Kind::BoxesErased.into());
    }
    Ok(download(log.into_inner(), &service, Asked { teller, from, count }))
}

/// Sends a mirror that the operator has named the boxes of the current ballots, also before closing: it is to have them when this
/// server is lost. It gives them to nobody but their tellers, after closing, as this server does.
pub(crate) async fn copy(
    log: OfElection,
    service: web::Data<Service>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let mut received = Body::new(&request, payload, COPY_LEN)?;
    let key = SignKey::from_bytes(&received.array().await?).filter(|key| service.config.mirrors.contains(key));
    let ms = u64::from_be_bytes(received.array().await?);
    let signature: [u8; SIGNATURE_LEN] = received.array().await?;
    let teller = u8::from_be_bytes(received.array().await?);
    let from = u64::from_be_bytes(received.array().await?);
    let count = u32::from_be_bytes(received.array().await?);
    received.rest(0).await?;
    let now = log.now();
    if ms.abs_diff(now) > FETCH_WINDOW_MS {
        return Err(Problem::from(Kind::NotFresh).with("now", now));
    }
    let asked = |key: &SignKey| key.verify(COPY_LABEL, &[log.id().as_bytes(), &ms.to_be_bytes()], &signature);
    if !key.as_ref().is_some_and(asked) {
        return Err(Kind::BadSignature.into());
    }
    Ok(download(log.into_inner(), &service, Asked { teller, from, count }))
}

/// Which boxes are asked for.
struct Asked {
    teller: u8,
    from: u64,
    count: u32,
}

/// The boxes of the ballots that are current now.
fn download(log: Arc<Log>, service: &Service, asked: Asked) -> HttpResponse {
    // After closing the election itself says it of an index, and no list of a million is made for each request.
    let indices = |election: &Election| election.current_ballots().map(|(_, ballot)| ballot.index()).collect();
    let current = log.read(|state| state.election().closing().is_none().then(|| indices(state.election())));
    let (pieces, body) = mpsc::channel(WAITING);
    let store = service.store.clone();
    tokio::spawn(async move {
        if let Err(error) = send(&log, store.as_ref(), current.as_ref(), asked, &pieces).await {
            tracing::error!(%error, "boxes could not be read");
            let _ = pieces.send(Err(error)).await;
        }
    });
    HttpResponse::Ok().content_type("application/octet-stream").streaming(ReceiverStream::new(body))
}

/// Reads boxes page by page and sends those of current ballots.
async fn send(
    log: &Arc<Log>,
    store: &dyn Store,
    current: Option<&HashSet<u64>>,
    asked: Asked,
    pieces: &mpsc::Sender<Result<Bytes, StoreError>>,
) -> Result<(), StoreError> {
    let Asked { teller, mut from, mut count } = asked;
    while count > 0 {
        let page = store.boxes(log.number(), teller, from, count.min(BOXES)).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        from = last.saturating_add(1);
        let is_current = |election: &Election, index: &u64| {
            current.map_or_else(|| election.current_ballot_at(*index).is_some(), |current| current.contains(index))
        };
        let mut bytes = Vec::new();
        log.read(|state| {
            for (index, sealed) in page.iter().filter(|(index, _)| is_current(state.election(), index)) {
                bytes.extend_from_slice(&index.to_be_bytes());
                bytes.extend_from_slice(sealed);
                count = count.saturating_sub(1);
            }
        });
        if !bytes.is_empty() && pieces.send(Ok(bytes.into())).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Takes a box that was lost: `u64 index ‖ u8 j ‖ box`. It must be the one that the ballot names.
pub(crate) async fn supply(
    log: OfElection,
    service: web::Data<Service>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let length = log.manifest().box_len().saturating_add(SUPPLY_HEAD);
    let bytes = body::read(&request, payload, length).await?;
    let (index, rest) = bytes.split_first_chunk().ok_or(Kind::Malformed)?;
    let (teller, sealed) = rest.split_first().ok_or(Kind::Malformed)?;
    let index = u64::from_be_bytes(*index);
    if index >= log.read(|state| state.election().size()) {
        return Err(Kind::UnknownEntry.into());
    }
    if log.read(|state| state.counted_at()).is_some() {
        return Err(Kind::BoxesErased.into());
    }
    let entry = Entry::decode(&log.entry(index).await?.leaf).map_err(|_| Kind::Internal)?;
    if entry.kind != EntryKind::Ballot {
        return Err(Kind::UnknownEntry.into());
    }
    let ballot = Ballot::decode(log.manifest(), &entry.body).map_err(|_| Kind::Internal)?;
    sealed_box::check_hash(&ballot, *teller, sealed).map_err(|_| Kind::WrongBox)?;
    service.store.supply_box(log.number(), index, *teller, sealed).await?;
    Ok(HttpResponse::NoContent().finish())
}
