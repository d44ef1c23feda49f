//! Isoloir.
