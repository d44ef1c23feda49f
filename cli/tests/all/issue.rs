//! Handing codes out, killed at every step: before, within and after each write of the journal and each delivery.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use isoloir::{
    i18n::Language,
    problem,
    problem::Outcome,
    reference::Target,
    registrar::{
        delivery::{Delivery, Maildir},
        issue::Issuer,
        journal::{Journal, Line, Medium},
        message::Ready,
        roll_file::{self, Member},
        slots::Slots,
    },
};
use isoloir_protocol::{
    code::Code,
    credential::{CodePart, PartContext},
    manifest::{Document, Manifest},
    signature::SignSecret,
};

use super::support::{START, secret_in};

/// Where in a step the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    Before,
    Within,
    After,
}

/// Burns down with every step; when it is out, this step dies as `death` says, and nothing works any more.
#[derive(Clone)]
struct Fuse {
    left: Arc<AtomicU32>,
    death: Death,
}

impl Fuse {
    const WET: u32 = u32::MAX;

    fn new(steps: u32, death: Death) -> Self {
        Self { left: Arc::new(AtomicU32::new(steps)), death }
    }

    /// What happens to this step: nothing, this death, or it is never reached.
    fn step(&self) -> Option<Option<Death>> {
        match self.left.load(Ordering::SeqCst) {
            Self::WET => Some(None),
            0 => None,
            1 => {
                self.left.store(0, Ordering::SeqCst);
                Some(Some(self.death))
            }
            left => {
                self.left.store(left - 1, Ordering::SeqCst);
                Some(None)
            }
        }
    }

    fn burnt(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }
}

struct DyingFile {
    file: fs::File,
    fuse: Fuse,
}

impl Medium for DyingFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let death = self.fuse.step().ok_or_else(|| io::Error::other("dead"))?;
        let written = match death {
            None | Some(Death::After) => bytes,
            Some(Death::Within) => &bytes[..bytes.len() / 2],
            Some(Death::Before) => &[],
        };
        self.file.write_all(written)?;
        if death.is_some() { Err(io::Error::other("dead")) } else { Ok(()) }
    }
}

struct DyingDelivery<D> {
    inner: D,
    fuse: Fuse,
}

impl<D: Delivery> Delivery for DyingDelivery<D> {
    fn hand_over(&mut self, slot: u32, message: &Ready) -> Outcome<()> {
        let death = self.fuse.step().ok_or_else(|| problem!("demo-cast"))?;
        if matches!(death, None | Some(Death::After)) {
            self.inner.hand_over(slot, message)?;
        }
        if death.is_some() { Err(problem!("demo-cast")) } else { Ok(()) }
    }

    fn takes_back(&self) -> bool {
        self.inner.takes_back()
    }
}

/// A post office: every message that left stays, in order.
#[derive(Clone)]
struct Post(PathBuf);

impl Delivery for Post {
    fn hand_over(&mut self, slot: u32, message: &Ready) -> Outcome<()> {
        let number = fs::read_dir(&self.0).unwrap().count();
        fs::write(self.0.join(format!("{number:04}-{slot}")), message.bytes()).unwrap();
        Ok(())
    }

    fn takes_back(&self) -> bool {
        false
    }
}

/// An election of one registrar, which needs no server.
fn target(secret: &SignSecret) -> Target {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/vectors/elections/plain/entries.bin");
    let bytes = fs::read(vectors).unwrap();
    let length = usize::try_from(u32::from_be_bytes(bytes[13..17].try_into().unwrap())).unwrap();
    let manifest = Manifest::parse(&bytes[17..17 + length]).unwrap();
    let mut document: Document = (*manifest).clone();
    let sign = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, secret.public().bytes());
    document.registrars.truncate(1);
    document.registrars[0].sign = sign;
    let manifest = Manifest::parse(&document.to_json()).unwrap();
    Target { client: isoloir::client::Client::new("https://vote.example.org").unwrap(), manifest }
}

fn members(manifest: &Manifest) -> Vec<Member> {
    let mut text = String::from("number;name;e-mail;group\n");
    for number in 1..=3 {
        text.push_str(&format!("{number:03};Name {number};m{number}@example.org;{}\n", manifest.groups[0]));
    }
    roll_file::parse(text.as_bytes(), &manifest.groups).unwrap().members
}

struct Scene {
    folder: tempfile::TempDir,
    target: Target,
    secret: SignSecret,
    members: Vec<Member>,
    slots: Slots,
}

impl Scene {
    fn new() -> Self {
        let secret = SignSecret::from_bytes(&[9; 32]);
        let target = target(&secret);
        let members = members(&target.manifest);
        let mut slots = Slots::default();
        slots.add(&members);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("post")).unwrap();
        Self { folder, target, secret, members, slots }
    }

    fn issuer(&self) -> Issuer<'_> {
        Issuer {
            target: &self.target,
            registrar: 0,
            secret: &self.secret,
            from: "vote@example.org".parse().unwrap(),
            language: Language::English,
            template: None,
            zone: isoloir::times::zone("").unwrap(),
            carried: BTreeMap::new(),
        }
    }

    fn journal(&self, fuse: &Fuse) -> Outcome<Journal> {
        let path = self.folder.path().join("journal");
        // What Journal::open does, with a file that can die.
        let mut bytes = fs::read(&path).unwrap_or_default();
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
        fs::write(&path, &bytes).unwrap();
        let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        Journal::read(&bytes, Box::new(DyingFile { file, fuse: fuse.clone() }), &self.target.id().to_string(), 0)
    }

    /// One run of the program, up to the sealed roll part; the part if it got there.
    fn run(&self, fuse: &Fuse, delivery: &mut dyn Delivery) -> Option<Vec<u8>> {
        let assigned = self.slots.assign(&self.members).unwrap();
        let mut journal = self.journal(fuse).ok()?;
        if journal.sealed().is_none() {
            let undelivered =
                self.issuer().issue(&assigned, &BTreeSet::new(), &self.slots, &mut journal, delivery, &|| START, &mut |_, _| {}).ok()?;
            if !undelivered.0.is_empty() {
                return None;
            }
        }
        let part = self.issuer().roll_part(&assigned, &journal).unwrap();
        if journal.sealed().is_none() {
            journal.record(&Line::Sealed { part: "00".into() }).ok()?;
        }
        Some(part)
    }

    /// The key part that a member derives from a message.
    fn derived(&self, slot: u32, link: &str) -> [u8; 32] {
        let code = Code::parse(link.rsplit('.').next().unwrap()).unwrap();
        let context = PartContext { roll_scope: self.target.manifest.roll_scope(), registrar: 0, slot };
        *CodePart::derive(context, &code).unwrap().public().bytes()
    }

    fn key_parts(&self) -> BTreeMap<u32, [u8; 32]> {
        let journal = self.journal(&Fuse::new(Fuse::WET, Death::Before)).unwrap();
        (1..=3).map(|slot| (slot, *journal.part(slot).unwrap().0)).collect()
    }
}

const DEATHS: [Death; 3] = [Death::Before, Death::Within, Death::After];

/// head, slots, three times (made, delivery, handed), sealed.
const STEPS: u32 = 12;

#[test]
fn a_maildir_has_one_working_message_for_everybody_wherever_the_run_was_killed() {
    for death in DEATHS {
        for first in 1..=STEPS {
            for second in [3, 5, Fuse::WET] {
                let scene = Scene::new();
                let id = scene.target.id().to_string();
                let maildir = scene.folder.path().join("mail");
                for steps in [first, second, Fuse::WET] {
                    let fuse = Fuse::new(steps, death);
                    let mut delivery = DyingDelivery { inner: Maildir::open(&maildir, &id, 0).unwrap(), fuse: fuse.clone() };
                    let done = scene.run(&fuse, &mut delivery);
                    assert_eq!(done.is_none(), fuse.burnt(), "{death:?} at {first}, then {second}");
                }
                let box_ = Maildir::open(&maildir, &id, 0).unwrap();
                assert_eq!(fs::read_dir(maildir.join("new")).unwrap().count(), 3);
                for (slot, key_part) in scene.key_parts() {
                    assert_eq!(
                        scene.derived(slot, &secret_in(&box_.path(slot))),
                        key_part,
                        "{death:?} at {first}, then {second}: slot {slot}"
                    );
                }
            }
        }
    }
}

#[test]
fn of_several_sent_messages_the_newest_works_and_says_so() {
    let mut doubled = 0;
    for death in DEATHS {
        for first in 1..=STEPS {
            let scene = Scene::new();
            let post = Post(scene.folder.path().join("post"));
            for steps in [first, Fuse::WET] {
                let fuse = Fuse::new(steps, death);
                let mut delivery = DyingDelivery { inner: post.clone(), fuse: fuse.clone() };
                let done = scene.run(&fuse, &mut delivery);
                assert_eq!(done.is_none(), fuse.burnt(), "{death:?} at {first}");
            }
            let mut sent = BTreeMap::<u32, Vec<PathBuf>>::new();
            let mut files: Vec<PathBuf> = fs::read_dir(&post.0).unwrap().map(|entry| entry.unwrap().path()).collect();
            files.sort();
            for file in files {
                let name = file.file_name().unwrap().to_string_lossy().into_owned();
                sent.entry(name[5..].parse().unwrap()).or_default().push(file);
            }
            assert_eq!(sent.len(), 3, "nobody is left out");
            for (slot, key_part) in scene.key_parts() {
                let (newest, earlier) = sent[&slot].split_last().unwrap();
                assert_eq!(scene.derived(slot, &secret_in(newest)), key_part, "{death:?} at {first}: slot {slot}");
                for one in earlier {
                    assert_ne!(scene.derived(slot, &secret_in(one)), key_part);
                    let text = fs::read_to_string(newest).unwrap();
                    assert!(text.contains("this one replaces it"), "{text}");
                    doubled += 1;
                }
            }
        }
    }
    // A death right after a message left, or while its confirmation was written, is what makes a second one.
    assert!(doubled >= 6, "{doubled}");
}

#[test]
fn codes_never_go_out_under_another_assignment() {
    let mut scene = Scene::new();
    let fuse = Fuse::new(6, Death::After);
    let post = Post(scene.folder.path().join("post"));
    assert!(scene.run(&fuse, &mut DyingDelivery { inner: post.clone(), fuse: fuse.clone() }).is_none());
    let before = scene.slots.clone();
    // Somebody makes a new assignment, in another order.
    let text = "slot;number\n1;003\n2;002\n3;001\n";
    let other = Slots::parse(text.as_bytes()).unwrap();
    scene.slots =
        if other.fingerprint(3) == before.fingerprint(3) { Slots::parse(b"slot;number\n1;002\n2;001\n3;003\n").unwrap() } else { other };
    let wet = Fuse::new(Fuse::WET, Death::Before);
    let assigned = scene.slots.assign(&scene.members).unwrap();
    let mut journal = scene.journal(&wet).unwrap();
    let mut delivery = DyingDelivery { inner: post, fuse: wet };
    let error = scene.issuer().issue(&assigned, &BTreeSet::new(), &scene.slots, &mut journal, &mut delivery, &|| START, &mut |_, _| {});
    assert_eq!(error.unwrap_err().key(), "slots-changed");
}

#[test]
fn a_bounced_message_gets_a_new_code_before_the_roll_is_sealed() {
    let scene = Scene::new();
    let wet = Fuse::new(Fuse::WET, Death::Before);
    let mut post = Post(scene.folder.path().join("post"));
    let assigned = scene.slots.assign(&scene.members).unwrap();
    let mut journal = scene.journal(&wet).unwrap();
    let mut run = |again: &BTreeSet<u32>| {
        scene.issuer().issue(&assigned, again, &scene.slots, &mut journal, &mut post, &|| START, &mut |_, _| {}).unwrap();
    };
    run(&BTreeSet::new());
    run(&BTreeSet::new());
    assert_eq!(fs::read_dir(scene.folder.path().join("post")).unwrap().count(), 3);
    let before = scene.key_parts();
    run(&BTreeSet::from([2]));
    let after = scene.key_parts();
    assert_eq!(fs::read_dir(scene.folder.path().join("post")).unwrap().count(), 4);
    assert_eq!(before.iter().filter(|(slot, part)| after[slot] != **part).map(|(slot, _)| *slot).collect::<Vec<_>>(), [2]);
}
