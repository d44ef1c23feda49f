//! A teller's key on paper, and a teller's passphrase made of words.

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    key_file::{self, Kind},
    paper::{self, PaperError, WordList},
    teller::{TELLER_SECRET_LEN, TellerSecret},
};
use serde::Serialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use zeroize::Zeroizing;

use crate::{
    convert::{Thrown, thrown, thrown_view},
    election::fingerprint,
    error::{KeyProblem, ModuleError, PaperProblem},
    generator,
    teller::{NewTellerKey, key, key_problem, seal_new},
};

/// What is printed on a teller's sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PaperSheet {
    /// The private keys as 52 words. Secret: whoever reads them is the teller.
    pub words: Vec<String>,
    /// The sealed key file on one line, for the QR code: useless without the passphrase.
    pub file: String,
    /// Base64 of the key to which boxes are sealed.
    pub seal: String,
    /// Base64 of the signing key.
    pub sign: String,
    /// Short form of the signing key.
    pub fingerprint: String,
}

/// What a key file says without its passphrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct KeyLabel {
    /// Base64 of the signing key.
    pub sign: String,
    /// Short form of the signing key.
    pub fingerprint: String,
}

/// The sheet of a key file. What the key has confirmed is not on it: a key that comes back from paper remembers nothing.
pub fn sheet(file: &str, passphrase: &str, language: &str) -> Result<PaperSheet, ModuleError> {
    let (kind, bytes) = key_file::open(file, passphrase).map_err(|error| key_problem(&error))?;
    if kind != Kind::Teller {
        return Err(key(KeyProblem::Role));
    }
    let secret: &[u8; TELLER_SECRET_LEN] = bytes.first_chunk().ok_or_else(|| key(KeyProblem::File))?;
    let keys = TellerSecret::from_slice(secret).ok_or_else(|| key(KeyProblem::File))?;
    let plain = match bytes.len() {
        TELLER_SECRET_LEN => file.to_owned(),
        _ => key_file::seal(Kind::Teller, secret, passphrase, &mut generator()?).map_err(|error| key_problem(&error))?,
    };
    let compact: serde_json::Value = serde_json::from_str(&plain).map_err(|_| key(KeyProblem::File))?;
    Ok(PaperSheet {
        words: paper::words(secret, list(language)).split(' ').map(str::to_owned).collect(),
        file: compact.to_string(),
        seal: STANDARD.encode(keys.seal_key().bytes()),
        sign: STANDARD.encode(keys.sign_key().bytes()),
        fingerprint: fingerprint(&keys.sign_key()),
    })
}

/// The keys of a sheet's words, sealed under a new passphrase.
pub fn restore(words: &str, passphrase: &str) -> Result<NewTellerKey, ModuleError> {
    let secret = paper::read(words).map_err(|error| ModuleError::Paper { problem: problem(error) })?;
    let keys = TellerSecret::from_slice(secret.as_slice()).ok_or_else(|| key(KeyProblem::File))?;
    seal_new(&keys, passphrase)
}

/// Whose key file it is, for a scanned or chosen one.
pub fn label(file: &str) -> Result<KeyLabel, ModuleError> {
    let label = key_file::label(file).map_err(|error| key_problem(&error))?;
    if label.kind != Kind::Teller {
        return Err(key(KeyProblem::Role));
    }
    Ok(KeyLabel { sign: STANDARD.encode(label.sign.bytes()), fingerprint: fingerprint(&label.sign) })
}

fn list(language: &str) -> WordList {
    if language.starts_with("fr") { WordList::French } else { WordList::English }
}

fn problem(error: PaperError) -> PaperProblem {
    match error {
        PaperError::Count { found } => PaperProblem::Count { found },
        PaperError::Unknown { places } => PaperProblem::Unknown { places },
        PaperError::Wrong { places } => PaperProblem::Wrong { places },
        PaperError::Swapped { places } => PaperProblem::Swapped { places: places.to_vec() },
        _ => PaperProblem::Damaged,
    }
}

/// See [`sheet`].
#[wasm_bindgen(js_name = paperSheet)]
pub fn paper_sheet(file: &str, passphrase: String, language: &str) -> Thrown<JsValue> {
    let passphrase = Zeroizing::new(passphrase);
    thrown_view(sheet(file, &passphrase, language))
}

/// See [`restore`].
#[wasm_bindgen(js_name = restoreFromWords)]
pub fn restore_from_words(words: String, passphrase: String) -> Thrown<JsValue> {
    let (words, passphrase) = (Zeroizing::new(words), Zeroizing::new(passphrase));
    thrown_view(restore(&words, &passphrase))
}

/// See [`label`].
#[wasm_bindgen(js_name = keyLabel)]
pub fn key_label(file: &str) -> Thrown<JsValue> {
    thrown_view(label(file))
}

/// Six words by chance.
#[wasm_bindgen(js_name = suggestPassphrase)]
pub fn suggest_passphrase(language: &str) -> Thrown<String> {
    thrown(generator().map(|mut rng| paper::generate_passphrase(list(language), &mut rng).to_string()))
}
