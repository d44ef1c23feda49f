//! Whoever talks to the server, without any role.

use std::net::SocketAddr;

use serde_json::Value;
use ureq::{
    Agent,
    http::HeaderMap,
    tls::{Certificate, RootCerts, TlsConfig},
};

/// A reader of the public interface.
#[derive(Clone)]
pub struct Anonymous {
    agent: Agent,
    base: String,
}

/// An answer of any status.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Anonymous {
    pub fn new(addr: SocketAddr) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        Self { agent: config.into(), base: format!("http://{addr}") }
    }

    /// A reader by TLS who trusts this certificate and no other.
    pub fn trusting(addr: SocketAddr, certificate: &[u8]) -> Self {
        let roots = RootCerts::new_with_certs(&[Certificate::from_pem(certificate).unwrap()]);
        let tls = TlsConfig::builder().root_certs(roots).build();
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).tls_config(tls).https_only(true);
        Self { agent: config.build().into(), base: format!("https://{addr}") }
    }

    /// The answer, if there is one.
    pub fn try_get(&self, path: &str) -> Result<Answer, ureq::Error> {
        self.agent.get(format!("{}{path}", self.base)).call().map(answer)
    }

    pub fn get(&self, path: &str) -> Answer {
        answer(self.agent.get(format!("{}{path}", self.base)).call().unwrap())
    }

    pub fn head(&self, path: &str) -> Answer {
        answer(self.agent.head(format!("{}{path}", self.base)).call().unwrap())
    }

    pub fn get_with(&self, path: &str, header: (&str, &str)) -> Answer {
        answer(self.agent.get(format!("{}{path}", self.base)).header(header.0, header.1).call().unwrap())
    }

    pub fn post(&self, path: &str, body: &[u8]) -> Answer {
        answer(self.agent.post(format!("{}{path}", self.base)).send(body).unwrap())
    }

    /// The answer, if there is one.
    pub fn try_post(&self, path: &str, body: &[u8]) -> Option<Answer> {
        self.agent.post(format!("{}{path}", self.base)).send(body).ok().map(answer)
    }

    pub fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.post(path, body.to_string().as_bytes())
    }
}

fn answer(response: ureq::http::Response<ureq::Body>) -> Answer {
    let (parts, mut body) = response.into_parts();
    let body = body.with_config().limit(1 << 30).read_to_vec().unwrap_or_default();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

impl Answer {
    /// The answer, which must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The end of the problem's type; the answer must be a problem whose members are in order.
    #[track_caller]
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()));
        problem["type"].as_str().unwrap().strip_prefix("urn:isoloir:problem:").unwrap().to_owned()
    }

    /// The reason of a refusal by the log's rules.
    #[track_caller]
    pub fn reason(&self) -> String {
        assert_eq!((self.status, self.problem().as_str()), (422, "refused"), "{}", self.text());
        self.json()["reason"].as_str().unwrap().to_owned()
    }
}
