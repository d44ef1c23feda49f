//! A whole election by command line alone, on a real server and with a clock set by hand: from the description to the second round.

use std::{collections::BTreeMap, fs, path::PathBuf};

use isoloir::{
    args::Ending,
    reference::Target,
    replay::Follower,
    teller::state::{State, Step},
    voter::Voter,
};
use isoloir_protocol::election::Phase;

use super::support::{Desk, START, messages, secret_in};

const MINUTE: u64 = 60_000;

/// The voters, as their messages make them.
fn voters(desk: &Desk) -> BTreeMap<u32, Voter> {
    let second = messages(&desk.path("mail-2"));
    messages(&desk.path("mail-1"))
        .into_iter()
        .map(|(slot, path)| (slot, Voter::new(&secret_in(&path), &[&secret_in(&second[&slot])]).unwrap()))
        .collect()
}

fn target(desk: &Desk, file: &str) -> Target {
    Target::resolve(&desk.ctx, &desk.path(file).to_string_lossy()).unwrap()
}

fn phase(target: &Target) -> Phase {
    Follower::current(target).unwrap().election().phase()
}

/// The member number of a slot.
fn number(desk: &Desk, slot: u32) -> String {
    let text = fs::read_to_string(desk.path("slots.csv")).unwrap();
    let line = text.lines().find(|line| line.starts_with(&format!("{slot};"))).unwrap();
    line.split(';').nth(1).unwrap().to_owned()
}

fn code(desk: &mut Desk, election: &str, which: &str) -> String {
    let text = desk.good(&format!("election status --election @{election}"));
    let line = text.lines().find(|line| line.starts_with(which)).unwrap();
    line.rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn from_the_description_to_the_second_round() {
    let mut desk = Desk::with_server();
    desk.prepare();
    prepare_and_open(&mut desk);
    let target = target(&desk, "election.json");
    let receipt = vote(&mut desk, &target);
    replace(&mut desk, &target);
    notices(&mut desk, &target);
    close_and_report(&mut desk, &target);
    fix_and_sum(&mut desk, &target);
    audits(&mut desk, &target, &receipt);
    second_round(&mut desk);
}

fn prepare_and_open(desk: &mut Desk) {
    let text = desk.good("election check --description @description.toml --roll @roll-1.csv");
    assert!(text.contains("groups have fewer than 3 members"), "{text}");
    assert!(!text.contains("fewer than two witnesses"), "{text}");
    desk.announce();
    desk.fails(
        &format!("election new --description @description.toml ~organiser --server {} --out @election.json", desk.base),
        "file-exists",
    );
    desk.fails("registrar consent --election @election.json ~teller-1", "key-file-of-another-role");
    desk.write("wrong", "another passphrase\n");
    desk.fails("teller drill --election @election.json --key @teller-1.key --passphrase-file @wrong", "passphrase-wrong");

    // The second registrar needs the assignment of the first.
    let second = desk.issue_line(2);
    desk.fails(&second, "slots-missing");
    let text = desk.good(&format!("{} --dry-run", desk.issue_line(1)));
    assert!(text.contains("24 members") && text.contains("0000-0000-0000-0000") && text.contains("Nothing was made"), "{text}");
    assert!(!desk.path("mail-1").exists() && !desk.path("slots.csv").exists());
    desk.fails("election open --election @election.json ~organiser", "lacks-roll-part");

    let text = desk.good(&desk.issue_line(1));
    assert!(text.contains("24 of 24 messages handed over"), "{text}");
    // Other groups or weights show before the second registrar sends anything.
    let good = fs::read_to_string(desk.path("roll-2.csv")).unwrap();
    desk.write("roll-2.csv", &good.replacen(";Londres;", ";Tokyo;", 1));
    desk.fails(&second, "roll-row-differs");
    desk.write("roll-2.csv", &good.lines().take(24).map(|line| format!("{line}\n")).collect::<String>());
    desk.fails(&second, "roll-slot-lacking");
    assert!(!desk.path("mail-2").exists());
    desk.write("roll-2.csv", &good);
    desk.good(&second);

    // Doing it again changes nothing, also when the last line of the journal was never written.
    let before: Vec<(PathBuf, Vec<u8>)> =
        messages(&desk.path("mail-1")).into_values().map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    desk.good(&desk.issue_line(1));
    let journal = journal(desk, 1);
    let text = fs::read_to_string(&journal).unwrap();
    assert!(text.ends_with("{\"line\":\"posted\"}\n"));
    fs::write(&journal, text.strip_suffix("{\"line\":\"posted\"}\n").unwrap()).unwrap();
    desk.good(&desk.issue_line(1));
    assert_eq!(fs::read_to_string(&journal).unwrap(), text);
    for (path, content) in before {
        assert_eq!(fs::read(path).unwrap(), content);
    }
    // Another journal did not make the roll part that is in the log.
    desk.fails(&format!("{} --journal @another.journal", desk.issue_line(1)), "roll-part-of-another-run");

    desk.good("election open --election @election.json ~organiser");
    desk.fails("election open --election @election.json ~organiser", "entry-refused");
    desk.witness();
}

fn journal(desk: &Desk, registrar: u32) -> PathBuf {
    let mut found = fs::read_dir(desk.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    found
        .find(|path| {
            path.to_string_lossy().contains(&format!("registrar-{registrar}.key.")) && path.to_string_lossy().ends_with(".journal")
        })
        .unwrap()
}

/// Members 1 to 13 vote, the first one twice. Returns the file of the first one's last receipt.
fn vote(desk: &mut Desk, target: &Target) -> PathBuf {
    let all = voters(desk);
    let early = all[&1].vote(target, &[vec![2], vec![]]).unwrap();
    let early_file = desk.write("early.json", &early.to_json());
    let base = desk.base.clone();
    let text = desk.good(&format!("receipt check {} --server {base}", early_file.display()));
    assert!(text.contains("current one"), "{text}");
    let mut last = None;
    for (slot, voter) in all.iter().take(13) {
        let first = u16::try_from(slot % 3).unwrap();
        let receipt = voter.vote(target, &[vec![first], vec![0]]).unwrap();
        last = last.or(Some(receipt));
    }
    let receipt = last.unwrap();
    let file = desk.write("receipt.json", &receipt.to_json());
    desk.good(&format!("receipt check {} --server {base}", file.display()));
    let link = format!("'{base}/check/#{}.1.{}'", target.id(), receipt.code);
    assert!(desk.good(&format!("receipt check {link}")).contains("current one"));
    desk.fails(&format!("receipt check '{base}/check/#{}.2.{}'", target.id(), receipt.code), "receipt-not-found");
    // The earlier receipt raises the alarm.
    desk.out.take();
    assert_eq!(desk.run(&format!("receipt check {} --server {base}", early_file.display())), Ok(Ending::Bad));
    assert!(desk.out.take().contains("ALARM"));

    // A code of another member, and a choice that is not allowed.
    let links = messages(&desk.path("mail-1"));
    let codes = messages(&desk.path("mail-2"));
    let mixed = Voter::new(&secret_in(&links[&5]), &[&secret_in(&codes[&6])]).unwrap();
    assert_eq!(mixed.vote(target, &[vec![0], vec![]]).unwrap_err().key(), "code-of-another");
    assert_eq!(Voter::new(&secret_in(&links[&5]), &[]).unwrap().vote(target, &[vec![0], vec![]]).unwrap_err().key(), "code-lacking");
    assert_eq!(all[&5].vote(target, &[vec![0, 1], vec![]]).unwrap_err().key(), "choice-not-allowed");
    file
}

/// Member 14 has lost the second code.
fn replace(desk: &mut Desk, target: &Target) {
    let old = voters(desk).remove(&14).unwrap();
    let number = number(desk, 14);
    let line = format!("{} --number {number}", desk.issue_line(2).replace("registrar issue", "registrar replace"));
    desk.good(&line);
    assert_eq!(messages(&desk.path("mail-2")).len(), 24, "the new message takes the place of the old one");
    assert_eq!(old.vote(target, &[vec![0], vec![]]).unwrap_err().key(), "code-of-another");
    voters(desk)[&14].vote(target, &[vec![], vec![1]]).unwrap();

    // Killed before its last line was written: nothing new is made, since the log has the entry.
    let journal = journal(desk, 2);
    let text = fs::read_to_string(&journal).unwrap();
    let (kept, last) = text.trim_end().rsplit_once('\n').unwrap();
    assert!(last.contains("\"replaced\""));
    fs::write(&journal, format!("{kept}\n")).unwrap();
    let before = secret_in(&messages(&desk.path("mail-2"))[&14]);
    desk.good(&line);
    assert_eq!(secret_in(&messages(&desk.path("mail-2"))[&14]), before);
    assert_eq!(fs::read_to_string(&journal).unwrap(), text);
    desk.fails(&line.replace(&number, "no-such-member"), "member-unknown");
}

fn notices(desk: &mut Desk, target: &Target) {
    let notice = |what: &str, more: &str| {
        format!("election notice {what} --election @election.json ~organiser --text 'We look into a fault.' {more}")
    };
    desk.good(&notice("suspend", ""));
    assert_eq!(phase(target), Phase::Suspended);
    assert_eq!(voters(desk)[&15].vote(target, &[vec![0], vec![]]).unwrap_err().key(), "server-refused");
    desk.fails(&notice("suspend", ""), "entry-refused");
    desk.good(&notice("resume", ""));
    desk.good(&notice("extend", "--until '2026-12-01 15:00' --zone Europe/Paris"));
    desk.fails(&notice("extend", "--until '2026-12-01 14:30' --zone Europe/Paris"), "entry-refused");
    desk.good(&notice("message", ""));
    assert_eq!(phase(target), Phase::Open);
    desk.out.take();
    assert_eq!(desk.run("election close --election @election.json --no-wait"), Ok(Ending::Bad));
    assert!(desk.out.take().contains("2026-12-01 14:01 UTC"), "the extended closing time and a minute of grace");
    desk.fails("teller report --election @election.json ~teller-1 --only-device --code X", "not-closed-yet");
}

fn close_and_report(desk: &mut Desk, target: &Target) {
    desk.fails(&format!("receipt check {}", desk.path("receipt.json").display()), "receipt-where");
    // It waits, and shows the code.
    desk.clock.set(START + 120 * MINUTE);
    let text = desk.good("election close --election @election.json");
    assert!(text.contains("Closed with 14 ballots of 24 voters."), "{text}");
    assert!(desk.clock.now_is_at_least(START + 121 * MINUTE));
    assert_eq!(phase(target), Phase::Closed);
    let closing = code(desk, "election.json", "Closing code");
    assert!(text.contains(&closing));

    let report = |teller: u32, code: &str| format!("teller report --election @election.json ~teller-{teller} --code {code}");
    desk.fails(&format!("{} --only-device", report(1, &closing)), "witnesses-missing");
    desk.witness();
    // A teller who hears another code does not sign, nor one who may have signed elsewhere.
    desk.fails(&format!("{} --only-device", report(1, "SH2M-RKBV-W54F-GB1S-A0WR-6594")), "codes-differ");
    desk.answers.give(&["no"]);
    desk.fails(&report(1, &closing), "teller-other-device");
    desk.answers.give(&["yes", &closing.to_lowercase()]);
    let text = desk.good("teller report --election @election.json ~teller-1");
    assert!(text.contains("14 boxes checked, 0 complaints, 0 missing"), "{text}");
    assert!(desk.good(&report(1, &closing)).contains("already in the log"));

    // A device that has signed for another ballot box refuses this one, whatever it is told.
    State::load(&desk.path("teller-2.key")).unwrap().fix(&target.id(), Step::Closing, &[7; 32]).unwrap();
    desk.fails(&format!("{} --only-device", report(2, &closing)), "teller-other-root");
    desk.fails(&format!("{} --only-device", report(2, &closing)), "teller-other-root");
    desk.good(&format!("{} --only-device", report(3, &closing)));
}

fn fix_and_sum(desk: &mut Desk, target: &Target) {
    let sums = |teller: u32, code: &str| format!("teller sums --election @election.json ~teller-{teller} --code {code}");
    desk.fails(&sums(1, "X"), "not-fixed-yet");
    desk.clock.advance(15 * MINUTE);
    assert_eq!(phase(target), Phase::Fixed, "two of three reports are enough when the window is over");
    let counting = code(desk, "election.json", "Counting code");
    desk.fails(&sums(1, &counting), "witnesses-missing");
    desk.witness();
    let closing = code(desk, "election.json", "Closing code");
    desk.fails(&sums(1, &closing), "codes-differ");
    desk.fails(&format!("{} --only-device", sums(2, &counting)), "sums-without-report");

    // A device whose clock says that the window is still open does not sign.
    desk.clock.set(START + 125 * MINUTE);
    desk.fails(&sums(1, &counting), "report-window-open");
    desk.clock.set(START + 140 * MINUTE);
    desk.good(&sums(1, &counting));
    desk.good(&sums(3, &counting));
    desk.clock.advance(1_000);
    assert_eq!(phase(target), Phase::Counted);
    desk.witness();
}

fn audits(desk: &mut Desk, target: &Target, receipt: &std::path::Path) {
    let text = desk.good(&format!("audit '{}' {}", target.link("audit", ""), receipt.display()));
    assert_eq!(text.lines().filter(|line| line.starts_with('V') && line.contains("  holds  ")).count(), 12, "{text}");
    assert!(text.contains("is in the ballot box and is counted"), "{text}");
    // Members 1 … 13 chose option slot mod 3, member 14 none of the first question.
    for line in ["Text A: 4", "Text B: 5", "Text C: 4", "Blank: 1", "One: 13", "Two: 1"] {
        assert!(text.contains(&format!("  {line}\n")), "{line}: {text}");
    }
    let zip = target.client.archive(&target.id()).unwrap();
    fs::write(desk.path("archive.zip"), &zip).unwrap();
    desk.good("audit @archive.zip");
    let archive = isoloir_protocol::archive::Archive::from_zip(&zip).unwrap();
    isoloir::audit::save(&archive, &desk.path("archive")).unwrap();
    desk.good("audit @archive");
    desk.good(&format!("audit {}", desk.base));

    // One byte of one entry.
    let entries = desk.path("archive/entries.bin");
    let mut bytes = fs::read(&entries).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&entries, bytes).unwrap();
    desk.out.take();
    match desk.run("audit @archive") {
        Ok(Ending::Bad) => assert!(desk.out.take().contains("FAILS")),
        Err(problem) => assert_eq!(problem.key(), "archive-unreadable"),
        other => panic!("{other:?}"),
    }
}

/// The same codes again, and one member more.
fn second_round(desk: &mut Desk) {
    let now = START + 200 * MINUTE;
    desk.clock.set(now);
    desk.describe("description-2.toml", "second-round", now, now + 60 * MINUTE);
    let base = desk.base.clone();
    desk.good(&format!(
        "election new --description @description-2.toml ~organiser --server {base} --out @election-2.json --previous @election.json"
    ));
    let target = target(desk, "election-2.json");
    for number in 1..=2 {
        desk.good(&format!("registrar consent --election @election-2.json ~registrar-{number}"));
        let roll = fs::read_to_string(desk.path(&format!("roll-{number}.csv"))).unwrap();
        desk.write(&format!("roll-{number}.csv"), &format!("{roll}999;Nova;Venue;nova{number}@example.org;Londres;en\r\n"));
        let line = desk.issue_line(number).replace("@election.json", "@election-2.json").replace("@mail-", "@second-mail-");
        desk.fails(&line, "previous-needed");
        let text = desk.good(&format!("{line} --previous @election.json --previous-journal {}", first_journal(desk, number).display()));
        assert!(text.contains("24 members keep the codes"), "{text}");
        assert_eq!(
            messages(&desk.path(&format!("second-mail-{number}"))).keys().collect::<Vec<_>>(),
            [&25],
            "only the new member gets a message"
        );
    }
    for number in 1..=3 {
        desk.answers.give(&["oui"]);
        desk.good(&format!("teller consent --election @election-2.json ~teller-{number}"));
    }
    desk.good("election open --election @election-2.json ~organiser");
    let mut all = voters(desk);
    let new = (secret_in(&messages(&desk.path("second-mail-1"))[&25]), secret_in(&messages(&desk.path("second-mail-2"))[&25]));
    all.insert(25, Voter::new(&new.0, &[&new.1]).unwrap());
    for slot in [1, 2, 14, 25] {
        all[&slot].vote(&target, &[vec![1], vec![0, 1]]).unwrap();
    }
    let text = desk.good(&format!("audit '{}' --previous @archive.zip", target.link("audit", "")));
    assert_eq!(text.lines().filter(|line| line.contains("  holds  ")).count(), 12, "{text}");
}

/// The journal of the first round: the one that tells of the most codes.
fn first_journal(desk: &Desk, registrar: u32) -> PathBuf {
    let found = fs::read_dir(desk.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    found
        .filter(|path| {
            path.to_string_lossy().contains(&format!("registrar-{registrar}.key.")) && path.to_string_lossy().ends_with(".journal")
        })
        .max_by_key(|path| fs::metadata(path).unwrap().len())
        .unwrap()
}

#[test]
fn an_organiser_is_told_what_is_wrong_before_anything_is_signed() {
    let mut desk = Desk::with_server();
    desk.prepare();
    let base = desk.base.clone();
    let good = fs::read_to_string(desk.path("description.toml")).unwrap();
    let new = format!("election new --description @description.toml ~organiser --server {base} --out @election.json");
    desk.write("description.toml", &good.replace("witnesses = [", "witnesses = [] # ["));
    desk.fails(&new, "witnesses-demanded");
    for (from, to, key) in [
        ("threshold = 2", "threshold = 1", "manifest-invalid"),
        ("\"Berlin\"", "\"Londres\"", "manifest-invalid"),
        ("teller-1.key.pub.json", "registrar-1.key.pub.json", "public-file-of-another-role"),
        ("grace_minutes", "grace", "description-unreadable"),
        ("Europe/Paris", "Europe/Atlantis", "zone-unknown"),
        ("2026-12-01T12:00:00Z", "soon", "time-unreadable"),
    ] {
        if good.contains(from) {
            desk.write("description.toml", &good.replacen(from, to, 1));
            desk.fails(&new, key);
            desk.fails("election check --description @description.toml", key);
        }
    }
    assert!(!desk.path("election.json").exists());
    desk.write("description.toml", &good);
    desk.good(&new);
    assert!(!desk.path("election.json.draft").exists());
    // Killed after the manifest was posted and before the election file was written: the same election, not another.
    let file = fs::read(desk.path("election.json")).unwrap();
    fs::rename(desk.path("election.json"), desk.path("election.json.draft")).unwrap();
    desk.good(&new);
    assert_eq!(fs::read(desk.path("election.json")).unwrap(), file);
    // The name of a log is never used twice.
    desk.fails(&new.replace("@election.json", "@again.json"), "server-refused");
    // Far away only with TLS.
    desk.fails(
        "election status --election 'http://vote.example.org/results/#R84P_7uLDPSyZaouvmDMo9LXIWwk-OGX2lPOn3Rb9ek'",
        "server-not-https",
    );
    desk.fails("election status --election @description.toml", "election-file-unreadable");
}
