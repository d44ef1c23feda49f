//! `isoloir election check` and `new`: from a description to a signed manifest on the server.

use std::path::{Path, PathBuf};

use isoloir_protocol::{
    log::entry,
    manifest::{Log, Manifest},
    rand_core::{Rng, UnwrapErr},
    signature::SignSecret,
};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::description::{Description, Frame};
use crate::{
    args::Ending,
    client::Client,
    context::Context,
    durable,
    keys::{KeyArgs, PublicFile, Role, fingerprint},
    problem,
    problem::Outcome,
    reference::Target,
    registrar::roll_file::{self, Roll},
    say, times,
};

/// What `election check` is given.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The description (TOML or JSON)
    #[arg(long, value_name = "FILE")]
    pub description: PathBuf,
    /// A roll, to compare with the description
    #[arg(long, value_name = "FILE")]
    pub roll: Option<PathBuf>,
}

/// What `election new` is given.
#[derive(Debug, clap::Args)]
pub struct NewArgs {
    /// The description and the roll
    #[command(flatten)]
    pub check: CheckArgs,
    /// The organiser's key
    #[command(flatten)]
    pub key: KeyArgs,
    /// The server's address
    #[arg(long, value_name = "URL")]
    pub server: String,
    /// The election file to write, for everybody who takes part
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The earlier election whose codes are used again (second round)
    #[arg(long, value_name = "FILE|LINK")]
    pub previous: Option<String>,
    /// Go on with fewer than two witnesses although a teller may be absent
    #[arg(long)]
    pub fewer_witnesses: bool,
}

/// Looks a description over and says what it means.
pub fn check(ctx: &mut Context, args: &CheckArgs) -> Outcome<Ending> {
    let description = Description::load(&args.description)?;
    let roll = load_roll(args, &description)?;
    let organiser = stand_in(1);
    let frame = Frame {
        log: Log { origin: format!("example.org/log/{}", description.name), sign: STANDARD.encode(stand_in(2).public().bytes()) },
        organiser_sign: STANDARD.encode(organiser.public().bytes()),
        organiser_name: "–".to_owned(),
        roll_scope: [0; 32],
        previous: None,
    };
    let manifest = parse(&description, &frame)?;
    let warnings = description.warnings(ctx.now(), roll.as_ref());
    for warning in &warnings {
        ctx.complain(warning);
    }
    summary(ctx, &manifest);
    say!(ctx, "description-good", "warnings" => warnings.len());
    Ok(Ending::Good)
}

/// Makes, signs and posts the manifest, and writes the election file.
pub fn new(ctx: &mut Context, args: &NewArgs) -> Outcome<Ending> {
    let description = Description::load(&args.check.description)?;
    let roll = load_roll(&args.check, &description)?;
    if args.out.exists() {
        return Err(problem!("file-exists", "path" => args.out.display()));
    }
    let warnings = description.warnings(ctx.now(), roll.as_ref());
    for warning in &warnings {
        ctx.complain(warning);
    }
    if !args.fewer_witnesses && warnings.iter().any(|warning| warning.key() == "warn-witnesses") {
        return Err(problem!("witnesses-demanded"));
    }
    let previous = args.previous.as_deref().map(|text| Target::resolve(ctx, text)).transpose()?;
    let secret = args.key.sign_secret(ctx, Role::Organiser)?;
    let organiser_sign = STANDARD.encode(secret.public().bytes());
    let mut frame = Frame {
        log: Log { origin: format!("example.org/log/{}", description.name), sign: STANDARD.encode(stand_in(2).public().bytes()) },
        organiser_sign,
        organiser_name: PublicFile::load(&durable::beside(&args.key.key, ".pub.json"), Role::Organiser)?.name,
        roll_scope: scope(previous.as_ref()),
        previous: previous.as_ref().map(Target::id),
    };
    // What is wrong with the description shows before the server is asked for a log, whose name can be used only once.
    parse(&description, &frame)?;
    let draft = durable::beside(&args.out, ".draft");
    let target = match interrupted(ctx, &draft, args, &description, &mut frame) {
        Some(target) => target,
        None => {
            let client = Client::with_clock(&args.server, ctx.clock())?;
            let log = client.new_log(&description.name, ctx.now(), &secret)?;
            frame.log = Log { origin: log.origin, sign: log.sign };
            Target { client, manifest: parse(&description, &frame)? }
        }
    };
    // On the disk before it is posted: whoever is interrupted in between goes on with this very manifest.
    durable::replace(&draft, &target.to_file(), false)?;
    let id = target.client.create(&entry::manifest_body(target.manifest.bytes(), &secret))?;
    if id != target.id() {
        return Err(problem!("manifest-of-another", "expected" => target.id(), "found" => id));
    }
    let mut file = target.to_file();
    file.push(b'\n');
    durable::create(&args.out, &file, false)?;
    // Left behind, it would only be compared with the next description, and found to be another.
    let _ = std::fs::remove_file(&draft);
    summary(ctx, &target.manifest);
    say!(ctx, "election-made", "id" => id, "path" => args.out.display());
    say!(ctx, "election-links", "results" => target.link("results", ""), "tellers" => target.link("tellers", ""), "audit" => target.link("audit", ""));
    Ok(Ending::Good)
}

/// The election of an earlier run that was interrupted, if the description is still the same.
fn interrupted(ctx: &Context, draft: &Path, args: &NewArgs, description: &Description, frame: &mut Frame) -> Option<Target> {
    let target = Target::resolve(ctx, draft.to_str().filter(|_| draft.exists())?).ok()?;
    let resumed = Frame {
        log: target.manifest.log.clone(),
        roll_scope: *target.manifest.roll_scope(),
        organiser_sign: frame.organiser_sign.clone(),
        organiser_name: frame.organiser_name.clone(),
        previous: frame.previous,
    };
    let same =
        description.document(&resumed).to_json() == target.manifest.bytes() && target.client.base() == args.server.trim_end_matches('/');
    if !same {
        return None;
    }
    *frame = resumed;
    Some(target)
}

fn load_roll(args: &CheckArgs, description: &Description) -> Outcome<Option<Roll>> {
    let Some(path) = &args.roll else { return Ok(None) };
    roll_file::parse(&durable::read(path)?, description.groups()).map(Some)
}

fn parse(description: &Description, frame: &Frame) -> Outcome<Manifest> {
    Manifest::parse(&description.document(frame).to_json()).map_err(|error| problem!("manifest-invalid").because(&error))
}

/// A key for looking a description over before the real ones are there; it signs nothing.
fn stand_in(number: u8) -> SignSecret {
    SignSecret::from_bytes(&[number; 32])
}

fn scope(previous: Option<&Target>) -> [u8; 32] {
    match previous {
        Some(target) => *target.manifest.roll_scope(),
        None => {
            let mut scope = [0; 32];
            UnwrapErr(getrandom::SysRng).fill_bytes(&mut scope);
            scope
        }
    }
}

/// Who and when, as everybody should read it once more.
fn summary(ctx: &mut Context, manifest: &Manifest) {
    let language = ctx.catalogue().language().tag();
    let utc = jiff::tz::TimeZone::UTC;
    say!(ctx, "summary-title", "title" => manifest.title.in_language(&[language]));
    say!(ctx, "summary-times", "opens" => times::shown(manifest.opens_ms(), &utc), "closes" => times::shown(manifest.closes_ms(), &utc), "grace" => manifest.grace_minutes);
    for (number, question) in (1_u32..).zip(&manifest.questions) {
        say!(ctx, "summary-question", "number" => number, "title" => question.title.in_language(&[language]), "options" => question.options.len(), "min" => question.min, "max" => question.max);
    }
    say!(ctx, "summary-tellers", "tellers" => manifest.tellers.len(), "threshold" => manifest.threshold, "quorum" => manifest.quorum());
    for teller in &manifest.tellers {
        say_key(ctx, &teller.name, &teller.sign);
    }
    say!(ctx, "summary-registrars", "registrars" => manifest.registrars.len());
    for registrar in &manifest.registrars {
        say_key(ctx, &format!("{} ({})", registrar.name, registrar.channel), &registrar.sign);
    }
    say!(ctx, "summary-witnesses", "witnesses" => manifest.witnesses.len(), "quorum" => manifest.witness_quorum);
    for witness in &manifest.witnesses {
        say_key(ctx, &witness.name, &witness.sign);
    }
}

/// A name and the fingerprint of its key, to be compared with what its owner published.
pub fn say_key(ctx: &mut Context, name: &str, sign: &str) {
    let print = STANDARD.decode(sign).map(|key| fingerprint(&key)).unwrap_or_default();
    say!(ctx, "named-key", "name" => name, "fingerprint" => print);
}
