//! Archives that tests audit, kept with the report for the second verifier, which must come to the same one.
//!
//! Only where `ISOLOIR_ARCHIVES` names a folder, as `cargo xtask test` does: its last step reads them (verifier/test/kept.ts).
#![allow(clippy::panic)]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, dead_code, missing_docs)]

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use isoloir_protocol::{archive::Archive, audit::AuditReport, log::receipt::Receipt};

/// Longer logs are left out, and counted there: the second verifier needs some 7 ms for each ballot.
const LONGEST: usize = 4 << 20;

/// What was audited, and what was found.
pub fn keep(archive: &Archive, previous: &[&Archive], receipts: &[Receipt], report: &AuditReport) {
    let Some(folder) = folder() else { return };
    fs::write(folder.join("report.json"), serde_json::to_vec(report).unwrap()).unwrap();
    if archive.entries.iter().map(Vec::len).sum::<usize>() > LONGEST {
        fs::write(folder.join("left-out"), []).unwrap();
        return;
    }
    let receipts: Vec<String> = receipts.iter().map(Receipt::to_json).collect();
    fs::write(folder.join("receipts.json"), format!("[{}]", receipts.join(","))).unwrap();
    write(archive, &folder.join("archive"));
    for (number, archive) in previous.iter().enumerate() {
        write(archive, &folder.join(format!("previous-{number}")));
    }
}

fn write(archive: &Archive, folder: &Path) {
    for (path, content) in archive.to_files() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// A new folder, named after crate, test program and test.
fn folder() -> Option<PathBuf> {
    let all = PathBuf::from(env::var_os("ISOLOIR_ARCHIVES")?);
    fs::create_dir_all(&all).unwrap();
    // Nextest runs each test in a process of its own and names it there.
    let test = env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default().replace("::", ".");
    let name = format!("{}.{}.{test}", env!("CARGO_PKG_NAME"), env!("CARGO_CRATE_NAME"));
    (1_u32..).map(|number| all.join(format!("{name}.{number}"))).find(|folder| match fs::create_dir(folder) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => panic!("{}: {error}", folder.display()),
    })
}
