//! What an operator decides.

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use isoloir_protocol::signature::SignKey;

use crate::{clock::SharedClock, store::DatabaseUrl, tls::TlsFiles};

/// The settings of a server. `Config::default()` listens on this machine only and lets nobody begin an
/// election.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen. Port 0 takes a free one.
    pub bind: SocketAddr,
    /// A socket that listens already, instead of `bind`: whoever holds it too (systemd) lets connections wait while a server is
    /// replaced by the next one.
    pub listener: Option<Arc<TcpListener>>,
    /// The certificate with which this server speaks TLS; `None` where a proxy does. The files are read again when they change, and
    /// by [`Running::reload`](crate::Running::reload).
    pub tls: Option<TlsFiles>,
    /// The address voters see, as `https://vote.example.org`. Its host begins the origin of every log,
    /// and `https` turns on HSTS. If it is wrong, new logs carry a wrong name for ever.
    pub public_url: String,
    /// Folder for the database (`isoloir.sqlite`) and the logs' keys (`keys/`). If it is lost, ballots
    /// are lost; if `keys/` is copied, the thief can sign a second history, which witnesses would notice.
    pub data_dir: PathBuf,
    /// The PostgreSQL database, if it is not SQLite in `data_dir`. Several processes may share it, each with a `data_dir` of
    /// its own that has the logs' keys: a process without a log's key serves that log's readers only.
    pub database: Option<DatabaseUrl>,
    /// Whether this server keeps copies of logs that another one writes, and takes nothing from anybody else.
    pub copies: bool,
    /// The keys of mirrors, to which boxes are given from the beginning. A mirror can give them to whoever breaks into it, who
    /// still needs the keys of `t` tellers.
    pub mirrors: Vec<SignKey>,
    /// Who may begin elections here.
    pub organisers: Organisers,
    /// Where the pages come from.
    pub pages: Pages,
    /// File with the organiser's name, colour, logo and zone, shown on every page; see `docs/operator.md`.
    pub look: Option<PathBuf>,
    /// Addresses of witnesses that serve what they saw, as `https://witness.example.org`: the pages name them and may ask them whether a
    /// receipt is there. Each one learns the number and code that a voter checks there, which are in its log anyway, and the voter's address.
    pub witnesses: Vec<String>,
    /// How many ballots of one election may wait for their turn, each with its boxes in memory. Beyond
    /// that voters are asked to come back. Too low refuses voters who could be served within a second;
    /// too high makes them wait longer than browsers do.
    pub queue: usize,
    /// How many ballots are checked and committed together at most.
    pub batch: usize,
    /// Where monitoring programs read figures, as Prometheus does, if anywhere. Not an address that everybody
    /// reaches: the figures name no voter, but they show how busy the server is.
    pub metrics: Option<SocketAddr>,
    /// How often the server looks whether an election is to be closed, fixed or counted. `None` leaves
    /// it to [`Running::tick`](crate::Running::tick).
    pub tick: Option<Duration>,
    /// How long boxes are kept after the result, in case a teller's device has to look again.
    pub keep_boxes: Duration,
    /// Threads that answer requests; ballots are checked on others.
    pub workers: usize,
    /// How many connections at most for each worker; more wait to be accepted.
    pub connections: usize,
    /// How many connections one address may have, if no proxy stands in front. Too low shuts out voters who share
    /// an address; a browser opens up to six. Too high lets one client take them all.
    pub connections_per_address: usize,
    /// The header in which the proxy in front of this server tells the voter's address, as `x-forwarded-for`;
    /// its last word counts. `None` without a proxy: a header that voters can write themselves would let them
    /// choose their address. With a proxy and without this, all voters count as one, who is served slowly.
    pub address_header: Option<String>,
    /// How long a client may take to send the head of a request, and for the handshake of TLS.
    pub request_timeout: Duration,
    /// How long requests under way may take when the server stops.
    pub shutdown_timeout: Duration,
    /// What tells the time.
    pub clock: SharedClock,
}

/// Who may begin elections.
#[derive(Debug, Clone, Default)]
pub enum Organisers {
    /// Nobody.
    #[default]
    Nobody,
    /// Those with these keys.
    Listed(Vec<SignKey>),
    /// Whoever asks: for a demonstration.
    Anybody,
}

impl Organisers {
    /// Whether the owner of this key may.
    pub fn allow(&self, key: &SignKey) -> bool {
        match self {
            Self::Nobody => false,
            Self::Listed(keys) => keys.contains(key),
            Self::Anybody => true,
        }
    }
}

/// Where the pages come from.
#[derive(Debug, Clone, Default)]
pub enum Pages {
    /// Those built into the program.
    #[default]
    Embedded,
    /// A folder, read once at start: pages that the operator built from source.
    Folder(PathBuf),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 8080)),
            listener: None,
            tls: None,
            public_url: "http://localhost:8080".to_owned(),
            data_dir: PathBuf::from("isoloir-data"),
            database: None,
            copies: false,
            mirrors: Vec::new(),
            organisers: Organisers::default(),
            pages: Pages::default(),
            look: None,
            witnesses: Vec::new(),
            queue: 4_096,
            batch: 1_024,
            metrics: None,
            tick: Some(Duration::from_secs(1)),
            keep_boxes: Duration::from_secs(7 * 24 * 3_600),
            workers: std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            connections: 10_000,
            connections_per_address: 2_000,
            address_header: None,
            request_timeout: Duration::from_secs(20),
            shutdown_timeout: Duration::from_secs(30),
            clock: SharedClock::default(),
        }
    }
}

impl Config {
    /// Host and port of the public address; `None` if it is not one.
    pub fn public_host(&self) -> Option<&str> {
        host(&self.public_url)
    }

    /// The origins of the witnesses' addresses; `None` if one is no address, or without TLS on another machine, which browsers refuse.
    pub fn witness_origins(&self) -> Option<Vec<&str>> {
        let origin = |url: &String| {
            let host = host(url)?;
            let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.contains(']') { host } else { name });
            (url.starts_with("https://") || matches!(name, "localhost" | "127.0.0.1" | "[::1]")).then_some(())
        };
        self.witnesses.iter().map(|url| origin(url).map(|()| url.strip_suffix('/').unwrap_or(url))).collect()
    }

    /// Whether voters come by TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host = rest.strip_suffix('/').unwrap_or(rest);
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    (!host.is_empty() && host.chars().all(allowed)).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_of_the_public_address() {
        let host = |url: &str| {
            let config = Config { public_url: url.to_owned(), ..Config::default() };
            config.public_host().map(str::to_owned)
        };
        assert_eq!(host("https://vote.example.org").as_deref(), Some("vote.example.org"));
        assert_eq!(host("https://vote.example.org/").as_deref(), Some("vote.example.org"));
        assert_eq!(host("http://[::1]:8080").as_deref(), Some("[::1]:8080"));
        for wrong in ["vote.example.org", "ftp://x", "https://", "https://a/b", "https://a b", "https://a?b"] {
            assert_eq!(host(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn origins_of_witnesses() {
        let origins = |url: &str| {
            let config = Config { witnesses: vec![url.to_owned()], ..Config::default() };
            config.witness_origins().map(|origins| origins.concat())
        };
        for (url, origin) in [
            ("https://witness.example.org", "https://witness.example.org"),
            ("https://witness.example.org:8443/", "https://witness.example.org:8443"),
            ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
            ("http://[::1]:8081", "http://[::1]:8081"),
        ] {
            assert_eq!(origins(url).as_deref(), Some(origin));
        }
        // Nothing that would let the pages ask everybody, or say more than an address in the policy.
        for wrong in [
            "http://witness.example.org",
            "https://*.example.org",
            "https:",
            "*",
            "https://a; script-src *",
            "https://a/b",
            "http://127.0.0.1.example.org",
        ] {
            assert_eq!(origins(wrong), None, "{wrong}");
        }
    }
}
