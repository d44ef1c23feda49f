//! Running other programs: found on PATH, shown before they run, and their failure told in a sentence.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// What went wrong and what to do about it, as a person reads it.
#[derive(Debug)]
pub struct Failure(String);

/// The result of every step.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// A failure with its sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Failure(sentence.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Adds to an I/O error what was being done.
pub trait Doing<T> {
    /// Names the action that failed.
    fn doing(self, what: impl fmt::Display) -> Outcome<T>;
}

impl<T, E: fmt::Display> Doing<T> for Result<T, E> {
    fn doing(self, what: impl fmt::Display) -> Outcome<T> {
        self.map_err(|error| Failure(format!("{what}: {error}")))
    }
}

/// The root of the checkout.
///
/// Cargo gives the folder of this crate, whose parent is the workspace; a copied binary still works as it asks at run time first.
pub fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let here = PathBuf::from(here);
    here.parent().map_or_else(|| here.clone(), Path::to_path_buf)
}

/// A command in a folder, without what `cargo run` put into our environment.
///
/// Cargo tells us its own compiler, toolchain and library path; another compiler (Debian's, for the browser) must not hear of them.
pub fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let ours = name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST_")
            || matches!(name.as_str(), "CARGO" | "RUSTUP_TOOLCHAIN" | "RUST_RECURSION_COUNT" | "LD_LIBRARY_PATH");
        if ours {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command, its output going to ours, and fails when it fails.
pub fn run(command: &mut Command) -> Outcome {
    println!("$ {}", shown(command));
    let status = command.status().doing(cannot_start(command))?;
    if status.success() { Ok(()) } else { Err(Failure(format!("`{}` ended with {status}; its own words are above.", shown(command)))) }
}

/// Runs a command without showing it and gives its standard output, or nothing if it cannot run or fails.
pub fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The command as one would type it.
pub fn shown(command: &Command) -> String {
    let mut line = base_name(command.get_program());
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

/// The sentence for a program that cannot be started.
pub fn cannot_start(command: &Command) -> String {
    format!("`{}` cannot be started", base_name(command.get_program()))
}

fn base_name(program: &OsStr) -> String {
    Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned()
}

/// The first file of this name on PATH, then in cargo's folder of programs (which a fresh shell may not have on PATH).
pub fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).chain([cargo_home().join("bin")]).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Where cargo keeps what it installs.
pub fn cargo_home() -> PathBuf {
    std::env::var_os("CARGO_HOME").map_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cargo"), PathBuf::from)
}

/// PATH with some folders put first.
pub fn path_with(first: &[&Path]) -> Outcome<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = first.iter().map(|folder| folder.to_path_buf()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).doing("putting PATH together")
}

/// Does a step, saying what it is and how long it took.
pub fn step<T>(what: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    println!("── {what}");
    let start = Instant::now();
    let result = work()?;
    println!("── {what}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(result)
}

/// Keeps two runs of xtask from building the same thing at once; released when dropped.
pub fn lock(root: &Path) -> Outcome<File> {
    let target = root.join("target");
    std::fs::create_dir_all(&target).doing("making the target folder")?;
    let file = File::create(target.join("xtask.lock")).doing("making target/xtask.lock")?;
    if file.try_lock().is_err() {
        println!("waiting for another `cargo xtask` …");
        file.lock().doing("waiting for target/xtask.lock")?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_in_a_sentence() {
        let failure = run(&mut command("a-program-nobody-has", &root())).unwrap_err().to_string();
        assert!(failure.starts_with("`a-program-nobody-has` cannot be started: "), "{failure}");
    }

    #[test]
    fn a_failing_program_is_named_in_a_sentence() {
        let failure = run(&mut command("false", &root())).unwrap_err().to_string();
        assert!(failure.starts_with("`false` ended with exit status: 1"), "{failure}");
    }

    #[test]
    fn the_root_is_the_workspace() {
        assert!(root().join("wasm-pack.toml").is_file());
    }

    #[test]
    fn chosen_folders_come_first_on_path() {
        let path = path_with(&[Path::new("/first"), Path::new("/second")]).unwrap();
        assert!(path.to_string_lossy().starts_with("/first:/second:"));
    }
}
