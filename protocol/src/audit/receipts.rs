//! Receipts against the log (V12).

use serde::Serialize;

use super::report::{Fault, Findings, reason_name};
use crate::{
    election::{Accepted, Check, Election},
    log::{receipt::Receipt, tree::Tree},
    manifest::Manifest,
};

/// What became of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptOutcome {
    /// The ballot is counted.
    Counted,
    /// The ballot is the slot's current one; the counted set is not fixed yet.
    Current,
    /// A later ballot was cast with the slot's codes: an alarm, though the audit passes.
    Superseded,
    /// The ballot is excluded by a proven complaint: the audit fails.
    Void,
    /// The receipt does not hold against this log: the audit fails.
    Invalid,
}

/// A receipt with its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptVerdict {
    /// The slot it names.
    pub slot: u32,
    /// Its receipt code.
    pub code: String,
    /// Log index it names.
    pub index: u64,
    /// What became of it.
    pub outcome: ReceiptOutcome,
    /// Who complained and why, if the ballot is void.
    pub reasons: Vec<(u8, &'static str)>,
    /// Log index of the slot's latest ballot, if that is another.
    pub latest: Option<u64>,
}

pub(super) fn check_all(
    receipts: &[Receipt],
    manifest: &Manifest,
    election: &Election,
    tree: &Tree,
    findings: &mut Findings,
) -> Vec<ReceiptVerdict> {
    let mut verdicts = Vec::with_capacity(receipts.len());
    for (number, receipt) in receipts.iter().enumerate() {
        let verdict = verdict_on(receipt, manifest, election, tree);
        if matches!(verdict.outcome, ReceiptOutcome::Void | ReceiptOutcome::Invalid) {
            findings.fail(Check::V12, Some(receipt.index), Fault::Receipt { receipt: number });
        }
        verdicts.push(verdict);
    }
    verdicts
}

fn verdict_on(receipt: &Receipt, manifest: &Manifest, election: &Election, tree: &Tree) -> ReceiptVerdict {
    let mut verdict = ReceiptVerdict {
        slot: receipt.slot,
        code: receipt.code.clone(),
        index: receipt.index,
        outcome: ReceiptOutcome::Invalid,
        reasons: Vec::new(),
        latest: None,
    };
    let Some((found, current)) = in_log(receipt, manifest, election, tree) else {
        return verdict;
    };
    let voids = election.void().get(&found.index);
    verdict.outcome = if current.index != found.index {
        verdict.latest = Some(current.index);
        ReceiptOutcome::Superseded
    } else if let Some(voids) = voids {
        verdict.reasons = voids.iter().map(|void| (void.teller, reason_name(void.reason))).collect();
        ReceiptOutcome::Void
    } else if election.fixing().is_some() {
        ReceiptOutcome::Counted
    } else {
        ReceiptOutcome::Current
    };
    verdict
}

/// The ballot of the receipt and the slot's current one, if the receipt holds against this log.
fn in_log(receipt: &Receipt, manifest: &Manifest, election: &Election, tree: &Tree) -> Option<(Accepted, Accepted)> {
    let checked = receipt.check(manifest).ok()?;
    // A receipt may carry a later checkpoint than the archive; then only the leaf can be compared.
    if checked.size <= tree.size() && tree.root_at(checked.size) != Some(checked.root) {
        return None;
    }
    if tree.leaf(checked.index)? != receipt.leaf_hash()? {
        return None;
    }
    let view = election.slot(receipt.slot)?;
    let current = view.current?;
    let found = view.superseded.iter().chain(core::iter::once(&current)).find(|ballot| ballot.index == checked.index).copied()?;
    (receipt.code == found.fingerprint.code()).then_some((found, current))
}
