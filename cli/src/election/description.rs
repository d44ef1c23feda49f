//! An election as an organiser describes it: a TOML or JSON file that people write by hand.
//!
//! ```toml
//! name = "congress-2026"                      # the log's name on the server, never used twice
//! title = { fr = "Congrès 2026", en = "Congress 2026" }
//! zone = "Europe/Paris"                       # for times without an offset
//! opens = "2026-12-01 13:00"
//! closes = "2026-12-03 22:00"
//! groups = ["Berlin", "Londres"]
//! tellers = ["teller-1.pub.json", "teller-2.pub.json", "teller-3.pub.json"]    # files that the tellers sent
//! threshold = 2
//! registrars = ["registrar-1.pub.json", "registrar-2.pub.json"]
//! witnesses = ["witness-1.pub.json", "rival.example+a1b2c3d4+BK3…"]    # files, or the lines that the page /witness/ gave
//!
//! [[questions]]
//! title = { fr = "Quel texte ?", en = "Which text?" }
//! options = [{ fr = "Texte A", en = "Text A" }, { fr = "Texte B", en = "Text B" }]
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    log::witness::read_verifier_line,
    manifest::{Document, ElectionId, Format, Log, Organiser, Suite},
    question::{Question, Text},
};
use serde::Deserialize;

use crate::{
    durable,
    keys::{PublicFile, Role},
    problem,
    problem::{Outcome, Problem},
    registrar::roll_file::Roll,
    times,
};

/// A description as written, with the public keys read from their files.
#[derive(Debug)]
pub struct Description {
    /// The log's name on the server.
    pub name: String,
    /// When voting begins, ms since 1970.
    pub opens: u64,
    /// When voting ends, ms since 1970.
    pub closes: u64,
    written: Written,
    tellers: Vec<PublicFile>,
    registrars: Vec<PublicFile>,
    witnesses: Vec<PublicFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    title: Text,
    #[serde(default)]
    zone: String,
    opens: String,
    closes: String,
    #[serde(default = "fifteen")]
    grace_minutes: u32,
    #[serde(default = "yes")]
    revote: bool,
    groups: Vec<String>,
    #[serde(default = "five")]
    smallest_group: u32,
    tellers: Vec<PathBuf>,
    threshold: u8,
    registrars: Vec<PathBuf>,
    #[serde(default)]
    witnesses: Vec<String>,
    /// Left out: two if there are as many, else as few as the protocol allows.
    witness_quorum: Option<u32>,
    #[serde(default = "sixty")]
    report_minutes: u32,
    organiser: Option<String>,
    questions: Vec<WrittenQuestion>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenQuestion {
    title: Text,
    options: Vec<Text>,
    #[serde(default = "one")]
    min: u32,
    #[serde(default = "one")]
    max: u32,
    #[serde(default = "yes")]
    blank: bool,
}

const fn one() -> u32 {
    1
}
const fn five() -> u32 {
    5
}
const fn fifteen() -> u32 {
    15
}
const fn sixty() -> u32 {
    60
}
const fn yes() -> bool {
    true
}

/// What makes a manifest of a description.
pub struct Frame {
    /// The log that the server made.
    pub log: Log,
    /// The organiser's public key, base64.
    pub organiser_sign: String,
    /// The organiser's name in the key file.
    pub organiser_name: String,
    /// The scope of the codes: new, or that of the earlier election.
    pub roll_scope: [u8; 32],
    /// The earlier election, if its codes are used again.
    pub previous: Option<ElectionId>,
}

impl Description {
    /// Reads a description and the public files it names, which lie relative to it.
    pub fn load(path: &Path) -> Outcome<Self> {
        let text = durable::read_text(path)?;
        let wrong = |error: &dyn std::fmt::Display| problem!("description-unreadable", "path" => path.display()).because(error);
        let written: Written = if text.trim_start().starts_with('{') {
            serde_json::from_str(&text).map_err(|error| wrong(&error))?
        } else {
            toml::from_str(&text).map_err(|error| wrong(&error))?
        };
        let zone = times::zone(&written.zone)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let files =
            |paths: &[PathBuf], role| paths.iter().map(|path| PublicFile::load(&folder.join(path), role)).collect::<Outcome<Vec<_>>>();
        Ok(Self {
            name: written.name.clone(),
            opens: times::parse(&written.opens, &zone)?,
            closes: times::parse(&written.closes, &zone)?,
            tellers: files(&written.tellers, Role::Teller)?,
            registrars: files(&written.registrars, Role::Registrar)?,
            witnesses: written.witnesses.iter().map(|named| witness(folder, named)).collect::<Outcome<Vec<_>>>()?,
            written,
        })
    }

    /// The groups, by which a roll is read.
    #[must_use]
    pub fn groups(&self) -> &[String] {
        &self.written.groups
    }

    fn witness_quorum(&self) -> u32 {
        let count = u32::try_from(self.witnesses.len()).unwrap_or(u32::MAX);
        self.written.witness_quorum.unwrap_or(match count {
            0 => 0,
            count => (count / 2).saturating_add(1).max(count.min(2)),
        })
    }

    /// The manifest's document.
    #[must_use]
    pub fn document(&self, frame: &Frame) -> Document {
        let written = &self.written;
        Document {
            format: Format::V1,
            suite: Suite::X25519ChaCha20Poly1305,
            title: written.title.clone(),
            questions: written
                .questions
                .iter()
                .map(|question| Question {
                    title: question.title.clone(),
                    options: question.options.clone(),
                    min: question.min,
                    max: question.max,
                    // A question that may be left unanswered needs no blank option, and the protocol allows none.
                    blank: question.blank && question.min >= 1,
                })
                .collect(),
            groups: written.groups.clone(),
            smallest_group: written.smallest_group,
            opens: times::manifest(self.opens),
            closes: times::manifest(self.closes),
            grace_minutes: written.grace_minutes,
            revote: written.revote,
            threshold: written.threshold,
            tellers: self.tellers.iter().map(PublicFile::teller).collect(),
            registrars: self.registrars.iter().map(PublicFile::registrar).collect(),
            roll_scope: STANDARD.encode(frame.roll_scope),
            previous: frame.previous.map(|id| STANDARD.encode(id.as_bytes())).unwrap_or_default(),
            report_minutes: written.report_minutes,
            witnesses: self.witnesses.iter().map(PublicFile::witness).collect(),
            witness_quorum: self.witness_quorum(),
            organiser: Organiser {
                name: written.organiser.clone().unwrap_or_else(|| frame.organiser_name.clone()),
                sign: frame.organiser_sign.clone(),
            },
            log: frame.log.clone(),
        }
    }

    /// What an organiser should think about before the manifest is signed for good.
    #[must_use]
    pub fn warnings(&self, now: u64, roll: Option<&Roll>) -> Vec<Problem> {
        let written = &self.written;
        let mut warnings = Vec::new();
        let tellers = self.tellers.len();
        if tellers > usize::from(written.threshold) && self.witness_quorum() < 2 {
            warnings.push(problem!("warn-witnesses", "threshold" => written.threshold, "tellers" => tellers));
        }
        if written.threshold < 2 {
            warnings.push(problem!("warn-single-teller"));
        } else if tellers == usize::from(written.threshold) {
            warnings.push(problem!("warn-no-absent-teller", "tellers" => tellers));
        }
        if self.registrars.len() == 1 {
            warnings.push(problem!("warn-single-registrar"));
        }
        if self.opens <= now {
            warnings.push(problem!("warn-opens-in-the-past"));
        }
        if self.closes <= now {
            warnings.push(problem!("warn-closes-in-the-past"));
        }
        if written.zone.is_empty() && [&written.opens, &written.closes].iter().any(|time| !has_offset(time)) {
            warnings.push(problem!("warn-no-zone"));
        }
        if written.grace_minutes == 0 {
            warnings.push(problem!("warn-no-grace"));
        }
        if tellers > usize::from(written.threshold) && written.report_minutes < 60 {
            warnings.push(problem!("warn-short-report", "minutes" => written.report_minutes));
        }
        warnings.extend(self.languages());
        if let Some(roll) = roll {
            warnings.extend(self.about_roll(roll));
        }
        warnings
    }

    /// Texts that lack a language which others have.
    fn languages(&self) -> Option<Problem> {
        let written = &self.written;
        let texts = std::iter::once(&written.title)
            .chain(written.questions.iter().flat_map(|question| std::iter::once(&question.title).chain(&question.options)));
        let sets: Vec<BTreeSet<String>> = texts.map(|text| text.0.keys().map(|tag| tag.to_ascii_lowercase()).collect()).collect();
        let all: BTreeSet<String> = sets.iter().flatten().cloned().collect();
        let lacking: Vec<String> = all.iter().filter(|tag| sets.iter().any(|set| !set.contains(*tag))).cloned().collect();
        (!lacking.is_empty()).then(|| problem!("warn-language-missing", "languages" => lacking.join(", ")))
    }

    fn about_roll(&self, roll: &Roll) -> Vec<Problem> {
        let smallest = usize::try_from(self.written.smallest_group).unwrap_or(usize::MAX);
        let mut warnings = Vec::new();
        if roll.members.len() < smallest {
            warnings.push(problem!("warn-roll-too-small", "members" => roll.members.len(), "smallest" => smallest));
        }
        let mut groups = BTreeMap::<u16, usize>::new();
        let mut weights = BTreeMap::<u32, usize>::new();
        for member in &roll.members {
            let group = groups.entry(member.group).or_default();
            *group = group.saturating_add(1);
            let weight = weights.entry(member.weight).or_default();
            *weight = weight.saturating_add(1);
        }
        let merged = groups.values().filter(|members| **members < smallest).count();
        if merged > 0 {
            warnings.push(problem!("warn-groups-merged", "count" => merged, "smallest" => smallest));
        }
        let empty = self.written.groups.len().saturating_sub(groups.len());
        if empty > 0 {
            warnings.push(problem!("warn-groups-empty", "count" => empty));
        }
        for (weight, members) in weights {
            if members < smallest {
                warnings.push(problem!("warn-rare-weight", "weight" => weight, "members" => members, "smallest" => smallest));
            }
        }
        warnings
    }
}

/// A witness of the description: the line that the witness sent, or the public file that lies beside.
fn witness(folder: &Path, named: &str) -> Outcome<PublicFile> {
    match read_verifier_line(named.trim()) {
        Some((name, key)) => {
            Ok(PublicFile { role: Role::Witness, name, channel: String::new(), seal: String::new(), sign: STANDARD.encode(key.bytes()) })
        }
        None => PublicFile::load(&folder.join(named), Role::Witness),
    }
}

fn has_offset(time: &str) -> bool {
    let clock = time.get(10..).unwrap_or_default();
    clock.contains(['Z', 'z', '+', '-'])
}
