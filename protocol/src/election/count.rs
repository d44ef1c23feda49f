//! What follows from the close and the fix entry: counted ballots, buckets, sums and totals
//! (sections 6 to 8), and the entries that the server must append by itself.

use std::{collections::BTreeMap, convert::Infallible};

use curve25519_dalek::{RistrettoPoint, scalar::Scalar, traits::Identity};
#[cfg(feature = "parallel")]
use rayon::prelude::*;

use super::{Current, Election, roll_state::RollState};
use crate::{
    ballot::code_of_hash,
    group::Point,
    hash::hash32,
    log::{
        entry::{DataRef, Kind},
        tree::Hash,
    },
    manifest::Manifest,
    roll::Member,
    tally::{
        bucket::buckets,
        complaint::Reason,
        sums::{self, BucketCommitments, Totals},
    },
};

/// A log size with its root and the code that tellers read to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Log size right after the close or fix entry.
    pub size: u64,
    /// Merkle root at that size.
    pub root: Hash,
    /// The closing or counting code.
    pub code: String,
}

/// A proven complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Void {
    /// The teller who complained, from 1.
    pub teller: u8,
    /// What the complaint shows.
    pub reason: Reason,
}

/// Groups that are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// The groups, from 0.
    pub groups: Vec<u16>,
    /// Current ballots at the close entry.
    pub current: u64,
    /// Weights that fewer than `smallest_group` current ballots hold: totals may reveal those votes.
    pub rare_weights: Vec<u32>,
}

/// An entry that the server must append now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its kind: close, fix or result.
    pub kind: Kind,
    /// Its body.
    pub body: Vec<u8>,
    /// Its data beside the log, perhaps empty.
    pub data: Vec<u8>,
}

/// Ballots whose commitments one core adds up at a time.
#[cfg(feature = "parallel")]
const SUMMED_TOGETHER: usize = 512;

/// Fixed at the close entry.
#[derive(Debug)]
pub(super) struct Counting {
    buckets: Vec<Bucket>,
    /// Bucket by group; groups without current ballots have none.
    bucket_of_group: BTreeMap<u16, usize>,
    /// Positions in the roll of the slots that have a current ballot, in the order of the log: 4 bytes of each.
    in_log_order: Vec<u32>,
}

impl Counting {
    pub fn new(manifest: &Manifest, roll: &RollState) -> Self {
        let mut per_group = vec![0_u64; manifest.groups.len()];
        let mut per_weight: BTreeMap<(u16, u32), u64> = BTreeMap::new();
        for (member, _) in roll.current_ballots() {
            if let Some(count) = per_group.get_mut(usize::from(member.group)) {
                *count = count.saturating_add(1);
            }
            let count = per_weight.entry((member.group, member.weight)).or_default();
            *count = count.saturating_add(1);
        }
        let smallest = u64::from(manifest.smallest_group);
        let buckets: Vec<Bucket> = buckets(manifest.smallest_group, &per_group)
            .into_iter()
            .map(|groups| {
                let mut holders: BTreeMap<u32, u64> = BTreeMap::new();
                for ((group, weight), count) in &per_weight {
                    if groups.contains(group) {
                        let total = holders.entry(*weight).or_default();
                        *total = total.saturating_add(*count);
                    }
                }
                Bucket {
                    current: holders.values().sum(),
                    rare_weights: holders.into_iter().filter(|(_, count)| *count < smallest).map(|(weight, _)| weight).collect(),
                    groups,
                }
            })
            .collect();
        let bucket_of_group =
            buckets.iter().enumerate().flat_map(|(number, bucket)| bucket.groups.iter().map(move |group| (*group, number))).collect();
        Self { buckets, bucket_of_group, in_log_order: roll.in_log_order() }
    }

    /// Bucket and weight of a slot that has a current ballot.
    fn place(&self, member: &Member) -> Option<Place> {
        Some((*self.bucket_of_group.get(&member.group)?, member.weight))
    }
}

/// Bucket and weight.
pub(super) type Place = (usize, u32);

impl Election {
    /// Size, root and closing code, once closed.
    pub fn closing(&self) -> Option<&Root> {
        self.close.as_ref().map(|close| &close.root)
    }

    /// Time of the close entry, in ms since 1970.
    pub fn closed_at(&self) -> Option<u64> {
        self.close.as_ref().map(|close| close.time)
    }

    /// Size, root and counting code, once the counted set is fixed.
    pub fn fixing(&self) -> Option<&Root> {
        self.fix.as_ref()
    }

    /// How many tellers have reported.
    pub fn reports(&self) -> usize {
        self.tellers.iter().filter(|state| state.reported.is_some()).count()
    }

    /// The buckets, once closed; none if no ballot is current.
    pub fn buckets(&self) -> &[Bucket] {
        self.counting.as_ref().map_or(&[], |counting| &counting.buckets)
    }

    /// Whether fewer than `smallest_group` ballots are current in all, so that nothing is summed.
    pub fn too_few(&self) -> bool {
        let smallest = self.manifest.as_ref().map_or(0, |manifest| manifest.smallest_group);
        self.ballots() < u64::from(smallest)
    }

    /// After closing: the current ballot at a log index.
    pub fn current_ballot_at(&self, index: u64) -> Option<&Current> {
        self.closed_at_index(index).map(|(_, ballot)| ballot)
    }

    /// After closing: bucket and weight of the current ballot at a log index.
    pub fn bucket_of(&self, index: u64) -> Option<(usize, u32)> {
        let (member, _) = self.closed_at_index(index)?;
        self.counting.as_ref()?.place(member)
    }

    fn closed_at_index(&self, index: u64) -> Option<(&Member, &Current)> {
        let order = &self.counting.as_ref()?.in_log_order;
        let index_at = |position: &u32| self.roll.ballot_at(*position).map(|(_, ballot)| ballot.index());
        let place = order.binary_search_by_key(&Some(index), index_at).ok()?;
        self.roll.ballot_at(*order.get(place)?)
    }

    /// After closing: the log indices from the first to behind the last current ballot.
    pub(super) fn current_span(&self) -> core::ops::Range<u64> {
        let order = self.counting.as_ref().map_or([].as_slice(), |counting| &counting.in_log_order);
        let index = |position: Option<&u32>| position.and_then(|position| self.roll.ballot_at(*position)).map(|(_, ballot)| ballot.index());
        match (index(order.first()), index(order.last())) {
            (Some(first), Some(last)) => first..last.saturating_add(1),
            _ => 0..0,
        }
    }

    /// The ballots to count in slot order: current at the close entry, less the void ones. None
    /// before closing; final once fixed.
    pub fn counted(&self) -> impl Iterator<Item = &Current> {
        let closed = self.close.is_some();
        self.roll.current_ballots().map(|(_, ballot)| ballot).filter(move |ballot| closed && !self.is_void(ballot.index()))
    }

    /// The same, each with its bucket and weight.
    fn counted_in_places(&self) -> impl Iterator<Item = (Place, &Current)> {
        let counting = self.counting.as_ref();
        let current = self.roll.current_ballots().filter(|(_, ballot)| !self.is_void(ballot.index()));
        current.filter_map(move |(member, ballot)| Some((counting?.place(member)?, ballot)))
    }

    /// The counted weight of each bucket.
    pub fn counted_weights(&self) -> Vec<u64> {
        let mut weights = vec![0_u64; self.buckets().len()];
        for ((bucket, weight), _) in self.counted_in_places() {
            if let Some(total) = weights.get_mut(bucket) {
                *total = total.saturating_add(u64::from(weight));
            }
        }
        weights
    }

    /// What binds sums to the counted ballots; `None` before the fix entry.
    pub fn counted_hash(&self) -> Option<[u8; 32]> {
        let fix = self.fix.as_ref()?;
        Some(sums::counted_hash(&fix.root, self.counted().map(Current::index)))
    }

    /// The entry that must be appended at `now`, if any: the close entry at the end of voting, the
    /// fix entry when enough tellers have reported, the result when enough have summed.
    pub fn due(&self, now: u64) -> Option<Due> {
        let manifest = self.manifest.as_deref()?;
        let empty = |kind| Some(Due { kind, body: Vec::new(), data: Vec::new() });
        let Some(close) = &self.close else {
            return if self.opened.is_some() && now >= self.end() { empty(Kind::Close) } else { None };
        };
        if self.fix.is_none() {
            let reports = self.reports();
            let window_over = now >= close.time.saturating_add(manifest.report_ms());
            let enough = reports == self.tellers.len() || (reports >= usize::from(manifest.quorum()) && window_over);
            return if enough { empty(Kind::Fix) } else { None };
        }
        if self.totals.is_some() || self.sums.len() < usize::from(manifest.threshold) {
            return None;
        }
        let data = sums::totals_data(&self.interpolated(manifest)?);
        let mut body = Vec::new();
        DataRef::to(&data).write(&mut body);
        Some(Due { kind: Kind::Result, body, data })
    }

    /// Totals from the first `t` sums in the log; `None` if they do not fit, or the commitments were not summed.
    pub(super) fn interpolated(&self, manifest: &Manifest) -> Option<Totals> {
        let first: Vec<(u8, &sums::BucketSums)> =
            self.sums.iter().take(usize::from(manifest.threshold)).map(|(teller, sums)| (*teller, sums)).collect();
        sums::interpolate(&first, self.bucket_commitments(manifest)?, &self.counted_weights())
    }

    /// For each bucket and question `Σ weight·B, Σ weight·V_1, …`. Computed once, after the fix; `None` if that was left to
    /// [`Summing`](super::Summing) and is not done yet.
    pub(super) fn bucket_commitments(&self, manifest: &Manifest) -> Option<&BucketCommitments> {
        if self.light {
            return self.commitments.get();
        }
        let sum = || {
            let counted: Vec<(Place, &Current)> = self.counted_in_places().collect();
            let add = |total: &mut BucketCommitments, (place, ballot): &(Place, &Current)| {
                add_commitments(total, *place, ballot.commitments());
                Ok(())
            };
            let Ok::<_, Infallible>(sums) = sum_up(&self.no_commitments(manifest), &counted, add);
            sums
        };
        Some(self.commitments.get_or_init(sum))
    }

    pub(super) fn no_commitments(&self, manifest: &Manifest) -> BucketCommitments {
        let question = vec![RistrettoPoint::identity(); usize::from(manifest.threshold)];
        vec![vec![question; manifest.questions.len()]; self.buckets().len()]
    }

    /// The root right after the entry that was just appended, with its code.
    pub(super) fn root_here(&self, label: &str) -> Root {
        let (size, root) = (self.size(), self.root());
        let id = self.manifest.as_ref().map(|manifest| manifest.id());
        let election = id.as_ref().map_or(&[0; 32], |id| id.as_bytes());
        let hash = hash32(&format!("isoloir/v1/{label}"), &[election, &size.to_be_bytes(), &root]);
        Root { size, root, code: code_of_hash(&hash) }
    }
}

/// Adds the commitments of a ballot, those of each question in turn, to the sums of its bucket. Points of ballots that were
/// accepted decode; without one the sums would be wrong, and nobody's shares open them.
pub(super) fn add_commitments<'a>(sums: &mut BucketCommitments, (bucket, weight): Place, points: impl IntoIterator<Item = &'a [u8; 32]>) {
    let places = sums.get_mut(bucket).into_iter().flatten().flatten();
    for (sum, point) in places.zip(points) {
        let Some(point) = Point::decode(point) else { continue };
        *sum += match weight {
            1 => point.element(),
            _ => Scalar::from(weight) * point.element(),
        };
    }
}

/// Adds up ballots, on all cores with `parallel`.
pub(super) fn sum_up<T: Sync, E: Send>(
    zero: &BucketCommitments,
    ballots: &[T],
    add: impl Fn(&mut BucketCommitments, &T) -> Result<(), E> + Sync,
) -> Result<BucketCommitments, E> {
    let sum = |part: &[T]| {
        let mut total = zero.clone();
        part.iter().try_for_each(|ballot| add(&mut total, ballot)).map(|()| total)
    };
    #[cfg(feature = "parallel")]
    let total = ballots.par_chunks(SUMMED_TOGETHER).map(sum).try_reduce(|| zero.clone(), |total, part| Ok(joined(total, &part)));
    #[cfg(not(feature = "parallel"))]
    let total = sum(ballots);
    total
}

/// The sums of two parts of the ballots together.
pub(super) fn joined(mut total: BucketCommitments, part: &BucketCommitments) -> BucketCommitments {
    let places = total.iter_mut().flatten().flatten();
    places.zip(part.iter().flatten().flatten()).for_each(|(to, from)| *to += from);
    total
}
