//! The message that carries a code: filled from a template, read back as a mail program reads it, and only then handed on.
//!
//! A message with an empty field, a field that is left over, or without the very code it was made for is never sent.

use std::{
    collections::BTreeMap,
    time::{Duration, UNIX_EPOCH},
};

use lettre::{
    Address, Message,
    message::{Mailbox, header},
};
use mail_parser::MessageParser;
use zeroize::{Zeroize, Zeroizing};

use crate::{i18n::Language, problem, problem::Outcome};

/// The built-in templates of the first registrar, whose message has the link.
const FIRST: [&str; 2] = [include_str!("../../templates/first.en.txt"), include_str!("../../templates/first.fr.txt")];
/// The built-in templates of the other registrars, whose message has a code to type.
const FURTHER: [&str; 2] = [include_str!("../../templates/further.en.txt"), include_str!("../../templates/further.fr.txt")];
/// The lines added to a message that may follow another one to the same member.
const AGAIN: [&str; 2] = [include_str!("../../templates/again.en.txt"), include_str!("../../templates/again.fr.txt")];

/// A template: first line `Subject: …`, then the text, with fields in braces.
#[derive(Clone)]
pub struct Template {
    subject: String,
    body: String,
    again: &'static str,
}

/// What the fields of a template stand for. `code` and `link` are wiped when dropped.
#[derive(Default)]
pub struct Fields {
    plain: BTreeMap<&'static str, String>,
    secret: BTreeMap<&'static str, Zeroizing<String>>,
}

impl Fields {
    /// Sets a field.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.plain.insert(name, value.into());
    }

    /// Sets a field that holds a code.
    pub fn set_secret(&mut self, name: &'static str, value: Zeroizing<String>) {
        self.secret.insert(name, value);
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.plain.get(name).map(String::as_str).or_else(|| self.secret.get(name).map(|value| value.as_str()))
    }
}

impl Template {
    /// The built-in template for a registrar's messages.
    #[must_use]
    pub fn built_in(first: bool, language: Language) -> Self {
        let index = match language {
            Language::English => 0,
            Language::French => 1,
        };
        let text = if first { FIRST } else { FURTHER }.get(index).copied().unwrap_or_default();
        // A test parses every built-in template.
        Self::parse(text, language, first).unwrap_or(Self { subject: String::new(), body: String::new(), again: "" })
    }

    /// Reads a template. It must use the field that carries the code, `{link}` or `{code}`.
    pub fn parse(text: &str, language: Language, first: bool) -> Outcome<Self> {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let (head, body) = text.split_once('\n').unwrap_or((&text, ""));
        let subject = head.strip_prefix("Subject:").map(str::trim).filter(|subject| !subject.is_empty());
        let subject = subject.ok_or_else(|| problem!("template-no-subject"))?.to_owned();
        let again = match language {
            Language::English => AGAIN.first(),
            Language::French => AGAIN.get(1),
        };
        let template = Self { subject, body: body.trim_start_matches('\n').to_owned(), again: again.copied().unwrap_or_default() };
        let carrier = if first { "{link}" } else { "{code}" };
        if !template.body.contains(carrier) {
            return Err(problem!("template-no-code", "field" => carrier));
        }
        if template.subject.contains("{link}") || template.subject.contains("{code}") {
            return Err(problem!("template-code-in-subject"));
        }
        Ok(template)
    }

    /// Fills the template in. `again`: the member may have an earlier message.
    pub fn fill(&self, fields: &Fields, again: bool) -> Outcome<Filled> {
        let mut text = String::new();
        if again {
            text.push_str(self.again.trim_end());
            text.push_str("\n\n");
        }
        text.push_str(&self.body);
        Ok(Filled { subject: fill(&self.subject, fields)?.to_string(), body: fill(&text, fields)? })
    }
}

/// A filled template.
pub struct Filled {
    subject: String,
    body: Zeroizing<String>,
}

/// Replaces every `{field}`; an unknown or empty field, or a lone brace, is a fault.
fn fill(text: &str, fields: &Fields) -> Outcome<Zeroizing<String>> {
    let mut filled = Zeroizing::new(String::with_capacity(text.len().saturating_mul(2)));
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or_else(|| problem!("template-brace"))?;
        let value = fields.get(name).ok_or_else(|| problem!("template-unknown-field", "field" => name))?;
        if value.trim().is_empty() {
            return Err(problem!("template-empty-field", "field" => name));
        }
        filled.push_str(before);
        filled.push_str(value);
        rest = after;
    }
    if rest.contains('}') {
        return Err(problem!("template-brace"));
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Who sends a message, and to whom.
pub struct Envelope<'a> {
    /// The sender.
    pub from: &'a Mailbox,
    /// The member's name.
    pub name: &'a str,
    /// The member's address.
    pub to: &'a Address,
    /// The message's identity, the same for the same slot and attempt.
    pub id: String,
    /// The identity of the message that this one replaces.
    pub replaces: Option<String>,
    /// When it is sent, in ms since 1970.
    pub now: u64,
}

/// A message that has been read back and found right. Wiped when dropped.
pub struct Ready {
    message: Message,
    bytes: Zeroizing<Vec<u8>>,
}

impl Ready {
    /// Builds the message and reads it back: the address, a subject, and `must_have` in the text as the member will see it.
    pub fn build(filled: &Filled, envelope: &Envelope<'_>, must_have: &str) -> Outcome<Self> {
        let faulty = |what: &'static str| problem!("message-faulty", "what" => what);
        let mut builder = Message::builder()
            .message_id(Some(envelope.id.clone()))
            .date(UNIX_EPOCH.checked_add(Duration::from_millis(envelope.now)).ok_or_else(|| faulty("Date"))?)
            .from(envelope.from.clone())
            .to(Mailbox::new(Some(envelope.name.to_owned()), envelope.to.clone()))
            .subject(filled.subject.as_str());
        if let Some(replaces) = &envelope.replaces {
            builder = builder.references(replaces.clone());
        }
        let message = builder
            .header(header::ContentType::TEXT_PLAIN)
            .body(filled.body.to_string())
            .map_err(|error| faulty("message").because(&error))?;
        let bytes = Zeroizing::new(message.formatted());
        let ready = Self { message, bytes };
        ready.read_back(envelope, must_have)?;
        Ok(ready)
    }

    fn read_back(&self, envelope: &Envelope<'_>, must_have: &str) -> Outcome<()> {
        let faulty = |what: &'static str| problem!("message-faulty", "what" => what);
        let parsed = MessageParser::default().parse(self.bytes.as_slice()).ok_or_else(|| faulty("message"))?;
        let to = parsed.to().and_then(|to| to.first()).and_then(|to| to.address());
        if to.is_none_or(|to| to.parse::<Address>().ok().as_ref() != Some(envelope.to)) {
            return Err(faulty("To"));
        }
        if parsed.subject().is_none_or(|subject| subject.trim().is_empty()) {
            return Err(faulty("Subject"));
        }
        let text = Zeroizing::new(parsed.body_text(0).unwrap_or_default().into_owned());
        if must_have.is_empty() || !text.split_whitespace().any(|word| word == must_have) {
            return Err(faulty("code"));
        }
        Ok(())
    }

    /// The bytes of the message (RFC 5322).
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Subject and text as the member will see them.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        let parsed = MessageParser::default().parse(self.bytes.as_slice());
        let subject = parsed.as_ref().and_then(|parsed| parsed.subject()).unwrap_or_default();
        let body = parsed.as_ref().and_then(|parsed| parsed.body_text(0)).unwrap_or_default();
        Zeroizing::new(format!("{subject}\n\n{body}"))
    }

    /// The message for a transport.
    #[must_use]
    pub const fn message(&self) -> &Message {
        &self.message
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        self.subject.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://vote.example.org/vote/#YZ-_abc.7.K7QF-2M9T-88XC-P0VD";

    fn fields() -> Fields {
        let mut fields = Fields::default();
        for name in ["name", "title", "organiser", "registrar", "slot", "opens", "closes", "server", "test", "check"] {
            fields.set(name, format!("the {name}"));
        }
        fields.set_secret("link", Zeroizing::new(LINK.into()));
        fields.set_secret("code", Zeroizing::new("K7QF-2M9T-88XC-P0VD".into()));
        fields
    }

    fn envelope<'a>(from: &'a Mailbox, to: &'a Address) -> Envelope<'a> {
        Envelope { from, name: "Zoé Lefèvre", to, id: "<1.7.1@vote.example.org>".into(), replaces: None, now: 1_796_126_400_000 }
    }

    #[test]
    fn every_built_in_template_makes_a_message_that_reads_back() {
        let from: Mailbox = "Élection <vote@example.org>".parse().unwrap();
        let to: Address = "zoe@example.org".parse().unwrap();
        for language in [Language::English, Language::French] {
            for (first, must_have) in [(true, LINK), (false, "K7QF-2M9T-88XC-P0VD")] {
                for again in [false, true] {
                    let filled = Template::built_in(first, language).fill(&fields(), again).unwrap();
                    let ready = Ready::build(&filled, &envelope(&from, &to), must_have).unwrap();
                    let text = MessageParser::default().parse(ready.bytes()).unwrap().body_text(0).unwrap().into_owned();
                    assert!(!text.contains('{') && text.contains("the title") && text.contains("the name"), "{text}");
                    assert!(!filled.subject.is_empty());
                }
            }
        }
    }

    #[test]
    fn a_missing_field_is_never_sent() {
        let template = Template::parse("Subject: {title}\n{link} for {name}", Language::English, true).unwrap();
        for name in ["title", "name"] {
            let mut lacking = fields();
            lacking.set(name, " ");
            assert_eq!(template.fill(&lacking, false).err().unwrap().key(), "template-empty-field");
        }
        let mut lacking = fields();
        lacking.secret.clear();
        assert_eq!(template.fill(&lacking, false).err().unwrap().key(), "template-unknown-field");
        for (text, key) in [
            ("no subject\n{link}", "template-no-subject"),
            ("Subject: x\nno field", "template-no-code"),
            ("Subject: {code}\n{link}", "template-code-in-subject"),
        ] {
            assert_eq!(Template::parse(text, Language::English, true).err().unwrap().key(), key);
        }
        for text in ["Subject: x\n{link} {", "Subject: x\n{link} }", "Subject: x\n{link} {nmae}"] {
            assert!(Template::parse(text, Language::English, true).unwrap().fill(&fields(), false).is_err(), "{text}");
        }
    }

    #[test]
    fn a_message_with_another_code_is_never_sent() {
        let from: Mailbox = "vote@example.org".parse().unwrap();
        let to: Address = "zoe@example.org".parse().unwrap();
        let filled = Template::built_in(true, Language::French).fill(&fields(), false).unwrap();
        assert_eq!(Ready::build(&filled, &envelope(&from, &to), "XXXX").err().unwrap().key(), "message-faulty");
        assert_eq!(Ready::build(&filled, &envelope(&from, &to), "").err().unwrap().key(), "message-faulty");
    }
}
