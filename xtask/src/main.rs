//! `cargo xtask …`: one name per job, the same on every machine and in CI.
#![allow(clippy::print_stdout, reason = "what a command prints is its result")]

mod again;
mod checks;
mod demo;
mod javascript;
mod places;
mod settings;
mod setup;
mod shell;
mod stamp;
mod suite;
mod test;
mod wasm;
mod web;

use std::process::ExitCode;

use shell::{Failure, Outcome};

const USAGE: &str = "\
cargo xtask COMMAND

  demo [OPTION…]    a whole election on this machine (--auto: played to the end by itself)
  test [--long]     everything: native, in the browser, end to end; ends with `N passed, N failed`
                    (--long: servers are killed 200 times instead of 10)

  setup [--rustup]  find or install what the other commands need, which do it by themselves
                    (--rustup: take the standard library for the browser from rustup)
  wasm [--twice]    the browser module, as wasm-pack.toml says, within its size budget
                    (--twice: and what voters load once more, elsewhere, to compare the bytes)
  web               the pages with the module in them
  fmt               format the Rust code
  lint              formatting, Clippy and the types of the pages, every warning an error
  e2e [OPTION…]     whole elections in the browser; options go to its runner
  screenshots       every page in every state, photographed into target/screenshots
  bench             what the protocol's steps cost, built for release
  bench load [OPTION…]
                    a rush on a server on this machine, and whether its log is right (--quick: two minutes;
                    --browser --ballots N: instead of it, counting and auditing in Chromium)
  bench start [OPTION…]
                    memory of a server and the time of its start with a full log (--ballots N)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match parse(&arguments).and_then(|job| perform(&job)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Job<'a> {
    Help,
    Demo(&'a [&'a str]),
    Test { long: bool },
    Setup { by_rustup: bool },
    Wasm { twice: bool },
    Web,
    Format,
    Lint,
    EndToEnd(&'a [&'a str]),
    Screenshots,
    Bench,
    Load(&'a [&'a str]),
    Start(&'a [&'a str]),
}

/// Understands the arguments; what is not understood is refused with the list of commands.
fn parse<'a>(arguments: &'a [&'a str]) -> Outcome<Job<'a>> {
    let job = match arguments {
        [] | ["help" | "--help" | "-h", ..] => Job::Help,
        ["demo", options @ ..] => Job::Demo(options),
        ["e2e", options @ ..] => Job::EndToEnd(options),
        ["setup"] => Job::Setup { by_rustup: false },
        ["setup", "--rustup"] => Job::Setup { by_rustup: true },
        ["screenshots"] => Job::Screenshots,
        ["bench"] => Job::Bench,
        ["bench", "load", options @ ..] => Job::Load(options),
        ["bench", "start", options @ ..] => Job::Start(options),
        ["test"] => Job::Test { long: false },
        ["test", "--long"] => Job::Test { long: true },
        ["wasm"] => Job::Wasm { twice: false },
        ["wasm", "--twice"] => Job::Wasm { twice: true },
        ["web"] => Job::Web,
        ["fmt"] => Job::Format,
        ["lint"] => Job::Lint,
        _ => return Err(Failure::new(format!("`cargo xtask {}` is not understood.\n\n{USAGE}", arguments.join(" ")))),
    };
    Ok(job)
}

fn perform(job: &Job) -> Outcome {
    if *job == Job::Help {
        println!("{USAGE}");
        return Ok(());
    }
    let root = shell::root();
    let lock = shell::lock(&root)?;
    let released = |packages: &[&str]| {
        let packages = packages.iter().flat_map(|package| ["--package", package]);
        shell::run(shell::command("cargo", &root).args(["build", "--release"]).args(packages))
    };
    match job {
        Job::Help => Ok(()),
        Job::Demo(options) => {
            let demo = demo::prepare(&root, options)?;
            // The demo may run for hours and builds nothing.
            drop(lock);
            demo::become_it(demo)
        }
        Job::Test { long } => test::everything(&root, *long),
        Job::Setup { by_rustup } => setup::everything(&root, *by_rustup),
        Job::Wasm { twice } => {
            wasm::build(&root)?;
            if *twice { test::sum_up(&[again::builds(&root)?]) } else { Ok(()) }
        }
        Job::Web => web::build(&root),
        Job::Format => checks::format(&root, false),
        Job::Lint => checks::lint(&root),
        Job::EndToEnd(options) => test::browser_runs(&root, "test", options),
        Job::Screenshots => test::browser_runs(&root, "screenshots", &[]),
        Job::Load(options) | Job::Start(options) => {
            let mut load = shell::command(root.join("target/release/bench-load"), &root);
            if options.contains(&"--browser") {
                setup::everything(&root, false)?;
                web::build(&root)?;
                test::with_browser(&mut load, &setup::browser::ensure(&root)?);
            }
            released(&["isoloir", "isoloir-bench"])?;
            drop(lock);
            let what: &[&str] = if matches!(job, Job::Start(_)) { &["--start"] } else { &[] };
            shell::run(load.args(what).args(*options))
        }
        Job::Bench => {
            drop(lock);
            shell::run(shell::command("cargo", &root).args(["run", "--release", "--package", "isoloir-bench", "--bin", "bench-protocol"]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_their_options_are_understood() {
        assert_eq!(parse(&[]).unwrap(), Job::Help);
        assert_eq!(parse(&["setup", "--rustup"]).unwrap(), Job::Setup { by_rustup: true });
        assert_eq!(parse(&["wasm", "--twice"]).unwrap(), Job::Wasm { twice: true });
        assert_eq!(parse(&["test", "--long"]).unwrap(), Job::Test { long: true });
        assert_eq!(parse(&["demo", "--auto"]).unwrap(), Job::Demo(&["--auto"]));
    }

    #[test]
    fn an_unknown_command_or_option_is_answered_with_the_list() {
        for wrong in [&["bulid"][..], &["wasm", "--fast"], &["setup", "--rustup", "--fast"]] {
            let sentence = parse(wrong).unwrap_err().to_string();
            assert!(sentence.contains("is not understood") && sentence.contains("cargo xtask COMMAND"), "{sentence}");
        }
    }
}
