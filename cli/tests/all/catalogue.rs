//! The sentences: complete in every language, with advice for every failure, and the same values in each.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use clap::CommandFactory;
use isoloir::{
    args::Cli,
    i18n::{CATALOGUES, Catalogue, Language},
};

/// Messages and attributes of a catalogue with the variables they name.
fn entries(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut entries = BTreeMap::<String, BTreeSet<String>>::new();
    let mut message = String::new();
    let mut key = String::new();
    for line in text.lines() {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if let Some(attribute) = line.trim().strip_prefix('.').filter(|_| line.starts_with(' ')) {
            key = format!("{message}.{}", attribute.split(' ').next().unwrap());
        } else if !line.starts_with([' ', '}']) {
            message = line.split(' ').next().unwrap().to_owned();
            key.clone_from(&message);
            assert!(!entries.contains_key(&key), "{key} stands twice");
        }
        let names = line.split('$').skip(1).map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect());
        entries.entry(key.clone()).or_default().extend(names);
    }
    entries
}

fn sources(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("problem.rs") {
            let text = fs::read_to_string(path).unwrap();
            texts.push(text.split("#[cfg(test)]").next().unwrap().to_owned());
        }
    }
}

/// The keys that follow `open` in the source, with the values given to them.
fn used(texts: &[String], open: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut used = BTreeMap::<String, BTreeSet<String>>::new();
    for text in texts {
        for rest in text.split(open).skip(1) {
            let mut depth = 1;
            let call: String = rest
                .chars()
                .take_while(|c| {
                    depth += i32::from(*c == '(') - i32::from(*c == ')');
                    depth > 0
                })
                .collect();
            let Some(key) =
                call.split('"').nth(1).filter(|key| key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
            else {
                continue;
            };
            let names = call.split(" =>").map(|before| before.rsplit('"').nth(1).unwrap_or_default().to_owned());
            let names: Vec<String> = names.collect();
            let given = names.iter().take(names.len().saturating_sub(1)).cloned();
            let known = used.entry(key.to_owned()).or_default();
            known.extend(given);
        }
    }
    used
}

#[test]
fn every_language_has_every_sentence_with_the_same_values() {
    let english = entries(CATALOGUES[0].1);
    for (language, text) in CATALOGUES {
        let here = entries(text);
        // Help in English stands in the code; other languages translate it in their catalogues.
        let here: BTreeMap<_, _> = here.into_iter().filter(|(key, _)| !key.starts_with("help")).collect();
        assert_eq!(here.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{language}");
        for (key, names) in &english {
            assert_eq!(&here[key], names, "{language}: {key}");
        }
        assert!(fluent_bundle::FluentResource::try_new(text.to_owned()).is_ok(), "{language} has a line that cannot be read");
    }
}

#[test]
fn every_failure_says_what_is_wrong_and_what_to_do() {
    let catalogue = entries(CATALOGUES[0].1);
    let mut texts = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
    let problems = used(&texts, "problem!(");
    assert!(problems.len() > 80, "{}", problems.len());
    for (key, given) in &problems {
        assert!(catalogue.contains_key(key), "{key}: no sentence");
        assert!(catalogue.contains_key(&format!("{key}.do")), "{key}: no advice");
        for part in [key.clone(), format!("{key}.do")] {
            let lacking: Vec<_> = catalogue[&part].difference(given).collect();
            assert!(lacking.is_empty(), "{part} names {lacking:?}, which the code does not give");
        }
    }
    let said = used(&texts, "say!(");
    assert!(said.len() > 60, "{}", said.len());
    for (key, given) in &said {
        assert!(catalogue.contains_key(key), "{key}: no sentence");
        let lacking: Vec<_> = catalogue[key].difference(given).collect();
        assert!(lacking.is_empty(), "{key} names {lacking:?}, which the code does not give");
    }
    // What no line of the source names is dead.
    let all = texts.concat();
    let named_by_facts = ["check-v", "fault-", "kind-", "role-", "void-"];
    for key in catalogue.keys().filter(|key| !key.contains('.') && !named_by_facts.iter().any(|prefix| key.starts_with(prefix))) {
        assert!(all.contains(&format!("\"{key}\"")), "{key} is used nowhere");
    }
}

/// Every fault that an audit can find has a sentence in every language, by the name of its variant.
#[test]
fn every_fault_of_an_audit_has_its_sentence() {
    let protocol = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/src");
    let variants = |file: &str, open: &str| -> Vec<String> {
        let text = fs::read_to_string(protocol.join(file)).unwrap();
        let body = text.split(open).nth(1).unwrap().split("\n}").next().unwrap().to_owned();
        let names =
            body.lines().filter_map(|line| line.strip_prefix("    ").filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase())));
        names.map(|line| line.chars().take_while(char::is_ascii_alphanumeric).collect()).collect()
    };
    let mut faults = variants("election/refusal.rs", "pub enum Refusal {");
    faults.extend(variants("audit/report.rs", "pub enum Fault {").into_iter().filter(|name| name != "Refused"));
    assert!(faults.len() > 45, "{faults:?}");
    let kinds = variants("log/entry.rs", "pub enum Kind {");
    assert_eq!(kinds.len(), 12, "{kinds:?}");
    for (language, text) in CATALOGUES {
        let here = entries(text);
        for name in &faults {
            assert!(here.contains_key(&format!("fault-{}", isoloir::audit::kebab(name))), "{language}: {name}");
        }
        for kind in &kinds {
            assert!(here.contains_key(&format!("kind-{}", isoloir::audit::kebab(kind))), "{language}: {kind}");
        }
    }
    // The audit page says the same, in its own languages.
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/src/i18n");
    let mut languages = 0;
    for file in fs::read_dir(pages).unwrap().map(|file| file.unwrap().path()) {
        let catalogue: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let said = |key: &str| assert!(catalogue["faults"][key].is_string(), "{}: {key}", file.display());
        faults.iter().for_each(|name| said(name));
        kinds.iter().for_each(|kind| said(&format!("kind_{kind}")));
        languages += 1;
    }
    assert_eq!(languages, 6);
}

/// Every command and option, with its help as the catalogue has it.
fn helps(command: &clap::Command, path: &str, found: &mut Vec<(String, String)>) {
    found.push((path.to_owned(), command.get_about().map(ToString::to_string).unwrap_or_default()));
    for arg in command.get_arguments().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version")) {
        found.push((format!("{path} --{}", arg.get_id()), arg.get_help().map(ToString::to_string).unwrap_or_default()));
    }
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        helps(below, &format!("{path} {}", below.get_name()), found);
    }
}

#[test]
fn the_help_is_translated_whole() {
    let mut english = Vec::new();
    helps(&Cli::command(), "isoloir", &mut english);
    let mut french = Vec::new();
    helps(&isoloir::args::translate(Cli::command(), &Catalogue::new(Language::French), "help"), "isoloir", &mut french);
    assert!(english.len() > 100, "{}", english.len());
    for ((path, english), (_, french)) in english.iter().zip(&french) {
        assert!(!english.is_empty(), "{path} has no help");
        assert_ne!(english, french, "{path} has no French help");
    }
}
