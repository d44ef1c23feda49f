//! `isoloir watch`: looks at an election from outside, as a voter's device would, and raises an alarm.
//!
//! It looks at the pages (the list of a release), the log (signed, continued, replayed under every rule, not held back), the times in it, the
//! witnesses, and the way of a vote: a test ballot made from what the server tells a voter, and one with a wrong code that must be refused
//! ([`canary`]). It casts nothing and knows no code. What the log was at the last look is on the disk, so that a rewritten one is known
//! after a restart too.

mod canary;
mod others;
mod tell;

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use clap::Args;
use isoloir_protocol::election::Phase;
use serde::{Deserialize, Serialize};

use self::tell::TellArgs;
use crate::{
    args::Ending,
    client::{Client, Status},
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
    /// A witness or mirror that serves what it keeps, to be looked at too; several times if there are several
    #[arg(long, value_name = "URL")]
    pub witness: Vec<String>,
    /// Whom to tell
    #[command(flatten)]
    pub tell: TellArgs,
}

const FORMAT: &str = "isoloir/watch-state-1";

/// By how much the server's clock may differ from this device's.
const CLOCK_TOLERANCE_MS: u64 = 60_000;

/// How long after the end of voting the log may take to say so.
const LATE_MS: u64 = 30_000;

/// How long what the server says of its log may be ahead of the log itself, where several processes serve it.
const BEHIND: Duration = Duration::from_secs(2);

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
    let patience = Duration::from_secs(args.patience);
    let witnesses = args.witness.iter().map(|base| Ok(Client::with_clock(base, ctx.clock())?.impatient(patience)));
    let mut watch = Watch {
        args,
        target: &target,
        witnesses: witnesses.collect::<Outcome<_>>()?,
        release: release(args)?,
        follower: Follower::new(&target),
        state: load(args, &target)?,
    };
    let mut known = BTreeSet::new();
    loop {
        let faults = watch.look(ctx);
        let told = tell(ctx, &watch, &faults, &known);
        if args.once {
            told?;
            return Ok(if faults.is_empty() { Ending::Good } else { Ending::Bad });
        }
        match told {
            Ok(()) => known = faults.iter().map(Problem::key).collect(),
            // Whoever could not be told is told after the next look.
            Err(problem) => ctx.complain(&problem),
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
fn tell(ctx: &mut Context, watch: &Watch<'_>, faults: &[Problem], known: &BTreeSet<&'static str>) -> Outcome<()> {
    let mut words = String::new();
    for fault in faults.iter().filter(|fault| !known.contains(fault.key())) {
        ctx.complain(fault);
        words.push_str(&ctx.catalogue().explain(fault));
    }
    if faults.is_empty() && (watch.args.once || !known.is_empty()) {
        say!(ctx, "watch-good");
        if !known.is_empty() {
            words.push_str(&ctx.catalogue().line("watch-good", &[]));
            words.push('\n');
        }
    }
    if words.is_empty() { Ok(()) } else { watch.args.tell.tell(ctx, &watch.target.title(ctx.catalogue().language()), &words) }
}

/// A watch over one election.
struct Watch<'a> {
    args: &'a WatchArgs,
    target: &'a Target,
    witnesses: Vec<Client>,
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
        match self.log(ctx, &status) {
            Ok(more) => {
                faults.extend(more);
                faults.extend(canary::go(self.target, &mut self.follower, &status).err());
            }
            Err(problem) => {
                self.follower = Follower::new(self.target);
                // Entries that the log has not signed prove nothing about it.
                faults.push(match problem.key() {
                    "log-damaged" => problem,
                    _ => problem!("watch-log", "path" => self.args.state.display()).with(problem),
                });
            }
        }
        faults.extend(self.pages().err());
        faults
    }

    /// Follows the log; fails if it is not one log, and returns what else is wrong with it.
    fn log(&mut self, ctx: &mut Context, status: &Status) -> Outcome<Vec<Problem>> {
        self.follower.catch_up().map_err(|problem| self.judged(problem))?;
        if self.follower.election().size() < status.size {
            ctx.pause(BEHIND);
            self.follower.catch_up()?;
        }
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
        let over = ctx.now().saturating_sub(election.end());
        if matches!(election.phase(), Phase::Open | Phase::Suspended) && over > LATE_MS {
            faults.push(problem!("watch-late", "seconds" => over / 1_000));
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
        let (silent, cosigned) = others::silent(self.target, self.follower.note(), due)?;
        faults.extend(silent);
        let mut most = cosigned.max(status.size);
        for witness in &self.witnesses {
            match others::ask(self.target, witness, self.follower.election()) {
                Ok(size) => most = most.max(size),
                Err(problem) => faults.push(problem),
            }
        }
        // A log that goes on while this one is looked at is not behind.
        if most > self.follower.election().size() {
            self.follower.catch_up()?;
            let size = self.follower.election().size();
            if most > size {
                faults.push(problem!("watch-behind", "shown" => size, "known" => most));
            }
        }
        Ok(faults)
    }

    /// A checkpoint of the size that was good, and with another root, is a proof, whatever entries come with it.
    fn judged(&self, problem: Problem) -> Problem {
        match self.follower.shown() {
            Some(shown) if shown.size == self.state.size && hex::encode(shown.root) != self.state.root => {
                problem!("log-forked", "size" => shown.size).because(&self.follower.seen().trim_end())
            }
            _ => problem,
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
