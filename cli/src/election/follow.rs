//! `isoloir election status`, `open`, `close` and `notice`: from the roll to the closing.

use std::time::Duration;

use clap::Subcommand;
use isoloir_protocol::{
    election::{Election, Phase},
    log::{
        entry::{self, Kind},
        notice::{self, What},
    },
};
use jiff::tz::TimeZone;

use super::{SignArgs, TargetArgs};
use crate::{args::Ending, context::Context, keys::Role, problem, problem::Outcome, reference::Target, replay::Follower, say, times};

/// How long between two looks at a log that is waited for.
pub const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What `election close` is given.
#[derive(Debug, clap::Args)]
pub struct CloseArgs {
    /// Which election
    #[command(flatten)]
    pub target: TargetArgs,
    /// Say what is missing and return, without waiting
    #[arg(long)]
    pub no_wait: bool,
}

/// The organiser's notices.
#[derive(Debug, Subcommand)]
pub enum NoticeCommand {
    /// Stop accepting ballots; those cast stay
    Suspend(NoticeArgs),
    /// Accept ballots again
    Resume(NoticeArgs),
    /// Move the closing time to a later one
    Extend(ExtendArgs),
    /// Tell voters something
    Message(NoticeArgs),
}

/// A notice.
#[derive(Debug, clap::Args)]
pub struct NoticeArgs {
    /// Which election and key
    #[command(flatten)]
    pub sign: SignArgs,
    /// What voters read: the reason, and when they will hear more
    #[arg(long)]
    pub text: String,
}

/// A notice with a new closing time.
#[derive(Debug, clap::Args)]
pub struct ExtendArgs {
    /// The notice
    #[command(flatten)]
    pub notice: NoticeArgs,
    /// The new closing time, as 2026-12-03T21:00:00Z or without Z in --zone
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// The zone of a time without offset, as Europe/Paris
    #[arg(long, default_value = "")]
    pub zone: String,
}

/// Shows how far an election is, from this device's own replay; only the witnesses' line is the server's word.
pub fn status(ctx: &mut Context, args: &TargetArgs) -> Outcome<Ending> {
    let target = Target::resolve(ctx, &args.election)?;
    let follower = Follower::current(&target)?;
    show(ctx, &target, follower.election());
    let seen = target.client.status(&target.id())?;
    for witness in &seen.witnesses {
        match witness.seen_size {
            Some(size) => say!(ctx, "status-witness", "name" => witness.name, "size" => size, "log" => follower.election().size()),
            None => say!(ctx, "status-witness-never", "name" => witness.name),
        }
    }
    Ok(Ending::Good)
}

fn show(ctx: &mut Context, target: &Target, election: &Election) {
    let manifest = &target.manifest;
    let language = ctx.catalogue().language();
    let phase = phase_name(election.phase());
    let phase = ctx.catalogue().line(phase, &[]);
    say!(ctx, "status-title", "title" => target.title(language), "phase" => phase, "size" => election.size());
    let utc = TimeZone::UTC;
    say!(ctx, "summary-times", "opens" => times::shown(manifest.opens_ms(), &utc), "closes" => times::shown(election.closing_time(), &utc), "grace" => manifest.grace_minutes);
    say!(ctx, "status-turnout", "ballots" => election.ballots(), "voters" => election.voters());
    for (registrar, state) in manifest.registrars.iter().zip(election.registrars()) {
        let (consent, roll) = (yes_no(ctx, state.consented.is_some()), yes_no(ctx, state.part.is_some()));
        say!(ctx, "status-registrar", "name" => registrar.name, "consent" => consent, "roll" => roll);
    }
    for (teller, state) in manifest.tellers.iter().zip(election.tellers()) {
        let consent = yes_no(ctx, state.consented.is_some());
        let (report, sums) = (yes_no(ctx, state.reported.is_some()), yes_no(ctx, state.summed.is_some()));
        say!(ctx, "status-teller", "name" => teller.name, "consent" => consent, "report" => report, "sums" => sums);
    }
    for notice in election.notices() {
        say!(ctx, "status-notice", "time" => times::shown(notice.time, &utc), "text" => notice.text);
    }
    if let Some(root) = election.closing() {
        say!(ctx, "closing-code", "code" => root.code);
    }
    if let Some(root) = election.fixing() {
        say!(ctx, "counting-code", "code" => root.code);
    }
}

const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Setup => "phase-setup",
        Phase::Open => "phase-open",
        Phase::Suspended => "phase-suspended",
        Phase::Closed => "phase-closed",
        Phase::Fixed => "phase-fixed",
        Phase::Counted => "phase-counted",
    }
}

fn yes_no(ctx: &Context, yes: bool) -> String {
    ctx.catalogue().line(if yes { "yes" } else { "no" }, &[])
}

/// Signs the open entry.
pub fn open(ctx: &mut Context, args: &SignArgs) -> Outcome<Ending> {
    let target = Target::resolve(ctx, &args.target.election)?;
    let follower = Follower::current(&target)?;
    lacking(&target, follower.election())?;
    let secret = args.key.sign_secret(ctx, Role::Organiser)?;
    let body = entry::open_body(follower.election(), &secret).ok_or_else(|| problem!("roll-parts-missing"))?;
    follower.post(ctx, Kind::Open, &body, &[])?;
    let opens = times::shown(target.manifest.opens_ms(), &TimeZone::UTC);
    say!(ctx, "opened", "voters" => follower.election().voters(), "opens" => opens);
    Ok(Ending::Good)
}

/// Who has still to do what before an election can be opened.
fn lacking(target: &Target, election: &Election) -> Outcome<()> {
    let mut lacking = Vec::new();
    for (registrar, state) in target.manifest.registrars.iter().zip(election.registrars()) {
        if state.consented.is_none() {
            lacking.push(problem!("lacks-registrar-consent", "name" => registrar.name));
        }
        if state.part.is_none() {
            lacking.push(problem!("lacks-roll-part", "name" => registrar.name));
        }
    }
    for (teller, state) in target.manifest.tellers.iter().zip(election.tellers()) {
        if state.consented.is_none() {
            lacking.push(problem!("lacks-teller-consent", "name" => teller.name));
        }
    }
    crate::problem::Problem::all(lacking)
}

/// Waits for the close entry, which the server appends by itself, and shows the closing code.
///
/// The log closes at its end and not before: whoever could close earlier could choose the moment. What organisers can do is to suspend.
pub fn close(ctx: &mut Context, args: &CloseArgs) -> Outcome<Ending> {
    let target = Target::resolve(ctx, &args.target.election)?;
    let mut follower = Follower::new(&target);
    let mut said = false;
    loop {
        follower.catch_up()?;
        let election = follower.election();
        if election.phase() == Phase::Setup {
            return Err(problem!("close-not-opened"));
        }
        if let Some(root) = election.closing() {
            say!(ctx, "closed", "ballots" => election.ballots(), "voters" => election.voters());
            say!(ctx, "closing-code", "code" => root.code);
            let waiting = target.manifest.tellers.iter().zip(election.tellers()).filter(|(_, state)| state.reported.is_none());
            for (teller, _) in waiting {
                say!(ctx, "closed-awaits", "name" => teller.name);
            }
            return Ok(Ending::Good);
        }
        if !said || args.no_wait {
            let end = times::shown(election.end(), &TimeZone::UTC);
            say!(ctx, "close-waits", "end" => end);
            said = true;
        }
        if args.no_wait {
            return Ok(Ending::Bad);
        }
        ctx.pause(LOOK_AGAIN);
    }
}

/// Signs and posts a notice.
pub fn notice(ctx: &mut Context, command: NoticeCommand) -> Outcome<Ending> {
    let (args, what) = match command {
        NoticeCommand::Suspend(args) => (args, What::Suspend),
        NoticeCommand::Resume(args) => (args, What::Resume),
        NoticeCommand::Message(args) => (args, What::Message),
        NoticeCommand::Extend(args) => {
            let closes = times::parse(&args.until, &times::zone(&args.zone)?)?;
            (args.notice, What::Extend { closes })
        }
    };
    if args.text.chars().count() > notice::TEXT_MAX {
        return Err(problem!("notice-too-long", "most" => notice::TEXT_MAX));
    }
    let target = Target::resolve(ctx, &args.sign.target.election)?;
    let follower = Follower::current(&target)?;
    let secret = args.sign.key.sign_secret(ctx, Role::Organiser)?;
    let body = notice::body(follower.election(), what, &args.text, ctx.now(), &secret).ok_or_else(|| problem!("roll-parts-missing"))?;
    let index = follower.post(ctx, Kind::Notice, &body, &[])?;
    say!(ctx, "notice-posted", "index" => index);
    Ok(Ending::Good)
}
