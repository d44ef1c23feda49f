//! A voter's device: codes, the ballot, cast or test.

use isoloir_protocol::{
    ballot::{self, Choice, ChoiceError, Choices, Prepared, Randomness, SUPERSEDES_NONE},
    code::{Code, CodeError, near_misses},
    credential::{CodePart, PartContext, VoterKey, sum_of_parts},
    group::Point,
    manifest::Manifest,
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    convert::{Thrown, from_js, thrown, thrown_view, to_js},
    election::manifest,
    error::{ChoiceProblem, CodeProblem, ModuleError, SlotProblem},
    generator,
};

/// What the server says about a slot: `GET /api/elections/{id}/slots/{slot}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SlotInfo {
    /// The slot, from 1.
    pub slot: u32,
    /// Its group, from 0.
    pub group: u16,
    /// How much its vote weighs.
    pub weight: u32,
    /// Hexadecimal of each registrar's key part.
    pub key_parts: Vec<String>,
    /// Hexadecimal of their sum.
    pub key: String,
    /// The ballot that counts if the election closes now.
    pub current: Option<ListedBallot>,
    /// All ballots of the slot in the log's order.
    pub ballots: Vec<ListedBallot>,
}

/// A ballot as the server lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ListedBallot {
    /// Log index.
    pub index: u64,
    /// Time of the entry in ms since 1970.
    pub time: u64,
    /// Its receipt code.
    pub code: String,
}

/// One answer of the page. Wiped when dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(rename = "Choice"))]
pub struct Answer {
    /// Options chosen, from 0.
    pub options: Vec<u16>,
    /// Whether the question is left blank.
    pub blank: bool,
}

/// What the page may show of a voter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct VoterView {
    /// The slot, from 1.
    pub slot: u32,
    /// Its group, from 0.
    pub group: u16,
    /// How much its vote weighs.
    pub weight: u32,
    /// The ballot that this slot has in the urn, if any.
    pub current: Option<ListedBallot>,
    /// Registrars (from 0) whose codes are still missing.
    pub missing: Vec<u8>,
}

/// A slot whose description holds together.
struct Slot {
    info: SlotInfo,
    key: Point,
    key_parts: Vec<Point>,
}

impl Slot {
    fn parse(manifest: &Manifest, json: &str) -> Result<Self, ModuleError> {
        let invalid = || ModuleError::Slot { problem: SlotProblem::Invalid };
        let info: SlotInfo = serde_json::from_str(json).map_err(|_| invalid())?;
        let key_parts: Vec<Point> = info.key_parts.iter().map(|text| point(text)).collect::<Option<_>>().ok_or_else(invalid)?;
        let key = point(&info.key).ok_or_else(invalid)?;
        let listed = info.current.as_ref().is_none_or(|current| info.ballots.contains(current));
        let holds = info.slot > 0
            && info.weight > 0
            && usize::from(info.group) < manifest.groups.len()
            && key_parts.len() == manifest.registrars.len()
            && sum_of_parts(&key_parts) == Some(key)
            && listed;
        if holds { Ok(Self { info, key, key_parts }) } else { Err(invalid()) }
    }

    fn supersedes(&self) -> u64 {
        self.info.current.as_ref().map_or(SUPERSEDES_NONE, |current| current.index)
    }
}

pub(crate) fn point(text: &str) -> Option<Point> {
    let bytes: [u8; 32] = hex::decode(text).ok()?.try_into().ok()?;
    Point::decode(&bytes)
}

/// One voter's device for one slot. Codes, seeds and choices are wiped when it is freed.
#[wasm_bindgen]
pub struct Voter {
    manifest: Manifest,
    slot: Slot,
    parts: Vec<Option<CodePart>>,
    prepared: Option<Prepared>,
    cast: bool,
}

impl Voter {
    /// A voter of an election whose slot the server describes so.
    pub fn open(id: &str, manifest_bytes: &[u8], slot_json: &str) -> Result<Self, ModuleError> {
        let manifest = manifest(id, manifest_bytes)?;
        let slot = Slot::parse(&manifest, slot_json)?;
        let parts = manifest.registrars.iter().map(|_| None).collect();
        Ok(Self { manifest, slot, parts, prepared: None, cast: false })
    }

    /// What the page may show.
    pub fn show(&self) -> VoterView {
        VoterView {
            slot: self.slot.info.slot,
            group: self.slot.info.group,
            weight: self.slot.info.weight,
            current: self.slot.info.current.clone(),
            missing: self.missing_codes(),
        }
    }

    /// Takes a code, if it is this registrar's current one for this slot.
    pub fn take_code(&mut self, registrar: u8, typed: &str) -> Result<(), ModuleError> {
        self.not_cast()?;
        let wrong = |problem| ModuleError::Code { registrar, problem };
        let code = Code::parse(typed).map_err(|error| wrong(self.explain(registrar, typed, error)))?;
        let part = self
            .part(registrar, &code)
            .ok_or_else(|| wrong(self.whose(registrar, &code).map_or(CodeProblem::Wrong, |other| CodeProblem::Swapped { other })))?;
        if let Some(place) = self.parts.get_mut(usize::from(registrar)) {
            *place = Some(part);
        }
        Ok(())
    }

    /// Makes a new ballot and gives up the one before; returns the receipt code.
    pub fn prepare_ballot(&mut self, answers: &[Answer]) -> Result<String, ModuleError> {
        self.not_cast()?;
        let choices = choices(&self.manifest, answers)?;
        let randomness = Randomness::generate(&mut generator()?);
        let slot = &self.slot;
        let prepared = ballot::prepare(&self.manifest, &choices, slot.info.slot, &slot.key, slot.supersedes(), &randomness);
        Ok(self.prepared.insert(prepared).code())
    }

    /// Signs the prepared ballot; only its bytes are left.
    pub fn cast_ballot(&mut self) -> Result<Vec<u8>, ModuleError> {
        let missing = self.missing_codes();
        if self.prepared.is_some() && !missing.is_empty() {
            return Err(ModuleError::CodeMissing { registrars: missing });
        }
        let prepared = self.prepared.take().ok_or(ModuleError::Spent)?;
        let parts: Vec<CodePart> = self.parts.iter_mut().filter_map(Option::take).collect();
        self.cast = true;
        VoterKey::from_parts(&parts).and_then(|key| prepared.cast(&key)).ok_or(ModuleError::Slot { problem: SlotProblem::Invalid })
    }

    /// Gives the prepared ballot up for a test of this device.
    pub fn disclose_ballot(&mut self) -> Result<Vec<u8>, ModuleError> {
        self.prepared.take().map(Prepared::disclose).ok_or(ModuleError::Spent)
    }

    /// Takes a newer description of the same slot. Codes that were replaced are forgotten, and so is a prepared
    /// ballot if the key or the ballot to be replaced is another one now.
    pub fn renew(&mut self, slot_json: &str) -> Result<(), ModuleError> {
        self.not_cast()?;
        let slot = Slot::parse(&self.manifest, slot_json)?;
        if slot.info.slot != self.slot.info.slot {
            return Err(ModuleError::Slot { problem: SlotProblem::Invalid });
        }
        if slot.key != self.slot.key || slot.supersedes() != self.slot.supersedes() {
            self.prepared = None;
        }
        for (part, public) in self.parts.iter_mut().zip(&slot.key_parts) {
            if part.as_ref().is_some_and(|part| part.public() != *public) {
                *part = None;
            }
        }
        self.slot = slot;
        Ok(())
    }

    fn not_cast(&self) -> Result<(), ModuleError> {
        if self.cast { Err(ModuleError::Spent) } else { Ok(()) }
    }

    fn missing_codes(&self) -> Vec<u8> {
        (0_u8..).zip(&self.parts).filter_map(|(p, part)| part.is_none().then_some(p)).collect()
    }

    /// The key part of a code, if it is the one in the roll.
    fn part(&self, registrar: u8, code: &Code) -> Option<CodePart> {
        let context = PartContext { roll_scope: self.manifest.roll_scope(), registrar, slot: self.slot.info.slot };
        let part = CodePart::derive(context, code)?;
        let listed = self.slot.key_parts.get(usize::from(registrar))?;
        (part.public() == *listed).then_some(part)
    }

    /// Another registrar whose code for this slot it is.
    fn whose(&self, registrar: u8, code: &Code) -> Option<u8> {
        (0_u8..).zip(&self.parts).map(|(other, _)| other).find(|other| *other != registrar && self.part(*other, code).is_some())
    }

    fn explain(&self, registrar: u8, typed: &str, error: CodeError) -> CodeProblem {
        match error {
            CodeError::Length { found } => CodeProblem::Length { found },
            CodeError::Symbol { position } => CodeProblem::Symbol { position: position.saturating_add(1) },
            // The roll is public, so whoever has 15 right symbols could find the sixteenth anyway.
            _ => CodeProblem::Checksum {
                positions: near_misses(typed)
                    .iter()
                    .find(|near| self.part(registrar, &near.code).is_some())
                    .map(|near| [Some(near.positions.0), near.positions.1])
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|position| position.saturating_add(1))
                    .collect(),
            },
        }
    }
}

#[wasm_bindgen]
impl Voter {
    /// See [`Self::open`].
    #[wasm_bindgen(constructor)]
    pub fn new(id: &str, manifest: &[u8], slot_json: &str) -> Thrown<Voter> {
        thrown(Self::open(id, manifest, slot_json))
    }

    /// See [`Self::show`].
    pub fn view(&self) -> Thrown<JsValue> {
        to_js(&self.show())
    }

    /// See [`Self::take_code`]. The module's copy of what was typed is wiped.
    #[wasm_bindgen(js_name = setCode)]
    pub fn set_code(&mut self, registrar: u8, typed: String) -> Thrown<()> {
        let typed = Zeroizing::new(typed);
        thrown(self.take_code(registrar, &typed))
    }

    /// See [`Self::prepare_ballot`].
    pub fn prepare(&mut self, choices: JsValue) -> Thrown<String> {
        thrown(from_js::<Vec<Answer>>(choices).and_then(|answers| self.prepare_ballot(&answers)))
    }

    /// See [`Self::cast_ballot`].
    pub fn cast(&mut self) -> Thrown<Vec<u8>> {
        thrown(self.cast_ballot())
    }

    /// See [`Self::disclose_ballot`].
    pub fn disclose(&mut self) -> Thrown<Vec<u8>> {
        thrown(self.disclose_ballot())
    }

    /// See [`Self::renew`]; returns the new view.
    pub fn refresh(&mut self, slot_json: &str) -> Thrown<JsValue> {
        thrown_view(self.renew(slot_json).map(|()| self.show()))
    }
}

/// The page's answers as the protocol's choices.
pub(crate) fn choices(manifest: &Manifest, answers: &[Answer]) -> Result<Choices, ModuleError> {
    let choice = |problem| ModuleError::Choice { problem };
    for (number, (answer, question)) in answers.iter().zip(&manifest.questions).enumerate() {
        // The protocol reads options as a set and would drop these two without a word.
        let unknown = answer.options.iter().find(|option| usize::from(**option) >= question.options.len());
        if let Some(option) = unknown {
            return Err(choice(ChoiceProblem::UnknownOption { question: number, option: *option }));
        }
        let mut sorted = Zeroizing::new(answer.options.clone());
        sorted.sort_unstable();
        if let Some(option) = sorted.windows(2).find_map(|pair| match pair {
            [left, right] if left == right => Some(*left),
            _ => None,
        }) {
            return Err(choice(ChoiceProblem::RepeatedOption { question: number, option }));
        }
    }
    let chosen = answers
        .iter()
        .zip(&manifest.questions)
        .map(|(answer, question)| Choice::from_options(question, &answer.options, answer.blank))
        .chain(answers.iter().skip(manifest.questions.len()).map(|_| Choice::from_bits(Vec::new())))
        .collect();
    Choices::new(manifest, chosen).map_err(|error| choice(explain_choice(manifest, answers, error)))
}

/// Only refused choices come here: nothing that is cast takes this way.
fn explain_choice(manifest: &Manifest, answers: &[Answer], error: ChoiceError) -> ChoiceProblem {
    let questions = ChoiceProblem::Questions { expected: manifest.questions.len(), found: answers.len() };
    let number = match error {
        ChoiceError::Options { question } | ChoiceError::NotAllowed { question } => question,
        _ => return questions,
    };
    let (Some(question), Some(answer)) = (manifest.questions.get(number), answers.get(number)) else {
        return questions;
    };
    let chosen = answer.options.len();
    match (answer.blank, question.blank) {
        (true, false) => ChoiceProblem::BlankNotOffered { question: number },
        (true, true) => ChoiceProblem::BlankWithOptions { question: number },
        (false, _) if u32::try_from(chosen).is_ok_and(|chosen| chosen < question.min) => {
            ChoiceProblem::TooFew { question: number, chosen, min: question.min }
        }
        (false, _) => ChoiceProblem::TooMany { question: number, chosen, max: question.max },
    }
}
