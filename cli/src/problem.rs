//! What can go wrong, as facts: a key of the catalogue and its values. The two sentences that people read (what is wrong, what to do)
//! live in `i18n/*.ftl` under that key.

use std::fmt;

/// The values that the sentences of a key name.
pub type Facts = Vec<(&'static str, String)>;

/// A failure: a key of the catalogue with its values, or several of them.
///
/// Nothing in it is ever a code, a passphrase or a choice.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    key: &'static str,
    facts: Facts,
    /// Further problems of the same run, such as the other bad rows of a roll.
    more: Vec<Problem>,
    /// What the machine said, in English, for the person who repairs it.
    cause: Option<String>,
}

/// What a command returns.
pub type Outcome<T> = Result<T, Problem>;

impl Problem {
    /// A problem under a key of the catalogue.
    #[must_use]
    pub const fn new(key: &'static str, facts: Facts) -> Self {
        Self { key, facts, more: Vec::new(), cause: None }
    }

    /// The same with the words of the machine.
    #[must_use]
    pub fn because(mut self, cause: &dyn fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// The same with what led to it listed after it.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        let Self { key, facts, more, cause } = other;
        self.more.push(Self { key, facts, more: Vec::new(), cause });
        self.more.extend(more);
        self
    }

    /// Several problems as one, or nothing if there is none.
    pub fn all(problems: Vec<Self>) -> Outcome<()> {
        let mut problems = problems.into_iter();
        match problems.next() {
            None => Ok(()),
            Some(mut first) => {
                first.more.extend(problems);
                Err(first)
            }
        }
    }

    /// The key in the catalogue.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// The values that the sentences name.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The other problems of the same run.
    #[must_use]
    pub fn more(&self) -> &[Self] {
        &self.more
    }

    /// The machine's words, if any.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.key, self.facts)?;
        if let Some(cause) = &self.cause {
            write!(f, " ({cause})")?;
        }
        for more in &self.more {
            write!(f, "; {more:?}")?;
        }
        Ok(())
    }
}

/// `problem!("key", "name" => value, …)`: a [`Problem`] under a key of the catalogue.
#[macro_export]
macro_rules! problem {
    ($key:literal $(, $name:literal => $value:expr)* $(,)?) => {
        $crate::problem::Problem::new($key, vec![$(($name, ($value).to_string())),*])
    };
}

/// `say!(ctx, "key", "name" => value, …)`: a line of the catalogue on the output.
#[macro_export]
macro_rules! say {
    ($ctx:expr, $key:literal $(, $name:literal => $value:expr)* $(,)?) => {
        $ctx.say($key, &[$(($name, ($value).to_string())),*])
    };
}
