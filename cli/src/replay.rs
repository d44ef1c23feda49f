//! The log as this device sees it: downloaded, replayed, compared with the checkpoint. Everything that is signed or shown rests on it.

use std::collections::BTreeMap;

use isoloir_protocol::{
    election::{Election, Replay, ReplayError},
    hash::sha256,
    log::{
        checkpoint::{self, Checkpoint, Opened},
        entry::{self, Entry, Kind},
        witness::Suspect,
    },
    rand_core::UnwrapErr,
};

use isoloir_server::Kept;

use crate::{
    context::Context,
    problem,
    problem::{Outcome, Problem},
    reference::Target,
};

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
    shown: Option<Checkpoint>,
    /// Set while leaves are added, and for good by a failure: what was replayed then is of no log.
    broken: bool,
    /// What was replayed and not taken yet, if somebody keeps it.
    fresh: Option<Kept>,
}

impl<'a> Follower<'a> {
    /// A replay at the beginning of the log.
    #[must_use]
    pub fn new(target: &'a Target) -> Self {
        Self { target, replay: Replay::new(), note: String::new(), seen: String::new(), shown: None, broken: false, fresh: None }
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
        self.push(&part.leaves, &part.data).map_err(|error| breaks_rules(&error))?;
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

    fn push(&mut self, leaves: &[Vec<u8>], data: &BTreeMap<[u8; 32], Vec<u8>>) -> Result<(), ReplayError> {
        self.replay.push(leaves, data, &mut UnwrapErr(getrandom::SysRng))
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

    /// What that note says, if the log has signed it.
    #[must_use]
    pub const fn shown(&self) -> Option<&Checkpoint> {
        self.shown.as_ref()
    }

    /// Downloads what is new, replays it and compares the root with the log's signed checkpoint.
    ///
    /// A rule that a signed entry breaks, or a checkpoint that does not continue the earlier one, is a failure after which this replay is
    /// over; so are entries that are not those that the log has signed, but they prove nothing: they may have been damaged on their way.
    pub fn catch_up(&mut self) -> Outcome<Opened> {
        if self.broken {
            return Err(problem!("replay-over"));
        }
        self.shown = None;
        let note = self.target.client.checkpoint(self.target.log_name())?;
        self.seen.clone_from(&note);
        let opened = checkpoint::open(&note, &self.target.manifest).map_err(|error| problem!("checkpoint-invalid").because(&error))?;
        let shown = opened.checkpoint.clone();
        self.shown = Some(shown.clone());
        let (before, root, size) = (self.election().size(), self.election().root(), shown.size);
        let forked = || problem!("log-forked", "size" => size).because(&note.trim_end());
        if self.election().tree().root_at(size).is_some_and(|known| known != shown.root) {
            return Err(forked());
        }
        if size < before {
            return Err(problem!("log-shrank", "before" => before, "now" => size));
        }
        let damaged = || problem!("log-damaged", "size" => size);
        let part = match self.take(&shown)? {
            Some(part) => part,
            None if before == 0 => return Err(damaged()),
            // What was seen before may belong to another history: only the whole log can tell.
            None => {
                let mut whole = Self { fresh: self.fresh.is_some().then(Kept::default), ..Self::new(self.target) };
                let mut part = whole.take(&shown)?.ok_or_else(damaged)?;
                if whole.election().tree().root_at(before) != Some(root) {
                    return Err(forked());
                }
                part.leaves.drain(..usize::try_from(before).unwrap_or(usize::MAX).min(part.leaves.len()));
                self.replay = whole.replay;
                part
            }
        };
        let manifest = self.election().manifest().map(|manifest| manifest.id());
        if manifest != Some(self.target.id()) {
            return Err(
                problem!("manifest-of-another", "expected" => self.target.id(), "found" => manifest.map(|id| id.to_string()).unwrap_or_default()),
            );
        }
        self.broken = false;
        self.note = note;
        if let Some(fresh) = &mut self.fresh {
            fresh.leaves.extend(part.leaves);
            fresh.data.extend(part.data);
        }
        Ok(opened)
    }

    /// Replays the entries up to a checkpoint that the log has signed. `None` if they are not what it signs; then the replay is over, as
    /// after every failure but one of the download.
    fn take(&mut self, shown: &Checkpoint) -> Outcome<Option<Kept>> {
        let mut part = Kept { leaves: self.download(shown.size)?, ..Kept::default() };
        self.broken = true;
        let mut chunks = part.leaves.chunks(CHUNK);
        while let Some(chunk) = chunks.next() {
            let data = self.data(chunk)?;
            let before = self.election().size();
            if let Err(error) = self.push(chunk, &data) {
                let mut suspect = Suspect::new(self.election().tree().clone(), error.index);
                let in_tree = usize::try_from(suspect.size().saturating_sub(before)).unwrap_or(usize::MAX);
                chunk.iter().skip(in_tree).chain(chunks.flatten()).for_each(|leaf| suspect.push(leaf));
                return if suspect.is_under(&shown.root) { Err(breaks_rules(&error)) } else { Ok(None) };
            }
            if self.fresh.is_some() {
                part.data.extend(data);
            }
        }
        Ok((self.election().root() == shown.root).then_some(part))
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

    /// The data beside these leaves.
    fn data(&self, leaves: &[Vec<u8>]) -> Outcome<BTreeMap<[u8; 32], Vec<u8>>> {
        let mut data = BTreeMap::new();
        for leaf in leaves {
            let hash = Entry::decode(leaf).ok().and_then(|entry| entry::data_of(&entry).ok().flatten());
            if let Some(hash) = hash {
                let bytes = self.target.client.data(&self.target.id(), &hash)?;
                if sha256(&bytes) != hash {
                    return Err(problem!("log-damaged", "size" => self.election().size()));
                }
                data.insert(hash, bytes);
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

fn breaks_rules(error: &ReplayError) -> Problem {
    let check = format!("{:?}", error.refusal.check());
    problem!("log-breaks-rules", "index" => error.index, "check" => check).because(&error.refusal)
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
