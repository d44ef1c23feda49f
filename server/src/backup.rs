//! Copies of the SQLite database: made while the server runs, and brought back only if every log in them replays.
//!
//! The logs' keys are not in them. A copy that is older than what voters and witnesses hold signed must not serve again
//! without everybody being told; only people can judge that.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use thiserror::Error;

use crate::{
    keys::KeyFolder,
    replay::{self, LoadError},
    store::{SqliteStore, Store, StoreError},
};

/// The name of the database in a data folder.
pub const DATABASE: &str = "isoloir.sqlite";

/// Why a copy was not made or not brought back.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BackupError {
    /// There is something already where the copy would go.
    #[error("there is a database already")]
    Exists,
    /// A file or folder cannot be used.
    #[error("a file cannot be used")]
    File(#[from] io::Error),
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// A log in it does not replay.
    #[error("the log {log} is damaged: {why}")]
    Damaged {
        /// The log's name.
        log: String,
        /// What is wrong.
        why: String,
    },
}

/// A log in a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The last part of its origin.
    pub name: String,
    /// How many entries it has.
    pub size: u64,
    /// Whether its signing key was found: without it the election cannot go on.
    pub key: bool,
}

/// Copies the database of a data folder into a new file that only its owner may read, as it is at one moment. The server may run meanwhile.
pub async fn backup(data: &Path, to: &Path) -> Result<(), BackupError> {
    let from = data.join(DATABASE);
    fs::metadata(&from)?;
    let target = to.to_str().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(exists)?;
    let copied = copy(&from, target).await;
    if copied.is_err() {
        fs::remove_file(to)?;
    }
    copied?;
    made.sync_all()?;
    sync_folder(to)
}

async fn copy(from: &Path, to: &str) -> Result<(), BackupError> {
    let options = SqliteConnectOptions::new().filename(from).read_only(true).disable_statement_logging();
    let mut connection = options.connect().await.map_err(StoreError::from)?;
    sqlx::query("VACUUM INTO ?").bind(to).execute(&mut connection).await.map_err(StoreError::from)?;
    connection.close().await.map_err(StoreError::from)?;
    Ok(())
}

/// A copy beside its future place in a data folder, found good. Dropped, it leaves nothing.
#[derive(Debug)]
pub struct Judged {
    data: PathBuf,
    held: Vec<Held>,
}

/// The folder of a copy that is being judged.
const DRAFT: &str = "restoring";

/// Brings a copy into a data folder that has no database, and replays every log in it and compares it with its signed checkpoint. The logs' keys
/// are looked for in the data folder and in `keys`, where nothing is changed. On any failure the folder is as it was before.
pub async fn judge(from: &Path, data: &Path, keys: Option<&Path>) -> Result<Judged, BackupError> {
    if data.join(DATABASE).exists() || data.join(format!("{DATABASE}-wal")).exists() {
        return Err(BackupError::Exists);
    }
    DirBuilder::new().recursive(true).mode(0o700).create(data)?;
    DirBuilder::new().mode(0o700).create(data.join(DRAFT)).map_err(exists)?;
    // From here on the draft goes when this does.
    let mut judged = Judged { data: data.to_owned(), held: Vec::new() };
    let draft = data.join(DRAFT).join(DATABASE);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    io::copy(&mut File::open(from)?, &mut file)?;
    file.sync_all()?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&draft).await?);
    let own = data.join("keys");
    let held = look(&store, &[Some(own.as_path()), keys]).await;
    store.close().await;
    judged.held = held?;
    File::open(&draft)?.sync_all()?;
    Ok(judged)
}

impl Judged {
    /// Puts the copy into service: its logs.
    pub fn accept(mut self) -> Result<Vec<Held>, BackupError> {
        let target = self.data.join(DATABASE);
        fs::rename(self.data.join(DRAFT).join(DATABASE), &target)?;
        sync_folder(&target)?;
        Ok(std::mem::take(&mut self.held))
    }
}

impl Drop for Judged {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(self.data.join(DRAFT)) {
            tracing::warn!(%error, "a draft of a database could not be removed");
        }
    }
}

/// Replays all logs.
async fn look(store: &Arc<dyn Store>, keys: &[Option<&Path>]) -> Result<Vec<Held>, BackupError> {
    let folders: Vec<KeyFolder> = keys.iter().flatten().map(|folder| KeyFolder::existing(folder)).collect();
    let mut held = Vec::new();
    for row in store.logs().await?.into_iter().filter(|row| row.election.is_some()) {
        let is_key = |keys: &KeyFolder| keys.get(&row.log.name, &row.log.origin).is_ok_and(|key| *key.public().bytes() == row.log.sign);
        let key = folders.iter().any(is_key);
        let name = row.log.name.clone();
        let state = replay::load(store, &row, None).await.map_err(|error| match error {
            LoadError::Store(error) => BackupError::Store(error),
            LoadError::Damaged(why) => BackupError::Damaged { log: name.clone(), why },
        })?;
        held.push(Held { name, size: state.election().size(), key });
    }
    Ok(held)
}

fn exists(error: io::Error) -> BackupError {
    if error.kind() == io::ErrorKind::AlreadyExists { BackupError::Exists } else { BackupError::File(error) }
}

fn sync_folder(path: &Path) -> Result<(), BackupError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    Ok(File::open(folder)?.sync_all()?)
}
