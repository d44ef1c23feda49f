//! A public ballot as bytes, with no point decoded: enough to know it again, far too little to accept it.

use super::Challenge;
use crate::{codec::Reader, hash::Hasher, manifest::Manifest};

/// Where the parts of a ballot lie that name it and that its challenge is made of.
pub(crate) struct Outline<'a> {
    /// The slot.
    pub slot: u32,
    /// Index of the ballot that it replaces, or [`super::SUPERSEDES_NONE`].
    pub supersedes: u64,
    /// Points of all questions, hashes of the boxes, and `R`, in the order in which they are hashed.
    hashed: Vec<&'a [u8; 32]>,
    /// For each question `B, V_1 … V_{t−1}`.
    pub commitments: Vec<&'a [u8; 32]>,
    /// Hashes of the boxes, that of teller 1 first.
    pub box_hashes: Vec<&'a [u8; 32]>,
}

impl<'a> Outline<'a> {
    /// Splits a ballot of the manifest's length; `None` for another length.
    pub fn read(manifest: &Manifest, bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let (slot, supersedes) = (reader.u32().ok()?, reader.u64().ok()?);
        let threshold = usize::from(manifest.threshold);
        let (mut hashed, mut commitments) = (Vec::with_capacity(16), Vec::new());
        let mut take = |count: usize| Some(reader.take(count.checked_mul(32)?).ok()?.as_chunks::<32>().0);
        for question in &manifest.questions {
            let slack = question.slack_weights().len();
            let with_slack = usize::from(slack > 0);
            // `B, V_1 … V_{t−1}, [S, T,] A, C, D`, then `f, g, z_B, [z_S,] z_C`.
            let points = take(threshold.checked_add(with_slack.checked_mul(2)?)?.checked_add(3)?)?;
            commitments.extend(points.get(..threshold)?);
            hashed.extend(points);
            take(question.bits().checked_add(slack)?.checked_add(with_slack)?.checked_add(2)?)?;
        }
        let box_hashes: Vec<_> = take(manifest.tellers.len())?.iter().collect();
        hashed.extend(&box_hashes);
        hashed.extend(take(1)?);
        take(1)?;
        reader.finish().ok()?;
        Some(Self { slot, supersedes, hashed, commitments, box_hashes })
    }

    /// The challenge `x` under the slot's key `K` (section 4).
    pub fn challenge(&self, manifest: &Manifest, key: &[u8; 32]) -> Challenge {
        let mut hasher = Hasher::new("isoloir/v1/ballot");
        hasher.field(manifest.id().as_bytes()).field(&self.slot.to_be_bytes()).field(&self.supersedes.to_be_bytes()).field(key);
        for part in &self.hashed {
            hasher.field(*part);
        }
        Challenge(hasher.finish_scalar())
    }
}
