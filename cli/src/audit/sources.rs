//! What others have of the same log, to be compared: mirrors, servers, checkpoints, witnesses' memories.

use std::path::Path;

use isoloir_protocol::audit::{Content, Source};
use serde_json::Value;

use crate::{context::Context, durable, problem::Outcome};

/// A source: an archive or an address as the audit itself takes them, or a file with a signed note in it.
pub fn load(ctx: &Context, source: &str) -> Outcome<Source> {
    let path = Path::new(source);
    if !source.contains("://") && path.is_file() {
        let bytes = durable::read(path)?;
        if !bytes.starts_with(b"PK") {
            return Ok(Source { name: source.to_owned(), content: Content::Notes(notes(&bytes)) });
        }
    }
    let (archive, _) = super::load(ctx, source)?;
    Ok(Source { name: source.to_owned(), content: Content::Archive(Box::new(archive)) })
}

/// The notes of a file: a signed note, or JSON with notes in it, as a witness's memory, a receipt, or a list of checkpoints.
fn notes(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let Ok(json) = serde_json::from_str::<Value>(&text) else {
        return vec![text];
    };
    let mut notes = Vec::new();
    gather(&json, &mut notes);
    notes
}

fn gather(json: &Value, notes: &mut Vec<String>) {
    match json {
        // A note has three lines and signatures; what is none is not signed by the log and says nothing.
        Value::String(text) if text.contains('\n') => notes.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| gather(item, notes)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, notes)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_found_in_every_kind_of_file() {
        assert_eq!(notes(b"a/b\n1\nroot\n"), ["a/b\n1\nroot\n"]);
        assert_eq!(notes(br#"{"size":1,"note":"x\ny\n","alarm":"z\n"}"#), ["z\n", "x\ny\n"]);
        assert_eq!(notes(br#"["x\n",["y\n"],3]"#), ["x\n", "y\n"]);
    }
}
