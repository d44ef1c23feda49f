//! The way of a vote, gone without a code: a ballot made from what the server tells a voter is opened as a test (Benaloh challenge,
//! section 4), and one with a wrong code is sent, which goes through every check of the server and must fail at the last.

use isoloir_protocol::{
    ballot::{Choice, Choices, Randomness, SUPERSEDES_NONE, disclosure, prepare},
    code::Code,
    credential::{CodePart, PartContext, VoterKey, sum_of_parts},
    election::{Election, Phase, SlotView},
    group::Point,
    manifest::{Manifest, Question},
    rand_core::{Rng, UnwrapErr},
};

use crate::{
    client::{SlotStatus, Status},
    problem,
    problem::Outcome,
    reference::Target,
    replay::Follower,
};

/// Before and after the hours of voting the two clocks may disagree about what is to be said.
const MARGIN_MS: u64 = 120_000;

fn rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

/// Goes the way as far as it can be gone without casting anything, for a voter who is drawn anew each time: a server cannot know for
/// whom it must not lie.
pub fn go(target: &Target, follower: &mut Follower<'_>, status: &Status) -> Outcome<()> {
    if follower.election().voters() == 0 {
        return Ok(());
    }
    let members = follower.election().members();
    let Ok(count) = u64::try_from(members.len()) else { return Ok(()) };
    let drawn = rng().next_u64().checked_rem(count).and_then(|drawn| usize::try_from(drawn).ok());
    let Some(slot) = drawn.and_then(|drawn| members.get(drawn)).map(|member| member.slot) else { return Ok(()) };
    let wrong = || problem!("watch-slot", "slot" => slot);
    let told = target.client.slot(&target.id(), slot).map_err(|problem| wrong().with(problem))?;
    let before = follower.election().size();
    let current = |election: &Election| election.slot(slot).and_then(|view| view.current).map(|ballot| ballot.index);
    let told_current = told.current.as_ref().map(|ballot| ballot.index);
    // Somebody may have voted since the log was read.
    let new = told_current.is_some_and(|index| index >= before);
    if new {
        follower.catch_up()?;
    }
    let election = follower.election();
    let in_log = |view: &SlotView| view.superseded.iter().chain(&view.current).any(|ballot| Some(ballot.index) == told_current);
    let agrees = if new { election.slot(slot).is_some_and(|view| in_log(&view)) } else { told_current == current(election) };
    let logged: Option<Vec<String>> = election.key_parts(slot).map(|parts| parts.iter().map(hex::encode).collect());
    if !agrees || logged.as_ref() != Some(&told.key_parts) {
        return Err(wrong());
    }
    if matches!(election.phase(), Phase::Open) {
        test(target, election, slot, &told)?;
        let hours = target.manifest.opens_ms().saturating_add(MARGIN_MS)..election.end().saturating_sub(MARGIN_MS);
        if hours.contains(&status.now) {
            knock(target, slot, &told)?;
        }
    }
    Ok(())
}

/// Makes a ballot from what the server tells, opens it, and looks whether it would be that voter's choice in the election of the log.
fn test(target: &Target, election: &Election, slot: u32, told: &SlotStatus) -> Outcome<()> {
    let wrong = || problem!("watch-canary", "slot" => slot);
    let manifest = target.client.manifest(&target.id()).map_err(|problem| wrong().with(problem))?;
    let manifest = Manifest::parse(&manifest).map_err(|error| wrong().because(&error))?;
    let parts: Option<Vec<Point>> = told.key_parts.iter().map(|part| Point::decode(&hex::decode(part).ok()?.try_into().ok()?)).collect();
    let key = parts.and_then(|parts| sum_of_parts(&parts)).ok_or_else(wrong)?;
    let choices = choices(&manifest)?;
    let prepared = prepare(&manifest, &choices, slot, &key, supersedes(told), &Randomness::generate(&mut rng()));
    let shown = prepared.fingerprint();
    // As another device does, which has only the log.
    let seen = disclosure::check(&target.manifest, &prepared.disclose()).map_err(|error| wrong().because(&error))?;
    let of_the_log = election.slot(slot).is_some_and(|view| view.key == *seen.key.bytes());
    let marks = |choices: &Choices| -> Vec<(Vec<u16>, bool)> {
        let each = target.manifest.questions.iter().zip(choices.questions());
        each.map(|(question, choice)| (choice.options(question), choice.is_blank(question))).collect()
    };
    let same = seen.fingerprint == shown && seen.slot == slot && marks(&seen.choices) == marks(&choices);
    if of_the_log && same { Ok(()) } else { Err(wrong()) }
}

/// Sends a ballot that is good in everything but the code: it must be refused for that.
fn knock(target: &Target, slot: u32, told: &SlotStatus) -> Outcome<()> {
    let manifest = &target.manifest;
    let part = |registrar| {
        let context = PartContext { roll_scope: manifest.roll_scope(), registrar, slot };
        CodePart::derive(context, &Code::generate(&mut rng()))
    };
    let parts: Option<Vec<CodePart>> = (0_u8..).take(manifest.registrars.len()).map(part).collect();
    let key = parts.and_then(|parts| VoterKey::from_parts(&parts)).ok_or_else(|| problem!("code-lacking"))?;
    let choices = choices(manifest)?;
    let submission = prepare(manifest, &choices, slot, &key.public(), supersedes(told), &Randomness::generate(&mut rng())).cast(&key);
    let submission = submission.ok_or_else(|| problem!("code-lacking"))?;
    match target.client.refusal(&target.id(), &submission).map_err(|problem| problem!("watch-ballots").with(problem))? {
        Some(refused) if refused.reason == "proof" && refused.slot == Some(slot) => Ok(()),
        // Somebody voted, or the vote was suspended or ended, a moment ago.
        Some(refused) if matches!(refused.reason.as_str(), "supersedes" | "no-revote" | "suspended" | "too-late" | "already-closed") => {
            Ok(())
        }
        Some(refused) => Err(problem!("watch-ballots").because(&refused.reason)),
        None => Err(problem!("watch-forged", "slot" => slot)),
    }
}

fn supersedes(told: &SlotStatus) -> u64 {
    told.current.as_ref().map_or(SUPERSEDES_NONE, |ballot| ballot.index)
}

/// An allowed choice, drawn anew each time.
fn choices(manifest: &Manifest) -> Outcome<Choices> {
    let choice = |question: &Question| {
        let all = u32::try_from(question.options.len()).unwrap_or(u32::MAX);
        let first = rng().next_u32();
        let wanted = question.min.max(1).min(question.max);
        let option = |step: u32| first.wrapping_add(step).checked_rem(all).and_then(|option| u16::try_from(option).ok());
        let options: Vec<u16> = (0..wanted).filter_map(option).collect();
        Choice::from_options(question, &options, false)
    };
    let chosen = manifest.questions.iter().map(choice).collect();
    Choices::new(manifest, chosen).map_err(|error| problem!("choice-not-allowed").because(&error))
}
