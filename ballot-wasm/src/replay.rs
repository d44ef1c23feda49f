//! An election as this device has replayed it, for the page.

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    election::{self as protocol, Election, NoticeState, Root, Void},
    log::{checkpoint::Opened, notice::What},
    manifest::Manifest,
    tally::complaint::Reason,
};
use serde::Serialize;

use crate::{
    election::{ElectionInfo, Fingerprints},
    error::Phase,
    receipt::{ComplaintKind, VoidReason},
};

/// Further ahead than this, in ms, a log's time makes the page warn (section 5 allows witnesses as much).
pub(crate) const CLOCK_TOLERANCE_MS: u64 = 600_000;

/// The election after a replay of the log on this device.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LogState {
    /// What the manifest says.
    pub election: ElectionInfo,
    /// How far it is.
    pub phase: Phase,
    /// Entries replayed.
    pub size: u64,
    /// Base64 of the Merkle root.
    pub root: String,
    /// Time of the last entry in ms since 1970.
    pub time: u64,
    /// Whether that is later than this device's clock allows: one of the two clocks is wrong.
    pub clock_warning: bool,
    /// Closing time in ms since 1970, extensions included.
    pub closes: u64,
    /// Closing time and grace.
    pub end: u64,
    /// Slots in the roll.
    pub voters: u64,
    /// Slots with a current ballot.
    pub ballots: u64,
    /// The tellers, from teller 1.
    pub tellers: Vec<TellerState>,
    /// The registrars, from registrar 0.
    pub registrars: Vec<RegistrarState>,
    /// The witnesses.
    pub witnesses: Vec<WitnessState>,
    /// How many of them must have cosigned.
    pub witness_quorum: u32,
    /// The closing code, once closed.
    pub closing: Option<CommonCode>,
    /// From then on missing boxes may be listed, in ms since 1970 (the last third of the report window).
    pub missing_from: Option<u64>,
    /// Until then tellers report, in ms since 1970; the fix may come earlier if all have reported.
    pub reports_until: Option<u64>,
    /// The counting code, once the counted set is fixed.
    pub counting: Option<CommonCode>,
    /// The organiser's notices.
    pub notices: Vec<LogNotice>,
    /// Ballots excluded by proven complaints.
    pub void: Vec<VoidBallot>,
    /// Boxes that tellers lack.
    pub missing: Vec<MissingBox>,
    /// Fewer than `smallest_group` ballots: nothing is summed.
    pub too_few: bool,
    /// Weights held by so few in a bucket that totals may reveal votes.
    pub weight_warnings: Vec<WeightWarning>,
    /// How many sums are logged, of `threshold` needed.
    pub sums: usize,
    /// The result, once it is logged.
    pub result: Option<Outcome>,
}

/// A teller as the log has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TellerState {
    /// From 1.
    pub number: u8,
    /// Whoever it is.
    pub name: String,
    /// Time of the consent in ms since 1970.
    pub consented: Option<u64>,
    /// Time of the last consent or drill.
    pub last_drill: Option<u64>,
    /// Whether the report is logged.
    pub reported: bool,
    /// Complaints in it.
    pub complaints: usize,
    /// Whether the sums are logged.
    pub summed: bool,
}

/// A registrar as the log has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RegistrarState {
    /// Whoever it is.
    pub name: String,
    /// How its codes travel.
    pub channel: String,
    /// Whether it has consented.
    pub consented: bool,
    /// Whether its roll part is logged.
    pub roll: bool,
}

/// A witness and what it has seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct WitnessState {
    /// Its name.
    pub name: String,
    /// Short form of its key.
    pub fingerprint: String,
    /// Log size of the largest checkpoint it has cosigned.
    pub size: Option<u64>,
    /// When, in seconds since 1970 by its clock.
    pub seconds: Option<u64>,
}

/// A code that all tellers must see the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct CommonCode {
    /// Log size.
    pub size: u64,
    /// Base64 of the root at that size.
    pub root: String,
    /// 24 symbols in six groups: read aloud to the other tellers.
    pub code: String,
    /// Different witnesses with a valid cosignature on one checkpoint that contains it.
    pub cosigned: usize,
}

/// A notice of the organiser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct LogNotice {
    /// Log index.
    pub index: u64,
    /// Time of the entry in ms since 1970.
    pub time: u64,
    /// What it does.
    pub what: NoticeKind,
    /// Its text.
    pub text: String,
    /// The new closing time of an extension, in ms since 1970.
    pub closes: Option<u64>,
}

/// What a notice does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum NoticeKind {
    /// No ballots until a resumption.
    Suspend,
    /// Ballots again.
    Resume,
    /// A later closing time.
    Extend,
    /// Words only.
    Message,
}

/// A ballot that is not counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct VoidBallot {
    /// Log index.
    pub index: u64,
    /// Its slot.
    pub slot: Option<u32>,
    /// Who complained, and why.
    pub reasons: Vec<VoidReason>,
}

impl From<Reason> for ComplaintKind {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Malformed => Self::Malformed,
            Reason::Open => Self::Open,
            Reason::Encoding => Self::Encoding,
            Reason::Share => Self::Share,
            Reason::Missing => Self::Missing,
        }
    }
}

/// A box that a teller lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct MissingBox {
    /// Log index of the ballot.
    pub index: u64,
    /// The teller, from 1.
    pub teller: u8,
}

/// A weight that too few ballots of a bucket have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct WeightWarning {
    /// The bucket, from 0.
    pub bucket: usize,
    /// The weight.
    pub weight: u32,
}

/// The result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Bucket by bucket.
    pub buckets: Vec<Bucket>,
    /// Over all buckets: for each question the total of each option, blank last.
    pub totals: Vec<Vec<u64>>,
    /// Ballots counted.
    pub ballots: u64,
    /// Their weight.
    pub weight: u64,
}

/// Groups that are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Bucket {
    /// The groups, from 0.
    pub groups: Vec<u16>,
    /// Whether they are several small ones.
    pub merged: bool,
    /// Ballots counted.
    pub ballots: u64,
    /// Their weight.
    pub weight: u64,
    /// For each question the total of each option, blank last.
    pub totals: Vec<Vec<u64>>,
}

impl LogState {
    /// The state at the end of a replay; `None` before the manifest.
    pub(crate) fn of(election: &Election, notes: &[Opened], now: u64) -> Option<Self> {
        let manifest = election.manifest()?;
        let info = ElectionInfo::of(manifest);
        let code = |root: &Root| CommonCode {
            size: root.size,
            root: STANDARD.encode(root.root),
            code: root.code.clone(),
            cosigned: cosigned(election, notes, root.size),
        };
        let window = manifest.report_ms();
        let after_close = |ms: u64| election.closed_at().map(|closed| closed.saturating_add(ms));
        Some(Self {
            phase: phase(election),
            size: election.size(),
            root: STANDARD.encode(election.root()),
            time: election.last_time(),
            clock_warning: election.last_time() > now.saturating_add(CLOCK_TOLERANCE_MS),
            closes: election.closing_time(),
            end: election.end(),
            voters: election.voters(),
            ballots: election.ballots(),
            tellers: tellers(election, manifest),
            registrars: registrars(election, manifest),
            witnesses: witnesses(manifest, &info.fingerprints, notes),
            witness_quorum: manifest.witness_quorum,
            closing: election.closing().map(code),
            missing_from: after_close(last_third(window)),
            reports_until: after_close(window),
            counting: election.fixing().map(code),
            notices: election.notices().iter().map(notice).collect(),
            void: voids(election),
            missing: missing(election),
            too_few: election.closing().is_some() && election.too_few(),
            weight_warnings: weight_warnings(election),
            sums: election.sums().len(),
            result: outcome(election),
            election: info,
        })
    }
}

/// Where the last third of a window begins.
pub(crate) fn last_third(window: u64) -> u64 {
    window.saturating_sub(window.checked_div(3).unwrap_or_default())
}

/// The most different witnesses on one checkpoint of at least `size` that belongs to this log.
pub(crate) fn cosigned(election: &Election, notes: &[Opened], size: u64) -> usize {
    notes
        .iter()
        .filter(|note| note.checkpoint.size >= size)
        .filter(|note| election.tree().root_at(note.checkpoint.size) == Some(note.checkpoint.root))
        .map(Opened::witness_count)
        .max()
        .unwrap_or_default()
}

pub(crate) fn phase(election: &Election) -> Phase {
    match election.phase() {
        protocol::Phase::Setup => Phase::Setup,
        protocol::Phase::Open => Phase::Open,
        protocol::Phase::Suspended => Phase::Suspended,
        protocol::Phase::Closed => Phase::Closed,
        protocol::Phase::Fixed => Phase::Fixed,
        protocol::Phase::Counted => Phase::Counted,
    }
}

fn tellers(election: &Election, manifest: &Manifest) -> Vec<TellerState> {
    let complaints = |teller: u8| {
        let voids = election.void().values().flatten().filter(|void| void.teller == teller).count();
        let missing = election.missing().values().flatten().filter(|other| **other == teller).count();
        voids.saturating_add(missing)
    };
    (1_u8..)
        .zip(manifest.tellers.iter().zip(election.tellers()))
        .map(|(number, (teller, state))| TellerState {
            number,
            name: teller.name.clone(),
            consented: state.consented,
            last_drill: state.last_drill,
            reported: state.reported.is_some(),
            complaints: complaints(number),
            summed: state.summed.is_some(),
        })
        .collect()
}

fn registrars(election: &Election, manifest: &Manifest) -> Vec<RegistrarState> {
    let states = manifest.registrars.iter().zip(election.registrars());
    states
        .map(|(registrar, state)| RegistrarState {
            name: registrar.name.clone(),
            channel: registrar.channel.clone(),
            consented: state.consented.is_some(),
            roll: state.part.is_some(),
        })
        .collect()
}

fn witnesses(manifest: &Manifest, fingerprints: &Fingerprints, notes: &[Opened]) -> Vec<WitnessState> {
    let seen = |witness: usize| {
        let all = notes.iter().flat_map(|note| {
            note.cosignatures
                .iter()
                .filter(move |cosignature| cosignature.witness == witness)
                .map(|cosignature| (note.checkpoint.size, cosignature.seconds))
        });
        all.max()
    };
    let named = manifest.witnesses.iter().zip(&fingerprints.witnesses).enumerate();
    named
        .map(|(place, (witness, fingerprint))| WitnessState {
            name: witness.name.clone(),
            fingerprint: fingerprint.clone(),
            size: seen(place).map(|(size, _)| size),
            seconds: seen(place).map(|(_, seconds)| seconds),
        })
        .collect()
}

fn notice(notice: &NoticeState) -> LogNotice {
    let (what, closes) = match notice.what {
        What::Suspend => (NoticeKind::Suspend, None),
        What::Resume => (NoticeKind::Resume, None),
        What::Extend { closes } => (NoticeKind::Extend, Some(closes)),
        What::Message => (NoticeKind::Message, None),
    };
    LogNotice { index: notice.index, time: notice.time, what, text: notice.text.clone(), closes }
}

fn voids(election: &Election) -> Vec<VoidBallot> {
    let reason = |void: &Void| VoidReason { teller: void.teller, complaint: void.reason.into() };
    let ballots = election.void().iter();
    ballots
        .map(|(index, voids)| VoidBallot {
            index: *index,
            slot: election.current_ballot_at(*index).map(|ballot| ballot.slot()),
            reasons: voids.iter().map(reason).collect(),
        })
        .collect()
}

fn missing(election: &Election) -> Vec<MissingBox> {
    let ballots = election.missing().iter();
    ballots.flat_map(|(index, tellers)| tellers.iter().map(|teller| MissingBox { index: *index, teller: *teller })).collect()
}

fn weight_warnings(election: &Election) -> Vec<WeightWarning> {
    let buckets = election.buckets().iter().enumerate();
    buckets.flat_map(|(bucket, found)| found.rare_weights.iter().map(move |weight| WeightWarning { bucket, weight: *weight })).collect()
}

fn outcome(election: &Election) -> Option<Outcome> {
    let totals = election.totals()?;
    let mut ballots = vec![0_u64; totals.len()];
    for ballot in election.counted() {
        let bucket = election.bucket_of(ballot.index()).and_then(|(bucket, _)| ballots.get_mut(bucket));
        if let Some(count) = bucket {
            *count = count.saturating_add(1);
        }
    }
    let buckets: Vec<Bucket> = election
        .buckets()
        .iter()
        .zip(election.counted_weights())
        .zip(totals.iter().zip(&ballots))
        .map(|((bucket, weight), (totals, ballots))| Bucket {
            groups: bucket.groups.clone(),
            merged: bucket.groups.len() > 1,
            ballots: *ballots,
            weight,
            totals: totals.clone(),
        })
        .collect();
    Some(Outcome {
        totals: sum(totals),
        ballots: ballots.iter().copied().fold(0, u64::saturating_add),
        weight: buckets.iter().map(|bucket| bucket.weight).fold(0, u64::saturating_add),
        buckets,
    })
}

/// Question by question and option by option over all buckets.
fn sum(buckets: &[Vec<Vec<u64>>]) -> Vec<Vec<u64>> {
    let mut buckets = buckets.iter();
    let mut totals = buckets.next().cloned().unwrap_or_default();
    for bucket in buckets {
        for (to, from) in totals.iter_mut().flatten().zip(bucket.iter().flatten()) {
            *to = to.saturating_add(*from);
        }
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_add_up_over_buckets() {
        assert_eq!(sum(&[vec![vec![1, 2], vec![3]], vec![vec![10, 0], vec![5]]]), [vec![11, 2], vec![8]]);
        assert_eq!(sum(&[]), Vec::<Vec<u64>>::new());
    }

    #[test]
    fn the_last_third_of_an_hour_begins_after_forty_minutes() {
        assert_eq!(last_third(3_600_000), 2_400_000);
        assert_eq!(last_third(0), 0);
    }
}
