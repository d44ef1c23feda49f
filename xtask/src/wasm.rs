//! `cargo xtask wasm`: the crate as a package for the browser, optimised, and no larger than allowed.

use std::path::{Path, PathBuf};

use crate::settings::{Settings, Sizes};
use crate::setup::cargo_tools::{WASM_BINDGEN, WASM_PACK};
use crate::setup::{self, WasmTools};
use crate::shell::{Doing, Failure, Outcome, ask, command, path_with, run, step};
use crate::stamp::Stamp;

/// The target folder of the browser build: another compiler, and no waiting for native builds.
pub const TARGET_DIR: &str = "target/wasm";

/// Builds the package if its inputs changed and checks its size; gives the folder of the package.
pub fn build(root: &Path) -> Outcome<PathBuf> {
    let settings = Settings::read(root)?;
    let package = root.join(&settings.out_dir);
    let inputs = inputs(root, &settings)?;
    let (kept, measured) = (root.join("target/wasm.stamp"), root.join("target/wasm.sizes"));
    let known = std::fs::read_to_string(&measured).ok().and_then(|text| Sizes::parse(&text));
    let sizes = match known {
        Some(sizes) if inputs.matches(&kept) && module(&package).is_ok() => {
            println!("── browser module: unchanged");
            sizes
        }
        _ => {
            let tools = setup::wasm_tools(root, false)?;
            step("browser module", || pack(root, &settings, &package, &tools))?;
            let sizes = sizes(root, &module(&package)?)?;
            std::fs::write(&measured, sizes.to_string()).doing("noting the sizes of the module")?;
            inputs.keep(&kept)?;
            sizes
        }
    };
    println!("   the module: {sizes}");
    settings.budget.check(sizes)?;
    Ok(package)
}

/// What the package is made from.
fn inputs(root: &Path, settings: &Settings) -> Outcome<Stamp> {
    let mut stamp = Stamp::new();
    for tool in [&WASM_BINDGEN, &WASM_PACK] {
        stamp.text(tool.version);
    }
    // The budget is left out: it is checked each time and changes nothing in the module.
    for setting in [&settings.target, &settings.profile, &settings.out_dir].into_iter().chain(&settings.optimiser) {
        stamp.text(setting);
    }
    for file in ["Cargo.toml", "Cargo.lock", "package-lock.json"] {
        stamp.file(&root.join(file))?;
    }
    for folder in ["protocol", &settings.folder] {
        stamp.file(&root.join(folder).join("Cargo.toml"))?;
        stamp.folder(&root.join(folder).join("src"), &[])?;
    }
    Ok(stamp)
}

fn pack(root: &Path, settings: &Settings, package: &Path, tools: &WasmTools) -> Outcome {
    let folder = |program: &Path| program.parent().map(Path::to_path_buf).unwrap_or_default();
    // The compiler comes first: wasm-pack asks rustup for the target when it finds rustup's.
    let path = path_with(&[&tools.compiler.folder, &folder(&tools.bindgen)])?;
    let mut pack = command(&tools.pack, root);
    // The optimiser runs below, with the flags of our file: wasm-pack would read them elsewhere or take any wasm-opt on PATH.
    pack.arg("build").arg(root.join(&settings.folder)).args(["--mode", "no-install", "--no-opt", "--target", &settings.target]);
    match settings.profile.as_str() {
        named @ ("release" | "dev" | "profiling") => pack.arg(format!("--{named}")),
        other => pack.args(["--profile", other]),
    };
    pack.arg("--out-dir").arg(package).env("PATH", &path).env("CARGO_TARGET_DIR", root.join(TARGET_DIR));
    run(&mut pack)?;

    let module = module(package)?;
    optimise(root, settings, &module, tools)
}

/// Lets wasm-opt rewrite the module, or takes what it made of the same module before: it needs most of a minute.
fn optimise(root: &Path, settings: &Settings, module: &Path, tools: &WasmTools) -> Outcome {
    let mut before = Stamp::new();
    before.file(module)?;
    before.file(&root.join("package-lock.json"))?;
    settings.optimiser.iter().for_each(|flag| before.text(flag));
    let (optimised, kept) = (root.join(TARGET_DIR).join("optimised.wasm"), root.join(TARGET_DIR).join("optimised.stamp"));
    if !(before.matches(&kept) && optimised.is_file()) {
        run(command(&tools.optimiser, root).args(&settings.optimiser).arg(module).arg("-o").arg(&optimised))?;
        before.keep(&kept)?;
    }
    std::fs::copy(&optimised, module).doing("putting the optimised module in place")?;
    Ok(())
}

fn module(package: &Path) -> Outcome<PathBuf> {
    let files = std::fs::read_dir(package).into_iter().flatten().flatten();
    let found = files.map(|file| file.path()).find(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    found.ok_or_else(|| Failure::new(format!("wasm-pack left no module in {}.", package.display())))
}

/// The size of a module as it is and as a server sends it. Node compresses: it is needed for the pages anyhow.
fn sizes(root: &Path, module: &Path) -> Outcome<Sizes> {
    const BROTLI: &str = "console.log(require('zlib').brotliCompressSync(require('fs').readFileSync(process.argv[1])).length)";
    let raw = std::fs::metadata(module).doing("measuring the module")?.len();
    let brotli = ask(command("node", root).args(["-e", BROTLI]).arg(module)).and_then(|answer| answer.parse().ok());
    Ok(Sizes { raw, brotli: brotli.ok_or_else(|| Failure::new("Node could not compress the module to measure it."))? })
}
