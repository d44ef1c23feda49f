//! `registrar consent`, `issue` and `replace`, step by step.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use isoloir_protocol::{
    code::Code,
    election::Election,
    log::{
        consent,
        entry::{Entry, Kind},
        replacement,
    },
    manifest::Manifest,
    rand_core::UnwrapErr,
    roll,
    signature::{SignKey, SignSecret},
};
use lettre::message::Mailbox;
use sha2::{Digest, Sha256};

use super::{
    IssueArgs, MessageArgs, ReplaceArgs,
    delivery::{Delivery, Maildir, Smtp},
    issue::{Issuer, PublicPart},
    journal::{Journal, Line, Product},
    message::Template,
    roll_file::{Member, Roll},
    slots::Slots,
};
use crate::{
    args::Ending,
    context::Context,
    durable,
    election::SignArgs,
    keys::Role,
    problem,
    problem::{Outcome, Problem},
    reference::Target,
    replay::Follower,
    say, times,
};

/// Signs and posts the registrar's consent.
pub fn consent(ctx: &mut Context, args: &SignArgs) -> Outcome<Ending> {
    let target = Target::resolve(ctx, &args.target.election)?;
    let follower = Follower::current(&target)?;
    let secret = args.key.sign_secret(ctx, Role::Registrar)?;
    let registrar = number(&target.manifest, &secret.public())?;
    let body = consent::registrar_body(follower.election(), registrar, &secret).ok_or_else(|| problem!("roll-parts-missing"))?;
    follower.post(ctx, Kind::Consent, &body, &[])?;
    say!(ctx, "registrar-consented", "title" => target.title(ctx.catalogue().language()));
    Ok(Ending::Good)
}

/// Which registrar of the manifest has this key.
fn number(manifest: &Manifest, key: &SignKey) -> Outcome<u8> {
    (0..=u8::MAX)
        .map_while(|p| Some((p, manifest.registrar_key(p)?)))
        .find(|(_, known)| *known == key)
        .map(|(p, _)| p)
        .ok_or_else(|| problem!("key-not-in-manifest"))
}

/// Everything a run needs, checked before the first code is made.
struct Run<'a> {
    issuer: Issuer<'a>,
    roll: &'a Roll,
    slots: Slots,
    journal_path: PathBuf,
}

impl<'a> Run<'a> {
    fn prepare(ctx: &mut Context, args: &MessageArgs, target: &'a Target, secret: &'a SignSecret, roll: &'a Roll) -> Outcome<Self> {
        let registrar = number(&target.manifest, &secret.public())?;
        let from: Mailbox = args.from.parse().map_err(|error| problem!("sender-unreadable", "from" => args.from).because(&error))?;
        let language = args.message_lang.unwrap_or(ctx.catalogue().language());
        let template = match &args.template {
            Some(path) => Some(Template::parse(&durable::read_text(path)?, language, registrar == 0)?),
            None => None,
        };
        let slots = match args.slots.exists() {
            true => Slots::load(&args.slots)?,
            false if registrar == 0 => Slots::default(),
            false => return Err(problem!("slots-missing", "path" => args.slots.display())),
        };
        let journal_path = args.journal.clone().unwrap_or_else(|| default_journal(&args.sign.key.key, target));
        let issuer =
            Issuer { target, registrar, secret, from, language, template, zone: times::zone(&args.zone)?, carried: BTreeMap::new() };
        Ok(Self { issuer, roll, slots, journal_path })
    }

    fn journal(&self) -> Outcome<Journal> {
        Journal::open(&self.journal_path, &self.issuer.target.id().to_string(), self.issuer.registrar)
    }

    fn assigned(&self) -> Outcome<BTreeMap<u32, &'a Member>> {
        self.slots.assign(&self.roll.members)
    }
}

fn delivery(args: &MessageArgs, target: &Target, registrar: u8) -> Outcome<Box<dyn Delivery>> {
    if let Some(folder) = &args.maildir {
        return Ok(Box::new(Maildir::open(folder, &target.id().to_string(), registrar)?));
    }
    let url = args.smtp.as_deref().unwrap_or_default();
    let password = args.smtp_password_file.as_deref().map(durable::read_text).transpose()?.map(zeroize::Zeroizing::new);
    let password = password.as_ref().and_then(|text| text.lines().next());
    Ok(Box::new(Smtp::connect(url, args.smtp_user.as_deref().zip(password))?))
}

/// Makes and hands over all codes, then posts the roll part.
pub fn issue(ctx: &mut Context, args: &IssueArgs) -> Outcome<Ending> {
    let target = Target::resolve(ctx, &args.message.sign.target.election)?;
    let roll = args.message.roll.load(ctx, &target.manifest.groups)?;
    let follower = Follower::current(&target)?;
    let secret = args.message.sign.key.sign_secret(ctx, Role::Registrar)?;
    let mut run = Run::prepare(ctx, &args.message, &target, &secret, &roll)?;
    // The first registrar's run assigns the slots of members who have none; the others take the assignment as it is.
    let added = if run.issuer.registrar == 0 { run.slots.add(&roll.members) } else { 0 };
    run.issuer.carried = carried(ctx, args, &target, run.issuer.registrar)?;
    let assigned = run.assigned()?;
    same_rows(follower.election(), &assigned)?;
    run.issuer.rehearse(&assigned)?;
    preview(ctx, &target, &assigned, &run.issuer)?;
    if args.dry_run {
        say!(ctx, "issue-dry-run");
        return Ok(Ending::Good);
    }
    if added > 0 {
        run.slots.save(&args.message.slots)?;
        say!(ctx, "slots-written", "path" => args.message.slots.display(), "added" => added, "count" => run.slots.count());
    }
    let mut journal = run.journal()?;
    let logged = follower.election().registrars().get(usize::from(run.issuer.registrar)).and_then(|state| state.part).map(hex::encode);
    if let Some(logged) = &logged
        && journal.sealed() != Some(logged)
    {
        return Err(problem!("roll-part-of-another-run"));
    }
    if journal.sealed().is_none() {
        hand_out(ctx, args, &run, &assigned, &mut journal)?;
    }
    finish(ctx, args, &run, &assigned, &mut journal, &follower, logged.is_some())
}

/// All codes that are still to do; a failure unless every message was confirmed.
fn hand_out(ctx: &mut Context, args: &IssueArgs, run: &Run<'_>, assigned: &BTreeMap<u32, &Member>, journal: &mut Journal) -> Outcome<()> {
    let mut again = BTreeSet::new();
    for number in &args.again {
        let slot = run.slots.of(number).filter(|slot| assigned.contains_key(slot));
        again.insert(slot.ok_or_else(|| problem!("member-unknown", "number" => number))?);
    }
    let mut delivery = delivery(&args.message, run.issuer.target, run.issuer.registrar)?;
    let clock = ctx.clock();
    let now = move || clock.now();
    let step = assigned.len().div_ceil(10).max(1);
    let mut progress = |done: usize, total: usize| {
        if done.checked_rem(step) == Some(0) || done == total {
            say!(ctx, "issue-progress", "done" => done, "total" => total);
        }
    };
    let undelivered = run.issuer.issue(assigned, &again, &run.slots, journal, delivery.as_mut(), &now, &mut progress)?;
    let todo = assigned.keys().filter(|slot| !run.issuer.carried.contains_key(slot) && journal.part(**slot).is_none()).count();
    if todo > 0 {
        let mut problem = problem!("issue-incomplete", "left" => todo, "total" => assigned.len());
        for one in undelivered.0 {
            problem = problem.with(one);
        }
        return Err(problem);
    }
    Problem::all(undelivered.0)
}

/// Seals and posts the roll part.
fn finish(
    ctx: &mut Context,
    args: &IssueArgs,
    run: &Run<'_>,
    assigned: &BTreeMap<u32, &Member>,
    journal: &mut Journal,
    follower: &Follower<'_>,
    logged: bool,
) -> Outcome<Ending> {
    let part = run.issuer.roll_part(assigned, journal)?;
    let hash = hex::encode(Sha256::digest(&part));
    match journal.sealed() {
        None => journal.record(&Line::Sealed { part: hash })?,
        Some(sealed) if sealed == hash => {}
        Some(_) => return Err(problem!("roll-changed-after-seal")),
    }
    let body = roll::entry_body(&part).ok_or_else(|| problem!("roll-part-invalid"))?;
    if let Some(path) = &args.no_post {
        durable::replace(path, &part, false)?;
        say!(ctx, "roll-part-written", "path" => path.display());
        return Ok(Ending::Good);
    }
    if !logged {
        follower.post(ctx, Kind::RollPart, &body, &part)?;
    }
    if !journal.is_posted() {
        journal.record(&Line::Posted)?;
    }
    say!(ctx, "roll-part-posted", "count" => assigned.len());
    Ok(Ending::Good)
}

/// The rows of the other registrars' parts must be those of this roll, which shows before anything is sent.
fn same_rows(election: &Election, assigned: &BTreeMap<u32, &Member>) -> Outcome<()> {
    let rows = election.members();
    if rows.is_empty() {
        return Ok(());
    }
    let logged: BTreeMap<u32, (u16, u32)> = rows.iter().map(|row| (row.slot, (row.group, row.weight))).collect();
    let mut faults = Vec::new();
    for (slot, member) in assigned {
        if logged.get(slot) != Some(&(member.group, member.weight)) {
            faults.push(problem!("roll-row-differs", "row" => member.row, "slot" => slot));
        }
    }
    for slot in logged.keys().filter(|slot| !assigned.contains_key(slot)) {
        faults.push(problem!("roll-slot-lacking", "slot" => slot));
    }
    Problem::all(faults)
}

/// In a second round, the parts of slots that the earlier log lists: their codes stay as they are.
///
/// They come from this registrar's journal of the earlier election, and are compared with its log, which must be closed.
fn carried(ctx: &mut Context, args: &IssueArgs, target: &Target, registrar: u8) -> Outcome<BTreeMap<u32, PublicPart>> {
    let Some(previous) = target.manifest.previous() else {
        return Ok(BTreeMap::new());
    };
    let (Some(reference), Some(journal)) = (&args.previous, &args.previous_journal) else {
        return Err(problem!("previous-needed", "id" => previous));
    };
    let earlier = Target::resolve(ctx, reference)?;
    if earlier.id() != previous {
        return Err(problem!("manifest-of-another", "expected" => previous, "found" => earlier.id()));
    }
    let follower = Follower::current(&earlier)?;
    if follower.election().closing().is_none() {
        return Err(problem!("previous-not-closed"));
    }
    let journal = Journal::open(journal, &previous.to_string(), registrar)?;
    let mut carried = BTreeMap::new();
    for row in follower.election().members() {
        let logged = follower.election().key_parts(row.slot).and_then(|parts| parts.get(usize::from(registrar)).copied());
        match journal.latest(row.slot) {
            Some((key_part, possession)) if logged == Some(key_part) => carried.insert(row.slot, PublicPart { key_part, possession }),
            _ => return Err(problem!("previous-journal-differs", "slot" => row.slot)),
        };
    }
    say!(ctx, "issue-carried", "count" => carried.len());
    Ok(carried)
}

/// How many members in which groups, and one message as it will look, with a code that works nowhere.
fn preview(ctx: &mut Context, target: &Target, assigned: &BTreeMap<u32, &Member>, issuer: &Issuer<'_>) -> Outcome<()> {
    let mut groups = BTreeMap::<u16, usize>::new();
    for member in assigned.values() {
        let count = groups.entry(member.group).or_default();
        *count = count.saturating_add(1);
    }
    say!(ctx, "issue-preview", "members" => assigned.len(), "groups" => groups.len());
    for (group, members) in groups {
        let name = target.manifest.groups.get(usize::from(group)).map_or("", String::as_str);
        say!(ctx, "issue-preview-group", "group" => name, "members" => members);
    }
    let Some((slot, member)) = assigned.iter().next() else {
        return Ok(());
    };
    let zeros = Code::parse("0000-0000-0000-0000").map_err(|error| problem!("code-unusable").because(&error))?;
    let sample = issuer.message(*slot, member, &zeros, 1, true, ctx.now())?;
    say!(ctx, "issue-sample", "text" => sample.text());
    Ok(())
}

/// Makes a new code for one slot, hands it over, then posts its replacement.
pub fn replace(ctx: &mut Context, args: &ReplaceArgs) -> Outcome<Ending> {
    let target = Target::resolve(ctx, &args.message.sign.target.election)?;
    let roll = args.message.roll.load(ctx, &target.manifest.groups)?;
    let follower = Follower::current(&target)?;
    let secret = args.message.sign.key.sign_secret(ctx, Role::Registrar)?;
    let run = Run::prepare(ctx, &args.message, &target, &secret, &roll)?;
    let member = roll.members.iter().find(|member| member.number == args.number);
    let (Some(member), Some(slot)) = (member, run.slots.of(&args.number)) else {
        return Err(problem!("member-unknown", "number" => args.number));
    };
    let mut journal = run.journal()?;
    if let Some((attempt, body)) = pending(&journal, slot) {
        // The message of an earlier run left. Its entry is in the log, or gets there now; else it has become too old for it.
        let posted = is_in_force(follower.election(), slot, run.issuer.registrar, &body)
            || follower.post(ctx, Kind::Replacement, &body, &[]).inspect_err(|problem| ctx.complain(problem)).is_ok();
        if posted {
            journal.record(&Line::Replaced { slot, attempt })?;
            say!(ctx, "replaced", "slot" => slot);
            return Ok(Ending::Good);
        }
    }
    let mut delivery = delivery(&args.message, &target, run.issuer.registrar)?;
    let body = replace_one(ctx, &run.issuer, &follower, (slot, member), &mut journal, delivery.as_mut())?;
    follower.post(ctx, Kind::Replacement, &body, &[])?;
    let attempt = journal.attempt(slot).map_or(0, |last| last.attempt);
    journal.record(&Line::Replaced { slot, attempt })?;
    say!(ctx, "replaced", "slot" => slot);
    Ok(Ending::Good)
}

/// Whether the slot's key part in the log is that of a replacement's body.
fn is_in_force(election: &Election, slot: u32, registrar: u8, body: &[u8]) -> bool {
    let logged = election.key_parts(slot).and_then(|parts| parts.get(usize::from(registrar)).copied());
    replacement::Replacement::decode(body).is_ok_and(|replacement| logged.as_ref() == Some(replacement.key_part.bytes()))
}

/// A replacement whose message was confirmed and whose entry is not known to be in the log.
fn pending(journal: &Journal, slot: u32) -> Option<(u32, Vec<u8>)> {
    let last = journal.attempt(slot)?;
    match &last.product {
        Product::Replacement(body) if last.handed && !last.posted => Some((last.attempt, body.clone())),
        _ => None,
    }
}

fn replace_one(
    ctx: &Context,
    issuer: &Issuer<'_>,
    follower: &Follower<'_>,
    (slot, member): (u32, &Member),
    journal: &mut Journal,
    delivery: &mut dyn Delivery,
) -> Outcome<Vec<u8>> {
    let mut rng = UnwrapErr(getrandom::SysRng);
    let now = ctx.now();
    let (code, part) = issuer.code(slot, &mut rng)?;
    let body = replacement::body(follower.election(), slot, issuer.registrar, &part, now, issuer.secret, &mut rng)
        .ok_or_else(|| problem!("roll-parts-missing"))?;
    // What the log would refuse shows before the member gets a code that works nowhere.
    let leaf = Entry { kind: Kind::Replacement, time: now.max(follower.election().last_time()), body: body.clone() }.encode();
    follower.election().check(&leaf, &[], &mut rng).map_err(|refusal| problem!("entry-refused").because(&refusal))?;
    // An earlier message of the slot exists, whether or not this journal knows it.
    let attempt = journal.next_attempt(slot);
    let message = issuer.message(slot, member, &code, attempt.max(2), delivery.takes_back(), now)?;
    journal.record(&Line::Replacing { slot, attempt, body: hex::encode(&body) })?;
    delivery
        .hand_over(slot, &message)
        .map_err(|problem| problem!("message-undelivered", "row" => member.row, "slot" => slot).with(problem))?;
    journal.record(&Line::Handed { slot, attempt })?;
    Ok(body)
}

/// One journal per key and election, beside the key file.
fn default_journal(key: &Path, target: &Target) -> PathBuf {
    let id = target.id().to_string();
    durable::beside(key, &format!(".{}.journal", id.get(..8).unwrap_or(&id)))
}
