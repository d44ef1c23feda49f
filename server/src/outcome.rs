//! The result as it is shown.

use isoloir_protocol::{election::Election, tally::sums::Totals};
use serde::Serialize;

/// The result of an election.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Outcome {
    /// For each question, for each bit (blank last), the weight over all buckets.
    pub totals: Vec<Vec<u64>>,
    pub buckets: Vec<BucketOutcome>,
}

/// The result of groups that were counted together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BucketOutcome {
    groups: Vec<u16>,
    merged: bool,
    /// Current ballots at the close entry.
    ballots: u64,
    /// The weight that was counted.
    weight: u64,
    totals: Vec<Vec<u64>>,
}

impl Outcome {
    /// What the log says.
    pub fn new(election: &Election, totals: &Totals) -> Self {
        let buckets: Vec<_> = election
            .buckets()
            .iter()
            .zip(election.counted_weights())
            .zip(totals)
            .map(|((bucket, weight), totals)| BucketOutcome {
                groups: bucket.groups.clone(),
                merged: bucket.groups.len() > 1,
                ballots: bucket.current,
                weight,
                totals: totals.clone(),
            })
            .collect();
        let mut sum: Vec<Vec<u64>> = Vec::new();
        for bucket in &buckets {
            sum.resize_with(bucket.totals.len(), Vec::new);
            for (to, from) in sum.iter_mut().zip(&bucket.totals) {
                to.resize(from.len(), 0);
                to.iter_mut().zip(from).for_each(|(to, from)| *to = to.saturating_add(*from));
            }
        }
        Self { totals: sum, buckets }
    }
}
