//! `isoloir backup` and `isoloir restore`: copies of a server's database and, apart from it, of the logs' keys.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use isoloir_server::backup::{self, BackupError};

use crate::{args::Ending, context::Context, durable, problem, problem::Outcome, say, serve::Chain};

/// What `backup` is given.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The server's folder
    #[arg(long, value_name = "FOLDER")]
    pub data: PathBuf,
    /// Copy the logs' keys into this folder too; keep it elsewhere than the copy of the database
    #[arg(long, value_name = "FOLDER")]
    pub keys: Option<PathBuf>,
    /// The copy, a new file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// What `restore` is given.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The server's folder, without a database
    #[arg(long, value_name = "FOLDER")]
    pub data: PathBuf,
    /// Where the copies of the logs' keys are
    #[arg(long, value_name = "FOLDER")]
    pub keys: Option<PathBuf>,
    /// The copy
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Copies the database.
pub fn backup(ctx: &mut Context, args: &BackupArgs) -> Outcome<Ending> {
    wait(backup::backup(&args.data, &args.file))?.map_err(|error| failed(&error, &args.file))?;
    if let Some(to) = &args.keys {
        copy_keys(&args.data.join("keys"), to)?;
    }
    say!(ctx, "backup-made", "path" => args.file.display());
    Ok(Ending::Good)
}

/// Brings a copy back.
pub fn restore(ctx: &mut Context, args: &RestoreArgs) -> Outcome<Ending> {
    let unusable = |error: BackupError| failed(&error, &args.data);
    let judged = wait(backup::judge(&args.file, &args.data, args.keys.as_deref()))?.map_err(unusable)?;
    // A copy that is not brought back brings no keys.
    if let Some(from) = &args.keys {
        copy_keys(from, &args.data.join("keys"))?;
    }
    let held = judged.accept().map_err(unusable)?;
    let mut ending = Ending::Good;
    for log in held {
        say!(ctx, "restore-log", "log" => log.name, "size" => log.size);
        if !log.key {
            say!(ctx, "restore-no-key", "log" => log.name, "path" => args.data.join("keys").display());
            ending = Ending::Bad;
        }
    }
    say!(ctx, "restore-old");
    Ok(ending)
}

fn failed(error: &BackupError, path: &Path) -> problem::Problem {
    match error {
        BackupError::Exists => problem!("backup-exists", "path" => path.display()),
        BackupError::Damaged { log, .. } => problem!("backup-damaged", "log" => log).because(error),
        _ => problem!("backup-failed", "path" => path.display()).because(&Chain(error)),
    }
}

fn wait<T>(work: impl Future<Output = T>) -> Outcome<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    Ok(runtime.map_err(|error| problem!("serve-failed").because(&error))?.block_on(work))
}

/// Copies key files that are not there yet; one of the same name with other content is not overwritten.
fn copy_keys(from: &Path, to: &Path) -> Outcome<()> {
    let unreadable = |error: std::io::Error| problem!("file-unreadable", "path" => from.display()).because(&error);
    private_folder(to)?;
    for entry in fs::read_dir(from).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_none_or(|extension| extension != "key") {
            continue;
        }
        let Some(name) = path.file_name() else { continue };
        let content = zeroize::Zeroizing::new(durable::read(&path)?);
        let target = to.join(name);
        if !target.exists() || *zeroize::Zeroizing::new(durable::read(&target)?) != *content {
            durable::create(&target, &content, true)?;
        }
    }
    Ok(())
}

fn private_folder(path: &Path) -> Outcome<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path).map_err(|error| problem!("file-unwritable", "path" => path.display()).because(&error))
}
