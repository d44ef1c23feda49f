//! A voter's choices as secret bits (section 2, "Derived per question").

use subtle::{ConstantTimeEq, ConstantTimeLess};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{manifest::Manifest, question::Question};

/// Why choices make no ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChoiceError {
    /// There must be one choice for each question.
    #[error("{found} choices for {expected} questions")]
    Questions {
        /// Questions of the manifest.
        expected: usize,
        /// Choices given.
        found: usize,
    },
    /// A choice has another number of options than its question, or a bit that is not 0 or 1.
    #[error("question {question}: the options are not those of the manifest")]
    Options {
        /// The question, from 0.
        question: usize,
    },
    /// Too few or too many options, or blank together with options.
    #[error("question {question}: not an allowed choice")]
    NotAllowed {
        /// The question, from 0.
        question: usize,
    },
}

/// The bits of one question, one byte (0 or 1) each, the blank bit last. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Choice {
    bits: Vec<u8>,
}

impl Choice {
    /// A choice from its bits: one for each option in order, then the blank bit if the question
    /// has one.
    pub fn from_bits(bits: Vec<u8>) -> Self {
        Self { bits }
    }

    /// A choice of options by number (from 0), or blank. The time depends on how many options are
    /// named, not on which.
    pub fn from_options(question: &Question, options: &[u16], blank: bool) -> Self {
        let mut bits: Vec<u8> = (0_u16..)
            .zip(&question.options)
            .map(|(number, _)| options.iter().fold(0, |bit, option| bit | option.ct_eq(&number).unwrap_u8()))
            .collect();
        if question.blank {
            bits.push(u8::from(blank));
        } else if blank {
            // One bit too many: refused as `Options`.
            bits.push(1);
        }
        Self { bits }
    }

    /// The bits.
    pub(crate) fn bits(&self) -> &[u8] {
        &self.bits
    }

    /// The chosen options by number; the blank bit is left out.
    pub fn options(&self, question: &Question) -> Vec<u16> {
        (0_u16..).zip(self.bits.iter().take(question.options.len())).filter_map(|(number, bit)| (*bit == 1).then_some(number)).collect()
    }

    /// Whether the blank bit is set.
    pub fn is_blank(&self, question: &Question) -> bool {
        question.blank && self.bits.last() == Some(&1)
    }
}

/// One allowed choice for each question. Wiped when dropped; cannot be printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Choices {
    questions: Vec<QuestionBits>,
}

/// Bits and slack bits of one question.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct QuestionBits {
    pub choice: Choice,
    pub slack: zeroize::Zeroizing<Vec<u8>>,
}

impl Choices {
    /// Checks choices against the manifest and adds the slack bits. Time and memory access do not
    /// depend on an allowed choice.
    pub fn new(manifest: &Manifest, choices: Vec<Choice>) -> Result<Self, ChoiceError> {
        let expected = manifest.questions.len();
        if choices.len() != expected {
            return Err(ChoiceError::Questions { expected, found: choices.len() });
        }
        let questions = choices
            .into_iter()
            .zip(&manifest.questions)
            .enumerate()
            .map(|(number, (choice, question))| with_slack(question, choice, number))
            .collect::<Result<_, _>>()?;
        Ok(Self { questions })
    }

    /// The choice of each question.
    pub fn questions(&self) -> impl Iterator<Item = &Choice> {
        self.questions.iter().map(|question| &question.choice)
    }

    pub(crate) fn bits(&self) -> &[QuestionBits] {
        &self.questions
    }

    /// All bits of all questions in order, one byte each, as they are hashed.
    pub(crate) fn all_bits(&self) -> zeroize::Zeroizing<Vec<u8>> {
        let bits = self.questions.iter().flat_map(|question| question.choice.bits.iter().copied());
        zeroize::Zeroizing::new(bits.collect())
    }
}

fn with_slack(question: &Question, choice: Choice, number: usize) -> Result<QuestionBits, ChoiceError> {
    if choice.bits.len() != question.bits() || choice.bits.iter().any(|bit| *bit > 1) {
        return Err(ChoiceError::Options { question: number });
    }
    let sum = question
        .weights()
        .iter()
        .zip(&choice.bits)
        .fold(0_u32, |sum, (weight, bit)| sum.wrapping_add(weight.wrapping_mul(u32::from(*bit))));
    // min ≤ sum ≤ max; the blank bit alone weighs max.
    let too_few = sum.ct_lt(&question.min);
    let too_many = question.max.ct_lt(&sum);
    if bool::from(too_few | too_many) {
        return Err(ChoiceError::NotAllowed { question: number });
    }
    let slack = question.slack_bits(question.max.wrapping_sub(sum));
    Ok(QuestionBits { choice, slack })
}
