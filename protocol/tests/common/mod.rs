//! The vectors of `spec/vectors`, which an independent implementation made.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::PathBuf};

use serde_json::Value;

/// Where a vector file or folder is.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/vectors")).join(name)
}

/// The vectors of one file, named without `.json`.
pub fn vector(name: &str) -> Value {
    let text = fs::read_to_string(path(&format!("{name}.json"))).expect(name);
    serde_json::from_str(&text).expect(name)
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
