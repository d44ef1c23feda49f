//! An election that is open, and voters who go on sending until each has a receipt.

use std::{
    net::SocketAddr,
    ops::RangeInclusive,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

use isoloir_protocol::log::receipt::Receipt;
use jiff::Timestamp;

use crate::support::{Anonymous, DAY, HOUR, MINUTE, Scene, TestServer, until};

/// Voters who send at the same time.
const LINES: usize = 6;

/// An election that opens an hour from now by the machine's clock, and whose log says that it is open: the first ballot has a
/// later time, and no entry an earlier one than those before it. So servers with the machine's clock can go on at once.
pub fn open_election(server: TestServer, voters: u32) -> (Scene, Receipt) {
    let now = u64::try_from(Timestamp::now().as_second()).unwrap() * 1_000;
    let opens = now + HOUR;
    server.clock.set(now);
    let text = |ms: u64| Timestamp::from_millisecond(i64::try_from(ms).unwrap()).unwrap().to_string();
    let scene = Scene::ready(server, voters, &|document| {
        document.opens = text(opens);
        document.closes = text(opens + 2 * DAY);
    });
    scene.organiser.open(&scene).expect(200);
    scene.server.clock.set(opens + MINUTE);
    let first = scene.voter(1).vote(&scene, Some(0));
    (scene, first)
}

/// Voters 2, 3, … who vote.
pub struct Load {
    pub tries: Arc<Tries>,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    path: String,
    submissions: Vec<Vec<u8>>,
    next: AtomicUsize,
    receipts: Mutex<Vec<Receipt>>,
    servers: RwLock<Vec<SocketAddr>>,
    over: AtomicBool,
    /// The one that voters trust, if they come by TLS.
    certificate: Option<Vec<u8>>,
    tries: Arc<Tries>,
}

/// How often a voter had to try again, and why.
#[derive(Debug, Default)]
pub struct Tries {
    /// Nobody answered.
    pub lost: AtomicUsize,
    /// An answer broke off.
    pub broken: AtomicUsize,
    /// The server asked to come back.
    pub later: AtomicUsize,
}

impl Load {
    pub fn start(scene: &Scene, voters: u32, servers: Vec<SocketAddr>) -> Self {
        Self::of(scene, 2..=voters, servers)
    }

    /// Of these voters.
    pub fn of(scene: &Scene, slots: RangeInclusive<u32>, servers: Vec<SocketAddr>) -> Self {
        let prepare = |slot| scene.voter(slot).prepare_after(scene, Some(u16::try_from(slot % 3).unwrap()), u64::MAX).0;
        let tries = Arc::<Tries>::default();
        let shared = Arc::new(Shared {
            path: scene.path("/ballots"),
            submissions: slots.map(prepare).collect(),
            next: AtomicUsize::new(0),
            receipts: Mutex::default(),
            servers: RwLock::new(servers),
            over: AtomicBool::new(false),
            certificate: scene.server.config.tls.as_ref().map(|files| std::fs::read(&files.certificate).unwrap()),
            tries: tries.clone(),
        });
        let line = |number| {
            let shared = shared.clone();
            std::thread::spawn(move || shared.stand_in_line(number))
        };
        let threads = (0..LINES).map(line).collect();
        Self { tries, shared, threads }
    }

    /// Where the servers are now.
    pub fn servers(&self, servers: Vec<SocketAddr>) {
        *self.shared.servers.write().unwrap() = servers;
    }

    pub fn receipts(&self) -> Vec<Receipt> {
        self.shared.receipts.lock().unwrap().clone()
    }

    /// Waits until so many more voters have receipts; false if all who were to vote have.
    pub fn wait_for_more(&self, more: usize) -> bool {
        let wanted = self.receipts().len() + more;
        if wanted > self.shared.submissions.len() {
            return false;
        }
        until(|| self.shared.receipts.lock().unwrap().len() >= wanted);
        true
    }

    /// Ends it: at once, or when all have voted.
    pub fn end(self, at_once: bool) -> Vec<Receipt> {
        self.shared.over.store(at_once, Ordering::SeqCst);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
        self.shared.receipts.lock().unwrap().clone()
    }
}

impl Shared {
    fn stand_in_line(&self, number: usize) {
        while let Some(submission) = self.submissions.get(self.next.fetch_add(1, Ordering::SeqCst)) {
            let mut attempt = number;
            loop {
                if self.over.load(Ordering::SeqCst) {
                    return;
                }
                let server = {
                    let servers = self.servers.read().unwrap();
                    servers[attempt % servers.len()]
                };
                attempt += 1;
                let voter = self.certificate.as_ref().map_or_else(|| Anonymous::new(server), |known| Anonymous::trusting(server, known));
                let Some(answer) = voter.try_post(&self.path, submission) else {
                    self.tries.lost.fetch_add(1, Ordering::SeqCst);
                    continue;
                };
                match (answer.status, Receipt::parse(&answer.text())) {
                    (200, Ok(receipt)) => {
                        self.receipts.lock().unwrap().push(receipt);
                        break;
                    }
                    // The line broke off in the middle of the receipt, or the voter is asked to come back.
                    (200, Err(_)) => {
                        self.tries.broken.fetch_add(1, Ordering::SeqCst);
                    }
                    (503, _) => {
                        assert!(!answer.header("retry-after").is_empty(), "{}", answer.text());
                        self.tries.later.fetch_add(1, Ordering::SeqCst);
                    }
                    _ => panic!("{} {}", answer.status, answer.text()),
                }
            }
        }
    }
}
