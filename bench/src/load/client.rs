//! The voters: many connections of raw HTTP/1.1 in one thread, cheap enough to leave the cores to the server.

use std::{
    cell::{Cell, RefCell},
    fs::File,
    io,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::FileExt,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::{JoinSet, LocalSet},
    time::{sleep, sleep_until},
};

use crate::{curve::Curve, election::Stage};

/// How often one ballot is sent at most.
const TRIES: u32 = 100;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Of so many receipts one is kept whole, to be checked afterwards.
const KEPT: u32 = 97;

/// What became of a ballot.
pub struct Outcome {
    pub slot: u32,
    /// From when it was due to its receipt.
    pub latency: Duration,
    /// The log index that the receipt names; `None` if there was no receipt.
    pub index: Option<u64>,
    /// Some receipts are kept whole.
    pub receipt: Option<String>,
}

/// What a curve led to.
#[derive(Default)]
pub struct Run {
    pub outcomes: Vec<Outcome>,
    /// Answers 503 and 429.
    pub refused: u64,
    /// Ballots that were sent again.
    pub retries: u64,
    /// Other requests than ballots that were answered.
    pub reads: u64,
}

pub struct Client {
    server: SocketAddr,
    head: Vec<u8>,
    reads: Vec<Vec<u8>>,
    file: Rc<File>,
    length: usize,
    connections: usize,
    /// The next ballot that nobody has sent.
    next: u32,
    ballots: u32,
}

impl Client {
    pub fn new(server: SocketAddr, stage: &Stage, file: File, connections: usize) -> Self {
        let length = stage.manifest.submission_len();
        let ballots = u32::try_from(file.metadata().expect("the ballots").len()).map_or_else(
            |_| u32::try_from(file.metadata().unwrap().len() / u64::try_from(length).unwrap()).unwrap(),
            |bytes| bytes / u32::try_from(length).unwrap(),
        );
        let head = format!("POST {} HTTP/1.1\r\nhost: {server}\r\ncontent-length: {length}\r\n\r\n", stage.path("/ballots"));
        // What a page asks for while one votes.
        let paths = ["/", "/vote/", "/check/"]
            .map(str::to_owned)
            .into_iter()
            .chain(["", "/manifest", "/slots/1", "/slots/77", "/receipts/6"].map(|rest| stage.path(rest)));
        let reads = paths
            .chain(["/log/load/checkpoint".to_owned()])
            .map(|path| format!("GET {path} HTTP/1.1\r\nhost: {server}\r\n\r\n").into_bytes());
        Self { server, head: head.into_bytes(), reads: reads.collect(), file: Rc::new(file), length, connections, next: 0, ballots }
    }

    /// How many ballots nobody has sent.
    pub fn left(&self) -> usize {
        usize::try_from(self.ballots - self.next).unwrap()
    }

    /// How many ballots were sent.
    pub const fn sent(&self) -> u32 {
        self.next
    }

    /// The bytes of the ballot of a slot.
    pub fn ballot(&self, slot: u32) -> Vec<u8> {
        let mut bytes = vec![0; self.length];
        read_ballot(&self.file, slot, &mut bytes);
        bytes
    }

    /// Sends the ballots of a curve, each until it has its receipt.
    pub async fn run(&mut self, curve: &Curve) -> Run {
        let first = self.next;
        let count = curve.ballots.min(self.left());
        let queue = Rc::new(Queue { next: Cell::new(0), count, began: Instant::now(), run: RefCell::default() });
        let local = LocalSet::new();
        local
            .run_until(async {
                let mut voters = JoinSet::new();
                for number in 0..self.connections.min(count.max(1)) {
                    let voter = Voter {
                        server: self.server,
                        number: u32::try_from(number).unwrap(),
                        file: self.file.clone(),
                        length: self.length,
                        head: self.head.clone(),
                        reads: self.reads.clone(),
                        line: None,
                    };
                    voters.spawn_local(voter.vote(curve_of(curve), queue.clone(), first));
                }
                while let Some(ended) = voters.join_next().await {
                    ended.expect("a voter");
                }
            })
            .await;
        self.next += u32::try_from(queue.next.get().min(count)).unwrap();
        queue.run.take()
    }
}

fn curve_of(curve: &Curve) -> Curve {
    Curve { name: String::new(), rate: curve.rate, ballots: curve.ballots, period: curve.period, reads: curve.reads }
}

/// What the voters share.
struct Queue {
    next: Cell<usize>,
    count: usize,
    began: Instant,
    run: RefCell<Run>,
}

/// One connection, from an address of its own.
struct Voter {
    server: SocketAddr,
    number: u32,
    file: Rc<File>,
    length: usize,
    head: Vec<u8>,
    reads: Vec<Vec<u8>>,
    line: Option<TcpStream>,
}

/// A status, the seconds to wait, and the body.
struct Answer {
    status: u16,
    retry_after: u64,
    body: Vec<u8>,
}

impl Voter {
    async fn vote(mut self, curve: Curve, queue: Rc<Queue>, first: u32) {
        let mut request = self.head.clone();
        request.resize(self.head.len() + self.length, 0);
        loop {
            let number = queue.next.get();
            if number >= queue.count || (curve.rate.is_none() && queue.began.elapsed() > curve.period) {
                return;
            }
            queue.next.set(number + 1);
            let due = queue.began + curve.due(number);
            sleep_until(due.into()).await;
            let due = if curve.rate.is_none() { Instant::now() } else { due };
            for read in 0..curve.reads {
                let asked = self.reads[read % self.reads.len()].clone();
                if self.ask(&asked).await.is_ok() {
                    queue.run.borrow_mut().reads += 1;
                }
            }
            // The ballot of a voter is due when the page is there.
            let due = if curve.reads > 0 { Instant::now() } else { due };
            let slot = first + u32::try_from(number).unwrap() + 1;
            let at = self.head.len();
            read_ballot(&self.file, slot, &mut request[at..]);
            let body = self.insist(&request, &queue).await;
            let index = body.as_deref().and_then(index_of);
            let receipt = body.filter(|_| slot.is_multiple_of(KEPT)).map(|body| String::from_utf8(body).expect("UTF-8"));
            queue.run.borrow_mut().outcomes.push(Outcome { slot, latency: due.elapsed(), index, receipt });
        }
    }

    /// Sends until there is an answer that stays, as the page does.
    async fn insist(&mut self, request: &[u8], queue: &Queue) -> Option<Vec<u8>> {
        for tried in 0..TRIES {
            if tried > 0 {
                queue.run.borrow_mut().retries += 1;
            }
            match self.ask(request).await {
                Ok(Answer { status: 200, body, .. }) => return Some(body),
                Ok(Answer { status: 503 | 429, retry_after, .. }) => {
                    queue.run.borrow_mut().refused += 1;
                    // A part that differs keeps those who were sent away together from coming back together.
                    let apart = u64::from(self.number * 7_919 % 1_000);
                    sleep(Duration::from_millis(retry_after * 1_000 + apart)).await;
                }
                Ok(Answer { status, body, .. }) => panic!("{status}: {}", String::from_utf8_lossy(&body)),
                Err(_) => {
                    self.line = None;
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
        None
    }

    async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        let exchange = async {
            if self.line.is_none() {
                let socket = TcpSocket::new_v4()?;
                let [_, _, high, low] = self.number.to_be_bytes();
                socket.bind(SocketAddr::from((Ipv4Addr::new(127, 1, high, low), 0)))?;
                let line = socket.connect(self.server).await?;
                line.set_nodelay(true)?;
                self.line = Some(line);
            }
            let line = self.line.as_mut().ok_or(io::ErrorKind::NotConnected)?;
            line.write_all(request).await?;
            read_answer(line).await
        };
        let answer = tokio::time::timeout(PATIENCE, exchange).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if answer.is_err() {
            self.line = None;
        }
        answer
    }
}

async fn read_answer(line: &mut TcpStream) -> io::Result<Answer> {
    let mut bytes = Vec::with_capacity(8_192);
    let end = loop {
        if line.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
    let status = head.get(9..12).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let length = usize::try_from(field("content-length:").unwrap_or(0)).unwrap();
    let retry_after = field("retry-after:").unwrap_or(1);
    while bytes.len() < end + length {
        if line.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(Answer { status, retry_after, body: bytes.split_off(end) })
}

fn read_ballot(file: &File, slot: u32, into: &mut [u8]) {
    let at = u64::from(slot - 1) * u64::try_from(into.len()).unwrap();
    file.read_exact_at(into, at).expect("a ballot");
}

/// The index in a receipt, without reading all of it.
fn index_of(receipt: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(receipt).ok()?;
    let rest = text.split_once("\"index\":")?.1.trim_start();
    rest.split_once(|c: char| !c.is_ascii_digit())?.0.parse().ok()
}
