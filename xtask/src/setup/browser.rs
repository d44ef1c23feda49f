//! The browser of the tests.

use std::path::{Path, PathBuf};

use super::apt;
use crate::shell::{Failure, Outcome, step, which};

/// A browser and the driver that speaks WebDriver to it.
pub struct Browser {
    /// Chromium or Chrome.
    pub program: PathBuf,
    /// ChromeDriver.
    pub driver: PathBuf,
}

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const MISSING: &str = "A browser for the tests is missing. Install Chromium and ChromeDriver (on Debian: apt-get install chromium chromium-driver) \
                       so that they are on PATH, or name them in the variables CHROMIUM and CHROMEDRIVER.";

/// Finds Chromium and its driver, or installs Debian's.
pub fn ensure(root: &Path) -> Outcome<Browser> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    if !apt::usable() {
        return Err(Failure::new(MISSING));
    }
    step("Chromium", || apt::install(root, &["chromium", "chromium-driver"]))?;
    find().ok_or_else(|| Failure::new(MISSING))
}

fn find() -> Option<Browser> {
    let program = named("CHROMIUM").or_else(|| NAMES.iter().find_map(|name| which(name)))?;
    let driver = named("CHROMEDRIVER").or_else(|| which("chromedriver"))?;
    Some(Browser { program, driver })
}

fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|file| file.is_file())
}
