//! The registrar's journal: which public part belongs to the code that each slot was sent.
//!
//! A code exists only in memory while its message is made and handed over. What must survive a crash is therefore only public, and
//! the journal is an append-only file of lines, each on the disk (`fsync`) before the next step is taken:
//!
//! ```text
//! head    election, registrar                      once
//! slots   count, hash of the assignment            before codes are made under it
//! made    slot, attempt, key part, possession      before the message leaves
//! handed  slot, attempt                            after the delivery confirmed it
//! sealed  hash of the roll part                    after every slot is handed; no code is made after that
//! posted                                           the log has the roll part
//! ```
//!
//! Why this resumes without a double or missing voter, wherever it is killed:
//!
//! - A slot enters the roll part with the key part of its **last handed attempt**, and the roll part is made only when the last attempt of
//!   every slot is handed. So a code that works was confirmed as delivered.
//! - Killed after `made`, before the delivery or before `handed`: nobody knows any more which code it was, and whether the message left. The
//!   slot gets a new attempt with a new code, and the earlier one never enters the roll. If its message did leave, the newer message takes
//!   its place: a maildir message has one file name per slot, so the file is replaced; over SMTP, where nothing can be taken back, the
//!   newer message says that it replaces any earlier one, and it is always the **newest message that works**.
//! - Killed while a line is written: a last line without its end is dropped when the journal is opened, which is the state before that step.
//! - Killed after the roll part was posted, before `posted`: the same rows are signed to the same bytes, and the server takes the same bytes
//!   as the same entry.
//!
//! A replacement of a lost code goes the same way, with the signed entry body in the line, since its posting follows the delivery:
//!
//! ```text
//! replacing  slot, attempt, key part, entry body   before the message leaves
//! handed     slot, attempt
//! replaced   slot, attempt                         the log has the entry
//! ```
//!
//! Killed between `handed` and `replaced`: the body is posted again as it is. There is no name, address or code in the journal.

use std::{
    collections::BTreeMap,
    fs::{File, TryLockError},
    io::{self, Read, Seek, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};

use crate::{durable, problem, problem::Outcome};

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "lowercase", deny_unknown_fields)]
pub enum Line {
    /// What the journal is about.
    Head {
        /// The journal's format.
        format: String,
        /// The election.
        election: String,
        /// The registrar `p`.
        registrar: u8,
    },
    /// Codes are made from here on under an assignment of slots that begins with these.
    Slots {
        /// How many slots.
        count: u32,
        /// [`super::slots::Slots::fingerprint`] of them, in hex.
        hash: String,
    },
    /// A code was made; its message has not left yet.
    Made {
        /// The slot.
        slot: u32,
        /// From 1, counted over the slot's codes of this journal.
        attempt: u32,
        /// `K_p` in hex.
        key_part: String,
        /// `P ‖ z` in hex.
        possession: String,
    },
    /// A code was made that replaces a lost one; its message has not left yet.
    Replacing {
        /// The slot.
        slot: u32,
        /// As in `Made`.
        attempt: u32,
        /// The signed body of the replacement entry in hex.
        body: String,
    },
    /// The delivery confirmed the message.
    Handed {
        /// The slot.
        slot: u32,
        /// As in `Made`.
        attempt: u32,
    },
    /// The log has the replacement.
    Replaced {
        /// The slot.
        slot: u32,
        /// As in `Made`.
        attempt: u32,
    },
    /// The roll part is complete.
    Sealed {
        /// SHA-256 of the roll part in hex.
        part: String,
    },
    /// The log has the roll part.
    Posted,
}

/// What was made for a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Product {
    /// A first code: key part and proof, for the roll part.
    Part {
        /// `K_p`.
        key_part: [u8; 32],
        /// `P ‖ z`.
        possession: [u8; 64],
    },
    /// A replacement: the signed entry body.
    Replacement(Vec<u8>),
}

/// The last attempt of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub attempt: u32,
    /// What was made.
    pub product: Product,
    /// Whether the delivery confirmed its message.
    pub handed: bool,
    /// Whether the log has it (replacements).
    pub posted: bool,
}

/// Where lines go. The file of the journal; tests put a failing one in.
pub trait Medium: Send {
    /// Adds the bytes at the end and returns only when they are on the disk.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl Medium for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)?;
        self.sync_data()
    }
}

/// The journal of one registrar for one election.
pub struct Journal {
    medium: Box<dyn Medium>,
    attempts: BTreeMap<u32, Attempt>,
    /// The rows of the first codes that were handed over, which the roll part is made of.
    parts: BTreeMap<u32, Attempt>,
    /// The bodies of the last replacements that are in the log.
    replacements: BTreeMap<u32, Vec<u8>>,
    assignment: Option<(u32, String)>,
    sealed: Option<String>,
    posted: bool,
    /// A failed write leaves the file's end unknown: nothing may follow in this run.
    broken: bool,
}

const FORMAT: &str = "isoloir/journal-1";

impl Journal {
    /// Opens or makes the journal of registrar `p` for an election, and locks it against a second run at the same time.
    pub fn open(path: &Path, election: &str, registrar: u8) -> Outcome<Self> {
        let unreadable = |error: &dyn std::fmt::Display| problem!("file-unreadable", "path" => path.display()).because(error);
        let is_new = !path.exists();
        let mut file = durable::options(true).read(true).append(true).create(true).open(path).map_err(|error| unreadable(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(problem!("journal-in-use", "path" => path.display())),
            Err(TryLockError::Error(error)) => return Err(unreadable(&error)),
        }
        if is_new {
            durable::sync_folder(path).map_err(|error| unreadable(&error))?;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        let kept = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end.saturating_add(1));
        bytes.truncate(kept);
        let length = u64::try_from(kept).map_err(|error| unreadable(&error))?;
        file.set_len(length)
            .and_then(|()| file.seek(io::SeekFrom::End(0)))
            .and_then(|_| file.sync_all())
            .map_err(|error| unreadable(&error))?;
        Self::read(&bytes, Box::new(file), election, registrar).map_err(|problem| problem.because(&path.display()))
    }

    /// The journal with these lines, whose further lines go to `medium`.
    pub fn read(bytes: &[u8], medium: Box<dyn Medium>, election: &str, registrar: u8) -> Outcome<Self> {
        let mut journal = Self {
            medium,
            attempts: BTreeMap::new(),
            parts: BTreeMap::new(),
            replacements: BTreeMap::new(),
            assignment: None,
            sealed: None,
            posted: false,
            broken: false,
        };
        let head = Line::Head { format: FORMAT.to_owned(), election: election.to_owned(), registrar };
        let mut number = 0_u32;
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            number = number.saturating_add(1);
            let line: Line =
                serde_json::from_slice(line).map_err(|error| problem!("journal-unreadable", "row" => number).because(&error))?;
            let fits = if number == 1 { line == head } else { journal.apply(&line) };
            if !fits {
                return Err(match line {
                    Line::Head { election, .. } => problem!("journal-of-another", "election" => election),
                    _ => problem!("journal-unreadable", "row" => number),
                });
            }
        }
        if number == 0 {
            journal.write(&head)?;
        }
        Ok(journal)
    }

    /// The last attempt of a slot.
    #[must_use]
    pub fn attempt(&self, slot: u32) -> Option<&Attempt> {
        self.attempts.get(&slot)
    }

    /// The slots with their last attempts.
    pub fn attempts(&self) -> impl Iterator<Item = (u32, &Attempt)> {
        self.attempts.iter().map(|(slot, attempt)| (*slot, attempt))
    }

    /// What the roll part holds for a slot: the key part of its last first-code attempt, if that was handed over.
    #[must_use]
    pub fn part(&self, slot: u32) -> Option<(&[u8; 32], &[u8; 64])> {
        match self.parts.get(&slot) {
            Some(Attempt { product: Product::Part { key_part, possession }, handed: true, .. }) => Some((key_part, possession)),
            _ => None,
        }
    }

    /// The slot's key part and proof that the log has last: those of its last replacement, else those of the roll part.
    #[must_use]
    pub fn latest(&self, slot: u32) -> Option<([u8; 32], [u8; 64])> {
        match self.replacements.get(&slot) {
            // Section 3: `u32 slot ‖ u8 p ‖ K_p ‖ P ‖ z ‖ …`.
            Some(body) => Some((body.get(5..37)?.try_into().ok()?, body.get(37..101)?.try_into().ok()?)),
            None => self.part(slot).map(|(key_part, possession)| (*key_part, *possession)),
        }
    }

    /// The SHA-256 of the roll part in hex, once it is complete.
    #[must_use]
    pub fn sealed(&self) -> Option<&str> {
        self.sealed.as_deref()
    }

    /// Whether the log has the roll part.
    #[must_use]
    pub const fn is_posted(&self) -> bool {
        self.posted
    }

    /// The assignment of slots under which the last codes were made: count and hash in hex.
    #[must_use]
    pub fn assignment(&self) -> Option<(u32, &str)> {
        self.assignment.as_ref().map(|(count, hash)| (*count, hash.as_str()))
    }

    /// The next attempt's number for a slot.
    #[must_use]
    pub fn next_attempt(&self, slot: u32) -> u32 {
        self.attempts.get(&slot).map_or(1, |last| last.attempt.saturating_add(1))
    }

    /// Adds a line: on the disk first, then in memory.
    pub fn record(&mut self, line: &Line) -> Outcome<()> {
        if !self.allows(line) {
            return Err(problem!("journal-order"));
        }
        self.write(line)?;
        self.apply(line);
        Ok(())
    }

    fn write(&mut self, line: &Line) -> Outcome<()> {
        if self.broken {
            return Err(problem!("journal-broken"));
        }
        let mut bytes = serde_json::to_vec(line).map_err(|error| problem!("journal-broken").because(&error))?;
        bytes.push(b'\n');
        self.medium.append(&bytes).map_err(|error| {
            self.broken = true;
            problem!("journal-broken").because(&error)
        })
    }

    /// Whether a line may follow the ones there are.
    fn allows(&self, line: &Line) -> bool {
        match line {
            Line::Head { .. } => false,
            Line::Slots { .. } => self.sealed.is_none(),
            Line::Made { slot, attempt, key_part, possession } => {
                self.sealed.is_none()
                    && *attempt == self.next_attempt(*slot)
                    && array::<32>(key_part).is_some()
                    && array::<64>(possession).is_some()
            }
            Line::Replacing { slot, attempt, body } => *attempt == self.next_attempt(*slot) && hex::decode(body).is_ok(),
            Line::Handed { slot, attempt } => self.attempts.get(slot).is_some_and(|last| last.attempt == *attempt && !last.handed),
            Line::Replaced { slot, attempt } => self.attempts.get(slot).is_some_and(|last| {
                last.attempt == *attempt && last.handed && !last.posted && matches!(last.product, Product::Replacement(_))
            }),
            Line::Sealed { .. } => self.sealed.is_none() && self.attempts.values().all(|last| last.handed),
            Line::Posted => self.sealed.is_some() && !self.posted,
        }
    }

    fn apply(&mut self, line: &Line) -> bool {
        if !self.allows(line) {
            return false;
        }
        match line {
            Line::Head { .. } => {}
            Line::Slots { count, hash } => self.assignment = Some((*count, hash.clone())),
            Line::Made { slot, attempt, key_part, possession } => {
                let (Some(key_part), Some(possession)) = (array(key_part), array(possession)) else { return false };
                let made = Attempt { attempt: *attempt, product: Product::Part { key_part, possession }, handed: false, posted: false };
                self.parts.insert(*slot, made.clone());
                self.attempts.insert(*slot, made);
            }
            Line::Replacing { slot, attempt, body } => {
                let Ok(body) = hex::decode(body) else { return false };
                self.attempts
                    .insert(*slot, Attempt { attempt: *attempt, product: Product::Replacement(body), handed: false, posted: false });
            }
            Line::Handed { slot, attempt } => {
                for last in [self.attempts.get_mut(slot), self.parts.get_mut(slot)].into_iter().flatten() {
                    if last.attempt == *attempt {
                        last.handed = true;
                    }
                }
            }
            Line::Replaced { slot, .. } => {
                if let Some(last) = self.attempts.get_mut(slot) {
                    last.posted = true;
                    if let Product::Replacement(body) = &last.product {
                        self.replacements.insert(*slot, body.clone());
                    }
                }
            }
            Line::Sealed { part } => self.sealed = Some(part.clone()),
            Line::Posted => self.posted = true,
        }
        true
    }
}

fn array<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex::decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(slot: u32, attempt: u32) -> Line {
        Line::Made { slot, attempt, key_part: "11".repeat(32), possession: "22".repeat(64) }
    }

    #[test]
    fn drops_a_torn_last_line_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        {
            let mut journal = Journal::open(&path, "E", 0).unwrap();
            journal.record(&made(1, 1)).unwrap();
            journal.record(&Line::Handed { slot: 1, attempt: 1 }).unwrap();
        }
        let whole = std::fs::read(&path).unwrap();
        let ends: Vec<usize> = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let journal = Journal::open(&path, "E", 0).unwrap_or_else(|error| panic!("cut at {cut}: {error:?}"));
            assert_eq!(journal.attempt(1).is_some(), cut >= ends[1], "cut at {cut}");
            assert_eq!(journal.part(1).is_some(), cut >= ends[2], "cut at {cut}");
        }
    }

    #[test]
    fn refuses_another_election_another_registrar_and_a_second_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let first = Journal::open(&path, "E", 0).unwrap();
        assert_eq!(Journal::open(&path, "E", 0).err().unwrap().key(), "journal-in-use");
        drop(first);
        assert_eq!(Journal::open(&path, "F", 0).err().unwrap().key(), "journal-of-another");
        assert_eq!(Journal::open(&path, "E", 1).err().unwrap().key(), "journal-of-another");
    }

    #[test]
    fn refuses_a_changed_middle() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        {
            let mut journal = Journal::open(&path, "E", 0).unwrap();
            journal.record(&made(1, 1)).unwrap();
            journal.record(&made(1, 2)).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for (from, to) in [("\"attempt\":2", "\"attempt\":3"), ("\"made\"", "\"mode\""), ("2222", "xx22")] {
            std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
            assert_eq!(Journal::open(&path, "E", 0).err().unwrap().key(), "journal-unreadable", "{to}");
        }
    }

    #[test]
    fn keeps_the_order_of_steps() {
        let mut journal = Journal::read(b"", Box::new(Memory), "E", 0).unwrap();
        assert!(journal.record(&Line::Handed { slot: 1, attempt: 1 }).is_err());
        journal.record(&made(1, 1)).unwrap();
        assert!(journal.record(&Line::Sealed { part: String::new() }).is_err(), "a message is not confirmed yet");
        assert!(journal.record(&made(1, 1)).is_err());
        journal.record(&made(1, 2)).unwrap();
        assert!(journal.record(&Line::Handed { slot: 1, attempt: 1 }).is_err(), "only the newest code counts");
        journal.record(&Line::Handed { slot: 1, attempt: 2 }).unwrap();
        journal.record(&Line::Sealed { part: String::new() }).unwrap();
        assert!(journal.record(&made(2, 1)).is_err());
        journal.record(&Line::Posted).unwrap();
        journal.record(&Line::Replacing { slot: 1, attempt: 3, body: "00".into() }).unwrap();
        assert!(journal.record(&Line::Replaced { slot: 1, attempt: 3 }).is_err());
        journal.record(&Line::Handed { slot: 1, attempt: 3 }).unwrap();
        journal.record(&Line::Replaced { slot: 1, attempt: 3 }).unwrap();
        assert!(journal.part(1).is_some(), "the roll part stays what it was");
    }

    struct Memory;

    impl Medium for Memory {
        fn append(&mut self, _: &[u8]) -> io::Result<()> {
            Ok(())
        }
    }
}
