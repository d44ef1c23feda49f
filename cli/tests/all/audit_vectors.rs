//! The program against every whole election of the test vectors: the good ones are accepted, each mutated one is rejected with the check and,
//! where one is to blame, the entry.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/vectors")
}

fn isoloir(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_isoloir")).args(args).env("LANG", "en_GB.UTF-8").env_remove("LC_ALL").output().unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn read_files(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            read_files(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}

fn write_files(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// Applies the changes of `elections-rejected.json` to the files of an archive.
fn change(files: &mut BTreeMap<String, Vec<u8>>, changes: &Value) {
    for change in changes.as_array().unwrap() {
        let file = change["file"].as_str().unwrap().to_owned();
        if change["delete"].as_bool() == Some(true) {
            files.remove(&file);
        } else if let Some(text) = change["text"].as_str() {
            files.insert(file, text.as_bytes().to_vec());
        } else if let Some(hex) = change["hex"].as_str() {
            files.insert(file, hex::decode(hex).unwrap());
        } else {
            let content = files.get_mut(&file).unwrap();
            for splice in change["splice"].as_array().unwrap().iter().rev() {
                let at = usize::try_from(splice["at"].as_u64().unwrap()).unwrap();
                let removed = usize::try_from(splice["remove"].as_u64().unwrap()).unwrap();
                let insert = hex::decode(splice["insert"].as_str().unwrap()).unwrap();
                content.splice(at..at.checked_add(removed).unwrap(), insert);
            }
        }
    }
}

fn check_lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().filter(|line| line.starts_with('V')).map(ToOwned::to_owned).collect()
}

#[test]
fn good_archives_are_accepted() {
    let elections = vectors().join("elections");
    for name in ["plain", "complaint", "open", "plain.zip"] {
        let path = elections.join(name);
        let mut args = vec!["audit", path.to_str().unwrap()];
        let previous = elections.join("plain");
        if name == "open" {
            args.extend(["--previous", previous.to_str().unwrap()]);
        }
        let output = isoloir(&args);
        let lines = check_lines(&output);
        assert!(output.status.success(), "{name}: {lines:#?}");
        assert_eq!(lines.len(), 12, "{name}");
        assert!(lines.iter().all(|line| line.contains("  holds  ")), "{name}: {lines:#?}");
    }
}

#[test]
fn facts_are_those_of_the_vectors() {
    for name in ["plain", "complaint", "open"] {
        let expected = json(&vectors().join(format!("elections/{name}.json")));
        let folder = vectors().join("elections").join(name);
        let output = isoloir(&["audit", "--json", folder.to_str().unwrap()]);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        for fact in ["size", "root", "totals", "buckets", "counted", "current"] {
            let (expected, found) = (&expected[fact], &found[fact]);
            let both_absent = expected.is_null() && (found.is_null() || found.as_array().is_some_and(Vec::is_empty));
            assert!(both_absent || expected == found, "{name}: {fact}: {found}");
        }
        let closing = found["closing"].get(2).cloned().unwrap_or_default();
        assert_eq!(closing, expected["closing_code"], "{name}");
        let receipts = expected["receipts"].as_array().cloned().unwrap_or_default();
        receipts_of(name, &folder, &receipts);
    }
}

/// Each receipt of the vectors, given to the audit: the outcome is named, and only a void or invalid one makes the audit fail.
fn receipts_of(name: &str, archive: &Path, receipts: &[Value]) {
    let folder = tempfile::tempdir().unwrap();
    for (number, receipt) in receipts.iter().enumerate() {
        let file = folder.path().join(format!("{number}.json"));
        fs::write(&file, receipt["receipt"].to_string()).unwrap();
        let output = isoloir(&["audit", archive.to_str().unwrap(), file.to_str().unwrap()]);
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        let outcome = receipt["outcome"].as_str().unwrap();
        let (words, holds) = match outcome {
            "counted" => ("is counted", true),
            "current" => ("current one", true),
            "superseded" => ("ALARM, a later ballot was cast with your codes", true),
            "void" => ("is excluded", false),
            other => panic!("{other}"),
        };
        assert!(text.contains(words), "{name} {number} {outcome}: {text}");
        assert_eq!(output.status.code(), Some(i32::from(!holds)), "{name} {number} {outcome}");
        // The same by the voter's own command, which is content only with a ballot that counts.
        let output = isoloir(&["receipt", "check", file.to_str().unwrap(), "--archive", archive.to_str().unwrap()]);
        assert_eq!(output.status.success(), matches!(outcome, "counted" | "current"), "{name} {number} {outcome}");
    }
}

#[test]
fn every_mutated_archive_is_rejected_with_check_and_entry() {
    let elections = vectors().join("elections");
    let rejected = json(&vectors().join("elections-rejected.json"));
    let mut with_entry = 0;
    let cases = rejected.as_array().unwrap();
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let mut files = BTreeMap::new();
        read_files(&elections.join(case["base"].as_str().unwrap()), "", &mut files);
        change(&mut files, &case["changes"]);
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("archive");
        write_files(&archive, &files);
        let mut args = vec!["audit".to_owned(), archive.display().to_string()];
        for (number, receipt) in case["receipts"].as_array().into_iter().flatten().enumerate() {
            let file = folder.path().join(format!("receipt-{number}.json"));
            fs::write(&file, receipt.to_string()).unwrap();
            args.push(file.display().to_string());
        }
        if let Some(previous) = case["previous"].as_str() {
            args.extend(["--previous".to_owned(), elections.join(previous).display().to_string()]);
        }
        let output = isoloir(&args.iter().map(String::as_str).collect::<Vec<_>>());
        assert_ne!(output.status.code(), Some(0), "{name} is accepted: {}", case["reason"]);
        let check = case["check"].as_str().unwrap();
        let lines = check_lines(&output);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        if lines.is_empty() {
            // What is no archive or no receipt at all is refused before the checks begin.
            assert_eq!(output.status.code(), Some(2), "{name}");
            assert!(matches!(check, "V1" | "V12") && errors.contains('→'), "{name}: {errors}");
            continue;
        }
        let line = lines.iter().find(|line| line.starts_with(&format!("{check} "))).unwrap();
        assert!(line.contains("  FAILS  "), "{name}: {} expected to fail: {lines:#?}", check);
        with_entry += usize::from(line.contains("entry "));
    }
    assert!(with_entry * 2 > cases.len(), "{with_entry} of {} name an entry", cases.len());
}

/// The receipts of `plain` as files of a folder.
fn pile(folder: &Path) -> usize {
    let expected = json(&vectors().join("elections/plain.json"));
    let receipts = expected["receipts"].as_array().unwrap();
    fs::create_dir_all(folder.join("more")).unwrap();
    for (number, receipt) in receipts.iter().enumerate() {
        let place = if number == 0 { folder.join("more") } else { folder.to_owned() };
        fs::write(place.join(format!("{number}.json")), receipt["receipt"].to_string()).unwrap();
    }
    fs::write(folder.join("read me.txt"), "no receipt").unwrap();
    receipts.len()
}

// REQ issue 5.4: a pile of receipts at once
#[test]
fn a_folder_of_receipts_is_checked_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let count = pile(folder.path());
    let archive = vectors().join("elections/plain.zip");
    let output = isoloir(&["audit", "--json", archive.to_str().unwrap(), folder.path().to_str().unwrap()]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["receipts"].as_array().unwrap().len(), count);
    // One that is no receipt is named, and nothing is checked in part.
    fs::write(folder.path().join("other.json"), "{}").unwrap();
    let output = isoloir(&["audit", archive.to_str().unwrap(), folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("other.json"));
}

// REQ issue 5.4: compares several sources
#[test]
fn sources_are_compared() {
    let elections = vectors().join("elections");
    let (zip, folder, other) = (elections.join("plain.zip"), elections.join("plain"), elections.join("complaint"));
    let note = folder.join("checkpoint");
    let output = isoloir(&["audit", zip.to_str().unwrap(), "--compare", folder.to_str().unwrap(), "--compare", note.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert_eq!(text.matches("has the same log").count(), 2, "{text}");
    let output = isoloir(&["audit", zip.to_str().unwrap(), "--compare", other.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("is of another election"));
}

// REQ issue 5.4: for each failure the entry, the rule and what it means, in the reader's language
#[test]
fn failures_are_told_in_the_language_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = BTreeMap::new();
    read_files(&vectors().join("elections/plain"), "", &mut files);
    let entries = files.get_mut("entries.bin").unwrap();
    entries[3548] ^= 1;
    write_files(folder.path(), &files);
    for (language, rule, means) in [
        ("en", "the proof of the ballot of voter 2 does not hold", "A ballot was accepted that is not valid"),
        ("fr", "la preuve du bulletin de l’électeur 2 ne tient pas", "Un bulletin accepté n’est pas valable"),
    ] {
        let output = isoloir(&["--lang", language, "audit", folder.path().to_str().unwrap()]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(rule) && text.contains(means), "{text}");
    }
}

/// Every field of the report is in its documentation.
#[test]
fn the_report_is_documented() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/audit-report.md")).unwrap();
    let archive = vectors().join("elections/complaint");
    let output = isoloir(&["audit", "--json", archive.to_str().unwrap(), "--compare", archive.to_str().unwrap()]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["format"], "isoloir/audit-1");
    let mut fields: Vec<String> = report.as_object().unwrap().keys().cloned().collect();
    for list in ["checks", "turnout", "sources"] {
        fields.extend(report[list][0].as_object().unwrap().keys().cloned());
    }
    for field in fields {
        assert!(text.contains(&format!("`{field}`")), "{field} is not documented");
    }
}

#[test]
fn what_is_no_archive_is_a_clear_failure() {
    let folder = tempfile::tempdir().unwrap();
    let zip = folder.path().join("x.zip");
    fs::write(&zip, b"PK").unwrap();
    for source in [folder.path(), &zip, Path::new("/nowhere")] {
        let output = isoloir(&["audit", source.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains('→'));
    }
    let french = isoloir(&["--lang", "fr", "audit", "/nowhere"]);
    assert!(String::from_utf8(french.stderr).unwrap().contains("ne peut pas être lu"));
}
