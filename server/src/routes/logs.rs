//! New logs: the server makes the key that will sign the checkpoints of one election.

use actix_web::{HttpRequest, web};
use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::signature::SignKey;
use serde::{Deserialize, Serialize};

use super::{Service, body};
use crate::{
    problem::{Kind, Problem},
    store::{NewLog, StoreError},
};

/// What an organiser signs to get a log.
const LABEL: &str = "isoloir/server/new-log";

/// A request may be signed this many milliseconds ago or ahead.
const WINDOW_MS: u64 = 600_000;

/// Bytes of a request.
const REQUEST_MAX: usize = 4_096;

/// Characters of a log's name.
const NAME_MAX: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    name: String,
    time: u64,
    organiser: String,
    signature: String,
}

#[derive(Serialize)]
pub(crate) struct Answer {
    origin: String,
    sign: String,
}

/// Makes the key of a log, or finds it if this organiser has asked before.
pub(crate) async fn create(service: web::Data<Service>, request: HttpRequest, payload: web::Payload) -> Result<web::Json<Answer>, Problem> {
    let asked: Request = body::json(&request, payload, REQUEST_MAX).await?;
    let organiser = decode_key(&asked.organiser).ok_or(Kind::Malformed)?;
    if !service.config.organisers.allow(&organiser) {
        return Err(Kind::NotAllowed.into());
    }
    let signature = STANDARD.decode(&asked.signature).map_err(|_| Kind::Malformed)?;
    let fields: [&[u8]; 2] = [asked.name.as_bytes(), &asked.time.to_be_bytes()];
    if !organiser.verify(LABEL, &fields, &signature) {
        return Err(Kind::BadSignature.into());
    }
    let now = service.config.clock.now_ms();
    if asked.time.abs_diff(now) > WINDOW_MS {
        return Err(Problem::from(Kind::NotFresh).with("now", now));
    }
    if !is_name(&asked.name) {
        return Err(Kind::LogName.into());
    }
    let origin = service.origin(&asked.name);
    // Another process may have made the key on its machine; it is told, and not made twice.
    let mut rows = service.store.logs().await?.into_iter();
    if let Some(row) = rows.find(|row| row.log.origin == origin && row.log.name == asked.name && row.log.organiser == *organiser.bytes()) {
        return Ok(web::Json(Answer { origin, sign: STANDARD.encode(row.log.sign) }));
    }
    let key = service.log_key(&asked.name, &origin).await?;
    let sign = *key.public().bytes();
    let log = NewLog { name: asked.name, origin, sign, organiser: *organiser.bytes() };
    match service.store.create_log(&log).await {
        Ok(row) => Ok(web::Json(Answer { origin: row.log.origin, sign: STANDARD.encode(sign) })),
        Err(StoreError::Taken) => Err(Kind::LogName.into()),
        Err(error) => Err(error.into()),
    }
}

fn decode_key(base64: &str) -> Option<SignKey> {
    SignKey::from_bytes(&STANDARD.decode(base64).ok()?.try_into().ok()?)
}

/// Lower-case letters, digits and inner hyphens: a part of an address and a file name.
fn is_name(name: &str) -> bool {
    (1..=NAME_MAX).contains(&name.len())
        && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_logs() {
        for name in ["a", "congres-2026", "0"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-a", "a-", "A", "a/b", "..", "a.b", "é", &"a".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
