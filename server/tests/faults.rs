//! Commits that fail, answers that get lost, a server that is killed: what was acknowledged stays, and
//! what is sent again is one ballot.

use std::{io::Write, net::TcpStream, sync::mpsc, thread};

use isoloir_protocol::{ballot::dishonest::Malice, log::notice::What};

use crate::support::{Answer, Scene, TestServer, Voter, faults::Fault};

#[test]
fn a_commit_that_fails_is_never_answered_as_done() {
    let scene = Scene::open(3);
    let voter = scene.voter(1);
    let (submission, _) = voter.prepare(&scene, Some(0));
    let size = scene.status()["size"].clone();

    scene.server.faults.next_commit(Fault::Before);
    let answer = voter.cast(&scene, &submission).expect(503);
    assert_eq!((answer.problem().as_str(), answer.header("retry-after")), ("unavailable", "2"));
    assert_eq!(scene.status()["size"], size, "the state is not ahead of the store");
    scene.receipt(&voter.cast(&scene, &submission));

    // The transaction was durable, but the answer of the database was lost.
    let voter = scene.voter(2);
    let (submission, code) = voter.prepare(&scene, Some(0));
    scene.server.faults.next_commit(Fault::After);
    assert_eq!(voter.cast(&scene, &submission).expect(503).problem(), "unavailable");
    let receipt = scene.receipt(&voter.cast(&scene, &submission));
    assert_eq!(receipt.code, code);
    voter.check(&scene, &receipt);
    assert_eq!(scene.http().get(&scene.path("/slots/2")).json()["ballots"].as_array().unwrap().len(), 1);
    scene.voter(3).vote(&scene, Some(1));
    assert!(scene.audit(&[receipt]).0.holds());
}

#[test]
fn entries_survive_the_same_faults() {
    let scene = Scene::open(1);
    for fault in [Fault::Before, Fault::After] {
        for what in [What::Suspend, What::Resume] {
            scene.server.faults.next_commit(fault);
            let body = isoloir_protocol::log::notice::body(&scene.election(), what, "", scene.server.clock.now(), &scene.organiser.secret);
            let body = body.unwrap();
            let kind = isoloir_protocol::log::entry::Kind::Notice;
            assert_eq!(scene.append(kind, &body, &[]).expect(503).problem(), "unavailable");
            scene.append(kind, &body, &[]).expect(200);
        }
    }
    assert_eq!(scene.status()["notices"].as_array().unwrap().len(), 4);
    scene.server.clock.set(crate::support::END);
    scene.server.faults.next_commit(Fault::After);
    scene.server.tick();
    scene.server.tick();
    assert_eq!(scene.status()["phase"], "closed");
    assert!(scene.election().closing().is_some());
}

#[test]
fn beginning_an_election_survives_the_same_faults() {
    for fault in [Fault::Before, Fault::After] {
        let server = TestServer::start();
        let faults = server.faults.clone();
        let scene = Scene::announced(server, 1, &|_| faults.next_commit(fault));
        assert_eq!(scene.status()["size"], 1);
    }
}

#[test]
fn while_the_database_is_away_nothing_is_lost() {
    let scene = Scene::open(2);
    let voter = scene.voter(1);
    let (submission, _) = voter.prepare(&scene, Some(0));
    scene.server.faults.reads_fail(true);
    scene.server.faults.next_commit(Fault::After);
    voter.cast(&scene, &submission).expect(503);
    let (other, _) = scene.voter(2).prepare_after(&scene, Some(0), u64::MAX);
    assert_eq!(scene.voter(2).cast(&scene, &other).expect(503).problem(), "unavailable");
    assert_eq!(scene.http().get("/healthz").expect(503).problem(), "unavailable");
    scene.server.faults.reads_fail(false);
    scene.receipt(&scene.voter(2).cast(&scene, &other));
    scene.receipt(&voter.cast(&scene, &submission));
    assert_eq!(scene.status()["ballots"], 2);
    scene.http().get("/healthz").expect(200);
}

#[test]
fn a_voter_whose_line_broke_finds_the_ballot() {
    let scene = Scene::open(1);
    let voter = scene.voter(1);
    let (submission, _) = voter.prepare(&scene, Some(0));
    scene.server.faults.next_commit(Fault::HoldAfter);
    let mut line = TcpStream::connect(scene.server.addr()).unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n\r\n",
        scene.path("/ballots"),
        scene.server.addr(),
        submission.len()
    );
    line.write_all(head.as_bytes()).unwrap();
    line.write_all(&submission).unwrap();
    scene.server.faults.wait_until_held();
    drop(line);
    scene.server.faults.release();
    let receipt = scene.receipt(&voter.cast(&scene, &submission));
    voter.check(&scene, &receipt);
    assert_eq!(scene.status()["ballots"], 1);
}

#[test]
fn a_server_killed_between_commit_and_answer_has_the_ballot() {
    for fault in [Fault::HoldBefore, Fault::HoldAfter] {
        let mut scene = Scene::open(2);
        let acknowledged = scene.voter(1).vote(&scene, Some(1));
        let voter = scene.voter(2);
        let (submission, code) = voter.prepare(&scene, Some(0));
        scene.server.faults.next_commit(fault);
        let pending = post_in_background(&scene, &voter, &submission);
        scene.server.faults.wait_until_held();
        scene.server.kill();
        assert!(pending.recv().is_err(), "there was no answer");

        scene.server.start_again();
        let present = scene.status()["ballots"] == 2;
        assert_eq!(present, fault == Fault::HoldAfter);
        let receipt = scene.receipt(&voter.cast(&scene, &submission));
        assert_eq!((receipt.index, &receipt.code), (acknowledged.index + 1, &code));
        let (report, _) = scene.audit(&[acknowledged, receipt]);
        assert!(report.holds(), "{:?}", report.checks);
    }
}

#[test]
fn a_bad_ballot_in_a_batch_costs_only_itself() {
    let scene = Scene::open(8);
    let voters: Vec<Voter> = (1..=8).map(|slot| scene.voter(slot)).collect();
    let mut submissions: Vec<Vec<u8>> = voters.iter().map(|voter| voter.prepare(&scene, Some(0)).0).collect();
    let flip = |bytes: &mut Vec<u8>, at: usize| bytes[at] ^= 1;
    let ballot = scene.manifest.ballot_len();
    flip(&mut submissions[2], ballot - 32);
    flip(&mut submissions[4], ballot + 100);
    submissions[5] = voters[5].spoil(&scene, 1, Malice::Malformed);

    // While the first commit is held, the others gather.
    scene.server.faults.next_commit(Fault::HoldBefore);
    let first = post_in_background(&scene, &voters[0], &submissions[0]);
    scene.server.faults.wait_until_held();
    let before = scene.server.faults.commits();
    let rest: Vec<_> = (1..8).map(|number| post_in_background(&scene, &voters[number], &submissions[number])).collect();
    scene.server.wait_for_waiting(7);
    scene.server.faults.release();
    scene.receipt(&first.recv().unwrap());
    let answers: Vec<Answer> = rest.into_iter().map(|answer| answer.recv().unwrap()).collect();
    assert_eq!(scene.server.faults.commits(), before + 1, "one transaction for all");
    for (number, answer) in (2..).zip(&answers) {
        match number {
            3 => assert_eq!((answer.reason(), answer.json()["slot"].as_u64()), ("proof".to_owned(), Some(3))),
            5 | 6 => assert_eq!((answer.reason(), answer.json()["slot"].as_u64()), ("box".to_owned(), Some(number))),
            slot => {
                voters[usize::try_from(slot).unwrap() - 1].check(&scene, &scene.receipt(answer));
            }
        }
    }
    assert_eq!(scene.status()["ballots"], 5);
    assert!(scene.audit(&[]).0.holds());
}

#[test]
fn forged_ballots_do_not_keep_a_voter_out() {
    let scene = Scene::open(3);
    let victim = scene.voter(2);
    let (good, _) = victim.prepare(&scene, Some(1));
    let mut forged = good.clone();
    forged[scene.manifest.ballot_len() - 32] ^= 1;
    scene.server.faults.next_commit(Fault::HoldBefore);
    let first = scene.voter(1);
    let (held, _) = first.prepare(&scene, Some(0));
    let pending = post_in_background(&scene, &first, &held);
    scene.server.faults.wait_until_held();
    let forgeries: Vec<_> = (0..6).map(|_| post_in_background(&scene, &victim, &forged)).collect();
    scene.server.wait_for_waiting(6);
    let before = scene.server.faults.commits();
    let honest = post_in_background(&scene, &victim, &good);
    scene.server.wait_for_waiting(7);
    scene.server.faults.release();
    scene.receipt(&pending.recv().unwrap());
    victim.check(&scene, &scene.receipt(&honest.recv().unwrap()));
    assert_eq!(scene.server.faults.commits(), before + 1, "in the same batch");
    for forgery in forgeries {
        assert_eq!(forgery.recv().unwrap().reason(), "proof");
    }
}

#[test]
fn of_two_ballots_of_a_slot_in_one_batch_one_is_taken() {
    let scene = Scene::open(2);
    let (one, two) = (scene.voter(1), scene.voter(2));
    let (held, _) = one.prepare(&scene, Some(0));
    let (first, _) = two.prepare(&scene, Some(1));
    let (second, _) = two.prepare(&scene, Some(2));
    scene.server.faults.next_commit(Fault::HoldBefore);
    let pending = post_in_background(&scene, &one, &held);
    scene.server.faults.wait_until_held();
    // The same one twice, and another one: one ballot, its receipt twice, one refusal.
    let rivals: Vec<_> = [&first, &first, &second].map(|submission| post_in_background(&scene, &two, submission)).into();
    scene.server.wait_for_waiting(3);
    scene.server.faults.release();
    scene.receipt(&pending.recv().unwrap());
    let answers: Vec<Answer> = rivals.into_iter().map(|answer| answer.recv().unwrap()).collect();
    let slot = scene.http().get(&scene.path("/slots/2")).json();
    assert_eq!(slot["ballots"].as_array().unwrap().len(), 1);
    assert_eq!(answers[0].status, answers[1].status);
    if answers[0].status == 200 {
        assert_eq!(scene.receipt(&answers[0]), scene.receipt(&answers[1]));
        assert_eq!(answers[2].reason(), "supersedes");
    } else {
        assert_eq!(answers[0].reason(), "supersedes");
        assert_eq!(answers[1].reason(), "supersedes");
        scene.receipt(&answers[2]);
    }
}

#[test]
fn a_full_queue_asks_to_come_back_before_any_work() {
    let scene = Scene::open_with(6, |config| config.queue = 2, &|_| {});
    let voters: Vec<Voter> = (1..=6).map(|slot| scene.voter(slot)).collect();
    let submissions: Vec<Vec<u8>> = voters.iter().map(|voter| voter.prepare(&scene, Some(0)).0).collect();
    let suspend =
        isoloir_protocol::log::notice::body(&scene.election(), What::Suspend, "", scene.server.clock.now(), &scene.organiser.secret);
    scene.server.faults.next_commit(Fault::HoldBefore);
    let first = post_in_background(&scene, &voters[0], &submissions[0]);
    scene.server.faults.wait_until_held();
    let mut waiting = vec![post_in_background(&scene, &voters[1], &submissions[1])];
    waiting.push(post_in_background(&scene, &voters[2], &submissions[2]));
    scene.server.wait_for_waiting(2);
    let answer = voters[3].cast(&scene, &submissions[3]).expect(503);
    assert_eq!((answer.problem().as_str(), answer.header("retry-after")), ("busy", "2"));
    // What is not even a ballot gets the same answer: nobody looked.
    assert_eq!(voters[3].cast(&scene, b"junk").expect(503).problem(), "busy");
    // Reading goes on, and the organiser has a way of its own.
    assert_eq!(scene.status()["ballots"], 0);
    let path = scene.path("/entries");
    let notice = crate::support::scene::entry_bytes(isoloir_protocol::log::entry::Kind::Notice, &suspend.unwrap(), &[]);
    let http = scene.http();
    let suspended = thread::spawn(move || http.post(&path, &notice));
    scene.server.faults.release();
    scene.receipt(&first.recv().unwrap());
    suspended.join().unwrap().expect(200);
    for answer in waiting {
        let answer = answer.recv().unwrap();
        assert!(answer.status == 200 || answer.reason() == "suspended", "{}", answer.text());
    }
}

#[test]
fn a_network_that_drops_answers_loses_no_ballot() {
    let scene = Scene::open(6);
    let network = crate::support::proxy::Network::to(scene.server.addr(), &[0, 1, 17, 200, 900, u64::MAX, 0]);
    let mut receipts = Vec::new();
    for slot in 1..=6 {
        let voter = scene.voter(slot);
        // Each voter has lines of their own: one that works is kept.
        let http = crate::support::Anonymous::new(network.addr);
        let (submission, code) = voter.prepare_after(&scene, Some(1), u64::MAX);
        let receipt = loop {
            let Some(answer) = http.try_post(&scene.path("/ballots"), &submission) else { continue };
            // A head without its whole body is no receipt.
            if let (200, Ok(receipt)) = (answer.status, isoloir_protocol::log::receipt::Receipt::parse(&answer.text())) {
                break receipt;
            }
        };
        assert_eq!(receipt.code, code);
        voter.check(&scene, &receipt);
        receipts.push(receipt);
    }
    assert!(network.cut() >= 12, "{} answers were cut off", network.cut());
    let (report, election) = scene.audit(&receipts);
    assert!(report.holds(), "{:?}", report.checks);
    assert_eq!(election.ballots(), 6);
    assert_eq!(scene.archive().entries.iter().filter(|leaf| leaf[0] == 5).count(), 6);
}

/// A clock that shows the year 2286 by mistake must not close an election for ever.
#[test]
fn a_clock_that_jumps_closes_nothing() {
    let mut scene = Scene::open(4);
    let mut receipts = vec![scene.voter(1).vote(&scene, Some(0))];
    let clock = scene.server.clock.clone();
    let (far, hour) = (10_000_000_000_000_i64, 3_600_000_i64);
    for (slot, ahead) in [(2, far), (3, -hour)] {
        let voter = scene.voter(slot);
        let (submission, _) = voter.prepare(&scene, Some(1));
        let status = scene.status();
        clock.jump(ahead);
        scene.server.tick();
        let answer = voter.cast(&scene, &submission).expect(503);
        assert_eq!((answer.problem().as_str(), answer.header("retry-after")), ("unavailable", "2"));
        let notice = notice_body(&scene, What::Message);
        assert_eq!(scene.append(isoloir_protocol::log::entry::Kind::Notice, &notice, &[]).expect(503).problem(), "unavailable");
        // Readers notice nothing, and a ballot that is there is found.
        assert_eq!((scene.status()["size"].clone(), scene.status()["phase"].clone()), (status["size"].clone(), "open".into()));
        assert_eq!(receipts.last().unwrap().slot, slot - 1);
        scene.voter(slot - 1).check(&scene, &receipts[receipts.len() - 1]);
        clock.jump(0);
        scene.server.tick();
        receipts.push(scene.receipt(&voter.cast(&scene, &submission)));
    }
    // To and fro while time goes on: the end comes when it is due, and not before.
    for round in 0..20 {
        clock.jump([far, -hour, 0][round % 3]);
        clock.advance(crate::support::MINUTE);
        scene.server.tick();
    }
    // Whoever restarts the server vouches for the date that it shows.
    clock.jump(hour);
    let (submission, _) = scene.voter(4).prepare(&scene, Some(2));
    scene.voter(4).cast(&scene, &submission).expect(503);
    scene.server.stop();
    scene.server.config.clock = isoloir_server::SharedClock::from(clock);
    scene.server.start_again();
    receipts.push(scene.receipt(&scene.voter(4).cast(&scene, &submission)));
    assert_eq!(scene.status()["phase"], "open");
    scene.close();
    scene.cosign();
    let (report, _) = scene.audit(&receipts);
    assert!(report.holds(), "{:?}", report.checks);
}

/// Whoever stops a server sees its end, whatever does not end in it; what was acknowledged is there.
#[test]
fn a_store_that_does_not_end_does_not_keep_a_server_from_stopping() {
    let mut scene = Scene::open_with(1, |config| config.shutdown_timeout = std::time::Duration::ZERO, &|_| {});
    let receipt = scene.voter(1).vote(&scene, Some(0));
    scene.server.faults.never_close();
    scene.server.restart();
    assert!(scene.audit(&[receipt]).0.holds());
}

fn notice_body(scene: &Scene, what: What) -> Vec<u8> {
    let now = scene.server.clock.now();
    isoloir_protocol::log::notice::body(&scene.election(), what, "text", now, &scene.organiser.secret).unwrap()
}

/// Posts from another thread; the channel breaks if no answer came.
fn post_in_background(scene: &Scene, voter: &Voter, submission: &[u8]) -> mpsc::Receiver<Answer> {
    let (sender, receiver) = mpsc::channel();
    let (addr, path) = (scene.server.addr(), scene.path("/ballots"));
    let (slot, submission) = (voter.slot, submission.to_vec());
    thread::Builder::new()
        .name(format!("voter {slot}"))
        .spawn(move || {
            if let Some(answer) = crate::support::Anonymous::new(addr).try_post(&path, &submission) {
                let _ = sender.send(answer);
            }
        })
        .unwrap();
    receiver
}
