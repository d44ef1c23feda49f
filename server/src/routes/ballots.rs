//! Casting, and receipts.

use actix_web::{HttpRequest, HttpResponse, web};
use isoloir_protocol::log::receipt::Receipt;

use super::{OfElection, Service, body, number};
use crate::problem::{Kind, Problem};

/// Takes a submission and answers with its receipt once the ballot is in the log for ever.
pub(crate) async fn cast(
    log: OfElection,
    service: web::Data<Service>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let sender = service.senders.of(&request);
    let line = service.senders.line(sender, log.now());
    log.jobs.room(line)?;
    let submission = body::read(&request, payload, log.submission_len()).await?;
    let cast = log.cast(&submission, line).await;
    if cast.as_ref().is_err_and(Problem::is_no_ballot) {
        service.senders.failed(sender, log.now());
    }
    log.receipt(&cast?).map(answer)
}

/// The receipt of the ballot at an index.
pub(crate) async fn receipt(log: OfElection, path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let index: u64 = number(&path.1).ok_or(Kind::UnknownEntry)?;
    if index >= log.read(|state| state.election().size()) {
        return Err(Kind::UnknownEntry.into());
    }
    let accepted = log.entry(index).await?;
    log.receipt(&accepted).map(answer)
}

fn answer(receipt: Receipt) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(receipt.to_json())
}
