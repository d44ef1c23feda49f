//! Receipts, checked by the voter's device, and what became of their ballots.

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    ballot::Submission,
    codec::symbol_value,
    group::Point,
    log::receipt::{self as protocol, ReceiptError, normalised_code},
    manifest::{ElectionId, Manifest},
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::{
    convert::{Thrown, thrown, thrown_view},
    election::manifest,
    error::{ModuleError, ReceiptCodeProblem, ReceiptProblem, SlotProblem},
    voter::{ListedBallot, SlotInfo, point},
};

/// What a receipt file says about itself, unchecked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ReceiptHead {
    /// The election.
    pub election: String,
    /// The slot.
    pub slot: u32,
    /// The receipt code.
    pub code: String,
    /// Log index of the ballot.
    pub index: u64,
}

/// A receipt that this device has verified: election, entry, signed checkpoint, inclusion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct CheckedReceipt {
    /// The election.
    pub election: String,
    /// The slot.
    pub slot: u32,
    /// The receipt code.
    pub code: String,
    /// Whether the code was recomputed from the entry. It is not where the slot's key was replaced after the ballot, or
    /// where the key is not known; the ballot is in the log all the same.
    pub code_proved: bool,
    /// Log index of the ballot.
    pub index: u64,
    /// Time of the entry in ms since 1970, by the log's clock.
    pub time: u64,
    /// How many entries the signed checkpoint covers.
    pub size: u64,
    /// Names of the witnesses that validly cosigned it.
    pub witnesses: Vec<String>,
    /// The receipt file, to be saved.
    pub file: String,
    /// A name for it that says nothing about the voter.
    pub file_name: String,
}

/// What became of a ballot. `proved`: this device has checked a proof of it; else the server says so, and only an audit
/// would prove it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[allow(clippy::large_enum_variant, reason = "made once per question")]
pub enum ReceiptOutcome {
    /// In the urn (proved), and the slot's current ballot according to the server.
    InUrn {
        /// The receipt against the server's latest checkpoint.
        receipt: CheckedReceipt,
        /// Always.
        proved: bool,
    },
    /// A later ballot was cast with this voter's codes: an alarm unless it was the voter.
    Replaced {
        /// The receipt against the server's latest checkpoint.
        receipt: CheckedReceipt,
        /// The later ballot.
        by: ListedBallot,
        /// Whether that one was proved to be in the log too.
        proved: bool,
    },
    /// The server lists no such ballot of the slot. With a valid receipt file at hand this convicts the server.
    NotFound {
        /// The slot asked for.
        slot: u32,
        /// The code asked for.
        code: String,
        /// The voter's own receipt, if it holds.
        held: Option<CheckedReceipt>,
        /// What the server lists.
        listed: Vec<ListedBallot>,
    },
    /// One of the counted ballots.
    Counted {
        /// The receipt against the server's latest checkpoint.
        receipt: CheckedReceipt,
        /// Whether the result is logged; else the set is fixed and the tellers are adding up.
        published: bool,
        /// Whether a replay has shown it.
        proved: bool,
    },
    /// Excluded by a proven complaint.
    Void {
        /// The receipt against the server's latest checkpoint.
        receipt: CheckedReceipt,
        /// Whose complaint it was, if the server says.
        reason: Option<VoidReason>,
        /// Whether a replay has shown it.
        proved: bool,
    },
}

/// A proven complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct VoidReason {
    /// The teller, from 1.
    pub teller: u8,
    /// What it proved.
    pub complaint: ComplaintKind,
}

/// What a complaint shows (section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ComplaintKind {
    /// The box fails the box check.
    Malformed,
    /// The box does not open.
    Open,
    /// The box holds something that is no share.
    Encoding,
    /// The shares do not fit the ballot.
    Share,
    /// There is no box; the ballot stays counted.
    Missing,
}

/// What is used of the server's status.
#[derive(Deserialize)]
struct Status {
    phase: String,
    #[serde(default)]
    void: Vec<StatusVoid>,
}

#[derive(Deserialize)]
struct StatusVoid {
    index: u64,
    #[serde(flatten)]
    reason: Option<VoidReason>,
}

/// What is asked about a ballot, and the server's answers.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The slot.
    pub slot: u32,
    /// The receipt code, normalised.
    pub code: &'a str,
    /// The voter's receipt file, if there is one.
    pub held: Option<&'a str>,
    /// The server's description of the slot.
    pub slot_json: &'a str,
    /// The server's receipt for the ballot with this code, if it lists one.
    pub found: Option<&'a str>,
    /// The server's receipt for the slot's current ballot, if that is another one.
    pub current: Option<&'a str>,
    /// The server's status of the election.
    pub status: &'a str,
}

/// Checks receipts of one election.
#[wasm_bindgen]
pub struct Receipt {
    manifest: Manifest,
}

impl Receipt {
    /// A checker for the election with this manifest.
    pub fn of(id: &str, manifest_bytes: &[u8]) -> Result<Self, ModuleError> {
        manifest(id, manifest_bytes).map(|manifest| Self { manifest })
    }

    /// Verifies a receipt file; with the slot's key also the code.
    pub fn verify(&self, file: &str, key: Option<&Point>) -> Result<CheckedReceipt, ModuleError> {
        let receipt = protocol::Receipt::parse(file).map_err(refused)?;
        let checked = receipt.check(&self.manifest).map_err(refused)?;
        let code = normalised_code(&receipt.code).ok_or_else(|| problem(ReceiptProblem::Format, "the code"))?;
        let code_proved = key.is_some_and(|key| checked.fingerprint(&self.manifest, key).is_ok());
        let mut witnesses: Vec<usize> = checked.cosignatures.iter().map(|one| one.witness).collect();
        witnesses.sort_unstable();
        witnesses.dedup();
        Ok(CheckedReceipt {
            election: self.manifest.id().to_string(),
            slot: receipt.slot,
            code_proved,
            index: checked.index,
            time: checked.time,
            size: checked.size,
            witnesses: witnesses.into_iter().filter_map(|place| Some(self.manifest.witnesses.get(place)?.name.clone())).collect(),
            file: receipt.to_json(),
            file_name: format!("isoloir-{}.json", code.get(..9).unwrap_or_default()),
            code,
        })
    }

    /// Verifies the server's answer to a submission: the receipt of this very ballot with this very code.
    pub fn verify_answer(&self, submission: &[u8], code: &str, file: &str) -> Result<CheckedReceipt, ModuleError> {
        let sent = Submission::decode(&self.manifest, submission).map_err(|error| ModuleError::Argument { detail: error.to_string() })?;
        let checked = self.verify(file, None)?;
        let receipt = protocol::Receipt::parse(file).map_err(refused)?;
        let leaf = STANDARD.decode(&receipt.leaf).unwrap_or_default();
        // The body of a leaf stands after its kind and time.
        if leaf.get(9..) != Some(sent.public()) || checked.code != code {
            return Err(problem(ReceiptProblem::OtherBallot, "not the ballot that was sent"));
        }
        // The code is this device's own, made from the same bytes under the key that they were signed with.
        Ok(CheckedReceipt { code_proved: true, ..checked })
    }

    /// What became of a ballot.
    pub fn trace(&self, question: Question<'_>) -> Result<ReceiptOutcome, ModuleError> {
        let invalid = || ModuleError::Slot { problem: SlotProblem::Invalid };
        let slot: SlotInfo = serde_json::from_str(question.slot_json).map_err(|_| invalid())?;
        let key = point(&slot.key).ok_or_else(invalid)?;
        if slot.slot != question.slot {
            return Err(invalid());
        }
        let held = question.held.map(|file| self.verify(file, Some(&key))).transpose()?;
        if held.as_ref().is_some_and(|held| held.slot != question.slot || held.code != question.code) {
            return Err(problem(ReceiptProblem::OtherBallot, "the file is of another ballot"));
        }
        let Some(listed) = slot.ballots.iter().find(|ballot| ballot.code == question.code) else {
            let SlotInfo { ballots: listed, .. } = slot;
            let code = question.code.to_owned();
            return Ok(ReceiptOutcome::NotFound { slot: question.slot, code, held, listed });
        };
        let found = question.found.ok_or_else(|| problem(ReceiptProblem::Proof, "the server gives no receipt for a ballot it lists"))?;
        let receipt = self.verify(found, Some(&key))?;
        let same =
            receipt.slot == question.slot && receipt.code == question.code && receipt.index == listed.index && receipt.time == listed.time;
        if !same {
            return Err(problem(ReceiptProblem::OtherBallot, "the server's receipt is of another ballot"));
        }
        if let Some(held) = &held {
            same_log(held, &receipt)?;
        }
        let status: Status = serde_json::from_str(question.status).map_err(|_| ModuleError::Argument { detail: "status".to_owned() })?;
        if let Some(by) = slot.current.filter(|current| current.index != listed.index) {
            let proved = question
                .current
                .map(|file| self.verify(file, Some(&key)))
                .transpose()?
                .is_some_and(|later| later.slot == receipt.slot && later.index == by.index && later.index > receipt.index);
            return Ok(ReceiptOutcome::Replaced { receipt, by, proved });
        }
        if let Some(void) = status.void.into_iter().find(|void| void.index == receipt.index) {
            return Ok(ReceiptOutcome::Void { receipt, reason: void.reason, proved: false });
        }
        match status.phase.as_str() {
            "fixed" | "counted" => {
                let published = status.phase == "counted";
                Ok(ReceiptOutcome::Counted { receipt, published, proved: false })
            }
            _ => Ok(ReceiptOutcome::InUrn { receipt, proved: true }),
        }
    }
}

/// The voter's receipt and the server's must be of one log: the same ballot at the same place, and a log that only grew.
fn same_log(held: &CheckedReceipt, found: &CheckedReceipt) -> Result<(), ModuleError> {
    if held.index != found.index || held.time != found.time {
        return Err(problem(ReceiptProblem::Proof, "the server shows the ballot at another place than the receipt"));
    }
    if found.size < held.size {
        return Err(problem(ReceiptProblem::Checkpoint, "the server's log is shorter than the receipt's"));
    }
    Ok(())
}

#[wasm_bindgen]
impl Receipt {
    /// See [`Self::of`].
    #[wasm_bindgen(constructor)]
    pub fn new(id: &str, manifest: &[u8]) -> Thrown<Receipt> {
        thrown(Self::of(id, manifest))
    }

    /// See [`Self::verify`]; `slot_json` is the server's description of the slot, if it was asked.
    pub fn check(&self, file: &str, slot_json: Option<String>) -> Thrown<JsValue> {
        let slot = slot_json.and_then(|json| serde_json::from_str::<SlotInfo>(&json).ok());
        let key = slot.and_then(|slot| point(&slot.key));
        thrown_view(self.verify(file, key.as_ref()))
    }

    /// See [`Self::verify_answer`].
    #[wasm_bindgen(js_name = checkSubmission)]
    pub fn check_submission(&self, submission: &[u8], code: &str, file: &str) -> Thrown<JsValue> {
        thrown_view(self.verify_answer(submission, code, file))
    }

    /// See [`Self::trace`].
    #[allow(clippy::too_many_arguments, reason = "the texts of five requests")]
    pub fn outcome(
        &self,
        slot: u32,
        code: &str,
        held: Option<String>,
        slot_json: &str,
        found: Option<String>,
        current: Option<String>,
        status: &str,
    ) -> Thrown<JsValue> {
        thrown_view(self.trace(Question {
            slot,
            code,
            held: held.as_deref(),
            slot_json,
            found: found.as_deref(),
            current: current.as_deref(),
            status,
        }))
    }
}

/// Reads a receipt file without checking it.
pub fn head(file: &str) -> Result<ReceiptHead, ModuleError> {
    let receipt = protocol::Receipt::parse(file).map_err(refused)?;
    let id: Option<[u8; 32]> = STANDARD.decode(&receipt.election).ok().and_then(|bytes| bytes.try_into().ok());
    let id = id.ok_or_else(|| problem(ReceiptProblem::Format, "the election"))?;
    Ok(ReceiptHead { election: ElectionId::from(id).to_string(), slot: receipt.slot, code: receipt.code, index: receipt.index })
}

/// A typed receipt code as codes are shown.
pub fn typed_code(typed: &str) -> Result<String, ReceiptCodeProblem> {
    normalised_code(typed).ok_or_else(|| {
        let symbols = || typed.chars().filter(|c| !c.is_whitespace() && *c != '-');
        match symbols().position(|c| symbol_value(c).is_none()) {
            Some(position) => ReceiptCodeProblem::Symbol { position: position.saturating_add(1) },
            None => ReceiptCodeProblem::Length { found: symbols().count() },
        }
    })
}

/// See [`head`].
#[wasm_bindgen(js_name = readReceipt)]
pub fn read_receipt(file: &str) -> Thrown<JsValue> {
    thrown_view(head(file))
}

/// See [`typed_code`].
#[wasm_bindgen(js_name = normaliseReceiptCode)]
pub fn normalise_receipt_code(typed: &str) -> Thrown<String> {
    thrown(typed_code(typed).map_err(|problem| ModuleError::ReceiptCode { problem }))
}

fn problem(problem: ReceiptProblem, detail: &str) -> ModuleError {
    ModuleError::Receipt { problem, detail: detail.to_owned() }
}

fn refused(error: ReceiptError) -> ModuleError {
    let kind = match &error {
        ReceiptError::Election => ReceiptProblem::OtherElection,
        ReceiptError::Leaf(_) | ReceiptError::Slot { .. } | ReceiptError::Code => ReceiptProblem::Leaf,
        ReceiptError::Checkpoint(_) => ReceiptProblem::Checkpoint,
        ReceiptError::Proof => ReceiptProblem::Proof,
        _ => ReceiptProblem::Format,
    };
    problem(kind, &error.to_string())
}
