//! A teller's device: the key, the replay, the boxes, the report and the sums (sections 5, 7 and 8).

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    codec::Reader,
    election::{Election, Replay, ReplayError, Root},
    fetch::FetchRequest,
    key_file::{self, KeyFileError, Kind as KeyKind},
    log::{checkpoint::Opened, consent, entry::Kind, receipt::normalised_code},
    manifest::Manifest,
    tally::{Opener, OpenerError, complaint::Complaint},
    teller::{TELLER_SECRET_LEN, TellerSecret},
};
use serde::Serialize;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use zeroize::Zeroizing;

use crate::{
    convert::{Thrown, from_js, thrown, thrown_view, to_js},
    election::{fingerprint, manifest},
    error::{KeyProblem, LockProblem, ModuleError, Stage},
    generator,
    lock::Lock,
    log::{self, Data},
    milliseconds, number,
    receipt::ComplaintKind,
    replay::{LogState, cosigned, last_third, phase},
};

/// Nothing is signed about entries that no checkpoint covers.
const UNSIGNED: &str = "no signed checkpoint covers the entries";

/// The fewest characters of a passphrase.
pub(crate) const SHORTEST_PASSPHRASE: usize = 12;

/// A new key pair, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct NewTellerKey {
    /// The sealed key file.
    pub file: String,
    /// A name for it.
    pub file_name: String,
    /// Base64 of the key to which boxes are sealed.
    pub seal: String,
    /// Base64 of the signing key.
    pub sign: String,
    /// Short form of the signing key, to be compared by voice.
    pub fingerprint: String,
}

/// What the page may show of a teller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TellerView {
    /// From 1.
    pub number: u8,
    /// The name in the manifest.
    pub name: String,
    /// Base64 of the key to which boxes are sealed.
    pub seal: String,
    /// Base64 of the signing key.
    pub sign: String,
    /// Short form of the signing key.
    pub fingerprint: String,
    /// What this key is known to have confirmed.
    pub remembers: Remembered,
}

/// Which codes of the election are confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Remembered {
    /// The closing code.
    pub closing: bool,
    /// The counting code.
    pub counting: bool,
}

/// A confirmation that is to be stored before the key signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LockedRoot {
    /// What the browser is to store.
    pub lock: String,
    /// Base64 of the root.
    pub root: String,
    /// The key file with the confirmation sealed into it.
    pub file: String,
}

/// How far the boxes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct BoxesOpened {
    /// Boxes checked and opened, bad ones included.
    pub opened: u64,
    /// Current ballots.
    pub total: u64,
    /// Log indexes of the ballots whose boxes are not here.
    pub missing: Vec<u64>,
    /// What this teller will complain about.
    pub complaints: Vec<FoundComplaint>,
}

/// A complaint that the report will carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FoundComplaint {
    /// Log index of the ballot.
    pub index: u64,
    /// What the box is; `open` stands for every fault inside it.
    pub complaint: ComplaintKind,
}

/// A teller at work. The keys and the passphrase are wiped when it is freed.
#[wasm_bindgen]
pub struct Teller {
    manifest: Manifest,
    number: u8,
    secret: TellerSecret,
    /// Kept to seal confirmations into the key file.
    passphrase: Zeroizing<String>,
    lock: Lock,
    replay: Replay,
    data: Data,
    notes: Vec<Opened>,
    opener: Option<Opener>,
    /// Boxes of void ballots, to be taken out of the sums again.
    removed: BTreeMap<u64, Vec<u8>>,
}

/// Makes a key pair and seals it under a passphrase.
pub fn generate(passphrase: &str) -> Result<NewTellerKey, ModuleError> {
    seal_new(&TellerSecret::generate(&mut generator()?), passphrase)
}

/// A key file for keys that have confirmed nothing.
pub(crate) fn seal_new(secret: &TellerSecret, passphrase: &str) -> Result<NewTellerKey, ModuleError> {
    if passphrase.chars().count() < SHORTEST_PASSPHRASE {
        return Err(key(KeyProblem::Weak));
    }
    let sealed = key_file::seal(KeyKind::Teller, secret.to_bytes().as_slice(), passphrase, &mut generator()?);
    let short = fingerprint(&secret.sign_key());
    Ok(NewTellerKey {
        file: sealed.map_err(|error| key_problem(&error))?,
        file_name: format!("isoloir-teller-{}.key.json", short.get(..4).unwrap_or_default()),
        seal: STANDARD.encode(secret.seal_key().bytes()),
        sign: STANDARD.encode(secret.sign_key().bytes()),
        fingerprint: short,
    })
}

impl Teller {
    /// Opens a key file for an election.
    pub fn unlock(id: &str, manifest_bytes: &[u8], file: &str, passphrase: Zeroizing<String>) -> Result<Self, ModuleError> {
        let manifest = manifest(id, manifest_bytes)?;
        let (kind, bytes) = key_file::open(file, &passphrase).map_err(|error| key_problem(&error))?;
        if kind != KeyKind::Teller {
            return Err(key(KeyProblem::Role));
        }
        let (keys, remembered) = bytes.split_at_checked(TELLER_SECRET_LEN).ok_or_else(|| key(KeyProblem::File))?;
        let secret = TellerSecret::from_slice(keys).ok_or_else(|| key(KeyProblem::File))?;
        let number = (1..=manifest.share_count())
            .find(|j| manifest.teller_keys(*j).is_some_and(|keys| secret.matches(&keys.seal, &keys.sign)))
            .ok_or_else(|| key(KeyProblem::NotTeller))?;
        // A file that remembers something unreadable must not be taken for one that remembers nothing.
        let lock = match remembered {
            [] => Lock::default(),
            remembered => Lock::parse(remembered).ok_or_else(|| key(KeyProblem::File))?,
        };
        Ok(Self {
            manifest,
            number,
            secret,
            passphrase,
            lock,
            replay: Replay::new(),
            data: Data::new(),
            notes: Vec::new(),
            opener: None,
            removed: BTreeMap::new(),
        })
    }

    /// What the page may show.
    pub fn show(&self) -> TellerView {
        let id = self.manifest.id();
        let place = usize::from(self.number.saturating_sub(1));
        TellerView {
            number: self.number,
            name: self.manifest.tellers.get(place).map(|teller| teller.name.clone()).unwrap_or_default(),
            seal: STANDARD.encode(self.secret.seal_key().bytes()),
            sign: STANDARD.encode(self.secret.sign_key().bytes()),
            fingerprint: fingerprint(&self.secret.sign_key()),
            remembers: Remembered { closing: self.lock.has(&id, Stage::Closing), counting: self.lock.has(&id, Stage::Counting) },
        }
    }

    /// Takes the entries of a bundle from place `from` up to `to`.
    pub fn replay_bundle(&mut self, bundle: &[u8], from: u32, to: u32) -> Result<(), ModuleError> {
        let leaves = log::leaves(bundle, from, to)?;
        let pushed = self.replay.push(&leaves, &self.data, &mut generator()?);
        // Data are needed once.
        self.data.clear();
        pushed.map_err(|ReplayError { index, refusal }| ModuleError::Log { index: Some(index), detail: refusal.to_string() })
    }

    /// Takes data for the next bundle.
    pub fn take_data(&mut self, sha256: &str, bytes: Vec<u8>) -> Result<(), ModuleError> {
        log::add_data(&mut self.data, sha256, bytes)
    }

    /// Takes a note of the server; one that contradicts the replayed log is an error.
    pub fn take_note(&mut self, note: &str) -> Result<(), ModuleError> {
        let opened = log::opened(&self.manifest, note)?;
        let (size, root) = (opened.checkpoint.size, opened.checkpoint.root);
        match self.election().tree().root_at(size) {
            Some(known) if known != root => Err(log::download("a signed checkpoint is of another log than its entries")),
            _ => {
                if !self.notes.contains(&opened) {
                    self.notes.push(opened);
                }
                Ok(())
            }
        }
    }

    /// Whether the log has signed the entries up to `size` as they were replayed.
    fn is_signed(&self, size: u64) -> bool {
        let root_at = |size| self.election().tree().root_at(size);
        self.notes.iter().any(|note| note.checkpoint.size >= size && root_at(note.checkpoint.size) == Some(note.checkpoint.root))
    }

    /// The election as replayed.
    pub fn log_state(&self, now: u64) -> Result<LogState, ModuleError> {
        LogState::of(self.election(), &self.notes, now).ok_or(ModuleError::Spent)
    }

    /// The entry to send: consent, or a drill.
    pub fn consent_entry(&self) -> Result<Vec<u8>, ModuleError> {
        if !self.is_signed(self.election().size()) {
            return Err(log::download(UNSIGNED));
        }
        let body = consent::teller_body(self.election(), self.number, &self.secret, &mut generator()?);
        Ok(entry(Kind::Consent, &body.ok_or(ModuleError::Spent)?, &[]))
    }

    /// Checks that the log may be confirmed, and gives what must be stored before [`Self::adopt`].
    pub fn confirmation(&self, stage: Stage, typed: &str, first_device: bool) -> Result<LockedRoot, ModuleError> {
        let refused = |problem| ModuleError::Lock { problem, stage };
        let root = self.root(stage)?;
        let id = self.manifest.id();
        if normalised_code(typed).as_deref() != Some(root.code.as_str()) {
            return Err(refused(LockProblem::OtherCode));
        }
        let found = cosigned(self.election(), &self.notes, root.size);
        let quorum = self.manifest.witness_quorum;
        if u32::try_from(found).is_ok_and(|found| found < quorum) {
            return Err(ModuleError::Witnesses { found, quorum });
        }
        if !self.lock.knows(&id) && !first_device {
            return Err(refused(LockProblem::UnknownDevice));
        }
        let lock = self.lock.with(&id, stage, &root.root)?.to_json();
        let sealed = Zeroizing::new([self.secret.to_bytes().as_slice(), lock.as_bytes()].concat());
        let file = key_file::seal(KeyKind::Teller, &sealed, &self.passphrase, &mut generator()?);
        Ok(LockedRoot { root: STANDARD.encode(root.root), file: file.map_err(|error| key_problem(&error))?, lock })
    }

    /// Takes what the browser has stored: only now the key signs for the roots in it.
    pub fn adopt(&mut self, stored: &str) -> Result<(), ModuleError> {
        let stored = Lock::parse(stored.as_bytes()).ok_or_else(|| ModuleError::Argument { detail: "lock".to_owned() })?;
        self.lock = self.lock.clone().merged(stored)?;
        Ok(())
    }

    /// Begins with the boxes: how many there should be.
    pub fn begin_boxes(&mut self) -> Result<u64, ModuleError> {
        self.demand(Stage::Closing)?;
        if self.opener.is_none() {
            let opener = Opener::new(self.replay.election(), self.number, &self.secret);
            self.opener = Some(opener.map_err(|error| self.opener_problem(error))?);
        }
        Ok(self.opener()?.progress().current)
    }

    /// The signed request for at most `count` boxes from log index `from` on.
    pub fn boxes_request(&self, now: u64, from: u64, count: u32) -> Vec<u8> {
        let request = FetchRequest::sign(&self.manifest.id(), self.number, now, self.secret.sign());
        [[request.teller].as_slice(), &request.ms.to_be_bytes(), &request.signature, &from.to_be_bytes(), &count.to_be_bytes()].concat()
    }

    /// Checks and opens the boxes of an answer, `u64 index ‖ box` each. Returns where to go on; `None` if there was none.
    pub fn open_answer(&mut self, answer: &[u8]) -> Result<Option<u64>, ModuleError> {
        let boxes = self.read_boxes(answer)?;
        let next = boxes.last().map(|(index, _)| index.saturating_add(1));
        self.open_boxes_now(&boxes)?;
        Ok(next)
    }

    /// What a helper needs to open the boxes of an answer.
    pub fn slice_of(&self, answer: &[u8]) -> Result<Vec<u8>, ModuleError> {
        Ok(self.opener()?.slice(self.election(), &self.read_boxes(answer)?))
    }

    /// Takes what a helper has found.
    pub fn merge_found(&mut self, found: &[u8]) -> Result<(), ModuleError> {
        let opener = self.opener.as_mut().ok_or(ModuleError::Spent)?;
        let merged = opener.merge(self.replay.election(), found);
        merged.map(drop).map_err(|_| ModuleError::Argument { detail: "found".to_owned() })
    }

    /// The keys, for helpers of this very teller in other workers. Only after the closing code is confirmed.
    pub fn helper_secret(&self) -> Result<Zeroizing<Vec<u8>>, ModuleError> {
        self.demand(Stage::Closing)?;
        Ok(Zeroizing::new(self.secret.to_bytes().to_vec()))
    }

    /// Requests for boxes, one for every `step` ms from `now` on: a machine with a network uses the one whose time it is, while the
    /// key stays where there is none. Each is `u8 j ‖ u64 ms ‖ signature`.
    pub fn ticket_from(&self, now: u64, step: u64, count: u32) -> Vec<u8> {
        let times = (0..u64::from(count)).map(|place| now.saturating_add(place.saturating_mul(step)));
        let requests = times.map(|ms| FetchRequest::sign(&self.manifest.id(), self.number, ms, self.secret.sign()));
        requests.flat_map(|request| [[request.teller].as_slice(), &request.ms.to_be_bytes(), &request.signature].concat()).collect()
    }

    /// Opens one box from elsewhere.
    pub fn open_one(&mut self, index: u64, bytes: &[u8]) -> Result<(), ModuleError> {
        self.begin_boxes()?;
        self.open_boxes_now(&[(index, bytes)])
    }

    /// What is opened, missing and wrong.
    pub fn boxes_state(&self) -> Result<BoxesOpened, ModuleError> {
        let opener = self.opener()?;
        let progress = opener.progress();
        let report = opener.report(self.election(), true).map_err(|error| self.opener_problem(error))?;
        Ok(BoxesOpened {
            opened: progress.checked,
            total: progress.current,
            missing: opener.missing(),
            complaints: found_complaints(&report.1),
        })
    }

    /// The entry to send: the report. Missing boxes may be listed in the last third of the window only.
    pub fn report_entry(&self, include_missing: bool, now: u64) -> Result<Vec<u8>, ModuleError> {
        self.demand(Stage::Closing)?;
        let opener = self.opener()?;
        if include_missing && !opener.missing().is_empty() {
            self.not_before(last_third(self.manifest.report_ms()), now)?;
        }
        let report = opener.report(self.election(), include_missing);
        let (body, data) = report.map_err(|error| self.opener_problem(error))?;
        Ok(entry(Kind::Report, &body, &data))
    }

    /// Log indexes of void ballots whose boxes are needed once more before the sums.
    pub fn boxes_to_remove(&self) -> Result<Vec<u64>, ModuleError> {
        let mut needed = self.opener()?.to_remove(self.election());
        needed.retain(|index| !self.removed.contains_key(index));
        Ok(needed)
    }

    /// Takes boxes of void ballots, `u64 index ‖ box` each.
    pub fn take_removed(&mut self, answer: &[u8]) -> Result<(), ModuleError> {
        let boxes = self.read_boxes(answer)?;
        let owned: Vec<(u64, Vec<u8>)> = boxes.into_iter().map(|(index, bytes)| (index, bytes.to_vec())).collect();
        self.removed.extend(owned);
        Ok(())
    }

    /// The entry to send: the sums.
    pub fn sums_entry(&self, now: u64) -> Result<Vec<u8>, ModuleError> {
        self.demand(Stage::Counting)?;
        let election = self.election();
        if election.reports() < self.manifest.tellers.len() {
            self.not_before(self.manifest.report_ms(), now)?;
        }
        let removed: Vec<(u64, &[u8])> = self.removed.iter().map(|(index, bytes)| (*index, bytes.as_slice())).collect();
        let (body, data) = self.opener()?.sums(election, &removed).map_err(|error| self.opener_problem(error))?;
        Ok(entry(Kind::Sums, &body, &data))
    }

    fn election(&self) -> &Election {
        self.replay.election()
    }

    fn root(&self, stage: Stage) -> Result<&Root, ModuleError> {
        let root = match stage {
            Stage::Closing => self.election().closing(),
            Stage::Counting => self.election().fixing(),
        };
        let root = root.ok_or(ModuleError::Phase { phase: phase(self.election()) })?;
        if self.is_signed(root.size) { Ok(root) } else { Err(log::download(UNSIGNED)) }
    }

    fn demand(&self, stage: Stage) -> Result<(), ModuleError> {
        self.lock.demand(&self.manifest.id(), stage, &self.root(stage)?.root)
    }

    /// By this device's clock, `after_close` ms must have passed since the close entry.
    fn not_before(&self, after_close: u64, now: u64) -> Result<(), ModuleError> {
        let from = self.election().closed_at().unwrap_or(u64::MAX).saturating_add(after_close);
        if now < from { Err(ModuleError::Early { from }) } else { Ok(()) }
    }

    fn opener(&self) -> Result<&Opener, ModuleError> {
        self.opener.as_ref().ok_or(ModuleError::Spent)
    }

    fn open_boxes_now(&mut self, boxes: &[(u64, &[u8])]) -> Result<(), ModuleError> {
        let opener = self.opener.as_mut().ok_or(ModuleError::Spent)?;
        opener.open(self.replay.election(), boxes, &mut generator()?);
        Ok(())
    }

    fn read_boxes<'a>(&self, answer: &'a [u8]) -> Result<Vec<(u64, &'a [u8])>, ModuleError> {
        let broken = |_| log::download("an answer ends within a box");
        let mut reader = Reader::new(answer);
        let mut boxes = Vec::new();
        while reader.remaining() > 0 {
            let index = reader.u64().map_err(broken)?;
            boxes.push((index, reader.take(self.manifest.box_len()).map_err(broken)?));
        }
        Ok(boxes)
    }

    fn opener_problem(&self, error: OpenerError) -> ModuleError {
        match error {
            OpenerError::OtherKeys { .. } => key(KeyProblem::NotTeller),
            OpenerError::TooFew => ModuleError::TooFew,
            OpenerError::BoxesMissing { indices } | OpenerError::BoxesToRemove { indices } => {
                ModuleError::BoxesMissing { indexes: indices }
            }
            _ => ModuleError::Phase { phase: phase(self.election()) },
        }
    }
}

#[wasm_bindgen]
impl Teller {
    /// See [`Self::unlock`]. The module's copy of the passphrase is wiped when the teller is freed.
    #[wasm_bindgen(constructor)]
    pub fn new(id: &str, manifest: &[u8], file: &str, passphrase: String) -> Thrown<Teller> {
        thrown(Self::unlock(id, manifest, file, Zeroizing::new(passphrase)))
    }

    /// See [`Self::show`].
    pub fn view(&self) -> Thrown<JsValue> {
        to_js(&self.show())
    }

    /// Entries replayed.
    pub fn size(&self) -> f64 {
        number(self.election().size())
    }

    /// Size in a note signed by the log.
    #[wasm_bindgen(js_name = checkpointSize)]
    pub fn checkpoint_size(&self, note: &str) -> Thrown<f64> {
        thrown(log::opened(&self.manifest, note).map(|opened| number(opened.checkpoint.size)))
    }

    /// SHA-256 of the data that a bundle's entries name.
    #[wasm_bindgen(js_name = dataOf)]
    pub fn data_of(&self, bundle: &[u8], from: u32, to: u32) -> Thrown<Vec<String>> {
        thrown(log::data_named(bundle, from, to))
    }

    /// See [`Self::take_data`].
    #[wasm_bindgen(js_name = addData)]
    pub fn add_data(&mut self, sha256: &str, bytes: Vec<u8>) -> Thrown<()> {
        thrown(self.take_data(sha256, bytes))
    }

    /// See [`Self::replay_bundle`].
    #[wasm_bindgen(js_name = addBundle)]
    pub fn add_bundle(&mut self, bundle: &[u8], from: u32, to: u32) -> Thrown<()> {
        thrown(self.replay_bundle(bundle, from, to))
    }

    /// See [`Self::take_note`].
    #[wasm_bindgen(js_name = addCheckpoint)]
    pub fn add_checkpoint(&mut self, note: &str) -> Thrown<()> {
        thrown(self.take_note(note))
    }

    /// See [`Self::log_state`].
    pub fn state(&self, now: f64) -> Thrown<JsValue> {
        thrown_view(self.log_state(milliseconds(now)))
    }

    /// See [`Self::consent_entry`].
    pub fn consent(&self) -> Thrown<Vec<u8>> {
        thrown(self.consent_entry())
    }

    /// See [`Self::confirmation`].
    pub fn confirm(&self, stage: JsValue, typed: &str, first_device: bool) -> Thrown<JsValue> {
        let stage = thrown(from_js::<Stage>(stage))?;
        thrown_view(self.confirmation(stage, typed, first_device))
    }

    /// See [`Self::adopt`].
    pub fn locked(&mut self, stored: &str) -> Thrown<JsValue> {
        thrown_view(self.adopt(stored).map(|()| self.show()))
    }

    /// See [`Self::begin_boxes`].
    #[wasm_bindgen(js_name = startBoxes)]
    pub fn start_boxes(&mut self) -> Thrown<f64> {
        thrown(self.begin_boxes().map(number))
    }

    /// See [`Self::boxes_request`].
    #[wasm_bindgen(js_name = fetchRequest)]
    pub fn fetch_request(&self, now: f64, from: f64, count: u32) -> Vec<u8> {
        self.boxes_request(milliseconds(now), milliseconds(from), count)
    }

    /// See [`Self::open_answer`].
    #[wasm_bindgen(js_name = openBoxes)]
    pub fn open_boxes(&mut self, answer: &[u8]) -> Thrown<Option<f64>> {
        thrown(self.open_answer(answer).map(|next| next.map(number)))
    }

    /// See [`Self::slice_of`].
    pub fn slice(&self, answer: &[u8]) -> Thrown<Vec<u8>> {
        thrown(self.slice_of(answer))
    }

    /// Where to go on after an answer; `None` if there was no box in it.
    #[wasm_bindgen(js_name = nextBox)]
    pub fn next_box(&self, answer: &[u8]) -> Thrown<Option<f64>> {
        let boxes = thrown(self.read_boxes(answer))?;
        Ok(boxes.last().map(|(index, _)| number(index.saturating_add(1))))
    }

    /// See [`Self::merge_found`].
    pub fn merge(&mut self, found: Vec<u8>) -> Thrown<()> {
        let found = Zeroizing::new(found);
        thrown(self.merge_found(&found))
    }

    /// See [`Self::helper_secret`].
    #[wasm_bindgen(js_name = helperKey)]
    pub fn helper_key(&self) -> Thrown<Vec<u8>> {
        thrown(self.helper_secret().map(|secret| secret.to_vec()))
    }

    /// How many buckets the ballots are in.
    pub fn buckets(&self) -> usize {
        self.election().buckets().len()
    }

    /// See [`Self::ticket_from`].
    pub fn ticket(&self, now: f64, step: f64, count: u32) -> Vec<u8> {
        self.ticket_from(milliseconds(now), milliseconds(step), count)
    }

    /// Boxes opened so far.
    #[wasm_bindgen(js_name = boxesDone)]
    pub fn boxes_done(&self) -> f64 {
        self.opener.as_ref().map_or(0.0, |opener| number(opener.progress().checked))
    }

    /// See [`Self::boxes_state`].
    pub fn boxes(&self) -> Thrown<JsValue> {
        thrown_view(self.boxes_state())
    }

    /// See [`Self::open_one`].
    #[wasm_bindgen(js_name = supplyBox)]
    pub fn supply_box(&mut self, index: f64, bytes: &[u8]) -> Thrown<()> {
        thrown(self.open_one(milliseconds(index), bytes))
    }

    /// See [`Self::report_entry`].
    pub fn report(&self, include_missing: bool, now: f64) -> Thrown<Vec<u8>> {
        thrown(self.report_entry(include_missing, milliseconds(now)))
    }

    /// See [`Self::boxes_to_remove`].
    #[wasm_bindgen(js_name = toRemove)]
    pub fn to_remove(&self) -> Thrown<Vec<f64>> {
        thrown(self.boxes_to_remove().map(|indexes| indexes.into_iter().map(number).collect()))
    }

    /// See [`Self::take_removed`].
    #[wasm_bindgen(js_name = addRemoved)]
    pub fn add_removed(&mut self, answer: &[u8]) -> Thrown<()> {
        thrown(self.take_removed(answer))
    }

    /// See [`Self::sums_entry`].
    pub fn sums(&self, now: f64) -> Thrown<Vec<u8>> {
        thrown(self.sums_entry(milliseconds(now)))
    }
}

/// See [`generate`].
#[wasm_bindgen(js_name = generateTellerKey)]
pub fn generate_teller_key(passphrase: String) -> Thrown<JsValue> {
    let passphrase = Zeroizing::new(passphrase);
    thrown_view(generate(&passphrase))
}

/// The body of `POST /api/elections/{id}/entries`: `u8 kind ‖ u32 len ‖ entry body ‖ data`.
fn entry(kind: Kind, body: &[u8], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    [[kind as u8].as_slice(), &length.to_be_bytes(), body, data].concat()
}

/// What the complaints in a report's data are about; missing boxes are listed apart.
fn found_complaints(data: &[u8]) -> Vec<FoundComplaint> {
    let mut reader = Reader::new(data);
    let mut found = Vec::new();
    while let Ok(complaint) = Complaint::read(&mut reader) {
        // The type stands after the index.
        let complaint_kind = match complaint.encode().get(8) {
            Some(1) => ComplaintKind::Malformed,
            Some(2) => ComplaintKind::Open,
            _ => continue,
        };
        found.push(FoundComplaint { index: complaint.index(), complaint: complaint_kind });
    }
    found
}

pub(crate) fn key(problem: KeyProblem) -> ModuleError {
    ModuleError::Key { problem }
}

pub(crate) fn key_problem(error: &KeyFileError) -> ModuleError {
    key(match error {
        KeyFileError::Passphrase => KeyProblem::Passphrase,
        KeyFileError::Memory => KeyProblem::Memory,
        KeyFileError::Damaged => KeyProblem::Damaged,
        _ => KeyProblem::File,
    })
}
