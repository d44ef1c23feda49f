//! `cargo xtask wasm`: the crate as a package for the browser, optimised, and no larger than allowed.

use std::path::{Path, PathBuf};

use crate::settings::{Module, Settings, Sizes};
use crate::setup::cargo_tools::{WASM_BINDGEN, WASM_PACK};
use crate::setup::{self, WasmTools};
use crate::shell::{Doing, Failure, Outcome, ask, command, path_with, run, step};
use crate::stamp::Stamp;
use crate::{javascript, places};

/// The target folder of the browser build: another compiler, and no waiting for native builds.
pub const TARGET_DIR: &str = "target/wasm";

/// Builds the packages whose inputs changed and checks their sizes; gives the folders of the packages.
pub fn build(root: &Path) -> Outcome<Vec<PathBuf>> {
    let settings = Settings::read(root)?;
    settings.modules.iter().map(|module| build_one(root, &settings, module)).collect()
}

/// Builds one package, unless it is there and its inputs are the same, and checks its sizes and that no folder of this machine is named in it.
pub fn build_one(root: &Path, settings: &Settings, module: &Module) -> Outcome<PathBuf> {
    let package = root.join(&module.out_dir);
    let inputs = inputs(root, settings, module)?;
    let kept = |what: &str| root.join(format!("target/wasm-{}.{what}", module.name));
    let (stamp, measured) = (kept("stamp"), kept("sizes"));
    let script = module.javascript.as_ref().map(|made| root.join(&made.out_dir).join(javascript::NAME));
    let known = std::fs::read_to_string(&measured).ok().and_then(|text| Sizes::parse(&text));
    let sizes = match known {
        Some(sizes) if inputs.matches(&stamp) && module_in(&package).is_ok() && script.as_ref().is_none_or(|file| file.is_file()) => {
            println!("── module `{}`: unchanged", module.name);
            sizes
        }
        _ => {
            let tools = setup::wasm_tools(root, false)?;
            step(&format!("module `{}`", module.name), || pack(root, settings, module, &tools))?;
            if let Some(made) = &module.javascript {
                step(&format!("module `{}` as JavaScript", module.name), || javascript::build(root, settings, made, &tools))?;
            }
            let sizes = sizes(root, &module_in(&package)?)?;
            std::fs::write(&measured, sizes.to_string()).doing("noting the sizes of the module")?;
            inputs.keep(&stamp)?;
            sizes
        }
    };
    println!("   module `{}`: {sizes}", module.name);
    module.budget.check(&module.name, sizes)?;
    places::check(root, &module_in(&package)?)?;
    if let (Some(made), Some(script)) = (&module.javascript, script) {
        let sizes = self::sizes(root, &script)?;
        println!("   module `{}` as JavaScript: {sizes}", module.name);
        made.budget.check(&format!("{} as JavaScript", module.name), sizes)?;
    }
    Ok(package)
}

/// What the package is made from.
fn inputs(root: &Path, settings: &Settings, module: &Module) -> Outcome<Stamp> {
    let mut stamp = Stamp::new();
    for tool in [&WASM_BINDGEN, &WASM_PACK] {
        stamp.text(tool.version);
    }
    // The budget is left out: it is checked each time and changes nothing in the module.
    for setting in [&settings.target, &settings.profile, &module.out_dir].into_iter().chain(&settings.optimiser) {
        stamp.text(setting);
    }
    stamp.text(&format!("{:?}", module.features));
    if let Some(made) = &module.javascript {
        stamp.text(&made.out_dir);
        stamp.file(&root.join(javascript::SCRIPT))?;
    }
    for file in ["Cargo.toml", "Cargo.lock", "package-lock.json", "xtask/src/places.rs"] {
        stamp.file(&root.join(file))?;
    }
    for folder in ["protocol", &settings.folder] {
        stamp.file(&root.join(folder).join("Cargo.toml"))?;
        stamp.folder(&root.join(folder).join("src"), &[])?;
    }
    Ok(stamp)
}

fn pack(root: &Path, settings: &Settings, module: &Module, tools: &WasmTools) -> Outcome {
    let package = root.join(&module.out_dir);
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
    pack.arg("--out-dir").arg(&package).env("PATH", &path).env("CARGO_TARGET_DIR", root.join(TARGET_DIR));
    pack.env(places::FLAGS, places::flags(root, &tools.compiler));
    if let Some(features) = &module.features {
        pack.args(["--", "--no-default-features", "--features", &features.join(",")]);
    }
    run(&mut pack)?;

    optimise(root, settings, module, tools)
}

/// Lets wasm-opt rewrite the module, or takes what it made of the same module before: it needs most of a minute.
fn optimise(root: &Path, settings: &Settings, module: &Module, tools: &WasmTools) -> Outcome {
    let file = module_in(&root.join(&module.out_dir))?;
    let mut before = Stamp::new();
    before.file(&file)?;
    before.file(&root.join("package-lock.json"))?;
    settings.optimiser.iter().for_each(|flag| before.text(flag));
    let made = |what: &str| root.join(TARGET_DIR).join(format!("{}.{what}", module.name));
    let (optimised, stamp) = (made("wasm"), made("stamp"));
    if !(before.matches(&stamp) && optimised.is_file()) {
        run(command(&tools.optimiser, root).args(&settings.optimiser).arg(&file).arg("-o").arg(&optimised))?;
        before.keep(&stamp)?;
    }
    std::fs::copy(&optimised, &file).doing("putting the optimised module in place")?;
    Ok(())
}

fn module_in(package: &Path) -> Outcome<PathBuf> {
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
