//! A run of one test runner: its output goes through as it is, its closing lines are counted, and what it says of failed tests is kept to be
//! said again at the end, where a long log is read.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::shell::{Doing, Failure, Outcome, cannot_start, shown};

/// The runners whose closing lines are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// cargo-nextest.
    Nextest,
    /// Rust's own harness, and wasm-bindgen's, which writes the same line.
    Harness,
    /// Vitest.
    Vitest,
    /// Playwright's runner.
    Playwright,
    /// Node's own runner, with its reporter `spec`.
    Node,
}

/// How many tests passed and failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed, timed out or could not run.
    pub failed: u64,
    /// Those of the passed that failed at first: races, of a test or of what it tests, to be mended.
    pub unsteady: u64,
}

impl Count {
    /// Both sums.
    pub fn and(self, other: Count) -> Count {
        Count {
            passed: self.passed.saturating_add(other.passed),
            failed: self.failed.saturating_add(other.failed),
            unsteady: self.unsteady.saturating_add(other.unsteady),
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)?;
        if self.unsteady > 0 { write!(formatter, ", {} of the passed only at the second try", self.unsteady) } else { Ok(()) }
    }
}

/// What a suite did.
pub struct Report {
    /// The suite's name.
    pub name: &'static str,
    /// Its tests.
    pub count: Count,
    /// How long it ran, with what it had to build.
    pub time: Duration,
    /// What the runner said of each test that failed, or failed at first: the line that names it and those after it, [`KEPT`] at most.
    pub failures: Vec<Vec<String>>,
}

/// How many lines of a failed test are said again.
const KEPT: usize = 30;

/// What the runner's output told.
#[derive(Default)]
struct Heard {
    count: Count,
    failures: Vec<Vec<String>>,
}

impl Heard {
    /// Takes the next line, without colours.
    fn hear(&mut self, runner: Runner, line: &str) {
        let told = closing(runner, line);
        self.count = self.count.and(told);
        if told != Count::default() {
            // What stands below a closing line is a list of what was said before.
            self.failures.push(Vec::new());
        } else if names_failure(runner, line) {
            self.failures.push(vec![line.trim().to_owned()]);
        } else if let Some(failure) = self.failures.last_mut().filter(|failure| (1..KEPT).contains(&failure.len())) {
            failure.push(line.trim_end().to_owned());
        }
    }

    /// With what the other stream told. A test that is named twice is one failure.
    fn and(mut self, other: Heard) -> Heard {
        self.count = self.count.and(other.count);
        self.failures.extend(other.failures);
        let mut named = std::collections::HashSet::new();
        self.failures.retain(|failure| failure.first().is_some_and(|name| named.insert(name.clone())));
        self
    }
}

/// Runs a suite. A runner that fails without a failed test, or ends well without any test, counts as one failure.
pub fn run(name: &'static str, runner: Runner, command: &mut Command) -> Outcome<Report> {
    println!("── {name}\n$ {}", shown(command));
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().doing(cannot_start(command))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let heard = std::thread::scope(|scope| {
        // Runners differ in which of the two they write to; both are shown where they belong and both are counted.
        let errors = scope.spawn(move || err.map(|err| pass_on(err, std::io::stderr(), runner)).unwrap_or_default());
        let here = out.map(|out| pass_on(out, std::io::stdout(), runner)).unwrap_or_default();
        errors.join().map(|there| here.and(there)).map_err(|_| Failure::new("the reader of a runner's output stopped."))
    })?;
    let status = child.wait().doing("waiting for a test runner")?;
    let Heard { mut count, failures } = heard;
    if count.failed == 0 && (!status.success() || (count.passed == 0 && runner != Runner::Harness)) {
        println!("xtask: `{}` ended with {status} after {count}.", shown(command));
        count.failed = 1;
    }
    Ok(Report { name, count, time: start.elapsed(), failures })
}

fn pass_on(from: impl Read, mut to: impl Write, runner: Runner) -> Heard {
    let mut heard = Heard::default();
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        // Nobody may be reading any more; the tests go on and are counted all the same.
        let _ = to.write_all(&line).and_then(|()| to.flush());
        heard.hear(runner, &plain(&String::from_utf8_lossy(&line)));
        line.clear();
    }
    heard
}

/// Whether a line begins what the runner says of a failed test.
fn names_failure(runner: Runner, line: &str) -> bool {
    let line = line.trim();
    let first = line.split_whitespace().next().unwrap_or_default();
    match runner {
        Runner::Nextest => {
            line.contains(" [") && (["FAIL", "TIMEOUT", "ABORT", "XFAIL", "LEAK-FAIL"].contains(&first) || first.starts_with("SIG"))
        }
        Runner::Harness => line.starts_with("---- ") && line.ends_with(" ----"),
        Runner::Vitest => first == "FAIL",
        Runner::Playwright => first.strip_suffix(')').is_some_and(|number| number.parse::<u64>().is_ok()) && line.contains(" › "),
        Runner::Node => first == "✖" && line != "✖ failing tests:",
    }
}

/// The counts that a line tells if it is a closing line of the runner.
fn closing(runner: Runner, line: &str) -> Count {
    let line = line.trim();
    let told = match runner {
        Runner::Nextest => line.strip_prefix("Summary [").and_then(|rest| rest.split_once("run:")).map(|(_, counts)| counts),
        Runner::Harness => line.strip_prefix("test result:").and_then(|rest| rest.split_once(". ")).map(|(_, counts)| counts),
        Runner::Vitest => line.strip_prefix("Tests "),
        // One line for each, as `3 passed (1.2m)`.
        Runner::Playwright => line.split_whitespace().next().filter(|word| word.parse::<u64>().is_ok()).map(|_| line),
        Runner::Node => return node(line),
    };
    let mut count = Count::default();
    for part in told.unwrap_or_default().split([',', ';', '|', '(', ')']) {
        let (number, what) = part.trim().split_once(' ').unwrap_or_default();
        let Ok(number) = number.parse::<u64>() else { continue };
        match what.trim() {
            "passed" => count.passed = count.passed.saturating_add(number),
            "flaky" => count = count.and(Count { passed: number, failed: 0, unsteady: number }),
            "failed" | "timed out" | "exec failed" | "did not run" | "interrupted" => count.failed = count.failed.saturating_add(number),
            _ => {}
        }
    }
    count
}

/// Node writes one line for each number, as `ℹ pass 3`.
fn node(line: &str) -> Count {
    let (what, number) = line.strip_prefix("ℹ ").and_then(|rest| rest.split_once(' ')).unwrap_or_default();
    let number = number.parse().unwrap_or(0);
    match what {
        "pass" => Count { passed: number, ..Count::default() },
        "fail" | "cancelled" => Count { failed: number, ..Count::default() },
        _ => Count::default(),
    }
}

/// The line without the codes that colour it.
fn plain(line: &str) -> String {
    let mut plain = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::{command, root};

    fn counts(runner: Runner, line: &str) -> (u64, u64) {
        let count = closing(runner, &plain(line));
        (count.passed, count.failed)
    }

    #[test]
    fn closing_lines_are_counted() {
        assert_eq!(counts(Runner::Nextest, "     Summary [   0.012s] 12 tests run: 12 passed, 0 skipped"), (12, 0));
        assert_eq!(
            counts(Runner::Nextest, "Summary [   9.1s] 12/14 tests run: 9 passed (1 slow), 2 failed, 1 timed out, 0 skipped"),
            (9, 3)
        );
        assert_eq!(
            counts(
                Runner::Nextest,
                "\u{1b}[32m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m2\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m \u{1b}[32mpassed\u{1b}[0m, 0 skipped"
            ),
            (2, 0)
        );
        assert_eq!(
            counts(Runner::Harness, "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s"),
            (3, 1)
        );
        assert_eq!(counts(Runner::Vitest, "      Tests  1 failed | 4 passed (5)"), (4, 1));
        assert_eq!(counts(Runner::Vitest, " Test Files  2 passed (2)"), (0, 0));
        assert_eq!(counts(Runner::Playwright, "  5 passed (1.2m)"), (5, 0));
        assert_eq!(closing(Runner::Playwright, "  1 flaky"), Count { passed: 1, failed: 0, unsteady: 1 });
        assert_eq!(counts(Runner::Node, "\u{1b}[34mℹ pass 337\u{1b}[39m"), (337, 0));
        assert_eq!(counts(Runner::Node, "ℹ fail 2"), (0, 2));
        assert_eq!(counts(Runner::Node, "ℹ cancelled 1"), (0, 1));
    }

    #[test]
    fn other_lines_are_not_counted() {
        assert_eq!(counts(Runner::Nextest, "        PASS [   0.003s] xtask stamp::tests::a"), (0, 0));
        assert_eq!(counts(Runner::Harness, "test a::b ... ok"), (0, 0));
        assert_eq!(counts(Runner::Playwright, "Running 5 tests using 1 worker"), (0, 0));
        assert_eq!(counts(Runner::Node, "ℹ tests 339"), (0, 0));
        assert_eq!(counts(Runner::Node, "ℹ duration_ms 83849.629274"), (0, 0));
    }

    #[test]
    fn failed_tests_are_kept_with_what_was_said_of_them() {
        let said = |runner, output: &str| {
            let mut heard = Heard::default();
            output.lines().for_each(|line| heard.hear(runner, line));
            heard.and(Heard::default()).failures
        };
        let nextest = "    FAIL [   0.1s] ( 1/12) xtask a::b\n  stderr:\n    no\n    Summary [ 1s] 2 tests run: 1 passed, 1 failed\n    FAIL [   0.1s] ( 1/12) xtask a::b";
        assert_eq!(said(Runner::Nextest, nextest), [["FAIL [   0.1s] ( 1/12) xtask a::b", "  stderr:", "    no"]]);
        let playwright = "  ✘  7 tests/a.spec.ts:1:1 › it works (1s)\n  ✓  8 tests/b.spec.ts:1:1 › too\n\n  1) tests/a.spec.ts:1:1 › it works\n    Error: no\n  1 failed\n    tests/a.spec.ts:1:1 › it works";
        assert_eq!(said(Runner::Playwright, playwright), [["1) tests/a.spec.ts:1:1 › it works", "    Error: no"]]);
        assert_eq!(said(Runner::Harness, "test a ... FAILED\n---- a stdout ----\nno").concat(), ["---- a stdout ----", "no"]);
        assert_eq!(said(Runner::Vitest, " FAIL  tests/a.test.ts > it\nError: no").concat(), ["FAIL  tests/a.test.ts > it", "Error: no"]);
        assert_eq!(said(Runner::Node, "✖ it (1ms)\nℹ fail 1\n✖ failing tests:\n✖ it (1ms)").concat(), ["✖ it (1ms)"]);
        assert_eq!(said(Runner::Node, &format!("✖ it (1ms)\n{}", "line\n".repeat(100))).concat().len(), KEPT);
    }

    #[test]
    fn a_runner_that_ran_nothing_or_failed_counts_as_a_failure() {
        let nothing = run("nothing", Runner::Nextest, &mut command("true", &root())).unwrap();
        assert_eq!(nothing.count, Count { failed: 1, ..Count::default() });
        let broken = run("broken", Runner::Harness, &mut command("false", &root())).unwrap();
        assert_eq!(broken.count, Count { failed: 1, ..Count::default() });
    }
}
