//! A witness's device: the key, the replay, the memory of what was seen, the cosignature (section 5).

use isoloir_protocol::{
    election::{Election, Replay, ReplayError},
    key_file::{self, Kind as KeyKind},
    log::{
        checkpoint::{self, Checkpoint, Opened},
        witness::{Judgement, Memory, Suspect, is_witness_name, verifier_line},
    },
    manifest::Manifest,
    signature::{SignKey, SignSecret},
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use zeroize::Zeroizing;

use crate::{
    convert::{Thrown, thrown, thrown_view, to_js},
    election::{fingerprint, manifest},
    error::{KeyProblem, ModuleError, Phase},
    generator,
    log::{self, Data},
    milliseconds, number,
    replay::{CLOCK_TOLERANCE_MS, phase},
    teller::{SHORTEST_PASSPHRASE, key, key_problem},
};

/// What a witness's key file seals after the key.
const FORMAT: &str = "isoloir/witness-1";

/// A witness's key and what everybody may know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct WitnessKey {
    /// The sealed key file.
    pub file: String,
    /// A name for it.
    pub file_name: String,
    /// The witness's name in signatures.
    pub name: String,
    /// The line that the organiser puts into the election's description (C2SP signed-note's verifier key).
    pub line: String,
    /// Short form of the key, to be compared by voice.
    pub fingerprint: String,
}

/// What the page may show of a witness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct WitnessView {
    /// Its name in signatures.
    pub name: String,
    /// Whether the election names it: only then its cosignatures count, and are sent.
    pub named: bool,
    /// Entries of the last checkpoint that was found good; 0 before the first.
    pub seen: u64,
    /// Its latest cosignature that the server has shown.
    pub cosigned: Option<ShownCosignature>,
    /// Why it cosigns this log never again, if so.
    pub alarm: Option<WitnessAlarm>,
    /// The memory, to be saved or given to `isoloir audit --compare`. Not secret.
    pub memory: String,
}

/// A cosignature of this witness on a checkpoint that the server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ShownCosignature {
    /// Entries of the checkpoint.
    pub size: u64,
    /// When it was made, in seconds since 1970 by this witness's clock.
    pub seconds: u64,
}

/// Two checkpoints that do not fit together, or one whose log breaks the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct WitnessAlarm {
    /// The last good checkpoint, as the log signed it; empty if there was none.
    pub kept: String,
    /// The one that does not fit.
    pub shown: String,
    /// Index of the entry that breaks the rules, where that is why.
    pub entry: Option<u64>,
}

/// What a look at the log has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct WitnessLook {
    /// What is to be done.
    pub outcome: LookOutcome,
    /// Entries of the checkpoint that the server showed.
    pub shown: u64,
    /// Entries that were replayed and found to be what the log has signed.
    pub replayed: u64,
    /// How far the election is in them; null before the first.
    pub phase: Option<Phase>,
    /// Whether an entry is dated later than this device's clock allows: a cosignature would object to it.
    pub clock_warning: bool,
    /// What the browser is to store before anything else happens.
    pub memory: Option<String>,
}

/// What a checkpoint was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum LookOutcome {
    /// Seen before, and the server shows this witness's cosignature, if it counts.
    Same,
    /// It continues what was seen and breaks no rule: once the memory is stored it may be cosigned.
    Continues,
    /// It is shorter than what was seen. That proves nothing, and is not cosigned.
    Older,
    /// It does not continue what was seen: an alarm, once stored for ever.
    Fork,
    /// The log has signed an entry that breaks the rules: an alarm as well.
    Broken,
    /// The server sends other entries than those that the log has signed. Somebody on the way may have changed them: no proof.
    Unproven,
    /// Other entries came than were signed, after others that were kept: look once more, from the beginning.
    Again,
}

/// What is sealed after the key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    format: String,
    name: String,
    /// What was seen when the file was made.
    seen: Vec<Memory>,
}

/// The checkpoint that is looked at.
struct Shown {
    /// With the log's signature alone.
    note: String,
    checkpoint: Checkpoint,
    /// Whether this witness's cosignature stands on it.
    cosigned: bool,
    /// Whether all entries are downloaded for it, from the first on.
    anew: bool,
}

/// A witness at work. The key and the passphrase are wiped when it is freed.
#[wasm_bindgen]
pub struct Witness {
    manifest: Manifest,
    secret: SignSecret,
    /// Kept to seal new backups.
    passphrase: Zeroizing<String>,
    name: String,
    /// Place in the manifest, if it is named there.
    place: Option<usize>,
    /// What the key file remembers of other elections.
    others: Vec<Memory>,
    memory: Memory,
    /// What the memory becomes once it is stored.
    next: Option<Memory>,
    replay: Replay,
    /// Entries of the replay under a root that the log has signed.
    proven: u64,
    data: Data,
    suspect: Option<Suspect>,
    shown: Option<Shown>,
    cosigned: Option<ShownCosignature>,
}

/// Makes a key and seals it under a passphrase.
pub fn generate(name: &str, passphrase: &str) -> Result<WitnessKey, ModuleError> {
    if !is_witness_name(name) {
        return Err(ModuleError::Argument { detail: "name".to_owned() });
    }
    if passphrase.chars().count() < SHORTEST_PASSPHRASE {
        return Err(key(KeyProblem::Weak));
    }
    seal(&SignSecret::generate(&mut generator()?), name, Vec::new(), passphrase)
}

/// Reads a backup, or a key file of the command, before there is an election.
pub fn restore(file: &str, passphrase: &str) -> Result<WitnessKey, ModuleError> {
    let (secret, sealed) = open(file, passphrase)?;
    let name = sealed.map_or_else(|| nameless(&secret.public()), |sealed| sealed.name);
    Ok(describe(&secret.public(), &name, file.to_owned()))
}

impl Witness {
    /// Opens a key file for an election; `stored` is what this browser remembers of both.
    pub fn unlock(
        id: &str,
        manifest_bytes: &[u8],
        file: &str,
        passphrase: Zeroizing<String>,
        stored: Option<&str>,
    ) -> Result<Self, ModuleError> {
        let manifest = manifest(id, manifest_bytes)?;
        let (secret, sealed) = open(file, &passphrase)?;
        let known = manifest.witness_keys().iter().position(|(_, key)| *key == secret.public());
        let named = known.and_then(|place| manifest.witness_keys().get(place)).map(|(name, _)| name.clone());
        let (name, seen) = sealed.map_or_else(|| (nameless(&secret.public()), Vec::new()), |sealed| (sealed.name, sealed.seen));
        let mut memory = Memory::new(&manifest.id());
        let (here, others): (Vec<Memory>, Vec<Memory>) = seen.into_iter().partition(|seen| seen.is_of(&manifest.id()));
        for seen in here {
            memory = memory.merged(seen);
        }
        if let Some(stored) = stored {
            memory = memory.merged(parse(stored, &manifest)?);
        }
        Ok(Self {
            name: named.unwrap_or(name),
            place: known,
            manifest,
            secret,
            passphrase,
            others,
            memory,
            next: None,
            replay: Replay::new(),
            proven: 0,
            data: Data::new(),
            suspect: None,
            shown: None,
            cosigned: None,
        })
    }

    /// What the page may show.
    pub fn show(&self) -> WitnessView {
        let alarm =
            |shown: &str| WitnessAlarm { kept: self.memory.note().to_owned(), shown: shown.to_owned(), entry: self.memory.broken_entry() };
        WitnessView {
            name: self.name.clone(),
            named: self.place.is_some(),
            seen: self.memory.size(),
            cosigned: self.cosigned,
            alarm: self.memory.alarm().map(alarm),
            memory: self.memory.to_json(),
        }
    }

    /// Begins a look at a checkpoint. Gives the size up to which entries are to be taken before [`Self::conclude`]; `None` if none are.
    pub fn consider(&mut self, note: &str) -> Result<Option<u64>, ModuleError> {
        let opened = log::opened(&self.manifest, note)?;
        let cosigned = self.notice_own(&opened);
        let size = opened.checkpoint.size;
        // What an interrupted look has left behind is no part of a log yet.
        let left = self.suspect.is_some() || (size > self.proven && size <= self.election().size());
        if left {
            self.begin_again();
        }
        let note = checkpoint::alone(note, &self.manifest).ok_or_else(|| log::download("not signed by the log alone"))?;
        self.shown = Some(Shown { note, checkpoint: opened.checkpoint, cosigned, anew: self.election().size() == 0 });
        self.next = None;
        let decided = self.memory.alarm().is_some() || size < self.memory.size() || self.contradicts();
        Ok((!decided && size > self.election().size()).then_some(size))
    }

    /// Takes data for the next bundle.
    pub fn take_data(&mut self, sha256: &str, bytes: Vec<u8>) -> Result<(), ModuleError> {
        log::add_data(&mut self.data, sha256, bytes)
    }

    /// Entries taken, good or not.
    pub fn taken(&self) -> u64 {
        self.suspect.as_ref().map_or_else(|| self.election().size(), Suspect::size)
    }

    /// Takes the entries of a bundle from place `from` up to `to`.
    pub fn take_bundle(&mut self, bundle: &[u8], from: u32, to: u32) -> Result<(), ModuleError> {
        let leaves = log::leaves(bundle, from, to)?;
        if let Some(suspect) = &mut self.suspect {
            leaves.iter().for_each(|leaf| suspect.push(leaf));
            return Ok(());
        }
        let before = self.election().size();
        let pushed = self.replay.push(&leaves, &self.data, &mut generator()?);
        // Data are needed once.
        self.data.clear();
        if let Err(ReplayError { index, .. }) = pushed {
            let mut suspect = Suspect::new(self.election().tree().clone(), index);
            let in_tree = usize::try_from(suspect.size().saturating_sub(before)).unwrap_or(usize::MAX);
            leaves.iter().skip(in_tree).for_each(|leaf| suspect.push(leaf));
            self.suspect = Some(suspect);
        }
        Ok(())
    }

    /// What the checkpoint is, once its entries were taken.
    pub fn conclude(&mut self, now: u64) -> Result<WitnessLook, ModuleError> {
        let shown = self.shown.as_ref().ok_or(ModuleError::Spent)?;
        let (checkpoint, note, anew) = (shown.checkpoint.clone(), shown.note.clone(), shown.anew);
        let mut next = self.memory.clone();
        let outcome = if let Some(entry) = self.memory.alarm().map(|_| self.memory.broken_entry()) {
            if entry.is_some() { LookOutcome::Broken } else { LookOutcome::Fork }
        } else {
            self.judge(&checkpoint, anew)
        };
        match outcome {
            LookOutcome::Continues => {
                self.proven = self.proven.max(checkpoint.size);
                next.remember(&checkpoint, &note);
            }
            LookOutcome::Same => self.proven = self.proven.max(checkpoint.size),
            LookOutcome::Fork => next.raise_alarm(&note, None),
            LookOutcome::Broken => next.raise_alarm(&note, Some(self.suspect.as_ref().map_or(0, Suspect::index))),
            LookOutcome::Again | LookOutcome::Unproven => self.begin_again(),
            LookOutcome::Older => {}
        }
        let stores = matches!(outcome, LookOutcome::Continues) || next != self.memory;
        self.next = stores.then(|| next.clone());
        let proven = self.proven > 0;
        Ok(WitnessLook {
            outcome,
            shown: checkpoint.size,
            replayed: self.proven,
            phase: proven.then(|| phase(self.election())),
            clock_warning: self.election().last_time() > now.saturating_add(CLOCK_TOLERANCE_MS),
            memory: stores.then(|| next.to_json()),
        })
    }

    /// Takes what this browser has stored, by this tab or by another one.
    pub fn adopt(&mut self, stored: &str) -> Result<(), ModuleError> {
        let stored = parse(stored, &self.manifest)?;
        self.memory = self.memory.clone().merged(stored);
        Ok(())
    }

    /// The checkpoint with this witness's cosignature. `stored` is what is on the disk: nothing else is vouched for. `None` if the
    /// election does not name this witness.
    pub fn cosign(&mut self, stored: &str, now: u64) -> Result<Option<String>, ModuleError> {
        let stored = parse(stored, &self.manifest)?;
        if self.next.as_ref() != Some(&stored) || stored.alarm().is_some() {
            return Err(ModuleError::Spent);
        }
        self.next = None;
        self.memory = stored;
        if self.place.is_none() {
            return Ok(None);
        }
        let note = self.memory.note();
        let line = checkpoint::cosign(note, &self.name, &self.secret, now / 1_000).map_err(|error| log::download(&error.to_string()))?;
        Ok(Some(format!("{note}{line}")))
    }

    /// Looks whether the server shows this witness's cosignature.
    pub fn confirm(&mut self, note: &str) -> Result<(), ModuleError> {
        let opened = log::opened(&self.manifest, note)?;
        self.notice_own(&opened);
        Ok(())
    }

    /// The key file anew, with all that was seen until now.
    pub fn backup(&self) -> Result<WitnessKey, ModuleError> {
        let mut seen = self.others.clone();
        seen.push(self.memory.clone());
        seal(&self.secret, &self.name, seen, &self.passphrase)
    }

    fn judge(&self, checkpoint: &Checkpoint, anew: bool) -> LookOutcome {
        if self.contradicts() {
            return LookOutcome::Fork;
        }
        let unproven = if anew { LookOutcome::Unproven } else { LookOutcome::Again };
        if let Some(suspect) = &self.suspect {
            return if suspect.is_under(&checkpoint.root) { LookOutcome::Broken } else { unproven };
        }
        let election = self.election();
        // What goes beyond the proven part is proven by this checkpoint, or is not what it signs.
        let beyond = checkpoint.size > self.proven && checkpoint.size >= self.memory.size();
        if beyond && election.tree().root_at(checkpoint.size) != Some(checkpoint.root) {
            return unproven;
        }
        match self.memory.judge(checkpoint, election.tree()) {
            Judgement::Fork => LookOutcome::Fork,
            Judgement::Older => LookOutcome::Older,
            // The log has signed the announcement of another election as its first entry.
            Judgement::Continues if election.manifest().map(Manifest::id) != Some(self.manifest.id()) => LookOutcome::Broken,
            Judgement::Continues => {
                let done = self.place.is_none() || self.shown.as_ref().is_some_and(|shown| shown.cosigned);
                if done && checkpoint.size == self.memory.size() { LookOutcome::Same } else { LookOutcome::Continues }
            }
        }
    }

    /// Whether the checkpoint alone is the proof.
    fn contradicts(&self) -> bool {
        self.shown.as_ref().is_some_and(|shown| self.memory.contradicts(&shown.checkpoint))
    }

    fn begin_again(&mut self) {
        self.replay = Replay::new();
        self.proven = 0;
        self.suspect = None;
        self.data.clear();
    }

    /// Whether this witness's cosignature is on a note.
    fn notice_own(&mut self, opened: &Opened) -> bool {
        let own = opened.cosignatures.iter().filter(|one| Some(one.witness) == self.place);
        let Some(latest) = own.max_by_key(|one| one.seconds) else { return false };
        let found = ShownCosignature { size: opened.checkpoint.size, seconds: latest.seconds };
        if self.cosigned.is_none_or(|known| (known.size, known.seconds) < (found.size, found.seconds)) {
            self.cosigned = Some(found);
        }
        true
    }

    fn election(&self) -> &Election {
        self.replay.election()
    }
}

#[wasm_bindgen]
impl Witness {
    /// See [`Self::unlock`]. The module's copy of the passphrase is wiped when the witness is freed.
    #[wasm_bindgen(constructor)]
    pub fn new(id: &str, manifest: &[u8], file: &str, passphrase: String, stored: Option<String>) -> Thrown<Witness> {
        thrown(Self::unlock(id, manifest, file, Zeroizing::new(passphrase), stored.as_deref()))
    }

    /// See [`Self::show`].
    pub fn view(&self) -> Thrown<JsValue> {
        to_js(&self.show())
    }

    /// See [`Self::consider`].
    #[wasm_bindgen(js_name = consider)]
    pub fn consider_note(&mut self, note: &str) -> Thrown<Option<f64>> {
        thrown(self.consider(note).map(|size| size.map(number)))
    }

    /// See [`Self::taken`].
    pub fn size(&self) -> f64 {
        number(self.taken())
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

    /// See [`Self::take_bundle`].
    #[wasm_bindgen(js_name = addBundle)]
    pub fn add_bundle(&mut self, bundle: &[u8], from: u32, to: u32) -> Thrown<()> {
        thrown(self.take_bundle(bundle, from, to))
    }

    /// See [`Self::conclude`].
    pub fn found(&mut self, now: f64) -> Thrown<JsValue> {
        thrown_view(self.conclude(milliseconds(now)))
    }

    /// See [`Self::adopt`].
    pub fn stored(&mut self, memory: &str) -> Thrown<()> {
        thrown(self.adopt(memory))
    }

    /// See [`Self::cosign`].
    #[wasm_bindgen(js_name = cosigned)]
    pub fn cosigned_note(&mut self, stored: &str, now: f64) -> Thrown<Option<String>> {
        thrown(self.cosign(stored, milliseconds(now)))
    }

    /// See [`Self::confirm`].
    #[wasm_bindgen(js_name = confirm)]
    pub fn confirm_note(&mut self, note: &str) -> Thrown<()> {
        thrown(self.confirm(note))
    }

    /// See [`Self::backup`].
    #[wasm_bindgen(js_name = backup)]
    pub fn backup_file(&self) -> Thrown<JsValue> {
        thrown_view(self.backup())
    }
}

/// See [`generate`].
#[wasm_bindgen(js_name = generateWitnessKey)]
pub fn generate_witness_key(name: &str, passphrase: String) -> Thrown<JsValue> {
    let passphrase = Zeroizing::new(passphrase);
    thrown_view(generate(name, &passphrase))
}

/// See [`restore`].
#[wasm_bindgen(js_name = restoreWitnessKey)]
pub fn restore_witness_key(file: &str, passphrase: String) -> Thrown<JsValue> {
    let passphrase = Zeroizing::new(passphrase);
    thrown_view(restore(file, &passphrase))
}

fn seal(secret: &SignSecret, name: &str, seen: Vec<Memory>, passphrase: &str) -> Result<WitnessKey, ModuleError> {
    let sealed = Sealed { format: FORMAT.to_owned(), name: name.to_owned(), seen };
    // Invariant: a structure of texts and numbers always serialises.
    let json = serde_json::to_vec(&sealed).unwrap_or_default();
    let bytes = Zeroizing::new([secret.to_bytes().as_slice(), &json].concat());
    let file = key_file::seal(KeyKind::Witness, &bytes, passphrase, &mut generator()?);
    Ok(describe(&secret.public(), name, file.map_err(|error| key_problem(&error))?))
}

fn open(file: &str, passphrase: &str) -> Result<(SignSecret, Option<Sealed>), ModuleError> {
    let label = key_file::label(file).map_err(|error| key_problem(&error))?;
    // Said before Argon2id has cost a second.
    if label.kind != KeyKind::Witness {
        return Err(key(KeyProblem::Role));
    }
    let (_, bytes) = key_file::open(file, passphrase).map_err(|error| key_problem(&error))?;
    let (seed, rest) = bytes.split_first_chunk::<32>().ok_or_else(|| key(KeyProblem::File))?;
    // The command's files have nothing after the key.
    let sealed = match rest {
        [] => None,
        rest => {
            let sealed: Sealed = serde_json::from_slice(rest).map_err(|_| key(KeyProblem::File))?;
            let good = sealed.format == FORMAT && is_witness_name(&sealed.name);
            Some(sealed).filter(|_| good).ok_or_else(|| key(KeyProblem::File)).map(Some)?
        }
    };
    Ok((SignSecret::from_bytes(seed), sealed))
}

fn describe(public: &SignKey, name: &str, file: String) -> WitnessKey {
    let short = fingerprint(public);
    WitnessKey {
        file,
        file_name: format!("isoloir-witness-{}.key.json", short.get(..4).unwrap_or_default()),
        name: name.to_owned(),
        line: verifier_line(name, public),
        fingerprint: short,
    }
}

/// A name for a key whose file has none, until an election names it.
fn nameless(public: &SignKey) -> String {
    format!("witness-{}", fingerprint(public).get(..4).unwrap_or_default())
}

fn parse(stored: &str, manifest: &Manifest) -> Result<Memory, ModuleError> {
    Memory::parse(stored.as_bytes(), &manifest.id()).ok_or_else(|| ModuleError::Argument { detail: "memory".to_owned() })
}
