//! Reading bodies: bounded in size and in time, so that slow and greedy clients cost themselves only.

use std::time::Duration;

use actix_web::{HttpRequest, http::header::CONTENT_LENGTH, web};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tokio_stream::StreamExt;

use crate::problem::{Kind, Problem};

/// The slowest line that is waited for, in bytes per second.
const SLOWEST: usize = 4_096;

/// How long even the smallest body may take.
const LEAST: Duration = Duration::from_secs(20);

/// The whole body, if it has at most `limit` bytes.
pub(crate) async fn read(request: &HttpRequest, payload: web::Payload, limit: usize) -> Result<Vec<u8>, Problem> {
    Body::new(request, payload, limit)?.rest(limit).await
}

/// The value that a small JSON body is.
pub(crate) async fn json<T: DeserializeOwned>(request: &HttpRequest, payload: web::Payload, limit: usize) -> Result<T, Problem> {
    let bytes = read(request, payload, limit).await?;
    serde_json::from_slice(&bytes).map_err(|_| Kind::Malformed.into())
}

/// A body that is read part by part.
pub(crate) struct Body {
    payload: web::Payload,
    /// What has arrived and was not asked for yet.
    ahead: Vec<u8>,
    began: Instant,
    arrived: usize,
}

impl Body {
    /// The body of a request. One that announces more than `limit` bytes is not read at all.
    pub fn new(request: &HttpRequest, payload: web::Payload, limit: usize) -> Result<Self, Problem> {
        let announced = request.headers().get(CONTENT_LENGTH).and_then(|len| len.to_str().ok());
        let announced = announced.and_then(|length| length.parse::<usize>().ok());
        if announced.is_some_and(|length| length > limit) {
            return Err(too_large(limit));
        }
        Ok(Self { payload, ahead: Vec::new(), began: Instant::now(), arrived: 0 })
    }

    /// The next `N` bytes.
    pub async fn array<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        self.take(N).await?.try_into().map_err(|_| Kind::Malformed.into())
    }

    /// The next `length` bytes.
    pub async fn take(&mut self, length: usize) -> Result<Vec<u8>, Problem> {
        while self.ahead.len() < length {
            if !self.arrive().await? {
                return Err(Kind::Malformed.into());
            }
        }
        let rest = self.ahead.split_off(length);
        Ok(std::mem::replace(&mut self.ahead, rest))
    }

    /// All that is left, if it is at most `limit` bytes.
    pub async fn rest(mut self, limit: usize) -> Result<Vec<u8>, Problem> {
        loop {
            if self.ahead.len() > limit {
                return Err(too_large(limit));
            }
            if !self.arrive().await? {
                return Ok(self.ahead);
            }
        }
    }

    /// Waits for the next piece; false at the end.
    async fn arrive(&mut self) -> Result<bool, Problem> {
        // The longer the line has proved itself, the longer it may go on.
        let seconds = u64::try_from(self.arrived / SLOWEST).unwrap_or(u64::MAX);
        let patience = LEAST.saturating_add(Duration::from_secs(seconds));
        let until = self.began.checked_add(patience).unwrap_or(self.began);
        let next = tokio::time::timeout_at(until, self.payload.next()).await;
        match next.map_err(|_| Kind::Slow)? {
            None => Ok(false),
            Some(Err(_)) => Err(Kind::Malformed.into()),
            Some(Ok(piece)) => {
                self.arrived = self.arrived.saturating_add(piece.len());
                self.ahead.extend_from_slice(&piece);
                Ok(true)
            }
        }
    }
}

fn too_large(limit: usize) -> Problem {
    Problem::from(Kind::TooLarge).with("limit", limit)
}
