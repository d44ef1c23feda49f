//! The roots that a teller's key has confirmed: one per stage and election, ever (sections 7 and 8).

use std::collections::BTreeMap;

use isoloir_protocol::{log::tree::Hash, manifest::ElectionId};
use serde::{Deserialize, Serialize};

use crate::error::{LockProblem, ModuleError, Stage};

const FORMAT: &str = "isoloir/teller-state-1";

/// What was confirmed of one election, in hexadecimal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Roots {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closing: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counting: Option<String>,
}

/// The confirmations of one key, in the form of the command line's state file. Kept by the browser, and sealed into the
/// key file after the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    format: String,
    elections: BTreeMap<String, Roots>,
}

impl Default for Lock {
    fn default() -> Self {
        Self { format: FORMAT.to_owned(), elections: BTreeMap::new() }
    }
}

impl Lock {
    /// Reads what was stored; anything else is no lock.
    pub fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok().filter(|lock: &Self| lock.format == FORMAT)
    }

    pub fn to_json(&self) -> String {
        // Invariant: a structure of strings always serialises.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether anything of an election was confirmed.
    pub fn knows(&self, election: &ElectionId) -> bool {
        self.elections.contains_key(&election.to_string())
    }

    /// Whether a stage of an election was confirmed.
    pub fn has(&self, election: &ElectionId, stage: Stage) -> bool {
        self.root(election, stage).is_some()
    }

    fn root(&self, election: &ElectionId, stage: Stage) -> Option<&str> {
        let roots = self.elections.get(&election.to_string())?;
        match stage {
            Stage::Closing => roots.closing.as_deref(),
            Stage::Counting => roots.counting.as_deref(),
        }
    }

    /// Fails unless exactly this root was confirmed.
    pub fn demand(&self, election: &ElectionId, stage: Stage, root: &Hash) -> Result<(), ModuleError> {
        match self.root(election, stage) {
            Some(known) if known == hex::encode(root) => Ok(()),
            Some(_) => Err(ModuleError::Lock { problem: LockProblem::OtherRoot, stage }),
            None => Err(ModuleError::Lock { problem: LockProblem::NotConfirmed, stage }),
        }
    }

    /// The lock with one more root; fails if another one was confirmed.
    pub fn with(&self, election: &ElectionId, stage: Stage, root: &Hash) -> Result<Self, ModuleError> {
        let mut lock = self.clone();
        let roots = lock.elections.entry(election.to_string()).or_default();
        let place = match stage {
            Stage::Closing => &mut roots.closing,
            Stage::Counting => &mut roots.counting,
        };
        let root = hex::encode(root);
        if place.as_ref().is_some_and(|known| *known != root) {
            return Err(ModuleError::Lock { problem: LockProblem::OtherRoot, stage });
        }
        *place = Some(root);
        Ok(lock)
    }

    /// What both remember; fails if they contradict each other.
    pub fn merged(mut self, other: Self) -> Result<Self, ModuleError> {
        for (election, theirs) in other.elections {
            let ours = self.elections.entry(election).or_default();
            merge(&mut ours.closing, theirs.closing, Stage::Closing)?;
            merge(&mut ours.counting, theirs.counting, Stage::Counting)?;
        }
        Ok(self)
    }
}

fn merge(ours: &mut Option<String>, theirs: Option<String>, stage: Stage) -> Result<(), ModuleError> {
    match (&ours, theirs) {
        (Some(known), Some(other)) if *known != other => Err(ModuleError::Lock { problem: LockProblem::OtherRoot, stage }),
        (None, Some(other)) => {
            *ours = Some(other);
            Ok(())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_root_for_ever() {
        let election = ElectionId::from([7; 32]);
        let other_root = ModuleError::Lock { problem: LockProblem::OtherRoot, stage: Stage::Closing };
        let empty = Lock::default();
        assert!(!empty.knows(&election));
        let lock = empty.with(&election, Stage::Closing, &[1; 32]).unwrap();
        assert_eq!(lock.with(&election, Stage::Closing, &[1; 32]).unwrap(), lock);
        assert_eq!(lock.with(&election, Stage::Closing, &[2; 32]).unwrap_err(), other_root);
        lock.demand(&election, Stage::Closing, &[1; 32]).unwrap();
        assert_eq!(lock.demand(&election, Stage::Closing, &[2; 32]).unwrap_err(), other_root);
        assert_eq!(
            lock.demand(&election, Stage::Counting, &[1; 32]).unwrap_err(),
            ModuleError::Lock { problem: LockProblem::NotConfirmed, stage: Stage::Counting },
        );
    }

    #[test]
    fn two_memories_are_joined_and_must_agree() {
        let (first, second) = (ElectionId::from([1; 32]), ElectionId::from([2; 32]));
        let here = Lock::default().with(&first, Stage::Closing, &[1; 32]).unwrap();
        let there =
            Lock::default().with(&first, Stage::Counting, &[3; 32]).and_then(|lock| lock.with(&second, Stage::Closing, &[4; 32])).unwrap();
        let both = Lock::parse(here.clone().merged(there).unwrap().to_json().as_bytes()).unwrap();
        both.demand(&first, Stage::Closing, &[1; 32]).unwrap();
        both.demand(&first, Stage::Counting, &[3; 32]).unwrap();
        both.demand(&second, Stage::Closing, &[4; 32]).unwrap();
        let contrary = Lock::default().with(&first, Stage::Closing, &[9; 32]).unwrap();
        assert!(here.merged(contrary).is_err());
    }

    #[test]
    fn what_was_stored_by_something_else_is_no_lock() {
        assert_eq!(Lock::parse(b""), None);
        assert_eq!(Lock::parse(b"{}"), None);
        assert_eq!(Lock::parse(br#"{"format":"other","elections":{}}"#), None);
    }
}
