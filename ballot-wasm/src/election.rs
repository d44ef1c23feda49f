//! A manifest whose bytes hash to the election's id.

use isoloir_protocol::{
    hash::sha256,
    manifest::{Document, ElectionId, Manifest},
    signature::SignKey,
};
use serde::Serialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::{
    convert::{Thrown, thrown_view},
    error::{ManifestProblem, ModuleError},
};

/// What a page shows of a manifest.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ElectionInfo {
    /// Base64url of the id.
    pub id: String,
    /// The manifest as announced.
    #[cfg_attr(test, ts(type = "Manifest"))]
    pub manifest: Document,
    /// When voting begins, in ms since 1970.
    pub opens: u64,
    /// When it ends if it is not extended, in ms since 1970.
    pub closes: u64,
    /// How many tellers must report if not all do (section 8).
    pub quorum: u8,
    /// How many tellers' sums open the result.
    pub threshold: u8,
    /// Bytes of one submission: the same for every choice.
    pub submission_length: usize,
    /// Short forms of the public keys, to be compared with what their holders published.
    pub fingerprints: Fingerprints,
}

/// Short forms of the signing keys of a manifest, in its order.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Fingerprints {
    /// The organiser's.
    pub organiser: String,
    /// The log's.
    pub log: String,
    /// Each teller's.
    pub tellers: Vec<String>,
    /// Each registrar's.
    pub registrars: Vec<String>,
    /// Each witness's.
    pub witnesses: Vec<String>,
}

impl ElectionInfo {
    pub(crate) fn of(manifest: &Manifest) -> Self {
        Self {
            id: manifest.id().to_string(),
            opens: manifest.opens_ms(),
            closes: manifest.closes_ms(),
            quorum: manifest.quorum(),
            threshold: manifest.threshold(),
            submission_length: manifest.submission_len(),
            fingerprints: Fingerprints::of(manifest),
            manifest: Document::clone(manifest),
        }
    }
}

impl Fingerprints {
    fn of(manifest: &Manifest) -> Self {
        let registrars = (0_u8..).zip(&manifest.registrars);
        let tellers = (1_u8..).zip(&manifest.tellers);
        Self {
            organiser: fingerprint(manifest.organiser_key()),
            log: fingerprint(manifest.log_key()),
            tellers: tellers.filter_map(|(j, _)| manifest.teller_keys(j)).map(|keys| fingerprint(&keys.sign)).collect(),
            registrars: registrars.filter_map(|(p, _)| manifest.registrar_key(p)).map(fingerprint).collect(),
            witnesses: manifest.witness_keys().iter().map(|(_, key)| fingerprint(key)).collect(),
        }
    }
}

/// The first 10 bytes of the SHA-256 of a signing key in hexadecimal, in groups of four, as the command line shows it.
pub(crate) fn fingerprint(key: &SignKey) -> String {
    let hash = hex::encode(sha256(key.bytes()));
    let groups = hash.as_bytes().chunks(4).take(5);
    let groups: Vec<&str> = groups.filter_map(|group| core::str::from_utf8(group).ok()).collect();
    groups.join(" ")
}

/// Parses a manifest and compares its hash with the id that the page was asked for.
pub(crate) fn manifest(id: &str, bytes: &[u8]) -> Result<Manifest, ModuleError> {
    let other = |detail: String| ModuleError::Manifest { problem: ManifestProblem::OtherElection, detail };
    let asked: ElectionId = id.parse().map_err(|_| other(String::new()))?;
    let found = ElectionId::of_manifest(bytes);
    if found != asked {
        return Err(other(found.to_string()));
    }
    Manifest::parse(bytes).map_err(|error| ModuleError::Manifest { problem: ManifestProblem::Invalid, detail: error.to_string() })
}

/// Checks a manifest against the id and shows it.
#[wasm_bindgen]
pub fn election(id: &str, bytes: &[u8]) -> Thrown<JsValue> {
    thrown_view(manifest(id, bytes).map(|manifest| ElectionInfo::of(&manifest)))
}
