//! Entries of the organiser, the registrars and the tellers.

use actix_web::{HttpRequest, HttpResponse, web};
use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    election::Phase,
    log::{
        entry::{DATA_MAX, Kind as EntryKind, LEAF_HEADER, LEAF_MAX},
        tree::Hash,
    },
    tally::{report::Report, sums::Sums},
};
use serde::Serialize;

use super::{OfElection, Service, body::Body};
use crate::{
    log::{self, Accepted, Log},
    problem::{Kind, Problem},
};

/// Data that many requests may bring at once.
const SMALL: usize = 1 << 20;

/// No row of a roll part has more bytes, nor have its head and signature.
const ROW: u32 = 128;

/// Where an entry is, with the proof.
#[derive(Serialize)]
pub(crate) struct Placed {
    pub index: u64,
    pub leaf: String,
    pub checkpoint: String,
    pub proof: Vec<String>,
}

impl Placed {
    /// The proof against the latest checkpoint.
    pub fn new(log: &Log, accepted: &Accepted) -> Result<Self, Problem> {
        log.read(|state| {
            let proof: Vec<Hash> = log::inclusion(state.election(), accepted.index)?;
            Ok(Self {
                index: accepted.index,
                leaf: STANDARD.encode(&accepted.leaf),
                checkpoint: state.note(),
                proof: proof.iter().map(|hash| STANDARD.encode(hash)).collect(),
            })
        })
    }
}

/// Appends an entry, or finds it: `u8 kind ‖ u32 length ‖ body ‖ data`.
pub(crate) async fn append(
    log: OfElection,
    service: web::Data<Service>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let mut received = Body::new(&request, payload, LEAF_MAX.saturating_add(DATA_MAX))?;
    let kind = u8::from_be_bytes(received.array().await?);
    let kind = EntryKind::from_u8(kind).filter(may_be_sent).ok_or(Kind::Malformed)?;
    let length = u32::from_be_bytes(received.array().await?);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > LEAF_MAX.saturating_sub(LEAF_HEADER) {
        return Err(Problem::from(Kind::TooLarge).with("limit", LEAF_MAX.saturating_sub(LEAF_HEADER)));
    }
    let body = received.take(length).await?;
    // Data are large and come before anything about them can be checked: only from those who show that
    // they may send them, and not from many at once.
    let limit = data_limit(&log, kind, &body)?;
    let _turn = match limit {
        0..=SMALL => None,
        _ => Some(service.large.try_acquire().map_err(|_| Kind::Busy)?),
    };
    let data = received.rest(limit).await?;
    let log = log.into_inner();
    let accepted = log.append(kind, body, data).await?;
    Ok(HttpResponse::Ok().json(Placed::new(&log, &accepted)?))
}

/// Ballots have their own way in; manifest, close, fix and result are not sent.
fn may_be_sent(kind: &EntryKind) -> bool {
    matches!(
        kind,
        EntryKind::Consent
            | EntryKind::RollPart
            | EntryKind::Open
            | EntryKind::Replacement
            | EntryKind::Notice
            | EntryKind::Report
            | EntryKind::Sums
    )
}

/// How many bytes of data may come with an entry: for reports and sums what the teller has signed.
fn data_limit(log: &Log, kind: EntryKind, body: &[u8]) -> Result<usize, Problem> {
    let manifest = log.manifest();
    let malformed = |_| Problem::from(Kind::Malformed);
    let length = match kind {
        EntryKind::RollPart => {
            let count = body.last_chunk().map_or(0, |count| u32::from_be_bytes(*count));
            let wanted = log.read(|state| state.election().phase() == Phase::Setup || state.known(kind, body).is_some());
            Some(if wanted { count.saturating_add(1).saturating_mul(ROW) } else { 0 })
        }
        EntryKind::Report => {
            let report = Report::decode(body).map_err(malformed)?;
            report.verify(manifest).then_some(report.data.len)
        }
        EntryKind::Sums => {
            let sums = Sums::decode(body).map_err(malformed)?;
            sums.verify(manifest).then_some(sums.data.len)
        }
        _ => Some(0),
    };
    let length = length.ok_or(Kind::BadSignature)?;
    Ok(usize::try_from(length).unwrap_or(DATA_MAX).min(DATA_MAX))
}
