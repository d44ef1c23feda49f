//! Key files at their full cost.
#![allow(clippy::unwrap_used)]

use getrandom::SysRng;
use isoloir_protocol::{
    key_file::{KeyFileError, Kind, label, open, seal},
    rand_core::UnwrapErr,
    signature::SignSecret,
    teller::TellerSecret,
};

#[test]
fn a_tellers_key_opens_with_its_passphrase_only() {
    let rng = &mut UnwrapErr(SysRng);
    let teller = TellerSecret::generate(rng);
    let json = seal(Kind::Teller, teller.to_bytes().as_slice(), "une phrase assez longue", rng).unwrap();
    assert_eq!(label(&json).unwrap().sign, teller.sign_key());
    let (kind, secret) = open(&json, "une phrase assez longue").unwrap();
    assert_eq!(kind, Kind::Teller);
    assert_eq!(secret.as_slice(), teller.to_bytes().as_slice());
    assert_eq!(open(&json, "une phrase assez long").unwrap_err(), KeyFileError::Passphrase);
    let hint = json.find("sealed").unwrap() + 20;
    let mut damaged = json.into_bytes();
    damaged[hint] = if damaged[hint] == b'A' { b'B' } else { b'A' };
    let damaged = String::from_utf8(damaged).unwrap();
    assert_eq!(open(&damaged, "une phrase assez longue").unwrap_err(), KeyFileError::Damaged);
}

#[test]
fn a_file_costs_a_guesser_64_mib_and_three_passes() {
    let rng = &mut UnwrapErr(SysRng);
    let secret = SignSecret::generate(rng);
    let json = seal(Kind::Organiser, secret.to_bytes().as_slice(), "p", rng).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let expected = serde_json::json!({ "memory_kib": 65_536, "passes": 3, "lanes": 1 });
    assert_eq!(json["argon2id"], expected);
    assert_eq!(json["format"], "isoloir/key-file");
}
