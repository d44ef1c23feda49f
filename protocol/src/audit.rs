//! What an auditor checks: a whole archive, V1 … V12 (section 9).

mod receipts;
mod report;
mod witnesses;

use rand_core::CryptoRng;

pub use self::{
    receipts::{ReceiptOutcome, ReceiptVerdict},
    report::{AuditReport, Failure, Fault, Outcome, Status},
};
use self::{report::Findings, witnesses::KnownCheckpoints};
use crate::{
    archive::Archive,
    election::{Check, Election, Refusal, Replay},
    log::{
        entry::Entry,
        receipt::Receipt,
        tree::{Tree, leaf_hash},
    },
    manifest::Manifest,
};

/// Leaves that are replayed between two calls of the progress function.
const CHUNK: usize = 4096;

/// Audits an archive. `previous` are archives of earlier rounds, the latest first; `receipts` are checked
/// against the log. `progress` is told how many leaves of how many are done.
pub fn audit(
    archive: &Archive,
    previous: &[&Archive],
    receipts: &[Receipt],
    rng: &mut impl CryptoRng,
    progress: &mut dyn FnMut(u64, u64),
) -> AuditReport {
    audit_with_election(archive, previous, receipts, rng, progress).0
}

/// [`audit`] that also gives the election as replayed, as far as its entries were accepted.
pub fn audit_with_election(
    archive: &Archive,
    previous: &[&Archive],
    receipts: &[Receipt],
    rng: &mut impl CryptoRng,
    progress: &mut dyn FnMut(u64, u64),
) -> (AuditReport, Election) {
    let mut findings = Findings::default();
    let tree = read_leaves(archive, &mut findings);
    let manifest = match first_manifest(archive) {
        Ok(manifest) => manifest,
        Err(refusal) => {
            findings.fail(refusal.check(), Some(0), Fault::Refused(refusal));
            return (findings.into_report(&tree, None), Election::new());
        }
    };

    let known = KnownCheckpoints::read(archive, receipts, &manifest, &tree, &mut findings);
    findings.reached(Check::V1);
    let election = replay(archive, rng, progress, &mut findings);
    known.check_times(archive, &manifest, &mut findings);
    known.check_quorums(&election, &manifest, &mut findings);

    let rounds = check_previous(&manifest, &election, previous, rng, &mut findings);
    let verdicts = receipts::check_all(receipts, archive, &manifest, &election, &tree, &mut findings);
    let mut report = findings.into_report(&tree, Some(&election));
    report.objections = known.objections(archive, &manifest).len();
    report.wrong_cosignatures = known.wrong_cosignatures();
    report.receipts = verdicts;
    report.previous = rounds.checked;
    report.new_slots = rounds.new;
    report.gone_slots = rounds.gone;
    (report, election)
}

/// The tree over all leaves; a leaf that cannot be read is a fault of V1.
fn read_leaves(archive: &Archive, findings: &mut Findings) -> Tree {
    let mut tree = Tree::new();
    for leaf in &archive.entries {
        let index = tree.push(leaf_hash(leaf));
        if let Err(error) = Entry::decode(leaf) {
            findings.fail(Check::V1, Some(index), Fault::Refused(Refusal::Leaf(error)));
        }
    }
    tree
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

fn replay(archive: &Archive, rng: &mut impl CryptoRng, progress: &mut dyn FnMut(u64, u64), findings: &mut Findings) -> Election {
    let total = u64::try_from(archive.entries.len()).unwrap_or(u64::MAX);
    let mut replay = Replay::new();
    for chunk in archive.entries.chunks(CHUNK) {
        if let Err(error) = replay.push(chunk, archive, rng) {
            findings.fail(error.refusal.check(), Some(error.index), Fault::Refused(error.refusal));
            return replay.finish();
        }
        progress(replay.election().size(), total);
    }
    findings.all_entries_accepted();
    replay.finish()
}

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
        let (report, earlier) = audit_with_election(archive, later, &[], rng, &mut |_, _| {});
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
    for member in election.members() {
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
    if let Some(last) = earlier_rounds.first() {
        let gone = last.members().iter().map(|member| member.slot);
        rounds.gone = gone.filter(|slot| election.slot(*slot).is_none()).collect();
    }
    rounds.checked = Some(findings.faults_of(Check::V3) == faults_before);
    rounds
}
