//! The voter's module as plain JavaScript, for browsers in which WebAssembly is missing or forbidden.
//!
//! The compiled module is rewritten without what came after WebAssembly's first version, so that wasm2js can translate it: reference
//! types before the glue is made (which then keeps JavaScript's values in a list of its own), the rest by wasm-opt.

use std::path::Path;

use crate::settings::{JavaScript, Settings};
use crate::setup::{WasmTools, node};
use crate::shell::{Doing, Outcome, command, run};
use crate::wasm::TARGET_DIR;

/// The file of the package.
pub const NAME: &str = "ballot_wasm.js";

/// Puts program and glue into one small script.
pub const SCRIPT: &str = "web/tools/javascript-module.mjs";

/// What the compiler uses of WebAssembly.
const COMPILED: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// What the glue may know of it: no reference types.
const GLUED: [&str; 6] = [
    "--mvp-features",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
];

/// What wasm2js cannot translate, and how it is put into words that it can.
const LOWERED: [&str; 4] = ["--signext-lowering", "--llvm-nontrapping-fptoint-lowering", "--llvm-memory-copy-fill-lowering", "-O3"];

/// Makes the script from the module that was compiled last.
pub fn build(root: &Path, settings: &Settings, made: &JavaScript, tools: &WasmTools) -> Outcome {
    let profile = if settings.profile == "dev" { "debug" } else { &settings.profile };
    let target = root.join(TARGET_DIR);
    let compiled = target.join("wasm32-unknown-unknown").join(profile).join(format!("{}.wasm", settings.folder.replace('-', "_")));
    let work = target.join("javascript");
    std::fs::create_dir_all(&work).doing("making the folder of the translation")?;
    let file = |name: &str| work.join(name);

    let optimise = || command(&tools.optimiser, root);
    let without_names = ["--enable-nontrapping-float-to-int", "--strip-debug", "--strip-target-features", "-o"];
    run(optimise().arg(&compiled).args(COMPILED).args(without_names).arg(file("plain.wasm")))?;
    run(optimise().arg(file("plain.wasm")).args(GLUED).args(["--emit-target-features", "-o"]).arg(file("ballot.wasm")))?;
    run(command(&tools.bindgen, root).args(["--target", "web", "--no-typescript", "--out-dir"]).arg(&work).arg(file("ballot.wasm")))?;
    run(optimise().arg(file("ballot_bg.wasm")).args(GLUED).args(LOWERED).arg("-o").arg(file("lowered.wasm")))?;
    let translate = ["--enable-bulk-memory", "--enable-mutable-globals", "-O2", "-o"];
    run(command(tools.optimiser.with_file_name("wasm2js"), root).arg(file("lowered.wasm")).args(translate).arg(file("program.js")))?;

    node::install(root, "web")?;
    let package = root.join(&made.out_dir);
    std::fs::create_dir_all(&package).doing(format!("making {}", made.out_dir))?;
    run(command("node", root).arg(SCRIPT).arg(file("program.js")).arg(file("ballot.js")).arg(package.join(NAME)))
}
