//! A question and what follows from it: bits, weights and slack (section 2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeGreater;
use zeroize::Zeroizing;

/// A text in one or more languages: BCP 47 tag to words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(pub BTreeMap<String, String>);

impl Text {
    /// The text in the first of `languages` that it has (tags compared without regard to case, and
    /// `fr` also finds `fr-CA`), else in any language it has.
    pub fn in_language<'a>(&'a self, languages: &[&str]) -> &'a str {
        let exact = |wanted: &str| self.0.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(wanted));
        let primary = |wanted: &str| self.0.iter().find(|(tag, _)| subtag(tag).eq_ignore_ascii_case(subtag(wanted)));
        languages
            .iter()
            .find_map(|wanted| exact(wanted).or_else(|| primary(wanted)))
            .or_else(|| self.0.iter().next())
            .map_or("", |(_, words)| words.as_str())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Text {
    fn from(texts: [(&str, &str); N]) -> Self {
        Self(texts.into_iter().map(|(tag, words)| (tag.to_owned(), words.to_owned())).collect())
    }
}

/// One question of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What is asked.
    pub title: Text,
    /// What may be chosen, 1–255.
    pub options: Vec<Text>,
    /// The fewest options of a ballot that is not blank.
    pub min: u32,
    /// The most options of a ballot, and what all its bits and slack weigh together.
    pub max: u32,
    /// Whether a voter may leave this question blank.
    pub blank: bool,
}

impl Question {
    /// `n`, how many bits a ballot has here: one for each option, and the blank bit last.
    pub fn bits(&self) -> usize {
        self.options.len().saturating_add(usize::from(self.blank))
    }

    /// `w`: 1 for an option, `max` for the blank bit.
    pub fn weights(&self) -> Vec<u32> {
        let options = self.options.iter().map(|_| 1);
        options.chain(self.blank.then_some(self.max)).collect()
    }

    /// `w'`: the slack weights for `d = max − min`. All values from 0 to `d`, and no others, are sums
    /// of some of them.
    pub fn slack_weights(&self) -> Vec<u32> {
        let mut missing = self.max.saturating_sub(self.min);
        let mut weights = Vec::new();
        let mut power = 1_u32;
        while missing > 0 {
            let weight = power.min(missing);
            weights.push(weight);
            missing = missing.saturating_sub(weight);
            power = power.saturating_mul(2);
        }
        weights
    }

    /// The slack bits for `value`, which is `max` less the weight of the voter's bits, hence secret:
    /// each is set from the last weight to the first, if it is at most what is still missing, without a
    /// branch or an index that depends on it. Their sum is `value` if `value ≤ max − min`.
    pub fn slack_bits(&self, value: u32) -> Zeroizing<Vec<u8>> {
        let weights = self.slack_weights();
        let mut bits = Zeroizing::new(vec![0; weights.len()]);
        let mut missing = Zeroizing::new(value);
        for (bit, weight) in bits.iter_mut().zip(&weights).rev() {
            let fits = (!weight.ct_gt(&missing)).unwrap_u8();
            *missing = missing.wrapping_sub(weight.wrapping_mul(u32::from(fits)));
            *bit = fits;
        }
        bits
    }

    /// Whether a ballot here needs slack at all (`m > 0`).
    pub fn has_slack(&self) -> bool {
        self.max > self.min
    }

    /// Length in bytes of this question's part of a public ballot with `threshold` tellers to open it.
    pub fn ballot_len(&self, threshold: u8) -> usize {
        let slack = self.slack_weights().len();
        let per_slack = usize::from(self.has_slack());
        // B, V_1 … V_{t−1}, A, C, D, f, z_B, z_C; with slack also S, T, g, z_S.
        let elements = [usize::from(threshold), 5, self.bits(), slack, per_slack.saturating_mul(3)];
        elements.into_iter().fold(0, usize::saturating_add).saturating_mul(32)
    }
}

fn subtag(tag: &str) -> &str {
    tag.split_once('-').map_or(tag, |(primary, _)| primary)
}
