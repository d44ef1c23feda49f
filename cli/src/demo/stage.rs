//! Setting the stage: server, keys, manifest, consents, codes, witnesses, opening. Each step is a command line as anybody would type it.

use std::{
    ffi::OsString,
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use isoloir_server::{Config, Organisers, SharedClock};
use mail_parser::MessageParser;
use zeroize::Zeroizing;

use super::{DemoArgs, roll};
use crate::{
    args::{self, Ending},
    context::{Clock, Context},
    durable,
    election::{SignArgs, TargetArgs},
    keys::{KeyArgs, PassphraseFrom},
    problem,
    problem::Outcome,
    reference::Target,
    registrar::{delivery::Maildir, slots::Slots},
    say,
    serve::{Hosted, SharedWithServer},
    times,
    voter::Voter,
    witness,
};

/// By this file in it a folder is known to be a demonstration's, which may be removed.
const MARK: &str = ".isoloir-demo";
/// The tellers: rivals, so that no two of them would cheat together.
const TELLERS: [&str; 3] = ["Déléguée du texte A", "Délégué du texte B", "Déléguée du texte C"];
/// The witnesses.
const WITNESSES: [&str; 2] = ["temoin-a.example.org", "temoin-b.example.org"];

/// A running demonstration.
pub struct Stage {
    pub folder: PathBuf,
    pub target: Target,
    pub tellers: Vec<Person>,
    pub members: Vec<MailReader>,
    organiser: Person,
    server: Option<Hosted>,
    witnesses: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    commands: Context,
}

/// Somebody with a key on this machine.
pub struct Person {
    pub name: String,
    pub key: PathBuf,
    pub passphrase: String,
    passphrase_file: PathBuf,
}

/// A member, who has read the messages that arrived.
pub struct MailReader {
    pub slot: u32,
    pub link: Zeroizing<String>,
    pub second_code: Option<Zeroizing<String>>,
}

impl MailReader {
    /// The member as a voter.
    pub fn voter(&self) -> Outcome<Voter> {
        let further: Vec<&str> = self.second_code.iter().map(|code| code.as_str()).collect();
        Voter::new(&self.link, &further)
    }
}

/// The clock of the demonstration for those who wait beside it: what it says is shared, waiting takes real time.
struct RealPause(Arc<dyn Clock>);

impl Clock for RealPause {
    fn now(&self) -> u64 {
        self.0.now()
    }

    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

impl Stage {
    /// Sets everything up to the open vote.
    pub fn set(ctx: &mut Context, args: &DemoArgs) -> Outcome<Self> {
        let folder = fresh_folder(&args.folder)?;
        let log = File::create(folder.join("commands.log"))
            .map_err(|error| problem!("file-unwritable", "path" => folder.display()).because(&error))?;
        let commands = ctx.beside(Box::new(log));
        let server = start_server(ctx, args, &folder)?;
        let base = format!("http://{}", server.addr());
        say!(ctx, "demo-server", "url" => base);

        let mut desk = Desk { folder: folder.clone(), commands };
        let organiser = desk.keygen("election", "organiser", "Bureau des Français de l’étranger")?;
        let registrars = (1..=args.registrars)
            .map(|number| desk.keygen("registrar", &format!("registrar-{number}"), &format!("Responsable de la liste {number}")))
            .collect::<Outcome<Vec<_>>>()?;
        let tellers = (1..)
            .zip(TELLERS)
            .map(|(number, name)| desk.keygen("teller", &format!("teller-{number}"), name))
            .collect::<Outcome<Vec<_>>>()?;
        let witnesses = (1..)
            .zip(WITNESSES)
            .map(|(number, name)| desk.keygen("witness", &format!("witness-{number}"), name))
            .collect::<Outcome<Vec<_>>>()?;
        say!(ctx, "demo-keys", "tellers" => tellers.len(), "registrars" => registrars.len(), "witnesses" => witnesses.len());

        desk.describe(ctx, args, &registrars, &tellers, &witnesses)?;
        let election = desk.path("election.json");
        let mut line = desk.line(&["election", "new", "--server", &base]);
        line.extend(organiser.key_args());
        desk.run(line, &[("--description", desk.path("description.toml")), ("--out", election.clone())])?;
        let target = Target::resolve(ctx, &election.to_string_lossy())?;
        say!(ctx, "demo-announced", "title" => target.title(ctx.catalogue().language()));

        let stop = Arc::new(AtomicBool::new(false));
        let threads = witnesses.iter().map(|witness| watch(ctx, &desk, witness, &election, &stop)).collect::<Outcome<Vec<_>>>()?;
        for teller in &tellers {
            let mut line = desk.line(&["teller", "consent", "--witnesses-compared"]);
            line.extend(teller.key_args());
            desk.run(line, &[("--election", election.clone())])?;
        }
        for registrar in &registrars {
            let mut line = desk.line(&["registrar", "consent"]);
            line.extend(registrar.key_args());
            desk.run(line, &[("--election", election.clone())])?;
        }
        for (number, registrar) in (0_u32..).zip(&registrars) {
            desk.issue(args, number, registrar, &election)?;
        }
        let members = desk.read_mail(args, &target)?;
        say!(ctx, "demo-issued", "members" => members.len(), "messages" => members.len().saturating_mul(registrars.len()));
        let mut line = desk.line(&["election", "open"]);
        line.extend(organiser.key_args());
        desk.run(line, &[("--election", election.clone())])?;
        say!(ctx, "demo-opened", "closes" => times::shown(target.manifest.closes_ms(), &jiff::tz::TimeZone::UTC));
        Ok(Self { folder, target, tellers, members, organiser, server: Some(server), witnesses: threads, stop, commands: desk.commands })
    }

    /// A path in the demonstration's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Runs a command line of a teller.
    pub fn teller(&mut self, teller: usize, command: &str, code: &str) -> Outcome<Ending> {
        let election = self.path("election.json");
        let person = self.tellers.get(teller).ok_or_else(|| problem!("key-not-in-manifest"))?;
        let mut line: Vec<OsString> =
            ["isoloir", "teller", command, "--only-device", "--wait", "--code", code].map(OsString::from).to_vec();
        line.extend(person.key_args());
        line.extend(["--election".into(), election.into_os_string()]);
        run_line(&mut self.commands, &line)
    }

    /// Moves the closing time to this many seconds from now.
    pub fn extend(&mut self, until: u64, text: &str) -> Outcome<Ending> {
        let mut line: Vec<OsString> =
            ["isoloir", "election", "notice", "extend", "--text", text, "--until", &times::manifest(until)].map(OsString::from).to_vec();
        line.extend(self.organiser.key_args());
        line.extend(["--election".into(), self.path("election.json").into_os_string()]);
        run_line(&mut self.commands, &line)
    }

    /// Waits until the operator ends the demonstration.
    pub fn wait(&mut self) -> Outcome<()> {
        match self.server.take() {
            Some(server) => server.wait(),
            None => Ok(()),
        }
    }

    /// What runs beside may ask whether it should end.
    pub fn stopper(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for witness in self.witnesses.drain(..) {
            // A witness that failed has said so in the log of commands.
            let _ = witness.join();
        }
        if let Some(server) = self.server.take() {
            server.stop();
        }
    }
}

impl Person {
    /// The arguments that open this person's key.
    pub fn key_args(&self) -> Vec<OsString> {
        vec!["--key".into(), self.key.clone().into_os_string(), "--passphrase-file".into(), self.passphrase_file.clone().into_os_string()]
    }
}

/// Where the commands of the set-up are run.
struct Desk {
    folder: PathBuf,
    commands: Context,
}

impl Desk {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn line(&self, words: &[&str]) -> Vec<OsString> {
        std::iter::once("isoloir").chain(words.iter().copied()).map(OsString::from).collect()
    }

    fn run(&mut self, mut line: Vec<OsString>, more: &[(&str, PathBuf)]) -> Outcome<()> {
        for (name, path) in more {
            line.extend([OsString::from(name), path.clone().into_os_string()]);
        }
        match run_line(&mut self.commands, &line)? {
            Ending::Good => Ok(()),
            Ending::Bad => Err(problem!("demo-command", "command" => shown(&line))),
        }
    }

    fn keygen(&mut self, group: &str, file: &str, name: &str) -> Outcome<Person> {
        let key = self.path("keys").join(format!("{file}.key"));
        let passphrase = format!("demonstration-{file}");
        let passphrase_file = self.path("keys").join(format!("{file}.passphrase"));
        durable::create(&passphrase_file, format!("{passphrase}\n").as_bytes(), true)?;
        let line = self.line(&[group, "keygen", "--name", name]);
        self.run(line, &[("--out", key.clone()), ("--passphrase-file", passphrase_file.clone())])?;
        Ok(Person { name: name.to_owned(), key, passphrase, passphrase_file })
    }

    fn describe(&mut self, ctx: &Context, args: &DemoArgs, registrars: &[Person], tellers: &[Person], witnesses: &[Person]) -> Outcome<()> {
        let minutes = args.minutes.unwrap_or(if args.auto { 2 } else { 60 });
        let now = ctx.now();
        let opens = times::manifest(now.saturating_sub(60_000));
        let closes = times::manifest(now.saturating_add(minutes.saturating_mul(60_000)));
        let files = |people: &[Person]| {
            let names: Vec<String> = people
                .iter()
                .filter_map(|person| Some(format!("\"keys/{}.pub.json\"", person.key.file_name()?.to_string_lossy())))
                .collect();
            names.join(", ")
        };
        let sections: Vec<String> = roll::SECTIONS.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let text = format!(
            include_str!("description.toml"),
            opens = opens,
            closes = closes,
            groups = sections.join(", "),
            tellers = files(tellers),
            registrars = files(registrars),
            witnesses = files(witnesses),
        );
        durable::create(&self.path("description.toml"), text.as_bytes(), false)
    }

    fn issue(&mut self, args: &DemoArgs, number: u32, registrar: &Person, election: &Path) -> Outcome<()> {
        let roll = self.path(&format!("roll-{}.csv", number.saturating_add(1)));
        durable::create(&roll, roll::csv(args.members, number).as_bytes(), true)?;
        let mut line =
            self.line(&["registrar", "issue", "--from", "Élection <vote@example.org>", "--zone", "Europe/Paris", "--message-lang", "fr"]);
        line.extend(registrar.key_args());
        let maildir = self.maildir(number);
        self.run(
            line,
            &[("--election", election.to_owned()), ("--roll", roll), ("--slots", self.path("slots.csv")), ("--maildir", maildir)],
        )
    }

    fn maildir(&self, registrar: u32) -> PathBuf {
        self.path("mail").join(format!("registrar-{}", registrar.saturating_add(1)))
    }

    /// Reads every member's messages, as their mail programs do.
    fn read_mail(&self, args: &DemoArgs, target: &Target) -> Outcome<Vec<MailReader>> {
        let count = Slots::load(&self.path("slots.csv"))?.count();
        let id = target.id().to_string();
        let first = Maildir::open(&self.maildir(0), &id, 0)?;
        let second = if args.registrars > 1 { Some(Maildir::open(&self.maildir(1), &id, 1)?) } else { None };
        (1..=count)
            .map(|slot| {
                let link = word_in(&first.path(slot), |word| word.contains("/vote/#"))?;
                let second_code = second.as_ref().map(|second| word_in(&second.path(slot), is_code)).transpose()?;
                Ok(MailReader { slot, link, second_code })
            })
            .collect()
    }
}

fn is_code(word: &str) -> bool {
    word.len() == 19 && word.split('-').all(|group| group.len() == 4)
}

fn word_in(path: &Path, wanted: impl Fn(&str) -> bool) -> Outcome<Zeroizing<String>> {
    let bytes = Zeroizing::new(durable::read(path)?);
    let parsed = MessageParser::default().parse(bytes.as_slice());
    let text = Zeroizing::new(parsed.as_ref().and_then(|message| message.body_text(0)).unwrap_or_default().into_owned());
    let word = text.split_whitespace().find(|word| wanted(word)).map(ToOwned::to_owned);
    word.map(Zeroizing::new).ok_or_else(|| problem!("message-faulty", "what" => "code"))
}

fn run_line(ctx: &mut Context, line: &[OsString]) -> Outcome<Ending> {
    ctx.print(&format!("\n$ {}", shown(line)));
    let cli = args::read(line).map_err(|error| problem!("demo-command", "command" => shown(line)).because(&error))?;
    args::run(ctx, cli).inspect_err(|problem| ctx.complain(problem))
}

fn shown(line: &[OsString]) -> String {
    let words: Vec<String> = line
        .iter()
        .map(|word| {
            let word = word.to_string_lossy();
            if word.contains([' ', '<', '’']) { format!("'{word}'") } else { word.into_owned() }
        })
        .collect();
    words.join(" ")
}

fn fresh_folder(folder: &Path) -> Outcome<PathBuf> {
    let unwritable = |error: &std::io::Error| problem!("file-unwritable", "path" => folder.display()).because(error);
    if folder.exists() {
        let is_empty = fs::read_dir(folder).map_err(|error| unwritable(&error))?.next().is_none();
        if !is_empty && !folder.join(MARK).exists() {
            return Err(problem!("demo-folder-not-empty", "path" => folder.display()));
        }
        if !is_empty {
            fs::remove_dir_all(folder).map_err(|error| unwritable(&error))?;
        }
    }
    durable::folder(&folder.join("keys"))?;
    durable::create(&folder.join(MARK), b"", false)?;
    folder.canonicalize().map_err(|error| unwritable(&error))
}

fn start_server(ctx: &Context, args: &DemoArgs, folder: &Path) -> Outcome<Hosted> {
    let port = match args.port {
        // The public address is part of the log's name, so the port is chosen before the server starts.
        0 => {
            let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| problem!("serve-failed").because(&error))?;
            listener.local_addr().map_err(|error| problem!("serve-failed").because(&error))?.port()
        }
        port => port,
    };
    log_to(&folder.join("server.log"))?;
    let bind = SocketAddr::from(([127, 0, 0, 1], port));
    Hosted::start(Config {
        bind,
        public_url: format!("http://{bind}"),
        data_dir: folder.join("server"),
        organisers: Organisers::Anybody,
        clock: SharedClock::from(Arc::new(SharedWithServer(ctx.clock()))),
        tick: Some(Duration::from_millis(200)),
        ..Config::default()
    })
}

/// The server's log goes to a file: the screen is for the demonstration. A second server in one process goes on with the first one's.
fn log_to(path: &Path) -> Outcome<()> {
    let file = File::create(path).map_err(|error| problem!("file-unwritable", "path" => path.display()).because(&error))?;
    let subscriber =
        tracing_subscriber::fmt().with_env_filter("error,isoloir=info,isoloir_server=info").with_ansi(false).with_writer(Mutex::new(file));
    let _ = subscriber.try_init();
    Ok(())
}

/// Starts a witness beside.
fn watch(ctx: &Context, desk: &Desk, witness: &Person, election: &Path, stop: &Arc<AtomicBool>) -> Outcome<JoinHandle<()>> {
    let path = desk.path(&format!("{}.log", witness.name));
    let log = File::create(&path).map_err(|error| problem!("file-unwritable", "path" => path.display()).because(&error))?;
    let mut ctx = ctx.beside(Box::new(log)).with_clock(Arc::new(RealPause(ctx.clock())));
    let sign = SignArgs {
        target: TargetArgs { election: election.to_string_lossy().into_owned() },
        key: KeyArgs { key: witness.key.clone(), passphrase: PassphraseFrom { passphrase_file: Some(witness.passphrase_file.clone()) } },
    };
    let args = witness::RunArgs { sign, state: None, once: false, listen: None, data: None, public_url: None, pages: None, every: 1 };
    let stop = Arc::clone(stop);
    Ok(std::thread::spawn(move || {
        if let Err(problem) = witness::follow(&mut ctx, &args, &|| stop.load(Ordering::Relaxed)) {
            ctx.complain(&problem);
        }
    }))
}
