//! What an audit found.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{receipts::ReceiptVerdict, sources::SourceVerdict};
use crate::{
    election::{Check, Election, Phase, Refusal},
    log::{consent::Role, entry::Kind, tree::Tree},
    tally::{complaint::Reason, sums::Totals},
};

/// Why a check fails.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// An entry is refused; those after it were not looked at.
    Refused(Refusal),
    /// The archive's checkpoint, or a kept one, cannot be read, or is not signed by the log.
    Checkpoint {
        /// The size in its name; none for the archive's own checkpoint.
        size: Option<u64>,
    },
    /// A checkpoint is not of this log: another size or root.
    OtherTree {
        /// The size it names.
        size: u64,
    },
    /// As many witnesses object to the times in the log as would make a quorum.
    Objections {
        /// Their places in the manifest, from 0.
        witnesses: Vec<usize>,
    },
    /// No checkpoint of this size or later has the quorum of cosignatures.
    Quorum {
        /// The size that must be cosigned.
        size: u64,
        /// The most different witnesses on one checkpoint.
        found: usize,
        /// The manifest's quorum.
        needed: usize,
    },
    /// The earlier archive is not that of the round the manifest names, or its registrars differ.
    PreviousOther,
    /// The earlier archive is not closed or does not pass.
    PreviousFails,
    /// A slot's key part is not the one it had at the end of the earlier round.
    PreviousKey {
        /// The slot.
        slot: u32,
    },
    /// A slot that was left out of a round returned with an old key part.
    PreviousReturned {
        /// The slot.
        slot: u32,
    },
    /// The log's key signed another history, which somebody else holds.
    Source {
        /// Its place in the list given, from 0.
        source: usize,
        /// The smallest size at which it differs.
        size: u64,
    },
    /// A receipt is not what it should be.
    Receipt {
        /// Its place in the list given, from 0.
        receipt: usize,
    },
}

impl Fault {
    /// A short name for catalogues of sentences.
    pub fn name(&self) -> String {
        let variant = |debug: String| -> String { debug.chars().take_while(char::is_ascii_alphanumeric).collect() };
        match self {
            Self::Refused(refusal) => variant(format!("{refusal:?}")),
            other => variant(format!("{other:?}")),
        }
    }

    /// The facts as one line of English, for reports and logs.
    pub fn facts(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.to_string(),
            Self::Checkpoint { size: None } => "the checkpoint cannot be read or is not signed by the log".to_owned(),
            Self::Checkpoint { size: Some(size) } => {
                format!("checkpoint {size} cannot be read or is not signed by the log")
            }
            Self::OtherTree { size } => format!("the checkpoint of size {size} is of another log"),
            Self::Objections { witnesses } => {
                format!("{} witnesses object to the times in the log", witnesses.len())
            }
            Self::Quorum { size, found, needed } => {
                format!("no checkpoint of size {size} or later is cosigned by {needed} witnesses (at most {found})")
            }
            Self::PreviousOther => "the earlier archive is not that of the previous round".to_owned(),
            Self::PreviousFails => "the earlier archive is not closed or does not pass".to_owned(),
            Self::PreviousKey { slot } => {
                format!("slot {slot} has another key part than at the end of the previous round")
            }
            Self::PreviousReturned { slot } => {
                format!("slot {slot} was left out of a round and returned with an old key part")
            }
            Self::Source { source, size } => format!("source {source} has another log, signed by the same key, at size {size}"),
            Self::Receipt { receipt } => format!("receipt {receipt} does not hold"),
        }
    }

    /// The facts by name, for catalogues of sentences: numbers, and words of this program.
    pub fn values(&self) -> BTreeMap<&'static str, String> {
        match self {
            Self::Refused(refusal) => refusal_values(refusal),
            Self::Checkpoint { size: Some(size) } | Self::OtherTree { size } => values([("size", size.to_string())]),
            Self::Objections { witnesses } => values([("count", witnesses.len().to_string())]),
            Self::Quorum { size, found, needed } => {
                values([("size", size.to_string()), ("found", found.to_string()), ("needed", needed.to_string())])
            }
            Self::PreviousKey { slot } | Self::PreviousReturned { slot } => values([("slot", slot.to_string())]),
            Self::Source { source, size } => values([("number", source.saturating_add(1).to_string()), ("size", size.to_string())]),
            Self::Receipt { receipt } => values([("number", receipt.saturating_add(1).to_string())]),
            Self::Checkpoint { size: None } | Self::PreviousOther | Self::PreviousFails => BTreeMap::new(),
        }
    }
}

fn values<const N: usize>(named: [(&'static str, String); N]) -> BTreeMap<&'static str, String> {
    named.into_iter().collect()
}

/// Slot, teller, registrar, kind of entry: what the refusals name.
fn refusal_values(refusal: &Refusal) -> BTreeMap<&'static str, String> {
    let kind = |kind: &Kind| ("kind", format!("{kind:?}"));
    let role = |role: &Role| match role {
        Role::Teller(number) => [("role", "teller".to_owned()), ("number", number.to_string())],
        Role::Registrar(number) => [("role", "registrar".to_owned()), ("number", number.saturating_add(1).to_string())],
    };
    match refusal {
        Refusal::Body { kind: of, .. }
        | Refusal::Signature { kind: of }
        | Refusal::NotOpened { kind: of }
        | Refusal::AlreadyOpened { kind: of }
        | Refusal::NotClosed { kind: of }
        | Refusal::AlreadyClosed { kind: of }
        | Refusal::NotFixed { kind: of }
        | Refusal::Twice { kind: of }
        | Refusal::TooEarly { kind: of, .. }
        | Refusal::TooLate { kind: of, .. }
        | Refusal::Data { kind: of }
        | Refusal::NotFresh { kind: of }
        | Refusal::SignedAt { kind: of, .. } => values([kind(of)]),
        Refusal::UnknownRole { role: of } | Refusal::ConsentLog { role: of } | Refusal::NoConsent { role: of } => values(role(of)),
        Refusal::Roll { registrar, .. } | Refusal::RollRows { registrar } => values([("number", registrar.saturating_add(1).to_string())]),
        Refusal::SlotKey { slot }
        | Refusal::UnknownSlot { slot }
        | Refusal::Ballot { slot, .. }
        | Refusal::Supersedes { slot, .. }
        | Refusal::NoRevote { slot, .. }
        | Refusal::Box { slot, .. } => values([("slot", slot.to_string())]),
        Refusal::ReportLog { teller }
        | Refusal::Complaint { teller, .. }
        | Refusal::ComplaintIndex { teller, .. }
        | Refusal::LateComplaint { teller }
        | Refusal::NotReported { teller }
        | Refusal::Counted { teller }
        | Refusal::SumsData { teller, .. }
        | Refusal::Sums { teller, .. } => values([("number", teller.to_string())]),
        Refusal::PartsMissing { missing } => values([("count", missing.to_string())]),
        Refusal::SumsMissing { found, needed } => values([("found", found.to_string()), ("needed", needed.to_string())]),
        Refusal::Leaf(_)
        | Refusal::Time { .. }
        | Refusal::ManifestFirst
        | Refusal::Manifest(_)
        | Refusal::Suspended
        | Refusal::NoticeState
        | Refusal::TooFew
        | Refusal::Totals => BTreeMap::new(),
    }
}

/// One reason why a check fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Log index of the entry, if one is to blame.
    pub entry: Option<u64>,
    /// Name of the fault, for catalogues.
    pub name: String,
    /// The facts in English.
    pub facts: String,
    /// The facts by name, for catalogues.
    pub values: BTreeMap<&'static str, String>,
}

/// What was cast within an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HourOfTurnout {
    /// Beginning of the hour, in ms since 1970.
    pub from: u64,
    /// Ballots accepted, those included that replace an earlier one.
    pub ballots: u64,
    /// Of them the first ones of their slots.
    pub voters: u64,
}

/// Names the shape of the report.
pub const FORMAT: &str = "isoloir/audit-1";

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It holds for all there is.
    Passed,
    /// It fails.
    Failed,
    /// Another failure came before it could be decided.
    Undecided,
}

/// A check with its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Which check.
    pub check: Check,
    /// Whether it holds.
    pub status: Status,
    /// Why not.
    pub failures: Vec<Failure>,
}

/// What an audit found.
#[derive(Debug, Clone, Serialize)]
pub struct AuditReport {
    /// `isoloir/audit-1`.
    pub format: &'static str,
    /// Whether every check holds.
    pub holds: bool,
    /// V1 … V12 in order.
    pub checks: Vec<Outcome>,
    /// Election id (base64url), if there is a manifest.
    pub election: Option<String>,
    /// Leaves in the archive.
    pub size: u64,
    /// Root of the archive's tree, hexadecimal.
    pub root: String,
    /// Where the log stands: `setup`, `open`, `closed`.
    pub phase: Option<&'static str>,
    /// Log size at closing, root (hexadecimal) and closing code.
    pub closing: Option<(u64, String, String)>,
    /// Log size at the fix entry, root (hexadecimal) and counting code.
    pub fixing: Option<(u64, String, String)>,
    /// Slots in the roll.
    pub voters: u64,
    /// Slots with a current ballot.
    pub ballots: u64,
    /// Groups of each bucket.
    pub buckets: Vec<Vec<u16>>,
    /// Log indices of the current ballots at closing, in slot order; empty before.
    pub current: Vec<u64>,
    /// Log indices of the counted ballots, in slot order; empty before the fix entry.
    pub counted: Vec<u64>,
    /// By log index, who complained about a void ballot and why.
    pub void: BTreeMap<u64, Vec<(u8, &'static str)>>,
    /// By log index, the tellers who lack the box of a ballot.
    pub missing: BTreeMap<u64, Vec<u8>>,
    /// Ballots by the hour in which they were accepted.
    pub turnout: Vec<HourOfTurnout>,
    /// Totals, if the result is in the log.
    pub totals: Option<Totals>,
    /// Different witnesses whose cosignatures do not fit the times in the log.
    pub objections: usize,
    /// Lines under a witness's name and key that do not verify.
    pub wrong_cosignatures: usize,
    /// Whether the rules of `previous` hold; none if they were not checked.
    pub previous: Option<bool>,
    /// Slots that no earlier round lists.
    pub new_slots: Vec<u32>,
    /// Slots of the round before that are not in the roll.
    pub gone_slots: Vec<u32>,
    /// What became of each receipt.
    pub receipts: Vec<ReceiptVerdict>,
    /// Whether other sources have the same log.
    pub sources: Vec<SourceVerdict>,
}

impl AuditReport {
    /// Whether every check holds.
    pub fn holds(&self) -> bool {
        self.holds
    }

    /// The outcome of one check.
    pub fn outcome(&self, check: Check) -> Option<&Outcome> {
        self.checks.iter().find(|outcome| outcome.check == check)
    }
}

/// Faults as they are found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    faults: Vec<(Check, Option<u64>, Fault)>,
    accepted: bool,
    reached: bool,
}

impl Findings {
    pub fn fail(&mut self, check: Check, entry: Option<u64>, fault: Fault) {
        self.faults.push((check, entry, fault));
    }

    pub fn faults_of(&self, check: Check) -> usize {
        self.faults.iter().filter(|(of, _, _)| *of == check).count()
    }

    /// Tree and checkpoints were looked at.
    pub fn reached(&mut self) {
        self.reached = true;
    }

    /// In the order of the log, whichever verifier was the first to finish.
    pub fn sort(&mut self) {
        self.faults.sort_by_key(|(_, entry, _)| entry.unwrap_or(u64::MAX));
    }

    /// The replay accepted every entry, so that V2 … V11 could be decided.
    pub fn all_entries_accepted(&mut self) {
        self.accepted = true;
    }

    pub fn into_report(self, tree: &Tree, election: Option<&Election>) -> AuditReport {
        let checks: Vec<Outcome> = Check::ALL
            .into_iter()
            .map(|check| {
                let failures: Vec<Failure> = self
                    .faults
                    .iter()
                    .filter(|(of, _, _)| *of == check)
                    .map(|(_, entry, fault)| Failure { entry: *entry, name: fault.name(), facts: fault.facts(), values: fault.values() })
                    .collect();
                let decided = if check == Check::V1 { self.reached } else { self.accepted };
                let status = if !failures.is_empty() {
                    Status::Failed
                } else if decided {
                    Status::Passed
                } else {
                    Status::Undecided
                };
                Outcome { check, status, failures }
            })
            .collect();
        let root = |root: &crate::election::Root| (root.size, hex::encode(root.root), root.code.clone());
        let election = election.filter(|election| election.manifest().is_some());
        AuditReport {
            format: FORMAT,
            holds: checks.iter().all(|outcome| outcome.status == Status::Passed),
            checks,
            election: election.and_then(Election::manifest).map(|manifest| manifest.id().to_string()),
            size: tree.size(),
            root: hex::encode(tree.root()),
            phase: election.map(|election| match election.phase() {
                Phase::Setup => "setup",
                Phase::Open | Phase::Suspended => "open",
                Phase::Closed | Phase::Fixed | Phase::Counted => "closed",
            }),
            closing: election.and_then(Election::closing).map(root),
            fixing: election.and_then(Election::fixing).map(root),
            voters: election.map_or(0, Election::voters),
            ballots: election.map_or(0, Election::ballots),
            buckets: election.map(|election| election.buckets().iter().map(|bucket| bucket.groups.clone()).collect()).unwrap_or_default(),
            current: election
                .filter(|election| election.closing().is_some())
                .map(|election| election.current_ballots().map(|(_, ballot)| ballot.index()).collect())
                .unwrap_or_default(),
            counted: election
                .filter(|election| election.fixing().is_some())
                .map(|election| election.counted().map(|ballot| ballot.index()).collect())
                .unwrap_or_default(),
            void: election
                .map(|election| {
                    let reasons =
                        |voids: &Vec<crate::election::Void>| voids.iter().map(|void| (void.teller, reason_name(void.reason))).collect();
                    election.void().iter().map(|(index, voids)| (*index, reasons(voids))).collect()
                })
                .unwrap_or_default(),
            missing: election.map(|election| election.missing().clone()).unwrap_or_default(),
            turnout: election
                .map(|election| {
                    let hours = election.turnout().iter();
                    hours.map(|(from, hour)| HourOfTurnout { from: *from, ballots: hour.ballots, voters: hour.voters }).collect()
                })
                .unwrap_or_default(),
            totals: election.and_then(Election::totals).cloned(),
            objections: 0,
            wrong_cosignatures: 0,
            previous: None,
            new_slots: Vec::new(),
            gone_slots: Vec::new(),
            receipts: Vec::new(),
            sources: Vec::new(),
        }
    }
}

/// The spec's word for a reason.
pub(super) fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::Malformed => "malformed",
        Reason::Open => "open",
        Reason::Encoding => "encoding",
        Reason::Share => "share",
        Reason::Missing => "missing",
    }
}
