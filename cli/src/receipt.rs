//! `isoloir receipt check`: is this ballot in the ballot box, and will it count?

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use clap::{Args, Subcommand};
use isoloir_protocol::{
    archive::Archive,
    audit::{Agreement, AuditReport, Content, ReceiptOutcome, Source, Status},
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
    /// A witness or mirror to ask as well, or alone; several times if there are several. The server's log is compared with theirs
    #[arg(long, value_name = "URL", conflicts_with = "archive")]
    pub witness: Vec<String>,
}

/// Runs it.
pub fn run(ctx: &mut Context, command: &ReceiptCommand) -> Outcome<Ending> {
    let ReceiptCommand::Check(args) = command;
    if !args.witness.is_empty() {
        return ask_witnesses(ctx, args);
    }
    let (receipt, server) = find(ctx, args, None)?;
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
    Ok(if show(ctx, &report) { Ending::Good } else { Ending::Bad })
}

/// What became of the receipt; true if it is in a log that holds, and counts.
fn show(ctx: &mut Context, report: &AuditReport) -> bool {
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
    good
}

/// Looks for the receipt at each witness, and at the server if it is known and answers; says whether all have the same log.
fn ask_witnesses(ctx: &mut Context, args: &CheckArgs) -> Outcome<Ending> {
    let (receipt, server) = find_anywhere(ctx, args)?;
    let id = election_of(&receipt)?;
    let mut good = true;
    let mut sources = Vec::new();
    for witness in &args.witness {
        match load(ctx, witness, &id) {
            Ok(archive) => {
                good &= check_at(ctx, witness, &archive, &receipt);
                sources.push(Source { name: witness.clone(), content: Content::Archive(Box::new(archive)) });
            }
            Err(problem) => {
                good = false;
                ctx.complain(&problem);
            }
        }
    }
    if let Some(server) = server {
        match load(ctx, &server, &id) {
            Ok(archive) => {
                good &= check_at(ctx, &server, &archive, &receipt);
                sources.push(Source { name: server, content: Content::Archive(Box::new(archive)) });
            }
            // That is what witnesses are for.
            Err(problem) => {
                say!(ctx, "receipt-server-away", "server" => server);
                ctx.complain(&problem);
            }
        }
    }
    let Some(Source { name, content: Content::Archive(first) }) = sources.first() else { return Ok(Ending::Bad) };
    let others: &[Source] = sources.get(1..).unwrap_or_default();
    if !others.is_empty() {
        let (report, _) = audit::audit_archive(first, &[], &[], others);
        say!(ctx, "receipt-compared", "name" => name);
        for source in &report.sources {
            audit::show_source(ctx, source);
            good &= source.agreement == Agreement::Same;
        }
        if report.sources.iter().any(|source| source.agreement != Agreement::Same) {
            say!(ctx, "receipt-disagree");
        }
    }
    Ok(if good { Ending::Good } else { Ending::Bad })
}

/// What one of them has; also the alarm that it may have raised.
fn load(ctx: &mut Context, base: &str, id: &ElectionId) -> Outcome<Archive> {
    let client = Client::with_clock(base, ctx.clock())?;
    let archive = client.archive(id)?;
    if client.status(id)?.copy.is_some_and(|copy| copy.alarm.is_some()) {
        say!(ctx, "receipt-witness-alarm", "name" => base);
    }
    Archive::from_zip(&archive).map_err(|error| problem!("archive-unreadable", "source" => base).because(&error))
}

fn check_at(ctx: &mut Context, name: &str, archive: &Archive, receipt: &Receipt) -> bool {
    let size = u64::try_from(archive.entries.len()).unwrap_or(u64::MAX);
    say!(ctx, "receipt-at", "name" => name, "size" => size);
    if size <= receipt.index {
        say!(ctx, "receipt-witness-behind", "name" => name);
        return false;
    }
    show(ctx, &audit::audit_archive(archive, &[], std::slice::from_ref(receipt), &[]).0)
}

/// The receipt from its file; or by slot and code from whoever answers first.
fn find_anywhere(ctx: &mut Context, args: &CheckArgs) -> Outcome<(Receipt, Option<String>)> {
    let mut found = find(ctx, args, None);
    for witness in &args.witness {
        match found {
            Err(problem) if args.receipt.contains("://") => {
                ctx.complain(&problem);
                let server = reference::parse_link(&args.receipt)?.0;
                found = find(ctx, args, Some(witness)).map(|(receipt, _)| (receipt, Some(server)));
            }
            other => return other,
        }
    }
    found
}

/// The receipt: from its file, or by slot and code as its link names them, from the server or `at` somebody else's.
fn find(ctx: &Context, args: &CheckArgs, at: Option<&str>) -> Outcome<(Receipt, Option<String>)> {
    if !args.receipt.contains("://") {
        return Ok((audit::read_receipt(Path::new(&args.receipt))?, args.server.clone()));
    }
    let (server, id) = reference::parse_link(&args.receipt)?;
    let wrong = || problem!("link-unreadable");
    let mut parts = args.receipt.split_once('#').map_or("", |(_, fragment)| fragment).split('.').skip(1);
    let slot: u32 = parts.next().and_then(|slot| slot.parse().ok()).ok_or_else(wrong)?;
    let code = parts.next().and_then(normalised_code).ok_or_else(wrong)?;
    let client = Client::with_clock(at.unwrap_or(&server), ctx.clock())?;
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
