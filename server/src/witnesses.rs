//! The cosignatures that witnesses brought: which are kept, and which say no more than others do.

use std::collections::BTreeMap;

use isoloir_protocol::{
    log::{
        checkpoint::{self, Checkpoint, CheckpointError},
        tree::Hash,
    },
    manifest::Manifest,
};

use crate::store::Cosigned;

/// Of the checkpoints cosigned within such a time, in seconds, one that has all the witnesses of the
/// others is enough. A vote of a week with eager witnesses stays at some thousand checkpoints.
const PERIOD: u64 = 60;

/// No note has more signature lines: each one of a witness costs a verification.
const LINES: usize = 64;

/// Cosignatures by the size of the checkpoint.
#[derive(Debug, Default)]
pub(crate) struct Cosignatures {
    notes: BTreeMap<u64, Note>,
}

/// The last cosignature of a witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// How many entries it saw.
    pub size: u64,
    /// When, in seconds since 1970 by its clock.
    pub seconds: u64,
}

/// A checkpoint with one line of each witness that cosigned it: its latest.
#[derive(Debug, Clone)]
struct Note {
    text: String,
    lines: BTreeMap<usize, Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    seconds: u64,
    text: String,
}

/// The valid cosignatures of a note that somebody brought, about a checkpoint of this log.
#[derive(Debug)]
pub(crate) struct Brought {
    size: u64,
    /// The checkpoint signed by the log alone: of the note itself nothing is taken over but valid lines.
    bare: String,
    lines: Vec<(usize, Line)>,
}

/// Why a note is not taken.
#[derive(Debug)]
pub(crate) enum NotBrought {
    /// It is not a checkpoint of this log.
    Note(CheckpointError),
    /// Under this log's key, it shows another history.
    Fork { size: u64 },
}

impl Brought {
    /// Verifies a note. `root_at` tells the root of this log at a size.
    pub fn verify(manifest: &Manifest, note: &str, root_at: impl FnOnce(u64) -> Option<Hash>) -> Result<Self, NotBrought> {
        let lines = note.rsplit_once("\n\n").map_or("", |(_, lines)| lines);
        if lines.lines().count() > LINES {
            return Err(NotBrought::Note(CheckpointError::TooLong));
        }
        let Checkpoint { size, root, .. } = checkpoint::open(note, manifest).map_err(NotBrought::Note)?.checkpoint;
        if root_at(size) != Some(root) {
            return Err(NotBrought::Fork { size });
        }
        let bare = checkpoint::alone(note, manifest).ok_or(NotBrought::Note(CheckpointError::Unsigned))?;
        let valid = |line: &str| {
            let alone = checkpoint::open(&format!("{bare}{line}\n"), manifest).ok()?;
            let [cosignature] = alone.cosignatures.as_slice() else { return None };
            Some((cosignature.witness, Line { seconds: cosignature.seconds, text: line.to_owned() }))
        };
        let lines = lines.lines().filter_map(valid).collect();
        Ok(Self { size, bare, lines })
    }

    /// The note with the lines that are valid.
    pub fn note(&self) -> String {
        let mut note = self.bare.clone();
        for (_, line) in &self.lines {
            note.push_str(&line.text);
            note.push('\n');
        }
        note
    }

    /// Whether no witness of the election has cosigned.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

/// What keeping a note's cosignatures changes.
#[derive(Debug)]
pub(crate) struct Change {
    size: u64,
    note: Note,
    /// Sizes whose checkpoints say no more than this one.
    instead_of: Vec<u64>,
}

impl Change {
    /// The checkpoint to store.
    pub fn cosigned(&self) -> Cosigned {
        Cosigned { size: self.size, note: self.note.shown() }
    }

    /// The sizes of those that it replaces.
    pub fn instead_of(&self) -> &[u64] {
        &self.instead_of
    }
}

impl Cosignatures {
    /// What changes if what was brought is kept; `None` if nothing does.
    pub fn plan(&self, brought: Brought) -> Option<Change> {
        let Brought { size, bare, lines } = brought;
        let before = self.notes.get(&size);
        let mut planned = Note { text: bare, lines: before.map(|before| before.lines.clone()).unwrap_or_default() };
        for (witness, line) in lines {
            let known = planned.lines.get(&witness);
            if known.is_none_or(|known| known.seconds < line.seconds) {
                planned.lines.insert(witness, line);
            }
        }
        if before.map_or(planned.lines.is_empty(), |before| before.lines == planned.lines) {
            return None;
        }
        let instead_of =
            self.notes.range(..size).filter(|(_, earlier)| earlier.says_no_more_than(&planned)).map(|(size, _)| *size).collect();
        Some(Change { size, note: planned, instead_of })
    }

    /// Makes the change once it is stored.
    pub fn make(&mut self, change: Change) {
        for size in &change.instead_of {
            self.notes.remove(size);
        }
        self.notes.insert(change.size, change.note);
    }

    /// The note of this size, if it has cosignatures.
    pub fn note(&self, size: u64) -> Option<String> {
        self.notes.get(&size).map(Note::shown)
    }

    /// All notes, by increasing size.
    pub fn notes(&self) -> Vec<Cosigned> {
        self.notes.iter().map(|(size, note)| Cosigned { size: *size, note: note.shown() }).collect()
    }

    /// What the witness saw last.
    pub fn seen(&self, witness: usize) -> Option<Seen> {
        self.notes.iter().rev().find_map(|(size, note)| note.lines.get(&witness).map(|line| Seen { size: *size, seconds: line.seconds }))
    }
}

impl Note {
    fn shown(&self) -> String {
        let mut shown = self.text.clone();
        for line in self.lines.values() {
            shown.push_str(&line.text);
            shown.push('\n');
        }
        shown
    }

    fn says_no_more_than(&self, later: &Self) -> bool {
        let period = |note: &Self| note.lines.values().map(|line| line.seconds / PERIOD).max().unwrap_or_default();
        period(self) == period(later) && self.lines.keys().all(|witness| later.lines.contains_key(witness))
    }
}
