//! The command line itself: which command, in which language, with which exit status.

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::{
    audit, backup,
    context::Context,
    demo, election,
    i18n::{Catalogue, Language},
    mirror,
    problem::Outcome,
    receipt, registrar, serve, site, teller, watch, witness,
};

/// Verifiable voting by internet: run, count, watch and check elections.
#[derive(Debug, Parser)]
#[command(name = "isoloir", version, propagate_version = true)]
pub struct Cli {
    /// Language of the sentences: en or fr (default: the environment's)
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub lang: Option<Language>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server
    Serve(serve::ServeArgs),
    /// For operators: copy the database of a server, also while it runs
    Backup(backup::BackupArgs),
    /// For operators: check a copy and bring it back into an empty folder
    Restore(backup::RestoreArgs),
    /// For organisers: describe, announce, open and follow an election
    #[command(subcommand)]
    Election(election::ElectionCommand),
    /// For registrars: hand out voting codes
    #[command(subcommand)]
    Registrar(Box<registrar::RegistrarCommand>),
    /// For tellers: keys, consent, report and sums
    #[command(subcommand)]
    Teller(teller::TellerCommand),
    /// For witnesses: see that there is one log only
    #[command(subcommand)]
    Witness(witness::WitnessCommand),
    /// For operators and rivals: keep a full copy of a server’s elections and serve it
    Mirror(mirror::MirrorArgs),
    /// Check a whole election from its public archive
    Audit(audit::AuditArgs),
    /// For voters: check a receipt
    #[command(subcommand)]
    Receipt(receipt::ReceiptCommand),
    /// For everybody: see whether a server hands out the pages of a release
    #[command(subcommand)]
    Site(site::SiteCommand),
    /// For everybody: watch an election from outside and raise an alarm
    Watch(watch::WatchArgs),
    /// Play an election of 300 members on this machine
    Demo(demo::DemoArgs),
}

/// How a command ended, when nothing went wrong on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Done, or everything holds.
    Good,
    /// Something does not hold: exit status 1.
    Bad,
}

/// Runs the program on the arguments of the process.
#[must_use]
pub fn run_process() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    match read(&args) {
        Ok(cli) => {
            let language = cli.lang.unwrap_or_else(Language::of_environment);
            let mut ctx = Context::of_process(language);
            match run(&mut ctx, cli) {
                Ok(Ending::Good) => ExitCode::SUCCESS,
                Ok(Ending::Bad) => ExitCode::from(1),
                Err(problem) => {
                    eprint_problem(&ctx, &problem);
                    ExitCode::from(2)
                }
            }
        }
        Err(error) => {
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
    }
}

fn eprint_problem(ctx: &Context, problem: &crate::problem::Problem) {
    use std::io::Write;
    let _ = write!(std::io::stderr(), "{}", ctx.catalogue().explain(problem));
}

/// Reads a command line, with its help in the language that it or the environment asks for.
pub fn read(args: &[OsString]) -> Result<Cli, clap::Error> {
    let language = wanted_language(args).unwrap_or_else(Language::of_environment);
    let command = translate(Cli::command(), &Catalogue::new(language), "help");
    Cli::from_arg_matches(&command.try_get_matches_from(args)?)
}

/// `--lang` before the arguments are read, for the help itself.
fn wanted_language(args: &[OsString]) -> Option<Language> {
    let texts: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let joined = texts.iter().find_map(|arg| arg.strip_prefix("--lang="));
    let next = texts.iter().position(|arg| *arg == "--lang").and_then(|at| texts.get(at.saturating_add(1)).copied());
    joined.or(next)?.parse().ok()
}

/// Puts the catalogue's words into the help, where it has any; the English ones stand in the code.
pub fn translate(mut command: clap::Command, catalogue: &Catalogue, key: &str) -> clap::Command {
    if let Some(about) = catalogue.find(key, &[]) {
        command = command.about(about);
    }
    let args: Vec<clap::Id> = command.get_arguments().map(|arg| arg.get_id().clone()).collect();
    for id in args {
        let name = id.as_str().replace('_', "-");
        let help = catalogue.find(&format!("{key}--{name}"), &[]).or_else(|| catalogue.find(&format!("help-any--{name}"), &[]));
        if let Some(help) = help {
            command = command.mut_arg(id, |arg| arg.help(help));
        }
    }
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        let below = format!("{key}-{name}");
        command = command.mut_subcommand(name, |sub| translate(sub, catalogue, &below));
    }
    command
}

/// Runs a command.
pub fn run(ctx: &mut Context, cli: Cli) -> Outcome<Ending> {
    match cli.command {
        Command::Serve(args) => serve::run(ctx, &args),
        Command::Backup(args) => backup::backup(ctx, &args),
        Command::Restore(args) => backup::restore(ctx, &args),
        Command::Election(command) => election::run(ctx, command),
        Command::Registrar(command) => registrar::run(ctx, *command),
        Command::Teller(command) => teller::run(ctx, command),
        Command::Witness(command) => witness::run(ctx, command),
        Command::Mirror(args) => mirror::run(ctx, &args),
        Command::Audit(args) => audit::run(ctx, &args),
        Command::Receipt(command) => receipt::run(ctx, &command),
        Command::Site(command) => site::run(ctx, &command),
        Command::Watch(args) => watch::run(ctx, &args),
        Command::Demo(args) => demo::run(ctx, args),
    }
}
