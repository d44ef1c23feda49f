//! What dishonest voters and tellers would have instead of our programs, for the browser runs: one task as JSON on stdin, its answer in
//! hexadecimal on stdout. `cast`: a voter's submission with one teller's box spoilt. `sign`: a teller's signature under whatever it is given.
#![allow(clippy::print_stdout)]

use std::{error::Error, io};

use isoloir_protocol::{
    ballot::{
        Choice, Choices, Randomness, SUPERSEDES_NONE,
        dishonest::{Malice, prepare_dishonestly},
    },
    code::Code,
    credential::{CodePart, PartContext, VoterKey},
    key_file,
    manifest::Manifest,
    rand_core::UnwrapErr,
    teller::TellerSecret,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(tag = "task", rename_all = "camelCase", deny_unknown_fields)]
enum Task {
    Cast {
        manifest: String,
        slot: u32,
        codes: Vec<String>,
        supersedes: Option<u64>,
        /// The options of each question.
        choices: Vec<Vec<u16>>,
        /// Whose box, from 1.
        teller: u8,
        malice: String,
    },
    Sign {
        manifest: String,
        key: String,
        passphrase: String,
        label: String,
        /// In hexadecimal.
        body: String,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    let answer = match serde_json::from_str(&io::read_to_string(io::stdin())?)? {
        Task::Cast { manifest, slot, codes, supersedes, choices, teller, malice } => {
            let manifest = Manifest::parse(manifest.as_bytes())?;
            let choices = manifest.questions.iter().zip(&choices).map(|(question, options)| Choice::from_options(question, options, false));
            let choices = Choices::new(&manifest, choices.collect())?;
            let key = voter_key(&manifest, slot, &codes)?;
            let target = (slot, &key.public(), supersedes.unwrap_or(SUPERSEDES_NONE));
            let randomness = Randomness::generate(&mut UnwrapErr(getrandom::SysRng));
            prepare_dishonestly(&manifest, &choices, target, &randomness, (teller, named(&malice)?))
                .cast(&key)
                .ok_or("another slot's codes")?
        }
        Task::Sign { manifest, key, passphrase, label, body } => {
            let (_, secret) = key_file::open(&key, &passphrase)?;
            let secret = TellerSecret::from_slice(&secret).ok_or("no teller's key")?;
            let manifest = Manifest::parse(manifest.as_bytes())?;
            let body = hex::decode(body).map_err(|error| error.to_string())?;
            secret.sign().sign(&label, &[manifest.id().as_bytes(), &body]).to_vec()
        }
    };
    println!("{}", hex::encode(answer));
    Ok(())
}

fn voter_key(manifest: &Manifest, slot: u32, codes: &[String]) -> Result<VoterKey, Box<dyn Error>> {
    let mut parts = Vec::new();
    for (registrar, code) in (0_u8..).zip(codes) {
        let context = PartContext { roll_scope: manifest.roll_scope(), registrar, slot };
        parts.push(CodePart::derive(context, &Code::parse(code)?).ok_or("no key")?);
    }
    Ok(VoterKey::from_parts(&parts).ok_or("no key")?)
}

fn named(malice: &str) -> Result<Malice, String> {
    match malice {
        "garbage" => Ok(Malice::Garbage),
        "malformed" => Ok(Malice::Malformed),
        "wrongShare" => Ok(Malice::WrongShare),
        "nonCanonical" => Ok(Malice::NonCanonical),
        other => Err(format!("no malice is called {other}")),
    }
}
