//! The acceptance rules of section 5, one function for each kind of entry.

use rand_core::CryptoRng;

use super::{Election, Refusal};
use crate::{
    ballot::{Ballot, SUPERSEDES_NONE, Statement},
    log::{
        consent::{Consent, Role},
        entry::{DataRef, Entry, Kind, open_verifies, read_manifest_body},
        notice::{Notice, What},
        replacement::Replacement,
    },
    manifest::Manifest,
    roll::{RollPart, RollPartEntry},
    tally::{
        complaint::Reason,
        report::Report,
        sums::{self, BucketSums, Sums, Totals},
    },
};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// What an accepted entry changes.
pub(super) enum Change {
    Manifest(Box<Manifest>),
    Consent(Role),
    RollPart(Box<RollPart>),
    Open,
    /// The proof is still to be verified.
    Ballot(Box<Statement>),
    Replacement(Box<Replacement>),
    Notice(Box<Notice>),
    Close,
    Report {
        teller: u8,
        complaints: Vec<(u64, Reason)>,
    },
    Fix,
    Sums {
        teller: u8,
        sums: BucketSums,
    },
    Result(Totals),
}

impl Election {
    /// What an entry would change; all rules are checked but a ballot's proof.
    pub(super) fn change(&self, entry: &Entry, data: &[u8], rng: &mut impl CryptoRng) -> Result<Change, Refusal> {
        self.check_time(entry.time)?;
        let Some(manifest) = self.manifest.as_deref() else {
            return manifest_change(entry);
        };
        let body = |error| Refusal::Body { kind: entry.kind, error };
        match entry.kind {
            Kind::Manifest => Err(Refusal::ManifestFirst),
            Kind::Consent => self.consent(manifest, Consent::decode(&entry.body).map_err(body)?),
            Kind::RollPart => {
                let part = RollPartEntry::decode(&entry.body).map_err(body)?;
                self.roll_part(manifest, part, data, rng)
            }
            Kind::Open => self.open(manifest, &entry.body),
            Kind::Ballot => {
                let ballot = Ballot::decode(manifest, &entry.body).map_err(body)?;
                self.ballot_rules(&ballot, entry.time)?;
                self.statement(ballot).map(|statement| Change::Ballot(Box::new(statement)))
            }
            Kind::Replacement => {
                let replacement = Replacement::decode(&entry.body).map_err(body)?;
                self.replacement(manifest, replacement, entry.time)
            }
            Kind::Notice => {
                let notice = Notice::decode(&entry.body).map_err(body)?;
                self.notice(manifest, notice, entry.time)
            }
            Kind::Close => self.close_rules(entry),
            Kind::Report => {
                let report = Report::decode(&entry.body).map_err(body)?;
                self.report(manifest, &report, data)
            }
            Kind::Fix => self.fix_rules(manifest, entry),
            Kind::Sums => {
                let sums = Sums::decode(&entry.body).map_err(body)?;
                self.sums_rules(manifest, &sums, data)
            }
            Kind::Result => self.result_rules(manifest, entry, data),
        }
    }

    pub(super) fn check_time(&self, time: u64) -> Result<(), Refusal> {
        if time < self.last_time {
            return Err(Refusal::Time { last: self.last_time, time });
        }
        Ok(())
    }

    fn not_closed(&self, kind: Kind) -> Result<(), Refusal> {
        if self.close.is_some() { Err(Refusal::AlreadyClosed { kind }) } else { Ok(()) }
    }

    fn opened(&self, kind: Kind) -> Result<(), Refusal> {
        if self.opened.is_none() { Err(Refusal::NotOpened { kind }) } else { Ok(()) }
    }

    fn consent(&self, manifest: &Manifest, consent: Consent) -> Result<Change, Refusal> {
        self.not_closed(Kind::Consent)?;
        let role = consent.role;
        let last = match role {
            Role::Teller(teller) => self.tellers.get(usize::from(teller).wrapping_sub(1)).map(|state| state.consents_after),
            Role::Registrar(registrar) => self.registrars.get(usize::from(registrar)).map(|state| state.consents_after),
        };
        let last = last.ok_or(Refusal::UnknownRole { role })?;
        let after = consent.after;
        if after < last.max(1) || self.tree.root_at(after) != Some(consent.root) {
            return Err(Refusal::ConsentLog { role });
        }
        if !consent.verify(manifest) {
            return Err(Refusal::Signature { kind: Kind::Consent });
        }
        Ok(Change::Consent(role))
    }

    fn roll_part(&self, manifest: &Manifest, entry: RollPartEntry, data: &[u8], rng: &mut impl CryptoRng) -> Result<Change, Refusal> {
        let kind = Kind::RollPart;
        if self.opened.is_some() {
            return Err(Refusal::AlreadyOpened { kind });
        }
        let registrar = entry.registrar;
        let state = self.registrars.get(usize::from(registrar)).ok_or(Refusal::UnknownRole { role: Role::Registrar(registrar) })?;
        if state.part.is_some() {
            return Err(Refusal::Twice { kind });
        }
        if crate::hash::sha256(data) != entry.sha256 {
            return Err(Refusal::Data { kind });
        }
        let part = RollPart::verify(manifest, data, rng).map_err(|error| Refusal::Roll { registrar, error })?;
        let count = usize::try_from(entry.count).unwrap_or(usize::MAX);
        if part.registrar() != registrar || part.members().len() != count || !self.roll.has_rows_of(&part) {
            return Err(Refusal::RollRows { registrar });
        }
        if let Some(slot) = self.roll.slot_without_key(&part, self.registrars.len()) {
            return Err(Refusal::SlotKey { slot });
        }
        Ok(Change::RollPart(Box::new(part)))
    }

    fn open(&self, manifest: &Manifest, body: &[u8]) -> Result<Change, Refusal> {
        let kind = Kind::Open;
        if self.opened.is_some() {
            return Err(Refusal::Twice { kind });
        }
        let parts = self.part_hashes();
        let missing = self.registrars.len().saturating_sub(parts.len());
        if missing > 0 {
            return Err(Refusal::PartsMissing { missing });
        }
        let tellers = (1..).map(Role::Teller).zip(self.tellers.iter().map(|state| state.consented));
        let registrars = (0..).map(Role::Registrar).zip(self.registrars.iter().map(|state| state.consented));
        if let Some((role, _)) = tellers.chain(registrars).find(|(_, time)| time.is_none()) {
            return Err(Refusal::NoConsent { role });
        }
        if !open_verifies(manifest, &parts, body) {
            return Err(Refusal::Signature { kind });
        }
        Ok(Change::Open)
    }

    /// The rules for a ballot at `time`, its proof left aside.
    pub(super) fn ballot_rules(&self, ballot: &Ballot, time: u64) -> Result<(), Refusal> {
        self.slot_rules(ballot.slot(), ballot.supersedes(), time)
    }

    /// The same, of a ballot of which no more is known than that.
    pub(super) fn slot_rules(&self, slot: u32, supersedes: u64, time: u64) -> Result<(), Refusal> {
        let kind = Kind::Ballot;
        let manifest = self.manifest.as_deref().ok_or(Refusal::ManifestFirst)?;
        self.opened(kind)?;
        self.not_closed(kind)?;
        if self.roll.member(slot).is_none() {
            return Err(Refusal::UnknownSlot { slot });
        }
        let from = manifest.opens_ms();
        if time < from {
            return Err(Refusal::TooEarly { kind, from });
        }
        let until = self.end();
        if time >= until {
            return Err(Refusal::TooLate { kind, until });
        }
        if self.suspended {
            return Err(Refusal::Suspended);
        }
        let current = self.roll.current(slot).map(super::Current::index);
        if let Some(current) = current.filter(|_| !manifest.revote) {
            return Err(Refusal::NoRevote { slot, current });
        }
        if supersedes != current.unwrap_or(SUPERSEDES_NONE) {
            return Err(Refusal::Supersedes { slot, current });
        }
        Ok(())
    }

    fn replacement(&self, manifest: &Manifest, replacement: Replacement, time: u64) -> Result<Change, Refusal> {
        let kind = Kind::Replacement;
        self.not_closed(kind)?;
        if !self.roll.is_complete() {
            let missing = self.registrars.len().saturating_sub(self.part_hashes().len());
            return Err(Refusal::PartsMissing { missing });
        }
        let (slot, registrar) = (replacement.slot, replacement.registrar);
        if self.roll.member(slot).is_none() {
            return Err(Refusal::UnknownSlot { slot });
        }
        if manifest.registrar_key(registrar).is_none() {
            return Err(Refusal::UnknownRole { role: Role::Registrar(registrar) });
        }
        self.fresh(kind, replacement.after, self.roll.replaced_after(slot, registrar), replacement.signed_at, time, 24 * HOUR)?;
        if !replacement.verify(manifest) {
            return Err(Refusal::Signature { kind });
        }
        if self.roll.key_with(&replacement).is_none() {
            return Err(Refusal::SlotKey { slot });
        }
        Ok(Change::Replacement(Box::new(replacement)))
    }

    fn notice(&self, manifest: &Manifest, notice: Notice, time: u64) -> Result<Change, Refusal> {
        let kind = Kind::Notice;
        self.opened(kind)?;
        self.fresh(kind, notice.after, self.notices_after, notice.signed_at, time, HOUR)?;
        if !notice.verify(manifest) {
            return Err(Refusal::Signature { kind });
        }
        if notice.what != What::Message {
            self.not_closed(kind)?;
        }
        let fits = match notice.what {
            What::Suspend => !self.suspended,
            What::Resume => self.suspended,
            What::Extend { closes } => closes > self.closing_time() && time < self.end(),
            What::Message => true,
        };
        if !fits {
            return Err(Refusal::NoticeState);
        }
        Ok(Change::Notice(Box::new(notice)))
    }

    /// `last ≤ after ≤ size`, and signed at most `early` ms before and ten minutes after `time`.
    fn fresh(&self, kind: Kind, after: u64, last: u64, signed_at: u64, time: u64, early: u64) -> Result<(), Refusal> {
        if after < last || after > self.size() {
            return Err(Refusal::NotFresh { kind });
        }
        let too_old = time.saturating_sub(signed_at) > early;
        let too_new = signed_at.saturating_sub(time) > 10 * MINUTE;
        if too_old || too_new {
            return Err(Refusal::SignedAt { kind, signed_at, time });
        }
        Ok(())
    }

    fn close_rules(&self, entry: &Entry) -> Result<Change, Refusal> {
        let kind = Kind::Close;
        empty_body(entry)?;
        if self.close.is_some() {
            return Err(Refusal::Twice { kind });
        }
        self.opened(kind)?;
        let from = self.end();
        if entry.time < from {
            return Err(Refusal::TooEarly { kind, from });
        }
        Ok(Change::Close)
    }

    fn report(&self, manifest: &Manifest, report: &Report, data: &[u8]) -> Result<Change, Refusal> {
        let kind = Kind::Report;
        let close = self.close.as_ref().ok_or(Refusal::NotClosed { kind })?;
        let teller = report.teller;
        let state = self.teller_state(teller)?;
        if state.reported.is_some() {
            return Err(Refusal::Twice { kind });
        }
        if report.size != close.root.size || report.root != close.root.root {
            return Err(Refusal::ReportLog { teller });
        }
        if !report.verify(manifest) {
            return Err(Refusal::Signature { kind });
        }
        if !report.data.is_of(data) {
            return Err(Refusal::Data { kind });
        }
        let read = report.read_complaints(data).map_err(|error| Refusal::Complaint { teller, index: None, error })?;
        let mut complaints = Vec::with_capacity(read.len());
        for complaint in &read {
            let index = complaint.index();
            let ballot = self.current_ballot_at(index).ok_or(Refusal::ComplaintIndex { teller, index })?;
            let reason =
                complaint.verify(manifest, teller, ballot).map_err(|error| Refusal::Complaint { teller, index: Some(index), error })?;
            if reason.voids() && self.fix.is_some() {
                return Err(Refusal::LateComplaint { teller });
            }
            complaints.push((index, reason));
        }
        Ok(Change::Report { teller, complaints })
    }

    fn fix_rules(&self, manifest: &Manifest, entry: &Entry) -> Result<Change, Refusal> {
        let kind = Kind::Fix;
        empty_body(entry)?;
        let close = self.close.as_ref().ok_or(Refusal::NotClosed { kind })?;
        if self.fix.is_some() {
            return Err(Refusal::Twice { kind });
        }
        let reports = self.reports();
        if reports == self.tellers.len() {
            return Ok(Change::Fix);
        }
        let from = close.time.saturating_add(manifest.report_ms());
        if reports < usize::from(manifest.quorum()) || entry.time < from {
            return Err(Refusal::TooEarly { kind, from });
        }
        Ok(Change::Fix)
    }

    fn sums_rules(&self, manifest: &Manifest, sums: &Sums, data: &[u8]) -> Result<Change, Refusal> {
        let kind = Kind::Sums;
        let counted = self.counted_hash().ok_or(Refusal::NotFixed { kind })?;
        let teller = sums.teller;
        let state = self.teller_state(teller)?;
        if state.reported.is_none() {
            return Err(Refusal::NotReported { teller });
        }
        if state.summed.is_some() {
            return Err(Refusal::Twice { kind });
        }
        if self.too_few() {
            return Err(Refusal::TooFew);
        }
        if !sums.verify(manifest) {
            return Err(Refusal::Signature { kind });
        }
        if sums.counted != counted {
            return Err(Refusal::Counted { teller });
        }
        if !sums.data.is_of(data) {
            return Err(Refusal::Data { kind });
        }
        let read = sums::read_data(manifest, self.buckets().len(), data).map_err(|error| Refusal::SumsData { teller, error })?;
        // Without the commitments nothing could be checked.
        let commitments = self.bucket_commitments(manifest).ok_or(Refusal::Counted { teller })?;
        sums::check(teller, &read, commitments).map_err(|(bucket, question)| Refusal::Sums { teller, bucket, question })?;
        Ok(Change::Sums { teller, sums: read })
    }

    fn result_rules(&self, manifest: &Manifest, entry: &Entry, data: &[u8]) -> Result<Change, Refusal> {
        let kind = Kind::Result;
        if self.fix.is_none() {
            return Err(Refusal::NotFixed { kind });
        }
        if self.totals.is_some() {
            return Err(Refusal::Twice { kind });
        }
        let mut reader = crate::codec::Reader::new(&entry.body);
        let named =
            DataRef::read(&mut reader).and_then(|named| reader.finish().map(|()| named)).map_err(|error| Refusal::Body { kind, error })?;
        let needed = usize::from(manifest.threshold);
        if self.sums.len() < needed {
            return Err(Refusal::SumsMissing { found: self.sums.len(), needed });
        }
        let totals = self.interpolated(manifest).ok_or(Refusal::Totals)?;
        let expected = sums::totals_data(&totals);
        if named != DataRef::to(&expected) {
            return Err(Refusal::Totals);
        }
        if data != expected {
            return Err(Refusal::Data { kind });
        }
        Ok(Change::Result(totals))
    }

    fn teller_state(&self, teller: u8) -> Result<&super::TellerState, Refusal> {
        let position = usize::from(teller).wrapping_sub(1);
        self.tellers.get(position).ok_or(Refusal::UnknownRole { role: Role::Teller(teller) })
    }
}

fn manifest_change(entry: &Entry) -> Result<Change, Refusal> {
    let kind = Kind::Manifest;
    if entry.kind != kind {
        return Err(Refusal::ManifestFirst);
    }
    let (bytes, signature) = read_manifest_body(&entry.body).map_err(|error| Refusal::Body { kind, error })?;
    let manifest = Manifest::parse(bytes)?;
    if !manifest.organiser_key().verify("isoloir/v1/manifest", &[bytes], &signature) {
        return Err(Refusal::Signature { kind });
    }
    Ok(Change::Manifest(Box::new(manifest)))
}

fn empty_body(entry: &Entry) -> Result<(), Refusal> {
    match entry.body.len() {
        0 => Ok(()),
        count => Err(Refusal::Body { kind: entry.kind, error: crate::codec::DecodeError::Trailing { count } }),
    }
}
