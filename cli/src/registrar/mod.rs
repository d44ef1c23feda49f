//! `isoloir registrar`: what those do who hand out voting codes.

pub mod delivery;
pub mod issue;
pub mod journal;
pub mod message;
pub mod roll_file;
pub mod slots;

mod command;

use std::path::PathBuf;

use clap::Subcommand;

use crate::{
    args::Ending,
    context::Context,
    durable,
    election::SignArgs,
    i18n::Language,
    keys::{self, KeygenArgs, Role},
    problem::{Outcome, Problem},
};

use self::roll_file::Roll;

/// What registrars do.
#[derive(Debug, Subcommand)]
pub enum RegistrarCommand {
    /// Make a registrar's key
    Keygen(RegistrarKeygenArgs),
    /// Agree to serve in an election
    Consent(SignArgs),
    /// Make a code for every member, hand the messages over, and post the public roll part
    Issue(IssueArgs),
    /// Make a new code for one member who lost theirs, and post its replacement
    Replace(ReplaceArgs),
}

/// What `registrar keygen` is given.
#[derive(Debug, clap::Args)]
pub struct RegistrarKeygenArgs {
    /// Name, file, passphrase
    #[command(flatten)]
    pub keygen: KeygenArgs,
    /// How this registrar's codes travel, as voters are told
    #[arg(long, default_value = "e-mail")]
    pub channel: String,
}

/// A roll on this device.
#[derive(Debug, Clone, clap::Args)]
pub struct RollArgs {
    /// The roll: CSV with the columns number, name, e-mail, group and, if need be, first name, weight, language
    #[arg(long, value_name = "FILE")]
    pub roll: PathBuf,
    /// Go on although several members have the same e-mail address
    #[arg(long)]
    pub allow_shared_addresses: bool,
}

impl RollArgs {
    /// Reads the roll and shows what a person should look at.
    pub fn load(&self, ctx: &mut Context, groups: &[String]) -> Outcome<Roll> {
        let roll = roll_file::parse(&durable::read(&self.roll)?, groups)?;
        for remark in &roll.remarks {
            ctx.complain(remark);
        }
        if self.allow_shared_addresses {
            for remark in &roll.shared_addresses {
                ctx.complain(remark);
            }
        } else {
            Problem::all(roll.shared_addresses.clone())?;
        }
        Ok(roll)
    }
}

/// Roll, slots, journal and delivery: what every message needs.
#[derive(Debug, Clone, clap::Args)]
pub struct MessageArgs {
    /// Which election and key
    #[command(flatten)]
    pub sign: SignArgs,
    /// Which roll
    #[command(flatten)]
    pub roll: RollArgs,
    /// Which slot number is whose; the first registrar's run writes it, the others are given it
    #[arg(long, value_name = "FILE")]
    pub slots: PathBuf,
    /// The journal (default: beside the key file, one per election)
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Deliver into this maildir folder, one .eml file per member
    #[arg(long, value_name = "FOLDER", conflicts_with = "smtp", required_unless_present = "smtp")]
    pub maildir: Option<PathBuf>,
    /// Deliver by this mail server: smtps://host[:port], smtp://host[:port] (STARTTLS) or smtp://localhost:port
    #[arg(long, value_name = "URL")]
    pub smtp: Option<String>,
    /// User name at the mail server
    #[arg(long, value_name = "NAME", requires = "smtp_password_file")]
    pub smtp_user: Option<String>,
    /// File whose first line is the password at the mail server
    #[arg(long, value_name = "FILE")]
    pub smtp_password_file: Option<PathBuf>,
    /// The sender of the messages, as "Congress <vote@example.org>"
    #[arg(long, value_name = "ADDRESS")]
    pub from: String,
    /// A template of your own: first line "Subject: …", then the text with {link} or {code}
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,
    /// Language of messages to members whose row names none (default: the language of this program)
    #[arg(long, value_name = "LANGUAGE")]
    pub message_lang: Option<Language>,
    /// The zone in which messages name times, as Europe/Paris
    #[arg(long, default_value = "")]
    pub zone: String,
}

/// What `registrar issue` is given.
#[derive(Debug, clap::Args)]
pub struct IssueArgs {
    /// Roll, slots, journal and delivery
    #[command(flatten)]
    pub message: MessageArgs,
    /// Check everything and show a sample; make and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Make and send a new code for this member number although its message was confirmed (only before the roll part is made)
    #[arg(long, value_name = "NUMBER")]
    pub again: Vec<String>,
    /// Write the roll part and its entry to this file instead of posting it
    #[arg(long, value_name = "FILE")]
    pub no_post: Option<PathBuf>,
    /// In a second round: the earlier election
    #[arg(long, value_name = "FILE|LINK", requires = "previous_journal")]
    pub previous: Option<String>,
    /// In a second round: this registrar's journal of the earlier election
    #[arg(long, value_name = "FILE", requires = "previous")]
    pub previous_journal: Option<PathBuf>,
}

/// What `registrar replace` is given.
#[derive(Debug, clap::Args)]
pub struct ReplaceArgs {
    /// Roll, slots, journal and delivery
    #[command(flatten)]
    pub message: MessageArgs,
    /// The member number, as in the roll
    #[arg(long)]
    pub number: String,
}

/// Runs one of them.
pub fn run(ctx: &mut Context, command: RegistrarCommand) -> Outcome<Ending> {
    match command {
        RegistrarCommand::Keygen(args) => keys::generate(ctx, &args.keygen, Role::Registrar, &args.channel).map(|_| Ending::Good),
        RegistrarCommand::Consent(args) => command::consent(ctx, &args),
        RegistrarCommand::Issue(args) => command::issue(ctx, &args),
        RegistrarCommand::Replace(args) => command::replace(ctx, &args),
    }
}
