//! From strict JSON to a document within all bounds, and its keys (section 2).

use std::collections::BTreeMap;

use super::{
    ElectionId, ManifestError, TellerKeys,
    document::{Document, Format, Log, Organiser, Registrar, Suite, Teller, Witness},
    json::{Members, Node},
    time::parse_time,
};
use crate::{
    group::SealKey,
    question::{Question, Text},
    signature::SignKey,
};

/// The most characters of a text or a group.
const TEXT: usize = 2_000;
/// The most characters of a name, a channel or an origin.
const NAME: usize = 200;
/// The most bytes of a leaf; kind and time take 9 of them.
const LEAF: usize = 65_535;

/// What the strings of a document stand for.
#[derive(Debug, Clone)]
pub(super) struct Parsed {
    pub(super) opens_ms: u64,
    pub(super) closes_ms: u64,
    pub(super) tellers: Vec<TellerKeys>,
    pub(super) registrars: Vec<SignKey>,
    pub(super) witnesses: Vec<(String, SignKey)>,
    pub(super) organiser: SignKey,
    pub(super) log: SignKey,
    pub(super) roll_scope: [u8; 32],
    pub(super) previous: Option<ElectionId>,
}

/// The keys met so far and where they stand.
#[derive(Default)]
struct Keys {
    sign: BTreeMap<[u8; 32], String>,
    seal: BTreeMap<[u8; 32], String>,
    seal_mont: BTreeMap<[u8; 32], String>,
}

/// Reads and checks a whole manifest.
pub(super) fn manifest(root: Node) -> Result<(Document, Parsed), ManifestError> {
    let mut root = root.object()?;
    constant(root.take("format")?, "isoloir/v1")?;
    constant(root.take("suite")?, "x25519-chacha20poly1305")?;
    let title = text(root.take("title")?)?;
    let questions = root.take("questions")?.array(1, 32)?;
    let questions = questions.into_iter().map(question).collect::<Result<_, _>>()?;
    let groups = groups(root.take("groups")?)?;
    let smallest_group = root.take("smallest_group")?.integer(1, 65_535_u32)?;
    let (opens, opens_ms) = time(root.take("opens")?)?;
    let (closes, closes_ms) = time(root.take("closes")?)?;
    if opens_ms >= closes_ms {
        return Err(ManifestError::Times);
    }
    let grace_minutes = root.take("grace_minutes")?.integer(0, 1_440_u32)?;
    let revote = root.take("revote")?.boolean()?;

    let mut keys = Keys::default();
    let tellers = root.take("tellers")?.array(1, 16)?;
    let share_count = u8::try_from(tellers.len()).unwrap_or(u8::MAX);
    let threshold = root.take("threshold")?.integer(share_count.min(2), share_count)?;
    let (tellers, teller_keys) = pairs(tellers, |node| teller(node, &mut keys))?;
    let registrars = root.take("registrars")?.array(1, 4)?;
    let (registrars, registrar_keys) = pairs(registrars, |node| registrar(node, &mut keys))?;
    let (roll_scope, roll_scope_bytes) = root.take("roll_scope")?.base64()?;
    let (previous, previous_id) = previous(root.take("previous")?)?;
    let least_minutes = if threshold < share_count { 15 } else { 0 };
    let report_minutes = root.take("report_minutes")?.integer(least_minutes, 10_080_u32)?;
    let (witnesses, witness_keys) = witnesses(root.take("witnesses")?, &mut keys)?;
    let witness_quorum = witness_quorum(root.take("witness_quorum")?, witnesses.len())?;
    let (organiser, organiser_key) = organiser(root.take("organiser")?, &mut keys)?;
    let (log, log_key) = log(root.take("log")?, &mut keys)?;
    root.finish()?;
    keys.check_kinds()?;

    let document = Document {
        format: Format::V1,
        suite: Suite::X25519ChaCha20Poly1305,
        title,
        questions,
        groups,
        smallest_group,
        opens,
        closes,
        grace_minutes,
        revote,
        threshold,
        tellers,
        registrars,
        roll_scope,
        previous,
        report_minutes,
        witnesses,
        witness_quorum,
        organiser,
        log,
    };
    let most = LEAF.saturating_sub(9);
    if document.ballot_len() > most {
        return Err(ManifestError::BallotLength { found: document.ballot_len(), most });
    }
    let parsed = Parsed {
        opens_ms,
        closes_ms,
        tellers: teller_keys,
        registrars: registrar_keys,
        witnesses: witness_keys,
        organiser: organiser_key,
        log: log_key,
        roll_scope: roll_scope_bytes,
        previous: previous_id,
    };
    Ok((document, parsed))
}

fn constant(node: Node, expected: &'static str) -> Result<(), ManifestError> {
    let path = node.path().to_owned();
    if node.string()? == expected { Ok(()) } else { Err(ManifestError::Constant { path, expected }) }
}

fn text(node: Node) -> Result<Text, ManifestError> {
    let path = node.path().to_owned();
    let mut texts = BTreeMap::new();
    let mut tags = BTreeMap::new();
    for (tag, words) in node.object()?.all() {
        let place = words.path().to_owned();
        if !is_language_tag(&tag) {
            return Err(ManifestError::Language { path: place });
        }
        distinct(&mut tags, tag.to_ascii_lowercase(), place)?;
        texts.insert(tag, words.text(TEXT)?);
    }
    if texts.is_empty() {
        return Err(ManifestError::NoText { path });
    }
    Ok(Text(texts))
}

fn question(node: Node) -> Result<Question, ManifestError> {
    let mut members = node.object()?;
    let title = text(members.take("title")?)?;
    let options = members.take("options")?.array(1, 255)?;
    let options = options.into_iter().map(text).collect::<Result<Vec<_>, _>>()?;
    let most = u32::try_from(options.len()).unwrap_or(u32::MAX);
    let max = members.take("max")?.integer(1, most)?;
    let min = members.take("min")?.integer(0, max)?;
    let blank = members.take("blank")?;
    let path = blank.path().to_owned();
    let blank = blank.boolean()?;
    members.finish()?;
    if blank && min == 0 {
        return Err(ManifestError::Blank { path });
    }
    Ok(Question { title, options, min, max, blank })
}

fn groups(node: Node) -> Result<Vec<String>, ManifestError> {
    let mut seen = BTreeMap::new();
    let mut groups = Vec::new();
    for node in node.array(1, 4_096)? {
        let path = node.path().to_owned();
        let group = node.text(TEXT)?;
        distinct(&mut seen, group.clone(), path)?;
        groups.push(group);
    }
    Ok(groups)
}

fn time(node: Node) -> Result<(String, u64), ManifestError> {
    let path = node.path().to_owned();
    let text = node.string()?;
    match parse_time(&text) {
        Some(ms) => Ok((text, ms)),
        None => Err(ManifestError::Time { path }),
    }
}

fn teller(node: Node, keys: &mut Keys) -> Result<(Teller, TellerKeys), ManifestError> {
    let mut members = node.object()?;
    let name = members.take("name")?.text(NAME)?;
    let (seal, seal_key) = keys.seal(members.take("seal")?)?;
    let (sign, sign_key) = keys.sign(&mut members)?;
    members.finish()?;
    Ok((Teller { name, seal, sign }, TellerKeys { seal: seal_key, sign: sign_key }))
}

fn registrar(node: Node, keys: &mut Keys) -> Result<(Registrar, SignKey), ManifestError> {
    let mut members = node.object()?;
    let name = members.take("name")?.text(NAME)?;
    let channel = members.take("channel")?.text(NAME)?;
    let (sign, key) = keys.sign(&mut members)?;
    members.finish()?;
    Ok((Registrar { name, channel, sign }, key))
}

fn previous(node: Node) -> Result<(String, Option<ElectionId>), ManifestError> {
    if node.is_empty_string() {
        return Ok((String::new(), None));
    }
    let (text, id) = node.base64()?;
    Ok((text, Some(ElectionId::from(id))))
}

type Witnesses = (Vec<Witness>, Vec<(String, SignKey)>);

fn witnesses(node: Node, keys: &mut Keys) -> Result<Witnesses, ManifestError> {
    let mut names = BTreeMap::new();
    pairs(node.array(0, 16)?, |node| {
        let mut members = node.object()?;
        let name = members.take("name")?;
        let path = name.path().to_owned();
        let name = key_name(name)?;
        distinct(&mut names, name.clone(), path)?;
        let (sign, key) = keys.sign(&mut members)?;
        members.finish()?;
        Ok((Witness { name: name.clone(), sign }, (name, key)))
    })
}

/// More than half of the witnesses, if there are any.
fn witness_quorum(node: Node, witnesses: usize) -> Result<u32, ManifestError> {
    let most = u32::try_from(witnesses).unwrap_or(u32::MAX);
    let least = if most == 0 { 0 } else { (most / 2).saturating_add(1) };
    node.integer(least, most)
}

fn organiser(node: Node, keys: &mut Keys) -> Result<(Organiser, SignKey), ManifestError> {
    let mut members = node.object()?;
    let name = members.take("name")?.text(NAME)?;
    let (sign, key) = keys.sign(&mut members)?;
    members.finish()?;
    Ok((Organiser { name, sign }, key))
}

fn log(node: Node, keys: &mut Keys) -> Result<(Log, SignKey), ManifestError> {
    let mut members = node.object()?;
    let origin = key_name(members.take("origin")?)?;
    let (sign, key) = keys.sign(&mut members)?;
    members.finish()?;
    Ok((Log { origin, sign }, key))
}

/// A name that stands in signed notes.
fn key_name(node: Node) -> Result<String, ManifestError> {
    let path = node.path().to_owned();
    let name = node.text(NAME)?;
    if name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'+') { Ok(name) } else { Err(ManifestError::KeyName { path }) }
}

impl Keys {
    /// Takes the member `sign`, a key like no other so far.
    fn sign(&mut self, members: &mut Members) -> Result<(String, SignKey), ManifestError> {
        let node = members.take("sign")?;
        let path = node.path().to_owned();
        let (text, bytes) = node.base64()?;
        let Some(key) = SignKey::from_bytes(&bytes) else {
            return Err(ManifestError::Key { path });
        };
        distinct(&mut self.sign, bytes, path)?;
        Ok((text, key))
    }

    /// Reads a seal key like no other so far.
    fn seal(&mut self, node: Node) -> Result<(String, SealKey), ManifestError> {
        let path = node.path().to_owned();
        let (text, bytes) = node.base64()?;
        let Some(key) = SealKey::decode(&bytes) else {
            return Err(ManifestError::Key { path });
        };
        distinct(&mut self.seal_mont, key.mont(), path.clone())?;
        self.seal.insert(bytes, path);
        Ok((text, key))
    }

    /// Refuses a key that is there as seal key and as sign key.
    fn check_kinds(self) -> Result<(), ManifestError> {
        for (bytes, path) in self.seal {
            if let Some(first) = self.sign.get(&bytes) {
                return Err(ManifestError::Repeated { path, first: first.clone() });
            }
        }
        Ok(())
    }
}

/// Adds `key`, which stands at `path`, unless it is there already.
fn distinct<K: Ord>(seen: &mut BTreeMap<K, String>, key: K, path: String) -> Result<(), ManifestError> {
    match seen.get(&key) {
        Some(first) => Err(ManifestError::Repeated { path, first: first.clone() }),
        None => {
            seen.insert(key, path);
            Ok(())
        }
    }
}

/// What an item says and the key that its strings stand for, for all items.
fn pairs<A, B>(nodes: Vec<Node>, read: impl FnMut(Node) -> Result<(A, B), ManifestError>) -> Result<(Vec<A>, Vec<B>), ManifestError> {
    nodes.into_iter().map(read).collect()
}

/// Whether a text is of the form `[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*`.
fn is_language_tag(tag: &str) -> bool {
    let mut subtags = tag.split('-');
    let primary =
        subtags.next().is_some_and(|primary| (2..=8).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_alphabetic()));
    primary && subtags.all(|subtag| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
