//! `cargo xtask test`: every suite, one after the other, and one line that sums them up.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::settings::Settings;
use crate::setup;
use crate::setup::browser::{self, Browser};
use crate::setup::cargo_tools::NEXTEST;
use crate::setup::wasm_target::TARGET;
use crate::shell::{Doing, Failure, Outcome, ask, command, path_with, run, step};
use crate::suite::{self, Count, Report, Runner};
use crate::{again, places, wasm, web};

/// How often servers are killed in each of the tests that do so, in the long mode.
const KILLS: u32 = 100;

/// Runs everything; fails if a test failed or the work tree changed.
pub fn everything(root: &Path, long: bool) -> Outcome {
    let before = work_tree(root);
    setup::everything(root, false)?;
    web::build(root)?;
    forget_archives(root)?;
    let mut reports = vec![native(root, long)?, documentation(root)?, pages(root)?, second_verifier(root)?];
    reports.push(again::builds(root)?);
    reports.extend(in_browser(root)?);
    reports.extend(end_to_end(root, "end to end", "test", &[])?);
    reports.extend(end_to_end(root, "Firefox and WebKit", "engines", &[])?);
    reports.push(every_archive(root)?);
    if let Some(before) = before {
        reports.push(clean(&before, &work_tree(root).unwrap_or_default()));
    }
    sum_up(&reports)
}

/// One script of the browser runs alone: `cargo xtask e2e` is `test`, `cargo xtask screenshots` is `screenshots`.
pub fn browser_runs(root: &Path, script: &str, options: &[&str]) -> Outcome {
    setup::everything(root, false)?;
    web::build(root)?;
    let report = end_to_end(root, "end to end", script, options)?.ok_or_else(|| Failure::new("there is no e2e/package.json."))?;
    sum_up(&[report])
}

/// Prints what was said of each failed test, the suites, and the closing line.
pub fn sum_up(reports: &[Report]) -> Outcome {
    for report in reports {
        for failure in &report.failures {
            println!("\n── failed, or failed at first, in {}\n{}", report.name, failure.join("\n").trim_end());
        }
    }
    println!();
    for report in reports {
        println!("{:<34} {} ({:.0} s)", report.name, report.count, report.time.as_secs_f64());
    }
    let total = reports.iter().fold(Count::default(), |total, report| total.and(report.count));
    println!("\n{total}");
    if total.failed == 0 { Ok(()) } else { Err(Failure::new(format!("{} failed; the output above tells which.", total.failed))) }
}

/// All tests of all crates, native.
fn native(root: &Path, long: bool) -> Outcome<Report> {
    let mut nextest = command(NEXTEST.ensure(root)?, root);
    nextest.args(["nextest", "run", "--workspace", "--no-fail-fast"]).env(ARCHIVES, archives(root));
    if long {
        let seed = seed();
        println!("{KILLS} kills in each of two tests; ISOLOIR_SEED={seed} repeats this run as far as the machine allows");
        nextest.args(["--profile", "long"]).env("ISOLOIR_KILLS", KILLS.to_string()).env("ISOLOIR_SEED", seed.to_string());
    }
    suite::run("native", Runner::Nextest, &mut nextest)
}

/// The seed that was given, or a new one.
fn seed() -> u64 {
    let given = std::env::var("ISOLOIR_SEED").ok().and_then(|seed| seed.parse().ok());
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    given.unwrap_or_else(|| u64::from(now().subsec_nanos()) ^ (now().as_secs() << 20))
}

/// The examples in the documentation, which nextest does not run.
fn documentation(root: &Path) -> Outcome<Report> {
    suite::run(
        "examples in the documentation",
        Runner::Harness,
        command("cargo", root).args(["test", "--workspace", "--doc", "--no-fail-fast"]),
    )
}

/// The parts of the pages that need no browser.
fn pages(root: &Path) -> Outcome<Report> {
    suite::run("pages", Runner::Vitest, command("npm", &root.join("web")).args(["run", "--silent", "test"]))
}

/// The verifier that shares no code with the others, on the shared vectors and on the elections that the native tests left.
fn second_verifier(root: &Path) -> Outcome<Report> {
    let mut npm = command("npm", &root.join("verifier"));
    suite::run("second verifier", Runner::Node, npm.args(["run", "--silent", "test"]).env("ISOLOIR_CORPUS", left_by_tests(root, "corpus")))
}

/// The same on every archive that a test of this run audited, native or in a browser: it must come to the same verdict and figures.
fn every_archive(root: &Path) -> Outcome<Report> {
    let mut npm = command("npm", &root.join("verifier"));
    suite::run("second verifier on every archive", Runner::Node, npm.args(["run", "--silent", "kept"]).env(ARCHIVES, archives(root)))
}

/// Tells tests where to keep the archives that they audit.
const ARCHIVES: &str = "ISOLOIR_ARCHIVES";

fn archives(root: &Path) -> PathBuf {
    left_by_tests(root, "archives")
}

/// What an earlier run kept is not of this run.
fn forget_archives(root: &Path) -> Outcome {
    match std::fs::remove_dir_all(archives(root)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).doing("removing the archives of an earlier run"),
        _ => Ok(()),
    }
}

/// A folder in which tests leave something for others.
fn left_by_tests(root: &Path, name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    root.join(target).join("tmp").join(name)
}

/// The shared vectors inside a real browser, by the module's own tests.
fn in_browser(root: &Path) -> Outcome<Option<Report>> {
    let settings = Settings::read(root)?;
    let folder = root.join(&settings.folder);
    if !folder.join("tests").is_dir() {
        return Ok(None);
    }
    let tools = setup::wasm_tools(root, false)?;
    let browser = browser::ensure(root)?;
    let mut cargo = command("cargo", &folder);
    cargo
        .args(["test", "--tests", "--no-fail-fast", "--target", TARGET, "--profile", &settings.profile])
        .env("PATH", path_with(&[&tools.compiler.folder])?)
        .env("CARGO_TARGET_DIR", root.join(wasm::TARGET_DIR))
        .env(places::FLAGS, places::flags(root, &tools.compiler))
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", tools.bindgen.with_file_name("wasm-bindgen-test-runner"))
        .env("WASM_BINDGEN_TEST_TIMEOUT", "600");
    with_browser(&mut cargo, &browser);
    suite::run("vectors in the browser", Runner::Harness, &mut cargo).map(Some)
}

/// Whole elections in browsers against the real server, by a script of e2e/package.json.
fn end_to_end(root: &Path, name: &'static str, script: &str, options: &[&str]) -> Outcome<Option<Report>> {
    let folder = root.join("e2e");
    if !folder.join("package.json").is_file() {
        return Ok(None);
    }
    let browser = browser::ensure(root)?;
    let program = program(root)?;
    let mut npm = command("npm", &folder);
    npm.args(["run", "--silent", script]).env("ISOLOIR", program).env(ARCHIVES, archives(root));
    if !options.is_empty() {
        npm.arg("--").args(options);
    }
    with_browser(&mut npm, &browser);
    suite::run(name, Runner::Playwright, &mut npm).map(Some)
}

/// Tells a command where the browser is.
pub fn with_browser(command: &mut Command, browser: &Browser) {
    command.env("CHROMIUM", &browser.program).env("CHROMEDRIVER", &browser.driver);
}

/// Builds the `isoloir` program with the features of the whole workspace, as the tests do, so that both share one build; and beside it, in `examples`,
/// what dishonest voters and tellers have instead.
pub fn program(root: &Path) -> Outcome<PathBuf> {
    step("isoloir", || run(command("cargo", root).args(["build", "--workspace", "--bin", "isoloir", "--example", "dishonest"])))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(root.join(target).join("debug").join("isoloir"))
}

/// What git says of the work tree; nothing where there is no git.
fn work_tree(root: &Path) -> Option<String> {
    ask(command("git", root).args(["status", "--porcelain", "--untracked-files=all"]))
}

/// Tests that leave files behind, or change the lock files, fail here.
fn clean(before: &str, after: &str) -> Report {
    let left: Vec<&str> = after.lines().filter(|line| !before.lines().any(|known| known == *line)).collect();
    for line in &left {
        println!("xtask: the tests left the work tree changed: {}", line.trim());
    }
    let failed = u64::from(!left.is_empty());
    let count = Count { passed: 1_u64.saturating_sub(failed), failed, unsteady: 0 };
    Report { name: "work tree left clean", count, time: std::time::Duration::ZERO, failures: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_left_behind_fails() {
        assert_eq!(clean(" M kept", " M kept").count, Count { passed: 1, ..Count::default() });
        assert_eq!(clean(" M kept", " M kept\n?? left").count, Count { failed: 1, ..Count::default() });
    }
}
