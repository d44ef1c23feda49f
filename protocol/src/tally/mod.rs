//! Counting: buckets, reports with complaints, sums and totals (sections 6 to 8).

pub mod bucket;
pub mod complaint;
mod opener;
pub mod report;
mod slice;
pub mod sums;

pub use opener::{Opener, OpenerError, Progress};
pub use slice::SliceOpener;
