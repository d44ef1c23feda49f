//! `isoloir audit`: everything that the public archive of an election shows, V1 to V12, without trusting anybody.

mod pile;
mod sources;

use std::{fs, path::Path};

use clap::Args;
use isoloir_protocol::{
    archive::Archive,
    audit::{
        self, Agreement, AuditReport, Failure, Outcome as CheckOutcome, ReceiptOutcome, ReceiptVerdict, Source, SourceVerdict, Status,
    },
    log::receipt::Receipt,
    manifest::{ElectionId, Manifest},
    rand_core::UnwrapErr,
};

use crate::{args::Ending, client::Client, context::Context, durable, problem, problem::Outcome, reference, say};

/// What `audit` is given.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// The archive: a folder, a zip, a link to any page of the election, or the address of a server with one election
    #[arg(value_name = "ARCHIVE|URL")]
    pub archive: String,
    /// Receipts to look for in it: files, folders or zips of them
    #[arg(value_name = "RECEIPT")]
    pub receipts: Vec<std::path::PathBuf>,
    /// Archive of the earlier round whose codes were used again; of several rounds the latest first
    #[arg(long, value_name = "ARCHIVE|URL")]
    pub previous: Vec<String>,
    /// What somebody else has of the same log: an archive, the address of a mirror, a checkpoint, a witness’s memory
    #[arg(long, value_name = "ARCHIVE|URL|FILE")]
    pub compare: Vec<String>,
    /// Print everything that was found as JSON (docs/audit-report.md)
    #[arg(long)]
    pub json: bool,
}

/// Audits an archive; the ending is good only if every check holds.
pub fn run(ctx: &mut Context, args: &AuditArgs) -> Outcome<Ending> {
    let (archive, expected) = load(ctx, &args.archive)?;
    let mut previous = Vec::new();
    for source in &args.previous {
        previous.push(load(ctx, source)?.0);
    }
    let mut receipts = Vec::new();
    for path in &args.receipts {
        pile::read(path, &mut receipts)?;
    }
    let mut sources = Vec::new();
    for source in &args.compare {
        sources.push(sources::load(ctx, source)?);
    }
    let (report, manifest) = audit_archive(&archive, &previous, &receipts, &sources);
    if let (Some(expected), Some(found)) = (expected, &report.election)
        && expected.to_string() != *found
    {
        return Err(problem!("manifest-of-another", "expected" => expected, "found" => found));
    }
    if args.json {
        let json = serde_json::to_string_pretty(&report).map_err(|error| problem!("server-answer").because(&error))?;
        ctx.print(&json);
    } else {
        show(ctx, &report, manifest.as_ref());
    }
    let agreed = report.sources.iter().all(|source| source.agreement == Agreement::Same);
    Ok(if report.holds() && agreed { Ending::Good } else { Ending::Bad })
}

/// The report about an archive, and its manifest if it has one.
#[must_use]
pub fn audit_archive(archive: &Archive, previous: &[Archive], receipts: &[Receipt], sources: &[Source]) -> (AuditReport, Option<Manifest>) {
    let previous: Vec<&Archive> = previous.iter().collect();
    let mut rng = UnwrapErr(getrandom::SysRng);
    let (report, election) =
        audit::audit_with_election(archive, audit::Given { previous: &previous, receipts, sources }, &mut rng, &mut |_, _| {});
    (report, election.manifest().cloned())
}

/// Reads a receipt file.
pub fn read_receipt(path: &Path) -> Outcome<Receipt> {
    Receipt::parse(&durable::read_text(path)?).map_err(|error| problem!("receipt-unreadable", "path" => path.display()).because(&error))
}

/// An archive from a folder, a zip, or a server; with the election that a link names.
pub fn load(ctx: &Context, source: &str) -> Outcome<(Archive, Option<ElectionId>)> {
    let unreadable = |error: &dyn std::fmt::Display| problem!("archive-unreadable", "source" => source).because(error);
    if source.contains("://") {
        let (client, id) = match reference::parse_link(source) {
            Ok((server, id)) => (Client::with_clock(&server, ctx.clock())?, id),
            Err(_) => only_election(ctx, source)?,
        };
        let archive = Archive::from_zip(&client.archive(&id)?).map_err(|error| unreadable(&error))?;
        return Ok((archive, Some(id)));
    }
    let path = Path::new(source);
    let archive = if path.is_dir() {
        Archive::from_files(files(path)?).map_err(|error| unreadable(&error))?
    } else {
        Archive::from_zip(&durable::read(path)?).map_err(|error| unreadable(&error))?
    };
    Ok((archive, None))
}

/// The election of a server that has only one.
fn only_election(ctx: &Context, server: &str) -> Outcome<(Client, ElectionId)> {
    let client = Client::with_clock(server, ctx.clock())?;
    let elections = client.elections()?;
    match elections.as_slice() {
        [one] => {
            let id = one.id.parse().map_err(|error| problem!("server-answer").because(&error))?;
            Ok((client, id))
        }
        list => {
            let ids: Vec<&str> = list.iter().map(|election| election.id.as_str()).collect();
            Err(problem!("audit-which-election", "count" => list.len(), "ids" => ids.join(", ")))
        }
    }
}

/// The files of an archive folder, at its top or in one folder, by path with `/`.
fn files(top: &Path) -> Outcome<Vec<(String, Vec<u8>)>> {
    /// One folder around the archive, then `data/` and `checkpoints/`.
    const DEEPEST: usize = 3;
    let mut files = Vec::new();
    let mut folders = vec![(top.to_owned(), String::new(), 0_usize)];
    while let Some((folder, prefix, depth)) = folders.pop() {
        let unreadable = |error: &std::io::Error| problem!("file-unreadable", "path" => folder.display()).because(error);
        for entry in fs::read_dir(&folder).map_err(|error| unreadable(&error))? {
            let entry = entry.map_err(|error| unreadable(&error))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{prefix}{name}");
            if entry.path().is_dir() {
                if depth < DEEPEST {
                    folders.push((entry.path(), format!("{path}/"), depth.saturating_add(1)));
                }
            } else if is_part(&path) {
                files.push((path, durable::read(&entry.path())?));
            }
        }
    }
    Ok(files)
}

/// Whether a file can belong to an archive; what lies beside it is not even read.
fn is_part(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let (name, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    matches!(name, "entries.bin" | "checkpoint") || matches!(folder, "data" | "checkpoints")
}

/// Writes an archive as a folder.
pub fn save(archive: &Archive, folder: &Path) -> Outcome<()> {
    for (path, content) in archive.to_files() {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            durable::folder(parent)?;
        }
        durable::replace(&path, &content, false)?;
    }
    Ok(())
}

/// One line for each check, then the facts of the election.
pub fn show(ctx: &mut Context, report: &AuditReport, manifest: Option<&Manifest>) {
    for outcome in &report.checks {
        show_check(ctx, outcome);
    }
    for verdict in &report.receipts {
        show_receipt(ctx, verdict);
    }
    for source in &report.sources {
        show_source(ctx, source);
    }
    let language = ctx.catalogue().language().tag();
    if let (Some(id), Some(manifest)) = (&report.election, manifest) {
        say!(ctx, "audit-election", "title" => manifest.title.in_language(&[language]), "id" => id);
    }
    say!(ctx, "audit-size", "size" => report.size, "voters" => report.voters, "ballots" => report.ballots);
    if let Some((_, _, code)) = &report.closing {
        say!(ctx, "closing-code", "code" => code);
    }
    if let Some((_, _, code)) = &report.fixing {
        say!(ctx, "counting-code", "code" => code);
    }
    if report.objections > 0 {
        say!(ctx, "audit-objections", "count" => report.objections);
    }
    if report.wrong_cosignatures > 0 {
        say!(ctx, "audit-wrong-cosignatures", "count" => report.wrong_cosignatures);
    }
    for (index, complaints) in &report.void {
        for (teller, reason) in complaints {
            let reason = ctx.catalogue().line(&format!("void-{reason}"), &[]);
            say!(ctx, "audit-void", "index" => index, "teller" => teller, "reason" => reason);
        }
    }
    for (index, tellers) in &report.missing {
        let tellers: Vec<String> = tellers.iter().map(ToString::to_string).collect();
        say!(ctx, "audit-missing-box", "index" => index, "tellers" => tellers.join(", "));
    }
    if let Some(manifest) = manifest {
        show_totals(ctx, report, manifest);
    }
    if report.holds() {
        say!(ctx, "audit-holds");
    } else {
        say!(ctx, "audit-fails");
    }
}

fn show_check(ctx: &mut Context, outcome: &CheckOutcome) {
    let check = format!("{:?}", outcome.check);
    let what = ctx.catalogue().line(&format!("check-{}", check.to_lowercase()), &[]);
    match outcome.status {
        Status::Passed => say!(ctx, "audit-check-passed", "check" => check, "what" => what),
        Status::Undecided => say!(ctx, "audit-check-undecided", "check" => check, "what" => what),
        Status::Failed => {
            let mut reasons: Vec<String> = outcome.failures.iter().take(LISTED).map(|failure| reason(ctx, failure)).collect();
            let more = outcome.failures.len().saturating_sub(reasons.len());
            if more > 0 {
                reasons.push(ctx.catalogue().line("audit-more", &[("count", more.to_string())]));
            }
            say!(ctx, "audit-check-failed", "check" => check, "what" => what, "reasons" => reasons.join("; "));
            say!(ctx, "audit-means", "means" => ctx.catalogue().line(&format!("check-{}-means", check.to_lowercase()), &[]));
        }
    }
}

/// More failures of one check are counted, not listed.
const LISTED: usize = 5;

/// One failure as a sentence: the entry and the rule.
fn reason(ctx: &Context, failure: &Failure) -> String {
    let facts: Vec<(&'static str, String)> = failure
        .values
        .iter()
        .map(|(name, value)| match *name {
            "kind" | "role" => (*name, ctx.catalogue().line(&format!("{name}-{}", kebab(value)), &[])),
            _ => (*name, value.clone()),
        })
        .collect();
    // A fault that is newer than this catalogue is told in the program's own words.
    let rule = ctx.catalogue().find(&format!("fault-{}", kebab(&failure.name)), &facts).unwrap_or_else(|| failure.facts.clone());
    let entry = failure.entry.map(|entry| entry.to_string());
    match entry {
        Some(entry) => ctx.catalogue().line("audit-failure-entry", &[("facts", rule), ("entry", entry)]),
        None => rule,
    }
}

/// `NotOpened` as catalogues write it: `not-opened`.
pub fn kebab(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// A source and whether it has the same log.
pub fn show_source(ctx: &mut Context, source: &SourceVerdict) {
    let name = &source.name;
    match source.agreement {
        Agreement::Same => say!(ctx, "audit-source-same", "name" => name, "size" => source.size),
        Agreement::Other => say!(ctx, "audit-source-other", "name" => name),
        Agreement::Unsigned => say!(ctx, "audit-source-unsigned", "name" => name),
        Agreement::Differs => {
            let size = source.differs_at.unwrap_or_default();
            say!(ctx, "audit-source-differs", "name" => name, "size" => size);
            if source.signed {
                say!(ctx, "audit-source-signed");
            }
        }
    }
}

/// What became of a receipt, in a sentence for the voter.
pub fn show_receipt(ctx: &mut Context, verdict: &ReceiptVerdict) {
    let key = match verdict.outcome {
        ReceiptOutcome::Counted => "receipt-counted",
        ReceiptOutcome::Current => "receipt-current",
        ReceiptOutcome::Superseded => "receipt-superseded",
        ReceiptOutcome::Void => "receipt-void",
        ReceiptOutcome::Invalid => "receipt-invalid",
    };
    let reasons: Vec<String> = verdict.reasons.iter().map(|(_, reason)| ctx.catalogue().line(&format!("void-{reason}"), &[])).collect();
    let facts = [
        ("slot", verdict.slot.to_string()),
        ("code", verdict.code.clone()),
        ("index", verdict.index.to_string()),
        ("reason", reasons.join(", ")),
    ];
    ctx.say(key, &facts);
}

/// The result: every question's totals, all buckets together and then bucket by bucket.
fn show_totals(ctx: &mut Context, report: &AuditReport, manifest: &Manifest) {
    let Some(totals) = &report.totals else {
        say!(ctx, "audit-no-result");
        return;
    };
    let language = ctx.catalogue().language().tag();
    for (number, question) in manifest.questions.iter().enumerate() {
        say!(ctx, "result-question", "title" => question.title.in_language(&[language]));
        let blank = question.blank.then(|| ctx.catalogue().line("result-blank", &[]));
        let names = question.options.iter().map(|option| option.in_language(&[language]).to_owned()).chain(blank);
        for (bit, name) in names.enumerate() {
            let votes =
                totals.iter().filter_map(|bucket| bucket.get(number)?.get(bit)).fold(0_u64, |sum, votes| sum.saturating_add(*votes));
            say!(ctx, "result-line", "name" => name, "votes" => votes);
        }
        for (bucket, groups) in totals.iter().zip(&report.buckets) {
            let names: Vec<&str> = groups.iter().filter_map(|group| manifest.groups.get(usize::from(*group))).map(String::as_str).collect();
            let votes: Vec<String> = bucket.get(number).into_iter().flatten().map(ToString::to_string).collect();
            say!(ctx, "result-bucket", "groups" => names.join(" + "), "votes" => votes.join(" / "));
        }
    }
}
