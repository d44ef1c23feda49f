//! Playing the election: to its verified result, or as an open house for whoever wants to try it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::atomic::Ordering,
    time::Duration,
};

use isoloir_protocol::{archive::Archive, election::Phase};
use serde_json::json;

use super::{
    DemoArgs,
    cast::{self, Expected},
    stage::Stage,
};
use crate::{
    args::Ending, audit, context::Context, durable, election::follow::LOOK_AGAIN, problem, problem::Outcome, reference::Target,
    replay::Follower, say, times,
};

/// Members whose links are shown.
const SHOWN: usize = 4;
/// A vote that is still being tried out is extended when it would close within this time.
const TOO_CLOSE_MS: u64 = 25_000;
/// By how much it is extended.
const EXTENSION_MS: u64 = 60_000;

/// What the two members who vote in a browser choose.
const CHOICES: [&[u16]; 2] = [&[0], &[2]];

/// The whole election to its verified result.
pub fn auto(ctx: &mut Context, args: &DemoArgs, mut stage: Stage) -> Outcome<Ending> {
    let expected = Expected::default();
    let voters = voting(&stage, SHOWN);
    let members: Vec<_> = voters.iter().filter_map(|at| stage.members.get(*at)).collect();
    let cast = cast::all(&stage.target, &members, &expected)?;
    say!(ctx, "demo-ballots", "ballots" => cast.len(), "voters" => stage.members.len());
    let receipts = stage.path("receipts");
    durable::folder(&receipts)?;
    let file = write_play(&stage, &receipts)?;
    match &args.browser_script {
        Some(script) => {
            keep_open_for(ctx, &mut stage, Script::start(script, &file, "vote")?)?;
            for (member, choice) in stage.members.iter().zip(CHOICES) {
                expected.set(member.slot, choice);
            }
        }
        None => vote_by_command_line(&stage, &receipts, &expected)?,
    }
    say!(ctx, "demo-waits-for-close");
    let closing = wait_for(ctx, &stage.target, |follower| Ok(follower.election().closing().map(|root| root.code.clone())))?;
    say!(ctx, "closing-code", "code" => closing);
    count(ctx, args, &mut stage, &file, &closing)?;
    wait_for(ctx, &stage.target, |follower| Ok((follower.election().phase() == Phase::Counted).then_some(())))?;
    verify(ctx, &stage, &receipts, &expected)
}

/// All members but the first few, whose links are for people, and a quarter who abstain.
fn voting(stage: &Stage, kept: usize) -> Vec<usize> {
    (kept..stage.members.len()).filter(|at| at.checked_rem(4) != Some(3)).collect()
}

/// Two members vote, one of them twice, as the browser's script would.
fn vote_by_command_line(stage: &Stage, receipts: &Path, expected: &Expected) -> Outcome<()> {
    for (number, (member, choice)) in stage.members.iter().zip(CHOICES).enumerate() {
        let voter = member.voter()?;
        if number == 0 {
            voter.vote(&stage.target, &[vec![1]])?;
        }
        let receipt = voter.vote(&stage.target, &[choice.to_vec()])?;
        expected.set(member.slot, choice);
        durable::replace(&receipts.join(format!("receipt-{}.json", member.slot)), receipt.to_json().as_bytes(), false)?;
    }
    Ok(())
}

/// Links, codes, key files and passphrases, for a script that plays voters and tellers in a browser.
fn write_play(stage: &Stage, receipts: &Path) -> Outcome<PathBuf> {
    let voters: Vec<_> = stage
        .members
        .iter()
        .zip(CHOICES)
        .map(|(member, choose)| {
            json!({
                "slot": member.slot,
                "link": member.link.as_str(),
                "second_code": member.second_code.as_ref().map(|code| code.as_str()),
                "choose": choose,
            })
        })
        .collect();
    let last = stage.tellers.len();
    let tellers: Vec<_> = (1_usize..)
        .zip(&stage.tellers)
        .map(|(number, teller)| {
            json!({
                "number": number,
                "name": teller.name,
                "key_file": teller.key,
                "passphrase": teller.passphrase,
                "played_by": if number < last { "browser" } else { "command line" },
            })
        })
        .collect();
    let target = &stage.target;
    let play = json!({
        "server": target.client.base(),
        "election": target.id().to_string(),
        "links": {
            "results": target.link("results", ""),
            "tellers": target.link("tellers", ""),
            "audit": target.link("audit", ""),
            "check": format!("{}/check/", target.client.base()),
        },
        "voters": voters,
        "tellers": tellers,
        "receipts": receipts,
    });
    let file = stage.path("play.json");
    let text = serde_json::to_vec_pretty(&play).map_err(|error| problem!("file-unwritable", "path" => file.display()).because(&error))?;
    durable::create(&file, &text, true)?;
    Ok(file)
}

/// A running part of the browser's script. It does not outlive the demonstration.
struct Script {
    child: Child,
    part: &'static str,
    done: bool,
}

impl Script {
    fn start(script: &str, file: &Path, part: &'static str) -> Outcome<Self> {
        let words: Vec<&str> = script.split_whitespace().collect();
        let (program, words) = words.split_first().ok_or_else(|| problem!("demo-script", "part" => part))?;
        let child = Command::new(program).args(words).arg(file).arg(part).spawn();
        Ok(Self { child: child.map_err(|error| problem!("demo-script", "part" => part).because(&error))?, part, done: false })
    }

    /// Whether it has played its part; its failure is a failure of the demonstration.
    fn is_done(&mut self) -> Outcome<bool> {
        let failed = || problem!("demo-script", "part" => self.part);
        if !self.done {
            self.done = match self.child.try_wait() {
                Ok(None) => false,
                Ok(Some(status)) if status.success() => true,
                Ok(Some(status)) => return Err(failed().because(&status)),
                Err(error) => return Err(failed().because(&error)),
            };
        }
        Ok(self.done)
    }

    fn wait(&mut self) -> Outcome<()> {
        while !self.is_done()? {
            std::thread::sleep(Duration::from_millis(300));
        }
        Ok(())
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        if !self.done {
            // It may have ended by itself in this moment.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Extends the vote, as an organiser may, while the script is still voting.
fn keep_open_for(ctx: &mut Context, stage: &mut Stage, mut script: Script) -> Outcome<()> {
    let mut closes = stage.target.manifest.closes_ms();
    while !script.is_done()? {
        if ctx.now().saturating_add(TOO_CLOSE_MS) > closes {
            closes = ctx.now().saturating_add(EXTENSION_MS);
            stage.extend(closes, "Quelques minutes de plus pour la démonstration. / A few minutes more for the demonstration.")?;
            say!(ctx, "demo-extended", "closes" => times::shown(closes, &jiff::tz::TimeZone::UTC));
        }
        std::thread::sleep(Duration::from_millis(300));
    }
    Ok(())
}

/// The tellers report and sum: in the browser all but the last, or all by command line.
fn count(ctx: &mut Context, args: &DemoArgs, stage: &mut Stage, file: &Path, closing: &str) -> Outcome<()> {
    let tellers = stage.tellers.len();
    let mut script = args.browser_script.as_deref().map(|script| Script::start(script, file, "count")).transpose()?;
    let by_command = if script.is_some() { tellers.saturating_sub(1)..tellers } else { 0..tellers };
    for teller in by_command.clone() {
        stage.teller(teller, "report", closing)?;
    }
    let counting = wait_for(ctx, &stage.target, |follower| {
        // Without the script's tellers nothing would come to wait for.
        script.as_mut().map_or(Ok(false), Script::is_done)?;
        Ok(follower.election().fixing().map(|root| root.code.clone()))
    })?;
    say!(ctx, "counting-code", "code" => counting);
    for teller in by_command {
        stage.teller(teller, "sums", &counting)?;
    }
    script.as_mut().map_or(Ok(()), Script::wait)
}

/// Replays the log again and again until it shows what is waited for.
fn wait_for<T>(ctx: &Context, target: &Target, mut found: impl FnMut(&Follower<'_>) -> Outcome<Option<T>>) -> Outcome<T> {
    let mut follower = Follower::new(target);
    loop {
        follower.catch_up()?;
        if let Some(found) = found(&follower)? {
            return Ok(found);
        }
        ctx.pause(LOOK_AGAIN);
    }
}

/// Saves the archive, audits it with the receipts, and compares the totals with the votes that were cast.
fn verify(ctx: &mut Context, stage: &Stage, receipts: &Path, expected: &Expected) -> Outcome<Ending> {
    let folder = stage.path("archive");
    let zip = stage.target.client.archive(&stage.target.id())?;
    let archive = Archive::from_zip(&zip).map_err(|error| problem!("archive-unreadable", "source" => folder.display()).because(&error))?;
    audit::save(&archive, &folder)?;
    say!(ctx, "demo-archive", "path" => folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(receipts)
        .map_err(|error| problem!("file-unreadable", "path" => receipts.display()).because(&error))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let (saved, _) = audit::load(ctx, &folder.to_string_lossy())?;
    let given = files.iter().map(|path| audit::read_receipt(path)).collect::<Outcome<Vec<_>>>()?;
    let (report, manifest) = audit::audit_archive(&saved, &[], &given, &[]);
    audit::show(ctx, &report, manifest.as_ref());
    let options = stage.target.manifest.questions.first().map_or(0, |question| question.options.len());
    let cast = expected.totals(options);
    let counted: Vec<u64> = (0..cast.len())
        .map(|bit| {
            report
                .totals
                .iter()
                .flatten()
                .filter_map(|bucket| bucket.first()?.get(bit))
                .fold(0_u64, |sum, votes| sum.saturating_add(*votes))
        })
        .collect();
    if cast != counted {
        return Err(problem!("demo-totals-differ", "cast" => format!("{cast:?}"), "counted" => format!("{counted:?}")));
    }
    say!(ctx, "demo-totals-agree", "votes" => cast.iter().fold(0_u64, |sum, votes| sum.saturating_add(*votes)));
    Ok(if report.holds() { Ending::Good } else { Ending::Bad })
}

/// Shows the links, has the other members vote little by little, and waits for the end.
pub fn open_house(ctx: &mut Context, mut stage: Stage) -> Outcome<Ending> {
    let expected = Expected::default();
    let voters = voting(&stage, SHOWN);
    let (now, later) = voters.split_at(voters.len().saturating_mul(4) / 5);
    let members: Vec<_> = now.iter().filter_map(|at| stage.members.get(*at)).collect();
    let cast = cast::all(&stage.target, &members, &expected)?;
    say!(ctx, "demo-ballots", "ballots" => cast.len(), "voters" => stage.members.len());
    show_links(ctx, &stage);
    let file = write_play(&stage, &stage.path("receipts"))?;
    say!(ctx, "demo-file", "path" => file.display());

    // The rest vote one by one, so that the page lives; what they meet (a closed vote) is no failure of the demonstration.
    let stop = stage.stopper();
    let members = std::mem::take(&mut stage.members);
    let target = Target { client: stage.target.client.clone(), manifest: stage.target.manifest.clone() };
    let later = later.to_vec();
    let slow = std::thread::spawn(move || {
        for member in later.iter().filter_map(|at| members.get(*at)) {
            for _ in 0..15 {
                std::thread::sleep(Duration::from_millis(200));
                if stop.load(Ordering::Relaxed) {
                    return;
                }
            }
            let voted = member.voter().and_then(|voter| voter.vote(&target, &[cast::drawn()]));
            if voted.is_err() {
                return;
            }
        }
    });
    let ended = stage.wait();
    stage.stopper().store(true, Ordering::Relaxed);
    let _ = slow.join();
    ended?;
    say!(ctx, "serve-stopped");
    Ok(Ending::Good)
}

fn show_links(ctx: &mut Context, stage: &Stage) {
    say!(ctx, "demo-links-voters");
    for member in stage.members.iter().take(SHOWN) {
        say!(ctx, "demo-link-voter", "slot" => member.slot, "link" => member.link.as_str());
        if let Some(code) = &member.second_code {
            say!(ctx, "demo-link-second", "code" => code.as_str());
        }
    }
    let target = &stage.target;
    say!(ctx, "demo-links-pages", "results" => target.link("results", ""), "audit" => target.link("audit", ""), "tellers" => target.link("tellers", ""));
    for teller in &stage.tellers {
        say!(ctx, "demo-teller", "name" => teller.name, "key" => teller.key.display(), "passphrase" => teller.passphrase);
    }
    let closes = times::shown(target.manifest.closes_ms(), &jiff::tz::TimeZone::UTC);
    let program = std::env::current_exe().map_or_else(|_| "isoloir".to_owned(), |path| path.display().to_string());
    say!(
        ctx,
        "demo-what-next",
        "closes" => closes,
        "archive" => target.link("audit", ""),
        "program" => program,
        "election" => stage.path("election.json").display(),
        "organiser" => stage.path("keys/organiser.key").display(),
        "passphrase" => stage.path("keys/organiser.passphrase").display(),
    );
    say!(ctx, "demo-runs");
}
