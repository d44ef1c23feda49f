//! Isoloir.
fn main() {}
