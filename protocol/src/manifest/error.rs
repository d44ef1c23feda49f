//! What can be wrong with a manifest.

use serde::Serialize;
use thiserror::Error;

/// Why bytes are not a manifest (section 2). `path` says where, as `questions[0].options[2].fr`; as JSON
/// (for pages and problem documents) an error is its facts with `reason`, the variant's name.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ManifestError {
    /// More bytes than a manifest may have.
    #[error("{found} bytes, at most {most} are allowed")]
    TooLong {
        /// How many bytes there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// Bytes that are not UTF-8.
    #[error("not UTF-8 from byte {at} on")]
    NotUtf8 {
        /// Where the first such byte stands.
        at: usize,
    },
    /// Not JSON: also a byte order mark and half a surrogate pair.
    #[error("no JSON at line {line}, column {column}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
    /// An object has a name twice (names are compared after unescaping).
    #[error("{path}: the name stands twice")]
    DuplicateName {
        /// Where.
        path: String,
    },
    /// A field that every manifest has is not there.
    #[error("{path}: missing")]
    MissingField {
        /// Where.
        path: String,
    },
    /// A field that no manifest has.
    #[error("{path}: unknown field")]
    UnknownField {
        /// Where.
        path: String,
    },
    /// A value of another type; an integer has no sign, fraction or exponent.
    #[error("{path}: not of type {expected}")]
    Type {
        /// Where.
        path: String,
        /// `object`, `array`, `integer`, `boolean` or `string`.
        expected: &'static str,
    },
    /// `format` or `suite` is another one.
    #[error("{path}: not {expected}")]
    Constant {
        /// Where.
        path: String,
        /// The only value it can have.
        expected: &'static str,
    },
    /// A number out of bounds.
    #[error("{path}: not between {least} and {most}")]
    Range {
        /// Where.
        path: String,
        /// The least number allowed here, given the rest of the manifest.
        least: u64,
        /// The greatest number allowed here, given the rest of the manifest.
        most: u64,
    },
    /// Too few or too many characters of a text, or items of a list.
    #[error("{path}: {found} long, not between {least} and {most}")]
    Length {
        /// Where.
        path: String,
        /// How many characters or items there are.
        found: usize,
        /// The fewest allowed.
        least: usize,
        /// The most allowed.
        most: usize,
    },
    /// A text in no language.
    #[error("{path}: no text")]
    NoText {
        /// Where.
        path: String,
    },
    /// The name of a log or witness has other characters than printable ASCII without space and `+`.
    #[error("{path}: a character that a key name cannot have")]
    KeyName {
        /// Where.
        path: String,
    },
    /// The name of a text is no language tag.
    #[error("{path}: not a language tag")]
    Language {
        /// Where.
        path: String,
    },
    /// Not a valid date and time in the form `YYYY-MM-DDTHH:MM:SSZ`.
    #[error("{path}: not a time")]
    Time {
        /// Where.
        path: String,
    },
    /// Not the canonical base64 of 32 bytes.
    #[error("{path}: not the base64 of 32 bytes")]
    Base64 {
        /// Where.
        path: String,
    },
    /// 32 bytes that are not a key of this kind.
    #[error("{path}: not a valid key")]
    Key {
        /// Where.
        path: String,
    },
    /// A language, group, witness name or key is there already; also a seal key whose X25519 key
    /// another one has, and a seal key that is a sign key.
    #[error("{path}: the same as {first}")]
    Repeated {
        /// Where.
        path: String,
        /// Where it stood first.
        first: String,
    },
    /// `opens` is not before `closes`.
    #[error("it does not open before it closes")]
    Times,
    /// A question with `min` 0 cannot have a blank bit: choosing nothing is allowed there.
    #[error("{path}: blank without a minimum")]
    Blank {
        /// Where.
        path: String,
    },
    /// A ballot would not fit a leaf of the log.
    #[error("a ballot would have {found} bytes, at most {most} fit the log")]
    BallotLength {
        /// Bytes of a public ballot.
        found: usize,
        /// The most that fit.
        most: usize,
    },
}
