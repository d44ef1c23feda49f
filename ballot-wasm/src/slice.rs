//! A further worker that opens boxes for a teller: two cores, half the time.

use isoloir_protocol::{tally::SliceOpener, teller::TellerSecret};
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

use crate::{
    convert::{Thrown, thrown},
    election::manifest,
    error::ModuleError,
    generator,
};

/// Holds a copy of the teller's keys, wiped when it is freed.
#[wasm_bindgen]
pub struct BoxHelper(SliceOpener);

impl BoxHelper {
    /// A helper of teller `j`, with the keys of [`Teller::helper_key`](crate::Teller::helper_key).
    pub fn start(id: &str, manifest_bytes: &[u8], teller: u8, secret: &[u8], buckets: usize) -> Result<Self, ModuleError> {
        let manifest = manifest(id, manifest_bytes)?;
        let secret = TellerSecret::from_slice(secret).ok_or_else(|| ModuleError::Argument { detail: "secret".to_owned() })?;
        Ok(Self(SliceOpener::new(manifest, teller, secret, buckets)))
    }

    /// What [`Teller::merge_found`](crate::Teller::merge_found) takes.
    pub fn find(&self, slice: &[u8]) -> Result<Zeroizing<Vec<u8>>, ModuleError> {
        self.0.open(slice, &mut generator()?).map_err(|_| ModuleError::Argument { detail: "slice".to_owned() })
    }
}

#[wasm_bindgen]
impl BoxHelper {
    /// See [`Self::start`]. The module's copy of the keys is wiped.
    #[wasm_bindgen(constructor)]
    pub fn new(id: &str, manifest: &[u8], teller: u8, secret: Vec<u8>, buckets: usize) -> Thrown<BoxHelper> {
        let secret = Zeroizing::new(secret);
        thrown(Self::start(id, manifest, teller, &secret, buckets))
    }

    /// See [`Self::find`].
    pub fn open(&self, slice: &[u8]) -> Thrown<Vec<u8>> {
        thrown(self.find(slice).map(|found| found.to_vec()))
    }
}
