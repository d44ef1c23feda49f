//! From the manifest to the verified result, over HTTP alone.

use isoloir_protocol::log::{checkpoint, entry::Kind, notice::What};

use crate::support::{END, HOUR, MINUTE, Scene};

#[test]
fn an_election_runs_to_a_result_that_its_archive_proves() {
    let scene = Scene::open(7);
    let choices = [(1, Some(0)), (2, Some(1)), (3, Some(1)), (4, None), (5, Some(2)), (6, Some(0))];
    let mut receipts: Vec<_> = choices.map(|(slot, option)| scene.voter(slot).vote(&scene, option)).into();
    // Slot 5 votes again; only the last ballot counts.
    scene.server.clock.advance(HOUR);
    receipts[4] = scene.voter(5).vote(&scene, Some(1));
    scene.organiser.notice(&scene, What::Message, "Bonne journée").expect(200);
    let open = scene.status();
    assert_eq!((open["phase"].as_str(), open["voters"].as_u64(), open["ballots"].as_u64()), (Some("open"), Some(7), Some(6)));

    scene.close();
    scene.cosign();
    let closing = scene.status()["closing"].clone();
    assert_eq!(closing["code"], scene.election().closing().unwrap().code.as_str());

    // Two tellers of three report; with two witnesses that is enough when the window is over.
    scene.tellers[0].report(&scene).expect(200);
    scene.tellers[2].report(&scene).expect(200);
    assert_eq!(scene.status()["phase"], "closed");
    scene.server.clock.set(END + HOUR);
    scene.server.tick();
    let fixed = scene.status();
    assert_eq!(fixed["phase"], "fixed");
    assert_eq!(fixed["fix"]["code"], scene.election().fixing().unwrap().code.as_str());
    scene.cosign();
    scene.tellers[2].sum(&scene).expect(200);
    assert_eq!(scene.status()["totals"], serde_json::Value::Null);
    scene.tellers[0].sum(&scene).expect(200);

    let counted = scene.status();
    assert_eq!(counted["phase"], "counted");
    // Options A, B, C and blank; slot 1 has weight 2.
    assert_eq!(counted["totals"], serde_json::json!([[3, 3, 0, 1]]));
    let buckets = counted["buckets"].as_array().unwrap();
    assert_eq!(buckets.len(), 2);
    assert_eq!(buckets[1]["groups"], serde_json::json!([1]));
    assert_eq!(buckets[1]["totals"], serde_json::json!([[1, 1, 0, 0]]));
    assert_eq!(buckets.iter().map(|bucket| bucket["weight"].as_u64().unwrap()).sum::<u64>(), 7);

    scene.server.clock.advance(MINUTE);
    scene.cosign();
    let (report, election) = scene.audit(&receipts);
    assert!(report.holds(), "{:?}", report.checks);
    assert_eq!(report.receipts.len(), receipts.len());
    assert_eq!(election.totals().unwrap().len(), 2);
    for receipt in &receipts {
        receipt.check(&scene.manifest).unwrap();
    }
    // The notes that were kept are those that the tellers relied on.
    let archive = scene.archive();
    for index in [closing["size"].as_u64().unwrap(), fixed["size"].as_u64().unwrap()] {
        let note = &archive.checkpoints[&index];
        assert_eq!(checkpoint::open(note, &scene.manifest).unwrap().witness_count(), 2);
    }
}

#[test]
fn all_reports_fix_the_set_at_once_and_a_late_report_changes_nothing() {
    let scene = Scene::open(4);
    for slot in 1..=4 {
        scene.voter(slot).vote(&scene, Some(0));
    }
    scene.close();
    scene.cosign();
    for teller in &scene.tellers {
        teller.report(&scene).expect(200);
    }
    // No tick was needed.
    assert_eq!(scene.status()["phase"], "fixed");
    scene.cosign();
    for teller in &scene.tellers {
        teller.sum(&scene).expect(200);
    }
    assert_eq!(scene.status()["totals"], serde_json::json!([[5, 0, 0, 0]]));
    let report = scene.audit(&[]).0;
    assert!(report.holds(), "{:?}", report.checks);
    let kinds: Vec<u8> = scene.archive().entries.iter().map(|leaf| leaf[0]).collect();
    let last = [Kind::Sums as u8, Kind::Result as u8, Kind::Sums as u8];
    assert_eq!(kinds[kinds.len() - 3..], last);
}

#[test]
fn an_extension_moves_the_close_entry() {
    let scene = Scene::open(2);
    let closes = scene.manifest.closes_ms() + 2 * HOUR;
    scene.organiser.notice(&scene, What::Extend { closes }, "Panne").expect(200);
    assert_eq!(scene.status()["closes"], closes);
    scene.server.clock.set(END + MINUTE);
    scene.server.tick();
    assert_eq!(scene.status()["phase"], "open");
    scene.voter(1).vote(&scene, Some(2));
    scene.server.clock.set(END + 2 * HOUR);
    scene.server.tick();
    assert_eq!(scene.status()["phase"], "closed");
}

#[test]
fn several_elections_do_not_touch_each_other() {
    let scene = Scene::open(2);
    let other = crate::support::Organiser::generate();
    let http = scene.http();
    other.ask_for_log(&http, "autre", scene.server.clock.now()).expect(200);
    scene.organiser.notice(&scene, What::Suspend, "Incident").expect(200);
    let elections = http.get("/api/elections").expect(200).json();
    assert_eq!(elections.as_array().unwrap().len(), 1);
    assert_eq!(elections[0]["id"], scene.manifest.id().to_string());
    assert_eq!(elections[0]["phase"], "suspended");
    assert_eq!(http.get("/log/autre/checkpoint").expect(404).problem(), "unknown-election");
}
