//! Why an entry is not accepted: facts, and the audit check of section 9 that they fail.

use serde::Serialize;
use thiserror::Error;

use crate::{
    ballot::BallotError,
    codec::DecodeError,
    log::{
        consent::Role,
        entry::{Kind, LeafError},
    },
    manifest::ManifestError,
    roll::RollError,
    sealed_box::BoxError,
    tally::complaint::ComplaintError,
};

/// The checks of section 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Check {
    /// Leaves, tree, checkpoints, cosignatures.
    V1,
    /// Manifest and consents.
    V2,
    /// Roll parts.
    V3,
    /// Order and acceptance of entries.
    V4,
    /// Ballots.
    V5,
    /// What ballots supersede.
    V6,
    /// Replacements and notices.
    V7,
    /// Reports and complaints.
    V8,
    /// Counted set and buckets.
    V9,
    /// Sums.
    V10,
    /// Result.
    V11,
    /// Receipts.
    V12,
}

impl Check {
    /// All checks in order.
    pub const ALL: [Self; 12] =
        [Self::V1, Self::V2, Self::V3, Self::V4, Self::V5, Self::V6, Self::V7, Self::V8, Self::V9, Self::V10, Self::V11, Self::V12];
}

/// Why an entry is refused at this point of the log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The leaf cannot be read.
    #[error("leaf: {0}")]
    Leaf(#[from] LeafError),
    /// Times never decrease.
    #[error("the time {time} is before {last}")]
    Time {
        /// Time of the last entry, in ms since 1970.
        last: u64,
        /// Time of this entry.
        time: u64,
    },
    /// The first entry must be the manifest, and no other.
    #[error("the manifest is the first entry and no other")]
    ManifestFirst,
    /// A body cannot be read.
    #[error("body of {kind:?}: {error}")]
    Body {
        /// The entry's kind.
        kind: Kind,
        /// What is wrong.
        error: DecodeError,
    },
    /// The manifest is not valid.
    #[error("manifest: {0}")]
    Manifest(#[from] ManifestError),
    /// A signature, or the proof that comes with it, is not that of the key in the manifest.
    #[error("the signature of {kind:?} does not verify")]
    Signature {
        /// The entry's kind.
        kind: Kind,
    },
    /// The manifest has no such teller or registrar.
    #[error("the manifest has no {role:?}")]
    UnknownRole {
        /// The role found.
        role: Role,
    },
    /// A consent's `after` or root is not that of the log.
    #[error("{role:?} consents to another log")]
    ConsentLog {
        /// Who consents.
        role: Role,
    },
    /// The entry cannot come before the open entry.
    #[error("{kind:?} before the open entry")]
    NotOpened {
        /// The entry's kind.
        kind: Kind,
    },
    /// The entry cannot come after the open entry.
    #[error("{kind:?} after the open entry")]
    AlreadyOpened {
        /// The entry's kind.
        kind: Kind,
    },
    /// The entry cannot come before the close entry.
    #[error("{kind:?} before the close entry")]
    NotClosed {
        /// The entry's kind.
        kind: Kind,
    },
    /// The entry cannot come after the close entry.
    #[error("{kind:?} after the close entry")]
    AlreadyClosed {
        /// The entry's kind.
        kind: Kind,
    },
    /// The entry cannot come before the fix entry.
    #[error("{kind:?} before the fix entry")]
    NotFixed {
        /// The entry's kind.
        kind: Kind,
    },
    /// There is one already.
    #[error("a second {kind:?}")]
    Twice {
        /// The entry's kind.
        kind: Kind,
    },
    /// The entry comes before its time.
    #[error("{kind:?} not before {from}")]
    TooEarly {
        /// The entry's kind.
        kind: Kind,
        /// The earliest time, in ms since 1970.
        from: u64,
    },
    /// The entry comes after its time.
    #[error("{kind:?} only before {until}")]
    TooLate {
        /// The entry's kind.
        kind: Kind,
        /// The first time that is too late, in ms since 1970.
        until: u64,
    },
    /// The data beside the log are missing or others.
    #[error("the data of {kind:?} are missing or others")]
    Data {
        /// The entry's kind.
        kind: Kind,
    },
    /// A roll part is not valid.
    #[error("roll part of registrar {registrar}: {error}")]
    Roll {
        /// The registrar, from 0.
        registrar: u8,
        /// What is wrong.
        error: RollError,
    },
    /// A roll part's rows are not those of the parts before.
    #[error("the rows of registrar {registrar} are not those of the other parts")]
    RollRows {
        /// The registrar, from 0.
        registrar: u8,
    },
    /// Together the key parts of a slot give no key.
    #[error("slot {slot}: the key parts add up to the identity")]
    SlotKey {
        /// The slot.
        slot: u32,
    },
    /// Roll parts are missing.
    #[error("{missing} roll parts missing")]
    PartsMissing {
        /// How many.
        missing: usize,
    },
    /// Somebody has not consented.
    #[error("{role:?} has not consented")]
    NoConsent {
        /// Who.
        role: Role,
    },
    /// The vote is suspended.
    #[error("suspended")]
    Suspended,
    /// The roll has no such slot.
    #[error("no slot {slot}")]
    UnknownSlot {
        /// The slot found.
        slot: u32,
    },
    /// A ballot's proof fails.
    #[error("ballot of slot {slot}: {error}")]
    Ballot {
        /// The slot.
        slot: u32,
        /// What fails.
        error: BallotError,
    },
    /// A box is not the ballot's, or fails the box check; the server's duty, not in the log.
    #[error("slot {slot}, box of teller {teller}: {error}")]
    Box {
        /// The slot.
        slot: u32,
        /// The teller, from 1.
        teller: u8,
        /// What fails.
        error: BoxError,
    },
    /// A ballot supersedes another than the slot's current one.
    #[error("slot {slot}: the current ballot is {current:?}")]
    Supersedes {
        /// The slot.
        slot: u32,
        /// Index of the slot's current ballot.
        current: Option<u64>,
    },
    /// The slot has voted and the manifest does not allow to vote again.
    #[error("slot {slot} has voted: {current}")]
    NoRevote {
        /// The slot.
        slot: u32,
        /// Index of the slot's ballot.
        current: u64,
    },
    /// `after` is too old or not of this log: signed for another point, or a repetition.
    #[error("{kind:?}: not after the last one, or of another log")]
    NotFresh {
        /// The entry's kind.
        kind: Kind,
    },
    /// Signed too long before or after the entry's time.
    #[error("{kind:?} signed at {signed_at}, appended at {time}")]
    SignedAt {
        /// The entry's kind.
        kind: Kind,
        /// When it was signed, in ms since 1970.
        signed_at: u64,
        /// The entry's time.
        time: u64,
    },
    /// A notice that does not fit the state: suspension while suspended, an earlier closing time.
    #[error("the notice does not fit the state of the vote")]
    NoticeState,
    /// A report's size or root is not that of the close entry.
    #[error("teller {teller} reports another log")]
    ReportLog {
        /// The teller, from 1.
        teller: u8,
    },
    /// A complaint does not hold.
    #[error("complaint of teller {teller} about {index:?}: {error}")]
    Complaint {
        /// The teller, from 1.
        teller: u8,
        /// Log index of the ballot, if it could be read.
        index: Option<u64>,
        /// What is wrong.
        error: ComplaintError,
    },
    /// A complaint is about an entry that is no current ballot.
    #[error("complaint of teller {teller}: {index} is no current ballot")]
    ComplaintIndex {
        /// The teller, from 1.
        teller: u8,
        /// The index found.
        index: u64,
    },
    /// A complaint of type 1 or 2 after the fix entry.
    #[error("complaint of teller {teller} after the fix entry")]
    LateComplaint {
        /// The teller, from 1.
        teller: u8,
    },
    /// The teller has not reported.
    #[error("teller {teller} has not reported")]
    NotReported {
        /// The teller, from 1.
        teller: u8,
    },
    /// Too few ballots are current: nothing is summed.
    #[error("too few ballots to count without revealing votes")]
    TooFew,
    /// The sums are over other ballots than the counted ones.
    #[error("teller {teller} counts other ballots")]
    Counted {
        /// The teller, from 1.
        teller: u8,
    },
    /// The sums cannot be read.
    #[error("sums of teller {teller}: {error}")]
    SumsData {
        /// The teller, from 1.
        teller: u8,
        /// What is wrong.
        error: DecodeError,
    },
    /// The sums do not open the commitments.
    #[error("sums of teller {teller}, bucket {bucket}, question {question}")]
    Sums {
        /// The teller, from 1.
        teller: u8,
        /// The bucket, from 0.
        bucket: usize,
        /// The question, from 0.
        question: usize,
    },
    /// Fewer than `t` tellers have published sums.
    #[error("{found} of {needed} sums")]
    SumsMissing {
        /// Sums in the log.
        found: usize,
        /// The threshold `t`.
        needed: usize,
    },
    /// The totals are not those that the sums give.
    #[error("the totals are not those of the sums")]
    Totals,
}

impl Refusal {
    /// The check of section 9 that a log with this entry fails.
    pub fn check(&self) -> Check {
        match self {
            Self::Leaf(_) => Check::V1,
            Self::Manifest(_) | Self::UnknownRole { .. } | Self::ConsentLog { .. } => Check::V2,
            Self::Body { kind, .. } | Self::Signature { kind } => of_kind(*kind),
            Self::Data { kind } => of_kind(*kind),
            Self::Roll { .. } | Self::RollRows { .. } | Self::SlotKey { .. } => Check::V3,
            Self::UnknownSlot { .. } | Self::Ballot { .. } | Self::Box { .. } => Check::V5,
            Self::Supersedes { .. } => Check::V6,
            Self::NotFresh { .. } | Self::SignedAt { .. } => Check::V7,
            Self::ReportLog { .. } | Self::Complaint { .. } | Self::ComplaintIndex { .. } | Self::LateComplaint { .. } => Check::V8,
            Self::Counted { .. } => Check::V9,
            Self::SumsData { .. } | Self::Sums { .. } => Check::V10,
            Self::Totals => Check::V11,
            Self::Time { .. }
            | Self::ManifestFirst
            | Self::NotOpened { .. }
            | Self::AlreadyOpened { .. }
            | Self::NotClosed { .. }
            | Self::AlreadyClosed { .. }
            | Self::NotFixed { .. }
            | Self::Twice { .. }
            | Self::TooEarly { .. }
            | Self::TooLate { .. }
            | Self::PartsMissing { .. }
            | Self::NoConsent { .. }
            | Self::Suspended
            | Self::NoRevote { .. }
            | Self::NoticeState
            | Self::NotReported { .. }
            | Self::TooFew
            | Self::SumsMissing { .. } => Check::V4,
        }
    }
}

/// The check about the content of entries of a kind.
fn of_kind(kind: Kind) -> Check {
    match kind {
        Kind::Manifest | Kind::Consent => Check::V2,
        Kind::RollPart => Check::V3,
        Kind::Open | Kind::Close | Kind::Fix => Check::V4,
        Kind::Ballot => Check::V5,
        Kind::Replacement | Kind::Notice => Check::V7,
        Kind::Report => Check::V8,
        Kind::Sums => Check::V10,
        Kind::Result => Check::V11,
    }
}
