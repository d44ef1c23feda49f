//! A teller whose key file is gone has the sheet of paper: by its words, and by the text of its QR code.

use std::fs;

use super::support::Desk;

/// The words of a printed sheet.
fn words(sheet: &str) -> Vec<String> {
    sheet.split("<li>").skip(1).map(|item| item.split('<').next().unwrap().to_owned()).collect()
}

#[test]
fn a_key_comes_back_from_paper() {
    let mut desk = Desk::new();
    desk.keygen("teller", "anne", "Anne");
    let public = fs::read_to_string(desk.path("anne.key.pub.json")).unwrap();
    desk.good("teller paper ~anne --out @sheet.html");
    desk.fails("teller paper ~anne --out @sheet.html", "file-exists");
    let sheet = fs::read_to_string(desk.path("sheet.html")).unwrap();
    assert!(sheet.contains("<svg") && !sheet.contains("<script") && !sheet.contains("src="));
    let words = words(&sheet);
    assert_eq!(words.len(), 52);

    let restore = "teller restore --name Anne --passphrase-file @passphrase --out @again.key";
    let typed = format!("{restore} --words-file @words");
    let mut swapped = words.clone();
    swapped.swap(10, 11);
    let mut wrong = words.clone();
    wrong[20] = if words[20] == "abandon" { "zoo".to_owned() } else { "abandon".to_owned() };
    let mut unknown = words.clone();
    unknown[51] = "isoloir".to_owned();
    for (text, key) in [
        (swapped.join(" "), "paper-swapped"),
        (wrong.join(" "), "paper-wrong"),
        (unknown.join(" "), "paper-unknown"),
        (words[1..].join(" "), "paper-count"),
    ] {
        desk.write("words", &text);
        desk.fails(&typed, key);
        assert!(!desk.path("again.key").exists());
    }
    desk.write("words", &words.join("\n"));
    desk.good(&typed);
    assert_eq!(fs::read_to_string(desk.path("again.key.pub.json")).unwrap(), public);

    // What a scanner shows of the code is the locked key file on one line.
    let file: serde_json::Value = serde_json::from_slice(&fs::read(desk.path("anne.key")).unwrap()).unwrap();
    desk.write("scanned", &format!("{file}\n"));
    desk.write("other", "not the passphrase\n");
    desk.fails("teller restore --name Anne --passphrase-file @other --out @third.key --code-file @scanned", "passphrase-wrong");
    desk.fails(
        "teller restore --name Anne --passphrase-file @passphrase --out @third.key --code-file @passphrase",
        "paper-code-unreadable",
    );
    desk.good("teller restore --name Anne --passphrase-file @passphrase --out @third.key --code-file @scanned");
    assert_eq!(fs::read_to_string(desk.path("third.key.pub.json")).unwrap(), public);
}
