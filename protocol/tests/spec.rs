//! Text, code and vectors say the same: what the code cites stands in the spec, the vectors were made from this very spec, and every kind
//! of entry has vectors that are accepted and vectors that are refused.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use common::{files, items, mutated, path, text, vector};
use isoloir_protocol::{
    archive::Archive,
    audit::audit,
    election::Check,
    hash::sha256,
    log::entry::{Entry, Kind},
    rand_core::UnwrapErr,
};

/// The crates that cite the spec by section.
const CITING: [&str; 4] = ["protocol", "ballot-wasm", "server", "cli"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn spec() -> String {
    fs::read_to_string(root().join("spec/protocol.md")).unwrap()
}

/// The text of each section by its number, from the headings `## N. …`.
fn sections() -> BTreeMap<u32, String> {
    let mut sections = BTreeMap::<u32, String>::new();
    let mut current = None;
    for line in spec().lines() {
        if let Some(number) = line.strip_prefix("## ").and_then(|heading| heading.split_once(". ")).and_then(|(n, _)| n.parse().ok()) {
            assert!(!sections.contains_key(&number), "section {number} twice");
            current = Some(number);
        }
        if let Some(number) = current {
            let text = sections.entry(number).or_default();
            text.push_str(line);
            text.push('\n');
        }
    }
    sections
}

/// A citation as the code writes it: `section 4, "Checks"`, `sections 6 to 8`, `section 5, kind 7`.
#[derive(Debug, Default, PartialEq)]
struct Citation {
    sections: BTreeSet<u32>,
    quoted: Option<String>,
    kind: Option<u8>,
}

/// All citations of a source file.
fn citations(source: &str) -> Vec<Citation> {
    // Comments go over line ends, and their marks are no part of the text.
    let flat: String = source.lines().map(|line| format!("{} ", line.trim().trim_start_matches(['/', '!', ' ']))).collect();
    let lower = flat.to_ascii_lowercase();
    let mut found = Vec::new();
    for (at, word) in lower.match_indices("section") {
        if lower[..at].ends_with(|c: char| c.is_alphanumeric()) {
            continue;
        }
        let rest = flat[at + word.len()..].trim_start_matches('s');
        let Some(mut rest) = rest.strip_prefix(' ').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) else { continue };
        let mut citation = Citation::default();
        let mut from = None;
        loop {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let Ok(number) = rest[..digits].parse::<u32>() else { break };
            citation.sections.extend(from.unwrap_or(number)..=number);
            rest = &rest[digits..];
            let (joint, to) = match [" to ", " and ", ", ", " or "].into_iter().find(|joint| rest.starts_with(joint)) {
                Some(joint) => (joint, joint == " to "),
                None => break,
            };
            if !rest[joint.len()..].starts_with(|c: char| c.is_ascii_digit()) {
                break;
            }
            from = to.then_some(number + 1);
            rest = &rest[joint.len()..];
        }
        citation.quoted = rest.strip_prefix(", \"").and_then(|rest| rest.split_once('"')).map(|(quoted, _)| quoted.to_owned());
        let kind = rest.strip_prefix(", kind ").map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        citation.kind = kind.map(|kind| kind.parse().unwrap());
        found.push(citation);
    }
    found
}

#[test]
fn citations_are_read_as_the_code_writes_them() {
    let source = "//! Sections 6 to\n//! 8 and (section 4,\n/// \"Testing the device\"); section 5, kind 7; sections 3 and 5, kind 6; a subsection 99, section {group}, 3 sections.";
    let citation = |sections: &[u32], quoted: Option<&str>, kind| Citation {
        sections: sections.iter().copied().collect(),
        quoted: quoted.map(str::to_owned),
        kind,
    };
    assert_eq!(
        citations(source),
        [
            citation(&[6, 7, 8], None, None),
            citation(&[4], Some("Testing the device"), None),
            citation(&[5], None, Some(7)),
            citation(&[3, 5], None, Some(6)),
        ]
    );
}

#[test]
fn every_section_that_the_code_cites_exists() {
    let sections = sections();
    assert_eq!(sections.keys().copied().collect::<Vec<_>>(), (0..=9).collect::<Vec<_>>());
    let mut cited = BTreeSet::new();
    for name in CITING {
        for (file, content) in files(&root().join(name).join("src")) {
            for citation in citations(&String::from_utf8_lossy(&content)) {
                for number in &citation.sections {
                    assert!(sections.contains_key(number), "{name}/src/{file} cites section {number}, which the spec does not have");
                }
                let stands = |what: &str| citation.sections.iter().any(|number| sections[number].contains(what));
                if let Some(quoted) = &citation.quoted {
                    assert!(stands(quoted), "{name}/src/{file} quotes {quoted:?} of section {:?}", citation.sections);
                }
                if let Some(kind) = citation.kind {
                    assert!(stands(&format!("\n| {kind} | ")), "{name}/src/{file} cites kind {kind}");
                }
                cited.extend(citation.sections);
            }
        }
    }
    // A test that finds nothing would hold for any spec.
    assert_eq!(cited, (1..=9).collect(), "each section but the introduction is carried out somewhere");
}

#[test]
fn the_kinds_of_the_spec_are_those_of_the_code() {
    let table = &sections()[&5];
    let rows: Vec<(u8, String)> = table
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            Some((cells.next()?.parse().ok()?, cells.next()?.to_owned()))
        })
        .collect();
    assert_eq!(rows.iter().map(|(number, _)| *number).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    for (number, name) in rows {
        let kind = format!("{:?}", Kind::from_u8(number).unwrap());
        assert_eq!(kind.to_lowercase(), name.replace(' ', ""), "kind {number}");
    }
    assert!(Kind::from_u8(0).is_none() && Kind::from_u8(13).is_none());
}

#[test]
fn the_vectors_are_of_this_spec() {
    let made_of = fs::read_to_string(path("README.md")).unwrap();
    let hash = hex::encode(sha256(spec().as_bytes()));
    assert!(made_of.contains(&hash), "spec/vectors/README.md names another text than spec/protocol.md, whose SHA-256 is {hash}");
}

#[test]
fn every_kind_of_entry_has_vectors_that_are_accepted_and_refused() {
    let mut rng = UnwrapErr(getrandom::SysRng);
    let archive = |name: &str| Archive::from_files(files(&path(&format!("elections/{name}")))).unwrap();
    let all: BTreeSet<u8> = (1..=12).collect();

    let mut accepted = BTreeSet::new();
    for name in ["plain", "complaint", "open"] {
        let archive = archive(name);
        assert!(audit(&archive, &[], &[], &mut rng, &mut |_, _| {}).holds(), "{name}");
        accepted.extend(archive.entries.iter().map(|leaf| Entry::decode(leaf).unwrap().kind as u8));
    }
    assert_eq!(accepted, all);

    // The check that an item names fails because of an entry, which it names in turn: that entry's kind is refused.
    let mut refused = BTreeMap::<u8, Vec<String>>::new();
    for case in items(&vector("elections-rejected")) {
        let name = text(&case["name"]);
        let broken = Archive::from_files(mutated(text(&case["base"]), &case["changes"])).unwrap();
        let earlier = case.get("previous").map(|earlier| archive(text(earlier)));
        let previous: Vec<&Archive> = earlier.iter().collect();
        let report = audit(&broken, &previous, &[], &mut rng, &mut |_, _| {});
        let check = Check::ALL.into_iter().find(|check| format!("{check:?}") == text(&case["check"])).unwrap();
        for failure in &report.outcome(check).unwrap().failures {
            let Some(leaf) = failure.entry.and_then(|index| broken.entries.get(usize::try_from(index).unwrap())) else { continue };
            refused.entry(Entry::decode(leaf).unwrap().kind as u8).or_default().push(name.to_owned());
        }
    }
    let lacking: Vec<u8> = all.iter().copied().filter(|kind| !refused.contains_key(kind)).collect();
    assert!(lacking.is_empty(), "no archive of elections-rejected.json is refused because of an entry of kind {lacking:?}: {refused:#?}");
}

/// Tests and vectors as `spec/threat-model.md` names them: `` `file`: `name` ``.
fn named_tests(text: &str) -> Vec<(String, String)> {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let parts: Vec<&str> = flat.split('`').collect();
    // Every second part stands between backquotes.
    (1..parts.len())
        .step_by(2)
        .filter_map(|at| Some((parts[at], parts.get(at + 1)?, parts.get(at + 2)?)))
        .filter(|(file, between, _)| **between == ": " && file.contains('/'))
        .map(|(file, _, name)| (file.to_owned(), (*name).to_owned()))
        .collect()
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    assert_eq!(
        named_tests("Shown by `a/b.rs`: `one`; `c/d.json`:\n`two three`. Not `alone`: nor `e/f.rs` and `g`."),
        [("a/b.rs".to_owned(), "one".to_owned()), ("c/d.json".to_owned(), "two three".to_owned())]
    );
    let named = named_tests(&fs::read_to_string(root().join("spec/threat-model.md")).unwrap());
    assert!(named.len() > 50, "{}", named.len());
    for (file, name) in named {
        let content = fs::read_to_string(root().join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let wanted = if file.ends_with(".rs") { format!("fn {name}(") } else { name.clone() };
        assert!(content.contains(&wanted), "{file} has no {name}");
    }
}
