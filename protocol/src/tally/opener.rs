//! What a teller's device does after closing: check and open its boxes, complain about bad ones, and
//! add up the shares of the counted ballots (sections 7 and 8).

use std::collections::BTreeMap;

use curve25519_dalek::scalar::Scalar;
use rand_core::CryptoRng;
use thiserror::Error;

use super::{
    complaint::Complaint,
    report,
    slice::{self, Found, Item, SecretSums},
    sums,
};
use crate::{
    codec::DecodeError,
    election::{Current, Election},
    hash::sha256,
    sealed_box::SealedBox,
    teller::TellerSecret,
};

/// Why a teller's device cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpenerError {
    /// The keys are not those of this teller in the manifest.
    #[error("not the keys of teller {teller}")]
    OtherKeys {
        /// The teller `j`, from 1.
        teller: u8,
    },
    /// The log is not closed yet.
    #[error("the log is not closed")]
    NotClosed,
    /// The set of counted ballots is not fixed yet.
    #[error("the counted ballots are not fixed")]
    NotFixed,
    /// Too few ballots are current: no sums are made.
    #[error("too few ballots to count without revealing votes")]
    TooFew,
    /// Boxes of current or counted ballots are not there yet.
    #[error("{} boxes missing", indices.len())]
    BoxesMissing {
        /// Log indices of their ballots.
        indices: Vec<u64>,
    },
    /// Boxes of void ballots were added before; they must be given again to be taken out.
    #[error("{} boxes to be taken out", indices.len())]
    BoxesToRemove {
        /// Log indices of their ballots.
        indices: Vec<u64>,
    },
}

/// How far a teller's device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Boxes of current ballots that were checked.
    pub checked: u64,
    /// Current ballots.
    pub current: u64,
    /// Complaints of types 1 and 2 so far.
    pub complaints: u64,
}

/// Opens the boxes of one teller. Shares are added up as they come, so that memory does not grow with
/// them; the sums are wiped when dropped.
pub struct Opener {
    teller: u8,
    secret: TellerSecret,
    /// Of every current ballot in slot order: what became of its box.
    states: Vec<State>,
    /// Position in slot order by log index.
    positions: BTreeMap<u64, usize>,
    complaints: BTreeMap<u64, Complaint>,
    totals: SecretSums,
    checked: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Added,
    Complained,
}

impl Opener {
    /// Starts on a log that is closed. Of a [light](Election::light) election each ballot must be recalled before its box is opened.
    pub fn new(election: &Election, teller: u8, secret: &TellerSecret) -> Result<Self, OpenerError> {
        let manifest = election.manifest().ok_or(OpenerError::NotClosed)?;
        if election.closing().is_none() {
            return Err(OpenerError::NotClosed);
        }
        match manifest.teller_keys(teller) {
            Some(keys) if secret.matches(&keys.seal, &keys.sign) => {}
            _ => return Err(OpenerError::OtherKeys { teller }),
        }
        let positions: BTreeMap<u64, usize> =
            election.current_ballots().enumerate().map(|(position, (_, ballot))| (ballot.index(), position)).collect();
        Ok(Self {
            teller,
            secret: secret.clone(),
            states: vec![State::Waiting; positions.len()],
            positions,
            complaints: BTreeMap::new(),
            totals: SecretSums::zero(manifest, election.buckets().len()),
            checked: 0,
        })
    }

    /// Checks and opens boxes, given with the log index of their ballot. Boxes of other ballots,
    /// boxes with another hash than the ballot's, and boxes seen before are ignored.
    pub fn open(&mut self, election: &Election, boxes: &[(u64, &[u8])], rng: &mut impl CryptoRng) -> Progress {
        let Some(manifest) = election.manifest() else {
            return self.progress();
        };
        let items = self.items(election, boxes);
        let found = slice::open(manifest, self.teller, &self.secret, &items, election.buckets().len(), rng);
        self.take(found);
        self.progress()
    }

    /// The same for [`SliceOpener::open`](super::SliceOpener::open), in another thread: what it needs to open these boxes. Boxes
    /// that [`Self::open`] would ignore are left out.
    pub fn slice(&self, election: &Election, boxes: &[(u64, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.items(election, boxes).iter().for_each(|item| item.write(&mut bytes));
        bytes
    }

    /// Takes what was found in a slice. Fails, and takes nothing, if it is not of boxes that are waited for.
    pub fn merge(&mut self, election: &Election, found: &[u8]) -> Result<Progress, DecodeError> {
        let manifest = election.manifest().ok_or(DecodeError::Value)?;
        let found = Found::decode(manifest, election.buckets().len(), found)?;
        let mut indices: Vec<u64> = found.added.iter().copied().chain(found.complaints.iter().map(Complaint::index)).collect();
        let all = indices.len();
        indices.sort_unstable();
        indices.dedup();
        if indices.len() != all || indices.iter().any(|index| !self.is_waiting(*index)) {
            return Err(DecodeError::Value);
        }
        self.take(found);
        Ok(self.progress())
    }

    fn items<'a>(&self, election: &Election, boxes: &[(u64, &'a [u8])]) -> Vec<Item<'a>> {
        let Some(manifest) = election.manifest() else { return Vec::new() };
        let mut wanted: BTreeMap<u64, Item<'a>> = BTreeMap::new();
        for (index, bytes) in boxes.iter().filter(|(index, _)| self.is_waiting(*index)) {
            let ballot = election.current_ballot_at(*index).filter(|ballot| self.is_named(ballot, bytes));
            let item =
                ballot.zip(election.bucket_of(*index)).and_then(|(ballot, place)| Item::new(manifest, self.teller, ballot, place, bytes));
            wanted.extend(item.map(|item| (*index, item)));
        }
        wanted.into_values().collect()
    }

    fn is_waiting(&self, index: u64) -> bool {
        self.positions.get(&index).is_some_and(|position| self.states.get(*position) == Some(&State::Waiting))
    }

    fn take(&mut self, found: Found) {
        self.totals.merge(&found.sums);
        for index in &found.added {
            self.set(*index, State::Added);
        }
        for complaint in &found.complaints {
            self.set(complaint.index(), State::Complained);
            self.complaints.insert(complaint.index(), complaint.clone());
        }
    }

    /// Log indices of current ballots whose boxes were not seen yet, in slot order.
    pub fn missing(&self) -> Vec<u64> {
        let mut missing: Vec<(usize, u64)> = self
            .positions
            .iter()
            .filter(|(_, position)| self.states.get(**position) == Some(&State::Waiting))
            .map(|(index, position)| (*position, *index))
            .collect();
        missing.sort_unstable();
        missing.into_iter().map(|(_, index)| index).collect()
    }

    /// How far the opening is.
    pub fn progress(&self) -> Progress {
        Progress {
            checked: self.checked,
            current: u64::try_from(self.states.len()).unwrap_or(u64::MAX),
            complaints: u64::try_from(self.complaints.len()).unwrap_or(u64::MAX),
        }
    }

    /// Body and data of the report. Boxes not seen yet are an error unless `include_missing` lists
    /// them as complaints of type 3, which is for the last third of the window (section 7).
    pub fn report(&self, election: &Election, include_missing: bool) -> Result<(Vec<u8>, Vec<u8>), OpenerError> {
        let manifest = election.manifest().ok_or(OpenerError::NotClosed)?;
        let closing = election.closing().ok_or(OpenerError::NotClosed)?;
        let missing = self.missing();
        if !missing.is_empty() && !include_missing {
            return Err(OpenerError::BoxesMissing { indices: missing });
        }
        let mut complaints = self.complaints.clone();
        for index in missing {
            complaints.insert(index, Complaint::missing(index));
        }
        let complaints: Vec<Complaint> = complaints.into_values().collect();
        Ok(report::make(manifest.id(), self.teller, closing.size, &closing.root, &complaints, self.secret.sign()))
    }

    /// Log indices of ballots that were added here and are void by another teller's complaint:
    /// [`Self::sums`] needs their boxes again.
    pub fn to_remove(&self, election: &Election) -> Vec<u64> {
        self.positions
            .iter()
            .filter(|(index, position)| self.states.get(**position) == Some(&State::Added) && election.is_void(**index))
            .map(|(index, _)| *index)
            .collect()
    }

    /// Body and data of the sums over the counted ballots. `removed` are the boxes of
    /// [`Self::to_remove`].
    pub fn sums(&self, election: &Election, removed: &[(u64, &[u8])]) -> Result<(Vec<u8>, Vec<u8>), OpenerError> {
        let manifest = election.manifest().ok_or(OpenerError::NotFixed)?;
        let counted = election.counted_hash().ok_or(OpenerError::NotFixed)?;
        if election.too_few() {
            return Err(OpenerError::TooFew);
        }
        let lacking: Vec<u64> = self.missing().into_iter().filter(|index| !election.is_void(*index)).collect();
        if !lacking.is_empty() {
            return Err(OpenerError::BoxesMissing { indices: lacking });
        }
        let mut totals = self.totals.clone();
        let mut not_given = Vec::new();
        for index in self.to_remove(election) {
            let given = removed.iter().find(|(given, _)| *given == index);
            let taken_out = given.and_then(|(_, bytes)| {
                let ballot = election.current_ballot_at(index)?;
                let (bucket, weight) = election.bucket_of(index)?;
                let sealed = SealedBox::decode(manifest, bytes).ok()?;
                let item = self.is_named(ballot, bytes).then(|| Item::new(manifest, self.teller, ballot, (bucket, weight), bytes))??;
                let shares = slice::decrypt(manifest, self.teller, &self.secret, &item, &sealed)?;
                totals.add(bucket, &-Scalar::from(weight), &shares);
                Some(())
            });
            if taken_out.is_none() {
                not_given.push(index);
            }
        }
        if !not_given.is_empty() {
            return Err(OpenerError::BoxesToRemove { indices: not_given });
        }
        Ok(sums::make(manifest.id(), self.teller, &counted, &totals.to_public(), self.secret.sign()))
    }

    fn is_named(&self, ballot: &Current, bytes: &[u8]) -> bool {
        ballot.box_hash(self.teller).is_some_and(|hash| sha256(bytes) == *hash)
    }

    fn set(&mut self, index: u64, state: State) {
        let position = self.positions.get(&index);
        if let Some(slot) = position.and_then(|position| self.states.get_mut(*position)) {
            *slot = state;
            self.checked = self.checked.saturating_add(1);
        }
    }
}
