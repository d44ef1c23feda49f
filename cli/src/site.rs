//! `isoloir site check`: does a server hand out the pages of a release, byte for byte?

use std::{collections::BTreeMap, path::PathBuf};

use clap::{Args, Subcommand};
use sha2::{Digest, Sha256};

use crate::{
    args::Ending,
    client::{Client, ServedFile},
    context::Context,
    durable, problem,
    problem::Outcome,
    say,
};

/// What anybody does with a server's pages.
#[derive(Debug, Subcommand)]
pub enum SiteCommand {
    /// Compare what a server hands out with the list of hashes of a release
    Check(CheckArgs),
}

/// What `site check` is given.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The address of the server
    #[arg(value_name = "URL")]
    pub url: String,
    /// The list hashes.txt of the release (default: the one of this program)
    #[arg(long, value_name = "FILE")]
    pub list: Option<PathBuf>,
}

/// Runs it; the ending is good only if nothing differs.
pub fn run(ctx: &mut Context, command: &SiteCommand) -> Outcome<Ending> {
    let SiteCommand::Check(args) = command;
    let release = match &args.list {
        Some(path) => {
            let text = durable::read_text(path)?;
            Release::parse(&text).ok_or_else(|| problem!("site-list-unreadable", "source" => path.display()))?
        }
        None => Release::embedded().ok_or_else(|| problem!("site-no-list"))?,
    };
    let client = Client::with_clock(&args.url, ctx.clock())?;
    let differences = compare(&client, &release)?;
    for difference in &differences {
        show(ctx, difference);
    }
    if differences.is_empty() {
        say!(ctx, "site-holds", "server" => client.base(), "build" => release.name(), "files" => release.files.len());
    } else {
        say!(ctx, "site-fails", "server" => client.base(), "build" => release.name(), "count" => differences.len());
    }
    say!(ctx, "site-one-answer");
    Ok(if differences.is_empty() { Ending::Good } else { Ending::Bad })
}

fn show(ctx: &mut Context, difference: &Difference) {
    match difference {
        Difference::Changed { path, encoding } if encoding.is_empty() => say!(ctx, "site-changed", "path" => path),
        Difference::Changed { path, encoding } => say!(ctx, "site-changed-encoded", "path" => path, "encoding" => encoding),
        Difference::Missing { path, status } => say!(ctx, "site-missing", "path" => path, "status" => status),
        Difference::Policy { path } => say!(ctx, "site-policy", "path" => path),
    }
}

/// The files of a release with their hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The name that the pages show, hex.
    build: String,
    /// Path → SHA-256, lower-case hex.
    files: BTreeMap<String, String>,
}

/// A file that a server does not hand out as the release has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Other bytes.
    Changed {
        /// The file.
        path: String,
        /// How the answer was compressed; empty if not at all.
        encoding: String,
    },
    /// No such file.
    Missing {
        /// The file.
        path: String,
        /// HTTP status of the answer.
        status: u16,
    },
    /// Without a content security policy that forbids all that the pages do not need.
    Policy {
        /// The file.
        path: String,
    },
}

impl Release {
    /// The pages inside this program.
    #[must_use]
    pub fn embedded() -> Option<Self> {
        Self::parse(&isoloir_server::embedded_hashes()?)
    }

    /// Reads a list: a line `# build NAME`, then lines `sha256  path`, as `sha256sum` writes them; nothing for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_hash = |hash: &str| hash.len() == 64 && hash.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let (build, lines) = text.strip_prefix("# build ")?.split_once('\n')?;
        let line = |line: &str| {
            let (hash, path) = line.split_once("  ")?;
            (is_hash(hash) && !path.is_empty()).then(|| (path.to_owned(), hash.to_owned()))
        };
        let files: BTreeMap<_, _> = lines.lines().map(line).collect::<Option<_>>()?;
        (is_hash(build) && !files.is_empty()).then(|| Self { build: build.to_owned(), files })
    }

    /// The list again.
    #[must_use]
    pub fn list(&self) -> String {
        let lines: String = self.files.iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect();
        format!("# build {}\n{lines}", self.build)
    }

    /// The name as the pages show it at their end: its first 16 digits.
    #[must_use]
    pub fn name(&self) -> &str {
        self.build.get(..16).unwrap_or_default()
    }

    /// The hash of a file in an encoding.
    fn expected(&self, path: &str, encoding: &str) -> Option<&str> {
        let name = match encoding {
            "" | "identity" => path.to_owned(),
            "br" => format!("{path}.br"),
            "gzip" => format!("{path}.gz"),
            _ => return None,
        };
        self.files.get(&name).map(String::as_str)
    }
}

/// Asks a server for every file of a release, in every encoding that browsers ask for, and tells what differs.
pub fn compare(client: &Client, release: &Release) -> Outcome<Vec<Difference>> {
    let mut differences = Vec::new();
    let plain = release.files.keys().filter(|path| !path.ends_with(".br") && !path.ends_with(".gz"));
    for path in plain {
        for encoding in ["identity", "gzip", "gzip, deflate, br"] {
            let served = client.file(&address(path), encoding)?;
            if let Some(found) = judge(release, path, &served) {
                differences.push(found);
                break;
            }
        }
    }
    let list = client.file(&format!("/{}", isoloir_server::HASHES), "identity")?;
    if list.status != 200 {
        differences.push(Difference::Missing { path: isoloir_server::HASHES.to_owned(), status: list.status });
    } else if std::str::from_utf8(&list.bytes).ok().and_then(Release::parse).as_ref() != Some(release) {
        differences.push(Difference::Changed { path: isoloir_server::HASHES.to_owned(), encoding: String::new() });
    }
    Ok(differences)
}

/// A page lies at its folder's address.
fn address(path: &str) -> String {
    match path.strip_suffix("index.html") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => format!("/{folder}"),
        _ => format!("/{path}"),
    }
}

fn judge(release: &Release, path: &str, served: &ServedFile) -> Option<Difference> {
    let path = path.to_owned();
    if served.status != 200 {
        return Some(Difference::Missing { path, status: served.status });
    }
    if release.expected(&path, &served.encoding) != Some(hash(&served.bytes).as_str()) {
        return Some(Difference::Changed { path, encoding: served.encoding.clone() });
    }
    (needs_policy(&path) && !is_strict(&path, &served.policy)).then_some(Difference::Policy { path })
}

/// Whether a policy of its own rules the file: pages, pictures that may hold scripts, workers. Not what only a page loads, under its own.
fn needs_policy(path: &str) -> bool {
    let is = |ending: &str| path.ends_with(ending);
    let loaded = is(".css") || is(".wasm") || is(".woff2") || (is(".js") && !path.contains("worker"));
    !loaded
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Whether a content security policy lets scripts come from the server's own files only, forbids everything that it
/// does not name, being framed, and texts that become scripts. The page that audits may ask any server for its copy; the page made for
/// other sites' frames, which holds no secret, may be framed.
fn is_strict(path: &str, policy: &str) -> bool {
    let anybody: &[&str] = if path == "audit/index.html" { &["https:", "http:"] } else { &[] };
    let framed: &[&str] = if path == "embed/index.html" { &["'none'", "*"] } else { &["'none'"] };
    let directive = |name: &str| {
        let mut found = policy.split(';').map(str::trim).filter_map(|rule| match rule.split_once(' ') {
            Some((known, values)) => (known == name).then_some(values),
            None => (rule == name).then_some(""),
        });
        found.next().map(|values| values.split_whitespace().collect::<Vec<_>>())
    };
    let only = |name: &str, allowed: &[&str]| directive(name).is_some_and(|values| values.iter().all(|value| allowed.contains(value)));
    only("default-src", &["'none'"])
        && only("script-src", &["'self'", "'wasm-unsafe-eval'"])
        && only("worker-src", &["'self'"])
        && only("style-src", &["'self'"])
        && directive("connect-src")
            .is_some_and(|values| values.iter().all(|value| *value == "'self'" || is_origin(value) || anybody.contains(value)))
        && only("form-action", &["'none'"])
        && only("frame-ancestors", framed)
        && only("base-uri", &["'none'"])
        && only("require-trusted-types-for", &["'script'"])
        && only("trusted-types", &["isoloir-worker"])
}

/// Whether it is the address of one server: a witness that the operator has named (`serve --witness-url`). It can learn nothing that the
/// server itself could not have been told, so that it makes no page worse.
fn is_origin(value: &str) -> bool {
    let host = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://").filter(|host| host.starts_with("127.0.0.1:")));
    host.is_some_and(|host| !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:[]".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_list_is_read_and_written_again() {
        let text = format!("# build {HASH}\n{HASH}  assets/a.js\n{HASH}  index.html\n");
        assert_eq!(Release::parse(&text).unwrap().list(), text);
        for wrong in ["", HASH, &format!("{HASH} index.html"), &format!("{}  index.html", &HASH[1..]), &format!("{HASH}  ")] {
            assert_eq!(Release::parse(&format!("# build {HASH}\n{wrong}\n")), None, "{wrong}");
        }
        assert_eq!(Release::parse(&format!("{HASH}  index.html\n")), None);
    }

    #[test]
    fn a_page_has_the_address_of_its_folder() {
        assert_eq!(address("index.html"), "/");
        assert_eq!(address("vote/index.html"), "/vote/");
        assert_eq!(address("assets/noindex.html"), "/assets/noindex.html");
        assert_eq!(address("mark.svg"), "/mark.svg");
    }

    #[test]
    fn a_policy_that_allows_more_is_not_strict() {
        let good = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; \
                    worker-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; \
                    trusted-types isoloir-worker";
        assert!(is_strict("vote/index.html", good));
        let anywhere = good.replace("frame-ancestors 'none'", "frame-ancestors *");
        assert!(is_strict("embed/index.html", &anywhere) && !is_strict("vote/index.html", &anywhere));
        assert!(!is_strict("embed/index.html", &anywhere.replace("script-src 'self'", "script-src *")));
        // The page that audits may ask anybody; no page that holds a secret may.
        assert!(is_strict("audit/index.html", &good.replace("connect-src 'self'", "connect-src 'self' https: http:")));
        assert!(is_strict("vote/index.html", &good.replace("connect-src 'self'", "connect-src 'self' https://witness.example.org:8443")));
        for (from, to) in [
            ("'wasm-unsafe-eval'", "'unsafe-inline'"),
            ("'wasm-unsafe-eval'", "https://cdn.example.org"),
            ("connect-src 'self'", "connect-src *"),
            ("connect-src 'self'", "connect-src 'self' https:"),
            ("connect-src 'self'", "connect-src 'self' https://*.example.org"),
            ("frame-ancestors 'none'; ", ""),
            ("require-trusted-types-for 'script'; ", ""),
        ] {
            let changed = good.replace(from, to);
            assert_ne!(changed, good);
            assert!(!is_strict("vote/index.html", &changed), "{changed}");
        }
        assert!(!is_strict("index.html", ""));
    }
}
