//! What a teller's device remembers beside its key: the one closing root and the one counting root of each election.
//!
//! Two reports or sums over different logs would open single votes, so the root is on the disk before anything is sent, and another
//! root of the same election is refused, ever. Whoever copies the key to another device must copy this file too.

use std::{
    collections::BTreeMap,
    fs::File as Handle,
    path::{Path, PathBuf},
};

use isoloir_protocol::manifest::ElectionId;
use serde::{Deserialize, Serialize};

use crate::{durable, problem, problem::Outcome};

const FORMAT: &str = "isoloir/teller-state-1";

/// The two roots of an election that a device signs for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The root at closing, for the report.
    Closing,
    /// The root at the fix entry, for the sums.
    Counting,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Roots {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closing: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counting: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    elections: BTreeMap<String, Roots>,
}

/// The state file of a key.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    /// Held while the program runs: a second one with the same key would not see what this one fixes.
    _lock: Handle,
    elections: BTreeMap<String, Roots>,
}

impl State {
    /// The state of a key file: `KEY.state.json` beside it; empty if there is none.
    pub fn load(key: &Path) -> Outcome<Self> {
        let path = durable::beside(key, ".state.json");
        let lock_path = durable::beside(key, ".lock");
        let locked = durable::options(true).write(true).create(true).truncate(false).open(&lock_path);
        let lock = locked.map_err(|error| problem!("file-unwritable", "path" => lock_path.display()).because(&error))?;
        lock.try_lock().map_err(|error| problem!("key-in-use", "path" => key.display()).because(&error))?;
        if !path.exists() {
            return Ok(Self { path, _lock: lock, elections: BTreeMap::new() });
        }
        let unreadable = || problem!("teller-state-unreadable", "path" => path.display());
        let file: File = serde_json::from_slice(&durable::read(&path)?).map_err(|error| unreadable().because(&error))?;
        if file.format != FORMAT {
            return Err(unreadable());
        }
        Ok(Self { path, _lock: lock, elections: file.elections })
    }

    /// Whether this device has signed anything after the closing of an election.
    #[must_use]
    pub fn knows(&self, election: &ElectionId) -> bool {
        self.elections.contains_key(&election.to_string())
    }

    /// The root that this device has signed for, in hex.
    #[must_use]
    pub fn root(&self, election: &ElectionId, step: Step) -> Option<&str> {
        let roots = self.elections.get(&election.to_string())?;
        match step {
            Step::Closing => roots.closing.as_deref(),
            Step::Counting => roots.counting.as_deref(),
        }
    }

    /// Fixes the root of a step for ever, on the disk, or refuses it because another one is fixed.
    pub fn fix(&mut self, election: &ElectionId, step: Step, root: &[u8; 32]) -> Outcome<()> {
        let root = hex::encode(root);
        match self.root(election, step) {
            Some(known) if known == root => return Ok(()),
            Some(known) => return Err(problem!("teller-other-root", "known" => known, "found" => root)),
            None => {}
        }
        let mut elections = self.elections.clone();
        let roots = elections.entry(election.to_string()).or_default();
        match step {
            Step::Closing => roots.closing = Some(root),
            Step::Counting => roots.counting = Some(root),
        }
        let file = File { format: FORMAT.to_owned(), elections };
        let json = serde_json::to_vec_pretty(&file)
            .map_err(|error| problem!("teller-state-unreadable", "path" => self.path.display()).because(&error))?;
        durable::replace(&self.path, &json, true)?;
        self.elections = file.elections;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_root_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("teller.key");
        let election = ElectionId::from([7; 32]);
        let mut state = State::load(&key).unwrap();
        assert!(!state.knows(&election));
        state.fix(&election, Step::Closing, &[1; 32]).unwrap();
        state.fix(&election, Step::Closing, &[1; 32]).unwrap();
        assert_eq!(State::load(&key).unwrap_err().key(), "key-in-use");
        drop(state);
        let mut state = State::load(&key).unwrap();
        assert!(state.knows(&election));
        assert_eq!(state.fix(&election, Step::Closing, &[2; 32]).unwrap_err().key(), "teller-other-root");
        state.fix(&election, Step::Counting, &[3; 32]).unwrap();
        assert_eq!(state.fix(&election, Step::Counting, &[4; 32]).unwrap_err().key(), "teller-other-root");
        state.fix(&ElectionId::from([8; 32]), Step::Closing, &[2; 32]).unwrap();
        drop(state);
        assert_eq!(State::load(&key).unwrap().root(&election, Step::Closing), Some("01".repeat(32).as_str()));
    }

    #[test]
    fn a_damaged_state_stops_the_device() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("teller.key");
        std::fs::write(folder.path().join("teller.key.state.json"), "{").unwrap();
        assert_eq!(State::load(&key).unwrap_err().key(), "teller-state-unreadable");
    }
}
