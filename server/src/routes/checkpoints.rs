//! Checkpoints and what witnesses bring.

use actix_web::{HttpRequest, HttpResponse, web};
use isoloir_protocol::log::checkpoint::NOTE_LEN;

use super::{OfElection, body};
use crate::problem::{Kind, Problem};

/// A note that witnesses bring has a few lines.
const NOTE_MAX: usize = NOTE_LEN / 32;

/// The checkpoints that were kept for their cosignatures.
pub(crate) async fn list(log: OfElection) -> web::Json<Vec<String>> {
    let notes = log.read(|state| state.cosignatures().notes());
    web::Json(notes.into_iter().map(|kept| kept.note).collect())
}

/// Keeps the cosignatures of a note.
pub(crate) async fn cosign(log: OfElection, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let note = body::read(&request, payload, NOTE_MAX).await?;
    let note = String::from_utf8(note).map_err(|_| Kind::Malformed)?;
    let log = log.into_inner();
    if log.seat.copies() {
        return Err(Kind::Copy.into());
    }
    log.cosign(note).await?;
    Ok(HttpResponse::NoContent().finish())
}
