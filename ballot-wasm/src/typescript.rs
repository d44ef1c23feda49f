//! The TypeScript declarations of everything that crosses the boundary, made from the Rust types.

use std::path::Path;

use ts_rs::{Config, TS};

use crate::{auditor, ballot_test, election, error, page, paper, receipt, replay, teller, voter, witness};

const HEAD: &str = "\
// Made from the Rust types by the test `typescript` of ballot-wasm; do not edit.
// To write it anew: ISOLOIR_WRITE_TYPES=1 cargo nextest run -p ballot-wasm typescript

import type { Manifest } from \"./manifest\";
";

fn declaration<T: TS>(config: &Config) -> String {
    let docs = T::docs().unwrap_or_default();
    format!("{docs}export {}", T::decl(config).trim_start_matches("export "))
}

fn declarations() -> String {
    let config = Config::new().with_large_int("number");
    macro_rules! all {
        ($($type:ty),* $(,)?) => { vec![$(declaration::<$type>(&config)),*] };
    }
    let all = all![
        error::ModuleError,
        error::Missing,
        error::FragmentProblem,
        error::ManifestProblem,
        error::SlotProblem,
        error::CodeProblem,
        error::ChoiceProblem,
        error::ReceiptCodeProblem,
        error::ReceiptProblem,
        error::DisclosureProblem,
        error::KeyProblem,
        error::PaperProblem,
        error::LockProblem,
        error::Stage,
        error::Phase,
        election::ElectionInfo,
        election::Fingerprints,
        page::Fragment,
        page::PendingSubmission,
        voter::SlotInfo,
        voter::ListedBallot,
        voter::Answer,
        voter::VoterView,
        ballot_test::CheckedDisclosure,
        receipt::ReceiptHead,
        receipt::CheckedReceipt,
        receipt::ReceiptOutcome,
        receipt::VoidReason,
        receipt::ComplaintKind,
        replay::LogState,
        replay::TellerState,
        replay::RegistrarState,
        replay::WitnessState,
        replay::CommonCode,
        replay::LogNotice,
        replay::NoticeKind,
        replay::VoidBallot,
        replay::MissingBox,
        replay::WeightWarning,
        replay::Outcome,
        replay::Bucket,
        paper::PaperSheet,
        paper::KeyLabel,
        teller::NewTellerKey,
        teller::TellerView,
        teller::Remembered,
        teller::LockedRoot,
        teller::BoxesOpened,
        teller::FoundComplaint,
        witness::WitnessKey,
        witness::WitnessView,
        witness::ShownCosignature,
        witness::WitnessAlarm,
        witness::WitnessLook,
        witness::LookOutcome,
        auditor::AuditView,
        auditor::CheckView,
        auditor::Verdict,
        auditor::Finding,
        auditor::SourceView,
        auditor::SourceState,
        auditor::ReceiptView,
        auditor::ReceiptState,
        auditor::Warning,
    ];
    format!("{HEAD}\n{}\n", readable(&all.join("\n\n")))
}

/// One line for each comment and no quotes around names, as people write it.
fn readable(made: &str) -> String {
    let comments = made.replace("/**\n * ", "/** ").replace("\n */\n", " */\n").replace("\n * ", " ");
    let mut text = String::with_capacity(comments.len());
    let mut rest = comments.as_str();
    while let Some((before, after)) = rest.split_once('"') {
        text.push_str(before);
        let (inside, after) = after.split_once('"').unwrap_or((after, ""));
        if after.starts_with(':') {
            text.push_str(inside);
        } else {
            text.push_str(&format!("\"{inside}\""));
        }
        rest = after;
    }
    text.push_str(rest);
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// A change of a Rust type that the pages have not heard of is a failure here, not in a voter's browser.
#[test]
fn the_declarations_of_the_pages_are_those_of_the_rust_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/src/wasm/generated.ts");
    let expected = declarations();
    if std::env::var_os("ISOLOIR_WRITE_TYPES").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "web/src/wasm/generated.ts differs: run the test with ISOLOIR_WRITE_TYPES=1");
}
