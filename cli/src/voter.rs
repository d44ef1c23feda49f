//! A voter without a browser: codes from messages, a ballot, and its checked receipt. The demonstration and tests vote with it.

use isoloir_protocol::{
    ballot::{self, Choice, Choices, Randomness, SUPERSEDES_NONE},
    code::Code,
    credential::{CodePart, PartContext, VoterKey},
    log::receipt::Receipt,
    rand_core::UnwrapErr,
};

use crate::{problem, problem::Outcome, reference::Target};

/// What one member got in messages: the slot and one code of each registrar.
pub struct Voter {
    slot: u32,
    codes: Vec<Code>,
}

impl Voter {
    /// A voter from the link of the first registrar's message and the codes of the others'.
    pub fn new(link: &str, further: &[&str]) -> Outcome<Self> {
        let wrong = || problem!("link-unreadable");
        let mut parts = link.split_once('#').map_or("", |(_, fragment)| fragment).split('.').skip(1);
        let slot = parts.next().and_then(|slot| slot.parse().ok()).ok_or_else(wrong)?;
        let first = parts.next().ok_or_else(wrong)?;
        let codes = std::iter::once(first).chain(further.iter().copied()).map(Code::parse).collect::<Result<_, _>>();
        Ok(Self { slot, codes: codes.map_err(|error| wrong().because(&error))? })
    }

    /// The slot.
    #[must_use]
    pub const fn slot(&self) -> u32 {
        self.slot
    }

    /// Votes: for each question the options by number, none for blank. The receipt has been checked on this device.
    pub fn vote(&self, target: &Target, choices: &[Vec<u16>]) -> Outcome<Receipt> {
        let manifest = &target.manifest;
        let mut rng = UnwrapErr(getrandom::SysRng);
        let state = target.client.slot(&target.id(), self.slot)?;
        let mut parts = Vec::new();
        for ((registrar, code), public) in (0_u8..).zip(&self.codes).zip(&state.key_parts) {
            let context = PartContext { roll_scope: manifest.roll_scope(), registrar, slot: self.slot };
            let part = CodePart::derive(context, code).filter(|part| hex::encode(part.public().bytes()) == *public);
            parts.push(part.ok_or_else(|| problem!("code-of-another", "registrar" => registrar))?);
        }
        let key =
            VoterKey::from_parts(&parts).filter(|_| parts.len() == manifest.registrars.len()).ok_or_else(|| problem!("code-lacking"))?;
        let chosen = manifest
            .questions
            .iter()
            .zip(choices)
            .map(|(question, options)| Choice::from_options(question, options, options.is_empty() && question.blank));
        let choices = Choices::new(manifest, chosen.collect()).map_err(|error| problem!("choice-not-allowed").because(&error))?;
        let supersedes = state.current.map_or(SUPERSEDES_NONE, |current| current.index);
        let prepared = ballot::prepare(manifest, &choices, self.slot, &key.public(), supersedes, &Randomness::generate(&mut rng));
        let code = prepared.code();
        let submission = prepared.cast(&key).ok_or_else(|| problem!("code-lacking"))?;
        let receipt = target.client.cast(&target.id(), &submission)?;
        // The server's word is not enough: the receipt must prove that this very ballot is in the log.
        let checked = receipt.check(manifest).map_err(|error| problem!("receipt-wrong").because(&error))?;
        if receipt.code != code || checked.fingerprint(manifest, &key.public()).is_err() || checked.ballot.slot() != self.slot {
            return Err(problem!("receipt-wrong"));
        }
        Ok(receipt)
    }
}
