//! Files that must be on the disk before the next step: whole files by rename, and append-only files.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{problem, problem::Outcome};

/// Reads a whole file.
pub fn read(path: &Path) -> Outcome<Vec<u8>> {
    fs::read(path).map_err(|error| problem!("file-unreadable", "path" => path.display()).because(&error))
}

/// Reads a whole file of UTF-8 text.
pub fn read_text(path: &Path) -> Outcome<String> {
    String::from_utf8(read(path)?).map_err(|error| problem!("file-unreadable", "path" => path.display()).because(&error))
}

/// Replaces a file by new content, so that after a crash there is the old one or the new one and nothing between.
/// `private`: only the owner may read it.
pub fn replace(path: &Path, content: &[u8], private: bool) -> Outcome<()> {
    replace_io(path, content, private).map_err(|error| problem!("file-unwritable", "path" => path.display()).because(&error))
}

/// The same with the plain error of the system.
pub fn replace_io(path: &Path, content: &[u8], private: bool) -> io::Result<()> {
    let mut name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?.to_owned();
    name.push(".new");
    let fresh = path.with_file_name(name);
    let mut file = options(private).write(true).create(true).truncate(true).open(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&fresh, path)?;
    sync_folder(path)
}

/// Writes a file that must not exist yet.
pub fn create(path: &Path, content: &[u8], private: bool) -> Outcome<()> {
    let mut file = options(private).write(true).create_new(true).open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => problem!("file-exists", "path" => path.display()),
        _ => problem!("file-unwritable", "path" => path.display()).because(&error),
    })?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .and_then(|()| sync_folder(path))
        .map_err(|error| problem!("file-unwritable", "path" => path.display()).because(&error))
}

/// Makes a folder and those above it.
pub fn folder(path: &Path) -> Outcome<()> {
    fs::create_dir_all(path).map_err(|error| problem!("file-unwritable", "path" => path.display()).because(&error))
}

/// Makes the name of a file durable: the folder is synced too.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    if cfg!(unix) { File::open(parent)?.sync_all() } else { Ok(()) }
}

/// Options for a file that only its owner may read, if `private`.
pub fn options(private: bool) -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    if private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let _ = private;
    options
}

/// `path` with `suffix` added to its file name.
#[must_use]
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}
