//! `isoloir watch`: looks at an election from outside, as a voter's device would, and raises an alarm.
//!
//! It looks at the pages (the list of a release), the log (signed, continued, replayed under every rule), the times in it, the witnesses, and the
//! way of a ballot: whether what the server says of a voter number is what the log says, and whether ballots are received. It casts nothing and
//! knows no code. What the log was at the last look is on the disk, so that a rewritten one is known after a restart too.

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use clap::Args;
use isoloir_protocol::{election::Phase, log::checkpoint};
use serde::{Deserialize, Serialize};

use crate::{
    args::Ending,
    context::Context,
    durable, problem,
    problem::{Outcome, Problem},
    reference::Target,
    replay::Follower,
    say,
    site::{self, Release},
};

/// What `watch` is given.
#[derive(Debug, Clone, Args)]
pub struct WatchArgs {
    /// The election file, or a link of one of the election's pages
    #[arg(long, value_name = "FILE|LINK")]
    pub election: String,
    /// Where it remembers what the log was; one file for each election
    #[arg(long, value_name = "FILE")]
    pub state: PathBuf,
    /// The list hashes.txt of the release whose pages the server should send
    #[arg(long, value_name = "FILE", conflicts_with = "no_pages")]
    pub list: Option<PathBuf>,
    /// Do not look at the pages
    #[arg(long)]
    pub no_pages: bool,
    /// Look once; exit status 1 if something is wrong (for cron)
    #[arg(long)]
    pub once: bool,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
    /// Seconds after which a server counts as not answering; half of that is slow
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub patience: u64,
    /// Minutes after which a witness should have signed what is new
    #[arg(long, value_name = "MINUTES", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub witness_patience: u64,
    /// Program to run when something begins or ceases to be wrong; it gets the sentences on its input
    #[arg(long, value_name = "PROGRAM")]
    pub hook: Option<PathBuf>,
}

const FORMAT: &str = "isoloir/watch-state-1";

/// By how much the server's clock may differ from this device's.
const CLOCK_TOLERANCE_MS: u64 = 60_000;

/// What earlier looks saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    format: String,
    election: String,
    /// Size of the log that was last found good.
    size: u64,
    /// Its root in hex.
    root: String,
    /// The checkpoint as the log signed it: the evidence, if the log is another one later.
    note: String,
    /// When (ms since 1970, by this device's clock) the log was first seen at a size.
    seen: Vec<(u64, u64)>,
}

/// Looks until it is stopped, or once.
pub fn run(ctx: &mut Context, args: &WatchArgs) -> Outcome<Ending> {
    let target = Target::resolve(ctx, &args.election)?;
    let target = Target { client: target.client.impatient(Duration::from_secs(args.patience)), manifest: target.manifest };
    let release = release(args)?;
    let mut watch = Watch { args, target: &target, release, follower: Follower::new(&target), state: load(args, &target)? };
    let mut wrong = BTreeSet::new();
    loop {
        let faults = watch.look(ctx);
        tell(ctx, args, &faults, &wrong)?;
        wrong = faults.iter().map(Problem::key).collect();
        if args.once {
            return Ok(if faults.is_empty() { Ending::Good } else { Ending::Bad });
        }
        ctx.pause(Duration::from_secs(args.every));
    }
}

fn release(args: &WatchArgs) -> Outcome<Option<Release>> {
    match &args.list {
        _ if args.no_pages => Ok(None),
        None => Release::embedded().map(Some).ok_or_else(|| problem!("site-no-list")),
        Some(path) => {
            let list = Release::parse(&durable::read_text(path)?);
            list.map(Some).ok_or_else(|| problem!("site-list-unreadable", "source" => path.display()))
        }
    }
}

/// Says what is wrong since now, and what is right again.
fn tell(ctx: &mut Context, args: &WatchArgs, faults: &[Problem], before: &BTreeSet<&'static str>) -> Outcome<()> {
    let mut words = String::new();
    for fault in faults.iter().filter(|fault| !before.contains(fault.key())) {
        ctx.complain(fault);
        words.push_str(&ctx.catalogue().explain(fault));
    }
    if faults.is_empty() && (args.once || !before.is_empty()) {
        say!(ctx, "watch-good");
        if !before.is_empty() {
            words.push_str(&ctx.catalogue().line("watch-good", &[]));
            words.push('\n');
        }
    }
    match &args.hook {
        Some(hook) if !words.is_empty() => call(hook, &words),
        _ => Ok(()),
    }
}

fn call(hook: &Path, words: &str) -> Outcome<()> {
    let failed = |error: std::io::Error| problem!("watch-hook", "path" => hook.display()).because(&error);
    let mut child = Command::new(hook).stdin(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(words.as_bytes()).map_err(failed)?;
    }
    let ended = child.wait().map_err(failed)?;
    if ended.success() { Ok(()) } else { Err(failed(std::io::Error::other(ended.to_string()))) }
}

/// A watch over one election.
struct Watch<'a> {
    args: &'a WatchArgs,
    target: &'a Target,
    release: Option<Release>,
    follower: Follower<'a>,
    state: State,
}

impl Watch<'_> {
    /// Everything that is wrong now.
    fn look(&mut self, ctx: &mut Context) -> Vec<Problem> {
        let began = ctx.now();
        let status = match self.target.client.status(&self.target.id()) {
            Ok(status) => status,
            Err(problem) => return vec![problem!("watch-down", "server" => self.target.client.base()).with(problem)],
        };
        let took = Duration::from_millis(ctx.now().saturating_sub(began));
        let mut faults = Vec::new();
        if took.saturating_mul(2) > Duration::from_secs(self.args.patience) {
            faults.push(problem!("watch-slow", "seconds" => took.as_secs()));
        }
        if status.now.abs_diff(ctx.now()) > CLOCK_TOLERANCE_MS {
            faults.push(problem!("watch-clock", "seconds" => status.now.abs_diff(ctx.now()) / 1_000));
        }
        match self.log(ctx) {
            Ok(more) => faults.extend(more),
            Err(problem) => {
                self.follower = Follower::new(self.target);
                faults.push(problem!("watch-log", "path" => self.args.state.display()).with(problem));
            }
        }
        faults.extend(self.voting().err());
        faults.extend(self.pages().err());
        faults
    }

    /// Follows the log; fails if it is not one log, and returns what else is wrong with it.
    fn log(&mut self, ctx: &mut Context) -> Outcome<Vec<Problem>> {
        self.follower.catch_up()?;
        let election = self.follower.election();
        let size = election.size();
        if size < self.state.size {
            return Err(problem!("log-shrank", "before" => self.state.size, "now" => size));
        }
        if self.state.size > 0 && election.tree().root_at(self.state.size).map(hex::encode).as_ref() != Some(&self.state.root) {
            return Err(problem!("log-forked", "size" => self.state.size));
        }
        let mut faults = Vec::new();
        if election.last_time() > ctx.now().saturating_add(CLOCK_TOLERANCE_MS) {
            faults.push(problem!("watch-times", "index" => size.saturating_sub(1)));
        }
        self.state.root = hex::encode(election.root());
        self.state.size = size;
        self.follower.note().clone_into(&mut self.state.note);
        let now = ctx.now();
        if self.state.seen.last().is_none_or(|(_, seen)| *seen < size) {
            self.state.seen.push((now, size));
        }
        // Of what was there long enough only the latest matters.
        let since = now.saturating_sub(self.args.witness_patience.saturating_mul(60_000));
        let old = self.state.seen.iter().filter(|(ms, _)| *ms <= since).count();
        self.state.seen.drain(..old.saturating_sub(1));
        let due = self.state.seen.first().filter(|(ms, _)| *ms <= since).map_or(0, |(_, size)| *size);
        self.save()?;
        faults.extend(self.silent(due)?);
        Ok(faults)
    }

    /// The witnesses that have signed nothing of at least so many entries.
    fn silent(&self, due: u64) -> Outcome<Vec<Problem>> {
        let manifest = &self.target.manifest;
        let mut notes = self.target.client.checkpoints(&self.target.id())?;
        notes.push(self.follower.note().to_owned());
        let opened: Vec<_> = notes.iter().filter_map(|note| checkpoint::open(note, manifest).ok()).collect();
        let signed = |witness: usize| {
            let ours = opened.iter().filter(|note| note.cosignatures.iter().any(|one| one.witness == witness));
            ours.map(|note| note.checkpoint.size).max().unwrap_or(0)
        };
        let witnesses = manifest.witness_keys().iter().enumerate();
        let silent: Vec<String> = witnesses.filter(|(number, _)| signed(*number) < due).map(|(_, (name, _))| name.clone()).collect();
        Ok(if silent.is_empty() { Vec::new() } else { vec![problem!("watch-witness", "names" => silent.join(", "), "size" => due)] })
    }

    /// Goes the way of a ballot as far as it can be gone without casting one.
    fn voting(&self) -> Outcome<()> {
        let (client, id, election) = (&self.target.client, self.target.id(), self.follower.election());
        if let Some(slot) = election.members().first().map(|member| member.slot) {
            let said = client.slot(&id, slot).map_err(|problem| problem!("watch-slot", "slot" => slot).with(problem))?;
            let logged: Option<Vec<String>> = election.key_parts(slot).map(|parts| parts.iter().map(hex::encode).collect());
            if logged.as_ref() != Some(&said.key_parts) {
                return Err(problem!("watch-slot", "slot" => slot));
            }
        }
        if !matches!(election.phase(), Phase::Open) {
            return Ok(());
        }
        // Not a ballot, and to be refused as such: whoever says anything else does not take ballots.
        match client.cast(&id, &[]) {
            Err(problem) if problem.facts().iter().any(|(name, value)| *name == "reason" && value == "malformed") => Ok(()),
            Err(problem) => Err(problem!("watch-ballots").with(problem)),
            Ok(_) => Err(problem!("watch-ballots")),
        }
    }

    fn pages(&self) -> Outcome<()> {
        let Some(release) = &self.release else { return Ok(()) };
        let differences = site::compare(&self.target.client, release)?;
        if differences.is_empty() { Ok(()) } else { Err(problem!("watch-pages", "count" => differences.len(), "build" => release.name())) }
    }

    fn save(&self) -> Outcome<()> {
        let path = &self.args.state;
        let json = serde_json::to_vec_pretty(&self.state);
        let json = json.map_err(|error| problem!("watch-state-unreadable", "path" => path.display()).because(&error))?;
        durable::replace(path, &json, true)
    }
}

fn load(args: &WatchArgs, target: &Target) -> Outcome<State> {
    let path = &args.state;
    let election = target.id().to_string();
    if !path.exists() {
        return Ok(State { format: FORMAT.to_owned(), election, size: 0, root: String::new(), note: String::new(), seen: Vec::new() });
    }
    let unreadable = || problem!("watch-state-unreadable", "path" => path.display());
    let state: State = serde_json::from_slice(&durable::read(path)?).map_err(|error| unreadable().because(&error))?;
    if state.format == FORMAT && state.election == election { Ok(state) } else { Err(unreadable()) }
}
