//! Buckets: the groups that are counted together (section 8).

/// The groups of each bucket, from the number of current ballots of each group at the close entry:
/// unmerged groups in manifest order, then the merged bucket if it is not empty.
pub fn buckets(smallest_group: u32, current_per_group: &[u64]) -> Vec<Vec<u16>> {
    let smallest = u64::from(smallest_group);
    let mut alone: Vec<(u16, u64)> = Vec::new();
    let mut merged: Vec<u16> = Vec::new();
    let mut merged_ballots: u64 = 0;
    for (group, ballots) in (0_u16..).zip(current_per_group.iter().copied()) {
        if ballots >= smallest {
            alone.push((group, ballots));
        } else if ballots > 0 {
            merged.push(group);
            merged_ballots = merged_ballots.saturating_add(ballots);
        }
    }
    while !merged.is_empty() && merged_ballots < smallest && !alone.is_empty() {
        let fewest = alone.iter().map(|(_, ballots)| *ballots).min().unwrap_or(0);
        let Some(position) = alone.iter().position(|(_, ballots)| *ballots == fewest) else {
            break;
        };
        let (group, ballots) = alone.remove(position);
        merged.push(group);
        merged_ballots = merged_ballots.saturating_add(ballots);
    }
    merged.sort_unstable();
    let mut buckets: Vec<Vec<u16>> = alone.into_iter().map(|(group, _)| vec![group]).collect();
    if !merged.is_empty() {
        buckets.push(merged);
    }
    buckets
}
