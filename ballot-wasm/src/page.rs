//! The page around the module: address, files and storage. Runs on the main thread only.

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::manifest::ElectionId;
use js_sys::{Array, Promise, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::{Blob, BlobPropertyBag, File, HtmlAnchorElement, Storage, Url, Window, window};

use crate::{
    convert::{Bytes, Thrown, thrown, to_js},
    error::{FragmentProblem, Missing, ModuleError},
};

/// What stood after `#` in the address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Fragment {
    /// The election.
    pub election: String,
    /// The slot, if the link names one.
    pub slot: Option<u32>,
    /// A voting code or a receipt code as found, not parsed yet.
    pub code: Option<String>,
}

impl Fragment {
    /// Reads `ELECTION`, `ELECTION.SLOT` or `ELECTION.SLOT.CODE`. What mail programs hang on the end of a
    /// link (a full stop, a bracket) is ignored. `None` for an empty fragment.
    pub fn parse(text: &str) -> Result<Option<Self>, FragmentProblem> {
        let text = text.trim_start_matches('#').trim();
        let text = text.trim_end_matches(['.', ',', ';', ':', ')', '>', ']', '"', '\'']);
        if text.is_empty() {
            return Ok(None);
        }
        let mut parts = text.split('.');
        let election = parts.next().unwrap_or_default();
        let election: ElectionId = election.parse().map_err(|_| FragmentProblem::Election)?;
        let slot = match parts.next() {
            None => None,
            Some(digits) => Some(slot_number(digits).ok_or(FragmentProblem::Slot)?),
        };
        let code = parts.next().filter(|code| !code.is_empty()).map(str::to_owned);
        if parts.next().is_some() {
            return Err(FragmentProblem::Shape);
        }
        Ok(Some(Self { election: election.to_string(), slot, code }))
    }

    /// What may stay in the address bar: everything but the code.
    pub fn without_code(&self) -> String {
        match self.slot {
            Some(slot) => format!("#{}.{slot}", self.election),
            None => format!("#{}", self.election),
        }
    }
}

fn slot_number(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten().filter(|slot| *slot > 0)
}

/// Reads the fragment and takes the code out of the address bar and out of the history.
#[wasm_bindgen(js_name = takeFragment)]
pub fn take_fragment() -> Thrown<JsValue> {
    let window = thrown(page())?;
    let location = window.location();
    let fragment = thrown(Fragment::parse(&location.hash()?).map_err(|problem| ModuleError::Fragment { problem }))?;
    let Some(fragment) = fragment else {
        return Ok(JsValue::NULL);
    };
    if fragment.code.is_some() {
        let address = format!("{}{}{}", location.pathname()?, location.search()?, fragment.without_code());
        let history = window.history()?;
        history.replace_state_with_url(&history.state()?, "", Some(&address))?;
    }
    to_js(&fragment)
}

/// Offers a file for download.
#[wasm_bindgen]
pub fn download(name: &str, media_type: &str, content: &[u8]) -> Thrown<()> {
    let document = thrown(page())?.document().ok_or_else(no_window)?;
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = Array::of1(&Uint8Array::from(content));
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let anchor: HtmlAnchorElement = document.create_element("a")?.unchecked_into();
    anchor.set_href(&address);
    anchor.set_download(name);
    // Firefox follows only anchors that are in the document.
    let body = document.body().ok_or_else(no_window)?;
    body.append_child(&anchor)?;
    anchor.click();
    body.remove_child(&anchor)?;
    Url::revoke_object_url(&address)
}

/// Reads a chosen file of at most `limit` bytes: a promise of its `ArrayBuffer`.
#[wasm_bindgen(js_name = readFile)]
pub fn read_file(file: &File, limit: f64) -> Thrown<Promise> {
    if file.size() > limit {
        return thrown(Err(ModuleError::Archive { detail: "too large".to_owned() }));
    }
    Ok(file.array_buffer())
}

/// How long a value is kept.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Until the tab is closed: the progress of one vote.
    Tab,
    /// Until the browser forgets: language, receipts, locks.
    Device,
}

/// Keeps a value; false where the browser forbids it.
#[wasm_bindgen]
pub fn keep(scope: Scope, name: &str, value: &str) -> bool {
    storage(scope).is_some_and(|storage| storage.set_item(&prefixed(name), value).is_ok())
}

/// The value kept under a name.
#[wasm_bindgen]
pub fn kept(scope: Scope, name: &str) -> Option<String> {
    storage(scope)?.get_item(&prefixed(name)).ok().flatten()
}

/// Forgets a value.
#[wasm_bindgen]
pub fn forget(scope: Scope, name: &str) {
    if let Some(storage) = storage(scope) {
        // Removing fails only where nothing could be kept.
        let _ = storage.remove_item(&prefixed(name));
    }
}

/// Whether the browser keeps values at all.
#[wasm_bindgen(js_name = storageWorks)]
pub fn storage_works() -> bool {
    let works = keep(Scope::Device, PROBE, "1") && kept(Scope::Device, PROBE).is_some();
    forget(Scope::Device, PROBE);
    works
}

/// A ballot that was, or is about to be, sent. Holds no code, no seed and no choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PendingSubmission {
    /// The election.
    pub election: String,
    /// The voter's slot.
    pub slot: u32,
    /// The receipt code.
    pub receipt_code: String,
    /// The submission's bytes: the same at every try.
    #[cfg_attr(test, ts(type = "Uint8Array"))]
    pub submission: Bytes,
    /// When it was first to be sent, by this device's clock, in ms since 1970.
    pub time: u64,
    /// The verified receipt file, once there is one.
    pub receipt: Option<String>,
}

/// The stored form.
#[derive(Serialize, Deserialize)]
struct StoredSubmission {
    code: String,
    submission: String,
    time: u64,
    receipt: Option<String>,
}

/// Keeps a submission so that it survives a reload; false where the browser forbids it.
#[wasm_bindgen(js_name = savePending)]
pub fn save_pending(election: &str, slot: u32, receipt_code: &str, submission: &[u8], time: f64, receipt: Option<String>) -> bool {
    let stored = StoredSubmission {
        code: receipt_code.to_owned(),
        submission: STANDARD.encode(submission),
        time: crate::milliseconds(time),
        receipt,
    };
    let name = pending_name(election, slot);
    serde_json::to_string(&stored).is_ok_and(|json| keep(Scope::Device, &name, &json) || keep(Scope::Tab, &name, &json))
}

/// The submission kept for a slot, or null.
#[wasm_bindgen(js_name = loadPending)]
pub fn load_pending(election: &str, slot: u32) -> Thrown<JsValue> {
    let name = pending_name(election, slot);
    let pending =
        [Scope::Device, Scope::Tab].into_iter().find_map(|scope| kept(scope, &name)).and_then(|json| restored(election, slot, &json));
    to_js(&pending)
}

/// The slots of an election for which a submission is kept.
#[wasm_bindgen(js_name = listPending)]
pub fn list_pending(election: &str) -> Vec<u32> {
    let prefix = prefixed(&format!("pending:{election}:"));
    let mut slots: Vec<u32> = [Scope::Device, Scope::Tab]
        .into_iter()
        .filter_map(storage)
        .flat_map(|storage| {
            let count = storage.length().unwrap_or_default();
            (0..count).filter_map(move |index| storage.key(index).ok().flatten()).collect::<Vec<_>>()
        })
        .filter_map(|name| slot_number(name.strip_prefix(&prefix)?))
        .collect();
    slots.sort_unstable();
    slots.dedup();
    slots
}

/// Forgets a submission, once the result is logged.
#[wasm_bindgen(js_name = forgetPending)]
pub fn forget_pending(election: &str, slot: u32) {
    let name = pending_name(election, slot);
    forget(Scope::Device, &name);
    forget(Scope::Tab, &name);
}

const PROBE: &str = "probe";

fn prefixed(name: &str) -> String {
    format!("isoloir:{name}")
}

fn pending_name(election: &str, slot: u32) -> String {
    format!("pending:{election}:{slot}")
}

fn restored(election: &str, slot: u32, json: &str) -> Option<PendingSubmission> {
    let stored: StoredSubmission = serde_json::from_str(json).ok()?;
    Some(PendingSubmission {
        election: election.to_owned(),
        slot,
        receipt_code: stored.code,
        submission: Bytes(STANDARD.decode(stored.submission).ok()?),
        time: stored.time,
        receipt: stored.receipt,
    })
}

fn page() -> Result<Window, ModuleError> {
    window().ok_or(ModuleError::Unsupported { what: Missing::Window })
}

fn no_window() -> JsValue {
    crate::convert::throw(&ModuleError::Unsupported { what: Missing::Window })
}

/// Browsers with storage off throw on the very access, or give none.
fn storage(scope: Scope) -> Option<Storage> {
    let window = window()?;
    let storage = match scope {
        Scope::Tab => window.session_storage(),
        Scope::Device => window.local_storage(),
    };
    storage.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    #[test]
    fn a_link_of_a_voter_is_read_and_its_code_left_out_of_the_address() {
        let link = format!("#{ID}.17.K7QF-2M9T-88XC-P0VD");
        let fragment = Fragment::parse(&link).unwrap().unwrap();
        assert_eq!(fragment.slot, Some(17));
        assert_eq!(fragment.code.as_deref(), Some("K7QF-2M9T-88XC-P0VD"));
        assert_eq!(fragment.without_code(), format!("#{ID}.17"));
        assert_eq!(Fragment::parse(&fragment.without_code()).unwrap().unwrap().code, None);
    }

    #[test]
    fn what_a_mail_program_adds_is_ignored() {
        for tail in [".", ">", ").", ""] {
            let fragment = Fragment::parse(&format!("#{ID}.3.ABCD{tail}")).unwrap().unwrap();
            assert_eq!(fragment.code.as_deref(), Some("ABCD"));
        }
    }

    #[test]
    fn each_wrong_part_is_named() {
        let problem = |text: &str| Fragment::parse(text).unwrap_err();
        assert_eq!(problem("#abc.1.X"), FragmentProblem::Election);
        assert_eq!(problem(&format!("#{ID}.0")), FragmentProblem::Slot);
        assert_eq!(problem(&format!("#{ID}.+1")), FragmentProblem::Slot);
        assert_eq!(problem(&format!("#{ID}.4294967296")), FragmentProblem::Slot);
        assert_eq!(problem(&format!("#{ID}.1.A.B")), FragmentProblem::Shape);
        assert_eq!(Fragment::parse("#").unwrap(), None);
    }

    #[test]
    fn a_kept_submission_comes_back_as_it_was() {
        let json = r#"{"code":"A","submission":"AQID","time":5,"receipt":null}"#;
        let pending = restored(ID, 2, json).unwrap();
        assert_eq!((pending.submission.0, pending.time), (vec![1, 2, 3], 5));
        assert_eq!(restored(ID, 2, "{}"), None);
    }
}
