//! The protocol in the browser: wasm-bindgen classes for each kind of user, and the page around them
//! (address, files, storage).
//!
//! Nothing here computes anything of the protocol: arguments are converted, `isoloir-protocol` is called,
//! results and errors are converted back. There are two builds: the small one of the voters' pages, and
//! with the feature `count` the one of tellers, witnesses and auditors, who replay whole logs. Every class has a plain Rust half, which the native tests use,
//! and a bound half, which TypeScript sees. Requests to the server are made by `web/src/wasm`.

#[cfg(feature = "count")]
mod auditor;
mod ballot_test;
mod convert;
mod election;
mod error;
#[cfg(feature = "count")]
mod lock;
#[cfg(feature = "count")]
mod log;
mod page;
#[cfg(feature = "count")]
mod paper;
mod receipt;
#[cfg(feature = "count")]
mod replay;
#[cfg(feature = "count")]
mod slice;
#[cfg(feature = "count")]
mod teller;
#[cfg(all(test, feature = "count", not(target_arch = "wasm32")))]
mod tests;
#[cfg(all(test, feature = "count", not(target_arch = "wasm32")))]
mod typescript;
mod voter;
#[cfg(feature = "count")]
mod witness;

#[cfg(feature = "count")]
pub use auditor::{Auditor, ProofHelper};
pub use ballot_test::BallotTest;
pub use error::ModuleError;
pub use receipt::Receipt;
#[cfg(feature = "count")]
pub use slice::BoxHelper;
#[cfg(feature = "count")]
pub use teller::Teller;
pub use voter::Voter;
#[cfg(feature = "count")]
pub use witness::Witness;

use getrandom::SysRng;
use isoloir_protocol::rand_core::UnwrapErr;
use wasm_bindgen::prelude::wasm_bindgen;

use error::Missing;

/// The version of the program.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// The operating system's generator, once it has been seen to work.
fn generator() -> Result<UnwrapErr<SysRng>, ModuleError> {
    let mut probe = [0; 1];
    getrandom::fill(&mut probe).map_err(|_| ModuleError::Unsupported { what: Missing::Random })?;
    Ok(UnwrapErr(SysRng))
}

/// A time of JavaScript as ms since 1970; what is no such time becomes 0.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn milliseconds(time: f64) -> u64 {
    time as u64
}

/// A size, index or time as JavaScript's number: exact, for none reaches 2^53.
#[allow(clippy::cast_precision_loss, reason = "below 2^53")]
#[cfg(feature = "count")]
fn number(value: u64) -> f64 {
    value as f64
}
