//! The roll as a registrar has it: a table saved by a spreadsheet.
//!
//! UTF-8 with or without mark, UTF-16 with mark, else Windows-1252; separated by `;`, `,` or tabs; columns by their names, in English or French,
//! in any order. Every fault is named with its row, and all of them at once, so that a list of members is corrected in one go.

use std::collections::BTreeMap;

use encoding_rs::{Encoding, WINDOWS_1252};
use lettre::Address;
use unicode_normalization::UnicodeNormalization;

use crate::{
    i18n::Language,
    problem,
    problem::{Outcome, Problem},
};

/// The most bytes of a roll: 150,000 members are about 15 MB.
const LARGEST_ROLL: usize = 256 << 20;

/// One member of the roll.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// The line of the file it stands on, from 1.
    pub row: u64,
    /// The member number, as text: leading zeros count.
    pub number: String,
    /// First name and name.
    pub name: String,
    /// Where this registrar's code goes.
    pub address: Address,
    /// Index of the group in the manifest.
    pub group: u16,
    /// The member's number of votes.
    pub weight: u32,
    /// The language of the member's message, if the roll tells.
    pub language: Option<Language>,
}

/// A read roll.
pub struct Roll {
    /// The members, in the order of the file.
    pub members: Vec<Member>,
    /// What a person should look at, though it stops nothing: names that appear twice, an old encoding.
    pub remarks: Vec<Problem>,
    /// E-mail addresses given for more than one member.
    pub shared_addresses: Vec<Problem>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Column {
    Number,
    Name,
    FirstName,
    Address,
    Group,
    Weight,
    Language,
}

/// The names a column may have, without accents, signs and case.
const NAMES: [(Column, &[&str]); 7] = [
    (
        Column::Number,
        &[
            "number",
            "membernumber",
            "memberno",
            "member",
            "no",
            "n",
            "numero",
            "numeroadherent",
            "numerodadherent",
            "noadherent",
            "nadherent",
            "adherent",
            "matricule",
            "id",
        ],
    ),
    (Column::Name, &["name", "lastname", "surname", "fullname", "nom", "nomdefamille", "nometprenom", "nomprenom", "prenometnom"]),
    (Column::FirstName, &["firstname", "givenname", "prenom", "prenoms"]),
    (Column::Address, &["email", "emailaddress", "mail", "courriel", "adresseemail", "adressemail", "adresseelectronique", "contact"]),
    (Column::Group, &["group", "section", "federation", "groupe"]),
    (Column::Weight, &["weight", "votes", "poids", "voix", "mandats", "nombredevoix"]),
    (Column::Language, &["language", "lang", "langue"]),
];

/// Reads a roll for an election with these groups.
///
/// All rows are looked at; the failure lists every fault with its row.
pub fn parse(bytes: &[u8], groups: &[String]) -> Outcome<Roll> {
    if bytes.len() > LARGEST_ROLL {
        return Err(problem!("roll-too-large", "bytes" => bytes.len(), "limit" => LARGEST_ROLL));
    }
    let mut remarks = Vec::new();
    let text = decode(bytes, &mut remarks);
    let delimiter = delimiter(&text);
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut records = reader.records();
    let columns = match records.next() {
        None => return Err(problem!("roll-empty")),
        Some(Err(error)) => return Err(problem!("roll-row-unreadable", "row" => 1).because(&error)),
        Some(Ok(record)) => columns(&record)?,
    };
    let groups: BTreeMap<String, u16> =
        groups.iter().enumerate().filter_map(|(index, group)| Some((group.nfc().collect(), u16::try_from(index).ok()?))).collect();
    let mut members = Vec::new();
    let mut faults = Vec::new();
    for record in records {
        match record {
            Err(error) => {
                let row = error.position().map_or(0, csv::Position::line);
                faults.push(problem!("roll-row-unreadable", "row" => row).because(&error));
            }
            Ok(record) if record.iter().all(|field| field.trim().is_empty()) => {}
            Ok(record) => match member(&record, &columns, &groups, &mut faults) {
                Some(member) => members.push(member),
                None => continue,
            },
        }
    }
    duplicates(&members, &mut faults, &mut remarks);
    let shared_addresses = shared(&members);
    Problem::all(faults)?;
    if members.is_empty() {
        return Err(problem!("roll-empty"));
    }
    Ok(Roll { members, remarks, shared_addresses })
}

fn decode(bytes: &[u8], remarks: &mut Vec<Problem>) -> String {
    let text = if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0.into_owned()
    } else if let Ok(text) = std::str::from_utf8(bytes) {
        text.to_owned()
    } else {
        remarks.push(problem!("roll-windows-1252"));
        WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
    };
    // One kind of line end, so that rows are counted as people count them.
    text.replace("\r\n", "\n").replace('\r', "\n").nfc().collect()
}

/// The separator that appears most often outside quotes in the first line.
fn delimiter(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b';', 0_u32), (b'\t', 0), (b',', 0)];
    for byte in text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().bytes() {
        if byte == b'"' {
            quoted = !quoted;
        }
        for (delimiter, count) in &mut counts {
            if byte == *delimiter && !quoted {
                *count = count.saturating_add(1);
            }
        }
    }
    let mut best = (b';', 0);
    for (delimiter, count) in counts {
        if count > best.1 {
            best = (delimiter, count);
        }
    }
    best.0
}

/// Letters only, lower case, without accents: what a column name is compared by.
fn plain(text: &str) -> String {
    text.nfd().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

fn columns(header: &csv::StringRecord) -> Outcome<BTreeMap<Column, usize>> {
    let mut columns = BTreeMap::new();
    let mut faults = Vec::new();
    for (index, field) in header.iter().enumerate() {
        let field = plain(field);
        for (column, names) in NAMES {
            if names.contains(&field.as_str()) && columns.insert(column, index).is_some() {
                faults.push(problem!("roll-column-twice", "column" => field.clone()));
            }
        }
    }
    for (column, key) in [(Column::Number, "number"), (Column::Name, "name"), (Column::Address, "e-mail"), (Column::Group, "group")] {
        if !columns.contains_key(&column) {
            faults.push(problem!("roll-column-missing", "column" => key));
        }
    }
    Problem::all(faults)?;
    Ok(columns)
}

fn member(
    record: &csv::StringRecord,
    columns: &BTreeMap<Column, usize>,
    groups: &BTreeMap<String, u16>,
    faults: &mut Vec<Problem>,
) -> Option<Member> {
    let row = record.position().map_or(0, csv::Position::line);
    let before = faults.len();
    let field = |column| columns.get(&column).and_then(|index| record.get(*index)).map(str::trim).unwrap_or_default();
    let number = field(Column::Number).to_owned();
    if number.is_empty() {
        faults.push(problem!("roll-no-number", "row" => row));
    }
    let name = match (field(Column::FirstName), field(Column::Name)) {
        ("", name) => name.to_owned(),
        (first, name) => format!("{first} {name}").trim().to_owned(),
    };
    if name.is_empty() {
        faults.push(problem!("roll-no-name", "row" => row));
    }
    for text in [&number, &name] {
        // A line break in a name would become a line of the message's head.
        if text.chars().any(char::is_control) {
            faults.push(problem!("roll-control-character", "row" => row));
        }
    }
    let address = match field(Column::Address) {
        "" => {
            faults.push(problem!("roll-no-contact", "row" => row, "number" => number));
            None
        }
        text => match text.parse::<Address>() {
            Ok(address) => Some(address),
            Err(error) => {
                faults.push(problem!("roll-bad-contact", "row" => row, "number" => number).because(&error));
                None
            }
        },
    };
    let group = groups.get(field(Column::Group)).copied();
    if group.is_none() {
        let wanted = plain(field(Column::Group));
        let near = groups.keys().find(|group| plain(group) == wanted);
        faults.push(match near {
            Some(near) => problem!("roll-group-spelling", "row" => row, "group" => field(Column::Group), "near" => near),
            None => problem!("roll-unknown-group", "row" => row, "group" => field(Column::Group)),
        });
    }
    let weight = match field(Column::Weight) {
        "" if !columns.contains_key(&Column::Weight) => Some(1),
        text => match text.parse::<u32>() {
            Ok(weight) if weight >= 1 => Some(weight),
            _ => {
                faults.push(problem!("roll-bad-weight", "row" => row, "weight" => text));
                None
            }
        },
    };
    let language = match field(Column::Language) {
        "" => None,
        text => match text.parse::<Language>() {
            Ok(language) => Some(language),
            Err(_) => {
                faults.push(problem!("roll-unknown-language", "row" => row, "language" => text));
                None
            }
        },
    };
    if faults.len() > before {
        return None;
    }
    Some(Member { row, number, name, address: address?, group: group?, weight: weight?, language })
}

fn duplicates(members: &[Member], faults: &mut Vec<Problem>, remarks: &mut Vec<Problem>) {
    let mut numbers = BTreeMap::new();
    let mut names = BTreeMap::new();
    for member in members {
        if let Some(first) = numbers.insert(member.number.as_str(), member.row) {
            faults.push(problem!("roll-number-twice", "row" => member.row, "first" => first, "number" => member.number));
        }
        if let Some(first) = names.insert(plain(&member.name), member.row) {
            remarks.push(problem!("roll-name-twice", "row" => member.row, "first" => first));
        }
    }
}

fn shared(members: &[Member]) -> Vec<Problem> {
    let mut addresses = BTreeMap::new();
    let mut shared = Vec::new();
    for member in members {
        if let Some(first) = addresses.insert(member.address.to_string().to_lowercase(), member.row) {
            shared.push(problem!("roll-address-twice", "row" => member.row, "first" => first));
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups() -> Vec<String> {
        vec!["Berlin".into(), "Genève".into(), "São Paulo".into()]
    }

    fn keys(error: &Problem) -> Vec<(&'static str, String)> {
        std::iter::once(error)
            .chain(error.more())
            .map(|p| (p.key(), p.facts().iter().find(|(name, _)| *name == "row").map(|(_, row)| row.clone()).unwrap_or_default()))
            .collect()
    }

    #[test]
    fn reads_what_spreadsheets_save() {
        let plain = "Numéro;Nom;Prénom;Courriel;Section;Voix\r\n0042;Lefèvre-Dupont;Zoé;zoe@example.org;Genève;2\r\n\r\n;;;;;\r\n7;Müller;Jean;jean@example.org;Berlin;1\r\n";
        let tab = plain.replace(';', "\t");
        let comma = plain.replace(';', ",");
        let nfd: String = plain.nfd().collect();
        let latin = WINDOWS_1252.encode(plain).0.into_owned();
        let marked = [b"\xEF\xBB\xBF", plain.as_bytes()].concat();
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(plain.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for (what, bytes) in [
            ("plain", plain.as_bytes()),
            ("tab", tab.as_bytes()),
            ("comma", comma.as_bytes()),
            ("decomposed", nfd.as_bytes()),
            ("Windows-1252", &latin),
            ("mark", &marked),
            ("UTF-16", &utf16),
        ] {
            let roll = parse(bytes, &groups()).unwrap_or_else(|error| panic!("{what}: {error:?}"));
            assert_eq!(roll.members.len(), 2, "{what}");
            let zoe = &roll.members[0];
            assert_eq!((zoe.number.as_str(), zoe.name.as_str(), zoe.group, zoe.weight), ("0042", "Zoé Lefèvre-Dupont", 1, 2), "{what}");
            assert_eq!((zoe.row, roll.members[1].row), (2, 5), "{what}");
            assert_eq!(roll.remarks.len(), usize::from(what == "Windows-1252"), "{what}");
        }
    }

    #[test]
    fn quoted_fields_may_hold_separators() {
        let text = "number,name,e-mail,group\n1,\"Dupont, Jean\",jean@example.org,Berlin\n";
        let roll = parse(text.as_bytes(), &groups()).unwrap();
        assert_eq!(roll.members[0].name, "Dupont, Jean");
        assert_eq!(roll.members[0].weight, 1);
    }

    #[test]
    fn names_every_fault_with_its_row() {
        let text = "number;name;e-mail;group;weight\n\
                    1;A;a@example.org;Berlin;1\n\
                    1;B;b@example.org;Berlin;1\n\
                    3;C;;Berlin;1\n\
                    4;D;not an address;Berlin;1\n\
                    5;E;e@example.org;Atlantis;1\n\
                    6;F;f@example.org;geneve;1\n\
                    7;G;g@example.org;Berlin;0\n\
                    8;H;h@example.org;Berlin;1,5\n\
                    ;I;i@example.org;Berlin;1\n\
                    10;;j@example.org;Berlin;1\n\
                    11;\"K\nBcc: everybody\";k@example.org;Berlin;1\n";
        let error = parse(text.as_bytes(), &groups()).err().unwrap();
        let expected: Vec<(&str, String)> = [
            ("roll-no-contact", 4),
            ("roll-bad-contact", 5),
            ("roll-unknown-group", 6),
            ("roll-group-spelling", 7),
            ("roll-bad-weight", 8),
            ("roll-bad-weight", 9),
            ("roll-no-number", 10),
            ("roll-no-name", 11),
            ("roll-control-character", 12),
            ("roll-number-twice", 3),
        ]
        .map(|(key, row)| (key, row.to_string()))
        .to_vec();
        assert_eq!(keys(&error), expected);
    }

    #[test]
    fn missing_and_doubled_columns_are_named() {
        let error = parse(b"number;nom;name;section\n1;A;A;Berlin\n", &groups()).err().unwrap();
        assert_eq!(keys(&error).iter().map(|(key, _)| *key).collect::<Vec<_>>(), ["roll-column-twice", "roll-column-missing"]);
        assert_eq!(parse(b"", &groups()).err().unwrap().key(), "roll-empty");
        assert_eq!(parse(b"number;name;email;group\n", &groups()).err().unwrap().key(), "roll-empty");
    }

    #[test]
    fn reports_twins_and_shared_addresses_without_removing_anybody() {
        let text = "number;name;email;group\n1;Jean Martin;home@example.org;Berlin\n2;Jeanne Martin;HOME@example.org;Berlin\n3;jean martin;c@example.org;Berlin\n";
        let roll = parse(text.as_bytes(), &groups()).unwrap();
        assert_eq!(roll.members.len(), 3);
        assert_eq!(roll.shared_addresses.len(), 1);
        assert_eq!(roll.remarks.iter().map(Problem::key).collect::<Vec<_>>(), ["roll-name-twice"]);
    }
}
