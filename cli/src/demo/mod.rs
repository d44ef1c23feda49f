//! `isoloir demo`: an election of 300 members on this machine, run for real with the same commands, server and pages as any other.
//!
//! Everything lies in one folder: keys, messages, the server's data, `commands.log` with every command that was run. With `--auto` the
//! whole election is played to its verified result; otherwise it stays open for whoever wants to try it.

mod cast;
mod play;
mod roll;
mod stage;

use std::path::PathBuf;

use clap::Args;

use crate::{args::Ending, context::Context, problem::Outcome};

pub use roll::{SECTIONS, csv as example_roll};

/// What `demo` is given.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Folder for keys, messages, server and archive; an earlier demonstration in it is removed
    #[arg(long, value_name = "FOLDER", default_value = "target/demo")]
    pub folder: PathBuf,
    /// Port of the server on this machine (0: a free one)
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Members on the roll
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(20..=20_000))]
    pub members: u32,
    /// Registrars: with two, a member needs the codes of two messages
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub registrars: u8,
    /// Minutes until the vote closes (default: 60; with --auto 2)
    #[arg(long)]
    pub minutes: Option<u64>,
    /// Play the election to its verified result, save the archive, and end
    #[arg(long)]
    pub auto: bool,
    /// With --auto: a command that plays two voters and two tellers in a browser; called as COMMAND FILE vote and COMMAND FILE count
    #[arg(long, value_name = "COMMAND", requires = "auto")]
    pub browser_script: Option<String>,
}

/// Runs the demonstration.
pub fn run(ctx: &mut Context, args: DemoArgs) -> Outcome<Ending> {
    let stage = stage::Stage::set(ctx, &args)?;
    if args.auto { play::auto(ctx, &args, stage) } else { play::open_house(ctx, stage) }
}
