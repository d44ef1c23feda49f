//! A witness: what it has seen of a log, when it may cosign what comes next (section 5), and the line by which it is named.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    checkpoint::{COSIGNATURE_V1, Checkpoint, witness_key_id},
    tree::{Hash, Tree, leaf_hash},
};
use crate::{manifest::ElectionId, signature::SignKey};

const FORMAT: &str = "isoloir/witness-state-1";

/// What a witness has seen of one log. It is stored before a cosignature leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    format: String,
    election: String,
    /// Size of the last checkpoint found good.
    size: u64,
    /// Its root in hex.
    root: String,
    /// The checkpoint as the log signed it.
    note: String,
    /// The other checkpoint, once there were two that do not fit together, or a log that breaks the rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alarm: Option<String>,
    /// Index of the entry that breaks the rules, where that is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<u64>,
}

/// What a checkpoint is to a witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It continues all that was seen: it may be remembered, and then cosigned.
    Continues,
    /// It is shorter than what was seen. That proves nothing, and is not cosigned.
    Older,
    /// It does not continue what was seen: the log has signed two histories.
    Fork,
}

impl Memory {
    /// Nothing seen yet.
    pub fn new(election: &ElectionId) -> Self {
        Self {
            format: FORMAT.to_owned(),
            election: election.to_string(),
            size: 0,
            root: String::new(),
            note: String::new(),
            alarm: None,
            entry: None,
        }
    }

    /// Reads what was stored; anything else, or the memory of another election, is none.
    pub fn parse(json: &[u8], election: &ElectionId) -> Option<Self> {
        let found: Self = serde_json::from_slice(json).ok()?;
        (found.format == FORMAT && found.is_of(election)).then_some(found)
    }

    /// Whether it is about this election.
    pub fn is_of(&self, election: &ElectionId) -> bool {
        self.election == election.to_string()
    }

    /// As it is stored.
    pub fn to_json(&self) -> String {
        // Invariant: a structure of texts and numbers always serialises.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// How many entries the last good checkpoint has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The last good checkpoint, as the log signed it; empty before the first.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The checkpoint that does not fit [`Self::note`], if there was one: from then on nothing is cosigned.
    pub fn alarm(&self) -> Option<&str> {
        self.alarm.as_deref()
    }

    /// Index of the entry that breaks the rules, where that is why there is an alarm.
    pub fn broken_entry(&self) -> Option<u64> {
        self.entry
    }

    /// What a checkpoint that the log has signed is, beside the tree of the entries replayed here. For [`Judgement::Continues`] the tree
    /// must have as many, or more, and the rules must have been checked.
    pub fn judge(&self, shown: &Checkpoint, tree: &Tree) -> Judgement {
        if tree.root_at(shown.size).is_some_and(|known| known != shown.root) || self.contradicts(shown) {
            return Judgement::Fork;
        }
        if shown.size < self.size {
            return Judgement::Older;
        }
        // As long as the last one, it is the last one: no tree is needed for that.
        let continues = [0, shown.size].contains(&self.size) || tree.root_at(self.size).map(hex::encode).as_ref() == Some(&self.root);
        if continues { Judgement::Continues } else { Judgement::Fork }
    }

    /// Whether a checkpoint that the log has signed is alone the proof of two histories, whatever entries come with it: it is as long as
    /// the last good one, and another.
    pub fn contradicts(&self, shown: &Checkpoint) -> bool {
        self.size > 0 && shown.size == self.size && hex::encode(shown.root) != self.root
    }

    /// Takes note of a checkpoint that continues what was seen.
    pub fn remember(&mut self, shown: &Checkpoint, note: &str) {
        self.size = shown.size;
        self.root = hex::encode(shown.root);
        note.clone_into(&mut self.note);
    }

    /// Keeps the checkpoint that does not fit, for ever: a second one changes nothing.
    pub fn raise_alarm(&mut self, note: &str, entry: Option<u64>) {
        if self.alarm.is_none() {
            self.alarm = Some(note.to_owned());
            self.entry = entry;
        }
    }

    /// What two memories of one witness know together: an alarm, else what has seen more.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        if self.alarm.is_some() {
            return self;
        }
        if other.alarm.is_some() || other.size > self.size {
            return other;
        }
        let mut merged = self;
        // One witness has vouched for two histories: it must not go on as if it had not.
        if other.size == merged.size && other.root != merged.root {
            merged.raise_alarm(&other.note, None);
        }
        merged
    }
}

/// An entry broke a rule. What comes after it is only hashed, to see whether the log has signed it: bytes that were damaged on their
/// way are no proof of anything.
#[derive(Debug, Clone)]
pub struct Suspect {
    tree: Tree,
    index: u64,
}

impl Suspect {
    /// The entry at this index, after a replay has taken the entries of this tree; it may be one of them.
    pub fn new(tree: Tree, index: u64) -> Self {
        Self { tree, index }
    }

    /// Takes the next leaf, good or not.
    pub fn push(&mut self, leaf: &[u8]) {
        self.tree.push(leaf_hash(leaf));
    }

    /// Log index of the entry.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Entries taken until now.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Whether this root, which the log has signed, is that of the entries taken: then the log itself breaks the rules.
    pub fn is_under(&self, root: &Hash) -> bool {
        self.tree.root() == *root
    }
}

/// Whether a name can stand in a signature line: 1–200 characters of ASCII 0x21–0x7E without `+` (section 2).
pub fn is_witness_name(name: &str) -> bool {
    (1..=200).contains(&name.len()) && name.bytes().all(|byte| (0x21..=0x7E).contains(&byte) && byte != b'+')
}

/// The line by which others know a witness: `name+id+key` of C2SP signed-note, for cosignatures.
pub fn verifier_line(name: &str, key: &SignKey) -> String {
    let tagged = [&[COSIGNATURE_V1], key.bytes().as_slice()].concat();
    format!("{name}+{}+{}", hex::encode(witness_key_id(name, key)), STANDARD.encode(tagged))
}

/// Name and key of such a line; `None` if it is not exactly one.
pub fn read_verifier_line(line: &str) -> Option<(String, SignKey)> {
    let (name, rest) = line.split_once('+')?;
    let (_, tagged) = rest.split_once('+')?;
    let tagged = STANDARD.decode(tagged).ok()?;
    let (_, key) = tagged.split_first()?;
    let key = SignKey::from_bytes(key.try_into().ok()?)?;
    // One witness has one line: its id and everything else must be as it is written here.
    (is_witness_name(name) && verifier_line(name, &key) == line).then(|| (name.to_owned(), key))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

    use super::*;
    use crate::signature::SignSecret;

    fn tree(leaves: &[&str]) -> Tree {
        leaves.iter().map(|leaf| leaf_hash(leaf.as_bytes())).collect()
    }

    fn checkpoint(tree: &Tree) -> Checkpoint {
        Checkpoint { origin: "log.example/one".to_owned(), size: tree.size(), root: tree.root() }
    }

    #[test]
    fn only_what_continues_may_be_cosigned() {
        let election = ElectionId::from([7; 32]);
        let mut memory = Memory::new(&election);
        let two = tree(&["a", "b"]);
        assert_eq!(memory.judge(&checkpoint(&two), &two), Judgement::Continues);
        memory.remember(&checkpoint(&two), "a note\n");
        let three = tree(&["a", "b", "c"]);
        assert_eq!(memory.judge(&checkpoint(&three), &three), Judgement::Continues);
        assert_eq!(memory.judge(&checkpoint(&two), &three), Judgement::Continues);
        let one = tree(&["a"]);
        assert_eq!(memory.judge(&checkpoint(&one), &three), Judgement::Older);
        assert_eq!(memory.judge(&checkpoint(&one), &Tree::new()), Judgement::Older);
        // Another history: shorter, as long, and longer; with and without its own entries.
        for other in [tree(&["x"]), tree(&["a", "x"]), tree(&["a", "x", "c"])] {
            assert_eq!(memory.judge(&checkpoint(&other), &three), Judgement::Fork);
        }
        let other = tree(&["a", "x", "c"]);
        assert_eq!(memory.judge(&checkpoint(&other), &other), Judgement::Fork);
        assert_eq!(memory.judge(&checkpoint(&tree(&["a", "x"])), &Tree::new()), Judgement::Fork);
        assert_eq!(Memory::parse(memory.to_json().as_bytes(), &election), Some(memory.clone()));
        assert_eq!(Memory::parse(memory.to_json().as_bytes(), &ElectionId::from([8; 32])), None);
    }

    #[test]
    fn a_checkpoint_of_the_same_size_is_a_proof_without_entries() {
        let mut memory = Memory::new(&ElectionId::from([7; 32]));
        let (two, other) = (checkpoint(&tree(&["a", "b"])), checkpoint(&tree(&["a", "x"])));
        assert!(!memory.contradicts(&other), "nothing was seen yet");
        memory.remember(&two, "a note\n");
        assert!(!memory.contradicts(&two) && memory.contradicts(&other));
        assert!(!memory.contradicts(&checkpoint(&tree(&["x"]))) && !memory.contradicts(&checkpoint(&tree(&["x", "y", "z"]))));
    }

    #[test]
    fn an_entry_that_breaks_a_rule_is_the_log_s_if_the_log_has_signed_it() {
        let signed = tree(&["a", "wrong", "c"]);
        let mut suspect = Suspect::new(tree(&["a"]), 1);
        suspect.push(b"wrong");
        assert!(!suspect.is_under(&signed.root()));
        suspect.push(b"c");
        assert!(suspect.is_under(&signed.root()));
        assert_eq!((suspect.index(), suspect.size()), (1, 3));
        let mut damaged = Suspect::new(tree(&["a"]), 1);
        damaged.push(b"damaged on its way");
        damaged.push(b"c");
        assert!(!damaged.is_under(&signed.root()));
    }

    #[test]
    fn an_alarm_stays_with_the_first_evidence_and_wins_over_everything_seen_elsewhere() {
        let election = ElectionId::from([7; 32]);
        let mut memory = Memory::new(&election);
        memory.remember(&checkpoint(&tree(&["a"])), "one\n");
        let mut later = memory.clone();
        later.remember(&checkpoint(&tree(&["a", "b"])), "two\n");
        assert_eq!(memory.clone().merged(later.clone()), later);
        assert_eq!(later.clone().merged(memory.clone()), later);
        memory.raise_alarm("other\n", Some(3));
        memory.raise_alarm("another\n", None);
        assert_eq!((memory.alarm(), memory.broken_entry(), memory.note()), (Some("other\n"), Some(3), "one\n"));
        assert_eq!(later.clone().merged(memory.clone()), memory);
        assert_eq!(memory.clone().merged(later), memory);
        let mut contrary = Memory::new(&election);
        contrary.remember(&checkpoint(&tree(&["x"])), "x\n");
        let mut calm = Memory::new(&election);
        calm.remember(&checkpoint(&tree(&["a"])), "one\n");
        assert_eq!(calm.merged(contrary).alarm(), Some("x\n"));
    }

    #[test]
    fn a_line_names_one_witness() {
        let key = SignSecret::from_bytes(&[7; 32]).public();
        let line = verifier_line("rival.example", &key);
        assert_eq!(read_verifier_line(&line), Some(("rival.example".to_owned(), key)));
        assert!(read_verifier_line(&line.replace("rival", "rivals")).is_none());
        assert!(read_verifier_line(&line.to_uppercase()).is_none());
        assert!(read_verifier_line(line.get(..line.len() - 4).unwrap()).is_none());
        // The key of a log is another type of key (0x01).
        let log = format!("rival.example+{}+{}", "00000000", STANDARD.encode([&[1], key.bytes().as_slice()].concat()));
        for line in [log.as_str(), "", "+", "++", "a+b+c", "witness.pub.json", "a+b.json"] {
            assert!(read_verifier_line(line).is_none(), "{line}");
        }
        assert!(is_witness_name("rival.example") && !is_witness_name("") && !is_witness_name("a+b") && !is_witness_name("a b"));
    }
}
