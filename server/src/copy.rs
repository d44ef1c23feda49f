//! Keeping copies of logs that another server writes: what witnesses and mirrors do.
//!
//! A copy is served by the same routes from the same store as the log itself. It takes nothing from anybody but its keeper, who has
//! replayed what it brings; and it replays all of that again, so that it serves nothing that breaks a rule. It has no key of any log.

use std::collections::{BTreeMap, BTreeSet};

use isoloir_protocol::{
    ballot::Ballot,
    log::{
        checkpoint,
        entry::{Entry, Kind as EntryKind, data_of},
    },
    manifest::{ElectionId, Manifest},
    sealed_box,
    signature::SignSecret,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    KeyError, Running,
    problem::Problem,
    replay,
    store::{Batch, LogRow, NewEntry, NewLog, StoreError},
    witnesses,
};

/// Boxes that are looked at together.
const BOXES: u32 = 4_096;

/// The name of the key with which a mirror asks for boxes, among the keys of logs, which it has none of.
const KEY: &str = "mirror";

/// What is told about a copy, beside what the log says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The witness's name as the manifest has it; `None` if a mirror keeps the copy.
    pub witness: Option<String>,
    /// The address of the server whose log it is.
    pub of: String,
    /// When that server's log was last found to be the one that is kept, in ms since 1970.
    pub seen: Option<u64>,
    /// That server's log is not what it was.
    pub alarm: Option<Alarm>,
}

/// Evidence that a log was forked or broke its rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// The signed checkpoint that was kept.
    pub kept: String,
    /// The signed checkpoint that was shown afterwards and does not go with it.
    pub shown: String,
}

/// A part of a log as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Leaves in their order.
    pub leaves: Vec<Vec<u8>>,
    /// Data beside them by SHA-256.
    pub data: BTreeMap<[u8; 32], Vec<u8>>,
}

/// Why something was not kept.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The copy cannot be served, or what was brought does not fit to it.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The note is not a checkpoint of this log.
    #[error("the note is not one of this log")]
    Note,
    /// The copy has no such election.
    #[error("there is no copy of this election")]
    Unknown,
}

impl Running {
    /// The key with which this mirror asks for boxes, made when it is first asked for.
    pub fn mirror_key(&self) -> Result<SignSecret, KeyError> {
        self.service.keys.get_or_generate(KEY, KEY)
    }

    /// The latest checkpoint that is kept, with its cosignatures; `None` if nothing is.
    pub fn kept_note(&self, id: &ElectionId) -> Option<String> {
        self.service.elections.by_id(id).ok().map(|log| log.read(|state| state.note()))
    }

    /// Some of the kept entries from `first` on; none if there are no more.
    pub async fn kept(&self, id: &ElectionId, first: u64) -> Result<Kept, CopyError> {
        let Some(row) = self.row(id).await? else { return Ok(Kept::default()) };
        let size = self.service.store.head(row.number).await?.size;
        if first >= size {
            return Ok(Kept::default());
        }
        let (leaves, data) = replay::read(self.service.store.as_ref(), row.number, first, size).await?;
        Ok(Kept { leaves, data })
    }

    /// Keeps entries that follow those that are kept, and the note that is of exactly all of them, in one durable transaction. `boxes` are
    /// those of ballots that have all of them, by index, that of teller 1 first.
    ///
    /// The caller has replayed them: they are stored first and replayed here afterwards.
    pub async fn keep(&self, manifest: &Manifest, part: Kept, boxes: &BTreeMap<u64, Vec<Vec<u8>>>, note: &str) -> Result<(), CopyError> {
        let id = manifest.id();
        let row = match self.row(&id).await? {
            Some(row) => row,
            None => self.service.store.create_log(&new_log(manifest)).await?,
        };
        let first = self.service.store.head(row.number).await?.size;
        let checkpoint = checkpoint::alone(note, manifest).ok_or(CopyError::Note)?;
        let Kept { leaves, mut data } = part;
        let entry = |(index, leaf): (u64, Vec<u8>)| {
            let hash = Entry::decode(&leaf).ok().and_then(|entry| data_of(&entry).ok().flatten());
            let data = hash.and_then(|hash| data.remove_entry(&hash));
            let boxes = boxes.get(&index).filter(|boxes| are_of(manifest, &leaf, boxes)).cloned().unwrap_or_default();
            NewEntry { leaf, data, boxes }
        };
        let entries = (first..).zip(leaves).map(entry).collect();
        let batch = Batch { first, entries, checkpoint, election: (first == 0).then_some(id) };
        self.service.store.append(row.number, &batch).await?;
        if self.service.elections.has(&id) {
            self.service.elections.by_id(&id)?.jobs.refresh(true).await?;
        } else {
            let row = LogRow { election: Some(id), ..row };
            let service = &self.service;
            service.elections.open(&service.config, &service.store, &service.keys, row).await?;
        }
        Ok(())
    }

    /// Keeps the cosignatures of a note, whatever its size. A note without any changes nothing.
    pub async fn keep_cosigned(&self, id: &ElectionId, note: &str) -> Result<(), CopyError> {
        let log = self.service.elections.by_id(id)?;
        let root_at = |size| log.read(|state| state.election.tree().root_at(size));
        let brought = witnesses::Brought::verify(log.manifest(), note, root_at).map_err(|_| CopyError::Note)?;
        if !brought.is_empty() {
            log.jobs.cosign(brought).await?;
        }
        Ok(())
    }

    /// Changes what is told about the copy. Nothing happens before something is kept.
    pub fn tell(&self, id: &ElectionId, told: Told) {
        if let Ok(log) = self.service.elections.by_id(id) {
            log.seat.tell(told);
        }
    }

    /// The current ballots whose box for this teller is not kept; `None` if boxes are kept no more.
    pub async fn lacking(&self, id: &ElectionId, teller: u8) -> Result<Option<BTreeSet<u64>>, CopyError> {
        let log = self.service.elections.by_id(id)?;
        if log.read(|state| state.counted_at()).is_some() {
            return Ok(None);
        }
        let mut lacking: BTreeSet<u64> = log.read(|state| state.election.current_ballots().map(|(_, ballot)| ballot.index()).collect());
        let mut from = 0;
        loop {
            let page = self.service.store.boxes(log.number(), teller, from, BOXES).await?;
            let Some((last, _)) = page.last() else { return Ok(Some(lacking)) };
            from = last.saturating_add(1);
            for (index, _) in &page {
                lacking.remove(index);
            }
        }
    }

    /// Keeps a box, if it is the one that the ballot at this index names. Tells whether it is.
    pub async fn keep_box(&self, id: &ElectionId, index: u64, teller: u8, bytes: &[u8]) -> Result<bool, CopyError> {
        let log = self.service.elections.by_id(id)?;
        let ballot = ballot(log.manifest(), &log.entry(index).await?.leaf);
        if ballot.is_none_or(|ballot| sealed_box::check_hash(&ballot, teller, bytes).is_err()) {
            return Ok(false);
        }
        self.service.store.supply_box(log.number(), index, teller, bytes).await?;
        Ok(true)
    }

    async fn row(&self, id: &ElectionId) -> Result<Option<LogRow>, StoreError> {
        Ok(self.service.store.logs().await?.into_iter().find(|row| row.election == Some(*id)))
    }
}

fn ballot(manifest: &Manifest, leaf: &[u8]) -> Option<Ballot> {
    let entry = Entry::decode(leaf).ok().filter(|entry| entry.kind == EntryKind::Ballot)?;
    Ballot::decode(manifest, &entry.body).ok()
}

/// Whether these are all boxes of the ballot that the leaf is.
fn are_of(manifest: &Manifest, leaf: &[u8], boxes: &[Vec<u8>]) -> bool {
    let Some(ballot) = ballot(manifest, leaf) else { return false };
    boxes.len() == manifest.tellers.len()
        && (1_u8..).zip(boxes).all(|(teller, bytes)| sealed_box::check_hash(&ballot, teller, bytes).is_ok())
}

fn new_log(manifest: &Manifest) -> NewLog {
    let origin = &manifest.log.origin;
    NewLog {
        name: origin.rsplit_once("/log/").map_or(origin.as_str(), |(_, name)| name).to_owned(),
        origin: origin.clone(),
        sign: *manifest.log_key().bytes(),
        organiser: *manifest.organiser_key().bytes(),
    }
}
