//! The same log from several hands: server, mirrors, witnesses, receipts. Who has another one, and from where on (V1).

use serde::Serialize;
use serde_json::Value;

use crate::{
    archive::{Archive, ArchiveError},
    log::{
        checkpoint,
        tree::{Tree, leaf_hash},
    },
    manifest::{ElectionId, Manifest},
};

/// What somebody else has of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Who, as the reader named it.
    pub name: String,
    /// What.
    pub content: Content,
}

/// What a source consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A whole archive.
    Archive(Box<Archive>),
    /// Signed notes alone, as a witness keeps them.
    Notes(Vec<String>),
}

impl Content {
    /// What a file holds: the zip of an archive; a signed note; or JSON with notes in it, as a witness's memory, a receipt, or a
    /// list of checkpoints. Fails for a zip that is no archive; a file of anything else has no note that the log signed.
    pub fn read(bytes: &[u8]) -> Result<Self, ArchiveError> {
        if bytes.starts_with(b"PK") {
            return Archive::from_zip(bytes).map(|archive| Self::Archive(Box::new(archive)));
        }
        Ok(Self::Notes(notes(bytes)))
    }
}

fn notes(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let Ok(json) = serde_json::from_str::<Value>(&text) else {
        return vec![text];
    };
    let mut notes = Vec::new();
    gather(&json, &mut notes);
    notes
}

fn gather(json: &Value, notes: &mut Vec<String>) {
    match json {
        // A note has three lines and signatures; what is none is not signed by the log and says nothing.
        Value::String(text) if text.contains('\n') => notes.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| gather(item, notes)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, notes)),
        _ => {}
    }
}

/// Whether a source has the same log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Agreement {
    /// The same as far as it goes.
    Same,
    /// Another log under the same name: the log's key signed two histories, or somebody made this one up.
    Differs,
    /// Another election.
    Other,
    /// Nothing in it is signed by this log.
    Unsigned,
}

/// A source compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceVerdict {
    /// Who.
    pub name: String,
    /// Whether it agrees.
    pub agreement: Agreement,
    /// Whether the log's key signed what differs: proof that the log's keeper showed two histories.
    pub signed: bool,
    /// Entries of the largest checkpoint or archive of the source.
    pub size: u64,
    /// The smallest size at which it is seen to differ.
    pub differs_at: Option<u64>,
    /// The first entry that is another, where the source has entries.
    pub entry: Option<u64>,
    /// The log's signed note of the source at that size: with the archive's own it proves the fork.
    pub note: Option<String>,
}

/// Compares a source with the log whose tree and manifest are given.
pub fn compare(source: &Source, manifest: &Manifest, tree: &Tree) -> SourceVerdict {
    let mut verdict = SourceVerdict {
        name: source.name.clone(),
        agreement: Agreement::Unsigned,
        signed: false,
        size: 0,
        differs_at: None,
        entry: None,
        note: None,
    };
    match &source.content {
        Content::Notes(notes) => compare_notes(notes.iter().map(String::as_str), manifest, tree, None, &mut verdict),
        Content::Archive(archive) => {
            if id_of(archive).is_some_and(|id| id != manifest.id()) {
                verdict.agreement = Agreement::Other;
                return verdict;
            }
            let theirs: Tree = archive.entries.iter().map(|leaf| leaf_hash(leaf)).collect();
            verdict.size = theirs.size();
            let common = theirs.size().min(tree.size());
            if theirs.root_at(common) != tree.root_at(common) {
                let entry = (0..common).find(|index| theirs.leaf(*index) != tree.leaf(*index));
                verdict.entry = entry;
                verdict.differs_at = entry.map(|entry| entry.saturating_add(1));
                verdict.agreement = Agreement::Differs;
            } else if common > 0 {
                verdict.agreement = Agreement::Same;
            }
            let notes = core::iter::once(&archive.checkpoint).chain(archive.checkpoints.values()).map(String::as_str);
            compare_notes(notes, manifest, tree, Some(&theirs), &mut verdict);
        }
    }
    verdict
}

/// The notes against the tree; one that is larger than the tree against the tree that came with it.
fn compare_notes<'a>(
    notes: impl Iterator<Item = &'a str>,
    manifest: &Manifest,
    tree: &Tree,
    theirs: Option<&Tree>,
    verdict: &mut SourceVerdict,
) {
    for note in notes {
        let Ok(opened) = checkpoint::open(note, manifest) else {
            continue;
        };
        let (size, root) = (opened.checkpoint.size, opened.checkpoint.root);
        verdict.size = verdict.size.max(size);
        let differs = match tree.root_at(size) {
            Some(ours) => ours != root,
            // Beyond our end only the entries that came with it can tell.
            None => verdict.entry.is_some() && theirs.and_then(|theirs| theirs.root_at(size)) == Some(root),
        };
        if differs {
            let first = verdict.note.is_none() || verdict.differs_at.is_none_or(|at| size < at);
            verdict.agreement = Agreement::Differs;
            verdict.signed = true;
            if first {
                verdict.note = Some(note.to_owned());
            }
            verdict.differs_at = Some(verdict.differs_at.map_or(size, |at| at.min(size)));
        } else if verdict.agreement == Agreement::Unsigned {
            verdict.agreement = Agreement::Same;
        }
    }
}

/// The election that an archive says it is of.
fn id_of(archive: &Archive) -> Option<ElectionId> {
    let mut election = crate::election::Election::new();
    election.apply(archive.entries.first()?, &[], &mut super::NoRandomness).ok()?;
    election.manifest().map(Manifest::id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_found_in_every_kind_of_file() {
        assert_eq!(notes(b"a/b\n1\nroot\n"), ["a/b\n1\nroot\n"]);
        assert_eq!(notes(br#"{"size":1,"note":"x\ny\n","alarm":"z\n"}"#), ["z\n", "x\ny\n"]);
        assert_eq!(notes(br#"["x\n",["y\n"],3]"#), ["x\n", "y\n"]);
        assert_eq!(Content::read(b"PK"), Err(ArchiveError::Zip));
    }
}
