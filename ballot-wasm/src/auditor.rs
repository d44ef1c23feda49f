//! An auditor's device: a whole archive, V1 … V12 (section 9).

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    archive::{Archive, ArchiveError, json_files},
    audit::{self, Agreement, AuditReport, Content, Given, ReceiptOutcome, ReceiptVerdict, Running, Source, SourceVerdict, Status, proofs},
    ballot::Statement,
    hash::sha256,
    log::{checkpoint, receipt},
    manifest::Manifest,
};
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
    /// Whether other sources have the same log, in the order given.
    pub sources: Vec<SourceView>,
    /// Log indexes of the counted ballots in slot order; empty before the fix entry.
    pub counted: Vec<u64>,
    /// The whole report as JSON of the form `isoloir/audit-1`, as the command prints it (docs/audit-report.md).
    pub json: String,
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
    /// The facts by name, for the catalogues: numbers, and words of this program.
    pub values: BTreeMap<String, String>,
}

/// A source compared with the log that was audited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct SourceView {
    /// Who, as the reader named it.
    pub name: String,
    /// Whether it has the same log.
    pub state: SourceState,
    /// Whether the log's key signed what differs: proof that the log's keeper showed two histories.
    pub signed: bool,
    /// Entries of its largest checkpoint or archive.
    pub size: u64,
    /// The smallest size at which it is seen to differ.
    pub differs_at: Option<u64>,
}

/// Whether a source has the same log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum SourceState {
    /// The same as far as it goes.
    Same,
    /// Another log under the same name.
    Differs,
    /// Another election.
    Other,
    /// Nothing in it is signed by this log.
    Unsigned,
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

/// Gathers an archive and audits it in steps: the replay here, the proofs of ballots here or in [`ProofHelper`]s.
#[wasm_bindgen]
#[derive(Default)]
pub struct Auditor {
    archive: Archive,
    /// Files of a folder, until they are one archive.
    files: Vec<(String, Vec<u8>)>,
    manifest: Option<Manifest>,
    previous: Vec<Archive>,
    receipts: Vec<receipt::Receipt>,
    sources: Vec<Source>,
    running: Option<Running>,
    /// Ballots replayed and not yet proven.
    batch: Vec<(u64, Statement)>,
}

/// Verifies proofs of ballots in a further worker.
#[wasm_bindgen]
pub struct ProofHelper(Manifest);

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

    /// Takes a file of a folder that holds an archive; `path` with `/`.
    pub fn take_file(&mut self, path: &str, bytes: Vec<u8>) {
        self.files.push((path.to_owned(), bytes));
    }

    /// The files taken are the archive.
    pub fn take_folder(&mut self) -> Result<(), ModuleError> {
        self.archive = Archive::from_files(core::mem::take(&mut self.files)).map_err(|error| unreadable(&error))?;
        Ok(())
    }

    /// Takes what somebody else has of the same log: the zip of an archive, a checkpoint, a witness's memory, a receipt.
    pub fn take_source(&mut self, name: &str, bytes: &[u8]) -> Result<(), ModuleError> {
        let content = Content::read(bytes).map_err(|error| unreadable(&error))?;
        self.sources.push(Source { name: name.to_owned(), content });
        Ok(())
    }

    /// Takes the archive of an earlier election, the latest first.
    pub fn take_previous(&mut self, bytes: &[u8]) -> Result<(), ModuleError> {
        self.previous.push(Archive::from_zip(bytes).map_err(|error| unreadable(&error))?);
        Ok(())
    }

    /// Takes a receipt file, or a zip with many.
    pub fn take_receipts(&mut self, bytes: &[u8]) -> Result<(), ModuleError> {
        if !bytes.starts_with(b"PK") {
            return self.take_receipt(None, bytes);
        }
        for (name, content) in json_files(bytes).map_err(|error| unreadable(&error))? {
            self.take_receipt(Some(&name), &content)?;
        }
        Ok(())
    }

    fn take_receipt(&mut self, name: Option<&str>, bytes: &[u8]) -> Result<(), ModuleError> {
        let problem = |detail: &dyn core::fmt::Display| ModuleError::Receipt {
            problem: ReceiptProblem::Format,
            detail: name.map_or_else(|| detail.to_string(), |name| format!("{name}: {detail}")),
        };
        let text = core::str::from_utf8(bytes).map_err(|error| problem(&error))?;
        self.receipts.push(receipt::Receipt::parse(text).map_err(|error| problem(&error))?);
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

    /// Begins the audit of what was gathered: tree, manifest, checkpoints. Gives the number of entries.
    pub fn start(&mut self) -> u64 {
        self.running = Some(Running::start(&self.archive, &self.receipts));
        u64::try_from(self.archive.entries.len()).unwrap_or(u64::MAX)
    }

    /// The manifest for the helpers, once begun; `None` if there is none that is valid.
    pub fn manifest_bytes(&self) -> Option<Vec<u8>> {
        self.running.as_ref().and_then(Running::manifest).map(|manifest| manifest.bytes().to_vec())
    }

    /// Replays the next entries, at most `count`. Gives how many ballots among them are to be proven, by [`Self::batch`] or
    /// [`Self::prove`]; `None` at the end.
    pub fn replay(&mut self, count: usize) -> Result<Option<usize>, ModuleError> {
        let rng = &mut generator()?;
        let running = self.running.as_mut().ok_or(ModuleError::Spent)?;
        let from = usize::try_from(running.replayed()).unwrap_or(usize::MAX);
        let Some(batch) = running.step(&self.archive, count, rng) else {
            return Ok(None);
        };
        // What is replayed is not needed again: its memory is for the state of the election, which grows as the log is used up.
        let replayed = usize::try_from(running.replayed()).unwrap_or(usize::MAX);
        self.archive.entries.get_mut(from..replayed).unwrap_or_default().fill(Vec::new());
        self.batch = batch;
        Ok(Some(self.batch.len()))
    }

    /// How many entries are replayed.
    pub fn replayed_entries(&self) -> u64 {
        self.running.as_ref().map_or(0, Running::replayed)
    }

    /// The ballots of the last step for a [`ProofHelper`], whose answer [`Self::settle`] takes.
    pub fn batch(&mut self) -> Vec<u8> {
        proofs::encode_batch(&core::mem::take(&mut self.batch))
    }

    /// Proves the ballots of the last step here.
    pub fn prove(&mut self) -> Result<(), ModuleError> {
        let rng = &mut generator()?;
        let running = self.running.as_mut().ok_or(ModuleError::Spent)?;
        let batch = core::mem::take(&mut self.batch);
        let bad = running.manifest().map(|manifest| proofs::verify(manifest, batch, rng)).unwrap_or_default();
        running.settle(&bad);
        Ok(())
    }

    /// Takes note of what a helper found.
    pub fn settle(&mut self, bad: &[u8]) -> Result<(), ModuleError> {
        let bad = proofs::decode_bad(bad).map_err(|error| ModuleError::Argument { detail: error.to_string() })?;
        self.running.as_mut().ok_or(ModuleError::Spent)?.settle(&bad);
        Ok(())
    }

    /// What remains once all is replayed and proven: witnesses, earlier rounds, receipts, other sources.
    pub fn finish(&mut self) -> Result<AuditView, ModuleError> {
        let running = self.running.take().ok_or(ModuleError::Spent)?;
        let previous: Vec<&Archive> = self.previous.iter().collect();
        let given = Given { previous: &previous, receipts: &self.receipts, sources: &self.sources };
        let (report, election) = running.finish(given, &mut generator()?);
        let json = serde_json::to_string_pretty(&report).map_err(|error| ModuleError::Argument { detail: error.to_string() })?;
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
            sources: report.sources.iter().map(source_view).collect(),
            counted: report.counted,
            json,
        })
    }
}

impl ProofHelper {
    /// A helper for the election of this manifest.
    pub fn start(manifest: &[u8]) -> Result<Self, ModuleError> {
        Manifest::parse(manifest).map(Self).map_err(|error| ModuleError::Argument { detail: error.to_string() })
    }

    /// Which ballots of an [`Auditor::batch`] have no valid proof, for [`Auditor::settle`].
    pub fn prove(&self, batch: &[u8]) -> Result<Vec<u8>, ModuleError> {
        let batch = proofs::decode_batch(&self.0, batch).map_err(|error| ModuleError::Argument { detail: error.to_string() })?;
        Ok(proofs::encode_bad(&proofs::verify(&self.0, batch, &mut generator()?)))
    }
}

#[wasm_bindgen]
impl ProofHelper {
    /// See [`Self::start`].
    #[wasm_bindgen(constructor)]
    pub fn new(manifest: &[u8]) -> Thrown<ProofHelper> {
        thrown(Self::start(manifest))
    }

    /// See [`Self::prove`].
    pub fn verify(&self, batch: &[u8]) -> Thrown<Vec<u8>> {
        thrown(self.prove(batch))
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

    /// See [`Self::take_file`].
    #[wasm_bindgen(js_name = addFile)]
    pub fn add_file(&mut self, path: &str, bytes: Vec<u8>) {
        self.take_file(path, bytes);
    }

    /// See [`Self::take_folder`].
    #[wasm_bindgen(js_name = endFolder)]
    pub fn end_folder(&mut self) -> Thrown<()> {
        thrown(self.take_folder())
    }

    /// See [`Self::take_source`].
    #[wasm_bindgen(js_name = addSource)]
    pub fn add_source(&mut self, name: &str, bytes: &[u8]) -> Thrown<()> {
        thrown(self.take_source(name, bytes))
    }

    /// See [`Self::take_receipts`].
    #[wasm_bindgen(js_name = addReceipts)]
    pub fn add_receipts(&mut self, bytes: &[u8]) -> Thrown<()> {
        thrown(self.take_receipts(bytes))
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

    /// See [`Self::start`].
    #[wasm_bindgen(js_name = start)]
    pub fn start_audit(&mut self) -> f64 {
        number(self.start())
    }

    /// See [`Self::manifest_bytes`].
    pub fn manifest(&self) -> Option<Vec<u8>> {
        self.manifest_bytes()
    }

    /// See [`Self::replay`].
    pub fn step(&mut self, count: usize) -> Thrown<Option<usize>> {
        thrown(self.replay(count))
    }

    /// See [`Self::replayed_entries`].
    pub fn replayed(&self) -> f64 {
        number(self.replayed_entries())
    }

    /// See [`Self::batch`].
    #[wasm_bindgen(js_name = takeBatch)]
    pub fn take_batch(&mut self) -> Vec<u8> {
        self.batch()
    }

    /// See [`Self::prove`].
    #[wasm_bindgen(js_name = proveBatch)]
    pub fn prove_batch(&mut self) -> Thrown<()> {
        thrown(self.prove())
    }

    /// See [`Self::settle`].
    #[wasm_bindgen(js_name = settle)]
    pub fn settle_batch(&mut self, bad: &[u8]) -> Thrown<()> {
        thrown(self.settle(bad))
    }

    /// See [`Self::finish`].
    #[wasm_bindgen(js_name = finish)]
    pub fn finish_audit(&mut self) -> Thrown<JsValue> {
        thrown_view(self.finish())
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
            .map(|failure| Finding {
                index: failure.entry,
                problem: failure.name.clone(),
                detail: failure.facts.clone(),
                values: failure.values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            })
            .collect(),
    }
}

fn source_view(verdict: &SourceVerdict) -> SourceView {
    SourceView {
        name: verdict.name.clone(),
        state: match verdict.agreement {
            Agreement::Same => SourceState::Same,
            Agreement::Differs => SourceState::Differs,
            Agreement::Other => SourceState::Other,
            Agreement::Unsigned => SourceState::Unsigned,
        },
        signed: verdict.signed,
        size: verdict.size,
        differs_at: verdict.differs_at,
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
