//! The server's HTTP interface, typed: what every command uses to talk to it.
//!
//! Nothing that comes back is believed where the log can be replayed; the status is for showing only.

use std::{io::Read, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    fetch::FetchRequest,
    log::{entry::Kind, receipt::Receipt},
    manifest::ElectionId,
    signature::SignSecret,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use ureq::http::Response;

use crate::{
    context::{Clock, SystemClock},
    problem,
    problem::Outcome,
};

/// The most bytes of an answer that is not a download.
const LARGEST_ANSWER: u64 = 64 << 20;
/// The most bytes of an archive.
const LARGEST_ARCHIVE: u64 = 16 << 30;
/// How much longer a body may take than the head of an answer, for those who are impatient.
const BODY_PATIENCE: u32 = 4;
/// How often a request that the server is too busy for is made again.
const TRIES: u32 = 6;

/// A server, by its address.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    clock: Arc<dyn Clock>,
    /// How often a request is made at most.
    tries: u32,
}

/// What the server says about an election.
#[derive(Debug, Clone, Deserialize)]
pub struct Status {
    /// The election.
    pub id: String,
    /// The log's name.
    pub origin: String,
    /// How far it is: setup, open, suspended, closed, fixed, counted.
    pub phase: String,
    /// The server's clock, ms since 1970.
    pub now: u64,
    /// Leaves of the log.
    pub size: u64,
    /// When voting begins, ms since 1970.
    pub opens: u64,
    /// The closing time as it stands, ms since 1970.
    pub closes: u64,
    /// Closing time plus grace, ms since 1970.
    pub end: u64,
    /// Slots of the roll.
    #[serde(default)]
    pub voters: u64,
    /// Slots with a ballot.
    #[serde(default)]
    pub ballots: u64,
    /// The tellers' states.
    #[serde(default)]
    pub tellers: Vec<TellerStatus>,
    /// The registrars' states.
    #[serde(default)]
    pub registrars: Vec<RegistrarStatus>,
    /// The witnesses' states.
    #[serde(default)]
    pub witnesses: Vec<WitnessStatus>,
    /// How many witnesses it takes.
    #[serde(default)]
    pub witness_quorum: u32,
    /// What is told about a copy, if it is one.
    #[serde(default)]
    pub copy: Option<CopyStatus>,
}

/// What a witness or mirror says about its copy.
#[derive(Debug, Clone, Deserialize)]
pub struct CopyStatus {
    /// Both checkpoints, if the log is not what it was.
    pub alarm: Option<isoloir_server::Alarm>,
}

/// What the server says about a teller.
#[derive(Debug, Clone, Deserialize)]
pub struct TellerStatus {
    /// Whoever it is.
    pub name: String,
    /// Whether the consent is logged.
    pub consented: bool,
    /// Whether the report is logged.
    #[serde(default)]
    pub reported: bool,
    /// Whether the sums are logged.
    #[serde(default)]
    pub summed: bool,
}

/// What the server says about a registrar.
#[derive(Debug, Clone, Deserialize)]
pub struct RegistrarStatus {
    /// Whoever it is.
    pub name: String,
    /// Whether the consent is logged.
    pub consented: bool,
    /// Whether the roll part is logged.
    pub roll: bool,
}

/// What the server says about a witness.
#[derive(Debug, Clone, Deserialize)]
pub struct WitnessStatus {
    /// Its name.
    pub name: String,
    /// Size of the last checkpoint it cosigned.
    #[serde(default)]
    pub seen_size: Option<u64>,
}

/// What the server says about a slot.
#[derive(Debug, Clone, Deserialize)]
pub struct SlotStatus {
    /// Its current ballot, if any.
    #[serde(default)]
    pub current: Option<SlotBallot>,
    /// All its ballots in order.
    #[serde(default)]
    pub ballots: Vec<SlotBallot>,
    /// The public part of each registrar's code, hex.
    #[serde(default)]
    pub key_parts: Vec<String>,
}

/// A ballot of a slot.
#[derive(Debug, Clone, Deserialize)]
pub struct SlotBallot {
    /// Its leaf index.
    pub index: u64,
    /// Its receipt code.
    pub code: String,
}

/// An election in the server's list.
#[derive(Debug, Clone, Deserialize)]
pub struct Listed {
    /// The election.
    pub id: String,
}

/// A log key made by the server.
#[derive(Debug, Clone, Deserialize)]
pub struct NewLog {
    /// The log's name.
    pub origin: String,
    /// Its key, base64.
    pub sign: String,
}

/// Why a ballot was refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Refused {
    /// The reason by its name, as `proof`.
    pub reason: String,
    /// The slot of the ballot, where the reason has one.
    #[serde(default)]
    pub slot: Option<u32>,
}

#[derive(Serialize)]
struct LogRequest<'a> {
    name: &'a str,
    time: u64,
    organiser: String,
    signature: String,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Deserialize)]
struct Appended {
    index: u64,
}

#[derive(Deserialize, Default)]
struct Trouble {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
}

/// A file of the pages, as it was sent.
#[derive(Debug, Clone)]
pub struct ServedFile {
    /// HTTP status.
    pub status: u16,
    /// How `bytes` are compressed: the header `content-encoding`.
    pub encoding: String,
    /// The header `content-security-policy`.
    pub policy: String,
    /// The body, not decompressed.
    pub bytes: Vec<u8>,
}

/// A box of the server's answer to a teller: log index and bytes.
pub type IndexedBox = (u64, Vec<u8>);

/// Which boxes a mirror asks for.
#[derive(Debug, Clone, Copy)]
pub struct BoxPart {
    /// The teller `j`, from 1.
    pub teller: u8,
    /// The log index to begin at.
    pub from: u64,
    /// The most boxes.
    pub count: u32,
    /// Bytes of a box.
    pub box_len: usize,
}

impl Client {
    /// The server at an address such as `https://vote.example.org`. Without TLS only on the same machine.
    pub fn new(base: &str) -> Outcome<Self> {
        Self::with_clock(base, Arc::new(SystemClock))
    }

    /// The same with another clock to wait by.
    pub fn with_clock(base: &str, clock: Arc<dyn Clock>) -> Outcome<Self> {
        let base = base.trim_end_matches('/');
        let uri: ureq::http::Uri = base.parse().map_err(|error| problem!("server-address", "server" => base).because(&error))?;
        let local = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if local => {}
            Some("http") => return Err(problem!("server-not-https", "server" => base)),
            _ => return Err(problem!("server-address", "server" => base)),
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("isoloir/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(Duration::from_secs(120)))
            .build();
        Ok(Self { agent: config.into(), base: base.to_owned(), clock, tries: TRIES })
    }

    /// The same for whoever wants to know that the server does not answer: each request is made twice at most and waits for so long, and
    /// whatever trickles in has come after [`BODY_PATIENCE`] times as long, or counts as not come.
    #[must_use]
    pub fn impatient(&self, patience: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("isoloir/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(patience))
            .timeout_recv_response(Some(patience))
            .timeout_recv_body(Some(patience.saturating_mul(BODY_PATIENCE)))
            .build();
        Self { agent: config.into(), base: self.base.clone(), clock: Arc::clone(&self.clock), tries: 2 }
    }

    /// The server's address, without a slash at the end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The elections of the server.
    pub fn elections(&self) -> Outcome<Vec<Listed>> {
        self.json("/api/elections")
    }

    /// What the server says about an election.
    pub fn status(&self, id: &ElectionId) -> Outcome<Status> {
        self.json(&format!("/api/elections/{id}"))
    }

    /// The exact bytes of a manifest.
    pub fn manifest(&self, id: &ElectionId) -> Outcome<Vec<u8>> {
        self.bytes(&format!("/api/elections/{id}/manifest"))
    }

    /// What the server says about a slot.
    pub fn slot(&self, id: &ElectionId, slot: u32) -> Outcome<SlotStatus> {
        self.json(&format!("/api/elections/{id}/slots/{slot}"))
    }

    /// A receipt against the latest checkpoint.
    pub fn receipt(&self, id: &ElectionId, index: u64) -> Outcome<Receipt> {
        read_receipt(&self.bytes(&format!("/api/elections/{id}/receipts/{index}"))?)
    }

    /// The checkpoints with cosignatures that the server keeps.
    pub fn checkpoints(&self, id: &ElectionId) -> Outcome<Vec<String>> {
        self.json(&format!("/api/elections/{id}/checkpoints"))
    }

    /// The whole archive as a zip.
    pub fn archive(&self, id: &ElectionId) -> Outcome<Vec<u8>> {
        let answer = self.get(&format!("/api/elections/{id}/archive.zip"))?;
        body(answer, LARGEST_ARCHIVE)
    }

    /// The data of an entry, by its SHA-256.
    pub fn data(&self, id: &ElectionId, hash: &[u8; 32]) -> Outcome<Vec<u8>> {
        let answer = self.get(&format!("/api/elections/{id}/data/{}", hex::encode(hash)))?;
        body(answer, LARGEST_ARCHIVE)
    }

    /// The latest checkpoint of a log, by its name on this server.
    pub fn checkpoint(&self, log: &str) -> Outcome<String> {
        let bytes = self.bytes(&format!("/log/{log}/checkpoint"))?;
        String::from_utf8(bytes).map_err(|error| problem!("server-answer").because(&error))
    }

    /// An entry bundle of a log (C2SP tlog-tiles): bundle `number` with `width` leaves, 256 if it is full.
    pub fn entries(&self, log: &str, number: u64, width: u64) -> Outcome<Vec<u8>> {
        let partial = if width < 256 { format!(".p/{width}") } else { String::new() };
        self.bytes(&format!("/log/{log}/tile/entries/{}{partial}", tile_path(number)))
    }

    /// A file of the pages as the server sends it to a browser that takes this encoding, whatever its status.
    pub fn file(&self, path: &str, encoding: &str) -> Outcome<ServedFile> {
        const LARGEST_FILE: u64 = 64 << 20;
        let unreachable = |error: &dyn std::fmt::Display| problem!("server-unreachable", "server" => self.base).because(error);
        let answer = self.agent.get(format!("{}{path}", self.base)).header("accept-encoding", encoding).call();
        let answer = answer.map_err(|error| unreachable(&error))?;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let (status, encoding, policy) = (answer.status().as_u16(), header("content-encoding"), header("content-security-policy"));
        Ok(ServedFile { status, encoding, policy, bytes: body(answer, LARGEST_FILE)? })
    }

    /// Has the server make a log key for an election of this organiser.
    pub fn new_log(&self, name: &str, now: u64, organiser: &SignSecret) -> Outcome<NewLog> {
        let signature = organiser.sign("isoloir/server/new-log", &[name.as_bytes(), &now.to_be_bytes()]);
        let request =
            LogRequest { name, time: now, organiser: STANDARD.encode(organiser.public().bytes()), signature: STANDARD.encode(signature) };
        let body = serde_json::to_vec(&request).map_err(|error| problem!("server-answer").because(&error))?;
        parse(&self.post("/api/logs", "application/json", &body)?)
    }

    /// Posts a manifest entry; the answer is the election's id.
    pub fn create(&self, entry_body: &[u8]) -> Outcome<ElectionId> {
        let created: Created = parse(&self.post("/api/elections", "application/octet-stream", entry_body)?)?;
        created.id.parse().map_err(|error| problem!("server-answer").because(&error))
    }

    /// Posts an entry with its data; the answer is its index.
    pub fn append(&self, id: &ElectionId, kind: Kind, entry_body: &[u8], data: &[u8]) -> Outcome<u64> {
        let length = u32::try_from(entry_body.len()).map_err(|error| problem!("server-answer").because(&error))?;
        let mut bytes = vec![kind as u8];
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry_body);
        bytes.extend_from_slice(data);
        let appended: Appended = parse(&self.post(&format!("/api/elections/{id}/entries"), "application/octet-stream", &bytes)?)?;
        Ok(appended.index)
    }

    /// Posts a submission; the answer is a receipt, to be checked by its owner.
    pub fn cast(&self, id: &ElectionId, submission: &[u8]) -> Outcome<Receipt> {
        let bytes = self.post(&format!("/api/elections/{id}/ballots"), "application/octet-stream", submission)?;
        read_receipt(&bytes)
    }

    /// Posts what has to be refused: why it was, or nothing if it was taken.
    pub fn refusal(&self, id: &ElectionId, submission: &[u8]) -> Outcome<Option<Refused>> {
        let answer = self.answer(&format!("/api/elections/{id}/ballots"), Some(("application/octet-stream", submission)))?;
        match answer.status().as_u16() {
            200 => Ok(None),
            422 => parse(&body(answer, LARGEST_ANSWER)?).map(Some),
            _ => Err(refused(answer)),
        }
    }

    /// Posts a note with a witness's cosignature.
    pub fn cosign(&self, id: &ElectionId, note: &str) -> Outcome<()> {
        self.post(&format!("/api/elections/{id}/cosignatures"), "text/plain; charset=utf-8", note.as_bytes()).map(drop)
    }

    /// Fetches boxes of current ballots for teller `j`, from a log index on, at most `count`.
    pub fn boxes(&self, id: &ElectionId, request: &FetchRequest, from: u64, count: u32, box_len: usize) -> Outcome<Vec<IndexedBox>> {
        let mut bytes = vec![request.teller];
        bytes.extend_from_slice(&request.ms.to_be_bytes());
        bytes.extend_from_slice(&request.signature);
        bytes.extend_from_slice(&from.to_be_bytes());
        bytes.extend_from_slice(&count.to_be_bytes());
        self.indexed_boxes(&format!("/api/elections/{id}/boxes/fetch"), &bytes, box_len)
    }

    /// Fetches boxes of current ballots for teller `j` as a mirror, from a log index on, at most `count`.
    pub fn copy_boxes(&self, id: &ElectionId, key: &SignSecret, now: u64, part: BoxPart) -> Outcome<Vec<IndexedBox>> {
        let signature = key.sign("isoloir/server/copy-boxes", &[id.as_bytes(), &now.to_be_bytes()]);
        let mut bytes = key.public().bytes().to_vec();
        bytes.extend_from_slice(&now.to_be_bytes());
        bytes.extend_from_slice(&signature);
        bytes.push(part.teller);
        bytes.extend_from_slice(&part.from.to_be_bytes());
        bytes.extend_from_slice(&part.count.to_be_bytes());
        self.indexed_boxes(&format!("/api/elections/{id}/boxes/copy"), &bytes, part.box_len)
    }

    fn indexed_boxes(&self, path: &str, request: &[u8], box_len: usize) -> Outcome<Vec<IndexedBox>> {
        let answer = self.request(path, Some(("application/octet-stream", request)))?;
        let answer = body(answer, LARGEST_ARCHIVE)?;
        let record = box_len.saturating_add(8);
        let mut boxes = Vec::new();
        for record in answer.chunks(record) {
            let (index, content) = record.split_first_chunk::<8>().ok_or_else(|| problem!("server-answer"))?;
            if content.len() != box_len {
                return Err(problem!("server-answer"));
            }
            boxes.push((u64::from_be_bytes(*index), content.to_vec()));
        }
        Ok(boxes)
    }

    fn json<T: DeserializeOwned>(&self, path: &str) -> Outcome<T> {
        parse(&self.bytes(path)?)
    }

    fn bytes(&self, path: &str) -> Outcome<Vec<u8>> {
        body(self.get(path)?, LARGEST_ANSWER)
    }

    fn get(&self, path: &str) -> Outcome<Response<ureq::Body>> {
        self.request(path, None)
    }

    fn post(&self, path: &str, content_type: &str, bytes: &[u8]) -> Outcome<Vec<u8>> {
        body(self.request(path, Some((content_type, bytes)))?, LARGEST_ANSWER)
    }

    /// Makes a request, again when the server is busy or an answer got lost: every request of this interface may be repeated.
    fn request(&self, path: &str, post: Option<(&str, &[u8])>) -> Outcome<Response<ureq::Body>> {
        let answer = self.answer(path, post)?;
        if answer.status().is_success() { Ok(answer) } else { Err(refused(answer)) }
    }

    /// The same with an answer of any status.
    fn answer(&self, path: &str, post: Option<(&str, &[u8])>) -> Outcome<Response<ureq::Body>> {
        let url = format!("{}{path}", self.base);
        let mut tries = 0_u32;
        loop {
            tries = tries.saturating_add(1);
            let answer = match post {
                None => self.agent.get(&url).call(),
                Some((content_type, bytes)) => self.agent.post(&url).content_type(content_type).send(bytes),
            };
            let wait = match answer {
                Ok(answer) if answer.status().as_u16() == 503 && tries < self.tries => retry_after(&answer),
                Ok(answer) => return Ok(answer),
                Err(error) if tries >= self.tries => return Err(problem!("server-unreachable", "server" => self.base).because(&error)),
                Err(_) => 1,
            };
            self.clock.pause(Duration::from_secs(wait));
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.base)
    }
}

fn retry_after(answer: &Response<ureq::Body>) -> u64 {
    let seconds = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()).and_then(|value| value.parse().ok());
    seconds.unwrap_or(1_u64).clamp(1, 30)
}

fn refused(answer: Response<ureq::Body>) -> crate::problem::Problem {
    let status = answer.status().as_u16();
    let bytes = body(answer, 1 << 16).unwrap_or_default();
    let trouble: Trouble = serde_json::from_slice(&bytes).unwrap_or_default();
    let facts: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&bytes).unwrap_or_default();
    let mut words = if trouble.detail.is_empty() { trouble.title } else { format!("{}: {}", trouble.title, trouble.detail) };
    for (name, value) in &facts {
        if !matches!(name.as_str(), "type" | "title" | "status" | "detail" | "instance") {
            words.push_str(&format!(", {name} = {value}"));
        }
    }
    let kind = trouble.kind.strip_prefix("urn:isoloir:problem:").unwrap_or("–");
    problem!("server-refused", "status" => status, "reason" => kind).because(&words)
}

fn body(answer: Response<ureq::Body>, limit: u64) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut reader = answer.into_body().into_reader().take(limit.saturating_add(1));
    reader.read_to_end(&mut bytes).map_err(|error| problem!("server-answer").because(&error))?;
    if u64::try_from(bytes.len()).map_or(true, |length| length > limit) {
        return Err(problem!("server-answer"));
    }
    Ok(bytes)
}

fn read_receipt(bytes: &[u8]) -> Outcome<Receipt> {
    let text = std::str::from_utf8(bytes).map_err(|error| problem!("server-answer").because(&error))?;
    Receipt::parse(text).map_err(|error| problem!("server-answer").because(&error))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Outcome<T> {
    serde_json::from_slice(bytes).map_err(|error| problem!("server-answer").because(&error))
}

/// A tile's number in its address: groups of three digits, all but the last marked with `x`.
fn tile_path(number: u64) -> String {
    let digits = number.to_string();
    let pad = digits.len().div_ceil(3).saturating_mul(3);
    let padded = format!("{digits:0>pad$}");
    let groups: Vec<&str> = padded.as_bytes().chunks(3).map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    match groups.split_last() {
        Some((last, rest)) => rest.iter().map(|group| format!("x{group}/")).chain([(*last).to_owned()]).collect(),
        None => padded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tile_addresses() {
        assert_eq!(tile_path(0), "000");
        assert_eq!(tile_path(999), "999");
        assert_eq!(tile_path(1234), "x001/234");
        assert_eq!(tile_path(1_234_067), "x001/x234/067");
    }

    #[test]
    fn only_with_tls_or_on_this_machine() {
        for base in
            ["https://vote.example.org", "https://vote.example.org/", "http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:1"]
        {
            assert!(Client::new(base).is_ok(), "{base}");
        }
        assert_eq!(Client::new("http://vote.example.org").unwrap_err().key(), "server-not-https");
        assert_eq!(Client::new("ftp://vote.example.org").unwrap_err().key(), "server-address");
        assert_eq!(Client::new("vote.example.org").unwrap_err().key(), "server-address");
    }
}
