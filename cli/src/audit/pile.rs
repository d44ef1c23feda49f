//! Receipts by the pile: files, folders and zips of them.

use std::{fs, path::Path};

use isoloir_protocol::{archive::json_files, log::receipt::Receipt};

use crate::{durable, problem, problem::Outcome};

/// How far below a folder receipts are looked for.
const DEEPEST: usize = 4;

/// Adds the receipts at a path: one file, or every JSON file of a folder or a zip. One that is no receipt is a failure that
/// names it: a pile that is checked in part must not look like one that is checked whole.
pub fn read(path: &Path, receipts: &mut Vec<Receipt>) -> Outcome<()> {
    if path.is_dir() {
        return folder(path, receipts, 0);
    }
    let bytes = durable::read(path)?;
    if !bytes.starts_with(b"PK") {
        return add(&path.display().to_string(), &bytes, receipts);
    }
    let unreadable = |error: &dyn std::fmt::Display| problem!("receipt-unreadable", "path" => path.display()).because(error);
    for (name, content) in json_files(&bytes).map_err(|error| unreadable(&error))? {
        add(&format!("{}: {name}", path.display()), &content, receipts)?;
    }
    Ok(())
}

fn folder(path: &Path, receipts: &mut Vec<Receipt>, depth: usize) -> Outcome<()> {
    let unreadable = |error: &std::io::Error| problem!("file-unreadable", "path" => path.display()).because(error);
    let entries = fs::read_dir(path).map_err(|error| unreadable(&error))?;
    let mut paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(|error| unreadable(&error))?;
    // The same order on every machine.
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if depth < DEEPEST {
                folder(&path, receipts, depth.saturating_add(1))?;
            }
        } else if path.extension().is_some_and(|extension| extension == "json") {
            add(&path.display().to_string(), &durable::read(&path)?, receipts)?;
        }
    }
    Ok(())
}

fn add(name: &str, bytes: &[u8], receipts: &mut Vec<Receipt>) -> Outcome<()> {
    let text = std::str::from_utf8(bytes).map_err(|error| problem!("receipt-unreadable", "path" => name).because(&error))?;
    receipts.push(Receipt::parse(text).map_err(|error| problem!("receipt-unreadable", "path" => name).because(&error))?);
    Ok(())
}
