//! `teller report` and `teller sums`: sections 7 and 8, on this device's own replay and clock.

use isoloir_protocol::{
    election::{Election, Root},
    log::{entry::Kind, receipt::normalised_code},
    manifest::Manifest,
    tally::{Opener, OpenerError},
    teller::TellerSecret,
};
use jiff::tz::TimeZone;

use super::{
    CountArgs, boxes, number,
    state::{State, Step},
};
use crate::{
    args::Ending,
    context::Context,
    election::follow::LOOK_AGAIN,
    problem,
    problem::{Outcome, Problem},
    reference::Target,
    replay::Follower,
    say, times,
};

/// One teller's device at work on one election.
struct Desk<'a> {
    target: &'a Target,
    follower: Follower<'a>,
    state: State,
    secret: TellerSecret,
    teller: u8,
}

impl<'a> Desk<'a> {
    /// Opens the key and, if asked to wait, waits until `ready` finds the log ready.
    fn open(
        ctx: &mut Context,
        args: &CountArgs,
        target: &'a Target,
        ready: impl Fn(&Context, &Follower<'_>) -> Outcome<()>,
    ) -> Outcome<Self> {
        let secret = args.sign.key.teller_secret(ctx)?;
        let teller = number(&target.manifest, &secret)?;
        let state = State::load(&args.sign.key.key)?;
        let mut follower = Follower::new(target);
        let mut told = String::new();
        loop {
            follower.catch_up()?;
            match ready(ctx, &follower) {
                Ok(()) => break,
                Err(problem) if args.wait && may_be_waited_for(&problem) => {
                    let text = ctx.catalogue().line(problem.key(), problem.facts());
                    if text != told {
                        ctx.print(&text);
                        told = text;
                    }
                }
                Err(problem) => return Err(problem),
            }
            ctx.pause(LOOK_AGAIN);
        }
        follower.compare_clocks(ctx);
        Ok(Self { target, follower, state, secret, teller })
    }

    fn election(&self) -> &Election {
        self.follower.election()
    }

    /// Opens every box that the server or a mirror has.
    fn open_boxes(&self, ctx: &mut Context, args: &CountArgs) -> Outcome<Opener> {
        let mut opener = boxes::open_all(ctx, self.target, self.election(), self.teller, &self.secret)?;
        if !opener.missing().is_empty() {
            boxes::ask_mirrors(ctx, self.target, &args.mirror, (self.election(), &mut opener), (self.teller, &self.secret))?;
        }
        Ok(opener)
    }

    /// Has the teller compare the code, then fixes the root on this device for ever.
    fn agree(&mut self, ctx: &mut Context, args: &CountArgs, step: Step, root: &Root) -> Outcome<()> {
        let id = self.target.id();
        if !self.state.knows(&id) && !args.only_device && !ctx.confirm("ask-only-device", &[])? {
            return Err(problem!("teller-other-device"));
        }
        // A root that this device has refused is refused before anybody compares codes.
        if let Some(known) = self.state.root(&id, step).filter(|known| *known != hex::encode(root.root)) {
            return Err(problem!("teller-other-root", "known" => known, "found" => hex::encode(root.root)));
        }
        let key = match step {
            Step::Closing => "closing-code",
            Step::Counting => "counting-code",
        };
        ctx.say(key, &[("code", root.code.clone())]);
        let heard = match &args.code {
            Some(code) => code.clone(),
            None => ctx.ask("ask-code-of-others", &[])?,
        };
        if normalised_code(&heard).as_deref() != Some(root.code.as_str()) {
            return Err(problem!("codes-differ", "code" => root.code));
        }
        self.state.fix(&id, step, &root.root)
    }
}

/// Waiting helps against what time, the server or the witnesses bring; never against a log that is wrong.
fn may_be_waited_for(problem: &Problem) -> bool {
    matches!(problem.key(), "not-closed-yet" | "not-fixed-yet" | "witnesses-missing" | "report-window-open")
}

fn witnessed(follower: &Follower<'_>, manifest: &Manifest, root: &Root) -> Outcome<()> {
    if follower.witnessed(root.size)? { Ok(()) } else { Err(problem!("witnesses-missing", "quorum" => manifest.witness_quorum)) }
}

fn closing(follower: &Follower<'_>) -> Outcome<Root> {
    let election = follower.election();
    let end = || times::shown(election.end(), &TimeZone::UTC);
    election.closing().cloned().ok_or_else(|| problem!("not-closed-yet", "end" => end()))
}

/// After the closing: checks and opens the boxes, and reports.
pub fn report(ctx: &mut Context, args: &CountArgs) -> Outcome<Ending> {
    let target = Target::resolve(ctx, &args.sign.target.election)?;
    let mut desk = Desk::open(ctx, args, &target, |_, follower| witnessed(follower, &target.manifest, &closing(follower)?))?;
    if reported(&desk).is_some() {
        say!(ctx, "report-already");
        return Ok(Ending::Good);
    }
    let root = closing(&desk.follower)?;
    desk.agree(ctx, args, Step::Closing, &root)?;
    warn_about_weights(ctx, &desk);
    let opener = desk.open_boxes(ctx, args)?;
    let missing = opener.missing();
    if !missing.is_empty() {
        missing_boxes(ctx, args, &desk, &missing)?;
    }
    let complaints = opener.progress().complaints;
    let (body, data) = opener.report(desk.election(), !missing.is_empty()).map_err(stopped)?;
    desk.follower.post(ctx, Kind::Report, &body, &data)?;
    say!(ctx, "reported", "checked" => opener.progress().checked, "complaints" => complaints, "missing" => missing.len());
    Ok(Ending::Good)
}

/// Boxes that the server does not have may be reported as missing only in the last third of the window, when voters had time to bring them.
fn missing_boxes(ctx: &Context, args: &CountArgs, desk: &Desk<'_>, missing: &[u64]) -> Outcome<()> {
    let closed = desk.election().closed_at().unwrap_or_default();
    let window = desk.target.manifest.report_ms();
    let from = closed.saturating_add(window.saturating_sub(window / 3));
    let when = times::shown(from, &TimeZone::UTC);
    if ctx.now() < from {
        return Err(problem!("boxes-missing", "count" => missing.len(), "from" => when));
    }
    if !args.report_missing {
        return Err(problem!("boxes-missing-now", "count" => missing.len()));
    }
    Ok(())
}

fn reported(desk: &Desk<'_>) -> Option<u64> {
    desk.election().tellers().get(usize::from(desk.teller).saturating_sub(1)).and_then(|state| state.reported)
}

fn stopped(error: OpenerError) -> Problem {
    match error {
        OpenerError::TooFew => problem!("too-few-ballots"),
        OpenerError::BoxesMissing { indices } => problem!("boxes-missing-for-sums", "count" => indices.len()),
        error => problem!("opener-stopped").because(&error),
    }
}

/// Section 8: before counting, everybody hears where totals may reveal votes.
fn warn_about_weights(ctx: &mut Context, desk: &Desk<'_>) {
    for bucket in desk.election().buckets() {
        let groups: Vec<&str> =
            bucket.groups.iter().filter_map(|group| desk.target.manifest.groups.get(usize::from(*group))).map(String::as_str).collect();
        for weight in &bucket.rare_weights {
            say!(ctx, "rare-weight", "groups" => groups.join(", "), "weight" => weight, "smallest" => desk.target.manifest.smallest_group);
        }
    }
}

/// The fix entry, if it stands at a time that this device's own clock and replay confirm.
fn fixing(ctx: &Context, follower: &Follower<'_>, manifest: &Manifest) -> Outcome<Root> {
    let election = follower.election();
    let root = election
        .fixing()
        .cloned()
        .ok_or_else(|| problem!("not-fixed-yet", "reports" => election.reports(), "quorum" => manifest.quorum()))?;
    let before = election.tellers().iter().filter(|state| state.reported.is_some_and(|index| index < root.size)).count();
    let window_ends = election.closed_at().unwrap_or_default().saturating_add(manifest.report_ms());
    if before < manifest.tellers.len() && ctx.now() < window_ends {
        return Err(problem!("report-window-open", "until" => times::shown(window_ends, &TimeZone::UTC)));
    }
    witnessed(follower, manifest, &root)?;
    Ok(root)
}

/// After the fix entry: publishes the sums of this teller's shares.
pub fn sums(ctx: &mut Context, args: &CountArgs) -> Outcome<Ending> {
    let target = Target::resolve(ctx, &args.sign.target.election)?;
    let mut desk = Desk::open(ctx, args, &target, |ctx, follower| fixing(ctx, follower, &target.manifest).map(drop))?;
    let state = desk.election().tellers().get(usize::from(desk.teller).saturating_sub(1)).copied().unwrap_or_default();
    if state.summed.is_some() {
        say!(ctx, "sums-already");
        return Ok(Ending::Good);
    }
    if state.reported.is_none() {
        return Err(problem!("sums-without-report"));
    }
    if desk.election().too_few() {
        return Err(problem!("too-few-ballots"));
    }
    let closing = hex::encode(closing(&desk.follower)?.root);
    if let Some(known) = desk.state.root(&target.id(), Step::Closing).filter(|known| *known != closing) {
        return Err(problem!("teller-other-root", "known" => known, "found" => closing));
    }
    let root = fixing(ctx, &desk.follower, &target.manifest)?;
    desk.agree(ctx, args, Step::Counting, &root)?;
    warn_about_weights(ctx, &desk);
    let opener = desk.open_boxes(ctx, args)?;
    let void = boxes::again(ctx, &target, desk.teller, &desk.secret, &opener.to_remove(desk.election()))?;
    let void: Vec<(u64, &[u8])> = void.iter().map(|(index, bytes)| (*index, bytes.as_slice())).collect();
    let (body, data) = opener.sums(desk.election(), &void).map_err(stopped)?;
    desk.follower.post(ctx, Kind::Sums, &body, &data)?;
    say!(ctx, "summed", "have" => desk.election().sums().len().saturating_add(1), "need" => target.manifest.threshold);
    Ok(Ending::Good)
}
