//! JSON read strictly: exact field sets, no name twice, no number but plain integers (section 2).
//!
//! serde_json checks the grammar of RFC 8259, that escapes give Unicode scalar values, and that nothing
//! follows. What it forgives (names twice, floats where an integer is expected, arrays in place of
//! structs) shows up in the tree that is built here and is refused with the place where it stands.

use core::fmt;
use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::ManifestError;

/// Any JSON value. Objects keep all their members, also those of the same name.
#[derive(Debug, Clone)]
enum Value {
    Null,
    Bool(bool),
    Integer(u64),
    /// A number with a sign, a fraction or an exponent, or beyond 64 bits.
    OtherNumber,
    String(String),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// A value and where it stands, as `questions[0].title.fr`.
#[derive(Debug)]
pub(super) struct Node {
    path: String,
    value: Value,
}

/// The members of an object that have not been taken yet.
#[derive(Debug)]
pub(super) struct Members {
    path: String,
    members: Vec<(String, Value)>,
}

/// The value that `bytes` are.
pub(super) fn parse(bytes: &[u8]) -> Result<Node, ManifestError> {
    let text = core::str::from_utf8(bytes).map_err(|error| ManifestError::NotUtf8 { at: error.valid_up_to() })?;
    let value = serde_json::from_str(text).map_err(|error| ManifestError::Syntax { line: error.line(), column: error.column() })?;
    Ok(Node { path: String::new(), value })
}

impl Node {
    /// Where the value stands.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The object that has to stand here, its names distinct.
    pub(super) fn object(self) -> Result<Members, ManifestError> {
        let Self { path, value } = self;
        let Value::Object(members) = value else {
            return Err(ManifestError::Type { path, expected: "object" });
        };
        let mut names = BTreeSet::new();
        match members.iter().find(|(name, _)| !names.insert(name)) {
            Some((name, _)) => Err(ManifestError::DuplicateName { path: join(&path, name) }),
            None => Ok(Members { path, members }),
        }
    }

    /// The items of the array that has to stand here, if there are as many as allowed.
    pub(super) fn array(self, least: usize, most: usize) -> Result<Vec<Node>, ManifestError> {
        let Self { path, value } = self;
        let Value::Array(items) = value else {
            return Err(ManifestError::Type { path, expected: "array" });
        };
        if !(least..=most).contains(&items.len()) {
            return Err(ManifestError::Length { path, found: items.len(), least, most });
        }
        let place = |(index, value)| Node { path: format!("{path}[{index}]"), value };
        Ok(items.into_iter().enumerate().map(place).collect())
    }

    /// The integer that has to stand here, if it is in the bounds.
    pub(super) fn integer<T>(self, least: T, most: T) -> Result<T, ManifestError>
    where
        T: Copy + Into<u64> + TryFrom<u64>,
    {
        let Self { path, value } = self;
        let Value::Integer(number) = value else {
            return Err(ManifestError::Type { path, expected: "integer" });
        };
        let (least, most) = (least.into(), most.into());
        Some(number)
            .filter(|number| (least..=most).contains(number))
            .and_then(|number| T::try_from(number).ok())
            .ok_or(ManifestError::Range { path, least, most })
    }

    /// The truth value that has to stand here.
    pub(super) fn boolean(self) -> Result<bool, ManifestError> {
        match self.value {
            Value::Bool(value) => Ok(value),
            _ => Err(ManifestError::Type { path: self.path, expected: "boolean" }),
        }
    }

    /// The string that has to stand here.
    pub(super) fn string(self) -> Result<String, ManifestError> {
        match self.value {
            Value::String(value) => Ok(value),
            _ => Err(ManifestError::Type { path: self.path, expected: "string" }),
        }
    }

    /// Whether the string "" stands here.
    pub(super) fn is_empty_string(&self) -> bool {
        matches!(&self.value, Value::String(text) if text.is_empty())
    }

    /// The string of 1 to `most` characters that has to stand here.
    pub(super) fn text(self, most: usize) -> Result<String, ManifestError> {
        let path = self.path.clone();
        let text = self.string()?;
        let found = text.chars().count();
        if found < 1 || found > most {
            return Err(ManifestError::Length { path, found, least: 1, most });
        }
        Ok(text)
    }

    /// The 32 bytes whose canonical base64 has to stand here, and that text.
    pub(super) fn base64(self) -> Result<(String, [u8; 32]), ManifestError> {
        let path = self.path.clone();
        let text = self.string()?;
        let bytes = STANDARD.decode(&text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(|bytes| (text, bytes)).ok_or(ManifestError::Base64 { path })
    }
}

impl Members {
    /// Takes the member of this name, which has to be there.
    pub(super) fn take(&mut self, name: &str) -> Result<Node, ManifestError> {
        let path = join(&self.path, name);
        match self.members.iter().position(|(found, _)| found == name) {
            Some(index) => Ok(Node { path, value: self.members.swap_remove(index).1 }),
            None => Err(ManifestError::MissingField { path }),
        }
    }

    /// Takes all members that are left, with their names.
    pub(super) fn all(self) -> impl Iterator<Item = (String, Node)> {
        let path = self.path;
        self.members.into_iter().map(move |(name, value)| {
            let path = join(&path, &name);
            (name, Node { path, value })
        })
    }

    /// Refuses members that nobody took.
    pub(super) fn finish(self) -> Result<(), ManifestError> {
        match self.members.first() {
            None => Ok(()),
            Some((name, _)) => Err(ManifestError::UnknownField { path: join(&self.path, name) }),
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::OtherNumber)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::OtherNumber)
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Value::Object(object))
    }
}
