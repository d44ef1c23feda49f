//! Key files of organisers, registrars, tellers and witnesses, and the public files that go with them.

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    key_file::{self, KeyFileError, Kind},
    manifest::{Registrar, Teller, Witness},
    paper::{self, WordList},
    rand_core::UnwrapErr,
    signature::SignSecret,
    teller::TellerSecret,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::{context::Context, durable, i18n::Language, problem, problem::Outcome, say};

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The organiser.
    Organiser,
    /// A registrar.
    Registrar,
    /// A teller.
    Teller,
    /// A witness.
    Witness,
}

impl Role {
    /// The word in key files and public files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Organiser => "organiser",
            Self::Registrar => "registrar",
            Self::Teller => "teller",
            Self::Witness => "witness",
        }
    }
}

impl From<Role> for Kind {
    fn from(role: Role) -> Self {
        match role {
            Role::Organiser => Self::Organiser,
            Role::Registrar => Self::Registrar,
            Role::Teller => Self::Teller,
            Role::Witness => Self::Witness,
        }
    }
}

/// The public file that goes to the organiser: name and public keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicFile {
    /// Whose it is.
    pub role: Role,
    /// The name as voters see it.
    pub name: String,
    /// How a registrar's codes travel.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// A teller's key for boxes, base64.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seal: String,
    /// The signing key, base64.
    pub sign: String,
}

impl PublicFile {
    /// Reads a public file and refuses one of another role.
    pub fn load(path: &Path, role: Role) -> Outcome<Self> {
        let file: Self = serde_json::from_slice(&durable::read(path)?)
            .map_err(|error| problem!("public-file-unreadable", "path" => path.display()).because(&error))?;
        if file.role != role {
            return Err(
                problem!("public-file-of-another-role", "path" => path.display(), "expected" => role.word(), "found" => file.role.word()),
            );
        }
        Ok(file)
    }

    /// As the manifest lists a teller.
    #[must_use]
    pub fn teller(&self) -> Teller {
        Teller { name: self.name.clone(), seal: self.seal.clone(), sign: self.sign.clone() }
    }

    /// As the manifest lists a registrar.
    #[must_use]
    pub fn registrar(&self) -> Registrar {
        Registrar { name: self.name.clone(), channel: self.channel.clone(), sign: self.sign.clone() }
    }

    /// As the manifest lists a witness.
    #[must_use]
    pub fn witness(&self) -> Witness {
        Witness { name: self.name.clone(), sign: self.sign.clone() }
    }

    /// The fingerprint that is read out to compare keys: the first bytes of the SHA-256 of the signing key.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        STANDARD.decode(&self.sign).map(|key| fingerprint(&key)).unwrap_or_default()
    }
}

/// The first 10 bytes of the SHA-256 of a public key, in hex, in groups of four.
#[must_use]
pub fn fingerprint(key: &[u8]) -> String {
    let digits = hex::encode(Sha256::digest(key).iter().take(10).copied().collect::<Vec<_>>());
    let groups: Vec<&str> = digits.as_bytes().chunks(4).map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(" ")
}

/// How the passphrase of a key file is given.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct PassphraseFrom {
    /// File whose first line is the passphrase (default: asked at the keyboard)
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

impl PassphraseFrom {
    pub(crate) fn read(&self, ctx: &mut Context, path: &Path, new: bool) -> Outcome<Zeroizing<String>> {
        let facts = [("path", path.display().to_string())];
        let Some(file) = &self.passphrase_file else {
            let first = ctx.secret("ask-passphrase", &facts)?;
            if new && *ctx.secret("ask-passphrase-again", &facts)? != *first {
                return Err(problem!("passphrase-differs"));
            }
            return Ok(composed(&first));
        };
        let text = Zeroizing::new(durable::read_text(file)?);
        Ok(composed(text.lines().next().unwrap_or_default()))
    }
}

impl PassphraseFrom {
    /// A passphrase for a new key file; one that is too short is refused.
    pub(crate) fn read_new(&self, ctx: &mut Context, path: &Path) -> Outcome<Zeroizing<String>> {
        if self.passphrase_file.is_none() {
            let list = if ctx.catalogue().language() == Language::French { WordList::French } else { WordList::English };
            let suggested = paper::generate_passphrase(list, &mut UnwrapErr(getrandom::SysRng));
            say!(ctx, "passphrase-suggested", "passphrase" => suggested.as_str());
        }
        let passphrase = self.read(ctx, path, true)?;
        if passphrase.chars().count() < SHORTEST_PASSPHRASE {
            return Err(problem!("passphrase-short", "characters" => SHORTEST_PASSPHRASE));
        }
        Ok(passphrase)
    }
}

/// Accents in one form, whichever the keyboard makes.
fn composed(passphrase: &str) -> Zeroizing<String> {
    Zeroizing::new(passphrase.nfc().collect())
}

/// The fewest characters of a passphrase.
const SHORTEST_PASSPHRASE: usize = 12;

/// A key file on this device and how to open it.
#[derive(Debug, Clone, clap::Args)]
pub struct KeyArgs {
    /// The key file
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// How its passphrase is given
    #[command(flatten)]
    pub passphrase: PassphraseFrom,
}

impl KeyArgs {
    /// Opens a key for signatures.
    pub fn sign_secret(&self, ctx: &mut Context, role: Role) -> Outcome<SignSecret> {
        let bytes = self.open(ctx, role)?;
        let seed: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| problem!("key-file-unreadable", "path" => self.key.display()))?;
        Ok(SignSecret::from_bytes(seed))
    }

    /// Opens a teller's keys.
    pub fn teller_secret(&self, ctx: &mut Context) -> Outcome<TellerSecret> {
        let bytes = self.open(ctx, Role::Teller)?;
        TellerSecret::from_slice(&bytes).ok_or_else(|| problem!("key-file-unreadable", "path" => self.key.display()))
    }

    fn open(&self, ctx: &mut Context, role: Role) -> Outcome<Zeroizing<Vec<u8>>> {
        let path = self.key.display();
        let unreadable = |error: &KeyFileError| problem!("key-file-unreadable", "path" => path).because(error);
        let json = durable::read_text(&self.key)?;
        // The file says whose it is before anybody types a passphrase.
        let label = key_file::label(&json).map_err(|error| unreadable(&error))?;
        if label.kind != role.into() {
            return Err(problem!("key-file-of-another-role", "path" => path, "expected" => role.word()));
        }
        let passphrase = self.passphrase.read(ctx, &self.key, false)?;
        match key_file::open(&json, &passphrase) {
            Ok((_, mut secret)) => {
                secret.truncate(label.kind.key_len());
                Ok(secret)
            }
            Err(KeyFileError::Passphrase) => Err(problem!("passphrase-wrong", "path" => path)),
            Err(error) => Err(unreadable(&error)),
        }
    }
}

/// What `keygen` of every role is given.
#[derive(Debug, Clone, clap::Args)]
pub struct KeygenArgs {
    /// The name as voters see it
    #[arg(long)]
    pub name: String,
    /// The key file to write; FILE.pub.json beside it goes to the organiser
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// How its passphrase is given
    #[command(flatten)]
    pub passphrase: PassphraseFrom,
}

/// Makes keys, writes the sealed key file and the public file, and says what to do with them.
pub fn generate(ctx: &mut Context, args: &KeygenArgs, role: Role, channel: &str) -> Outcome<PublicFile> {
    let mut rng = UnwrapErr(getrandom::SysRng);
    let passphrase = args.passphrase.read_new(ctx, &args.out)?;
    let (secret, seal, sign) = if role == Role::Teller {
        let secret = TellerSecret::generate(&mut rng);
        let (seal, sign) = (STANDARD.encode(secret.seal_key().bytes()), STANDARD.encode(secret.sign_key().bytes()));
        (Zeroizing::new(secret.to_bytes().to_vec()), seal, sign)
    } else {
        let secret = SignSecret::generate(&mut rng);
        let sign = STANDARD.encode(secret.public().bytes());
        (Zeroizing::new(secret.to_bytes().to_vec()), String::new(), sign)
    };
    let public = PublicFile { role, name: args.name.clone(), channel: channel.to_owned(), seal, sign };
    save(ctx, &args.out, &public, &secret, &passphrase)?;
    Ok(public)
}

/// Writes the key file and the public file of a teller whose keys are there already.
pub(crate) fn save_teller(ctx: &mut Context, out: &Path, name: &str, secret: &TellerSecret, passphrase: &str) -> Outcome<()> {
    let (seal, sign) = (STANDARD.encode(secret.seal_key().bytes()), STANDARD.encode(secret.sign_key().bytes()));
    let public = PublicFile { role: Role::Teller, name: name.to_owned(), channel: String::new(), seal, sign };
    save(ctx, out, &public, secret.to_bytes().as_slice(), passphrase)
}

fn save(ctx: &mut Context, out: &Path, public: &PublicFile, secret: &[u8], passphrase: &str) -> Outcome<()> {
    let sealed = key_file::seal(public.role.into(), secret, passphrase, &mut UnwrapErr(getrandom::SysRng))
        .map_err(|error| problem!("key-file-unreadable", "path" => out.display()).because(&error))?;
    durable::create(out, sealed.as_bytes(), true)?;
    let public_path = durable::beside(out, ".pub.json");
    let mut json = serde_json::to_vec_pretty(public).unwrap_or_default();
    json.push(b'\n');
    durable::create(&public_path, &json, false)?;
    say!(ctx, "key-made", "path" => out.display(), "public" => public_path.display());
    say!(ctx, "key-fingerprint", "fingerprint" => public.fingerprint());
    Ok(())
}
