//! `isoloir receipt check`: is this ballot in the ballot box, and will it count?

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use clap::{Args, Subcommand};
use isoloir_protocol::{
    archive::Archive,
    audit::{ReceiptOutcome, Status},
    log::receipt::{Receipt, normalised_code},
    manifest::ElectionId,
};

use crate::{args::Ending, audit, client::Client, context::Context, problem, problem::Outcome, reference, say};

/// What voters do.
#[derive(Debug, Subcommand)]
pub enum ReceiptCommand {
    /// Check a receipt against the whole log of its election
    Check(CheckArgs),
}

/// What `receipt check` is given.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The receipt file, or the link of a receipt
    #[arg(value_name = "FILE|LINK")]
    pub receipt: String,
    /// The server, for a receipt file (a link names it)
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// An archive to look in, instead of the server's
    #[arg(long, value_name = "ARCHIVE")]
    pub archive: Option<String>,
}

/// Runs it.
pub fn run(ctx: &mut Context, command: &ReceiptCommand) -> Outcome<Ending> {
    let ReceiptCommand::Check(args) = command;
    let (receipt, server) = find(ctx, args)?;
    let id = election_of(&receipt)?;
    let archive = match (&args.archive, server) {
        (Some(source), _) => audit::load(ctx, source)?.0,
        (None, Some(server)) => {
            let zip = Client::with_clock(&server, ctx.clock())?.archive(&id)?;
            Archive::from_zip(&zip).map_err(|error| problem!("archive-unreadable", "source" => server).because(&error))?
        }
        (None, None) => return Err(problem!("receipt-where")),
    };
    let (report, manifest) = audit::audit_archive(&archive, &[], std::slice::from_ref(&receipt), &[]);
    if let Some(manifest) = manifest {
        say!(ctx, "audit-election", "title" => manifest.title.in_language(&[ctx.catalogue().language().tag()]), "id" => manifest.id());
    }
    let mut good = false;
    for verdict in &report.receipts {
        audit::show_receipt(ctx, verdict);
        good = matches!(verdict.outcome, ReceiptOutcome::Counted | ReceiptOutcome::Current);
    }
    // A receipt is only worth as much as the log it is in.
    if report.checks.iter().take(11).any(|outcome| outcome.status != Status::Passed) {
        say!(ctx, "receipt-log-fails");
        good = false;
    }
    Ok(if good { Ending::Good } else { Ending::Bad })
}

/// The receipt: from its file, or from the server by slot and code, as its link names them.
fn find(ctx: &Context, args: &CheckArgs) -> Outcome<(Receipt, Option<String>)> {
    if !args.receipt.contains("://") {
        return Ok((audit::read_receipt(Path::new(&args.receipt))?, args.server.clone()));
    }
    let (server, id) = reference::parse_link(&args.receipt)?;
    let wrong = || problem!("link-unreadable");
    let mut parts = args.receipt.split_once('#').map_or("", |(_, fragment)| fragment).split('.').skip(1);
    let slot: u32 = parts.next().and_then(|slot| slot.parse().ok()).ok_or_else(wrong)?;
    let code = parts.next().and_then(normalised_code).ok_or_else(wrong)?;
    let client = Client::with_clock(&server, ctx.clock())?;
    let ballots = client.slot(&id, slot)?.ballots;
    // By slot and code, never by code alone.
    let ballot = ballots.iter().find(|ballot| normalised_code(&ballot.code).as_ref() == Some(&code));
    let ballot = ballot.ok_or_else(|| problem!("receipt-not-found", "slot" => slot, "code" => code))?;
    let receipt = client.receipt(&id, ballot.index)?;
    if receipt.slot != slot || normalised_code(&receipt.code).as_ref() != Some(&code) {
        return Err(problem!("receipt-not-found", "slot" => slot, "code" => code));
    }
    Ok((receipt, Some(server)))
}

fn election_of(receipt: &Receipt) -> Outcome<ElectionId> {
    let bytes = STANDARD.decode(&receipt.election).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(ElectionId::from).ok_or_else(|| problem!("receipt-unreadable", "path" => "election"))
}
