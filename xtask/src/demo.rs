//! `cargo xtask demo`: a whole election on this machine.

use std::path::Path;
use std::process::Command;

use crate::setup::{self, browser, node};
use crate::shell::{Failure, Outcome, command};
use crate::{test, web};

/// What plays voters and tellers in the browser when the demo plays itself.
const BROWSER_SCRIPT: &str = "node e2e/demo.mjs";

/// Sets up, builds, and gives the command that runs the demo.
pub fn prepare(root: &Path, options: &[&str]) -> Outcome<Command> {
    setup::everything(root, false)?;
    web::build(root)?;
    let program = test::program(root)?;
    let mut demo = command(program, root);
    demo.arg("demo").args(options);
    if plays_itself(options) {
        node::install(root, "e2e")?;
        demo.args(["--browser-script", BROWSER_SCRIPT]);
    }
    test::with_browser(&mut demo, &browser::ensure(root)?);
    Ok(demo)
}

/// Becomes the demo, so that its signals and its exit status are its own.
#[cfg(unix)]
pub fn become_it(mut demo: Command) -> Outcome {
    use std::os::unix::process::CommandExt;
    let error = demo.exec();
    Err(Failure::new(format!("the demo cannot be started: {error}")))
}

/// Runs the demo and fails when it fails.
#[cfg(not(unix))]
pub fn become_it(mut demo: Command) -> Outcome {
    let status = demo.status().map_err(|error| Failure::new(format!("the demo cannot be started: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("the demo ended with {status}."))) }
}

/// Whether nobody will sit before the pages, and no other script was named.
fn plays_itself(options: &[&str]) -> bool {
    options.contains(&"--auto") && !options.iter().any(|option| option.starts_with("--browser-script"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_that_plays_itself_uses_the_browser() {
        assert!(plays_itself(&["--members", "40", "--auto"]));
        assert!(!plays_itself(&["--members", "40"]));
        assert!(!plays_itself(&["--auto", "--browser-script", "true"]));
        assert!(!plays_itself(&["--auto", "--browser-script=true"]));
    }
}
