//! The sentences that people read, by language: Project Fluent catalogues, compiled in.
//!
//! An error is a message with the attribute `.do`: what is wrong, and what to do about it.

use std::{fmt, str::FromStr};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

use crate::problem::Problem;

/// The catalogues: language tag and text.
pub const CATALOGUES: [(&str, &str); 2] = [("en", include_str!("../i18n/en.ftl")), ("fr", include_str!("../i18n/fr.ftl"))];

/// A language there is a catalogue for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// French.
    French,
}

impl Language {
    /// The language of the environment: `LC_ALL`, then `LC_MESSAGES`, then `LANG`; English if none is known.
    #[must_use]
    pub fn of_environment() -> Self {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty())
            .and_then(|value| value.parse().ok())
            .unwrap_or_default()
    }

    /// The language tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let tag = text.split(['-', '_', '.', '@']).next().unwrap_or_default().to_ascii_lowercase();
        match tag.as_str() {
            "en" => Ok(Self::English),
            "fr" => Ok(Self::French),
            _ => Err(format!("{text}: en, fr")),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// One language's sentences.
pub struct Catalogue {
    bundle: FluentBundle<FluentResource>,
    language: Language,
}

impl Catalogue {
    /// The catalogue of a language.
    #[must_use]
    pub fn new(language: Language) -> Self {
        let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        bundle.set_use_isolating(false);
        for (tag, text) in CATALOGUES {
            if tag == language.tag() {
                // A test reads every catalogue without an error; a broken line would leave its key to stand for itself.
                let resource = match FluentResource::try_new(text.to_owned()) {
                    Ok(resource) | Err((resource, _)) => resource,
                };
                bundle.add_resource_overriding(resource);
            }
        }
        Self { bundle, language }
    }

    /// The language of this catalogue.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The sentence under a key, with its values.
    #[must_use]
    pub fn line(&self, key: &str, facts: &[(&'static str, String)]) -> String {
        self.find(key, facts).unwrap_or_else(|| {
            let values: Vec<String> = facts.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{key} {}", values.join(" "))
        })
    }

    /// The sentence under a key, or `key.attribute`, if there is one.
    #[must_use]
    pub fn find(&self, key: &str, facts: &[(&'static str, String)]) -> Option<String> {
        let mut args = FluentArgs::new();
        for (name, value) in facts {
            // Whole numbers stay numbers, so that the catalogue can choose a plural; they are shown without grouping.
            let value = match value.parse::<u32>() {
                Ok(number) if number.to_string() == *value => FluentValue::from(number),
                _ => FluentValue::from(value.clone()),
            };
            args.set(*name, value);
        }
        let (message, attribute) = match key.split_once('.') {
            Some((message, attribute)) => (self.bundle.get_message(message)?, Some(attribute)),
            None => (self.bundle.get_message(key)?, None),
        };
        let pattern = match attribute {
            Some(attribute) => message.get_attribute(attribute)?.value(),
            None => message.value()?,
        };
        let mut errors = Vec::new();
        Some(self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned())
    }

    /// A problem as people read it: what is wrong, what to do, for each of its parts.
    #[must_use]
    pub fn explain(&self, problem: &Problem) -> String {
        let mut text = String::new();
        let mut last_advice = String::new();
        for one in std::iter::once(problem).chain(problem.more()) {
            text.push_str(&self.line(one.key(), one.facts()));
            text.push('\n');
            if let Some(cause) = one.cause() {
                text.push_str("  (");
                text.push_str(cause);
                text.push_str(")\n");
            }
            let advice = self.find(&format!("{}.do", one.key()), one.facts()).unwrap_or_default();
            if !advice.is_empty() && advice != last_advice {
                text.push_str("  → ");
                text.push_str(&advice);
                text.push('\n');
            }
            last_advice = advice;
        }
        text
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Catalogue({})", self.language)
    }
}
