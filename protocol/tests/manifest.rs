//! Manifests and questions: the vectors of section 2, and what they leave out.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod common;

use common::{hex, items, number, text, vector};
use isoloir_protocol::manifest::{Document, ElectionId, Manifest, ManifestError, Question, Text, format_time, parse_time};
use proptest::prelude::*;

fn valid() -> String {
    text(&vector("manifests")["manifest"]).to_owned()
}

fn refused(find: &str, replace: &str) -> ManifestError {
    let valid = valid();
    assert!(valid.contains(find), "{find}");
    match Manifest::parse(valid.replacen(find, replace, 1).as_bytes()) {
        Ok(_) => panic!("{replace}"),
        Err(error) => error,
    }
}

fn at(path: &str) -> String {
    path.to_owned()
}

#[test]
fn vectors_are_accepted_with_their_id() {
    let vectors = vector("manifests");
    let manifest = Manifest::parse(valid().as_bytes()).unwrap();
    assert_eq!(manifest.id().as_bytes().to_vec(), hex(&vectors["election_id"]));
    for case in items(&vectors["valid"]) {
        let json = valid().replacen(text(&case["find"]), text(&case["replace"]), 1);
        let manifest = Manifest::parse(json.as_bytes());
        let manifest = manifest.unwrap_or_else(|error| panic!("{}: {error}", case["why"]));
        assert_eq!(manifest.id().as_bytes().to_vec(), hex(&case["election_id"]), "{}", case["why"]);
        assert_eq!(manifest.bytes(), json.as_bytes());
    }
}

#[test]
fn vectors_are_refused() {
    for case in items(&vector("manifests")["invalid"]) {
        let find = text(&case["find"]);
        assert!(valid().contains(find), "{}", case["why"]);
        let json = valid().replacen(find, text(&case["replace"]), 1);
        assert!(Manifest::parse(json.as_bytes()).is_err(), "{}", case["why"]);
    }
}

#[test]
fn every_derived_length_is_that_of_the_ballot_vectors() {
    for name in ["ballot-1", "ballot-2", "ballot-3"] {
        let vectors = vector(name);
        let manifest = Manifest::parse(text(&vectors["manifest"]).as_bytes()).unwrap();
        let output = &vectors["output"];
        assert_eq!(manifest.ballot_len(), hex(&output["public_ballot"]).len(), "{name}");
        let boxes = items(&output["boxes"]);
        assert_eq!(manifest.box_len(), hex(&boxes[0]).len(), "{name}");
        let submission = manifest.ballot_len() + boxes.len() * manifest.box_len();
        assert_eq!(manifest.submission_len(), submission);
        for (question, derived) in manifest.questions.iter().zip(items(&vectors["derived"])) {
            assert_eq!(question.bits(), number(&derived["bits"]) as usize);
            assert_eq!(serde_json::json!(question.weights()), derived["weights"]);
            assert_eq!(serde_json::json!(question.slack_weights()), derived["slack"]);
        }
    }
}

#[test]
fn fields_and_keys_are_those_of_the_json() {
    let manifest = Manifest::parse(valid().as_bytes()).unwrap();
    assert_eq!(manifest.title.in_language(&["en"]), "Test election");
    assert_eq!((manifest.threshold(), manifest.share_count(), manifest.quorum()), (2, 3, 2));
    assert_eq!(Some(manifest.opens_ms()), parse_time("2026-12-01T12:00:00Z"));
    assert_eq!(Some(manifest.closes_ms()), parse_time("2026-12-03T21:00:00Z"));
    assert_eq!((manifest.grace_ms(), manifest.report_ms()), (900_000, 3_600_000));
    assert_eq!(manifest.previous(), None);
    assert!(manifest.teller_keys(0).is_none() && manifest.teller_keys(4).is_none());
    assert!(manifest.teller_keys(1).is_some() && manifest.teller_keys(3).is_some());
    assert!(manifest.registrar_key(1).is_some() && manifest.registrar_key(2).is_none());
    assert_eq!(manifest.witness_keys()[1].0, "witness2.example.net");
    assert_ne!(manifest.organiser_key(), manifest.log_key());
    let [first, second] = &manifest.questions[..] else { panic!() };
    assert_eq!((first.bits(), first.weights(), first.slack_weights()), (4, vec![1; 4], vec![]));
    assert_eq!((second.bits(), second.weights()), (4, vec![1; 4]));
    assert_eq!(second.slack_weights(), [1, 1]);
}

#[test]
fn the_quorum_is_the_threshold_only_with_two_witnesses() {
    let quorum = |replacements: &[(&str, &str)]| {
        let json = replacements.iter().fold(valid(), |json, (find, replace)| json.replacen(find, replace, 1));
        Manifest::parse(json.as_bytes()).unwrap().quorum()
    };
    let start = valid().find("\"witnesses\":[").unwrap();
    let end = valid()[start..].find(']').unwrap() + start + 1;
    let witnesses = &valid()[start..end];
    let none = (witnesses, "\"witnesses\":[]");
    let no_quorum = ("\"witness_quorum\":2", "\"witness_quorum\":0");
    assert_eq!(quorum(&[none, no_quorum]), 3);
    assert_eq!(quorum(&[none, no_quorum, ("\"threshold\":2", "\"threshold\":3")]), 3);
    assert_eq!(quorum(&[]), 2);
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    use ManifestError as E;
    assert_eq!(refused("Question 1", ""), { E::Length { path: at("questions[0].title.en"), found: 0, least: 1, most: 2_000 } });
    assert_eq!(refused("\"revote\":true", "\"revote\":true,\"revote\":1"), { E::DuplicateName { path: at("revote") } });
    assert_eq!(refused("\"en\":\"Option 2.4\"", "\"e\":\"Option 2.4\""), { E::Language { path: at("questions[1].options[3].e") } });
    assert_eq!(refused("\"fr\":", "\"EN\":"), { E::Repeated { path: at("title.en"), first: at("title.EN") } });
    assert_eq!(refused("\"threshold\":2", "\"threshold\":1"), { E::Range { path: at("threshold"), least: 2, most: 3 } });
    assert_eq!(refused("\"threshold\":2", "\"threshold\":4"), { E::Range { path: at("threshold"), least: 2, most: 3 } });
    assert_eq!(refused("\"max\":2", "\"max\":5"), { E::Range { path: at("questions[1].max"), least: 1, most: 4 } });
    assert_eq!(refused("\"Londres\"", "\"Berlin\""), { E::Repeated { path: at("groups[1]"), first: at("groups[0]") } });
    assert_eq!(refused("\"channel\":\"post\",", ""), { E::MissingField { path: at("registrars[1].channel") } });
    assert_eq!(refused("2026-12-03T21:00:00Z", "2026-12-01T12:00:00Z"), E::Times);
    assert_eq!(refused("isoloir/v1", "isoloir/v2"), { E::Constant { path: at("format"), expected: "isoloir/v1" } });
    assert_eq!(refused("\"smallest_group\":3", "\"smallest_group\":0"), {
        E::Range { path: at("smallest_group"), least: 1, most: 65_535 }
    });
    assert!(matches!(refused("{\"format\"", "{{\"format\""), E::Syntax { line: 1, column: 2 }));
    let facts = serde_json::to_value(refused("\"grace_minutes\":15", "\"grace_minutes\":1e1"));
    let expected = serde_json::json!(
        { "reason": "type", "path": "grace_minutes", "expected": "integer" });
    assert_eq!(facts.unwrap(), expected);
}

#[test]
fn arrays_are_no_objects_and_text_around_is_refused() {
    // serde's derived readers would take the fields of a struct from an array.
    let start = valid().find("\"organiser\":{").unwrap();
    let end = valid()[start..].find('}').unwrap() + start + 1;
    let organiser: serde_json::Value = serde_json::from_str(&valid()[start + "\"organiser\":".len()..end]).unwrap();
    let array = serde_json::json!({ "organiser": [organiser["name"], organiser["sign"]] });
    let array = array.to_string();
    let array = array.trim_start_matches('{').trim_end_matches('}');
    assert_eq!(refused(&valid()[start..end], array), { ManifestError::Type { path: at("organiser"), expected: "object" } });
    for json in [String::new(), "[]".into(), "null".into(), valid() + "{}", valid() + "x"] {
        assert!(Manifest::parse(json.as_bytes()).is_err());
    }
    let mut bytes = valid().into_bytes();
    let title = valid().find("Test").unwrap();
    bytes[title] = 0xff;
    assert_eq!(Manifest::parse(&bytes).unwrap_err(), ManifestError::NotUtf8 { at: title });
    // White space at both ends is JSON; it makes another election.
    let spaced = Manifest::parse(format!("\n {}\t\r\n", valid()).as_bytes()).unwrap();
    assert_ne!(spaced.id(), Manifest::parse(valid().as_bytes()).unwrap().id());
}

#[test]
fn a_manifest_has_at_most_60_000_bytes() {
    let padded = |len: usize| format!("{}{}", valid(), " ".repeat(len - valid().len()));
    assert!(Manifest::parse(padded(60_000).as_bytes()).is_ok());
    let error = Manifest::parse(padded(60_001).as_bytes()).unwrap_err();
    assert_eq!(error, ManifestError::TooLong { found: 60_001, most: 60_000 });
}

#[test]
fn bounds_of_numbers_hold_to_the_last() {
    for (field, written, least, most) in [
        ("smallest_group", 3, 1, 65_535),
        ("grace_minutes", 15, 0, 1_440),
        ("report_minutes", 60, 15, 10_080),
        ("witness_quorum", 2, 2, 2),
        ("threshold", 2, 2, 3),
    ] {
        let with = |value: u64| {
            let find = format!("\"{field}\":{written}");
            assert!(valid().contains(&find));
            Manifest::parse(valid().replacen(&find, &format!("\"{field}\":{value}"), 1).as_bytes())
        };
        assert!(with(least).is_ok() && with(most).is_ok(), "{field}");
        let range = ManifestError::Range { path: field.to_owned(), least, most };
        assert_eq!(with(most + 1).unwrap_err(), range);
        assert_eq!(with(u64::MAX).unwrap_err(), range);
        if least > 0 {
            assert_eq!(with(least - 1).unwrap_err(), range);
        }
    }
    // When all tellers are needed there is no window to be too short.
    let all = valid().replacen("\"threshold\":2", "\"threshold\":3", 1);
    let all = all.replacen("\"report_minutes\":60", "\"report_minutes\":0", 1);
    assert!(Manifest::parse(all.as_bytes()).is_ok());
}

#[test]
fn lists_have_their_bounds() {
    let groups = |count: usize| {
        let names: Vec<_> = (0..count).map(|number| format!("\"{number}\"")).collect();
        let json = valid().replacen("[\"Berlin\",\"Londres\"]", &format!("[{}]", names.join(",")), 1);
        Manifest::parse(json.as_bytes())
    };
    assert!(groups(1).is_ok() && groups(4_096).is_ok());
    for found in [0, 4_097] {
        let length = ManifestError::Length { path: at("groups"), found, least: 1, most: 4_096 };
        assert_eq!(groups(found).unwrap_err(), length);
    }
}

#[test]
fn a_ballot_has_to_fit_a_leaf() {
    let mut document: Document = serde_json::from_str(&valid()).unwrap();
    let options = |count: usize| vec![Text::from([("en", "x")]); count];
    let question = |count| Question { title: Text::from([("en", "x")]), options: options(count), min: 1, max: 1, blank: false };
    // 76 bytes, 96 for three tellers; 32 for each of 7 elements of a question and for each option.
    let with_last = |count| (0..7).map(|_| question(255)).chain([question(count)]).collect();
    document.questions = with_last(201);
    assert_eq!(document.ballot_len(), 76 + 96 + 32 * (8 * 7 + 7 * 255 + 201));
    assert!(Manifest::parse(&document.to_json()).is_ok());
    document.questions = with_last(202);
    let error = Manifest::parse(&document.to_json()).unwrap_err();
    assert_eq!(error, ManifestError::BallotLength { found: document.ballot_len(), most: 65_526 });
}

#[test]
fn a_document_is_written_as_it_is_read() {
    let manifest = Manifest::parse(valid().as_bytes()).unwrap();
    let document: Document = serde_json::from_str(&valid()).unwrap();
    assert_eq!(*manifest, document);
    // The vector has no spaces and lists languages in another order than ours.
    let again = Manifest::parse(&document.to_json()).unwrap();
    assert_eq!(*again, *manifest);
}

#[test]
fn election_ids_are_43_characters_for_addresses() {
    let id = Manifest::parse(valid().as_bytes()).unwrap().id();
    let shown = id.to_string();
    assert_eq!(shown.len(), 43);
    assert_eq!(shown.parse(), Ok(id));
    assert_eq!(serde_json::to_value(id).unwrap(), serde_json::json!(shown));
    assert_eq!(serde_json::from_value::<ElectionId>(serde_json::json!(shown)).unwrap(), id);
    for wrong in ["", &shown[1..], &format!("{shown}="), &format!("{shown}A"), &shown.replace(|_| true, "+")] {
        assert!(wrong.parse::<ElectionId>().is_err(), "{wrong}");
    }
    // The last character holds four bits: of each four neighbours in the alphabet one is canonical.
    let canonical = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(['-', '_'])
        .filter(|last| format!("{}{last}", &shown[..42]).parse::<ElectionId>().is_ok());
    assert_eq!(canonical.count(), 16);
}

#[test]
fn slack_weights_and_bits_are_those_of_the_vectors() {
    for case in items(&vector("slack")) {
        let d = u32::try_from(number(&case["d"])).unwrap();
        let question = Question { title: Text::default(), options: vec![Text::default(); 41], min: 1, max: d + 1, blank: false };
        let weights: Vec<u64> = items_or_none(&case["weights"]).iter().map(number).collect();
        assert!(question.slack_weights().iter().copied().map(u64::from).eq(weights), "{d}");
        assert_eq!(question.has_slack(), d > 0);
        for (value, bits) in items_or_none(&case["bits"]).iter().enumerate() {
            let found = question.slack_bits(u32::try_from(value).unwrap());
            let found: String = found.iter().map(u8::to_string).collect();
            assert_eq!(found, text(bits), "{d}: {value}");
        }
    }
}

fn items_or_none(value: &serde_json::Value) -> &[serde_json::Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn texts_are_found_by_language() {
    let text = Text::from([("de", "Ja"), ("fr-CA", "Oui"), ("en", "Yes")]);
    assert_eq!(text.in_language(&["EN"]), "Yes");
    assert_eq!(text.in_language(&["fr"]), "Oui");
    assert_eq!(text.in_language(&["it", "en-GB"]), "Yes");
    assert_eq!(text.in_language(&["it"]), "Ja");
    assert_eq!(Text::default().in_language(&["it"]), "");
}

#[test]
fn times_are_exact() {
    assert_eq!(parse_time("1970-01-01T00:00:00Z"), Some(0));
    assert_eq!(parse_time("2000-02-29T23:59:59Z"), Some(951_868_799_000));
    assert_eq!(parse_time("9999-12-31T23:59:59Z"), Some(253_402_300_799_000));
    for wrong in [
        "",
        "1970-01-01T00:00:00",
        "1969-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01t00:00:00Z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00z",
        "+026-01-01T00:00:00Z",
        "2026-01-01T00:00:0５Z",
        " 2026-01-01T00:00:00Z",
    ] {
        assert_eq!(parse_time(wrong), None, "{wrong}");
    }
    assert_eq!(format_time(253_402_300_800_000), None);
    assert_eq!(format_time(u64::MAX), None);
}

proptest! {
    #[test]
    fn times_are_written_as_they_are_read(seconds in 0_u64..253_402_300_800) {
        let shown = format_time(seconds * 1000 + 999).unwrap();
        prop_assert_eq!(parse_time(&shown), Some(seconds * 1000));
    }

    #[test]
    fn slack_bits_weigh_their_value(max in 1_u32..=255, less in 0_u32..=255, part in 0_u32..=255) {
        let min = max.saturating_sub(less);
        let question =
            Question { title: Text::default(), options: Vec::new(), min, max, blank: false };
        let value = part % (max - min + 1);
        let bits = question.slack_bits(value);
        let weights = question.slack_weights();
        let sum: u32 = bits.iter().zip(&weights).map(|(bit, weight)| u32::from(*bit) * weight).sum();
        prop_assert_eq!(sum, value);
        prop_assert_eq!(weights.iter().sum::<u32>(), max - min);
    }

    #[test]
    fn no_change_of_one_byte_crashes(at in 0_usize..1_650, byte: u8) {
        let mut bytes = valid().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let before = Manifest::parse(valid().as_bytes()).unwrap();
        if let Ok(manifest) = Manifest::parse(&bytes) {
            prop_assert_eq!(manifest.id() == before.id(), bytes == before.bytes());
        }
    }
}
