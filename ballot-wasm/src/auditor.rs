//! An auditor's device: a whole archive, V1 … V12 (section 9).

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    archive::{Archive, ArchiveError},
    audit::{self, AuditReport, ReceiptOutcome, ReceiptVerdict, Status},
    hash::sha256,
    log::{
        checkpoint,
        receipt::{self, ReceiptError},
    },
    manifest::Manifest,
};
use js_sys::Function;
use serde::Serialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::{
    convert::{Thrown, thrown, thrown_view},
    election::manifest,
    error::{ModuleError, ReceiptProblem},
    generator, log, number,
    receipt::{ComplaintKind, VoidReason},
    replay::LogState,
};

/// What an audit found.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct AuditView {
    /// Whether every check holds.
    pub accepted: bool,
    /// V1 … V12 in order.
    pub checks: Vec<CheckView>,
    /// The election at the end of the log, or as far as it was accepted; null without a valid manifest.
    pub state: Option<LogState>,
    /// Entries in the archive.
    pub size: u64,
    /// Base64 of their Merkle root.
    pub root: String,
    /// What became of each receipt.
    pub receipts: Vec<ReceiptView>,
    /// What does not fail the audit but should be known.
    pub warnings: Vec<Warning>,
    /// Log indexes of the counted ballots in slot order; empty before the fix entry.
    pub counted: Vec<u64>,
}

/// A check of section 9.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct CheckView {
    /// `V1` … `V12`.
    pub check: String,
    /// Whether it holds.
    pub verdict: Verdict,
    /// Why not.
    pub findings: Vec<Finding>,
}

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It holds for all there is.
    Holds,
    /// It fails.
    Fails,
    /// Another failure came before it could be decided.
    Undecided,
}

/// One reason why a check fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Log index of the entry, if one is to blame.
    pub index: Option<u64>,
    /// A name for the catalogues.
    pub problem: String,
    /// The facts in English.
    pub detail: String,
}

/// A receipt and what became of its ballot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ReceiptView {
    /// The slot it names.
    pub slot: u32,
    /// Its code.
    pub code: String,
    /// The index it names.
    pub index: u64,
    /// What became of it.
    pub state: ReceiptState,
    /// Who complained, for a void ballot.
    pub reasons: Vec<VoidReason>,
    /// Log index of the slot's latest ballot, if that is another.
    pub latest: Option<u64>,
}

/// What became of a receipt's ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ReceiptState {
    /// It is counted.
    Counted,
    /// It is the slot's current one; the counted set is not fixed yet.
    Current,
    /// A later ballot was cast with the slot's codes: an alarm, unless it was the voter.
    Replaced,
    /// Excluded by a proven complaint: the audit fails.
    Void,
    /// The receipt does not hold against this log: the audit fails.
    Invalid,
}

/// What should be known though the audit passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "problem", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Warning {
    /// Different witnesses whose cosignatures do not fit the times in the log.
    Objections {
        /// How many.
        witnesses: usize,
    },
    /// Lines under a witness's name and key that do not verify.
    WrongCosignatures {
        /// How many.
        lines: usize,
    },
    /// The manifest names an earlier election whose archive was not given.
    PreviousUnchecked,
    /// Slots that no earlier round lists.
    NewSlots {
        /// The slots.
        slots: Vec<u32>,
    },
    /// Slots of the round before that are not in the roll.
    GoneSlots {
        /// The slots.
        slots: Vec<u32>,
    },
}

/// Gathers an archive and audits it.
#[wasm_bindgen]
#[derive(Default)]
pub struct Auditor {
    archive: Archive,
    manifest: Option<Manifest>,
    previous: Vec<Archive>,
    receipts: Vec<receipt::Receipt>,
}

impl Auditor {
    /// Nothing gathered yet.
    pub fn gather() -> Self {
        Self::default()
    }

    /// Takes a whole archive.
    pub fn take_zip(&mut self, bytes: &[u8]) -> Result<(), ModuleError> {
        self.archive = Archive::from_zip(bytes).map_err(|error| unreadable(&error))?;
        Ok(())
    }

    /// Takes the archive of an earlier election, the latest first.
    pub fn take_previous(&mut self, bytes: &[u8]) -> Result<(), ModuleError> {
        self.previous.push(Archive::from_zip(bytes).map_err(|error| unreadable(&error))?);
        Ok(())
    }

    /// Takes a receipt file.
    pub fn take_receipt(&mut self, file: &str) -> Result<(), ModuleError> {
        let read = receipt::Receipt::parse(file)
            .map_err(|error: ReceiptError| ModuleError::Receipt { problem: ReceiptProblem::Format, detail: error.to_string() });
        self.receipts.push(read?);
        Ok(())
    }

    /// Begins to gather a log: its checkpoint says how many entries are to follow.
    pub fn begin(&mut self, id: &str, manifest_bytes: &[u8], note: &str) -> Result<u64, ModuleError> {
        let manifest = manifest(id, manifest_bytes)?;
        let size = log::opened(&manifest, note)?.checkpoint.size;
        note.clone_into(&mut self.archive.checkpoint);
        self.manifest = Some(manifest);
        Ok(size)
    }

    /// Keeps another checkpoint of the server, or the cosignatures of one that is there already.
    pub fn keep_note(&mut self, note: &str) -> Result<(), ModuleError> {
        let manifest = self.manifest.as_ref().ok_or(ModuleError::Spent)?;
        let size = log::opened(manifest, note)?.checkpoint.size;
        let kept = self.archive.checkpoints.entry(size).or_insert_with(|| note.to_owned());
        // Two notes of one size and different roots stay apart: the audit must see the second one.
        match checkpoint::merge(kept, note) {
            Ok(merged) => *kept = merged,
            Err(error) => return Err(log::download(&error.to_string())),
        }
        Ok(())
    }

    /// Takes the entries of a bundle from place `from` up to `to`.
    pub fn take_bundle(&mut self, bundle: &[u8], from: u32, to: u32) -> Result<(), ModuleError> {
        let leaves = log::leaves(bundle, from, to)?;
        self.archive.entries.extend(leaves.into_iter().map(<[u8]>::to_vec));
        Ok(())
    }

    /// Audits what was gathered; `progress` hears of entries done and all entries.
    pub fn run(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<AuditView, ModuleError> {
        let previous: Vec<&Archive> = self.previous.iter().collect();
        let rng = &mut generator()?;
        let (report, election) = audit::audit_with_election(
            &self.archive,
            audit::Given { previous: &previous, receipts: &self.receipts, sources: &[] },
            rng,
            progress,
        );
        let notes: Vec<_> = election
            .manifest()
            .map(|manifest| {
                let all = self.archive.checkpoints.values().chain([&self.archive.checkpoint]);
                all.filter_map(|note| checkpoint::open(note, manifest).ok()).collect()
            })
            .unwrap_or_default();
        let previous_named = election.manifest().is_some_and(|manifest| manifest.previous().is_some());
        Ok(AuditView {
            accepted: report.holds(),
            checks: report.checks.iter().map(check).collect(),
            // An archive's times are past: no clock is asked.
            state: LogState::of(&election, &notes, u64::MAX),
            size: report.size,
            root: hex::decode(&report.root).map(|root| STANDARD.encode(root)).unwrap_or_default(),
            receipts: report.receipts.iter().map(receipt_view).collect(),
            warnings: warnings(&report, previous_named),
            counted: report.counted,
        })
    }
}

#[wasm_bindgen]
impl Auditor {
    /// See [`Self::gather`].
    #[wasm_bindgen(constructor)]
    pub fn new() -> Auditor {
        Self::gather()
    }

    /// See [`Self::take_zip`].
    #[wasm_bindgen(js_name = addZip)]
    pub fn add_zip(&mut self, bytes: &[u8]) -> Thrown<()> {
        thrown(self.take_zip(bytes))
    }

    /// See [`Self::take_previous`].
    #[wasm_bindgen(js_name = addPrevious)]
    pub fn add_previous(&mut self, bytes: &[u8]) -> Thrown<()> {
        thrown(self.take_previous(bytes))
    }

    /// See [`Self::take_receipt`].
    #[wasm_bindgen(js_name = addReceipt)]
    pub fn add_receipt(&mut self, file: &str) -> Thrown<()> {
        thrown(self.take_receipt(file))
    }

    /// See [`Self::begin`].
    #[wasm_bindgen(js_name = setCheckpoint)]
    pub fn set_checkpoint(&mut self, id: &str, manifest: &[u8], note: &str) -> Thrown<f64> {
        thrown(self.begin(id, manifest, note).map(number))
    }

    /// See [`Self::keep_note`].
    #[wasm_bindgen(js_name = addCheckpoint)]
    pub fn add_checkpoint(&mut self, note: &str) -> Thrown<()> {
        thrown(self.keep_note(note))
    }

    /// Entries gathered.
    pub fn size(&self) -> f64 {
        number(u64::try_from(self.archive.entries.len()).unwrap_or(u64::MAX))
    }

    /// SHA-256 of the data that a bundle's entries name.
    #[wasm_bindgen(js_name = dataOf)]
    pub fn data_of(&self, bundle: &[u8], from: u32, to: u32) -> Thrown<Vec<String>> {
        thrown(log::data_named(bundle, from, to))
    }

    /// Data of the archive. What has another hash than its name is left out, as if it were missing.
    #[wasm_bindgen(js_name = addData)]
    pub fn add_data(&mut self, sha256_hex: &str, bytes: Vec<u8>) {
        let hash = sha256(&bytes);
        if hex::encode(hash) == sha256_hex {
            self.archive.data.insert(hash, bytes);
        }
    }

    /// See [`Self::take_bundle`].
    #[wasm_bindgen(js_name = addBundle)]
    pub fn add_bundle(&mut self, bundle: &[u8], from: u32, to: u32) -> Thrown<()> {
        thrown(self.take_bundle(bundle, from, to))
    }

    /// See [`Self::run`]; `progress` is called with two numbers.
    pub fn audit(&self, progress: &Function) -> Thrown<JsValue> {
        thrown_view(self.run(&mut |done, total| {
            // A page that does not listen is no reason to stop.
            let _ = progress.call2(&JsValue::NULL, &number(done).into(), &number(total).into());
        }))
    }
}

fn check(outcome: &audit::Outcome) -> CheckView {
    CheckView {
        check: format!("{:?}", outcome.check),
        verdict: match outcome.status {
            Status::Passed => Verdict::Holds,
            Status::Failed => Verdict::Fails,
            Status::Undecided => Verdict::Undecided,
        },
        findings: outcome
            .failures
            .iter()
            .map(|failure| Finding { index: failure.entry, problem: failure.name.clone(), detail: failure.facts.clone() })
            .collect(),
    }
}

fn receipt_view(verdict: &ReceiptVerdict) -> ReceiptView {
    let reason = |(teller, word): &(u8, &str)| VoidReason {
        teller: *teller,
        complaint: match *word {
            "malformed" => ComplaintKind::Malformed,
            "encoding" => ComplaintKind::Encoding,
            "share" => ComplaintKind::Share,
            _ => ComplaintKind::Open,
        },
    };
    ReceiptView {
        slot: verdict.slot,
        code: verdict.code.clone(),
        index: verdict.index,
        state: match verdict.outcome {
            ReceiptOutcome::Counted => ReceiptState::Counted,
            ReceiptOutcome::Current => ReceiptState::Current,
            ReceiptOutcome::Superseded => ReceiptState::Replaced,
            ReceiptOutcome::Void => ReceiptState::Void,
            ReceiptOutcome::Invalid => ReceiptState::Invalid,
        },
        reasons: verdict.reasons.iter().map(reason).collect(),
        latest: verdict.latest,
    }
}

fn warnings(report: &AuditReport, previous_named: bool) -> Vec<Warning> {
    let some = |holds: bool, warning: Warning| holds.then_some(warning);
    [
        some(report.objections > 0, Warning::Objections { witnesses: report.objections }),
        some(report.wrong_cosignatures > 0, Warning::WrongCosignatures { lines: report.wrong_cosignatures }),
        some(previous_named && report.previous.is_none(), Warning::PreviousUnchecked),
        some(!report.new_slots.is_empty(), Warning::NewSlots { slots: report.new_slots.clone() }),
        some(!report.gone_slots.is_empty(), Warning::GoneSlots { slots: report.gone_slots.clone() }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn unreadable(error: &ArchiveError) -> ModuleError {
    ModuleError::Archive { detail: error.to_string() }
}
