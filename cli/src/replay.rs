//! The log as this device sees it: downloaded, replayed, compared with the checkpoint. Everything that is signed or shown rests on it.

use std::collections::BTreeMap;

use isoloir_protocol::{
    election::{Election, Replay},
    log::{
        checkpoint::{self, Opened},
        entry::{self, Entry, Kind},
    },
    rand_core::UnwrapErr,
};

use isoloir_server::Kept;

use crate::{context::Context, problem, problem::Outcome, reference::Target};

/// Leaves of a full entry bundle.
const BUNDLE: u64 = 256;
/// Leaves that are replayed at once, their ballots proven together.
const CHUNK: usize = 4_096;

/// By how much an entry may be ahead of this device's clock before somebody should look (section 5).
const CLOCK_TOLERANCE_MS: u64 = 600_000;

/// A replay of an election that follows its log.
pub struct Follower<'a> {
    target: &'a Target,
    replay: Replay,
    note: String,
    seen: String,
    /// Set while leaves are added, and for good by a failure: what was replayed then is of no log.
    broken: bool,
    /// What was replayed and not taken yet, if somebody keeps it.
    fresh: Option<Kept>,
}

impl<'a> Follower<'a> {
    /// A replay at the beginning of the log.
    #[must_use]
    pub fn new(target: &'a Target) -> Self {
        Self { target, replay: Replay::new(), note: String::new(), seen: String::new(), broken: false, fresh: None }
    }

    /// A replay of the whole log as it is now.
    pub fn current(target: &'a Target) -> Outcome<Self> {
        let mut follower = Self::new(target);
        follower.catch_up()?;
        Ok(follower)
    }

    /// The same for somebody who keeps what is replayed: [`Self::take_fresh`] gives it.
    #[must_use]
    pub fn keeping(mut self) -> Self {
        self.fresh = Some(Kept::default());
        self
    }

    /// Replays entries that were kept earlier, as the next ones.
    pub fn resume(&mut self, part: &Kept) -> Outcome<()> {
        self.broken = true;
        self.push(&part.leaves, &part.data)?;
        self.broken = false;
        Ok(())
    }

    /// What was replayed since this was asked last and found to be what the log has signed.
    pub fn take_fresh(&mut self) -> Kept {
        self.fresh.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Whether a failure has ended this replay.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.broken
    }

    fn push(&mut self, leaves: &[Vec<u8>], data: &BTreeMap<[u8; 32], Vec<u8>>) -> Outcome<()> {
        self.replay.push(leaves, data, &mut UnwrapErr(getrandom::SysRng)).map_err(|error| {
            let check = format!("{:?}", error.refusal.check());
            problem!("log-breaks-rules", "index" => error.index, "check" => check).because(&error.refusal)
        })
    }

    /// The election as replayed.
    #[must_use]
    pub fn election(&self) -> &Election {
        self.replay.election()
    }

    /// The last checkpoint, as signed.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The last note that the log showed, whether or not it was found good: the evidence, when it was not.
    #[must_use]
    pub fn seen(&self) -> &str {
        &self.seen
    }

    /// Downloads what is new, replays it and compares the root with the log's signed checkpoint.
    ///
    /// A rule that an entry breaks, or a checkpoint that does not continue the earlier one, is a failure after which this replay is over.
    pub fn catch_up(&mut self) -> Outcome<Opened> {
        if self.broken {
            return Err(problem!("replay-over"));
        }
        let log = self.target.log_name();
        let note = self.target.client.checkpoint(log)?;
        self.seen.clone_from(&note);
        let opened = checkpoint::open(&note, &self.target.manifest).map_err(|error| problem!("checkpoint-invalid").because(&error))?;
        let (before, size) = (self.election().size(), opened.checkpoint.size);
        if size < before {
            return match self.election().tree().root_at(size) {
                Some(root) if root == opened.checkpoint.root => Err(problem!("log-shrank", "before" => before, "now" => size)),
                _ => Err(problem!("log-forked", "size" => size).because(&note.trim_end())),
            };
        }
        let leaves = self.download(size)?;
        let mut data = BTreeMap::new();
        self.broken = true;
        for chunk in leaves.chunks(CHUNK) {
            let more = self.data(chunk)?;
            self.push(chunk, &more)?;
            if self.fresh.is_some() {
                data.extend(more);
            }
        }
        if self.election().root() != opened.checkpoint.root {
            return Err(problem!("log-forked", "size" => size).because(&note.trim_end()));
        }
        let manifest = self.election().manifest().map(|manifest| manifest.id());
        if manifest != Some(self.target.id()) {
            return Err(
                problem!("manifest-of-another", "expected" => self.target.id(), "found" => manifest.map(|id| id.to_string()).unwrap_or_default()),
            );
        }
        self.broken = false;
        self.note = note;
        if let Some(fresh) = &mut self.fresh {
            fresh.leaves.extend(leaves);
            fresh.data.extend(data);
        }
        Ok(opened)
    }

    /// The leaves from the replay's size on up to `size`.
    fn download(&self, size: u64) -> Outcome<Vec<Vec<u8>>> {
        let mut new = Vec::new();
        let mut at = self.election().size();
        while at < size {
            let number = at / BUNDLE;
            let first = number.saturating_mul(BUNDLE);
            let width = size.saturating_sub(first).min(BUNDLE);
            let bundle = self.target.client.entries(self.target.log_name(), number, width)?;
            let all = leaves(&bundle).filter(|leaves| u64::try_from(leaves.len()) == Ok(width));
            let skip = usize::try_from(at.saturating_sub(first)).unwrap_or(usize::MAX);
            new.extend(all.ok_or_else(|| problem!("server-answer"))?.into_iter().skip(skip).map(<[u8]>::to_vec));
            at = first.saturating_add(width);
        }
        Ok(new)
    }

    /// The data beside these leaves. What the server does not have is missed by the replay, which names the entry.
    fn data(&self, leaves: &[Vec<u8>]) -> Outcome<BTreeMap<[u8; 32], Vec<u8>>> {
        let mut data = BTreeMap::new();
        for leaf in leaves {
            let hash = Entry::decode(leaf).ok().and_then(|entry| entry::data_of(&entry).ok().flatten());
            if let Some(hash) = hash {
                data.insert(hash, self.target.client.data(&self.target.id(), &hash)?);
            }
        }
        Ok(data)
    }

    /// Says so when entries are dated later than this device's clock: one of the two is wrong.
    pub fn compare_clocks(&self, ctx: &mut Context) {
        let (last, now) = (self.election().last_time(), ctx.now());
        if last > now.saturating_add(CLOCK_TOLERANCE_MS) {
            let minutes = last.saturating_sub(now) / 60_000;
            ctx.complain(&problem!("clocks-differ", "minutes" => minutes));
        }
    }

    /// Whether valid cosignatures of enough witnesses stand on one checkpoint of this log with at least `size` leaves.
    ///
    /// Looks at all notes that the server keeps; each must be of this very log, else it does not count.
    pub fn witnessed(&self, size: u64) -> Outcome<bool> {
        let manifest = &self.target.manifest;
        if manifest.witness_quorum == 0 {
            return Ok(true);
        }
        let mut notes = self.target.client.checkpoints(&self.target.id())?;
        notes.push(self.note.clone());
        Ok(notes.iter().filter_map(|note| checkpoint::open(note, manifest).ok()).any(|opened| {
            opened.checkpoint.size >= size
                && self.election().tree().root_at(opened.checkpoint.size) == Some(opened.checkpoint.root)
                && u32::try_from(opened.witness_count()).is_ok_and(|count| count >= manifest.witness_quorum)
        }))
    }

    /// Posts an entry, after the replay has found that the log would take it. Returns its index.
    pub fn post(&self, ctx: &Context, kind: Kind, body: &[u8], data: &[u8]) -> Outcome<u64> {
        let time = ctx.now().max(self.election().last_time());
        let leaf = Entry { kind, time, body: body.to_vec() }.encode();
        self.election()
            .check(&leaf, data, &mut UnwrapErr(getrandom::SysRng))
            .map_err(|refusal| problem!("entry-refused").because(&refusal))?;
        self.target.client.append(&self.target.id(), kind, body, data)
    }
}

/// The leaves of an entry bundle: `u16 length ‖ leaf` each.
fn leaves(bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut leaves = Vec::new();
    let mut rest = bundle;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (leaf, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        leaves.push(leaf);
        rest = after;
    }
    rest.is_empty().then_some(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundles() {
        assert_eq!(leaves(&[]), Some(vec![]));
        assert_eq!(leaves(&[0, 2, 7, 8, 0, 0, 0, 1, 9]), Some(vec![&[7, 8][..], &[], &[9]]));
        for torn in [&[0][..], &[0, 1], &[0, 2, 7]] {
            assert_eq!(leaves(torn), None);
        }
    }
}
