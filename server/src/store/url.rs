//! Where a PostgreSQL database is, with what it takes to get in.

use std::{fmt, str::FromStr};

use sqlx::postgres::PgConnectOptions;

/// The parameters that are understood. Another one is refused rather than written to a log by the driver: it may be a
/// password under a mistyped name.
const PARAMETERS: [&str; 13] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
];

/// The address of a PostgreSQL database, as `postgres://user@host/database`. It may hold a password and is never shown.
#[derive(Clone)]
pub struct DatabaseUrl(Box<PgConnectOptions>);

/// Text is not the address of a PostgreSQL database. It does not say what the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address of the database is not understood")]
pub struct NotAnAddress;

impl DatabaseUrl {
    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(NotAnAddress);
        }
        let parameters = text.split_once('?').map_or("", |(_, parameters)| parameters);
        let names = parameters.split('&').filter_map(|parameter| parameter.split('=').next());
        if names.clone().any(|name| !name.is_empty() && !PARAMETERS.contains(&name)) {
            return Err(NotAnAddress);
        }
        // What is wrong with it may quote it.
        text.parse().map(|options| Self(Box::new(options))).map_err(|_| NotAnAddress)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_understood_and_never_shown() {
        let url: DatabaseUrl = "postgres://isoloir:geheim@db.example.org:5433/vote?sslmode=verify-full".parse().unwrap();
        assert_eq!((url.options().get_host(), url.options().get_port()), ("db.example.org", 5433));
        assert!(!format!("{url:?}").contains("geheim"));
        let socket: DatabaseUrl = "postgres://isoloir@localhost/vote?host=/run/postgresql".parse().unwrap();
        assert!(socket.options().get_socket().is_some());
    }

    #[test]
    fn what_is_no_address_is_not_repeated() {
        for wrong in
            ["", "mysql://a:geheim@b/c", "postgres://a:geheim@b:port/c", "postgres://b/c?pasword=geheim", "postgres://b/c?sslmode=geheim"]
        {
            let error = DatabaseUrl::from_str(wrong).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("geheim"), "{wrong}");
        }
    }
}
