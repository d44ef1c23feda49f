//! `teller send`: what a machine without a network has made, carried here by hand.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{codec::Reader, log::entry::Kind};
use serde::Deserialize;

use crate::{
    args::Ending, context::Context, durable, election::TargetArgs, problem, problem::Outcome, reference::Target, replay::Follower, say,
};

const FORMAT: &str = "isoloir/entry-1";

/// What `teller send` is given.
#[derive(Debug, clap::Args)]
pub struct SendArgs {
    /// Which election
    #[command(flatten)]
    pub target: TargetArgs,
    /// The file that the other machine saved
    #[arg(long, value_name = "FILE")]
    pub entry: PathBuf,
}

/// An entry as the page without a network saves it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryFile {
    format: String,
    election: String,
    /// `u8 kind ‖ u32 len ‖ entry body ‖ data`, base64.
    entry: String,
}

/// Sends the entry, after this machine's own replay has found that the log would take it.
pub fn send(ctx: &mut Context, args: &SendArgs) -> Outcome<Ending> {
    let wrong = || problem!("entry-file-unreadable", "path" => args.entry.display());
    let file: EntryFile = serde_json::from_slice(&durable::read(&args.entry)?).map_err(|error| wrong().because(&error))?;
    let bytes = STANDARD.decode(&file.entry).map_err(|error| wrong().because(&error))?;
    let target = Target::resolve(ctx, &args.target.election)?;
    if file.format != FORMAT || file.election != target.id().to_string() {
        return Err(wrong());
    }
    let mut reader = Reader::new(&bytes);
    let kind = reader.u8().ok().and_then(Kind::from_u8).filter(|kind| matches!(kind, Kind::Consent | Kind::Report | Kind::Sums));
    let kind = kind.ok_or_else(wrong)?;
    let length = reader.u32().ok().and_then(|length| usize::try_from(length).ok()).ok_or_else(wrong)?;
    let body = reader.take(length).map_err(|error| wrong().because(&error))?;
    let index = Follower::current(&target)?.post(ctx, kind, body, reader.rest())?;
    say!(ctx, "entry-sent", "index" => index);
    Ok(Ending::Good)
}
