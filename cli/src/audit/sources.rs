//! What others have of the same log, to be compared: mirrors, servers, checkpoints, witnesses' memories.

use std::path::Path;

use isoloir_protocol::audit::{Content, Source};

use crate::{context::Context, durable, problem, problem::Outcome};

/// A source: an archive or an address as the audit itself takes them, or a file with a signed note in it.
pub fn load(ctx: &Context, source: &str) -> Outcome<Source> {
    let name = source.to_owned();
    let path = Path::new(source);
    if !source.contains("://") && path.is_file() {
        let content = Content::read(&durable::read(path)?);
        return Ok(Source { name, content: content.map_err(|error| problem!("archive-unreadable", "source" => source).because(&error))? });
    }
    let (archive, _) = super::load(ctx, source)?;
    Ok(Source { name, content: Content::Archive(Box::new(archive)) })
}
