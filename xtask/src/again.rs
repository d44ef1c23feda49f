//! Two builds of the modules: the one of this checkout, and a clean one of a copy elsewhere. They must be the same bytes, or nobody
//! could build a release and compare it with what a server hands out.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::settings::{Module, Settings};
use crate::setup::wasm_target::symlink;
use crate::shell::{Doing, Outcome};
use crate::suite::{Count, Report};
use crate::wasm;

/// Where the copy is made, from the root.
const COPY: &str = "target/again";

/// What is built, or installed by a lock file, and therefore not copied.
const BUILT: [&str; 5] = ["target", "node_modules", "dist", "pkg", "results"];

/// Builds again what voters load, as WebAssembly and as JavaScript, and compares it with what was built before.
///
/// The other modules have the same flags and pass the same check for paths; they would take twice the time.
pub fn builds(root: &Path) -> Outcome<Report> {
    let start = Instant::now();
    let settings = Settings::read(root)?;
    let modules = || settings.modules.iter().filter(|module| module.javascript.is_some());
    let copy = root.join(COPY);
    clear(&copy)?;
    copy_sources(root, &copy)?;
    for module in modules() {
        wasm::build_one(root, &settings, module)?;
        wasm::build_one(&copy, &settings, module)?;
    }
    let compared = modules().flat_map(folders).map(|folder| same(&root.join(folder), &copy.join(folder)));
    let count = compared.collect::<Outcome<Vec<Count>>>()?.into_iter().fold(Count::default(), Count::and);
    clear(&copy)?;
    Ok(Report { name: "modules built twice", count, time: start.elapsed(), failures: Vec::new() })
}

/// The folders of a module's packages.
fn folders(module: &Module) -> impl Iterator<Item = &str> {
    [module.out_dir.as_str()].into_iter().chain(module.javascript.as_ref().map(|made| made.out_dir.as_str()))
}

/// Compares two folders file by file, and names what differs.
fn same(first: &Path, second: &Path) -> Outcome<Count> {
    let (first, second) = (contents(first)?, contents(second)?);
    let mut count = Count::default();
    for name in first.keys().chain(second.keys().filter(|name| !first.contains_key(*name))) {
        if first.get(name) == second.get(name) {
            count = count.and(Count { passed: 1, ..Count::default() });
        } else {
            println!("xtask: {name} is not the same in two builds of the same sources.");
            count = count.and(Count { failed: 1, ..Count::default() });
        }
    }
    Ok(count)
}

fn contents(folder: &Path) -> Outcome<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).doing(format!("listing {}", folder.display()))?.flatten() {
        let bytes = fs::read(entry.path()).doing(format!("reading {}", entry.path().display()))?;
        files.insert(entry.file_name().to_string_lossy().into_owned(), bytes);
    }
    Ok(files)
}

/// Copies the sources, also where there is no git. What the lock files install is the same by their hashes: a link leads to it.
fn copy_sources(root: &Path, copy: &Path) -> Outcome {
    copy_folder(root, copy)?;
    for folder in ["node_modules", "web/node_modules"] {
        symlink(&root.join(folder), &copy.join(folder)).doing(format!("linking {folder}"))?;
    }
    fs::create_dir_all(copy.join("target")).doing("making the target folder of the copy")
}

fn copy_folder(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to).doing(format!("making {}", to.display()))?;
    for entry in fs::read_dir(from).doing(format!("listing {}", from.display()))?.flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if name.starts_with('.') || BUILT.contains(&name.as_str()) {
            continue;
        }
        let place = to.join(&name);
        if path.is_dir() {
            copy_folder(&path, &place)?;
        } else {
            fs::copy(&path, &place).doing(format!("copying {}", path.display()))?;
        }
    }
    Ok(())
}

/// Removes the copy, so that nothing in it was built before.
fn clear(copy: &Path) -> Outcome {
    if copy.exists() { fs::remove_dir_all(copy).doing("removing the copy of the sources") } else { Ok(()) }
}
