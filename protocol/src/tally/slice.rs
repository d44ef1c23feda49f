//! Some of a teller's boxes, checked and opened by themselves: a slice needs neither the log nor the other boxes, so that several
//! threads or workers share the work (section 7). What a slice found is merged by [`Opener`](super::Opener).

use curve25519_dalek::{RistrettoPoint, scalar::Scalar};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    complaint::{Complaint, powers_of, read_shares},
    sums::{BucketSums, QuestionSums},
};
use crate::{
    ballot::bisect,
    codec::{DecodeError, Reader},
    credential::random_weight,
    election::Current,
    group::{Point, commit, sum_vartime},
    manifest::Manifest,
    sealed_box::{self, BoxContext, BoxStatement, SealedBox},
    teller::TellerSecret,
};

/// A box with all that its checks need of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item<'a> {
    pub index: u64,
    slot: u32,
    supersedes: u64,
    key: [u8; 32],
    /// For each question `B, V_1 … V_{t−1}`.
    commitments: Vec<[u8; 32]>,
    bucket: u32,
    weight: u32,
    sealed: &'a [u8],
}

/// What a slice found. The sums are wiped when it is dropped.
pub(crate) struct Found {
    /// Log indices of the ballots whose shares are in the sums.
    pub added: Vec<u64>,
    pub complaints: Vec<Complaint>,
    pub sums: SecretSums,
}

/// For each bucket, for each question, `F_0 … F_{n−1}, Γ`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct SecretSums(Vec<Vec<Vec<Scalar>>>);

/// One of several that open boxes of the same teller. Holds the teller's keys, which are wiped when it is dropped.
pub struct SliceOpener {
    manifest: Manifest,
    teller: u8,
    secret: TellerSecret,
    buckets: usize,
}

impl SliceOpener {
    /// For teller `j` of an election whose ballots are in so many buckets.
    pub fn new(manifest: Manifest, teller: u8, secret: TellerSecret, buckets: usize) -> Self {
        Self { manifest, teller, secret, buckets }
    }

    /// Opens the boxes of [`Opener::slice`](super::Opener::slice); the answer is for [`Opener::merge`](super::Opener::merge) and
    /// as secret as the keys.
    pub fn open(&self, slice: &[u8], rng: &mut impl CryptoRng) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
        let mut reader = Reader::new(slice);
        let mut items = Vec::new();
        while reader.remaining() > 0 {
            items.push(Item::read(&self.manifest, &mut reader)?);
        }
        let found = open(&self.manifest, self.teller, &self.secret, &items, self.buckets, rng);
        Ok(found.encode())
    }
}

impl<'a> Item<'a> {
    /// The box of a current ballot that names it.
    pub fn new(manifest: &Manifest, teller: u8, ballot: &Current, (bucket, weight): (usize, u32), sealed: &'a [u8]) -> Option<Self> {
        let statement = ballot.box_statement(manifest, teller);
        Some(Self {
            index: ballot.index(),
            slot: ballot.slot(),
            supersedes: statement.supersedes,
            key: *statement.key,
            commitments: statement.commitments.into_iter().copied().collect(),
            bucket: u32::try_from(bucket).ok()?,
            weight,
            sealed,
        })
    }

    /// `u64 index ‖ u32 slot ‖ u64 supersedes ‖ K ‖ for each question B, V_1 … V_{t−1} ‖ u32 bucket ‖ u32 weight ‖ box`.
    pub fn write(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.index.to_be_bytes());
        to.extend_from_slice(&self.slot.to_be_bytes());
        to.extend_from_slice(&self.supersedes.to_be_bytes());
        to.extend_from_slice(&self.key);
        self.commitments.iter().for_each(|point| to.extend_from_slice(point));
        to.extend_from_slice(&self.bucket.to_be_bytes());
        to.extend_from_slice(&self.weight.to_be_bytes());
        to.extend_from_slice(self.sealed);
    }

    fn read(manifest: &Manifest, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let commitments = manifest.questions.len().saturating_mul(usize::from(manifest.threshold));
        Ok(Self {
            index: reader.u64()?,
            slot: reader.u32()?,
            supersedes: reader.u64()?,
            key: reader.array()?,
            commitments: (0..commitments).map(|_| reader.array()).collect::<Result<_, _>>()?,
            bucket: reader.u32()?,
            weight: reader.u32()?,
            sealed: reader.take(manifest.box_len())?,
        })
    }

    fn statement(&self, manifest: &Manifest, teller: u8) -> BoxStatement<'_> {
        BoxStatement {
            context: BoxContext { election: manifest.id(), slot: self.slot, teller },
            supersedes: self.supersedes,
            key: &self.key,
            commitments: self.commitments.iter().collect(),
        }
    }

    fn question_points(&self, manifest: &Manifest, question: usize) -> Option<Vec<Point>> {
        let mut questions = self.commitments.chunks_exact(usize::from(manifest.threshold));
        questions.nth(question)?.iter().map(Point::decode).collect()
    }
}

impl Found {
    /// `u32 count ‖ u64 index … ‖ the sums, 32 bytes each ‖ complaints`.
    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let complaints: Vec<Vec<u8>> = self.complaints.iter().map(Complaint::encode).collect();
        let scalars = self.sums.0.iter().flatten().flatten();
        let length = self.added.len().saturating_mul(8).saturating_add(scalars.clone().count().saturating_mul(32));
        // Of the right size from the start: growing would leave copies of the sums behind.
        let mut bytes =
            Zeroizing::new(Vec::with_capacity(complaints.iter().map(Vec::len).sum::<usize>().saturating_add(length).saturating_add(4)));
        bytes.extend_from_slice(&u32::try_from(self.added.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.added.iter().for_each(|index| bytes.extend_from_slice(&index.to_be_bytes()));
        scalars.for_each(|scalar| bytes.extend_from_slice(scalar.as_bytes()));
        complaints.iter().for_each(|complaint| bytes.extend_from_slice(complaint));
        bytes
    }

    pub fn decode(manifest: &Manifest, buckets: usize, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let count = reader.u32()?;
        let added = (0..count).map(|_| reader.u64()).collect::<Result<_, _>>()?;
        let mut sums = SecretSums::zero(manifest, buckets);
        for sum in sums.0.iter_mut().flatten().flatten() {
            *sum = reader.scalar()?;
        }
        let mut complaints = Vec::new();
        while reader.remaining() > 0 {
            complaints.push(Complaint::read(&mut reader).map_err(|_| DecodeError::Value)?);
        }
        Ok(Self { added, complaints, sums })
    }
}

impl SecretSums {
    pub fn zero(manifest: &Manifest, buckets: usize) -> Self {
        let zeros: Vec<Vec<Scalar>> =
            manifest.questions.iter().map(|question| vec![Scalar::ZERO; question.bits().saturating_add(1)]).collect();
        Self(vec![zeros; buckets])
    }

    /// Adds `weight` times the shares of one ballot to a bucket.
    pub fn add(&mut self, bucket: usize, weight: &Scalar, shares: &[Zeroizing<Vec<Scalar>>]) {
        let questions = self.0.get_mut(bucket).into_iter().flatten();
        for (totals, share) in questions.zip(shares) {
            for (total, value) in totals.iter_mut().zip(share.iter()) {
                *total += weight * value;
            }
        }
    }

    /// Adds the sums of a slice.
    pub fn merge(&mut self, other: &Self) {
        for (total, value) in self.0.iter_mut().flatten().flatten().zip(other.0.iter().flatten().flatten()) {
            *total += value;
        }
    }

    pub fn to_public(&self) -> BucketSums {
        let question = |totals: &Vec<Scalar>| {
            let (blinding, values) = totals.split_last()?;
            Some(QuestionSums { values: values.to_vec(), blinding: *blinding })
        };
        self.0.iter().map(|bucket| bucket.iter().filter_map(question).collect()).collect()
    }
}

/// Makes the box check on all boxes, opens them, and compares the shares with the commitments.
pub(crate) fn open(
    manifest: &Manifest,
    teller: u8,
    secret: &TellerSecret,
    items: &[Item<'_>],
    buckets: usize,
    rng: &mut impl CryptoRng,
) -> Found {
    let mut found = Found { added: Vec::new(), complaints: Vec::new(), sums: SecretSums::zero(manifest, buckets) };
    let statements: Vec<_> = items.iter().map(|item| (item.statement(manifest, teller), item.sealed)).collect();
    let verdicts = sealed_box::check_batch(manifest, &statements, rng);
    let mut good = Vec::new();
    for (item, verdict) in items.iter().zip(verdicts) {
        match verdict {
            Err(_) => found.complaints.push(Complaint::malformed(item.index, item.sealed)),
            Ok(sealed) => match decrypt(manifest, teller, secret, item, &sealed) {
                Some(shares) => good.push((item, sealed, shares)),
                None => found.complaints.push(Complaint::opened(manifest, teller, secret, item.index, &sealed, rng)),
            },
        }
    }
    let parts: Vec<(&Item<'_>, &[Zeroizing<Vec<Scalar>>])> = good.iter().map(|(item, _, shares)| (*item, shares.as_slice())).collect();
    let bad: Vec<u64> =
        bisect(&parts, &mut |part| shares_fit(manifest, teller, part, rng)).into_iter().map(|(item, _)| item.index).collect();
    for (item, sealed, shares) in &good {
        if bad.contains(&item.index) {
            found.complaints.push(Complaint::opened(manifest, teller, secret, item.index, sealed, rng));
        } else if let Ok(bucket) = usize::try_from(item.bucket) {
            found.sums.add(bucket, &Scalar::from(item.weight), shares);
            found.added.push(item.index);
        }
    }
    found
}

/// The shares in a box; `None` if it does not open or holds no canonical scalars.
pub(crate) fn decrypt(
    manifest: &Manifest,
    teller: u8,
    secret: &TellerSecret,
    item: &Item<'_>,
    sealed: &SealedBox,
) -> Option<Vec<Zeroizing<Vec<Scalar>>>> {
    let recipient = &manifest.teller_keys(teller)?.seal;
    let plaintext = sealed.open(secret.seal_bytes(), recipient, &item.statement(manifest, teller).context)?;
    read_shares(manifest, &plaintext)
}

/// Whether `Com(σ(j); τ(j)) = B + Σ_l j^l·V_l` for every question of every ballot: all equations
/// with random factors in one sum. The shares are secret, so their side is computed in constant time.
fn shares_fit(manifest: &Manifest, teller: u8, opened: &[(&Item<'_>, &[Zeroizing<Vec<Scalar>>])], rng: &mut impl CryptoRng) -> bool {
    let bits = manifest.questions.iter().map(|question| question.bits()).max().unwrap_or(0);
    let mut values = Zeroizing::new(vec![Scalar::ZERO; bits]);
    let mut blinding = Zeroizing::new(Scalar::ZERO);
    let mut scalars: Vec<Scalar> = Vec::new();
    let mut points: Vec<RistrettoPoint> = Vec::new();
    let powers = powers_of(teller, usize::from(manifest.threshold));
    for (item, shares) in opened {
        for (question, share) in shares.iter().enumerate() {
            let Some((tau, sigma)) = share.split_last() else {
                return false;
            };
            let Some(committed) = item.question_points(manifest, question) else {
                return false;
            };
            let weight = random_weight(rng);
            for (total, value) in values.iter_mut().zip(sigma) {
                *total += weight * value;
            }
            *blinding += weight * tau;
            scalars.extend(powers.iter().map(|power| weight * power));
            points.extend(committed.iter().map(Point::element));
        }
    }
    commit(&values, &blinding) == sum_vartime(&scalars, &points)
}
