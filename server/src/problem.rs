//! Everything that can be answered but what was asked for: RFC 9457 problems from one registry.
//!
//! A problem carries facts and no sentence: the pages and the command line know what to say in the
//! reader's language. No fact is a code, a name, an address or a choice.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, RETRY_AFTER},
    },
};
use serde_json::{Map, Value, json};

/// What the `type` of a problem begins with.
const URN: &str = "urn:isoloir:problem:";

macro_rules! registry {
    ($($(#[$doc:meta])* $variant:ident => $slug:literal, $status:literal, $title:literal;)*) => {
        /// The problems there are.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The end of the problem's `type`.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)* }
            }

            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// The title: the problem in a few English words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

registry! {
    /// No route, page or tile has this path.
    NotFound => "not-found", 404, "Nothing is here";
    /// The method does not go with the path.
    Method => "method", 405, "This method is not allowed here";
    /// No election has this id.
    UnknownElection => "unknown-election", 404, "No election has this id";
    /// The roll has no such slot. Fact: `slot`.
    UnknownSlot => "unknown-slot", 404, "The roll has no such slot";
    /// The log has no such entry, or it is no ballot.
    UnknownEntry => "unknown-entry", 404, "The log has no such ballot";
    /// The log names no such data.
    UnknownData => "unknown-data", 404, "The log names no such data";
    /// The body cannot be read. Fact: `expected`, where it is known.
    Malformed => "malformed", 400, "The body cannot be read";
    /// The body is longer than the route takes. Fact: `limit` in bytes.
    TooLarge => "too-large", 413, "The body is too large";
    /// The body did not arrive in time.
    Slow => "slow", 408, "The body did not arrive in time";
    /// The organiser is not known to this server.
    NotAllowed => "not-allowed", 403, "This key may not begin elections here";
    /// A request's signature is wrong.
    BadSignature => "bad-signature", 403, "The signature is not that of the role";
    /// A signed request is too old or too new. Fact: `now`.
    NotFresh => "not-fresh", 403, "The request was signed too long ago or in the future";
    /// A log name is not allowed or taken.
    LogName => "log-name", 409, "The log's name is not allowed or taken";
    /// A manifest names another log than one that this server keeps for the organiser.
    WrongLog => "wrong-log", 422, "The manifest names no log of this server and organiser";
    /// A manifest is not valid. Fact: `reason`.
    InvalidManifest => "invalid-manifest", 422, "The manifest is not valid";
    /// An entry or ballot breaks a rule. Facts: `reason` and what belongs to it.
    Refused => "refused", 422, "The log's rules refuse this entry";
    /// The vote has not begun. Facts: `opens`, `now`.
    NotYetOpen => "not-yet-open", 503, "Voting has not begun";
    /// The slot has voted too often in a short time. Fact: `slot`.
    TooOften => "too-often", 429, "This slot has voted very often of late";
    /// This server keeps a copy of a log that another one writes.
    Copy => "copy", 403, "This server keeps a copy and takes nothing";
    /// Too many are waiting.
    Busy => "busy", 503, "Too many requests are waiting";
    /// The database does not answer or the server is stopping.
    Unavailable => "unavailable", 503, "Nothing can be stored at the moment";
    /// The stored log does not replay. Fact: `why`.
    Damaged => "damaged-log", 503, "The stored log does not replay";
    /// Boxes are shown after the close entry only. Fact: `phase`.
    NotClosed => "not-closed", 409, "Boxes are shown after closing only";
    /// Boxes were erased after the result.
    BoxesErased => "boxes-erased", 410, "The boxes were erased after the result";
    /// A supplied box is not the one of the log.
    WrongBox => "wrong-box", 422, "This is not the box that the log names";
    /// A note shows another history than this server's, under this server's key.
    Fork => "fork", 409, "The checkpoint is not of this log's history";
    /// A note has no cosignature to keep.
    NoCosignature => "no-cosignature", 422, "The note has no new valid cosignature of a witness";
    /// The pages are not in this build.
    NoPages => "no-pages", 503, "The pages were not built into this server";
    /// The server made a mistake.
    Internal => "internal", 500, "The server made a mistake";
}

/// A problem with its facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    kind: Kind,
    facts: Map<String, Value>,
    retry_after: Option<u64>,
}

impl Problem {
    /// Which problem it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether what was sent as a ballot is none that an honest program makes: its proofs fail, or it cannot be read.
    pub fn is_no_ballot(&self) -> bool {
        let reason = self.facts.get("reason").and_then(Value::as_str);
        self.kind == Kind::Malformed || (self.kind == Kind::Refused && matches!(reason, Some("proof" | "box")))
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, name: &str, fact: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), fact.into());
        self
    }

    /// Adds facts.
    #[must_use]
    pub fn with_all(mut self, facts: Map<String, Value>) -> Self {
        self.facts.extend(facts);
        self
    }

    /// The problem for another process of the same server.
    pub(crate) fn to_json(&self) -> Value {
        json!({ "kind": self.kind.slug(), "facts": self.facts, "retry_after": self.retry_after })
    }

    /// The problem that another process met.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let slug = value.get("kind")?.as_str()?;
        let kind = *Kind::ALL.iter().find(|kind| kind.slug() == slug)?;
        let facts = value.get("facts")?.as_object()?.clone();
        Some(Self { kind, facts, retry_after: value.get("retry_after").and_then(Value::as_u64) })
    }

    /// Asks to come back in so many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        // Whoever is turned away for a passing reason is told when to come back.
        let retry_after = matches!(kind, Kind::Busy | Kind::Unavailable).then_some(2);
        Self { kind, facts: Map::new(), retry_after }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.title())
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut body = self.facts.clone();
        body.insert("type".to_owned(), json!(format!("{URN}{}", self.kind.slug())));
        body.insert("title".to_owned(), json!(self.kind.title()));
        body.insert("status".to_owned(), json!(self.kind.status()));
        let mut response = HttpResponse::build(self.status_code());
        response.content_type("application/problem+json");
        response.insert_header((CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.retry_after {
            response.insert_header((RETRY_AFTER, seconds));
        }
        response.body(Value::Object(body).to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn slugs_are_distinct_and_statuses_are_errors() {
        let slugs: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(slugs.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert!((400..600).contains(&kind.status()), "{kind:?}");
            assert!(kind.slug().bytes().all(|c| c.is_ascii_lowercase() || c == b'-'), "{kind:?}");
        }
    }

    #[test]
    fn a_problem_has_type_title_status_and_facts() {
        let problem = Problem::from(Kind::Busy).with("waiting", 3);
        let response = problem.error_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers().get("retry-after").unwrap(), "2");
        assert_eq!(response.headers().get("content-type").unwrap(), "application/problem+json");
    }
}
