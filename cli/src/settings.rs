//! The settings file of `isoloir serve`: TOML, every key known, every path from the file's own folder.
//!
//! `packaging/serve.toml` lists all keys with what happens when they are wrong.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use isoloir_server::Config;
use serde::Deserialize;

use crate::{
    durable, problem,
    problem::Outcome,
    serve::{GivenDatabase, LogFormat},
};

/// All keys there are.
pub const KEYS: [&str; 22] = [
    "data",
    "database",
    "listen",
    "tls_certificate",
    "tls_key",
    "public_url",
    "organisers",
    "mirrors",
    "witness_urls",
    "pages",
    "look",
    "log_format",
    "metrics",
    "queue",
    "batch",
    "keep_boxes_hours",
    "workers",
    "connections",
    "connections_per_address",
    "address_header",
    "request_timeout_seconds",
    "shutdown_timeout_seconds",
];

/// What a settings file says; what it leaves out is `None`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Folder for the database and the logs' keys.
    pub data: Option<PathBuf>,
    /// PostgreSQL instead of SQLite in the folder.
    pub database: Option<GivenDatabase>,
    /// Where to listen.
    pub listen: Option<SocketAddr>,
    /// File of the certificate, if the server speaks TLS by itself.
    pub tls_certificate: Option<PathBuf>,
    /// File of its private key.
    pub tls_key: Option<PathBuf>,
    /// The address that voters see.
    pub public_url: Option<String>,
    /// Public files of the organisers who may begin elections.
    pub organisers: Vec<PathBuf>,
    /// Public keys of the mirrors that may copy boxes, base64.
    pub mirrors: Vec<String>,
    /// Addresses of witnesses that the pages may ask.
    pub witness_urls: Vec<String>,
    /// Folder of pages built from source.
    pub pages: Option<PathBuf>,
    /// File with the organiser's name, colour, logo and zone.
    pub look: Option<PathBuf>,
    /// How log lines look.
    pub log_format: Option<LogFormat>,
    /// Where monitoring programs read figures.
    pub metrics: Option<SocketAddr>,
    /// Ballots that may wait.
    pub queue: Option<usize>,
    /// Ballots committed together.
    pub batch: Option<usize>,
    /// Hours that boxes are kept after the result.
    pub keep_boxes_hours: Option<u64>,
    /// Threads that answer.
    pub workers: Option<usize>,
    /// Connections of each worker.
    pub connections: Option<usize>,
    /// Connections of one address.
    pub connections_per_address: Option<usize>,
    /// The header in which a proxy tells the voter's address.
    pub address_header: Option<String>,
    /// Seconds for the head of a request.
    pub request_timeout_seconds: Option<u64>,
    /// Seconds for what is under way at the end.
    pub shutdown_timeout_seconds: Option<u64>,
}

impl Settings {
    /// Reads a settings file. A key that does not exist is named together with the one that is likely meant.
    pub fn load(path: &Path) -> Outcome<Self> {
        let text = String::from_utf8(durable::read(path)?).map_err(|error| unreadable(path, &error))?;
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| unreadable(path, &error))?;
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(problem!("settings-key", "path" => path.display(), "key" => key, "nearest" => nearest(key)));
        }
        let mut settings: Self = toml::from_str(&text).map_err(|error| unreadable(path, &error))?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let single = [&mut settings.data, &mut settings.pages, &mut settings.look, &mut settings.tls_certificate, &mut settings.tls_key];
        let paths = single.into_iter().flatten().chain(&mut settings.organisers);
        paths.for_each(|path| *path = folder.join(&*path));
        Ok(settings)
    }

    /// Puts what the file says into what the server is given.
    pub fn apply(&self, config: &mut Config) {
        let set = |to: &mut usize, from: Option<usize>| *to = from.unwrap_or(*to);
        set(&mut config.queue, self.queue);
        set(&mut config.batch, self.batch);
        set(&mut config.workers, self.workers);
        set(&mut config.connections, self.connections);
        set(&mut config.connections_per_address, self.connections_per_address);
        config.address_header = self.address_header.clone().or_else(|| config.address_header.take());
        let wait =
            |to: &mut Duration, from: Option<u64>, unit: u64| *to = from.map_or(*to, |n| Duration::from_secs(n.saturating_mul(unit)));
        wait(&mut config.keep_boxes, self.keep_boxes_hours, 3_600);
        wait(&mut config.request_timeout, self.request_timeout_seconds, 1);
        wait(&mut config.shutdown_timeout, self.shutdown_timeout_seconds, 1);
    }
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> crate::problem::Problem {
    problem!("settings-unreadable", "path" => path.display()).because(error)
}

/// The known key that is most like this one.
fn nearest(key: &str) -> &'static str {
    let distance = |known: &&str| strsim::damerau_levenshtein(known, key);
    KEYS.into_iter().min_by_key(distance).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Outcome<Settings> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("serve.toml");
        std::fs::write(&path, text).unwrap();
        Settings::load(&path)
    }

    #[test]
    fn the_example_has_every_key_and_is_read() {
        let example = include_str!("../../packaging/serve.toml");
        // Each line `# key = value` is one that an operator may take the sign away from.
        let mut keys = Vec::new();
        let mut uncommented = String::new();
        for line in example.lines() {
            let line =
                line.strip_prefix("# ").filter(|line| line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '))).unwrap_or(line);
            if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
                keys.push(key.to_owned());
            }
            uncommented.push_str(line);
            uncommented.push('\n');
        }
        keys.sort();
        let mut known = KEYS.map(str::to_owned).to_vec();
        known.sort();
        assert_eq!(keys, known);
        load(example).unwrap();
        let all = load(&uncommented).unwrap();
        assert_eq!(all.queue, Some(Config::default().queue));
        assert_eq!(all.keep_boxes_hours.map(|hours| Duration::from_secs(hours * 3_600)), Some(Config::default().keep_boxes));
        assert_eq!(all.request_timeout_seconds.map(Duration::from_secs), Some(Config::default().request_timeout));
        assert_eq!(all.shutdown_timeout_seconds.map(Duration::from_secs), Some(Config::default().shutdown_timeout));
    }

    #[test]
    fn a_wrong_key_names_the_right_one() {
        let problem = load("public-url = \"https://vote.example.org\"\n").unwrap_err();
        assert_eq!(problem.key(), "settings-key");
        assert!(problem.facts().contains(&("nearest", "public_url".to_owned())), "{problem:?}");
        assert_eq!(load("queue = \"many\"").unwrap_err().key(), "settings-unreadable");
        assert_eq!(load("queue = ").unwrap_err().key(), "settings-unreadable");
        assert_eq!(load("listen = \"8080\"").unwrap_err().key(), "settings-unreadable");
    }

    #[test]
    fn paths_are_those_of_the_file() {
        let settings = load("data = \"data\"\norganisers = [\"organiser.pub.json\", \"/etc/other.pub.json\"]\n").unwrap();
        assert!(settings.data.unwrap().is_absolute());
        assert_eq!(settings.organisers.last().unwrap(), Path::new("/etc/other.pub.json"));
    }
}
