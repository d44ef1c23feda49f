//! The protocol's refusals as problems: a reason that programs can tell apart, and facts.

use isoloir_protocol::{
    election::Refusal,
    log::{consent::Role, entry::Kind as EntryKind},
};
use serde_json::{Map, Value, json};

use crate::problem::{Kind, Problem};

/// The longest time, in seconds, for which somebody who is too early is sent away.
const LONGEST_WAIT: u64 = 600;

/// The problem that a refusal at time `now` is.
pub(crate) fn problem(refusal: &Refusal, now: u64) -> Problem {
    if let Refusal::TooEarly { kind: EntryKind::Ballot, from } = refusal {
        let seconds = from.saturating_sub(now).div_ceil(1_000).clamp(1, LONGEST_WAIT);
        return Problem::from(Kind::NotYetOpen).with("opens", *from).with("now", now).retry_after(seconds);
    }
    let (reason, facts) = explain(refusal);
    Problem::from(Kind::Refused)
        .with("reason", reason)
        .with("check", format!("{:?}", refusal.check()))
        .with("detail", refusal.to_string())
        .with_all(facts)
}

/// The name of a refusal and what belongs to it.
fn explain(refusal: &Refusal) -> (&'static str, Map<String, Value>) {
    let none = Map::new();
    let kind_of = |kind: EntryKind| facts([("kind", json!(entry_name(kind)))]);
    match refusal {
        Refusal::Leaf(_) => ("leaf", none),
        Refusal::Time { last, .. } => ("time", facts([("last", json!(last))])),
        Refusal::ManifestFirst => ("manifest-first", none),
        Refusal::Body { kind, .. } => ("body", kind_of(*kind)),
        Refusal::Manifest(_) => ("manifest", none),
        Refusal::Signature { kind } => ("signature", kind_of(*kind)),
        Refusal::UnknownRole { role } => ("unknown-role", of_role(*role)),
        Refusal::ConsentLog { role } => ("consent-log", of_role(*role)),
        Refusal::NotOpened { kind } => ("not-opened", kind_of(*kind)),
        Refusal::AlreadyOpened { kind } => ("already-opened", kind_of(*kind)),
        Refusal::NotClosed { kind } => ("not-closed", kind_of(*kind)),
        Refusal::AlreadyClosed { kind } => ("already-closed", kind_of(*kind)),
        Refusal::NotFixed { kind } => ("not-fixed", kind_of(*kind)),
        Refusal::Twice { kind } => ("twice", kind_of(*kind)),
        Refusal::TooEarly { kind, from } => ("too-early", facts([("kind", json!(entry_name(*kind))), ("from", json!(from))])),
        Refusal::TooLate { kind, until } => ("too-late", facts([("kind", json!(entry_name(*kind))), ("until", json!(until))])),
        Refusal::Data { kind } => ("data", kind_of(*kind)),
        Refusal::Roll { registrar, .. } => ("roll", facts([("registrar", json!(registrar))])),
        Refusal::RollRows { registrar } => ("roll-rows", facts([("registrar", json!(registrar))])),
        Refusal::SlotKey { slot } => ("slot-key", facts([("slot", json!(slot))])),
        Refusal::PartsMissing { missing } => ("parts-missing", facts([("missing", json!(missing))])),
        Refusal::NoConsent { role } => ("no-consent", of_role(*role)),
        Refusal::Suspended => ("suspended", none),
        Refusal::UnknownSlot { slot } => ("unknown-slot", facts([("slot", json!(slot))])),
        Refusal::Ballot { slot, error } => (
            "proof",
            facts([
                ("slot", json!(slot)),
                ("failing", json!(format!("{:?}", error.check).to_lowercase())),
                ("question", json!(error.question)),
            ]),
        ),
        Refusal::Box { slot, teller, .. } => ("box", facts([("slot", json!(slot)), ("teller", json!(teller))])),
        Refusal::Supersedes { slot, current } => ("supersedes", facts([("slot", json!(slot)), ("current", json!(current))])),
        Refusal::NoRevote { slot, current } => ("no-revote", facts([("slot", json!(slot)), ("current", json!(current))])),
        Refusal::NotFresh { kind } => ("not-fresh", kind_of(*kind)),
        Refusal::SignedAt { kind, signed_at, time } => {
            ("signed-at", facts([("kind", json!(entry_name(*kind))), ("signed_at", json!(signed_at)), ("time", json!(time))]))
        }
        Refusal::NoticeState => ("notice-state", none),
        Refusal::ReportLog { teller } => ("report-log", of_teller(*teller)),
        Refusal::Complaint { teller, index, .. } => ("complaint", facts([("teller", json!(teller)), ("index", json!(index))])),
        Refusal::ComplaintIndex { teller, index } => ("complaint-index", facts([("teller", json!(teller)), ("index", json!(index))])),
        Refusal::LateComplaint { teller } => ("late-complaint", of_teller(*teller)),
        Refusal::NotReported { teller } => ("not-reported", of_teller(*teller)),
        Refusal::TooFew => ("too-few", none),
        Refusal::Counted { teller } => ("counted", of_teller(*teller)),
        Refusal::SumsData { teller, .. } => ("sums-data", of_teller(*teller)),
        Refusal::Sums { teller, bucket, question } => {
            ("sums", facts([("teller", json!(teller)), ("bucket", json!(bucket)), ("question", json!(question))]))
        }
        Refusal::SumsMissing { found, needed } => ("sums-missing", facts([("found", json!(found)), ("needed", json!(needed))])),
        Refusal::Totals => ("totals", none),
        _ => ("other", none),
    }
}

/// An entry's kind as the interface names it.
pub(crate) fn entry_name(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Manifest => "manifest",
        EntryKind::Consent => "consent",
        EntryKind::RollPart => "roll-part",
        EntryKind::Open => "open",
        EntryKind::Ballot => "ballot",
        EntryKind::Replacement => "replacement",
        EntryKind::Notice => "notice",
        EntryKind::Close => "close",
        EntryKind::Report => "report",
        EntryKind::Sums => "sums",
        EntryKind::Result => "result",
        EntryKind::Fix => "fix",
    }
}

fn of_role(role: Role) -> Map<String, Value> {
    match role {
        Role::Teller(teller) => of_teller(teller),
        Role::Registrar(registrar) => facts([("registrar", json!(registrar))]),
    }
}

fn of_teller(teller: u8) -> Map<String, Value> {
    facts([("teller", json!(teller))])
}

fn facts<const N: usize>(facts: [(&str, Value); N]) -> Map<String, Value> {
    facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect()
}
