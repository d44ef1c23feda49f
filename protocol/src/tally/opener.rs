//! What a teller's device does after closing: check and open its boxes, complain about bad ones, and
//! add up the shares of the counted ballots (sections 7 and 8).

use std::collections::BTreeMap;

use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    complaint::{Complaint, powers_of, read_shares},
    report,
    sums::{self, BucketSums, QuestionSums},
};
use crate::{
    ballot::bisect,
    credential::random_weight,
    election::{Current, Election},
    group::{commit, sum_vartime},
    hash::sha256,
    manifest::Manifest,
    sealed_box::{self, SealedBox},
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

/// For each bucket, for each question, `F_0 … F_{n−1}, Γ`.
#[derive(Zeroize, ZeroizeOnDrop)]
struct SecretSums(Vec<Vec<Vec<Scalar>>>);

/// A box that passed the box check and opened to canonical scalars.
struct Opened {
    position: usize,
    shares: Vec<Zeroizing<Vec<Scalar>>>,
}

impl Opener {
    /// Starts on a log that is closed.
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
        let zeros = manifest.questions.iter().map(|question| vec![Scalar::ZERO; question.bits().saturating_add(1)]).collect::<Vec<_>>();
        Ok(Self {
            teller,
            secret: secret.clone(),
            states: vec![State::Waiting; positions.len()],
            positions,
            complaints: BTreeMap::new(),
            totals: SecretSums(vec![zeros; election.buckets().len()]),
            checked: 0,
        })
    }

    /// Checks and opens boxes, given with the log index of their ballot. Boxes of other ballots,
    /// boxes with another hash than the ballot's, and boxes seen before are ignored.
    pub fn open(&mut self, election: &Election, boxes: &[(u64, &[u8])], rng: &mut impl CryptoRng) -> Progress {
        let Some(manifest) = election.manifest() else {
            return self.progress();
        };
        let mut wanted: BTreeMap<u64, (usize, &Current, &[u8])> = BTreeMap::new();
        for (index, bytes) in boxes {
            let Some(position) = self.positions.get(index).copied() else {
                continue;
            };
            let waiting = self.states.get(position) == Some(&State::Waiting);
            let ballot = election.current_ballot_at(*index);
            if let Some(ballot) = ballot.filter(|ballot| waiting && self.is_named(ballot, bytes)) {
                wanted.insert(*index, (position, ballot, bytes));
            }
        }
        let good = self.check_and_decrypt(manifest, &wanted, rng);
        let ballots: Vec<(&Opened, &Current)> =
            good.iter().filter_map(|(index, opened)| Some((opened, election.current_ballot_at(*index)?))).collect();
        let bad: Vec<usize> = bisect(&ballots, &mut |part| shares_fit(manifest, self.teller, part, rng))
            .into_iter()
            .map(|(opened, _)| opened.position)
            .collect();
        drop(ballots);
        for (index, opened) in good {
            if bad.contains(&opened.position) {
                if let Some((_, ballot, bytes)) = wanted.get(&index) {
                    self.complain_opened(manifest, ballot, bytes, rng);
                }
            } else if let Some((bucket, weight)) = election.bucket_of(index) {
                self.totals.add(bucket, &Scalar::from(weight), &opened.shares);
                self.set(opened.position, State::Added);
            }
        }
        self.progress()
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
        let mut totals = SecretSums(self.totals.0.clone());
        let mut not_given = Vec::new();
        for index in self.to_remove(election) {
            let given = removed.iter().find(|(given, _)| *given == index);
            let taken_out = given.and_then(|(_, bytes)| {
                let ballot = election.current_ballot_at(index)?;
                let (bucket, weight) = election.bucket_of(index)?;
                let sealed = SealedBox::decode(manifest, bytes).ok()?;
                let shares = self.is_named(ballot, bytes).then(|| self.decrypt(manifest, ballot, &sealed))??;
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

    fn set(&mut self, position: usize, state: State) {
        if let Some(slot) = self.states.get_mut(position) {
            *slot = state;
            self.checked = self.checked.saturating_add(1);
        }
    }

    /// The boxes that hold canonical scalars; a complaint is kept about each other one.
    fn check_and_decrypt(
        &mut self,
        manifest: &Manifest,
        wanted: &BTreeMap<u64, (usize, &Current, &[u8])>,
        rng: &mut impl CryptoRng,
    ) -> Vec<(u64, Opened)> {
        let statements: Vec<_> = wanted.values().map(|(_, ballot, bytes)| (ballot.box_statement(manifest, self.teller), *bytes)).collect();
        let verdicts = sealed_box::check_batch(manifest, &statements, rng);
        let mut good = Vec::new();
        for ((index, (position, ballot, bytes)), verdict) in wanted.iter().zip(verdicts) {
            let Ok(sealed) = verdict else {
                self.complaints.insert(*index, Complaint::malformed(*index, bytes));
                self.set(*position, State::Complained);
                continue;
            };
            match self.decrypt(manifest, ballot, &sealed) {
                Some(shares) => good.push((*index, Opened { position: *position, shares })),
                None => self.complain_opened(manifest, ballot, bytes, rng),
            }
        }
        good
    }

    fn decrypt(&self, manifest: &Manifest, ballot: &Current, sealed: &SealedBox) -> Option<Vec<Zeroizing<Vec<Scalar>>>> {
        let recipient = &manifest.teller_keys(self.teller)?.seal;
        let context = ballot.box_statement(manifest, self.teller).context;
        let plaintext = sealed.open(self.secret.seal_bytes(), recipient, &context)?;
        read_shares(manifest, &plaintext)
    }

    fn complain_opened(&mut self, manifest: &Manifest, ballot: &Current, bytes: &[u8], rng: &mut impl CryptoRng) {
        let index = ballot.index();
        if let Ok(sealed) = SealedBox::decode(manifest, bytes) {
            let complaint = Complaint::opened(manifest, self.teller, &self.secret, index, &sealed, rng);
            self.complaints.insert(index, complaint);
        }
        if let Some(position) = self.positions.get(&index).copied() {
            self.set(position, State::Complained);
        }
    }
}

impl SecretSums {
    /// Adds `weight` times the shares of one ballot to a bucket.
    fn add(&mut self, bucket: usize, weight: &Scalar, shares: &[Zeroizing<Vec<Scalar>>]) {
        let questions = self.0.get_mut(bucket).into_iter().flatten();
        for (totals, share) in questions.zip(shares) {
            for (total, value) in totals.iter_mut().zip(share.iter()) {
                *total += weight * value;
            }
        }
    }

    fn to_public(&self) -> BucketSums {
        let question = |totals: &Vec<Scalar>| {
            let (blinding, values) = totals.split_last()?;
            Some(QuestionSums { values: values.to_vec(), blinding: *blinding })
        };
        self.0.iter().map(|bucket| bucket.iter().filter_map(question).collect()).collect()
    }
}

/// Whether `Com(σ(j); τ(j)) = B + Σ_l j^l·V_l` for every question of every ballot: all equations
/// with random factors in one sum. The shares are secret, so their side is computed in constant time.
fn shares_fit(manifest: &Manifest, teller: u8, opened: &[(&Opened, &Current)], rng: &mut impl CryptoRng) -> bool {
    let bits = manifest.questions.iter().map(|question| question.bits()).max().unwrap_or(0);
    let mut values = Zeroizing::new(vec![Scalar::ZERO; bits]);
    let mut blinding = Zeroizing::new(Scalar::ZERO);
    let mut scalars: Vec<Scalar> = Vec::new();
    let mut points: Vec<RistrettoPoint> = Vec::new();
    let powers = powers_of(teller, usize::from(manifest.threshold));
    for (opened, ballot) in opened {
        for (question, share) in opened.shares.iter().enumerate() {
            let Some((tau, sigma)) = share.split_last() else {
                return false;
            };
            let Some(committed) = ballot.question_points(manifest, question) else {
                return false;
            };
            let weight = random_weight(rng);
            for (total, value) in values.iter_mut().zip(sigma) {
                *total += weight * value;
            }
            *blinding += weight * tau;
            scalars.extend(powers.iter().map(|power| weight * power));
            points.extend(committed.iter().map(crate::group::Point::element));
        }
    }
    commit(&values, &blinding) == sum_vartime(&scalars, &points)
}
