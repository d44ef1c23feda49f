//! `cargo xtask fmt`, `lint` and `deny`: what the code must look like.

use std::path::Path;

use crate::setup::node;
use crate::shell::{Outcome, command, run, step};
use crate::web;

/// Formats everything, or only checks that it is formatted.
pub fn format(root: &Path, check: bool) -> Outcome {
    let mut cargo = command("cargo", root);
    cargo.args(["fmt", "--all"]);
    if check {
        cargo.arg("--check");
    }
    run(&mut cargo)
}

/// Formatting, Clippy with every warning an error, and the types of the pages and of the browser runs.
pub fn lint(root: &Path) -> Outcome {
    format(root, true)?;
    // The server embeds the pages when it is compiled.
    web::build(root)?;
    step("clippy", || run(command("cargo", root).args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])))?;
    for folder in ["web", "e2e"] {
        if root.join(folder).join("package.json").is_file() {
            node::install(root, folder)?;
            step(&format!("types of {folder}"), || run(command("npm", &root.join(folder)).args(["run", "--silent", "typecheck"])))?;
        }
    }
    Ok(())
}
