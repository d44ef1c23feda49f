//! Which election is meant: an election file, or any link of its pages.

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::manifest::{ElectionId, Manifest};
use serde::{Deserialize, Serialize};

use crate::{client::Client, context::Context, durable, problem, problem::Outcome};

const FORMAT: &str = "isoloir/election-1";

/// The election file that `election new` writes and everybody is given: where the election is, and its manifest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ElectionFile {
    format: String,
    server: String,
    election: String,
    manifest: String,
}

/// An election on a server, with its manifest checked against its id.
#[derive(Debug)]
pub struct Target {
    /// The server.
    pub client: Client,
    /// The manifest.
    pub manifest: Manifest,
}

impl Target {
    /// Reads an election file, or takes a link such as `https://vote.example.org/results/#ELECTION`.
    pub fn resolve(ctx: &Context, text: &str) -> Outcome<Self> {
        let (server, id, manifest) = if text.contains("://") {
            let (server, id) = parse_link(text)?;
            (server, id, None)
        } else {
            let wrong = || problem!("election-file-unreadable", "path" => text);
            let file: ElectionFile = serde_json::from_slice(&durable::read(Path::new(text))?).map_err(|error| wrong().because(&error))?;
            if file.format != FORMAT {
                return Err(wrong());
            }
            let id = file.election.parse().map_err(|error| wrong().because(&error))?;
            let manifest = STANDARD.decode(&file.manifest).map_err(|error| wrong().because(&error))?;
            (file.server, id, Some(manifest))
        };
        let client = Client::with_clock(&server, ctx.clock())?;
        let manifest = match manifest {
            Some(manifest) => manifest,
            None => client.manifest(&id)?,
        };
        let manifest = Manifest::parse(&manifest).map_err(|error| problem!("manifest-invalid").because(&error))?;
        if manifest.id() != id {
            return Err(problem!("manifest-of-another", "expected" => id, "found" => manifest.id()));
        }
        Ok(Self { client, manifest })
    }

    /// The election's id.
    #[must_use]
    pub fn id(&self) -> ElectionId {
        self.manifest.id()
    }

    /// The log's name on its server: what follows `/log/` in its origin.
    #[must_use]
    pub fn log_name(&self) -> &str {
        log_name(&self.manifest.log.origin)
    }

    /// The content of an election file.
    #[must_use]
    pub fn to_file(&self) -> Vec<u8> {
        let file = ElectionFile {
            format: FORMAT.to_owned(),
            server: self.client.base().to_owned(),
            election: self.id().to_string(),
            manifest: STANDARD.encode(self.manifest.bytes()),
        };
        serde_json::to_vec_pretty(&file).unwrap_or_default()
    }

    /// A link of the election's pages: `page` is `vote`, `check`, `test`, `tellers`, `results` or `audit`; `rest` follows the id.
    #[must_use]
    pub fn link(&self, page: &str, rest: &str) -> String {
        format!("{}/{page}/#{}{rest}", self.client.base(), self.id())
    }

    /// The election's title in the language of the sentences, or else in the first one it has.
    #[must_use]
    pub fn title(&self, language: crate::i18n::Language) -> String {
        self.manifest.title.in_language(&[language.tag()]).to_owned()
    }
}

/// The log's name within an origin `host[:port]/log/name`.
#[must_use]
pub fn log_name(origin: &str) -> &str {
    origin.split_once("/log/").map_or(origin, |(_, name)| name)
}

/// Server and election of a link, `https://host/page/#ELECTION…` or `https://host/api/elections/ELECTION…`.
pub fn parse_link(link: &str) -> Outcome<(String, ElectionId)> {
    // What follows the id in a voter's link is a code: it does not go into the error.
    let wrong = || problem!("link-unreadable");
    let (scheme, rest) = link.split_once("://").ok_or_else(wrong)?;
    let (host, path) = rest.split_once('/').ok_or_else(wrong)?;
    let id = match path.split_once('#') {
        Some((_, fragment)) => fragment.split('.').next().unwrap_or_default(),
        None => path.strip_prefix("api/elections/").and_then(|rest| rest.split('/').next()).ok_or_else(wrong)?,
    };
    Ok((format!("{scheme}://{host}"), id.parse().map_err(|_| wrong())?))
}
