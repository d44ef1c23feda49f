//! `isoloir election`: what organisers do.

pub mod create;
pub mod description;
pub mod follow;

use std::path::PathBuf;

use clap::Subcommand;

use crate::{
    args::Ending,
    context::Context,
    durable,
    keys::{self, KeyArgs, KeygenArgs, Role},
    problem::Outcome,
    registrar::{RollArgs, slots::Slots},
    say,
};

/// What organisers do.
#[derive(Debug, Subcommand)]
pub enum ElectionCommand {
    /// Make an organiser's key
    Keygen(KeygenArgs),
    /// Look a description over, without doing anything
    Check(create::CheckArgs),
    /// Announce an election: make, sign and post its manifest
    New(create::NewArgs),
    /// Give every member of a roll a slot number, for all registrars
    Slots(SlotsArgs),
    /// Show how far an election is
    Status(TargetArgs),
    /// Sign the opening, once all roll parts and consents are there
    Open(SignArgs),
    /// Wait for the closing and show the closing code
    Close(follow::CloseArgs),
    /// Suspend, resume or extend the vote, or tell voters something
    #[command(subcommand)]
    Notice(follow::NoticeCommand),
}

/// Which election.
#[derive(Debug, Clone, clap::Args)]
pub struct TargetArgs {
    /// The election file, or a link to any page of the election
    #[arg(long, value_name = "FILE|LINK")]
    pub election: String,
}

/// Which election, and the key that signs.
#[derive(Debug, Clone, clap::Args)]
pub struct SignArgs {
    /// Which election
    #[command(flatten)]
    pub target: TargetArgs,
    /// Which key
    #[command(flatten)]
    pub key: KeyArgs,
}

/// What `election slots` is given.
#[derive(Debug, clap::Args)]
pub struct SlotsArgs {
    /// The roll
    #[command(flatten)]
    pub roll: RollArgs,
    /// The description, for its groups
    #[arg(long, value_name = "FILE")]
    pub description: PathBuf,
    /// The file to write or extend
    #[arg(long, value_name = "FILE")]
    pub slots: PathBuf,
}

/// Runs one of them.
pub fn run(ctx: &mut Context, command: ElectionCommand) -> Outcome<Ending> {
    match command {
        ElectionCommand::Keygen(args) => keys::generate(ctx, &args, Role::Organiser, "").map(|_| Ending::Good),
        ElectionCommand::Check(args) => create::check(ctx, &args),
        ElectionCommand::New(args) => create::new(ctx, &args),
        ElectionCommand::Slots(args) => slots(ctx, &args),
        ElectionCommand::Status(args) => follow::status(ctx, &args),
        ElectionCommand::Open(args) => follow::open(ctx, &args),
        ElectionCommand::Close(args) => follow::close(ctx, &args),
        ElectionCommand::Notice(command) => follow::notice(ctx, command),
    }
}

fn slots(ctx: &mut Context, args: &SlotsArgs) -> Outcome<Ending> {
    let description = description::Description::load(&args.description)?;
    let roll = args.roll.load(ctx, description.groups())?;
    let mut slots = if args.slots.exists() { Slots::load(&args.slots)? } else { Slots::default() };
    let added = slots.add(&roll.members);
    if added > 0 {
        durable::replace(&args.slots, &slots.to_bytes(), true)?;
    }
    say!(ctx, "slots-written", "path" => args.slots.display(), "added" => added, "count" => slots.count());
    Ok(Ending::Good)
}
