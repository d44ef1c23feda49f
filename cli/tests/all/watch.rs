//! Faults are injected one by one, and the watch from outside names each. REQ 2-01 2-02

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};

use isoloir::{
    args::{self, Ending},
    context::{Clock, Context, Nobody},
    i18n::Language,
};

use isoloir_protocol::{
    archive::Archive,
    log::{
        checkpoint,
        tree::{Tree, leaf_hash},
    },
    signature::SignSecret,
};

use super::{
    smtp::MailServer,
    support::{Captured, Desk, START, TestClock},
};

/// A device whose clock stands at a time.
struct At(u64);

impl Clock for At {
    fn now(&self) -> u64 {
        self.0
    }

    fn pause(&self, _: Duration) {}
}

const LINE: &str = "watch --once --election @election.json --state @watch.json";

/// An election that is open, with two witnesses who have signed.
fn open() -> Desk {
    let mut desk = Desk::with_server();
    open_on(&mut desk);
    desk
}

fn open_on(desk: &mut Desk) {
    desk.prepare();
    desk.announce();
    for number in 1..=2 {
        let line = desk.issue_line(number);
        desk.good(&line);
    }
    desk.good("election open --election @election.json ~organiser");
    desk.witness();
}

/// Looks once; what was said, if something is wrong.
fn wrong(desk: &mut Desk, line: &str) -> String {
    desk.out.take();
    match desk.run(line) {
        Ok(Ending::Bad) => desk.out.take(),
        other => panic!("{line}: {other:?}\n{}", desk.out.take()),
    }
}

#[test]
fn a_server_that_is_down_a_silent_witness_and_a_wrong_clock_are_named() {
    let mut desk = open();
    let line = format!("{LINE} --no-pages");
    assert!(desk.good(&line).contains("All is well"));

    // Ten minutes after something new: one witness has signed it, the other one not.
    desk.good("teller drill --election @election.json ~teller-1");
    desk.good(&line);
    desk.clock.advance(11 * 60_000);
    desk.good("witness run --once --election @election.json ~witness-1");
    let said = wrong(&mut desk, &line);
    assert!(said.contains("witness2.example.org") && !said.contains("witness1.example.org"), "{said}");
    desk.witness();
    desk.good(&line);

    // A device whose clock is two hours behind the server's: one of the two is wrong, and entries are of the future.
    let out = Captured::default();
    let behind = Arc::new(At(START - 2 * 3_600_000));
    let mut ctx = Context::new(Language::English, Box::new(out.clone()), Box::new(Nobody), behind);
    let cli = args::read(&desk.words(&line)).unwrap();
    assert_eq!(args::run(&mut ctx, cli).unwrap(), Ending::Bad);
    let said = out.take();
    assert!(said.contains("differ by") && said.contains("dated later than now"), "{said}");

    desk.stop_server();
    assert!(wrong(&mut desk, &line).contains("does not answer"));
}

#[test]
fn a_rewritten_log_is_an_alarm_also_after_a_restart() {
    let mut desk = open();
    let line = format!("{LINE} --no-pages");
    let port = desk.port();
    desk.good(&format!("backup --data @server --keys @keys {}", desk.path("copy.sqlite").display()));
    desk.good("teller drill --election @election.json ~teller-1");
    desk.good(&line);
    desk.stop_server();
    desk.good("restore --data @other --keys @keys @copy.sqlite");
    desk.start_server("other", port);
    assert!(wrong(&mut desk, &line).contains("ALARM"), "shorter than it was");
    desk.good("teller drill --election @election.json ~teller-2");
    let hook = desk.write("hook.sh", &format!("#!/bin/sh\ncat > {}\n", desk.path("alarm.txt").display()));
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    assert!(wrong(&mut desk, &format!("{line} --hook @hook.sh")).contains("ALARM"), "another one of the same size");
    assert!(fs::read_to_string(desk.path("alarm.txt")).unwrap().contains("ALARM"));
    // The evidence is the checkpoint of the log that was good.
    let state: serde_json::Value = serde_json::from_slice(&fs::read(desk.path("watch.json")).unwrap()).unwrap();
    assert!(state["note"].as_str().unwrap().contains("/log/"));
}

#[test]
fn changed_pages_are_named() {
    let mut desk = open();
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    desk.write("release.txt", &format!("# build {hash}\n{hash}  index.html\n"));
    assert!(wrong(&mut desk, &format!("{LINE} --list @release.txt")).contains("does not send the pages of the release"));
}

#[test]
fn a_server_that_hangs_trickles_or_takes_its_time_is_named() {
    let mut desk = open();
    let between = Between::start(&mut desk);
    let line = "watch --once --no-pages --patience 6 --election @between.json --state @watch.json";
    desk.good(line);
    between.hangs.store(true, Ordering::SeqCst);
    assert!(wrong(&mut desk, &line.replace('6', "1")).contains("does not answer"));
    between.hangs.store(false, Ordering::SeqCst);
    desk.good(line);
    // The head of an answer comes at once, and its body a byte at a time.
    between.trickles.store(true, Ordering::SeqCst);
    assert!(wrong(&mut desk, &line.replace('6', "1")).contains("does not answer"));
    between.trickles.store(false, Ordering::SeqCst);
    desk.good(line);
    between.delays.store(true, Ordering::SeqCst);
    assert!(wrong(&mut desk, line).contains("seconds to answer"));
}

/// A watch that goes on by itself; each look waits to be let.
struct Looks {
    clock: Arc<TestClock>,
    /// Whether time passes without the server noticing.
    stands: Arc<AtomicBool>,
    looked: Sender<()>,
    go: Mutex<Receiver<()>>,
}

/// What is between two looks, and not a client's wait for a second try.
const EVERY: Duration = Duration::from_secs(20);

impl Clock for Looks {
    fn now(&self) -> u64 {
        self.clock.now()
    }

    fn pause(&self, time: Duration) {
        if self.stands.load(Ordering::SeqCst) {
            self.clock.pass(u64::try_from(time.as_millis()).unwrap());
        } else {
            self.clock.pause(time);
        }
        if time == EVERY {
            self.looked.send(()).unwrap();
            if self.go.lock().unwrap().recv().is_err() {
                // The test is over.
                std::panic::resume_unwind(Box::new(()));
            }
        }
    }
}

struct Watching {
    out: Captured,
    clock: Arc<TestClock>,
    stands: Arc<AtomicBool>,
    looked: Receiver<()>,
    go: Sender<()>,
}

impl Watching {
    fn start(desk: &Desk, line: &str) -> Self {
        let (looked_by_it, looked) = channel();
        let (go, let_go) = channel();
        let (out, clock, stands) = (Captured::default(), Arc::clone(&desk.clock), Arc::<AtomicBool>::default());
        let looks = Looks { clock: Arc::clone(&clock), stands: Arc::clone(&stands), looked: looked_by_it, go: Mutex::new(let_go) };
        let mut ctx = Context::new(Language::English, Box::new(out.clone()), Box::new(Nobody), Arc::new(looks));
        let cli = args::read(&desk.words(line)).unwrap();
        thread::spawn(move || args::run(&mut ctx, cli));
        looked.recv().unwrap();
        Self { out, clock, stands, looked, go }
    }

    /// Lets it look once more.
    fn look(&self) -> String {
        self.go.send(()).unwrap();
        self.looked.recv().unwrap();
        self.out.take()
    }

    /// Lets it look until it says this, which must be within a minute by its own clock.
    #[track_caller]
    fn says_within_a_minute(&self, sentence: &str) {
        let began = self.clock.now();
        let mut said = String::new();
        while !said.contains(sentence) {
            said.push_str(&self.look());
            assert!(self.clock.now() - began <= 60_000, "{sentence}: {said}");
        }
    }
}

/// Pages changed, log forked, log held back, log late, rule broken, witnesses down or alarmed, the voters' path broken: one after the other, by
/// its own interval, on the screen, by the hook and by mail.
#[test]
fn each_fault_is_told_within_a_minute() {
    let mut desk = Desk::new();
    desk.pages = Some(super::site::pages(&desk));
    desk.start_server("server", 0);
    open_on(&mut desk);
    let (between, witness) = (Between::start(&mut desk), Between::start(&mut desk));
    let post = MailServer::start(usize::MAX);
    let hook = desk.write("hook.sh", &format!("#!/bin/sh\ncat >> {}\n", desk.path("alarms.txt").display()));
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    desk.clock.advance(3 * 60_000);
    let line = format!(
        "watch --election @between.json --state @watch.json --list @release.txt --witness http://{} --hook @hook.sh \
         --mail-to desk@example.org --mail-from watch@example.org --smtp smtp://127.0.0.1:{}",
        witness.addr, post.port
    );
    let forge = Forge::new(&desk);
    let watching = Watching::start(&desk, &line);
    let first = watching.out.take();
    assert_eq!(first, "", "all is well");

    // Somebody on the way to the server, or the server itself, changes what is answered under some path.
    let faults: Vec<(&str, Change)> = vec![
        ("does not send the pages of the release", change("GET /vote/", |body| [body, b" "].concat())),
        ("does not answer as it should", change("GET /api/elections/", |_| b"{}".to_vec())),
        ("is not what it was", {
            let note = forge.fork();
            change("/checkpoint ", move |_| note.clone().into_bytes())
        }),
        ("is not what it was", forge.broken_rule()),
        ("although there are", {
            let id = desk.target().id();
            change(&format!("GET /api/elections/{id} "), |body| {
                let mut status: serde_json::Value = serde_json::from_slice(body).unwrap();
                status["size"] = (status["size"].as_u64().unwrap() + 1).into();
                status.to_string().into_bytes()
            })
        }),
        (
            "is not what the log says",
            change("/slots/", |body| {
                let mut slot: serde_json::Value = serde_json::from_slice(body).unwrap();
                slot["key_parts"].as_array_mut().unwrap().reverse();
                slot.to_string().into_bytes()
            }),
        ),
        (
            "would not be that voter’s ballot",
            change("/manifest ", |body| String::from_utf8_lossy(body).replace("Text A", "Text Z").into_bytes()),
        ),
        ("does not take ballots", change("/ballots ", |_| Vec::new())),
        ("does not take ballots", change("/ballots ", |body| String::from_utf8_lossy(body).replace("\"proof\"", "\"box\"").into_bytes())),
    ];
    for (sentence, fault) in faults {
        between.change(Some(fault));
        watching.says_within_a_minute(sentence);
        between.change(None);
        watching.says_within_a_minute("All is well");
    }
    let id = desk.target().id();
    let of_witnesses: Vec<(&str, Change)> = vec![
        ("does not answer as it should", change("GET ", |_| Vec::new())),
        (
            "does not continue what it saw",
            change(&format!("GET /api/elections/{id} "), |body| {
                let mut status: serde_json::Value = serde_json::from_slice(body).unwrap();
                status["copy"] = serde_json::json!({ "alarm": { "kept": "one", "shown": "another" } });
                status.to_string().into_bytes()
            }),
        ),
        ("are not those that the server shows", {
            let note = forge.fork();
            change("/checkpoint ", move |_| note.clone().into_bytes())
        }),
    ];
    for (sentence, fault) in of_witnesses {
        witness.change(Some(fault));
        watching.says_within_a_minute(sentence);
        witness.change(None);
        watching.says_within_a_minute("All is well");
    }

    // Entries that only witnesses have are held back.
    let shown = forge.note();
    desk.good("teller drill --election @election.json ~teller-1");
    desk.witness();
    between.change(Some(change("/checkpoint ", move |_| shown.clone().into_bytes())));
    watching.says_within_a_minute("although there are");
    between.change(None);
    watching.says_within_a_minute("All is well");
    // A witness that has not signed what has been there for ten minutes.
    desk.good("teller drill --election @election.json ~teller-2");
    watching.look();
    desk.clock.advance(10 * 60_000 - 20_000);
    desk.good("witness run --once --election @election.json ~witness-1");
    watching.says_within_a_minute("witness2.example.org");
    desk.witness();
    watching.says_within_a_minute("All is well");
    // The end of voting comes, and the server does not notice.
    watching.stands.store(true, Ordering::SeqCst);
    desk.clock.pass(START + 3_600_000 + 60_000 + 1_000 - desk.clock.now());
    watching.says_within_a_minute("the log does not say so");
    desk.clock.advance(0);
    watching.says_within_a_minute("All is well");

    // Everything was told to everybody: by the hook, and in one message for each time.
    let hooked = fs::read_to_string(desk.path("alarms.txt")).unwrap();
    let mails = post.taken.lock().unwrap();
    assert_eq!(mails.iter().filter(|mail| mail.contains("To: desk@example.org")).count(), mails.len());
    assert!(mails[0].contains("Subject: Isoloir watch: Congress"), "{}", mails[0]);
    for sentence in ["pages of the release", "ALARM", "held back", "does not take ballots", "does not say so"] {
        assert!(hooked.contains(sentence), "{hooked}");
        let read = |mail: &String| mail_parser::MessageParser::default().parse(mail.as_bytes()).unwrap().body_text(0).unwrap().into_owned();
        assert!(mails.iter().map(read).any(|text| text.contains(sentence)), "{sentence}");
    }
    assert!(mails.len() >= hooked.matches("All is well").count() * 2, "each beginning and each end");
}

/// Entries that come other than the log has signed them prove nothing: it is said, and over once they come right.
#[test]
fn entries_that_were_damaged_on_the_way_are_no_alarm() {
    let mut desk = open();
    let between = Between::start(&mut desk);
    let damaged = || {
        change("/tile/entries/", |body| {
            let (last, before) = body.split_last().unwrap();
            [before, &[last ^ 1]].concat()
        })
    };
    // Somebody who begins, and somebody who follows already.
    between.change(Some(damaged()));
    desk.fails("witness run --once --election @between.json ~witness-1", "log-damaged");
    between.change(None);
    let watching = Watching::start(&desk, "watch --no-pages --election @between.json --state @watch.json");
    desk.good("teller drill --election @election.json ~teller-1");
    between.change(Some(damaged()));
    let said = watching.look();
    assert!(said.contains("this proves nothing") && !said.contains("ALARM"), "{said}");
    between.change(None);
    assert!(watching.look().contains("All is well"));
    desk.good("witness run --once --election @between.json ~witness-1");

    // Damaged once only: the log is read again from its first entry, and nothing is said.
    desk.good("teller drill --election @election.json ~teller-2");
    let once = AtomicBool::new(true);
    let damage = damaged();
    between.change(Some(Box::new(move |request, body| {
        let change = damage(request, body)?;
        once.swap(false, Ordering::SeqCst).then_some(change)
    })));
    assert_eq!(watching.look(), "");

    // A log that has signed what breaks the rules is an alarm, and stays one.
    between.change(Some(Forge::new(&desk).broken_rule()));
    assert!(watching.look().contains("ALARM"));
    desk.fails("witness run --once --election @between.json ~witness-1", "witness-alarm");
    between.change(None);
    desk.fails("witness run --once --election @between.json ~witness-1", "witness-alarmed");
    // So is a second checkpoint of the same size, whatever entries come with it.
    let note = Forge::new(&desk).fork();
    desk.good("witness run --once --election @between.json ~witness-2");
    between.change(Some(change("/checkpoint ", move |_| note.clone().into_bytes())));
    desk.fails("witness run --once --election @between.json ~witness-2", "witness-alarm");
}

/// Whoever cannot be told now is told after the next look, and the watch goes on.
#[test]
fn an_alarm_that_cannot_be_sent_is_sent_later() {
    let mut desk = open();
    let between = Between::start(&mut desk);
    let post = MailServer::start(1);
    let line = format!(
        "watch --no-pages --election @between.json --state @watch.json --mail-to desk@example.org --mail-from watch@example.org \
         --smtp smtp://127.0.0.1:{}",
        post.port
    );
    let watching = Watching::start(&desk, &line);
    between.change(Some(change("GET /api/elections/", |_| b"{}".to_vec())));
    let said = watching.look();
    assert!(said.contains("does not answer") && said.contains("could not be sent by mail"), "{said}");
    assert_eq!(post.taken.lock().unwrap().len(), 1, "taken and not confirmed");
    let said = watching.look();
    assert!(said.contains("does not answer") && !said.contains("by mail"), "{said}");
    assert_eq!(post.taken.lock().unwrap().len(), 2);
    assert!(!watching.look().contains("does not answer"), "once is enough");
}

/// Whoever has the log's key.
struct Forge {
    key: SignSecret,
    origin: String,
    tree: Tree,
    leaves: Vec<Vec<u8>>,
    note: String,
}

impl Forge {
    fn new(desk: &Desk) -> Self {
        let target = desk.target();
        let folder = fs::read_dir(desk.path("server/keys")).unwrap();
        let text = fs::read_to_string(folder.map(|entry| entry.unwrap().path()).next().unwrap()).unwrap();
        let key = STANDARD.decode(text.trim().splitn(5, '+').last().unwrap()).unwrap();
        let archive = Archive::from_zip(&target.client.archive(&target.id()).unwrap()).unwrap();
        Self {
            key: SignSecret::from_bytes(&key[1..].try_into().unwrap()),
            origin: checkpoint::open(&archive.checkpoint, &target.manifest).unwrap().checkpoint.origin,
            tree: archive.entries.iter().map(|leaf| leaf_hash(leaf)).collect(),
            note: archive.checkpoint,
            leaves: archive.entries,
        }
    }

    /// The log's checkpoint as it was.
    fn note(&self) -> String {
        self.note.clone()
    }

    /// A checkpoint of the same size and another root.
    fn fork(&self) -> String {
        checkpoint::sign_checkpoint(&self.origin, self.tree.size(), &[7; 32], &self.key)
    }

    /// The log with one entry more, which no rule allows: the opening a second time.
    fn broken_rule(&self) -> Change {
        let mut tree = self.tree.clone();
        let twice = self.leaves.last().unwrap().clone();
        tree.push(leaf_hash(&twice));
        let note = checkpoint::sign_checkpoint(&self.origin, tree.size(), &tree.root(), &self.key);
        let leaves: Vec<Vec<u8>> = self.leaves.iter().cloned().chain([twice]).collect();
        let bundle: Vec<u8> =
            leaves.iter().flat_map(|leaf| [&u16::try_from(leaf.len()).unwrap().to_be_bytes()[..], leaf].concat()).collect();
        Box::new(move |request, _| {
            if request.contains("/checkpoint ") {
                Some(note.clone().into_bytes())
            } else {
                request.contains("/tile/entries/").then(|| bundle.clone())
            }
        })
    }
}

/// What becomes of the body that answers a request, which is its first line; nothing if it stays. An empty one is no answer.
type Change = Box<dyn Fn(&str, &[u8]) -> Option<Vec<u8>> + Send + Sync>;

fn change(request: &str, to: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Change {
    let wanted = request.to_owned();
    Box::new(move |request, body| request.contains(&wanted).then(|| to(body)))
}

/// Somebody on the way to a server, who passes on one request for each connection.
struct Between {
    addr: SocketAddr,
    change: Mutex<Option<Change>>,
    hangs: AtomicBool,
    trickles: AtomicBool,
    /// The first request after this is set comes late.
    delays: AtomicBool,
}

impl Between {
    /// In front of the desk's server; `between.json` is the election file of whoever goes this way.
    fn start(desk: &mut Desk) -> Arc<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let between = Arc::new(Self {
            addr: listener.local_addr().unwrap(),
            change: Mutex::default(),
            hangs: AtomicBool::default(),
            trickles: AtomicBool::default(),
            delays: AtomicBool::default(),
        });
        let file = fs::read_to_string(desk.path("election.json")).unwrap();
        if !desk.path("between.json").exists() {
            desk.write("between.json", &file.replace(&desk.base, &format!("http://{}", between.addr)));
        }
        let (server, clock, shared) = (SocketAddr::from(([127, 0, 0, 1], desk.port())), Arc::clone(&desk.clock), Arc::clone(&between));
        thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                held.extend(shared.pass_on(stream.unwrap(), server, &clock));
            }
        });
        between
    }

    fn change(&self, to: Option<Change>) {
        *self.change.lock().unwrap() = to;
    }

    /// Answers one request; a connection that is kept open is returned.
    fn pass_on(&self, mut stream: TcpStream, server: SocketAddr, clock: &TestClock) -> Option<TcpStream> {
        if self.hangs.load(Ordering::SeqCst) {
            return Some(stream);
        }
        if self.delays.swap(false, Ordering::SeqCst) {
            clock.advance(3_500);
        }
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if stream.read(&mut byte).unwrap_or(0) == 0 {
                return None;
            }
            head.push(byte[0]);
        }
        if self.trickles.load(Ordering::SeqCst) {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{");
            return Some(stream);
        }
        let text = String::from_utf8(head).unwrap();
        let length =
            text.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse().unwrap()));
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).ok()?;
        let mut upstream = TcpStream::connect(server).ok()?;
        let head = text.trim_end().to_owned() + "\r\nConnection: close\r\n\r\n";
        upstream.write_all(&[head.as_bytes(), &body].concat()).ok()?;
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer).ok()?;
        let request = text.lines().next().unwrap_or_default();
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let (head, content) = answer.split_at(end);
        let changed = self.change.lock().unwrap().as_ref().and_then(|change| change(request, content));
        match changed {
            None => stream.write_all(&answer).ok()?,
            Some(changed) if changed.is_empty() => {}
            Some(changed) => {
                // What the server does not have is made up.
                let head = String::from_utf8(head.to_vec()).unwrap().replacen("HTTP/1.1 404 Not Found", "HTTP/1.1 200 OK", 1);
                let kept = head.lines().filter(|line| !line.is_empty() && !line.to_ascii_lowercase().starts_with("content-length:"));
                let head: String = kept.map(|line| format!("{line}\r\n")).collect();
                let head = format!("{head}content-length: {}\r\n\r\n", changed.len());
                stream.write_all(&[head.as_bytes(), &changed].concat()).ok()?;
            }
        }
        None
    }
}
