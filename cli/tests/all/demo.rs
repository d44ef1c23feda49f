//! The demonstration, played to its result; afterwards nothing that the server kept or logged holds a code, a name, an address or a choice.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use isoloir::{
    args::{self, Ending},
    audit::AuditArgs,
    context::{Clock, Context, Nobody, SystemClock},
    i18n::Language,
};
use isoloir_protocol::log::entry::{Entry, Kind};

use super::support::{Captured, keep, messages, secret_in};

/// The machine's clock, moved ahead by everything that is waited for; the server beside gets a moment to notice.
struct Hurried(AtomicU64);

impl Clock for Hurried {
    fn now(&self) -> u64 {
        SystemClock.now() + self.0.load(Ordering::SeqCst)
    }

    fn pause(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
        let never = (Mutex::new(()), Condvar::new());
        drop(never.1.wait_timeout(never.0.lock().unwrap(), Duration::from_millis(50)).unwrap());
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn count(bytes: &[u8], wanted: &str) -> usize {
    bytes.windows(wanted.len()).filter(|window| *window == wanted.as_bytes()).count()
}

#[test]
fn plays_to_the_verified_result_and_leaves_no_secret_on_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().join("demo");
    let out = Captured::default();
    let clock = Arc::new(Hurried(AtomicU64::new(0)));
    let mut ctx = Context::new(Language::English, Box::new(out.clone()), Box::new(Nobody), clock);
    let words = ["isoloir", "demo", "--auto", "--members", "60", "--folder", top.to_str().unwrap()];
    let cli = args::read(&words.map(Into::into)).unwrap();
    let ended = args::run(&mut ctx, cli);
    let text = out.take();
    let commands = fs::read_to_string(top.join("commands.log")).unwrap_or_default();
    assert_eq!(ended, Ok(Ending::Good), "{text}\n{commands}");
    assert!(text.contains("The verified totals are exactly the 44 votes that were cast."), "{text}");
    assert!(text.lines().filter(|line| line.starts_with('V')).all(|line| line.contains("  holds  ")), "{text}");

    let archive = top.join("archive").to_str().unwrap().to_owned();
    keep(&ctx, &AuditArgs { archive, receipts: Vec::new(), previous: Vec::new(), compare: Vec::new(), json: false });

    let mut secrets = Vec::new();
    for registrar in 1..=2 {
        let found = messages(&top.join(format!("mail/registrar-{registrar}")));
        assert_eq!(found.len(), 60);
        for path in found.values() {
            let secret = secret_in(path);
            let code = secret.rsplit('.').next().unwrap().to_owned();
            secrets.extend([code.replace('-', ""), code.to_lowercase(), code]);
        }
        let roll = fs::read_to_string(top.join(format!("roll-{registrar}.csv"))).unwrap();
        for line in roll.lines().skip(1) {
            let fields: Vec<&str> = line.split(';').collect();
            secrets.extend([fields[2].to_owned(), fields[3].to_owned(), fields[3].split('@').next().unwrap().to_owned()]);
        }
    }
    secrets.sort();
    secrets.dedup();
    assert!(secrets.len() > 400, "{}", secrets.len());

    let mut kept = vec![top.join("server.log")];
    files(&top.join("server"), &mut kept);
    files(&top.join("archive"), &mut kept);
    assert!(kept.iter().any(|path| path.ends_with("isoloir.sqlite")));
    assert!(fs::metadata(top.join("server.log")).unwrap().len() > 1_000, "the server logs its requests");
    let options = ["Texte A", "Texte B", "Texte C", "Text A", "Text B", "Text C"];
    for path in &kept {
        let bytes = fs::read(path).unwrap();
        for secret in &secrets {
            assert_eq!(count(&bytes, secret), 0, "{}: {secret}", path.display());
        }
        // Option titles stand in the manifest, as often as the manifest stands there, and nowhere else.
        let manifests =
            ["\"suite\"", "\"smallest_group\"", "\"roll_scope\"", "\"witness_quorum\""].iter().map(|word| count(&bytes, word)).max();
        for option in options {
            assert!(count(&bytes, option) <= manifests.unwrap(), "{}: {option}", path.display());
        }
    }
    entries_hold_no_choice(&top.join("archive/entries.bin"), &options);
}

fn entries_hold_no_choice(path: &Path, options: &[&str]) {
    let bytes = fs::read(path).unwrap();
    let mut rest = bytes.as_slice();
    let mut ballots = 0;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (leaf, after) = after.split_at(usize::try_from(u32::from_be_bytes(*length)).unwrap());
        let entry = Entry::decode(leaf).unwrap();
        if entry.kind != Kind::Manifest {
            assert!(options.iter().all(|option| count(leaf, option) == 0));
        }
        ballots += usize::from(entry.kind == Kind::Ballot);
        rest = after;
    }
    assert_eq!(ballots, 45, "44 members voted, one of them twice");
}

#[test]
#[cfg(unix)]
fn a_browser_script_that_fails_ends_the_demonstration() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    fs::write(&script, "#!/bin/sh\n[ \"$2\" = vote ]\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    let top = folder.path().join("demo");
    let clock = Arc::new(Hurried(AtomicU64::new(0)));
    let mut ctx = Context::new(Language::English, Box::new(Captured::default()), Box::new(Nobody), clock);
    let (top, script) = (top.to_str().unwrap(), script.to_str().unwrap());
    let words = ["isoloir", "demo", "--auto", "--members", "20", "--folder", top, "--browser-script", script];
    let cli = args::read(&words.map(Into::into)).unwrap();
    let problem = args::run(&mut ctx, cli).unwrap_err();
    assert_eq!((problem.key(), problem.facts()[0].1.as_str()), ("demo-script", "count"));
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("thesis.txt");
    fs::write(&file, "years of work").unwrap();
    let mut ctx = Context::new(Language::English, Box::new(Captured::default()), Box::new(Nobody), Arc::new(SystemClock));
    let words = ["isoloir", "demo", "--auto", "--folder", folder.path().to_str().unwrap()];
    let cli = args::read(&words.map(Into::into)).unwrap();
    assert_eq!(args::run(&mut ctx, cli).unwrap_err().key(), "demo-folder-not-empty");
    assert_eq!(fs::read_to_string(file).unwrap(), "years of work");
}
