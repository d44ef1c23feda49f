//! What the tests of the command line share: surroundings with scripted answers and a clock set by hand, and a real server.

use std::{
    collections::VecDeque,
    ffi::OsString,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir::{
    args::{self, Ending},
    audit,
    context::{Ask, Clock, Context},
    i18n::Language,
    problem,
    problem::{Outcome, Problem},
    reference::Target,
    serve::{Hosted, SharedWithServer},
};
use isoloir_protocol::{log::witness::verifier_line, signature::SignKey};
use isoloir_server::{Config, Organisers, Pages, SharedClock};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::kept;

/// 2026-12-01T12:00:00Z.
pub const START: u64 = 1_796_126_400_000;

/// A clock that stands still until a test, or a program that waits, moves it on; then the server does what is due.
pub struct TestClock {
    now: AtomicU64,
    server: Mutex<Option<Hosted>>,
}

impl TestClock {
    pub fn advance(&self, ms: u64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
        if let Some(server) = &*self.server.lock().unwrap() {
            server.tick();
        }
    }

    /// Lets time pass without the server doing what is due.
    pub fn pass(&self, ms: u64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
    }

    pub fn now_is_at_least(&self, ms: u64) -> bool {
        self.now.load(Ordering::SeqCst) >= ms
    }

    pub fn set(&self, ms: u64) {
        self.now.store(ms, Ordering::SeqCst);
        self.advance(0);
    }
}

impl Clock for TestClock {
    fn now(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    fn pause(&self, time: Duration) {
        self.advance(u64::try_from(time.as_millis()).unwrap());
    }
}

/// What was printed.
#[derive(Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Answers at the keyboard, in order.
#[derive(Clone, Default)]
pub struct Answers(Arc<Mutex<VecDeque<String>>>);

impl Answers {
    pub fn give(&self, answers: &[&str]) {
        self.0.lock().unwrap().extend(answers.iter().map(|answer| (*answer).to_owned()));
    }
}

impl Ask for Answers {
    fn secret(&mut self, prompt: &str) -> Outcome<Zeroizing<String>> {
        self.line(prompt).map(Zeroizing::new)
    }

    fn line(&mut self, prompt: &str) -> Outcome<String> {
        self.0.lock().unwrap().pop_front().ok_or_else(|| problem!("nobody-to-ask", "question" => prompt))
    }
}

/// A folder, a clock, a keyboard and a screen.
pub struct Desk {
    pub folder: TempDir,
    pub clock: Arc<TestClock>,
    pub out: Captured,
    pub answers: Answers,
    pub ctx: Context,
    pub base: String,
    /// Where its server's pages are; else those in the program.
    pub pages: Option<PathBuf>,
}

impl Desk {
    pub fn new() -> Self {
        let clock = Arc::new(TestClock { now: AtomicU64::new(START), server: Mutex::new(None) });
        let (out, answers) = (Captured::default(), Answers::default());
        let ctx = Context::new(Language::English, Box::new(out.clone()), Box::new(answers.clone()), Arc::clone(&clock) as Arc<dyn Clock>);
        Self { folder: tempfile::tempdir().unwrap(), clock, out, answers, ctx, base: String::new(), pages: None }
    }

    /// A desk with a server of its own.
    pub fn with_server() -> Self {
        let mut desk = Self::new();
        desk.start_server("server", 0);
        desk
    }

    /// Starts a server on a folder; the port stays the same for a second start.
    pub fn start_server(&mut self, folder: &str, port: u16) {
        let port = if port == 0 { std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port() } else { port };
        let bind = std::net::SocketAddr::from(([127, 0, 0, 1], port));
        let server = Hosted::start(Config {
            bind,
            public_url: format!("http://{bind}"),
            data_dir: self.path(folder),
            organisers: Organisers::Anybody,
            clock: SharedClock::from(Arc::new(SharedWithServer(Arc::clone(&self.clock) as Arc<dyn Clock>))),
            pages: self.pages.clone().map_or(Pages::Embedded, Pages::Folder),
            tick: None,
            workers: 1,
            ..Config::default()
        })
        .unwrap();
        self.base = format!("http://{}", server.addr());
        *self.clock.server.lock().unwrap() = Some(server);
    }

    pub fn stop_server(&self) {
        let server = self.clock.server.lock().unwrap().take();
        if let Some(server) = server {
            server.stop();
        }
    }

    pub fn port(&self) -> u16 {
        self.base.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// The election of `election.json`.
    pub fn target(&self) -> Target {
        Target::resolve(&self.ctx, &self.path("election.json").to_string_lossy()).unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs a command line. A word that begins with `@` is a file in this desk's folder; `~name` opens the key of that name.
    pub fn run(&mut self, line: &str) -> Result<Ending, Problem> {
        let words = self.words(line);
        let cli = args::read(&words).unwrap_or_else(|error| panic!("{line}: {error}"));
        if let args::Command::Audit(given) = &cli.command {
            keep(&self.ctx, given);
        }
        args::run(&mut self.ctx, cli)
    }

    pub fn words(&self, line: &str) -> Vec<OsString> {
        let mut words = vec![OsString::from("isoloir")];
        for word in split(line) {
            if let Some(name) = word.strip_prefix('@') {
                words.push(self.path(name).into_os_string());
            } else if let Some(name) = word.strip_prefix('~') {
                for word in ["--key".into(), self.path(&format!("{name}.key")), "--passphrase-file".into(), self.path("passphrase")] {
                    words.push(word.into_os_string());
                }
            } else {
                words.push(word.into());
            }
        }
        words
    }

    /// Runs a command line that must end well; returns what it printed.
    pub fn good(&mut self, line: &str) -> String {
        self.out.take();
        match self.run(line) {
            Ok(Ending::Good) => self.out.take(),
            other => panic!("{line}: {other:?}\n{}", self.out.take()),
        }
    }

    /// Runs a command line that must fail with this problem, first or among the others.
    pub fn fails(&mut self, line: &str, key: &str) {
        match self.run(line) {
            Err(problem) if std::iter::once(&problem).chain(problem.more()).any(|one| one.key() == key) => {}
            other => panic!("{line}: expected {key}, found {other:?}\n{}", self.out.take()),
        }
    }

    pub fn keygen(&mut self, group: &str, file: &str, name: &str) {
        self.write("passphrase", "a passphrase for tests\n");
        self.good(&format!("{group} keygen --name '{name}' --out @{file}.key --passphrase-file @passphrase"));
    }

    /// Keys of everybody, a description with two registrars, three tellers and two witnesses, and two rolls of 24 members.
    pub fn prepare(&mut self) {
        self.keygen("election", "organiser", "Bureau national");
        for number in 1..=2 {
            self.keygen("registrar", &format!("registrar-{number}"), &format!("Registrar {number}"));
            self.keygen("witness", &format!("witness-{number}"), &format!("witness{number}.example.org"));
            let roll = isoloir::demo::example_roll(24, number - 1);
            self.write(&format!("roll-{number}.csv"), &roll);
        }
        for number in 1..=3 {
            self.keygen("teller", &format!("teller-{number}"), &format!("Teller {number}"));
        }
        self.describe("description.toml", "first-round", START, START + 3_600_000);
    }

    pub fn describe(&self, file: &str, name: &str, opens: u64, closes: u64) {
        let sections: Vec<String> = isoloir::demo::SECTIONS.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        // One witness has sent a file, the other one a line.
        let line = self.witness_line("witness-2.key.pub.json");
        let text = format!(
            r#"
name = "{name}"
title = {{ fr = "Congrès", en = "Congress" }}
zone = "Europe/Paris"
opens = "{opens}"
closes = "{closes}"
grace_minutes = 1
report_minutes = 15
groups = [{groups}]
smallest_group = 3
threshold = 2
tellers = ["teller-1.key.pub.json", "teller-2.key.pub.json", "teller-3.key.pub.json"]
registrars = ["registrar-1.key.pub.json", "registrar-2.key.pub.json"]
witnesses = ["witness-1.key.pub.json", "{line}"]

[[questions]]
title = {{ fr = "Quel texte ?", en = "Which text?" }}
options = [{{ fr = "Texte A", en = "Text A" }}, {{ fr = "Texte B", en = "Text B" }}, {{ fr = "Texte C", en = "Text C" }}]

[[questions]]
title = {{ fr = "Qui ?", en = "Who?" }}
options = [{{ fr = "Une", en = "One" }}, {{ fr = "Deux", en = "Two" }}]
min = 0
max = 2
"#,
            opens = isoloir::times::manifest(opens),
            closes = isoloir::times::manifest(closes),
            groups = sections.join(", "),
        );
        self.write(file, &text);
    }

    fn witness_line(&self, public: &str) -> String {
        let file: serde_json::Value = serde_json::from_slice(&std::fs::read(self.path(public)).unwrap()).unwrap();
        let key = STANDARD.decode(file["sign"].as_str().unwrap()).unwrap();
        let key = SignKey::from_bytes(&key.try_into().unwrap()).unwrap();
        verifier_line(file["name"].as_str().unwrap(), &key)
    }

    /// Announces the election and gets everybody's consent.
    pub fn announce(&mut self) {
        let base = self.base.clone();
        self.good(&format!("election new --description @description.toml ~organiser --server {base} --out @election.json"));
        for number in 1..=2 {
            self.good(&format!("registrar consent --election @election.json ~registrar-{number}"));
        }
        for number in 1..=3 {
            self.good(&format!("teller consent --witnesses-compared --election @election.json ~teller-{number}"));
        }
    }

    pub fn issue_line(&self, number: u32) -> String {
        format!(
            "registrar issue --election @election.json ~registrar-{number} --roll @roll-{number}.csv --slots @slots.csv --maildir @mail-{number} --from 'Vote <vote@example.org>' --zone Europe/Paris"
        )
    }

    pub fn witness(&mut self) {
        for number in 1..=2 {
            self.good(&format!("witness run --once --election @election.json ~witness-{number}"));
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop_server();
    }
}

/// Keeps what a command is about to audit, for the second verifier; an archive that nobody can read is none.
pub fn keep(ctx: &Context, given: &audit::AuditArgs) {
    let Ok((archive, _)) = audit::load(ctx, &given.archive) else { return };
    let previous: Vec<_> = given.previous.iter().map(|source| audit::load(ctx, source).unwrap().0).collect();
    let receipts: Vec<_> = given.receipts.iter().map(|path| audit::read_receipt(path).unwrap()).collect();
    let (report, _) = audit::audit_archive(&archive, &previous, &receipts, &[]);
    kept::keep(&archive, &previous.iter().collect::<Vec<_>>(), &receipts, &report);
}

/// Words of a line, with '…' around those that have spaces.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in line.split('\'').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(ToOwned::to_owned));
        }
    }
    words
}

/// The word of a message that a member needs: the link, or the code.
pub fn secret_in(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let message = mail_parser::MessageParser::default().parse(&bytes).unwrap();
    let text = message.body_text(0).unwrap().into_owned();
    let is_code = |word: &str| word.len() == 19 && word.split('-').count() == 4 && word.split('-').all(|group| group.len() == 4);
    text.split_whitespace().find(|word| word.contains("/vote/#") || is_code(word)).unwrap().to_owned()
}

/// The messages of a maildir by slot.
pub fn messages(maildir: &Path) -> std::collections::BTreeMap<u32, PathBuf> {
    std::fs::read_dir(maildir.join("new"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name.split('.').nth(2).unwrap().parse().unwrap(), path)
        })
        .collect()
}
