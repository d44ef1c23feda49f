//! The standard library for the browser, in three ways.
//!
//! 1. The compiler on PATH already has it.
//! 2. Debian's compiler and the sources of its standard library, built here once: no toolchain is downloaded.
//! 3. rustup adds the target, on an ordinary machine or when asked for with `--rustup`.

use std::path::{Path, PathBuf};

use super::apt;
use crate::places;
use crate::shell::{Doing, Failure, Outcome, ask, cargo_home, command, run, step, which};

/// The target of the browser build.
pub const TARGET: &str = "wasm32-unknown-unknown";

const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];
const LINKER: &str = "/usr/bin/lld-22";

/// The folder whose `rustc` and `cargo` build for the browser.
pub struct Compiler {
    /// To be put first on PATH.
    pub folder: PathBuf,
}

impl Compiler {
    /// What it says of itself by this name, such as `commit-hash`.
    pub fn fact(&self, root: &Path, name: &str) -> Option<String> {
        let version = ask(command(self.folder.join("rustc"), root).arg("-vV"))?;
        version.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(|fact| fact.trim().to_owned())
    }

    /// The folder of its libraries and, where they are installed, their sources.
    pub fn sysroot(&self, root: &Path) -> Option<PathBuf> {
        ask(command(self.folder.join("rustc"), root).args(["--print", "sysroot"])).map(PathBuf::from)
    }
}

/// Finds a compiler that can build for the browser, or makes one.
pub fn ensure(root: &Path, by_rustup: bool) -> Outcome<Compiler> {
    if let Some(compiler) = on_path(root) {
        return Ok(compiler);
    }
    if by_rustup {
        return rustup(root);
    }
    let debian = Debian::new();
    if debian.has_target(root) {
        return Ok(debian.compiler());
    }
    if apt::usable() { step("the browser's standard library, by Debian's compiler", || debian.build(root)) } else { rustup(root) }
}

/// The first `rustc` on PATH that has the target and a `cargo` beside it.
fn on_path(root: &Path) -> Option<Compiler> {
    let rustc = which("rustc")?;
    let folder = rustc.parent()?.to_path_buf();
    (has_core(&library(&rustc, root)?) && folder.join("cargo").is_file()).then_some(Compiler { folder })
}

fn rustup(root: &Path) -> Outcome<Compiler> {
    let rustup = which("rustup").ok_or_else(|| Failure::new(missing()))?;
    let added = step("rustup target add", || run(command(rustup, root).args(["target", "add", TARGET])));
    added.map_err(|failure| Failure::new(format!("{failure}\n{}", missing())))?;
    let folder = cargo_home().join("bin");
    let rustc = folder.join("rustc");
    let found = library(&rustc, root).is_some_and(|library| has_core(&library));
    found.then_some(Compiler { folder }).or_else(|| on_path(root)).ok_or_else(|| Failure::new(missing()))
}

fn missing() -> String {
    format!(
        "The Rust standard library for the browser ({TARGET}) is missing. Install it: `rustup target add {TARGET}`, \
         or, on Debian as root, run `cargo xtask setup`, which builds it from the packages {}.",
        PACKAGES.join(" ")
    )
}

fn library(rustc: &Path, root: &Path) -> Option<PathBuf> {
    let sysroot = ask(command(rustc, root).args(["--print", "sysroot"]))?;
    Some(PathBuf::from(sysroot).join("lib/rustlib").join(TARGET).join("lib"))
}

fn has_core(library: &Path) -> bool {
    let files = std::fs::read_dir(library).into_iter().flatten().flatten();
    files.map(|file| file.file_name().to_string_lossy().into_owned()).any(|name| name.starts_with("libcore-") && name.ends_with(".rlib"))
}

/// Debian's compiler and the place of its library for the browser.
struct Debian {
    folder: PathBuf,
}

impl Debian {
    fn new() -> Self {
        Debian { folder: PathBuf::from("/usr/bin") }
    }

    fn compiler(&self) -> Compiler {
        Compiler { folder: self.folder.clone() }
    }

    fn rustc(&self) -> PathBuf {
        self.folder.join("rustc")
    }

    /// Whether the library is there, was built by the compiler as it is now (an upgrade of the package makes it useless), and names
    /// no folder of the machine that built it.
    fn has_target(&self, root: &Path) -> bool {
        let Some(library) = library(&self.rustc(), root) else { return false };
        let noted = |name: &str| std::fs::read_to_string(library.join(name)).unwrap_or_default().trim().to_owned();
        has_core(&library)
            && Path::new(LINKER).is_file()
            && self.version(root).is_some_and(|version| version == noted(STAMP))
            && noted(NAMED) == places::LIBRARIES
    }

    fn version(&self, root: &Path) -> Option<String> {
        ask(command(self.rustc(), root).arg("-vV"))
    }

    fn build(&self, root: &Path) -> Outcome<Compiler> {
        apt::install(root, &PACKAGES)?;
        let version = self.version(root).ok_or_else(|| Failure::new("Debian's rustc does not run after it was installed."))?;
        let fact = |name: &str| {
            let said = self.compiler().fact(root, name);
            said.ok_or_else(|| Failure::new(format!("Debian's rustc does not tell its {name}.")))
        };
        let (release, host, commit) = (fact("release")?, fact("host")?, fact("commit-hash")?);
        let library = library(&self.rustc(), root).ok_or_else(|| Failure::new("Debian's rustc does not tell its sysroot."))?;
        let rustlib = library.parent().and_then(Path::parent).unwrap_or(&library).to_path_buf();

        // rustc looks for the linker of the browser under the host's own folder.
        let programs = rustlib.join(host).join("bin");
        std::fs::create_dir_all(&programs).doing("making the folder of rust-lld")?;
        let link = programs.join("rust-lld");
        if link.symlink_metadata().is_ok() {
            std::fs::remove_file(&link).doing("replacing rust-lld")?;
        }
        symlink(Path::new(LINKER), &link).doing("linking rust-lld")?;

        let build = root.join("target/std-build");
        let sources = PathBuf::from(format!("/usr/src/rustc-{release}"));
        let mut flags = vec!["-Zforce-unstable-if-unmarked".into(), "-Cembed-bitcode=yes".into(), "-Cpanic=abort".into()];
        // The names that the libraries of rust-lang.org have.
        flags.push(places::remap(&sources, &format!("/rustc/{commit}")));
        flags.extend(places::registries().iter().map(|folder| places::remap(folder, places::LIBRARIES)));
        run(command(self.folder.join("cargo"), &sources.join("library"))
            .args(["build", "--locked", "--release", "-p", "sysroot", "--target", TARGET, "--target-dir"])
            .arg(&build)
            .env("RUSTC", self.rustc())
            // The sources of the standard library may use unstable features, and must be linked as such.
            .env("RUSTC_BOOTSTRAP", "1")
            .env(places::FLAGS, places::encoded(&flags))
            .env("__CARGO_DEFAULT_LIB_METADATA", "bootstrapstd"))?;
        publish(&build.join(TARGET).join("release/deps"), &library)?;
        std::fs::write(library.join(STAMP), version).doing("noting the compiler of the library")?;
        std::fs::write(library.join(NAMED), places::LIBRARIES).doing("noting the names in the library")?;
        std::fs::remove_dir_all(&build).doing("removing target/std-build")?;
        Ok(self.compiler())
    }
}

/// The compiler that built the library.
const STAMP: &str = ".built-with";
/// What its folders are called in it.
const NAMED: &str = ".named";

/// Copies the built libraries into the sysroot, where every cargo sees an ordinary installed target.
fn publish(built: &Path, library: &Path) -> Outcome {
    if library.is_dir() {
        std::fs::remove_dir_all(library).doing("removing an older library for the browser")?;
    }
    std::fs::create_dir_all(library).doing("making the folder of the library for the browser")?;
    for file in std::fs::read_dir(built).doing("listing what was built")?.flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libsysroot-") {
            std::fs::copy(file.path(), library.join(&name)).doing(format!("copying {name}"))?;
        }
    }
    Ok(())
}

/// A link to a file or folder, or a copy of the file where links need special rights.
#[cfg(unix)]
pub fn symlink(original: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(original, link)
}

#[cfg(not(unix))]
pub fn symlink(original: &Path, link: &Path) -> std::io::Result<()> {
    std::fs::copy(original, link).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_recognised_by_its_core() {
        let folder = std::env::temp_dir().join(format!("xtask-core-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert!(!has_core(&folder));
        std::fs::write(folder.join("libcore-0123.rlib"), b"").unwrap();
        assert!(has_core(&folder));
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(!has_core(&folder));
    }

    #[test]
    fn a_missing_target_is_told_with_both_ways_to_install_it() {
        assert!(missing().contains("rustup target add wasm32-unknown-unknown"));
        assert!(missing().contains("rustc-web cargo-web rust-web-src lld-22"));
    }
}
