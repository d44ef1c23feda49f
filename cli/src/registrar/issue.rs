//! Making codes, handing their messages over, and signing the roll part: [`super::journal`] says why it may be killed at any step.

use std::collections::{BTreeMap, BTreeSet};

use isoloir_protocol::{
    code::Code,
    codec::Reader,
    credential::{CodePart, PartContext, Possession},
    group::Point,
    manifest::Manifest,
    rand_core::{CryptoRng, UnwrapErr},
    roll::{Member as RollMember, RollPart, RollRow},
    signature::SignSecret,
};
use jiff::tz::TimeZone;
use lettre::message::Mailbox;
use sha2::{Digest, Sha256};

use super::{
    delivery::Delivery,
    journal::{Journal, Line},
    message::{Envelope, Fields, Ready, Template},
    roll_file::Member,
    slots::Slots,
};
use crate::{
    i18n::Language,
    problem,
    problem::{Outcome, Problem},
    reference::Target,
    times,
};

/// After so many failures in a row the delivery itself is taken to be broken.
const MOST_FAILURES: u32 = 5;

/// One registrar of one election, about to send codes.
pub struct Issuer<'a> {
    /// The election.
    pub target: &'a Target,
    /// The registrar `p`, from 0.
    pub registrar: u8,
    /// The registrar's key.
    pub secret: &'a SignSecret,
    /// The sender of the messages.
    pub from: Mailbox,
    /// The language of members whose row names none.
    pub language: Language,
    /// The organiser's own template, if there is one.
    pub template: Option<Template>,
    /// The zone in which messages name times.
    pub zone: TimeZone,
    /// In a second round, the public parts of slots whose codes stay as they were.
    pub carried: BTreeMap<u32, PublicPart>,
}

/// What a run left undone.
#[derive(Debug, Default)]
pub struct Undelivered(pub Vec<Problem>);

/// A slot's public part, as the roll part and the journal have it.
pub struct PublicPart {
    /// `K_p`.
    pub key_part: [u8; 32],
    /// `P ‖ z`.
    pub possession: [u8; 64],
}

impl Issuer<'_> {
    fn manifest(&self) -> &Manifest {
        &self.target.manifest
    }

    fn context(&self, slot: u32) -> PartContext<'_> {
        PartContext { roll_scope: self.manifest().roll_scope(), registrar: self.registrar, slot }
    }

    /// A fresh code for a slot, and its secret part.
    pub fn code(&self, slot: u32, rng: &mut impl CryptoRng) -> Outcome<(Code, CodePart)> {
        let code = Code::generate(rng);
        let part = CodePart::derive(self.context(slot), &code).ok_or_else(|| problem!("code-unusable"))?;
        Ok((code, part))
    }

    /// The public part of a code, with its proof.
    pub fn public(&self, slot: u32, part: &CodePart, rng: &mut impl CryptoRng) -> PublicPart {
        let possession = part.prove(self.context(slot), &self.secret.public(), rng);
        PublicPart { key_part: *part.public().bytes(), possession: possession.bytes() }
    }

    /// The message of a slot with its code, read back and found right.
    pub fn message(&self, slot: u32, member: &Member, code: &Code, attempt: u32, takes_back: bool, now: u64) -> Outcome<Ready> {
        let first = self.registrar == 0;
        let language = member.language.unwrap_or(self.language);
        let manifest = self.manifest();
        let shown = code.shown();
        let link = zeroize::Zeroizing::new(self.target.link("vote", &format!(".{slot}.{}", shown.as_str())));
        let registrar = manifest.registrars.get(usize::from(self.registrar)).map(|registrar| registrar.name.clone());
        let mut fields = Fields::default();
        fields.set("name", &member.name);
        fields.set("number", &member.number);
        fields.set("title", manifest.title.in_language(&[language.tag()]));
        fields.set("organiser", &manifest.organiser.name);
        fields.set("registrar", registrar.unwrap_or_default());
        fields.set("slot", slot.to_string());
        fields.set("opens", times::shown(manifest.opens_ms(), &self.zone));
        fields.set("closes", times::shown(manifest.closes_ms(), &self.zone));
        fields.set("server", self.target.client.base());
        fields.set("test", self.target.link("device", &format!(".{slot}")));
        fields.set("check", format!("{}/check/", self.target.client.base()));
        let must_have = if first { link.clone() } else { shown.clone() };
        if first {
            fields.set_secret("link", link);
        } else {
            fields.set_secret("code", shown);
        }
        let again = attempt > 1 && !takes_back;
        let filled = match &self.template {
            Some(template) => template.fill(&fields, again)?,
            None => Template::built_in(first, language).fill(&fields, again)?,
        };
        let earlier = attempt.checked_sub(1).filter(|earlier| *earlier >= 1);
        let envelope = Envelope {
            from: &self.from,
            name: &member.name,
            to: &member.address,
            id: self.message_id(slot, attempt),
            replaces: earlier.map(|earlier| self.message_id(slot, earlier)),
            now,
        };
        let ready = Ready::build(&filled, &envelope, &must_have)?;
        // The text holds the code that was made: what its reader will derive from it is the part that goes into the roll.
        let read = must_have.rsplit('.').next().and_then(|code| Code::parse(code).ok());
        let same = read.and_then(|read| CodePart::derive(self.context(slot), &read)).map(|part| part.public())
            == CodePart::derive(self.context(slot), code).map(|part| part.public());
        if same { Ok(ready) } else { Err(problem!("message-faulty", "what" => "code")) }
    }

    /// The same message has the same identity; nothing in it is secret.
    fn message_id(&self, slot: u32, attempt: u32) -> String {
        let name = hex::encode(Sha256::digest(format!("{}.{}.{slot}.{attempt}", self.target.id(), self.registrar)));
        let host = self.from.email.domain();
        format!("<{}@{host}>", name.get(..32).unwrap_or(&name))
    }

    /// Renders every message with a throwaway code, so that a fault of the template or of a row shows before the first message leaves.
    pub fn rehearse(&self, roll: &BTreeMap<u32, &Member>) -> Outcome<()> {
        let mut rng = UnwrapErr(getrandom::SysRng);
        for (slot, member) in roll {
            let (code, _) = self.code(*slot, &mut rng)?;
            self.message(*slot, member, &code, 2, false, 0)
                .map_err(|problem| problem!("message-for-row", "row" => member.row).with(problem))?;
        }
        Ok(())
    }

    /// Makes and hands over what is still to do: slots without a code, and slots whose last message was never confirmed.
    ///
    /// Slots in `again` get a new code although their message was confirmed, as when it bounced later.
    /// A failed delivery leaves its slot for the next run; a failed journal stops at once. `progress` hears how many slots are done.
    #[allow(clippy::too_many_arguments, reason = "the parts of one run, each of another kind")]
    pub fn issue(
        &self,
        roll: &BTreeMap<u32, &Member>,
        again: &BTreeSet<u32>,
        slots: &Slots,
        journal: &mut Journal,
        delivery: &mut dyn Delivery,
        now: &dyn Fn() -> u64,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Outcome<Undelivered> {
        let mut rng = UnwrapErr(getrandom::SysRng);
        let mut undelivered = Undelivered::default();
        let mut in_a_row = 0_u32;
        let is_done = |slot: &u32| self.carried.contains_key(slot) || (journal.part(*slot).is_some() && !again.contains(slot));
        let todo: Vec<_> = roll.iter().filter(|(slot, _)| !is_done(slot)).collect();
        if !todo.is_empty() {
            assert_same_slots(slots, journal)?;
        }
        let mut done = roll.len().saturating_sub(todo.len());
        for (slot, member) in todo {
            let slot = *slot;
            match self.one(slot, member, journal, delivery, now(), &mut rng)? {
                Ok(()) => {
                    in_a_row = 0;
                    done = done.saturating_add(1);
                    progress(done, roll.len());
                }
                Err(problem) => {
                    undelivered.0.push(problem);
                    in_a_row = in_a_row.saturating_add(1);
                    if in_a_row >= MOST_FAILURES {
                        break;
                    }
                }
            }
        }
        Ok(undelivered)
    }

    /// One slot: made in the journal, handed over, handed in the journal. The code is gone when this returns.
    fn one(
        &self,
        slot: u32,
        member: &Member,
        journal: &mut Journal,
        delivery: &mut dyn Delivery,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Outcome<Outcome<()>> {
        let attempt = journal.next_attempt(slot);
        let (code, part) = self.code(slot, rng)?;
        let public = self.public(slot, &part, rng);
        let message = self.message(slot, member, &code, attempt, delivery.takes_back(), now)?;
        journal.record(&Line::Made {
            slot,
            attempt,
            key_part: hex::encode(public.key_part),
            possession: hex::encode(public.possession),
        })?;
        if let Err(problem) = delivery.hand_over(slot, &message) {
            return Ok(Err(problem!("message-undelivered", "row" => member.row, "slot" => slot).with(problem)));
        }
        journal.record(&Line::Handed { slot, attempt })?;
        Ok(Ok(()))
    }

    /// The bytes of the signed roll part; every slot of the roll must have been handed its code.
    pub fn roll_part(&self, roll: &BTreeMap<u32, &Member>, journal: &Journal) -> Outcome<Vec<u8>> {
        let mut rows = Vec::with_capacity(roll.len());
        for (slot, member) in roll {
            let carried = self.carried.get(slot).map(|public| (&public.key_part, &public.possession));
            let (key_part, possession) =
                carried.or_else(|| journal.part(*slot)).ok_or_else(|| problem!("slot-without-code", "slot" => slot))?;
            let unreadable = || problem!("slot-without-code", "slot" => slot);
            rows.push(RollRow {
                member: RollMember { slot: *slot, group: member.group, weight: member.weight },
                key_part: Point::decode(key_part).ok_or_else(unreadable)?,
                possession: Possession::read(&mut Reader::new(possession)).map_err(|error| unreadable().because(&error))?,
            });
        }
        let part = RollPart::sign(self.manifest(), self.registrar, &rows, self.secret);
        // What the server would refuse is found here: a journal that was changed, a roll out of bounds.
        RollPart::verify(self.manifest(), &part, &mut UnwrapErr(getrandom::SysRng))
            .map_err(|error| problem!("roll-part-invalid").because(&error))?;
        Ok(part)
    }
}

/// Codes go out under one assignment of slots: the file may have grown since, and nothing else.
fn assert_same_slots(slots: &Slots, journal: &mut Journal) -> Outcome<()> {
    if let Some((count, hash)) = journal.assignment() {
        if slots.fingerprint(count).map(hex::encode).as_deref() != Some(hash) {
            return Err(problem!("slots-changed", "count" => count));
        }
        if count == slots.count() {
            return Ok(());
        }
    }
    let count = slots.count();
    let hash = slots.fingerprint(count).map(hex::encode).unwrap_or_default();
    journal.record(&Line::Slots { count, hash })
}
