//! `isoloir witness`: follows a log, checks all of it, and cosigns what continues what it saw before.
//!
//! Anybody's delegate may run it. With `--listen` it keeps all of the log and serves it, so that receipts and archives can be checked
//! against it instead of the server. What it has seen last is on the disk before its cosignature leaves, so that it never vouches for two
//! histories; when it is shown two, it keeps both signed checkpoints as evidence and cosigns nothing any more.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::Duration,
};

use clap::{Args, Subcommand};
use isoloir_protocol::{
    log::{
        checkpoint::{self, Opened},
        witness::{Judgement, Memory, is_witness_name},
    },
    manifest::ElectionId,
    signature::SignSecret,
};
use isoloir_server::{Alarm, Told};

use crate::{
    args::Ending,
    context::Context,
    copy::{Copy, Place},
    durable,
    election::SignArgs,
    keys::{self, KeygenArgs, Role},
    problem,
    problem::{Outcome, Problem},
    reference::Target,
    replay::Follower,
    say,
};

/// What witnesses do.
#[derive(Debug, Subcommand)]
pub enum WitnessCommand {
    /// Make a witness's key; its name in signatures has no spaces, as witness.example.org
    Keygen(KeygenArgs),
    /// Follow a log and cosign it
    Run(RunArgs),
}

/// What `witness run` is given.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Which election and key
    #[command(flatten)]
    pub sign: SignArgs,
    /// Where it remembers what it has seen (default: beside the key file, one per election)
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Look once, cosign, and return
    #[arg(long, conflicts_with = "listen")]
    pub once: bool,
    /// Keep all of the log and serve it here, so that anybody can check against this witness
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Folder for what it keeps (default: beside the key file, one per election)
    #[arg(long, value_name = "FOLDER", requires = "listen")]
    pub data: Option<PathBuf>,
    /// The address under which it is reached from outside, if a proxy stands in front
    #[arg(long, value_name = "URL", requires = "listen")]
    pub public_url: Option<String>,
    /// Folder with pages built from source, instead of those in the program
    #[arg(long, value_name = "FOLDER", requires = "listen")]
    pub pages: Option<PathBuf>,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
}

/// Runs one of them.
pub fn run(ctx: &mut Context, command: WitnessCommand) -> Outcome<Ending> {
    match command {
        WitnessCommand::Keygen(args) => {
            if !is_witness_name(&args.name) {
                return Err(problem!("witness-name", "name" => args.name));
            }
            keys::generate(ctx, &args, Role::Witness, "").map(|_| Ending::Good)
        }
        WitnessCommand::Run(args) => follow(ctx, &args, &|| false),
    }
}

/// One witness of one election.
struct Witness<'a> {
    target: &'a Target,
    follower: Follower<'a>,
    secret: SignSecret,
    /// Place and name in the manifest.
    place: usize,
    name: String,
    path: PathBuf,
    memory: Memory,
    /// What it serves, if it does.
    copy: Option<Copy>,
}

impl<'a> Witness<'a> {
    fn open(ctx: &mut Context, args: &RunArgs, target: &'a Target) -> Outcome<Self> {
        let secret = args.sign.key.sign_secret(ctx, Role::Witness)?;
        let known = target.manifest.witness_keys().iter().enumerate().find(|(_, (_, key))| *key == secret.public());
        let (place, (name, _)) = known.ok_or_else(|| problem!("key-not-in-manifest"))?;
        let id = target.id().to_string();
        let path = args
            .state
            .clone()
            .unwrap_or_else(|| durable::beside(&args.sign.key.key, &format!(".{}.seen.json", id.get(..8).unwrap_or(&id))));
        let memory = load(&path, &target.id())?;
        let folder = || durable::beside(&args.sign.key.key, &format!(".{}.log", id.get(..8).unwrap_or(&id)));
        let serve = |listen| {
            let (data, pages) = (args.data.clone().unwrap_or_else(folder), args.pages.clone());
            Copy::start(ctx, Place { listen, data, public_url: args.public_url.clone(), pages })
        };
        let copy = args.listen.map(serve).transpose()?;
        let mut witness = Self { target, follower: Follower::new(target), secret, place, name: name.clone(), path, memory, copy };
        witness.begin_again()?;
        Ok(witness)
    }

    /// A new replay, of what is kept if anything is.
    fn begin_again(&mut self) -> Outcome<()> {
        self.follower = match &self.copy {
            Some(copy) => copy.follower(self.target)?,
            None => Follower::new(self.target),
        };
        self.tell(None);
        Ok(())
    }

    /// Says beside the copy whose it is and whether there is an alarm.
    fn tell(&self, seen: Option<u64>) {
        let Some(copy) = &self.copy else { return };
        let alarm = self.memory.alarm().map(|shown| Alarm { kept: self.memory.note().to_owned(), shown: shown.to_owned() });
        let of = self.target.client.base().to_owned();
        copy.tell(&self.target.id(), Told { witness: Some(self.name.clone()), of, seen, alarm });
    }

    /// Looks at the log once; true if there was something new to cosign.
    fn look(&mut self, ctx: &mut Context) -> Outcome<bool> {
        if self.memory.alarm().is_some() {
            return Err(problem!("witness-alarmed", "path" => self.path.display()));
        }
        let opened = match self.follower.catch_up() {
            Ok(opened) => opened,
            Err(problem) if is_evidence(&problem) => return Err(self.alarm(problem)),
            // Whatever entries come with it: the log has signed two checkpoints of one size.
            Err(_) if self.follower.shown().is_some_and(|shown| self.memory.contradicts(shown)) => {
                return Err(self.alarm(problem!("log-forked", "size" => self.memory.size())));
            }
            Err(problem) => return Err(problem),
        };
        let size = opened.checkpoint.size;
        match self.memory.judge(&opened.checkpoint, self.follower.election().tree()) {
            Judgement::Continues => {}
            Judgement::Older => return Err(problem!("log-shrank", "before" => self.memory.size(), "now" => size)),
            Judgement::Fork => return Err(self.alarm(problem!("log-forked", "size" => self.memory.size()))),
        }
        if let Some(copy) = &self.copy {
            copy.keep(self.target, &mut self.follower, &BTreeMap::new())?;
            self.tell(Some(ctx.now()));
        }
        if size == self.memory.size() && self.has_cosigned(&opened) {
            return Ok(false);
        }
        self.follower.compare_clocks(ctx);
        let note = self.follower.note();
        self.memory.remember(&opened.checkpoint, note);
        save(&self.path, &self.memory)?;
        let line = checkpoint::cosign(note, &self.name, &self.secret, ctx.now() / 1_000)
            .map_err(|error| problem!("checkpoint-invalid").because(&error))?;
        let cosigned = format!("{note}{line}");
        if let Some(copy) = &self.copy {
            copy.keep_cosigned(&self.target.id(), &cosigned)?;
        }
        self.target.client.cosign(&self.target.id(), &cosigned)?;
        Ok(true)
    }

    fn has_cosigned(&self, opened: &Opened) -> bool {
        opened.cosignatures.iter().any(|one| one.witness == self.place)
    }

    /// Keeps both checkpoints, and never cosigns this log again.
    fn alarm(&mut self, problem: Problem) -> Problem {
        self.memory.raise_alarm(self.follower.seen(), None);
        let alarm = problem!("witness-alarm", "path" => self.path.display()).with(problem);
        let saved = save(&self.path, &self.memory);
        self.tell(None);
        match saved {
            Ok(()) => alarm,
            Err(unsaved) => alarm.with(unsaved),
        }
    }
}

/// Whether a failure shows the log, and not the way to it, to be wrong.
pub(crate) fn is_evidence(problem: &Problem) -> bool {
    matches!(problem.key(), "log-forked" | "log-breaks-rules" | "manifest-of-another")
}

fn load(path: &Path, election: &ElectionId) -> Outcome<Memory> {
    if !path.exists() {
        return Ok(Memory::new(election));
    }
    Memory::parse(&durable::read(path)?, election).ok_or_else(|| problem!("witness-state-unreadable", "path" => path.display()))
}

fn save(path: &Path, memory: &Memory) -> Outcome<()> {
    durable::replace(path, memory.to_json().as_bytes(), true)
}

/// Follows a log until `stop` says so, once if asked, or until the log turns out to be wrong.
pub fn follow(ctx: &mut Context, args: &RunArgs, stop: &dyn Fn() -> bool) -> Outcome<Ending> {
    let target = Target::resolve(ctx, &args.sign.target.election)?;
    let mut witness = Witness::open(ctx, args, &target)?;
    say!(ctx, "witness-follows", "name" => witness.name, "title" => target.title(ctx.catalogue().language()));
    let told = witness.copy.as_ref().map(Copy::told_to_stop);
    if let Some(copy) = &witness.copy {
        say!(ctx, "copy-listens", "address" => copy.addr());
    }
    let mut alarmed = None;
    loop {
        match witness.look(ctx) {
            Ok(true) => say!(ctx, "witness-cosigned", "size" => witness.memory.size()),
            Ok(false) => {}
            // It goes on serving what it saw, with the alarm.
            Err(problem) if witness.copy.is_some() && witness.memory.alarm().is_some() => {
                if alarmed.is_none() {
                    ctx.complain(&problem);
                    alarmed = Some(problem);
                }
            }
            Err(problem) if args.once || witness.memory.alarm().is_some() => return Err(problem),
            // A server that is away is waited for.
            Err(problem) => {
                ctx.complain(&problem);
                if witness.follower.is_over() {
                    witness.begin_again()?;
                }
            }
        }
        if args.once || stop() || told.as_ref().is_some_and(|told| told.load(Ordering::SeqCst)) {
            if let Some(copy) = witness.copy.take() {
                copy.stop();
            }
            return alarmed.map_or(Ok(Ending::Good), Err);
        }
        ctx.pause(Duration::from_secs(args.every));
    }
}
