//! The disk fills: votes are refused with the request to come back, readers notice nothing, and what was acknowledged stays.

use crate::{
    load::open_election,
    process::Process,
    support::{TestServer, Voter},
};

const VOTERS: u32 = 200;

#[test]
fn a_full_disk_refuses_votes_and_loses_none() {
    let (mut scene, first) = open_election(TestServer::start(), VOTERS);
    scene.server.stop();
    let data = scene.server.data_dir().to_owned();
    let largest = crate::support::files(&data).iter().map(|file| std::fs::metadata(file).unwrap().len()).max().unwrap();
    // No file may grow by more than some ballots; the signal that says so is ignored, so that writing fails as on a full disk.
    let blocks = largest / 512 + 1_024;
    let mut process = Process::start_with(&data, None, &format!("trap '' XFSZ; ulimit -f {blocks}"));
    scene.server.elsewhere = Some(process.addr);
    let mut receipts = vec![first];
    let mut slots = 2..=VOTERS;
    let refused = loop {
        let voter: Voter = scene.voter(slots.next().expect("the disk is full in time"));
        let (submission, _) = voter.prepare_after(&scene, Some(1), u64::MAX);
        let answer = voter.cast(&scene, &submission);
        if answer.status != 200 {
            assert_eq!((answer.clone().expect(503).problem().as_str(), answer.header("retry-after")), ("unavailable", "2"));
            break (voter, submission);
        }
        receipts.push(scene.receipt(&answer));
    };
    assert!(receipts.len() > 3, "{} votes until the disk was full", receipts.len());
    // Again and again: nothing breaks, and readers notice nothing.
    for _ in 0..5 {
        assert_eq!(refused.0.cast(&scene, &refused.1).expect(503).problem(), "unavailable");
    }
    scene.http().get("/healthz").expect(200);
    assert!(scene.audit(&receipts).0.holds());
    assert!(process.is_running());
    process.kill();

    // With room again, the same ballot is taken.
    let process = Process::start(&data, None);
    scene.server.elsewhere = Some(process.addr);
    receipts.push(scene.receipt(&refused.0.cast(&scene, &refused.1)));
    let (report, election) = scene.audit(&receipts);
    assert!(report.holds(), "{:?}", report.checks);
    assert_eq!(election.ballots(), u64::try_from(receipts.len()).unwrap());
}
