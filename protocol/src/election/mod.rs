//! The replay: the state of an election as a pure function of its log (section 5).
//!
//! [`Election::check`] says whether an entry may come next, [`Election::apply`] appends it. The server
//! runs it before it answers, pages, witnesses and auditors run it to see for themselves.

mod count;
mod current;
mod recall;
mod recheck;
mod refusal;
mod replay;
mod restore;
mod roll_state;
mod rules;

pub use count::{Bucket, Due, Root, Void};
pub use current::{Accepted, Current};
pub use recall::{Picked, Summing};
pub use recheck::{Looked, LookedPart, Recheck};
pub use refusal::{Check, Refusal};
pub use replay::{DataSource, Replay, ReplayError, Unproven};
pub use roll_state::SlotView;

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use rand_core::CryptoRng;
use serde::Serialize;
use thiserror::Error;

use self::{count::Counting, roll_state::RollState, rules::Change};
use crate::{
    ballot::{Ballot, Proven, SUPERSEDES_NONE, Statement},
    log::{
        entry::{Entry, Kind},
        notice::What,
        tree::{Hash, Tree, leaf_hash},
    },
    manifest::Manifest,
    tally::sums::{BucketCommitments, BucketSums, Totals},
};

/// Where an election stands, by its log alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Before the open entry.
    Setup,
    /// Ballots are accepted between the manifest's opening time and [`Election::end`].
    Open,
    /// Suspended by the organiser.
    Suspended,
    /// After the close entry: tellers report.
    Closed,
    /// After the fix entry: tellers sum.
    Fixed,
    /// The totals are in the log.
    Counted,
}

/// What the log says of a teller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TellerState {
    /// Time of the first consent, in ms since 1970.
    pub consented: Option<u64>,
    /// Time of the last consent or drill.
    pub last_drill: Option<u64>,
    /// Log index of the report.
    pub reported: Option<u64>,
    /// Log index of the sums.
    pub summed: Option<u64>,
    consents_after: u64,
}

/// What the log says of a registrar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RegistrarState {
    /// Time of the first consent, in ms since 1970.
    pub consented: Option<u64>,
    /// SHA-256 of the roll part.
    pub part: Option<[u8; 32]>,
    consents_after: u64,
}

/// A notice of the organiser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeState {
    /// Log index.
    pub index: u64,
    /// When it was appended, in ms since 1970.
    pub time: u64,
    /// What it does.
    pub what: What,
    /// Its text.
    pub text: String,
}

/// An election as its log says it is.
#[derive(Debug, Default)]
pub struct Election {
    manifest: Option<Arc<Manifest>>,
    /// No more of current ballots is kept than voting needs; what counting needs is recalled.
    light: bool,
    tree: Tree,
    last_time: u64,
    tellers: Vec<TellerState>,
    registrars: Vec<RegistrarState>,
    roll: RollState,
    opened: Option<u64>,
    suspended: bool,
    extended_to: Option<u64>,
    notices_after: u64,
    notices: Vec<NoticeState>,
    close: Option<CloseState>,
    counting: Option<Counting>,
    void: BTreeMap<u64, Vec<Void>>,
    missing: BTreeMap<u64, Vec<u8>>,
    fix: Option<Root>,
    commitments: OnceLock<BucketCommitments>,
    sums: Vec<(u8, BucketSums)>,
    totals: Option<Totals>,
    turnout: BTreeMap<u64, Hour>,
}

/// What was cast within an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Hour {
    /// Ballots accepted, those included that replace an earlier one.
    pub ballots: u64,
    /// Of them the first ones of their slots.
    pub voters: u64,
}

/// An hour in ms.
const HOUR_MS: u64 = 3_600_000;

/// An entry that was checked and may come next, on exactly the state on which it was checked.
pub struct Admitted {
    before: (u64, Hash),
    entry: Entry,
    leaf: Vec<u8>,
    change: Change,
}

/// The log has grown since the entry was admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the log has grown since the entry was checked")]
pub struct Outdated;

#[derive(Debug)]
struct CloseState {
    time: u64,
    root: Root,
}

impl Election {
    /// The empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether `leaf` with its `data` (empty if it has none) may come next. Everything is checked.
    pub fn check(&self, leaf: &[u8], data: &[u8], rng: &mut impl CryptoRng) -> Result<(), Refusal> {
        let entry = Entry::decode(leaf)?;
        let change = self.change(&entry, data, rng)?;
        if let Change::Ballot(statement) = change {
            self.prove(statement)?;
        }
        Ok(())
    }

    /// Appends `leaf` with its `data` (empty if it has none). Everything is checked; a refused entry
    /// changes nothing.
    pub fn apply(&mut self, leaf: &[u8], data: &[u8], rng: &mut impl CryptoRng) -> Result<(), Refusal> {
        let Admitted { entry, change, .. } = self.admit(leaf, data, rng)?;
        self.commit(&entry, leaf, change);
        Ok(())
    }

    /// Checks all of an entry, as [`Self::check`], and keeps what was found: for whoever must store the
    /// entry before it may count. [`Self::append`] then needs no second look, however long the check took.
    pub fn admit(&self, leaf: &[u8], data: &[u8], rng: &mut impl CryptoRng) -> Result<Admitted, Refusal> {
        let entry = Entry::decode(leaf)?;
        let change = match self.change(&entry, data, rng)? {
            Change::Ballot(statement) => Change::Ballot(Box::new(self.prove(statement)?.statement().clone())),
            change => change,
        };
        Ok(Admitted { before: (self.size(), self.root()), entry, leaf: leaf.to_vec(), change })
    }

    /// Appends an entry to the state on which it was admitted; on any other nothing changes.
    pub fn append(&mut self, admitted: Admitted) -> Result<(), Outdated> {
        if admitted.before != (self.size(), self.root()) {
            return Err(Outdated);
        }
        self.commit(&admitted.entry, &admitted.leaf, admitted.change);
        Ok(())
    }

    /// What `ballot` must satisfy: its proof under the slot's present key. For batches: verify many
    /// statements at once ([`crate::ballot::verify_batch`]), then [`Self::apply_proven`].
    pub fn statement(&self, ballot: Ballot) -> Result<Statement, Refusal> {
        let manifest = self.manifest.as_ref().ok_or(Refusal::ManifestFirst)?;
        let slot = ballot.slot();
        let key = self.roll.key(slot).ok_or(Refusal::UnknownSlot { slot })?;
        Ok(Statement::new(manifest, ballot, key))
    }

    /// Whether the ballot may come next at `time`, its proof left aside: the cheap rules.
    pub fn check_ballot_rules(&self, ballot: &Ballot, time: u64) -> Result<(), Refusal> {
        self.ballot_rules(ballot, time)
    }

    /// Whether a proven ballot may come next at `time`; also that the slot's key is still the one
    /// under which it was proven.
    pub fn check_proven(&self, proven: &Proven, time: u64) -> Result<(), Refusal> {
        let statement = proven.statement();
        self.check_time(time)?;
        self.ballot_rules(statement.ballot(), time)?;
        let slot = statement.ballot().slot();
        match self.roll.key(slot) {
            Some(key) if key == *statement.key() => Ok(()),
            _ => Err(Refusal::UnknownSlot { slot }),
        }
    }

    /// Appends a ballot whose proof was verified before, at `time`; gives the leaf.
    pub fn apply_proven(&mut self, proven: &Proven, time: u64) -> Result<Vec<u8>, Refusal> {
        self.check_proven(proven, time)?;
        let statement = proven.statement().clone();
        let entry = Entry { kind: Kind::Ballot, time, body: statement.ballot().encode() };
        let leaf = entry.encode();
        self.commit(&entry, &leaf, Change::Ballot(Box::new(statement)));
        Ok(leaf)
    }

    /// The manifest, once it is in the log.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_deref()
    }

    /// The manifest to keep.
    pub fn shared_manifest(&self) -> Option<Arc<Manifest>> {
        self.manifest.clone()
    }

    /// Leaves in the log.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Merkle root of the log.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// The Merkle tree.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Time of the last entry, in ms since 1970; 0 for the empty log.
    pub fn last_time(&self) -> u64 {
        self.last_time
    }

    /// Where the election stands.
    pub fn phase(&self) -> Phase {
        if self.totals.is_some() {
            Phase::Counted
        } else if self.fix.is_some() {
            Phase::Fixed
        } else if self.close.is_some() {
            Phase::Closed
        } else if self.opened.is_none() {
            Phase::Setup
        } else if self.suspended {
            Phase::Suspended
        } else {
            Phase::Open
        }
    }

    /// Closing time in ms since 1970: the manifest's or the last extension; 0 before the manifest.
    pub fn closing_time(&self) -> u64 {
        let planned = self.manifest.as_ref().map_or(0, |manifest| manifest.closes_ms());
        self.extended_to.unwrap_or(planned)
    }

    /// Closing time plus grace, in ms since 1970: ballots are accepted before it.
    pub fn end(&self) -> u64 {
        let grace = self.manifest.as_ref().map_or(0, |manifest| manifest.grace_ms());
        self.closing_time().saturating_add(grace)
    }

    /// The tellers in order, from teller 1.
    pub fn tellers(&self) -> &[TellerState] {
        &self.tellers
    }

    /// The registrars in order, from registrar 0.
    pub fn registrars(&self) -> &[RegistrarState] {
        &self.registrars
    }

    /// SHA-256 of the roll parts in the log, in the registrars' order.
    pub fn part_hashes(&self) -> Vec<[u8; 32]> {
        self.registrars.iter().filter_map(|registrar| registrar.part).collect()
    }

    /// The organiser's notices.
    pub fn notices(&self) -> &[NoticeState] {
        &self.notices
    }

    /// What the log says of a slot; `None` if the roll does not list it.
    pub fn slot(&self, slot: u32) -> Option<SlotView> {
        self.roll.view(slot)
    }

    /// All slots with group and weight, in order, as the first part lists them.
    pub fn members(&self) -> &[crate::roll::Member] {
        self.roll.members()
    }

    /// How many slots the roll has: none before every registrar's part is there (section 3).
    pub fn voters(&self) -> u64 {
        if self.roll.is_complete() { u64::try_from(self.roll.members().len()).unwrap_or(u64::MAX) } else { 0 }
    }

    /// How many slots have a current ballot.
    pub fn ballots(&self) -> u64 {
        self.roll.ballots()
    }

    /// Ballots by the hour in which they were accepted: the hour's beginning in ms since 1970, a whole hour of UTC. Hours
    /// without a ballot are left out.
    pub fn turnout(&self) -> &BTreeMap<u64, Hour> {
        &self.turnout
    }

    /// The latest key parts `K_p` of a slot, in the registrars' order, as a second round carries them.
    pub fn key_parts(&self, slot: u32) -> Option<Vec<[u8; 32]>> {
        self.roll.view(slot).map(|view| view.key_parts)
    }

    /// The key parts `K_p` of a slot as the roll parts list them, before any replacement.
    pub fn listed_key_parts(&self, slot: u32) -> Option<Vec<[u8; 32]>> {
        self.roll.listed_parts(slot)
    }

    /// The current ballot of every slot that has one, in slot order, with the slot's group.
    pub fn current_ballots(&self) -> impl Iterator<Item = (u16, &Current)> {
        self.roll.current_ballots().map(|(member, ballot)| (member.group, ballot))
    }

    /// Why the ballot at a log index is void, if it is.
    pub fn void(&self) -> &BTreeMap<u64, Vec<Void>> {
        &self.void
    }

    /// Whether the ballot at a log index is void by a proven complaint.
    pub fn is_void(&self, index: u64) -> bool {
        self.void.contains_key(&index)
    }

    /// By log index, the tellers who lack the box of a ballot.
    pub fn missing(&self) -> &BTreeMap<u64, Vec<u8>> {
        &self.missing
    }

    /// The sums in the log, by teller.
    pub fn sums(&self) -> &[(u8, BucketSums)] {
        &self.sums
    }

    /// The totals, once they are in the log.
    pub fn totals(&self) -> Option<&Totals> {
        self.totals.as_ref()
    }

    fn prove(&self, statement: Box<Statement>) -> Result<Proven, Refusal> {
        let manifest = self.manifest.as_ref().ok_or(Refusal::ManifestFirst)?;
        let slot = statement.ballot().slot();
        statement.verify(manifest).map_err(|error| Refusal::Ballot { slot, error })
    }

    /// Appends an entry whose change was found by [`Self::change`] on this very state.
    fn commit(&mut self, entry: &Entry, leaf: &[u8], change: Change) {
        let index = self.tree.push(leaf_hash(leaf));
        self.last_time = entry.time;
        let after = index.saturating_add(1);
        match change {
            Change::Manifest(manifest) => {
                self.tellers = vec![TellerState::default(); manifest.tellers.len()];
                self.registrars = vec![RegistrarState::default(); manifest.registrars.len()];
                self.manifest = Some(Arc::new(*manifest));
            }
            Change::Consent(role) => self.commit_consent(role, entry.time, after),
            Change::RollPart(part) => {
                let registrar = usize::from(part.registrar());
                if let Some(state) = self.registrars.get_mut(registrar) {
                    state.part = Some(*part.sha256());
                }
                self.roll.add_part(*part, self.registrars.len());
            }
            Change::Open => {
                self.opened = Some(index);
                self.notices_after = after;
            }
            Change::Ballot(statement) => {
                self.count_turnout(entry.time, statement.ballot().supersedes() == SUPERSEDES_NONE);
                let current = if self.light {
                    let accepted = Accepted { index, time: entry.time, fingerprint: statement.fingerprint() };
                    Current::light(accepted, statement.ballot().slot())
                } else {
                    Current::new(index, entry.time, &statement)
                };
                self.roll.set_ballot(current);
            }
            Change::Replacement(replacement) => self.roll.replace(&replacement, after),
            Change::Notice(notice) => {
                match notice.what {
                    What::Suspend => self.suspended = true,
                    What::Resume => self.suspended = false,
                    What::Extend { closes } => self.extended_to = Some(closes),
                    What::Message => {}
                }
                self.notices_after = after;
                self.notices.push(NoticeState { index, time: entry.time, what: notice.what, text: notice.text });
            }
            Change::Close => {
                self.close = Some(CloseState { time: entry.time, root: self.root_here("closing") });
                self.counting = self.manifest.as_ref().map(|manifest| Counting::new(manifest, &self.roll));
            }
            Change::Report { teller, complaints } => {
                self.set_teller(teller, |state| state.reported = Some(index));
                for (ballot, reason) in complaints {
                    if reason.voids() {
                        self.void.entry(ballot).or_default().push(Void { teller, reason });
                    } else {
                        self.missing.entry(ballot).or_default().push(teller);
                    }
                }
            }
            Change::Fix => self.fix = Some(self.root_here("counting")),
            Change::Sums { teller, sums } => {
                self.set_teller(teller, |state| state.summed = Some(index));
                self.sums.push((teller, sums));
            }
            Change::Result(totals) => self.totals = Some(totals),
        }
    }

    fn count_turnout(&mut self, time: u64, first: bool) {
        let hour = self.turnout.entry(time.saturating_sub(time % HOUR_MS)).or_default();
        hour.ballots = hour.ballots.saturating_add(1);
        hour.voters = hour.voters.saturating_add(u64::from(first));
    }

    fn commit_consent(&mut self, role: crate::log::consent::Role, time: u64, after: u64) {
        use crate::log::consent::Role;
        match role {
            Role::Teller(teller) => self.set_teller(teller, |state| {
                state.consented.get_or_insert(time);
                state.last_drill = Some(time);
                state.consents_after = after;
            }),
            Role::Registrar(registrar) => {
                if let Some(state) = self.registrars.get_mut(usize::from(registrar)) {
                    state.consented.get_or_insert(time);
                    state.consents_after = after;
                }
            }
        }
    }

    fn set_teller(&mut self, teller: u8, change: impl FnOnce(&mut TellerState)) {
        let position = usize::from(teller).wrapping_sub(1);
        if let Some(state) = self.tellers.get_mut(position) {
            change(state);
        }
    }
}
