//! What an auditor checks: a whole archive, V1 … V12 (section 9).

pub mod proofs;
mod receipts;
mod report;
mod sources;
mod witnesses;

use chacha20::ChaCha20Rng;
use rand_core::{CryptoRng, SeedableRng};
#[cfg(feature = "parallel")]
use rayon::join;

use self::{proofs::BadProof, report::Findings, witnesses::KnownCheckpoints};
pub use self::{
    receipts::{ReceiptOutcome, ReceiptVerdict},
    report::{AuditReport, FORMAT, Failure, Fault, HourOfTurnout, Outcome, Status},
    sources::{Agreement, Content, Source, SourceVerdict},
};
use crate::{
    archive::Archive,
    ballot::Statement,
    election::{Check, Election, Refusal, Replay, Unproven},
    log::{
        entry::Entry,
        receipt::Receipt,
        tree::{Tree, leaf_hash},
    },
    manifest::Manifest,
    roll::Member,
};

/// Leaves that are replayed between two calls of the progress function.
const CHUNK: usize = 4096;

/// What an archive is compared with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given<'a> {
    /// Archives of earlier rounds, the latest first.
    pub previous: &'a [&'a Archive],
    /// Receipts to look for.
    pub receipts: &'a [Receipt],
    /// What others have of the same log.
    pub sources: &'a [Source],
}

/// Audits an archive. `previous` are archives of earlier rounds, the latest first; `receipts` are checked
/// against the log. `progress` is told how many leaves of how many are done.
pub fn audit(
    archive: &Archive,
    previous: &[&Archive],
    receipts: &[Receipt],
    rng: &mut impl CryptoRng,
    progress: &mut dyn FnMut(u64, u64),
) -> AuditReport {
    audit_with_election(archive, Given { previous, receipts, sources: &[] }, rng, progress).0
}

/// [`audit`] that also gives the election as replayed, as far as its entries were accepted.
pub fn audit_with_election(
    archive: &Archive,
    given: Given<'_>,
    rng: &mut impl CryptoRng,
    progress: &mut dyn FnMut(u64, u64),
) -> (AuditReport, Election) {
    let total = u64::try_from(archive.entries.len()).unwrap_or(u64::MAX);
    let mut running = Running::start(archive, given.receipts);
    let manifest = running.manifest().cloned();
    let mut replay_rng = own_stream(rng);
    let mut next = running.step(archive, CHUNK, &mut replay_rng);
    while let (Some(batch), Some(manifest)) = (next.take(), &manifest) {
        let replayed = running.replayed();
        let mut proof_rng = own_stream(rng);
        let verify = || proofs::verify(manifest, batch, &mut proof_rng);
        let step = || running.step(archive, CHUNK, &mut replay_rng);
        // The replay goes entry by entry on one core: the others verify the proofs of the batch before meanwhile.
        let (bad, following) = join(verify, step);
        running.settle(&bad);
        next = following;
        progress(replayed, total);
    }
    running.finish(given, rng)
}

/// Without other cores, one after the other.
#[cfg(not(feature = "parallel"))]
fn join<A, B>(one: impl FnOnce() -> A, other: impl FnOnce() -> B) -> (A, B) {
    (one(), other())
}

/// A stream of random factors of its own, for another core.
fn own_stream(rng: &mut impl CryptoRng) -> ChaCha20Rng {
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    ChaCha20Rng::from_seed(seed)
}

/// An audit in steps. It is the one replay; only the proofs of ballots, which need no order, are verified by whoever drives
/// it: by this very program, or by workers beside it.
#[derive(Debug)]
pub struct Running {
    findings: Findings,
    tree: Tree,
    /// Of every leaf, in ms since 1970; `None` for one that cannot be read.
    times: Vec<Option<u64>>,
    /// None if there is none that is valid; then there is nothing to replay.
    found: Option<(Manifest, KnownCheckpoints)>,
    replay: Replay,
    refused: bool,
}

impl Running {
    /// Looks at the tree, the manifest and the checkpoints.
    pub fn start(archive: &Archive, receipts: &[Receipt]) -> Self {
        let mut findings = Findings::default();
        let (tree, times) = read_leaves(archive, &mut findings);
        let found = match first_manifest(archive) {
            Ok(manifest) => {
                let known = KnownCheckpoints::read(archive, receipts, &manifest, &tree, &mut findings);
                findings.reached();
                Some((manifest, known))
            }
            Err(refusal) => {
                findings.fail(refusal.check(), Some(0), Fault::Refused(refusal));
                None
            }
        };
        Self { findings, tree, times, found, replay: Replay::new(), refused: false }
    }

    /// The manifest, if it is valid.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.found.as_ref().map(|(manifest, _)| manifest)
    }

    /// How many leaves are replayed.
    pub fn replayed(&self) -> u64 {
        self.replay.election().size()
    }

    /// Replays the next leaves, at most `count`: the ballots among them are yet to be proven. `None` once there is nothing
    /// left, or an entry was refused. Leaves before [`Self::replayed`] are not looked at again: their bytes may be given up.
    pub fn step(&mut self, archive: &Archive, count: usize, rng: &mut impl CryptoRng) -> Option<Vec<(u64, Statement)>> {
        let from = usize::try_from(self.replayed()).unwrap_or(usize::MAX);
        let rest = archive.entries.get(from..).filter(|rest| !rest.is_empty() && self.found.is_some() && !self.refused)?;
        let chunk = rest.get(..count.max(1)).unwrap_or(rest);
        let Unproven { pending, failed } = self.replay.push_unproven(chunk, archive, rng);
        if let Some(error) = failed {
            self.refused = true;
            self.findings.fail(error.refusal.check(), Some(error.index), Fault::Refused(error.refusal));
        }
        Some(pending)
    }

    /// Takes note of ballots whose proofs do not hold.
    pub fn settle(&mut self, bad: &[BadProof]) {
        for BadProof { index, slot, error } in bad {
            let refusal = Refusal::Ballot { slot: *slot, error: *error };
            self.findings.fail(Check::V5, Some(*index), Fault::Refused(refusal));
        }
    }

    /// What remains once every batch is settled: witnesses, earlier rounds, receipts, other sources.
    pub fn finish(self, given: Given<'_>, rng: &mut impl CryptoRng) -> (AuditReport, Election) {
        let Some((manifest, known)) = self.found else {
            return (self.findings.into_report(&self.tree, None), Election::new());
        };
        let (mut findings, tree, times, election) = (self.findings, self.tree, self.times, self.replay.finish());
        if !self.refused && findings.faults_of(Check::V5) == 0 {
            findings.all_entries_accepted();
        }
        known.check_times(&times, &manifest, &mut findings);
        known.check_quorums(&election, &manifest, &mut findings);
        let rounds = check_previous(&manifest, &election, given.previous, rng, &mut findings);
        let verdicts = receipts::check_all(given.receipts, &manifest, &election, &tree, &mut findings);
        let compared: Vec<SourceVerdict> = given.sources.iter().map(|source| sources::compare(source, &manifest, &tree)).collect();
        for (number, verdict) in compared.iter().enumerate() {
            // A history that the log's key did not sign shows nothing about the log.
            if verdict.signed && verdict.agreement == Agreement::Differs {
                findings.fail(Check::V1, verdict.entry, Fault::Source { source: number, size: verdict.differs_at.unwrap_or_default() });
            }
        }
        findings.sort();
        let mut report = findings.into_report(&tree, Some(&election));
        report.objections = known.objections(&times, &manifest).len();
        report.wrong_cosignatures = known.wrong_cosignatures();
        report.receipts = verdicts;
        report.sources = compared;
        report.previous = rounds.checked;
        report.new_slots = rounds.new;
        report.gone_slots = rounds.gone;
        (report, election)
    }
}

/// The tree over all leaves, and their times; a leaf that cannot be read is a fault of V1.
fn read_leaves(archive: &Archive, findings: &mut Findings) -> (Tree, Vec<Option<u64>>) {
    let mut tree = Tree::new();
    let mut times = Vec::with_capacity(archive.entries.len());
    for leaf in &archive.entries {
        let index = tree.push(leaf_hash(leaf));
        let entry = Entry::decode(leaf);
        if let Err(error) = &entry {
            findings.fail(Check::V1, Some(index), Fault::Refused(Refusal::Leaf(*error)));
        }
        times.push(entry.ok().map(|entry| entry.time));
    }
    (tree, times)
}

/// The manifest of the first entry, whatever comes after it.
fn first_manifest(archive: &Archive) -> Result<Manifest, Refusal> {
    let leaf = archive.entries.first().ok_or(Refusal::ManifestFirst)?;
    let mut election = Election::new();
    // The first entry has no proof that needs randomness.
    election.apply(leaf, &[], &mut NoRandomness)?;
    election.manifest().cloned().ok_or(Refusal::ManifestFirst)
}

/// The manifest entry is checked without random factors.
struct NoRandomness;

impl rand_core::TryRng for NoRandomness {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.fill(0);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for NoRandomness {}

/// What became of the rules about an earlier round.
#[derive(Default)]
struct Rounds {
    checked: Option<bool>,
    new: Vec<u32>,
    gone: Vec<u32>,
}

/// The rules of `previous` (section 3), if the auditor has the earlier archive.
fn check_previous(
    manifest: &Manifest,
    election: &Election,
    previous: &[&Archive],
    rng: &mut impl CryptoRng,
    findings: &mut Findings,
) -> Rounds {
    let mut rounds = Rounds::default();
    if manifest.previous().is_none() || previous.is_empty() {
        return rounds;
    }
    let faults_before = findings.faults_of(Check::V3);
    let mut earlier_rounds: Vec<Election> = Vec::new();
    let mut expected = manifest.previous();
    for (number, archive) in previous.iter().enumerate() {
        let later = previous.get(number.saturating_add(1)..).unwrap_or_default();
        let (report, earlier) = audit_with_election(archive, Given { previous: later, ..Given::default() }, rng, &mut |_, _| {});
        let same = earlier.manifest().is_some_and(|earlier| {
            Some(earlier.id()) == expected
                && earlier.roll_scope() == manifest.roll_scope()
                && earlier.registrars.len() == manifest.registrars.len()
                && earlier.registrars.iter().zip(&manifest.registrars).all(|(a, b)| a.sign == b.sign)
        });
        if !same {
            findings.fail(Check::V3, None, Fault::PreviousOther);
            break;
        }
        if !report.holds() || earlier.closing().is_none() {
            findings.fail(Check::V3, None, Fault::PreviousFails);
        }
        expected = earlier.manifest().and_then(Manifest::previous);
        earlier_rounds.push(earlier);
    }
    // Before all parts are there the roll lists nobody.
    let listed: &[Member] = if election.voters() == 0 { &[] } else { election.members() };
    for member in listed {
        let slot = member.slot;
        let latest = earlier_rounds.iter().enumerate().find_map(|(round, earlier)| Some((round, earlier.key_parts(slot)?)));
        // Replacements in this log come after its roll, so the roll parts themselves are compared.
        let parts = election.listed_key_parts(slot).unwrap_or_default();
        match latest {
            None => rounds.new.push(slot),
            Some((0, earlier)) if parts != earlier => {
                findings.fail(Check::V3, None, Fault::PreviousKey { slot });
            }
            Some((0, _)) => {}
            // Left out of a round: only with a new part from every registrar.
            Some((_, earlier)) if parts.iter().zip(&earlier).any(|(a, b)| a == b) => {
                findings.fail(Check::V3, None, Fault::PreviousReturned { slot });
            }
            Some(_) => rounds.new.push(slot),
        }
    }
    if let Some(last) = earlier_rounds.first().filter(|_| !listed.is_empty()) {
        let gone = last.members().iter().map(|member| member.slot);
        rounds.gone = gone.filter(|slot| election.slot(*slot).is_none()).collect();
    }
    rounds.checked = Some(findings.faults_of(Check::V3) == faults_before);
    rounds
}
