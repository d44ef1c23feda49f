//! The signing keys of logs: one file each, readable by the server alone, never in the database.
//!
//! The format is that of signed notes: `PRIVATE+KEY+<origin>+<key id>+<base64 of 0x01 ‖ seed>`.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use getrandom::SysRng;
use isoloir_protocol::{rand_core::UnwrapErr, signature::SignSecret};
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

/// Ed25519 in signed notes.
const ALGORITHM: u8 = 1;

/// No key file is longer.
const FILE_MAX: u64 = 1_024;

/// Why a log's key cannot be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("the key file cannot be read or written")]
    File(#[from] io::Error),
    /// The file holds something else than this log's key.
    #[error("the key file does not hold the key of this log")]
    Content,
}

/// The folder with the keys.
#[derive(Debug, Clone)]
pub struct KeyFolder(PathBuf);

impl KeyFolder {
    /// The folder, made for its owner only if it is not there.
    pub fn open(path: PathBuf) -> Result<Self, KeyError> {
        DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// A folder that is only read, whether or not it is there.
    pub fn existing(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The key of the log, made now if there is none. It is on the disk before this returns: a manifest
    /// that names a lost key is a dead log.
    pub fn get_or_generate(&self, name: &str, origin: &str) -> Result<SignSecret, KeyError> {
        match self.get(name, origin) {
            Err(KeyError::File(error)) if error.kind() == io::ErrorKind::NotFound => {}
            found => return found,
        }
        let secret = SignSecret::generate(&mut UnwrapErr(SysRng));
        // A whole file appears under its name or none: two who ask at once get the same key.
        let draft = self.0.join(format!("{name}.{}.draft", hex::encode(secret.public().bytes())));
        let written = write_new(&draft, &encode(&secret, origin)).and_then(|()| match fs::hard_link(&draft, self.path(name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        });
        fs::remove_file(&draft)?;
        written?;
        File::open(&self.0)?.sync_all()?;
        self.get(name, origin)
    }

    /// The key of the log.
    pub fn get(&self, name: &str, origin: &str) -> Result<SignSecret, KeyError> {
        let mut text = Zeroizing::new(String::new());
        File::open(self.path(name))?.take(FILE_MAX).read_to_string(&mut text)?;
        decode(&text, origin).ok_or(KeyError::Content)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.key"))
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn encode(secret: &SignSecret, origin: &str) -> Zeroizing<String> {
    let seed = secret.to_bytes();
    let mut key = Zeroizing::new([ALGORITHM; 33]);
    key.iter_mut().skip(1).zip(seed.iter()).for_each(|(to, from)| *to = *from);
    let key = Zeroizing::new(STANDARD.encode(key.as_slice()));
    let id = hex::encode(key_id(secret, origin));
    Zeroizing::new(format!("PRIVATE+KEY+{origin}+{id}+{}\n", key.as_str()))
}

fn decode(text: &str, origin: &str) -> Option<SignSecret> {
    let rest = text.strip_suffix('\n')?.strip_prefix("PRIVATE+KEY+")?;
    let (id, key) = rest.strip_prefix(origin)?.strip_prefix('+')?.split_once('+')?;
    let key = Zeroizing::new(STANDARD.decode(key).ok()?);
    let (algorithm, seed) = key.split_first()?;
    let secret = SignSecret::from_bytes(seed.try_into().ok()?);
    (*algorithm == ALGORITHM && id == hex::encode(key_id(&secret, origin))).then_some(secret)
}

/// The first four bytes of `SHA-256(origin ‖ 0x0A ‖ 0x01 ‖ public key)`.
fn key_id(secret: &SignSecret, origin: &str) -> [u8; 4] {
    let digest = Sha256::new().chain_update(origin).chain_update([b'\n', ALGORITHM]).chain_update(secret.public().bytes()).finalize();
    digest.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::open(folder.path().join("keys")).unwrap();
        let origin = "vote.example.org/log/a";
        let made = keys.get_or_generate("a", origin).unwrap();
        let again = keys.get_or_generate("a", origin).unwrap();
        assert_eq!(made.public(), again.public());
        assert!(matches!(keys.get("a", "vote.example.org/log/b"), Err(KeyError::Content)));
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path().join("keys")), 0o700);
        assert_eq!(mode(folder.path().join("keys/a.key")), 0o600);
        assert_eq!(fs::read_dir(folder.path().join("keys")).unwrap().count(), 1);
    }
}
