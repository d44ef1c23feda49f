//! The PostgreSQL that the tests start for themselves.

use std::path::{Path, PathBuf};

use super::apt;
use crate::shell::{Failure, Outcome, step, which};

const MISSING: &str = "PostgreSQL is missing, which the tests start for themselves. Install it (on Debian: apt-get install postgresql) \
                       so that `postgres` and `initdb` are on PATH or under /usr/lib/postgresql.";

/// Finds PostgreSQL's server, or installs Debian's.
pub fn ensure(root: &Path) -> Outcome<PathBuf> {
    if let Some(program) = find() {
        return Ok(program);
    }
    if !apt::usable() {
        return Err(Failure::new(MISSING));
    }
    step("PostgreSQL", || apt::install(root, &["postgresql"]))?;
    find().ok_or_else(|| Failure::new(MISSING))
}

/// Debian keeps each version's programs in a folder that is not on PATH.
fn find() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut programs = versions.map(|version| version.path().join("bin/postgres")).filter(|program| program.is_file());
    programs.next().or_else(|| which("initdb").and_then(|_| which("postgres")))
}
