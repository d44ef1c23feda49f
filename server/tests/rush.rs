//! Many at once.

use std::{sync::Arc, thread};

use crate::support::{Anonymous, Scene};

#[test]
fn everybody_at_once() {
    const VOTERS: u32 = 120;
    let scene = Scene::open(VOTERS);
    let submissions: Vec<Vec<u8>> =
        (1..=VOTERS).map(|slot| scene.voter(slot).prepare_after(&scene, Some(u16::try_from(slot % 3).unwrap()), u64::MAX).0).collect();
    let submissions = Arc::new(submissions);
    let (addr, path) = (scene.server.addr(), scene.path("/ballots"));
    let threads: Vec<_> = (0..12)
        .map(|number| {
            let (submissions, path) = (submissions.clone(), path.clone());
            thread::spawn(move || {
                let http = Anonymous::new(addr);
                let mine = submissions.iter().skip(number).step_by(12);
                // Every ballot twice, as by an impatient voter.
                mine.flat_map(|submission| [http.post(&path, submission), http.post(&path, submission)]).collect::<Vec<_>>()
            })
        })
        .collect();
    let answers: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let receipts: Vec<_> = answers.iter().map(|answer| scene.receipt(answer)).collect();
    for pair in receipts.chunks(2) {
        assert_eq!((pair[0].index, &pair[0].leaf), (pair[1].index, &pair[1].leaf));
        scene.voter(pair[0].slot).check(&scene, &pair[0]);
    }
    let (report, election) = scene.audit(&receipts);
    assert!(report.holds(), "{:?}", report.checks);
    assert_eq!(election.ballots(), u64::from(VOTERS));
    let ballots = scene.archive().entries.iter().filter(|leaf| leaf[0] == 5).count();
    assert_eq!(ballots, usize::try_from(VOTERS).unwrap());
}
