//! A teller's request for its boxes (section 4).

use crate::{
    manifest::{ElectionId, Manifest},
    signature::{SIGNATURE_LEN, SignSecret},
};

/// A request may be this old or this far ahead, in milliseconds.
pub const FETCH_WINDOW_MS: u64 = 120_000;

/// A signed request of teller `j`: `u64 ms` and a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchRequest {
    /// The teller `j`, from 1.
    pub teller: u8,
    /// When it was made, in ms since 1970.
    pub ms: u64,
    /// Over `hash("isoloir/v1/fetch", election_id, u8 j, u64 ms)`.
    pub signature: [u8; SIGNATURE_LEN],
}

impl FetchRequest {
    /// Makes a request at time `ms`.
    pub fn sign(election: &ElectionId, teller: u8, ms: u64, secret: &SignSecret) -> Self {
        let signature = secret.sign("isoloir/v1/fetch", &[election.as_bytes(), &[teller], &ms.to_be_bytes()]);
        Self { teller, ms, signature }
    }

    /// Whether the request is the teller's and fresh at time `now`.
    pub fn verify(&self, manifest: &Manifest, now: u64) -> bool {
        let Some(keys) = manifest.teller_keys(self.teller) else {
            return false;
        };
        self.ms.abs_diff(now) <= FETCH_WINDOW_MS
            && keys.sign.verify("isoloir/v1/fetch", &[manifest.id().as_bytes(), &[self.teller], &self.ms.to_be_bytes()], &self.signature)
    }
}
