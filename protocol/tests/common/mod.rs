//! The vectors of `spec/vectors`, which an independent implementation made.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::arithmetic_side_effects)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// Where a vector file or folder is.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/vectors")).join(name)
}

/// A browser has no files: there the vectors are part of the test.
#[cfg(target_arch = "wasm32")]
static EMBEDDED: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../spec/vectors");

/// A file of the vectors.
pub fn read(name: &str) -> Vec<u8> {
    #[cfg(target_arch = "wasm32")]
    return EMBEDDED.get_file(name).expect(name).contents().to_vec();
    #[cfg(not(target_arch = "wasm32"))]
    fs::read(path(name)).expect(name)
}

/// All files below a folder of the vectors, by their path in it.
pub fn folder(name: &str) -> BTreeMap<String, Vec<u8>> {
    #[cfg(target_arch = "wasm32")]
    return EMBEDDED
        .find(&format!("{name}/**/*"))
        .expect(name)
        .filter_map(include_dir::DirEntry::as_file)
        .map(|file| (file.path().strip_prefix(name).unwrap().to_str().unwrap().to_owned(), file.contents().to_vec()))
        .collect();
    #[cfg(not(target_arch = "wasm32"))]
    files(&path(name))
}

/// The vectors of one file, named without `.json`.
pub fn vector(name: &str) -> Value {
    serde_json::from_slice(&read(&format!("{name}.json"))).expect(name)
}

/// The items of an array of vectors; never none.
pub fn items(value: &Value) -> &[Value] {
    let items = value.as_array().expect("an array");
    assert!(!items.is_empty());
    items
}

/// The string that stands here.
pub fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

/// The bytes that stand here in hexadecimal.
pub fn hex(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).expect("hexadecimal")
}

/// Bytes of a known length that stand here in hexadecimal.
pub fn array<const N: usize>(value: &Value) -> [u8; N] {
    hex(value).try_into().expect("another length")
}

/// An integer, or a decimal string where it may exceed 2^53.
pub fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| text(value).parse().expect("a number"))
}

/// All files below a folder, by their path in it.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Applies the changes of an item of elections-rejected.json.
pub fn mutated(base: &str, changes: &Value) -> BTreeMap<String, Vec<u8>> {
    let mut files = folder(&format!("elections/{base}"));
    for change in changes.as_array().unwrap() {
        let file = text(&change["file"]).to_owned();
        if change.get("delete").is_some() {
            assert!(files.remove(&file).is_some(), "{file}");
        } else if let Some(content) = change.get("text") {
            files.insert(file, text(content).as_bytes().to_vec());
        } else if let Some(content) = change.get("hex") {
            files.insert(file, hex(content));
        } else {
            let content = files.get_mut(&file).unwrap();
            for splice in items(&change["splice"]).iter().rev() {
                let at = usize::try_from(number(&splice["at"])).unwrap();
                let until = at + usize::try_from(number(&splice["remove"])).unwrap();
                content.splice(at..until, hex(&splice["insert"]));
            }
        }
    }
    files
}
