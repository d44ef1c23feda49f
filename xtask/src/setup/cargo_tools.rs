//! The programs that come from the Rust registry, each in the one version the project is built with.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{Doing, Failure, Outcome, ask, command, run, step, which};

/// A program of the Rust registry.
pub struct Tool {
    /// The package to install.
    pub package: &'static str,
    /// The program it brings.
    pub program: &'static str,
    /// The version that is installed when the program is missing.
    pub version: &'static str,
    /// Whether only this version will do.
    pub exact: bool,
    /// What else cargo is told.
    pub options: &'static [&'static str],
}

/// Writes the JavaScript beside the module; must be the version of the `wasm-bindgen` crate in Cargo.toml, to the last digit.
pub const WASM_BINDGEN: Tool = Tool { package: "wasm-bindgen-cli", program: "wasm-bindgen", version: "0.2.130", exact: true, options: &[] };

/// Builds the package for the browser.
pub const WASM_PACK: Tool = Tool { package: "wasm-pack", program: "wasm-pack", version: "0.15.1", exact: true, options: &[] };

/// Runs the tests, each in a process of its own, and ends one that hangs. Without its own updates, it compiles in half the time.
pub const NEXTEST: Tool =
    Tool { package: "cargo-nextest", program: "cargo-nextest", version: "0.9.143", exact: false, options: &["--no-default-features"] };

const BUILD: &str = "target/tools-build";

impl Tool {
    /// Finds the program in the right version, or installs it.
    ///
    /// Another version that somebody installed for other work is left alone: ours then goes to `target/tools`.
    pub fn ensure(&self, root: &Path) -> Outcome<PathBuf> {
        let own = root.join("target/tools/bin").join(self.program);
        let elsewhere = which(self.program);
        for candidate in [elsewhere.clone(), Some(own.clone())].into_iter().flatten() {
            if self.serves(&candidate, root) {
                return Ok(candidate);
            }
        }
        let taken = elsewhere.is_some();
        step(&format!("cargo install {} {}", self.package, self.version), || self.install(root, taken))?;
        std::fs::remove_dir_all(root.join(BUILD)).doing(format!("removing {BUILD}"))?;
        let installed = if taken { Some(own) } else { which(self.program) };
        installed.filter(|file| self.serves(file, root)).ok_or_else(|| self.missing())
    }

    fn serves(&self, program: &Path, root: &Path) -> bool {
        let Some(answer) = ask(command(program, root).arg("--version")) else { return false };
        !self.exact || answer.lines().next().is_some_and(|line| line.split_whitespace().any(|word| word == self.version))
    }

    fn install(&self, root: &Path, apart: bool) -> Outcome {
        let Err(failure) = run(&mut self.installation(root, apart, true)) else { return Ok(()) };
        // A release named in the package's lock file may have left the registry since; the program's own version stays the same.
        println!("{failure}\nTrying again with the dependencies that the registry has now.");
        run(&mut self.installation(root, apart, false)).map_err(|failure| Failure::new(format!("{failure}\n{}", self.missing())))
    }

    fn installation(&self, root: &Path, apart: bool, locked: bool) -> Command {
        let mut cargo = command("cargo", root);
        cargo.args(["install", self.package, "--version", self.version, "--force"]);
        cargo.args(self.options);
        if locked {
            cargo.arg("--locked");
        }
        if apart {
            cargo.arg("--root").arg(root.join("target/tools"));
        }
        // These run for seconds only, so quick to compile matters more than fast.
        cargo
            .env("CARGO_TARGET_DIR", root.join(BUILD))
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        cargo
    }

    fn missing(&self) -> Failure {
        Failure::new(format!(
            "{} {} is missing. Install it: cargo install {} --version {} --locked",
            self.program, self.version, self.package, self.version
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::root;

    #[test]
    fn the_glue_maker_has_the_version_of_the_crate() {
        let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("wasm-bindgen = \"={}\"", WASM_BINDGEN.version)));
    }

    #[test]
    fn a_missing_tool_is_told_with_the_command_that_installs_it() {
        let sentence = WASM_PACK.missing().to_string();
        assert_eq!(sentence, "wasm-pack 0.15.1 is missing. Install it: cargo install wasm-pack --version 0.15.1 --locked");
    }
}
