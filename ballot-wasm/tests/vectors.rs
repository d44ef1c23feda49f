//! The vectors and whole elections of the protocol inside a real browser: the very tests of the protocol
//! crate, built for the target that voters run.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs)]

use wasm_bindgen_test::wasm_bindgen_test_configure;

wasm_bindgen_test_configure!(run_in_browser);

#[path = "../../protocol/tests/ballot.rs"]
mod ballot;
#[path = "../../protocol/tests/dishonest.rs"]
mod dishonest;
#[path = "../../protocol/tests/election.rs"]
mod election;
#[path = "../../protocol/tests/primitives.rs"]
mod primitives;
