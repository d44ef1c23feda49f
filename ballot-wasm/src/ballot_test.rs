//! The second device that checks a disclosed test ballot (section 4, "Testing the device").

use isoloir_protocol::{
    ballot::{
        SUPERSEDES_NONE,
        disclosure::{self, DisclosureError},
    },
    manifest::Manifest,
};
use serde::Serialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::{
    convert::{Thrown, thrown, thrown_view},
    election::manifest,
    error::{DisclosureProblem, ModuleError},
    voter::{Answer, SlotInfo},
};

/// What a test ballot held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct CheckedDisclosure {
    /// The election.
    pub election: String,
    /// The slot that was tested.
    pub slot: u32,
    /// Index of the ballot that it would have replaced.
    pub supersedes: Option<u64>,
    /// The choices in it.
    pub choices: Vec<Answer>,
    /// To be compared with the code noted from the first device.
    pub receipt_code: String,
    /// Whether key and superseded ballot are the slot's current ones according to the server; null if it was not asked.
    pub current: Option<bool>,
}

/// Checks disclosures of one election.
#[wasm_bindgen]
pub struct BallotTest {
    manifest: Manifest,
}

impl BallotTest {
    /// A checker for the election with this manifest.
    pub fn of(id: &str, manifest_bytes: &[u8]) -> Result<Self, ModuleError> {
        manifest(id, manifest_bytes).map(|manifest| Self { manifest })
    }

    /// Recomputes the ballot and shows what it held.
    pub fn open(&self, disclosed: &[u8], slot: Option<&SlotInfo>) -> Result<CheckedDisclosure, ModuleError> {
        let found = disclosure::check(&self.manifest, disclosed).map_err(|error| ModuleError::Disclosure {
            problem: match error {
                DisclosureError::Election => DisclosureProblem::OtherElection,
                DisclosureError::Choice(_) => DisclosureProblem::Choices,
                _ => DisclosureProblem::Format,
            },
            detail: error.to_string(),
        })?;
        let choices = found
            .choices
            .questions()
            .zip(&self.manifest.questions)
            .map(|(choice, question)| Answer { options: choice.options(question), blank: choice.is_blank(question) })
            .collect();
        let supersedes = (found.supersedes != SUPERSEDES_NONE).then_some(found.supersedes);
        let current = slot.map(|slot| {
            slot.slot == found.slot
                && slot.key == hex::encode(found.key.bytes())
                && slot.current.as_ref().map(|current| current.index) == supersedes
        });
        Ok(CheckedDisclosure {
            election: self.manifest.id().to_string(),
            slot: found.slot,
            supersedes,
            choices,
            receipt_code: found.fingerprint.code(),
            current,
        })
    }
}

#[wasm_bindgen]
impl BallotTest {
    /// See [`Self::of`].
    #[wasm_bindgen(constructor)]
    pub fn new(id: &str, manifest_bytes: &[u8]) -> Thrown<BallotTest> {
        thrown(Self::of(id, manifest_bytes))
    }

    /// See [`Self::open`]; `slot_json` is the server's description of the slot, if it was asked.
    pub fn check(&self, disclosed: &[u8], slot_json: Option<String>) -> Thrown<JsValue> {
        let slot = slot_json.and_then(|json| serde_json::from_str::<SlotInfo>(&json).ok());
        thrown_view(self.open(disclosed, slot.as_ref()))
    }
}

/// Slot of a disclosure, so that the page can ask the server about it before it checks.
#[wasm_bindgen(js_name = disclosedSlot)]
pub fn disclosed_slot(disclosed: &[u8]) -> Option<u32> {
    let slot = disclosed.get(32..36)?;
    slot.try_into().ok().map(u32::from_be_bytes)
}

/// Election of a disclosure, for the same reason.
#[wasm_bindgen(js_name = disclosedElection)]
pub fn disclosed_election(disclosed: &[u8]) -> Option<String> {
    let id: [u8; 32] = disclosed.get(..32)?.try_into().ok()?;
    Some(isoloir_protocol::manifest::ElectionId::from(id).to_string())
}
