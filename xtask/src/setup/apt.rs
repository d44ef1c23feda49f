//! Debian's packages.

use std::path::Path;

use crate::shell::{Failure, Outcome, ask, command, run, which};

/// Whether packages can be installed here: Debian's client is there and we are root.
pub fn usable() -> bool {
    let root = Path::new("/");
    which("apt-get").is_some() && ask(command("id", root).arg("-u")).is_some_and(|user| user == "0")
}

/// Installs packages, with fresh lists if the old ones do not know them.
pub fn install(root: &Path, packages: &[&str]) -> Outcome {
    if try_install(root, packages).is_ok() {
        return Ok(());
    }
    run(apt(root).arg("update"))?;
    try_install(root, packages)
        .map_err(|failure| Failure::new(format!("{failure}\nInstall these packages by hand: apt-get install {}", packages.join(" "))))
}

fn try_install(root: &Path, packages: &[&str]) -> Outcome {
    run(apt(root).args(["install", "-qq", "--yes", "--no-install-recommends"]).args(packages))
}

fn apt(root: &Path) -> std::process::Command {
    let mut apt = command("apt-get", root);
    // Another program may be installing packages: wait for it instead of failing.
    apt.args(["-o", "DPkg::Lock::Timeout=600"]).env("DEBIAN_FRONTEND", "noninteractive");
    apt
}
