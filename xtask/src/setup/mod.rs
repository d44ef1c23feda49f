//! Everything a fresh machine needs, found or installed through the ordinary clients; done again, it does nothing.

pub mod apt;
pub mod browser;
pub mod cargo_tools;
pub mod engines;
pub mod node;
pub mod postgres;
pub mod wasm_target;

use std::path::{Path, PathBuf};

use crate::shell::Outcome;
use cargo_tools::{NEXTEST, WASM_BINDGEN, WASM_PACK};
use wasm_target::Compiler;

/// What the browser build needs.
pub struct WasmTools {
    /// The compiler with the browser's standard library.
    pub compiler: Compiler,
    /// wasm-pack.
    pub pack: PathBuf,
    /// wasm-bindgen, with its test runner beside it.
    pub bindgen: PathBuf,
    /// wasm-opt of npm's binaryen: Debian's older one miscompiles silently.
    pub optimiser: PathBuf,
}

/// Makes sure of what `cargo xtask wasm` needs.
pub fn wasm_tools(root: &Path, by_rustup: bool) -> Outcome<WasmTools> {
    node::ensure(root)?;
    node::install(root, "")?;
    Ok(WasmTools {
        compiler: wasm_target::ensure(root, by_rustup)?,
        bindgen: WASM_BINDGEN.ensure(root)?,
        pack: WASM_PACK.ensure(root)?,
        optimiser: root.join("node_modules/.bin/wasm-opt"),
    })
}

/// Makes sure of everything: `cargo xtask setup`.
pub fn everything(root: &Path, by_rustup: bool) -> Outcome {
    let tools = wasm_tools(root, by_rustup)?;
    let browser = browser::ensure(root)?;
    engines::ensure(root)?;
    let nextest = NEXTEST.ensure(root)?;
    let postgres = postgres::ensure(root)?;
    for folder in ["web", "e2e", "verifier"] {
        node::install(root, folder)?;
    }
    for (what, place) in [
        ("compiler for the browser", &tools.compiler.folder.join("rustc")),
        ("wasm-bindgen", &tools.bindgen),
        ("wasm-pack", &tools.pack),
        ("wasm-opt", &tools.optimiser),
        ("browser", &browser.program),
        ("driver of the browser", &browser.driver),
        ("cargo-nextest", &nextest),
        ("PostgreSQL", &postgres),
    ] {
        println!("{what:<24} {}", place.display());
    }
    Ok(())
}
