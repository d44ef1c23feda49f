//! Names for the folders of this machine: what is compiled holds the paths of its sources, for the sentence of a panic, and would be
//! other bytes wherever somebody else compiles it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::setup::wasm_target::Compiler;
use crate::shell::{Doing, Failure, Outcome, cargo_home};

/// What the folder of the crates is called in the standard library, as rust-lang.org builds it.
pub const LIBRARIES: &str = "/rust/deps";

/// The variable in which cargo takes the flags of the compiler. What stands in RUSTFLAGS or in a configuration is not taken besides:
/// it would make other bytes too.
pub const FLAGS: &str = "CARGO_ENCODED_RUSTFLAGS";

/// The flags with which the compiler names no folder of this machine.
pub fn flags(root: &Path, compiler: &Compiler) -> OsString {
    let mut flags: Vec<OsString> = registries().iter().map(|folder| remap(folder, "crates")).collect();
    flags.extend(spellings(root).iter().map(|folder| remap(folder, "isoloir")));
    // Where the sources of the standard library are installed too, the compiler may name them by their place.
    if let (Some(sysroot), Some(commit)) = (compiler.sysroot(root), compiler.fact(root, "commit-hash")) {
        let sources = spellings(&sysroot.join("lib/rustlib/src/rust"));
        flags.extend(sources.iter().map(|folder| remap(folder, &format!("/rustc/{commit}"))));
    }
    encoded(&flags)
}

/// The flag that gives a folder another name.
pub fn remap(folder: &Path, name: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(folder);
    flag.push("=");
    flag.push(name);
    flag
}

/// Flags as cargo takes them in [`FLAGS`].
pub fn encoded(flags: &[OsString]) -> OsString {
    flags.join(OsStr::new("\u{1f}"))
}

/// Where cargo unpacks crates: a folder for each registry or mirror, after the one that holds them all, since the last name that
/// fits is taken.
pub fn registries() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for all in spellings(&cargo_home().join("registry/src")) {
        let mut each: Vec<PathBuf> = std::fs::read_dir(&all).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        each.sort();
        folders.push(all);
        folders.extend(each);
    }
    folders
}

/// Fails if a module names the checkout or cargo's folder, and with them whose machine built it.
pub fn check(root: &Path, module: &Path) -> Outcome {
    let bytes = std::fs::read(module).doing(format!("reading {}", module.display()))?;
    for folder in [root.to_path_buf(), cargo_home()].iter().flat_map(|folder| spellings(folder)) {
        if let Some(path) = path_in(&bytes, &folder) {
            return Err(Failure::new(format!(
                "{} names a folder of this machine, {path}: nobody else can build the same bytes. xtask/src/places.rs gives folders other names.",
                module.display()
            )));
        }
    }
    Ok(())
}

/// A folder as it is written, and as the system knows it if a link leads to it.
fn spellings(folder: &Path) -> Vec<PathBuf> {
    let real = folder.canonicalize().ok().filter(|real| real != folder);
    [folder.to_path_buf()].into_iter().chain(real).collect()
}

/// The first path below a folder that stands in the bytes.
fn path_in(bytes: &[u8], folder: &Path) -> Option<String> {
    let below = format!("{}/", folder.display());
    let place = bytes.windows(below.len()).position(|window| window == below.as_bytes())?;
    let path = bytes.iter().skip(place).take_while(|byte| byte.is_ascii_graphic()).take(200);
    Some(path.map(|byte| char::from(*byte)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_this_machine_is_found_with_its_path_and_another_is_not() {
        let bytes = b"\0\x01/home/me/isoloir/protocol/src/code.rs\0";
        assert_eq!(path_in(bytes, Path::new("/home/me/isoloir")).as_deref(), Some("/home/me/isoloir/protocol/src/code.rs"));
        assert_eq!(path_in(bytes, Path::new("/home/me/iso")), None);
    }

    #[test]
    fn flags_stay_apart_where_a_folder_has_a_space() {
        let flags = [remap(Path::new("/my work"), "isoloir"), remap(Path::new("/c"), "crates")];
        assert_eq!(encoded(&flags), OsString::from("--remap-path-prefix=/my work=isoloir\u{1f}--remap-path-prefix=/c=crates"));
    }
}
