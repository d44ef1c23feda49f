//! Ways a message leaves: a maildir folder, or SMTP with TLS.

use std::{
    fs::{self, DirBuilder},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use lettre::{
    Message, SmtpTransport, Transport,
    transport::smtp::{self, authentication::Credentials},
};

use super::message::Ready;
use crate::{durable, problem, problem::Outcome};

/// Takes messages over.
pub trait Delivery {
    /// Returns only when the message is safely in other hands. After an error it may or may not have left.
    ///
    /// `slot` names the message: a delivery that can take an earlier message of the same slot back does so.
    fn hand_over(&mut self, slot: u32, message: &Ready) -> Outcome<()>;

    /// Whether an earlier message of the same slot disappears when a newer one is handed over.
    fn takes_back(&self) -> bool;
}

/// A maildir of ready messages, one file per slot: `new/<election>.<registrar>.<slot>.eml`.
///
/// A later message of the same slot replaces the file. The folder is for its owner only, and whatever sends its messages on
/// must start after `registrar issue` has said that all are made.
pub struct Maildir {
    folder: PathBuf,
    prefix: String,
}

impl Maildir {
    /// A maildir at `folder`, made if need be, for the messages of one registrar of one election.
    pub fn open(folder: &Path, election: &str, registrar: u8) -> Outcome<Self> {
        for name in ["tmp", "new", "cur"] {
            let mut builder = DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            let path = folder.join(name);
            builder.create(&path).map_err(|error| problem!("file-unwritable", "path" => path.display()).because(&error))?;
        }
        let election: String = election.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
        Ok(Self { folder: folder.to_owned(), prefix: format!("{election}.{registrar}") })
    }

    /// Where the message of a slot lies.
    #[must_use]
    pub fn path(&self, slot: u32) -> PathBuf {
        self.folder.join("new").join(self.name(slot))
    }

    fn name(&self, slot: u32) -> String {
        format!("{}.{slot:06}.eml", self.prefix)
    }

    fn put(&self, slot: u32, bytes: &[u8]) -> io::Result<()> {
        let name = self.name(slot);
        // A message that a mail program has already looked at lies in `cur` under the same name and some flags.
        let cur = self.folder.join("cur");
        for entry in fs::read_dir(&cur)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&name) {
                fs::remove_file(entry.path())?;
            }
        }
        let fresh = self.folder.join("tmp").join(&name);
        durable::replace_io(&fresh, bytes, true)?;
        let path = self.path(slot);
        fs::rename(&fresh, &path)?;
        durable::sync_folder(&path)
    }
}

impl Delivery for Maildir {
    fn hand_over(&mut self, slot: u32, message: &Ready) -> Outcome<()> {
        self.put(slot, message.bytes()).map_err(|error| problem!("file-unwritable", "path" => self.path(slot).display()).because(&error))
    }

    fn takes_back(&self) -> bool {
        true
    }
}

/// A mail server.
pub struct Smtp {
    transport: SmtpTransport,
}

impl Smtp {
    /// A mail server by its address: `smtps://host[:port]` (TLS from the start), `smtp://host[:port]` (STARTTLS, required), or
    /// `smtp://localhost:port` for a server on the same machine. User and password are not part of the address, where process lists show them.
    pub fn connect(url: &str, user: Option<(&str, &str)>) -> Outcome<Self> {
        let wrong = || problem!("smtp-address", "address" => url);
        let (scheme, place) = url.split_once("://").ok_or_else(wrong)?;
        let place = place.trim_end_matches('/');
        if place.contains(['@', '/', '?', '#']) || place.is_empty() {
            return Err(wrong());
        }
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && !host.ends_with(':') => (host, Some(port.parse::<u16>().map_err(|_| wrong())?)),
            _ => (place, None),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let mut builder = match scheme {
            "smtps" => SmtpTransport::relay(host).map_err(|error| wrong().because(&error))?,
            "smtp" if matches!(host, "localhost" | "127.0.0.1" | "::1") => SmtpTransport::builder_dangerous(host).port(25),
            "smtp" => SmtpTransport::starttls_relay(host).map_err(|error| wrong().because(&error))?,
            _ => return Err(wrong()),
        };
        if let Some(port) = port {
            builder = builder.port(port);
        }
        if let Some((user, password)) = user {
            builder = builder.credentials(Credentials::new(user.to_owned(), password.to_owned()));
        }
        Ok(Self { transport: builder.timeout(Some(Duration::from_secs(60))).build() })
    }
}

impl Smtp {
    /// Sends a message; without a confirmation, the mail server's status, or a dash if there is none. What it says besides may quote
    /// an address.
    pub fn send(&self, message: &Message) -> Result<(), String> {
        let status = |error: smtp::Error| error.status().map_or_else(|| "–".to_owned(), |status| status.to_string());
        self.transport.send(message).map(drop).map_err(status)
    }
}

impl Delivery for Smtp {
    fn hand_over(&mut self, slot: u32, message: &Ready) -> Outcome<()> {
        self.send(message.message()).map_err(|status| problem!("smtp-refused", "slot" => slot, "status" => status))
    }

    fn takes_back(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_mail_servers() {
        for url in [
            "smtps://mail.example.org",
            "smtp://mail.example.org:587",
            "smtp://localhost:2525",
            "smtp://127.0.0.1:2525",
            "smtp://[::1]:2525",
        ] {
            assert!(Smtp::connect(url, Some(("user", "password"))).is_ok(), "{url}");
        }
        for url in [
            "mail.example.org",
            "http://mail.example.org",
            "smtps://user:password@mail.example.org",
            "smtps://",
            "smtp://host:port",
            "smtp://h?tls=none",
        ] {
            assert_eq!(Smtp::connect(url, None).err().unwrap().key(), "smtp-address", "{url}");
        }
    }
}
