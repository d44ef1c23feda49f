//! The log: entries, Merkle tree, checkpoints, witnesses and receipts (section 5).

pub mod checkpoint;
pub mod consent;
pub mod entry;
pub mod notice;
pub mod receipt;
pub mod replacement;
pub mod tree;
pub mod witness;
