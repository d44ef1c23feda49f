//! The other browsers of the tests: Firefox, and WebKit as Debian has it. Neither needs a driver of its vendor: Firefox speaks WebDriver
//! BiDi itself, and WebKit's driver is in its package.

use std::path::{Path, PathBuf};

use super::apt;
use crate::shell::{Failure, Outcome, step};

/// The programs that the tests start (e2e/src/engines.ts), with the variable that names another place.
const PROGRAMS: [(&str, &str); 3] =
    [("FIREFOX", "/usr/bin/firefox-esr"), ("WEBKIT_DRIVER", "/usr/bin/WebKitWebDriver"), ("XVFB", "/usr/bin/Xvfb")];

const PACKAGES: [&str; 3] = ["firefox-esr", "webkit2gtk-driver", "xvfb"];

/// Finds the programs, or installs Debian's.
pub fn ensure(root: &Path) -> Outcome {
    if missing().is_empty() {
        return Ok(());
    }
    if apt::usable() {
        step("Firefox and WebKit", || apt::install(root, &PACKAGES))?;
    }
    match missing().as_slice() {
        [] => Ok(()),
        names => Err(Failure::new(format!(
            "Browsers for the tests are missing: {}. Install them (on Debian: apt-get install {}), or name them in the variables \
             FIREFOX, WEBKIT_DRIVER and XVFB.",
            names.join(", "),
            PACKAGES.join(" ")
        ))),
    }
}

fn missing() -> Vec<&'static str> {
    let place = |variable: &str, usual: &str| std::env::var_os(variable).map_or_else(|| PathBuf::from(usual), PathBuf::from);
    PROGRAMS.into_iter().filter(|(variable, usual)| !place(variable, usual).is_file()).map(|(_, usual)| usual).collect()
}
