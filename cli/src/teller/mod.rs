//! `isoloir teller`: what those do among whom the votes are shared.

pub mod state;

mod boxes;
mod count;
mod paper;
mod send;

use clap::Subcommand;
use isoloir_protocol::{
    log::{consent, entry::Kind},
    manifest::Manifest,
    rand_core::UnwrapErr,
    teller::TellerSecret,
};

use crate::{
    args::Ending,
    context::Context,
    election::{SignArgs, create::say_key},
    keys::{self, KeygenArgs, Role},
    problem,
    problem::Outcome,
    reference::Target,
    replay::Follower,
    say,
};

/// What tellers do.
#[derive(Debug, Subcommand)]
pub enum TellerCommand {
    /// Make a teller's keys
    Keygen(KeygenArgs),
    /// Agree to serve in an election, and to its witnesses
    Consent(ConsentArgs),
    /// Show everybody that the keys can still be opened
    Drill(SignArgs),
    /// Write a sheet to be printed, from which the keys can be restored
    Paper(paper::PaperArgs),
    /// Restore the keys from the words of a sheet, or from the text of its QR code
    Restore(paper::RestoreArgs),
    /// Send an entry that was made on a machine without a network
    Send(send::SendArgs),
    /// After the closing: check and open the boxes, compare the closing code, report
    Report(CountArgs),
    /// After the reports: compare the counting code, publish the sums
    Sums(CountArgs),
}

/// What `teller consent` is given.
#[derive(Debug, clap::Args)]
pub struct ConsentArgs {
    /// Which election and key
    #[command(flatten)]
    pub sign: SignArgs,
    /// The keys of the witnesses have been compared with what they published
    #[arg(long)]
    pub witnesses_compared: bool,
}

/// What `teller report` and `teller sums` are given.
#[derive(Debug, Clone, clap::Args)]
pub struct CountArgs {
    /// Which election and key
    #[command(flatten)]
    pub sign: SignArgs,
    /// The closing or counting code as the other tellers read it (default: asked at the keyboard)
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
    /// This key has reported on this election from no other device
    #[arg(long)]
    pub only_device: bool,
    /// Wait until the log is closed (report) or the ballots are fixed (sums)
    #[arg(long)]
    pub wait: bool,
    /// Where to ask for boxes that the server does not have; may be given several times
    #[arg(long, value_name = "URL")]
    pub mirror: Vec<String>,
    /// In the last third of the window: report boxes that nobody has as missing
    #[arg(long)]
    pub report_missing: bool,
}

/// Runs one of them.
pub fn run(ctx: &mut Context, command: TellerCommand) -> Outcome<Ending> {
    match command {
        TellerCommand::Keygen(args) => keys::generate(ctx, &args, Role::Teller, "").map(|_| Ending::Good),
        TellerCommand::Consent(args) => consent(ctx, &args),
        TellerCommand::Drill(args) => drill(ctx, &args),
        TellerCommand::Paper(args) => paper::write(ctx, &args),
        TellerCommand::Restore(args) => paper::restore(ctx, &args),
        TellerCommand::Send(args) => send::send(ctx, &args),
        TellerCommand::Report(args) => count::report(ctx, &args),
        TellerCommand::Sums(args) => count::sums(ctx, &args),
    }
}

/// Which teller of the manifest has these keys.
fn number(manifest: &Manifest, secret: &TellerSecret) -> Outcome<u8> {
    (1..=u8::MAX)
        .map_while(|j| Some((j, manifest.teller_keys(j)?)))
        .find(|(_, keys)| secret.matches(&keys.seal, &keys.sign))
        .map(|(j, _)| j)
        .ok_or_else(|| problem!("key-not-in-manifest"))
}

fn consent(ctx: &mut Context, args: &ConsentArgs) -> Outcome<Ending> {
    let target = Target::resolve(ctx, &args.sign.target.election)?;
    let witnesses = &target.manifest.witnesses;
    say!(ctx, "consent-witnesses", "title" => target.title(ctx.catalogue().language()), "count" => witnesses.len(), "quorum" => target.manifest.witness_quorum);
    for witness in witnesses {
        say_key(ctx, &witness.name, &witness.sign);
    }
    if !witnesses.is_empty() && !args.witnesses_compared && !ctx.confirm("ask-witnesses-compared", &[])? {
        return Err(problem!("witnesses-not-compared"));
    }
    sign_on(ctx, &args.sign, &target)?;
    say!(ctx, "teller-consented");
    Ok(Ending::Good)
}

fn drill(ctx: &mut Context, args: &SignArgs) -> Outcome<Ending> {
    let target = Target::resolve(ctx, &args.target.election)?;
    sign_on(ctx, args, &target)?;
    say!(ctx, "teller-drilled");
    Ok(Ending::Good)
}

fn sign_on(ctx: &mut Context, args: &SignArgs, target: &Target) -> Outcome<()> {
    let follower = Follower::current(target)?;
    let secret = args.key.teller_secret(ctx)?;
    let teller = number(&target.manifest, &secret)?;
    let body = consent::teller_body(follower.election(), teller, &secret, &mut UnwrapErr(getrandom::SysRng));
    let body = body.ok_or_else(|| problem!("roll-parts-missing"))?;
    follower.post(ctx, Kind::Consent, &body, &[]).map(drop)
}
