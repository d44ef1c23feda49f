//! Private keys at rest: JSON sealed under a passphrase with Argon2id and XChaCha20-Poly1305.
//!
//! Not a part of the protocol: nobody but its owner reads a key file. What is not secret in it (whose key
//! it is, the public key, the cost of a guess) is authenticated too, and a checksum over everything tells
//! a damaged file from a wrong passphrase.

use core::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    hash::{hash, hash32},
    signature::{SignKey, SignSecret},
};

/// The most bytes of a key file.
pub const KEY_FILE_LEN: usize = 1 << 17;
/// The most bytes that a key file seals: a key and what belongs with it, such as the roots that it has
/// signed for.
pub const SECRET_LEN: usize = 1 << 16;

const FORMAT: &str = "isoloir/key-file";
const VERSION: u32 = 1;
/// What a guess costs: 64 MiB and three passes, a few tenths of a second.
const COST: Cost = Cost { memory_kib: 65_536, passes: 3, lanes: 1 };

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// The organiser's Ed25519 seed.
    Organiser,
    /// A registrar's Ed25519 seed.
    Registrar,
    /// A teller's X25519 private key and Ed25519 seed.
    Teller,
    /// A witness's Ed25519 seed.
    Witness,
    /// A log's Ed25519 seed.
    Log,
}

/// Why there is no key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The text is not a key file at all.
    #[error("not a key file")]
    NotAKeyFile,
    /// A key file of a version that this program does not know.
    #[error("a key file of version {found}")]
    Version {
        /// The version.
        found: u32,
    },
    /// The file is not as it was written.
    #[error("the key file is damaged")]
    Damaged,
    /// The file asks for more memory or time than any key file should.
    #[error("the key file asks for {memory_kib} KiB and {passes} passes")]
    Cost {
        /// Memory in KiB.
        memory_kib: u32,
        /// Passes over it.
        passes: u32,
    },
    /// The passphrase is not the one under which the file was sealed.
    #[error("wrong passphrase")]
    Passphrase,
    /// There is not enough memory for Argon2id.
    #[error("not enough memory")]
    Memory,
    /// The bytes to be sealed are too few for a key of this kind, or too many.
    #[error("{found} bytes to seal")]
    Secret {
        /// How many there are.
        found: usize,
    },
}

/// What a key file says without its passphrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Whose key it is.
    pub kind: Kind,
    /// The public signing key that belongs to it.
    pub sign: SignKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    kind: Kind,
    /// The public signing key, so that files can be told apart.
    sign: Bytes,
    argon2id: Cost,
    salt: Bytes,
    nonce: Bytes,
    sealed: Bytes,
    checksum: Bytes,
}

#[derive(Deserialize)]
struct Versioned {
    format: String,
    version: u32,
}

impl Kind {
    /// How many bytes the private key of such a file has at least; what follows them belongs with it.
    pub fn key_len(self) -> usize {
        match self {
            Self::Teller => 64,
            Self::Organiser | Self::Registrar | Self::Witness | Self::Log => 32,
        }
    }

    /// The public signing key for a private key: its last 32 bytes are an Ed25519 seed.
    fn sign_key(self, secret: &[u8]) -> Option<SignKey> {
        let seed = secret.get(..self.key_len())?.last_chunk::<32>()?;
        Some(SignSecret::from_bytes(seed).public())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Organiser => "organiser",
            Self::Registrar => "registrar",
            Self::Teller => "teller",
            Self::Witness => "witness",
            Self::Log => "log",
        })
    }
}

/// The key file for `secret`: the Ed25519 seed, for a teller both private keys (64 bytes), and after them
/// anything that belongs with the key. The passphrase counts byte by byte: callers normalise what people
/// type.
pub fn seal(kind: Kind, secret: &[u8], passphrase: &str, rng: &mut impl CryptoRng) -> Result<String, KeyFileError> {
    seal_at(COST, kind, secret, passphrase, rng)
}

/// What is in a key file.
pub fn open(json: &str, passphrase: &str) -> Result<(Kind, Zeroizing<Vec<u8>>), KeyFileError> {
    let file = File::parse(json)?;
    let key = stretch(file.argon2id, passphrase, &file.salt.0)?;
    let header = file.header();
    let payload = Payload { msg: &file.sealed.0, aad: &header };
    let secret = cipher(&key)?.decrypt(&file.nonce()?, payload).map(Zeroizing::new).map_err(|_| KeyFileError::Passphrase)?;
    let public = file.kind.sign_key(&secret);
    if public.is_none_or(|public| public.bytes().as_slice() != file.sign.0) {
        return Err(KeyFileError::Damaged);
    }
    Ok((file.kind, secret))
}

/// What is written on a key file, to be trusted only once it has been opened.
pub fn label(json: &str) -> Result<Label, KeyFileError> {
    let file = File::parse(json)?;
    let sign = file.sign.0.as_slice().try_into().ok().and_then(SignKey::from_bytes);
    Ok(Label { kind: file.kind, sign: sign.ok_or(KeyFileError::Damaged)? })
}

fn seal_at(cost: Cost, kind: Kind, secret: &[u8], passphrase: &str, rng: &mut impl CryptoRng) -> Result<String, KeyFileError> {
    let found = secret.len();
    let public = kind.sign_key(secret).filter(|_| found <= SECRET_LEN);
    let public = public.ok_or(KeyFileError::Secret { found })?;
    let mut salt = vec![0; 16];
    let mut nonce = vec![0; 24];
    rng.fill_bytes(&mut salt);
    rng.fill_bytes(&mut nonce);
    let mut file = File {
        format: FORMAT.to_owned(),
        version: VERSION,
        kind,
        sign: Bytes(public.bytes().to_vec()),
        argon2id: cost,
        salt: Bytes(salt),
        nonce: Bytes(nonce),
        sealed: Bytes(Vec::new()),
        checksum: Bytes(Vec::new()),
    };
    let key = stretch(cost, passphrase, &file.salt.0)?;
    let header = file.header();
    let payload = Payload { msg: secret, aad: &header };
    let sealed = cipher(&key)?.encrypt(&file.nonce()?, payload);
    // Invariant: the cipher takes any message of this length.
    file.sealed = Bytes(sealed.map_err(|_| KeyFileError::Secret { found })?);
    file.checksum = Bytes(file.checksum().to_vec());
    let mut json = serde_json::to_string_pretty(&file).map_err(|_| KeyFileError::Damaged)?;
    json.push('\n');
    Ok(json)
}

impl File {
    fn parse(json: &str) -> Result<Self, KeyFileError> {
        if json.len() > KEY_FILE_LEN {
            return Err(KeyFileError::NotAKeyFile);
        }
        let version: Versioned = serde_json::from_str(json).map_err(|_| KeyFileError::NotAKeyFile)?;
        if version.format != FORMAT {
            return Err(KeyFileError::NotAKeyFile);
        }
        if version.version != VERSION {
            return Err(KeyFileError::Version { found: version.version });
        }
        let file: Self = serde_json::from_str(json).map_err(|_| KeyFileError::Damaged)?;
        if file.checksum.0 != file.checksum() || file.nonce().is_err() {
            return Err(KeyFileError::Damaged);
        }
        file.argon2id.check()?;
        Ok(file)
    }

    /// All that is not secret, as associated data.
    fn header(&self) -> [u8; 64] {
        let Cost { memory_kib, passes, lanes } = self.argon2id;
        hash(
            "isoloir/key-file/header",
            &[
                &self.version.to_be_bytes(),
                self.kind.to_string().as_bytes(),
                &self.sign.0,
                &memory_kib.to_be_bytes(),
                &passes.to_be_bytes(),
                &lanes.to_be_bytes(),
                &self.salt.0,
                &self.nonce.0,
            ],
        )
    }

    fn checksum(&self) -> [u8; 32] {
        hash32("isoloir/key-file/checksum", &[&self.header(), &self.sealed.0])
    }

    fn nonce(&self) -> Result<XNonce, KeyFileError> {
        XNonce::try_from(self.nonce.0.as_slice()).map_err(|_| KeyFileError::Damaged)
    }
}

impl Cost {
    /// Whether a file may ask for it: at most 1 GiB and 16 passes.
    fn check(self) -> Result<(), KeyFileError> {
        let Self { memory_kib, passes, lanes } = self;
        let plausible = (1..=1 << 20).contains(&memory_kib) && (1..=16).contains(&passes) && (1..=16).contains(&lanes);
        if plausible { Ok(()) } else { Err(KeyFileError::Cost { memory_kib, passes }) }
    }
}

/// The key that the passphrase gives.
fn stretch(cost: Cost, passphrase: &str, salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let Cost { memory_kib, passes, lanes } = cost;
    let params = Params::new(memory_kib, passes, lanes, Some(32)).map_err(|_| KeyFileError::Cost { memory_kib, passes })?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice()).map_err(
        |error| match error {
            argon2::Error::OutOfMemory => KeyFileError::Memory,
            _ => KeyFileError::Damaged,
        },
    )?;
    Ok(key)
}

fn cipher(key: &[u8; 32]) -> Result<XChaCha20Poly1305, KeyFileError> {
    // Invariant: a key of this cipher has 32 bytes.
    XChaCha20Poly1305::new_from_slice(key).map_err(|_| KeyFileError::Damaged)
}

/// Bytes that JSON shows in base64.
#[derive(PartialEq, Eq)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use getrandom::SysRng;
    use rand_core::UnwrapErr;

    use super::*;

    const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
    const PASSPHRASE: &str = "correct horse battery staple";

    fn sealed(kind: Kind, secret: &[u8]) -> String {
        seal_at(CHEAP, kind, secret, PASSPHRASE, &mut UnwrapErr(SysRng)).unwrap()
    }

    #[test]
    fn every_kind_opens_again() {
        for kind in [Kind::Organiser, Kind::Registrar, Kind::Teller, Kind::Witness, Kind::Log] {
            for more in [0, 1, 500] {
                let secret = vec![7; kind.key_len() + more];
                let json = sealed(kind, &secret);
                let (found, opened) = open(&json, PASSPHRASE).unwrap();
                assert_eq!((found, opened.as_slice()), (kind, secret.as_slice()));
                let public = SignSecret::from_bytes(&[7; 32]).public();
                assert_eq!(label(&json), Ok(Label { kind, sign: public }));
            }
        }
    }

    #[test]
    fn too_few_or_too_many_bytes_are_not_sealed() {
        for (kind, found) in [(Kind::Teller, 63), (Kind::Log, 31), (Kind::Log, SECRET_LEN + 1)] {
            let refused = seal_at(CHEAP, kind, &vec![1; found], "p", &mut UnwrapErr(SysRng));
            assert_eq!(refused, Err(KeyFileError::Secret { found }));
        }
        assert!(sealed(Kind::Log, &vec![1; SECRET_LEN]).len() <= KEY_FILE_LEN);
    }

    #[test]
    fn two_files_of_one_key_share_nothing_secret() {
        let [one, two] = [sealed(Kind::Log, &[3; 32]), sealed(Kind::Log, &[3; 32])].map(|json| File::parse(&json).unwrap());
        assert!(one.salt != two.salt && one.nonce != two.nonce && one.sealed != two.sealed);
    }

    #[test]
    fn a_wrong_passphrase_is_told_from_damage() {
        let json = sealed(Kind::Witness, &[5; 32]);
        assert_eq!(open(&json, "another").unwrap_err(), KeyFileError::Passphrase);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        for field in ["sign", "salt", "nonce", "sealed", "checksum"] {
            let mut bytes = STANDARD.decode(value[field].as_str().unwrap()).unwrap();
            bytes[3] ^= 1;
            let mut changed = value.clone();
            changed[field] = STANDARD.encode(&bytes).into();
            let refused = open(&changed.to_string(), PASSPHRASE).unwrap_err();
            assert_eq!(refused, KeyFileError::Damaged, "{field}");
            changed[field] = STANDARD.encode(&bytes[1..]).into();
            assert!(open(&changed.to_string(), PASSPHRASE).is_err(), "{field} shorter");
            changed.as_object_mut().unwrap().remove(field);
            let refused = open(&changed.to_string(), PASSPHRASE).unwrap_err();
            assert_eq!(refused, KeyFileError::Damaged, "no {field}");
        }
        for (field, other) in [("kind", "log"), ("kind", "teller"), ("kind", "voter")] {
            let mut changed = value.clone();
            changed[field] = other.into();
            assert_eq!(open(&changed.to_string(), PASSPHRASE).unwrap_err(), KeyFileError::Damaged);
        }
    }

    #[test]
    fn a_file_made_anew_around_another_label_does_not_open() {
        let mut file = File::parse(&sealed(Kind::Witness, &[5; 32])).unwrap();
        file.kind = Kind::Log;
        file.checksum = Bytes(file.checksum().to_vec());
        let json = serde_json::to_string(&file).unwrap();
        assert_eq!(open(&json, PASSPHRASE).unwrap_err(), KeyFileError::Passphrase);
    }

    #[test]
    fn a_file_cannot_ask_for_any_memory_or_time() {
        let json = sealed(Kind::Log, &[5; 32]);
        for cost in [
            Cost { memory_kib: (1 << 20) + 1, ..CHEAP },
            Cost { passes: 17, ..CHEAP },
            Cost { passes: 0, ..CHEAP },
            Cost { memory_kib: 0, ..CHEAP },
        ] {
            let mut file = File::parse(&json).unwrap();
            file.argon2id = cost;
            file.checksum = Bytes(file.checksum().to_vec());
            let refused = open(&serde_json::to_string(&file).unwrap(), PASSPHRASE).unwrap_err();
            let Cost { memory_kib, passes, .. } = cost;
            assert_eq!(refused, KeyFileError::Cost { memory_kib, passes });
        }
    }

    #[test]
    fn other_texts_are_no_key_files() {
        for text in ["", "{}", "[]", "null", "{\"format\":\"age\",\"version\":1}", "no JSON"] {
            assert_eq!(open(text, "p").unwrap_err(), KeyFileError::NotAKeyFile, "{text}");
        }
        let long = " ".repeat(KEY_FILE_LEN + 1);
        assert_eq!(label(&long).unwrap_err(), KeyFileError::NotAKeyFile);
        let newer = sealed(Kind::Log, &[5; 32]).replace("\"version\": 1", "\"version\": 2");
        assert_eq!(open(&newer, "p").unwrap_err(), KeyFileError::Version { found: 2 });
    }
}
