//! Node and the packages of its registry.

use std::path::Path;

use crate::shell::{Doing, Failure, Outcome, ask, command, run, step, which};
use crate::stamp::Stamp;

const OLDEST: u32 = 20;

/// Finds Node, in a version that the pages can be built with.
pub fn ensure(root: &Path) -> Outcome {
    let answer = which("node").and_then(|node| ask(command(node, root).arg("--version")));
    let major = answer.as_deref().and_then(major);
    if major.is_some_and(|major| major >= OLDEST) && which("npm").is_some() {
        return Ok(());
    }
    let found = answer.map_or_else(|| "it was not found on PATH".to_owned(), |answer| format!("found {answer}"));
    Err(Failure::new(format!(
        "Node {OLDEST} or newer with npm is needed for the pages ({found}). Install nodejs and npm from your system's packages."
    )))
}

fn major(answer: &str) -> Option<u32> {
    answer.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Installs the packages that a folder's lock file names, unless they are there already.
pub fn install(root: &Path, folder: &str) -> Outcome {
    let place = if folder.is_empty() { root.to_path_buf() } else { root.join(folder) };
    if !place.join("package.json").is_file() {
        return Ok(());
    }
    let modules = place.join("node_modules");
    let mut stamp = Stamp::new();
    stamp.file(&place.join("package.json"))?;
    let locked = place.join("package-lock.json").is_file();
    if locked {
        stamp.file(&place.join("package-lock.json"))?;
    }
    let kept = modules.join(".xtask-stamp");
    if stamp.matches(&kept) {
        return Ok(());
    }
    let shown = if folder.is_empty() { "the root" } else { folder };
    let verb = if locked { "ci" } else { "install" };
    step(&format!("npm packages of {shown}"), || run(command("npm", &place).args([verb, "--no-audit", "--no-fund", "--loglevel=error"])))?;
    std::fs::create_dir_all(&modules).doing("making node_modules")?;
    // `npm install` may have written the lock file: what is there now is what is installed.
    let mut stamp = Stamp::new();
    stamp.file(&place.join("package.json"))?;
    if place.join("package-lock.json").is_file() {
        stamp.file(&place.join("package-lock.json"))?;
    }
    stamp.keep(&kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_node_is_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("20.20.2"), None);
        assert_eq!(major("vx"), None);
    }
}
