//! `cargo xtask web`: the pages with the browser module in them, as the server embeds them.

use std::path::Path;

use crate::setup::node;
use crate::shell::{Failure, Outcome, command, run, step};
use crate::stamp::Stamp;
use crate::wasm;

/// The folder of the built pages.
pub const DIST: &str = "web/dist";

/// Builds the module and the pages, each only if its inputs changed.
pub fn build(root: &Path) -> Outcome {
    let packages = wasm::build(root)?;
    node::ensure(root)?;
    node::install(root, "web")?;
    let mut inputs = Stamp::new();
    for package in &packages {
        inputs.folder(package, &[])?;
    }
    inputs.folder(&root.join("web"), &["node_modules", "dist"])?;
    let kept = root.join("target/web.stamp");
    if inputs.matches(&kept) && root.join(DIST).join("index.html").is_file() {
        println!("── pages: unchanged");
        return Ok(());
    }
    step("pages", || run(command("npm", &root.join("web")).args(["run", "--silent", "build"])))?;
    if !root.join(DIST).join("index.html").is_file() {
        return Err(Failure::new(format!("the build of the pages left no {DIST}/index.html.")));
    }
    inputs.keep(&kept)
}
