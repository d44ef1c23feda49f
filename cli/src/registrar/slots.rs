//! Which slot number is which member's: `slots.csv`, a line `slot;number` for each.
//!
//! All registrars of an election need the same assignment, and the log shows slots, groups and who voted to everybody. So the first
//! registrar (or the organiser) makes the file once, **in random order**, and gives it to the other registrars; the order of the roll, which
//! is often alphabetical, would tell every reader of the log who is who. It has no names and no addresses, is never sent to the server, and
//! is kept for the second round, in which a slot number means the same member.
//!
//! The file only grows: a member who is added later gets the next number, and nobody's number changes, so codes that were sent stay right.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use isoloir_protocol::rand_core::{Rng, UnwrapErr};
use sha2::{Digest, Sha256};

use super::roll_file::Member;
use crate::{durable, problem, problem::Outcome};

/// The assignment of slots; the position in the list plus one is the slot.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Slots {
    numbers: Vec<String>,
}

impl Slots {
    /// Reads the file.
    pub fn load(path: &Path) -> Outcome<Self> {
        Self::parse(&durable::read(path)?).map_err(|problem| problem.because(&path.display()))
    }

    /// Reads the content of a file: slots 1, 2, … without a gap, every number once.
    pub fn parse(bytes: &[u8]) -> Outcome<Self> {
        let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(bytes);
        let mut numbers = Vec::new();
        let mut seen = BTreeSet::new();
        for record in reader.records() {
            let record = record
                .map_err(|error| problem!("slots-unreadable", "row" => error.position().map_or(0, csv::Position::line)).because(&error))?;
            let row = record.position().map_or(0, csv::Position::line);
            let expected = numbers.len().saturating_add(1).to_string();
            let number = record.get(1).unwrap_or_default().to_owned();
            if record.len() != 2 || record.get(0) != Some(&expected) || number.is_empty() || !seen.insert(number.clone()) {
                return Err(problem!("slots-unreadable", "row" => row));
            }
            numbers.push(number);
        }
        Ok(Self { numbers })
    }

    /// Gives every member of the roll that has none a slot, in random order. Returns how many were added.
    pub fn add(&mut self, members: &[Member]) -> usize {
        let known: BTreeSet<&str> = self.numbers.iter().map(String::as_str).collect();
        let mut fresh: Vec<String> =
            members.iter().map(|member| member.number.clone()).filter(|number| !known.contains(number.as_str())).collect();
        shuffle(&mut fresh);
        let added = fresh.len();
        self.numbers.extend(fresh);
        added
    }

    /// Writes the file.
    pub fn save(&self, path: &Path) -> Outcome<()> {
        durable::replace(path, &self.to_bytes(), true)
    }

    /// The content of the file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
        let mut slot = 0_u32;
        // Writing to memory does not fail.
        let _ = writer.write_record(["slot", "number"]);
        for number in &self.numbers {
            slot = slot.saturating_add(1);
            let _ = writer.write_record([&slot.to_string(), number]);
        }
        writer.into_inner().unwrap_or_default()
    }

    /// How many slots there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.numbers.len()).unwrap_or(u32::MAX)
    }

    /// A hash over the first `count` lines: the journal keeps it, so that codes are never handed out under another assignment.
    #[must_use]
    pub fn fingerprint(&self, count: u32) -> Option<[u8; 32]> {
        let first = self.numbers.get(..usize::try_from(count).ok()?)?;
        let mut hash = Sha256::new();
        for number in first {
            hash.update(u32::try_from(number.len()).unwrap_or(u32::MAX).to_be_bytes());
            hash.update(number.as_bytes());
        }
        Some(hash.finalize().into())
    }

    /// The roll by slot. A member without a slot is a fault; a slot without a member is not (in a second round members may be gone).
    pub fn assign<'a>(&self, members: &'a [Member]) -> Outcome<BTreeMap<u32, &'a Member>> {
        let mut slots = BTreeMap::new();
        let mut slot = 0_u32;
        for number in &self.numbers {
            slot = slot.saturating_add(1);
            slots.insert(number.as_str(), slot);
        }
        let mut assigned = BTreeMap::new();
        for member in members {
            match slots.get(member.number.as_str()) {
                Some(slot) => assigned.insert(*slot, member),
                None => return Err(problem!("slots-member-missing", "row" => member.row, "number" => member.number)),
            };
        }
        Ok(assigned)
    }

    /// The slot of a member number.
    #[must_use]
    pub fn of(&self, number: &str) -> Option<u32> {
        let index = self.numbers.iter().position(|known| known == number)?;
        u32::try_from(index).ok()?.checked_add(1)
    }
}

/// Fisher–Yates with the system's generator; each draw is rejected until it is unbiased.
fn shuffle(list: &mut [String]) {
    let mut rng = UnwrapErr(getrandom::SysRng);
    let mut left = list.len();
    while left > 1 {
        let bound = u64::try_from(left).unwrap_or(u64::MAX);
        let zone = u64::MAX.saturating_sub(u64::MAX.checked_rem(bound).unwrap_or_default());
        let draw = loop {
            let draw = rng.next_u64();
            if draw < zone {
                break draw;
            }
        };
        left = left.saturating_sub(1);
        list.swap(left, draw.checked_rem(bound).and_then(|index| usize::try_from(index).ok()).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(numbers: &[&str]) -> Vec<Member> {
        let mut text = String::from("number;name;email;group\n");
        for number in numbers {
            text.push_str(&format!("{number};Name {number};m{number}@example.org;Berlin\n"));
        }
        super::super::roll_file::parse(text.as_bytes(), &["Berlin".into()]).unwrap().members
    }

    #[test]
    fn grows_without_changing_a_number() {
        let first = members(&["003", "1;2", "x"].map(|n| if n == "1;2" { "12" } else { n }));
        let mut slots = Slots::default();
        assert_eq!(slots.add(&first), 3);
        assert_eq!(slots.add(&first), 0);
        let before: Vec<_> = ["003", "12", "x"].iter().map(|n| slots.of(n)).collect();
        let print = slots.fingerprint(3);
        assert_eq!(Slots::parse(&slots.to_bytes()).unwrap().fingerprint(3), print);
        let more = members(&["new", "x", "003"]);
        assert_eq!(slots.add(&more), 1);
        assert_eq!(slots.of("new"), Some(4));
        assert_eq!(["003", "12", "x"].iter().map(|n| slots.of(n)).collect::<Vec<_>>(), before);
        assert_eq!(slots.fingerprint(3), print);
        assert_ne!(slots.fingerprint(4), print);
        assert_eq!(slots.fingerprint(5), None);
        assert_eq!(slots.assign(&more).unwrap().len(), 3);
        assert_eq!(slots.assign(&members(&["unknown"])).err().unwrap().key(), "slots-member-missing");
    }

    #[test]
    fn refuses_gaps_and_doubles() {
        for text in ["slot;number\n2;a\n", "slot;number\n1;a\n2;a\n", "slot;number\n1;\n", "slot;number\n1;a\n3;b\n"] {
            assert_eq!(Slots::parse(text.as_bytes()).err().unwrap().key(), "slots-unreadable", "{text}");
        }
    }

    #[test]
    fn the_order_is_not_that_of_the_roll() {
        let numbers: Vec<String> = (0..200).map(|n| format!("{n:04}")).collect();
        let list = members(&numbers.iter().map(String::as_str).collect::<Vec<_>>());
        let mut slots = Slots::default();
        slots.add(&list);
        let in_order = numbers.iter().zip(1_u32..).filter(|(number, slot)| slots.of(number) == Some(*slot)).count();
        assert!(in_order < 20, "{in_order} of 200 kept their place");
    }
}
