//! Sections 1 and 3 against the vectors: hashing, generators, signatures, keys, codes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod common;

// In a browser the same tests run as part of ballot-wasm's.
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use common::{array, hex, items, number, text, vector};
use isoloir_protocol::{
    code::{Code, CodeError, near_misses},
    fetch::FetchRequest,
    group::{SealKey, blinding_generator, option_generators},
    hash::{hash, hash_to_point, hash_to_scalar, hash32},
    signature::{SignKey, SignSecret},
};

#[test]
fn hashes() {
    for case in items(&vector("hash")) {
        let fields: Vec<Vec<u8>> = case["fields"].as_array().unwrap().iter().map(hex).collect();
        let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
        let label = text(&case["label"]);
        assert_eq!(hash(label, &fields).to_vec(), hex(&case["hash"]));
        assert_eq!(hash32(label, &fields), array(&case["hash32"]));
        assert_eq!(hash_to_scalar(label, &fields).to_bytes(), array(&case["hash_to_scalar"]));
        let point = hash_to_point(label, &fields).compress().to_bytes();
        assert_eq!(point, array(&case["hash_to_point"]));
    }
}

#[test]
fn generators() {
    let vectors = vector("generators");
    assert_eq!(blinding_generator().compress().to_bytes(), array(&vectors["H"]));
    for (point, expected) in option_generators().iter().zip(items(&vectors["G"])) {
        assert_eq!(point.compress().to_bytes(), array(expected));
    }
}

#[test]
fn signatures() {
    let vectors = vector("signatures");
    let fields: Vec<Vec<u8>> = items(&vectors["fields"]).iter().map(hex).collect();
    let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
    let label = text(&vectors["label"]);
    let secret = SignSecret::from_bytes(&array(&vectors["secret"]));
    let key = SignKey::from_bytes(&array(&vectors["key"])).unwrap();
    assert_eq!(secret.public(), key);
    assert_eq!(secret.sign(label, &fields).to_vec(), hex(&vectors["signature"]));
    assert!(key.verify(label, &fields, &hex(&vectors["signature"])));
    for case in items(&vectors["invalid"]) {
        let accepted = SignKey::from_bytes(&array(&case["key"])).is_some_and(|key| key.verify(label, &fields, &hex(&case["signature"])));
        assert!(!accepted, "{}", case["why"]);
    }
}

#[test]
fn fetch_request() {
    let vectors = vector("signatures");
    let fetch = &vectors["fetch"];
    let secret = SignSecret::from_bytes(&array(&fetch["secret"]));
    let signature = secret.sign(
        text(&fetch["label"]),
        &[&hex(&fetch["election_id"]), &[u8::try_from(number(&fetch["teller"])).unwrap()], &number(&fetch["ms"]).to_be_bytes()],
    );
    assert_eq!(signature.to_vec(), hex(&fetch["signature"]));

    let election = vector("ballot-1");
    let manifest = isoloir_protocol::manifest::Manifest::parse(text(&election["manifest"]).as_bytes()).unwrap();
    let request = FetchRequest::sign(&manifest.id(), 1, 1_000_000, &secret);
    assert!(!request.verify(&manifest, 1_000_000), "signed by another key");
}

#[test]
fn seal_keys() {
    for case in items(&vector("seal-keys")["keys"]) {
        let key = SealKey::decode(&array(&case["key"]));
        assert_eq!(key.is_some(), case["valid"].as_bool().unwrap(), "{}", case["why"]);
        if let Some(key) = key {
            assert_eq!(key.mont(), array(&case["mont"]), "{}", case["why"]);
        }
    }
}

#[test]
fn codes() {
    let vectors = vector("codes");
    for case in items(&vectors["valid"]) {
        let code = Code::parse(text(&case["code"])).ok().unwrap();
        assert_eq!(code.shown().as_str(), text(&case["shown"]));
        assert_eq!(code.symbols().as_slice(), text(&case["code"]).as_bytes());
    }
    for case in items(&vectors["typed"]) {
        let code = Code::parse(text(&case["typed"])).ok().unwrap();
        assert_eq!(code.symbols().as_slice(), text(&case["code"]).as_bytes());
    }
    for case in items(&vectors["invalid"]) {
        assert!(Code::parse(text(&case["typed"])).is_err(), "{}", case["why"]);
    }
}

/// REQ U3: every single wrong symbol and every swap of two is caught, and its place can be named.
#[test]
fn every_single_error_and_every_swap_is_caught_and_found_again() {
    let mut rng = isoloir_protocol::rand_core::UnwrapErr(getrandom::SysRng);
    let right: Vec<char> = Code::generate(&mut rng).symbols().iter().copied().map(char::from).collect();
    let code: String = right.iter().collect();
    assert!(Code::parse(&code).is_ok());
    let mut caught = 0;
    for position in 0..16 {
        for symbol in "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars() {
            let mut typed = right.clone();
            if typed[position] == symbol {
                continue;
            }
            typed[position] = symbol;
            let typed: String = typed.iter().collect();
            assert_eq!(Code::parse(&typed).err(), Some(CodeError::Checksum));
            let found = near_misses(&typed)
                .into_iter()
                .any(|miss| miss.positions == (position, None) && miss.code.symbols().as_slice() == code.as_bytes());
            assert!(found, "the place of the error");
            caught += 1;
        }
        for second in position + 1..16 {
            let mut typed = right.clone();
            typed.swap(position, second);
            if typed != right {
                let typed: String = typed.iter().collect();
                assert_eq!(Code::parse(&typed).err(), Some(CodeError::Checksum));
                caught += 1;
            }
        }
    }
    assert!(caught > 16 * 31);
}
