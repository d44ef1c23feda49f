//! What may go wrong, as facts for the page: the Rust half of the TypeScript union `IsoloirError`.
//!
//! No variant carries a code, a seed or a choice. `web/src/wasm/generated.ts` is made from these
//! types; the test `typescript` fails when the two differ.

use serde::Serialize;
use thiserror::Error;

/// A failure of a call into the module. Thrown to TypeScript as the plain object `{kind, …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Error)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[error("{self:?}")]
#[non_exhaustive]
pub enum ModuleError {
    /// The browser has no generator of random numbers or no window where one is needed.
    Unsupported {
        /// What is missing.
        what: Missing,
    },
    /// A handle was used after it was closed, cast or disclosed, or a call came in the wrong order.
    Spent,
    /// An argument is not of the shape that the TypeScript interface declares.
    Argument {
        /// Which one.
        detail: String,
    },
    /// What stands after `#` in the address is not `ELECTION.SLOT.CODE`.
    Fragment {
        /// Which part is wrong.
        problem: FragmentProblem,
    },
    /// The manifest is not valid, or is another election's.
    Manifest {
        /// Which of the two.
        problem: ManifestProblem,
        /// What the manifest breaks.
        detail: String,
    },
    /// The slot is not in the roll, or what the server says about it does not hold together.
    Slot {
        /// Which of the two.
        problem: SlotProblem,
    },
    /// A voting code.
    Code {
        /// The registrar whose code it should be, from 0.
        registrar: u8,
        /// What is wrong with it.
        #[serde(flatten)]
        problem: CodeProblem,
    },
    /// Codes of these registrars (from 0) have not been given yet.
    CodeMissing {
        /// The registrars.
        registrars: Vec<u8>,
    },
    /// Choices that the manifest does not allow.
    Choice {
        /// What is wrong.
        #[serde(flatten)]
        problem: ChoiceProblem,
    },
    /// A typed receipt code.
    ReceiptCode {
        /// What is wrong.
        #[serde(flatten)]
        problem: ReceiptCodeProblem,
    },
    /// A receipt file, or the server's receipt for a submission.
    Receipt {
        /// What does not hold.
        problem: ReceiptProblem,
        /// The decoder's or verifier's finding.
        detail: String,
    },
    /// A disclosed test ballot.
    Disclosure {
        /// What does not hold.
        problem: DisclosureProblem,
        /// The decoder's finding.
        detail: String,
    },
    /// A key file or its passphrase.
    Key {
        /// What is wrong.
        problem: KeyProblem,
    },
    /// The words of a teller's sheet.
    Paper {
        /// What is wrong with them.
        #[serde(flatten)]
        problem: PaperProblem,
    },
    /// The log breaks a rule, or what was downloaded is not the log that was signed.
    Log {
        /// The entry; null for a checkpoint or the download itself.
        index: Option<u64>,
        /// The replay's finding.
        detail: String,
    },
    /// Fewer valid cosignatures than the quorum on a checkpoint of the size needed.
    Witnesses {
        /// Different witnesses found.
        found: usize,
        /// The manifest's `witness_quorum`.
        quorum: u32,
    },
    /// The rule that a key confirms one root per stage, ever (sections 7 and 8).
    Lock {
        /// What stands against it.
        problem: LockProblem,
        /// Closing or counting.
        stage: Stage,
    },
    /// Not yet, or no longer, possible in the election's phase.
    Phase {
        /// The phase the log is in.
        phase: Phase,
    },
    /// Not before this time, by this device's clock.
    Early {
        /// In ms since 1970.
        from: u64,
    },
    /// Fewer ballots than `smallest_group`: counting them would reveal votes, so nothing is summed.
    TooFew,
    /// Boxes of these entries could not be had.
    BoxesMissing {
        /// The log indexes of their ballots.
        indexes: Vec<u64>,
    },
    /// An archive that cannot be read.
    Archive {
        /// The reader's finding.
        detail: String,
    },
}

/// What a browser may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Missing {
    /// WebAssembly is missing or forbidden.
    WebAssembly,
    /// Web Workers are missing or forbidden.
    Worker,
    /// The operating system's generator.
    Random,
    /// A window: the call belongs on the page, not in a worker.
    Window,
}

/// The part of a fragment that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum FragmentProblem {
    /// The first part is not an election id.
    Election,
    /// The second part is not a slot number.
    Slot,
    /// More than three parts.
    Shape,
}

/// What is wrong with a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ManifestProblem {
    /// It breaks section 2.
    Invalid,
    /// Its hash is not the election's id.
    OtherElection,
}

/// What is wrong with a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum SlotProblem {
    /// No such slot in the roll.
    Unknown,
    /// The server's description of it does not hold together.
    Invalid,
}

/// What is wrong with a voting code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "problem", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CodeProblem {
    /// Not 16 symbols; spaces and hyphens do not count.
    Length {
        /// How many there are.
        found: usize,
    },
    /// A character that no code contains.
    Symbol {
        /// Its place among the symbols, from 1; spaces and hyphens do not count.
        position: usize,
    },
    /// A typing error: the check symbol does not fit.
    Checksum {
        /// The places, from 1, whose change or swap makes it the right code for this slot; empty if
        /// more than that is wrong.
        positions: Vec<usize>,
    },
    /// A well-formed code that is not this registrar's current one for this slot.
    Wrong,
    /// The code of another registrar for this slot: the two were swapped.
    Swapped {
        /// Whose code it is, from 0.
        other: u8,
    },
}

/// What is wrong with choices; questions and options count from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "problem", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ChoiceProblem {
    /// Fewer options than the question asks for.
    TooFew {
        /// The question.
        question: usize,
        /// Options chosen.
        chosen: usize,
        /// The least number allowed.
        min: u32,
    },
    /// More options than the question allows.
    TooMany {
        /// The question.
        question: usize,
        /// Options chosen.
        chosen: usize,
        /// The greatest number allowed.
        max: u32,
    },
    /// A blank vote where the question offers none.
    BlankNotOffered {
        /// The question.
        question: usize,
    },
    /// A blank vote together with options.
    BlankWithOptions {
        /// The question.
        question: usize,
    },
    /// An option that the question does not have.
    UnknownOption {
        /// The question.
        question: usize,
        /// The option.
        option: u16,
    },
    /// The same option twice.
    RepeatedOption {
        /// The question.
        question: usize,
        /// The option.
        option: u16,
    },
    /// Answers to another number of questions.
    Questions {
        /// Questions of the manifest.
        expected: usize,
        /// Answers given.
        found: usize,
    },
}

/// What is wrong with a typed receipt code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "problem", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ReceiptCodeProblem {
    /// Not 24 symbols.
    Length {
        /// How many there are.
        found: usize,
    },
    /// A character that no receipt code contains.
    Symbol {
        /// Its place among the symbols, from 1.
        position: usize,
    },
}

/// What is wrong with the words of a sheet; places count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "problem", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PaperProblem {
    /// Not 52 words.
    Count {
        /// How many there are.
        found: usize,
    },
    /// Words that are in no list.
    Unknown {
        /// Where they stand.
        places: Vec<usize>,
    },
    /// Words that do not belong there.
    Wrong {
        /// Where they stand.
        places: Vec<usize>,
    },
    /// Two words that changed places.
    Swapped {
        /// Where they stand.
        places: Vec<usize>,
    },
    /// More is wrong than can be named.
    Damaged,
}

/// What does not hold about a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ReceiptProblem {
    /// Not a receipt file.
    Format,
    /// A receipt of another election.
    OtherElection,
    /// Its slot, code and entry do not belong together.
    Leaf,
    /// The checkpoint is not signed by the log.
    Checkpoint,
    /// The entry is not in the tree of the checkpoint.
    Proof,
    /// A valid receipt of another ballot than the one sent.
    OtherBallot,
}

/// What does not hold about a disclosed test ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum DisclosureProblem {
    /// Not the bytes of a disclosure.
    Format,
    /// Of another election.
    OtherElection,
    /// Choices that the manifest does not allow.
    Choices,
}

/// What is wrong with a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum KeyProblem {
    /// Not a key file of this program.
    File,
    /// The key of another role than a teller's.
    Role,
    /// The file is not as it was written.
    Damaged,
    /// A wrong passphrase.
    Passphrase,
    /// Not the key of one of this election's tellers.
    NotTeller,
    /// A passphrase of fewer than twelve characters.
    Weak,
    /// Not enough memory to stretch the passphrase.
    Memory,
}

/// What stands against signing for a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum LockProblem {
    /// This key has confirmed another root. It never signs for a second one.
    OtherRoot,
    /// Nothing is stored on this device: the teller must say whether the key has reported from another one.
    UnknownDevice,
    /// The code has not been confirmed yet.
    NotConfirmed,
    /// What was typed is not the code of this log.
    OtherCode,
    /// The browser does not store the confirmation: storage is off.
    NotStored,
}

/// What tellers confirm to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// The log up to its close entry (section 7).
    Closing,
    /// The log up to its fix entry (section 8).
    Counting,
}

/// How far an election is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Consents and roll parts are gathered.
    Setup,
    /// Ballots are accepted.
    Open,
    /// Opened, but suspended by the organiser.
    Suspended,
    /// The close entry is logged.
    Closed,
    /// The set of counted ballots is fixed.
    Fixed,
    /// The result is logged.
    Counted,
}
