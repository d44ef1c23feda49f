//! Slow clients, half requests, huge bodies and floods of junk cost whoever sends them, and nobody else. // REQ L5

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::mpsc,
    thread,
};

use socket2::{Domain, Socket, Type};

use crate::support::{Anonymous, HOUR, MINUTE, OPENS, Scene, faults::Fault};

const ATTACKER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);
const SOMEBODY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 7);

/// More than what an address may send that fails.
const TOO_MANY: usize = 40;

/// A connection from an address of one's own.
fn connect(from: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    socket.into()
}

fn head(scene: &Scene, length: usize) -> String {
    let (path, host) = (scene.path("/ballots"), scene.server.addr());
    format!("POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n")
}

/// Posts a ballot from an address: status and body.
fn post(scene: &Scene, from: Ipv4Addr, submission: &[u8]) -> (u16, String) {
    read(send(scene, from, submission))
}

fn send(scene: &Scene, from: Ipv4Addr, submission: &[u8]) -> TcpStream {
    let mut line = connect(from, scene.server.addr());
    line.write_all(&[head(scene, submission.len()).as_bytes(), submission].concat()).unwrap();
    line
}

fn read(mut line: TcpStream) -> (u16, String) {
    let mut answer = Vec::new();
    line.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    (answer[9..12].parse().unwrap(), answer)
}

/// A ballot whose signature fails, of a slot that is not the attacker's.
fn forged(scene: &Scene, good: &[u8], number: usize) -> Vec<u8> {
    let mut forged = good.to_vec();
    let at = scene.manifest.ballot_len() - 32;
    forged[at..at + 8].copy_from_slice(&u64::try_from(number + 1).unwrap().to_le_bytes());
    forged
}

#[test]
fn two_hundred_voters_behind_one_address_vote_at_once() {
    const VOTERS: u32 = 200;
    let scene = Scene::open(VOTERS);
    let (addr, path) = (scene.server.addr(), scene.path("/ballots"));
    let submissions: Vec<Vec<u8>> = (1..=VOTERS).map(|slot| scene.voter(slot).prepare_after(&scene, Some(0), u64::MAX).0).collect();
    let accepted: usize = thread::scope(|scope| {
        let clients: Vec<_> = submissions
            .chunks(20)
            .map(|mine| scope.spawn(|| mine.iter().filter(|ballot| Anonymous::new(addr).post(&path, ballot).status == 200).count()))
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    assert_eq!(accepted, submissions.len());
    assert_eq!(scene.status()["ballots"], VOTERS);
}

#[test]
fn a_flood_of_junk_stands_in_a_line_of_its_own() {
    let scene = Scene::open_with(8, |config| config.queue = 3, &|_| {});
    let good: Vec<Vec<u8>> = (1..=8).map(|slot| scene.voter(slot).prepare_after(&scene, Some(0), u64::MAX).0).collect();
    for number in 0..TOO_MANY {
        let (status, answer) = post(&scene, ATTACKER, &forged(&scene, &good[0], number));
        assert!(status == 422 && answer.contains("\"proof\"") && answer.contains("\"signature\""), "{answer}");
    }
    // The sequencer is busy; the attacker fills its own line, and that alone.
    scene.server.faults.next_commit(Fault::HoldBefore);
    let held = send(&scene, SOMEBODY, &good[1]);
    scene.server.faults.wait_until_held();
    let junk: Vec<_> = (0..3).map(|number| send(&scene, ATTACKER, &forged(&scene, &good[0], number))).collect();
    scene.server.wait_for_waiting(3);
    let (status, answer) = post(&scene, ATTACKER, &forged(&scene, &good[0], 4));
    assert!(status == 503 && answer.to_lowercase().contains("retry-after: 2"), "{answer}");
    let honest: Vec<_> = good[2..5].iter().map(|ballot| send(&scene, SOMEBODY, ballot)).collect();
    scene.server.wait_for_waiting(6);
    let commits = scene.server.faults.commits();
    scene.server.faults.release();
    for line in honest.into_iter().chain([held]) {
        assert_eq!(read(line).0, 200);
    }
    assert_eq!(scene.server.faults.commits(), commits + 1, "all in one batch");
    assert!(junk.into_iter().all(|line| read(line).0 == 422));
    // Nobody is locked out: not the slot that was attacked, and not a voter at the attacker's address.
    assert_eq!(post(&scene, SOMEBODY, &good[0]).0, 200);
    assert_eq!(post(&scene, ATTACKER, &good[5]).0, 200);
    assert!(scene.audit(&[]).0.holds());
}

#[test]
fn the_address_that_a_proxy_tells_is_the_one_that_counts() {
    let scene = Scene::open_with(
        4,
        |config| {
            config.queue = 1;
            config.address_header = Some("x-forwarded-for".to_owned());
        },
        &|_| {},
    );
    let good: Vec<Vec<u8>> = (1..=4).map(|slot| scene.voter(slot).prepare_after(&scene, Some(0), u64::MAX).0).collect();
    let told = |ballot: &[u8], address: &str| {
        let head = head(&scene, ballot.len()).replacen("\r\n", &format!("\r\nx-forwarded-for: 10.0.0.1, {address}\r\n"), 1);
        let mut line = connect(SOMEBODY, scene.server.addr());
        line.write_all(&[head.as_bytes(), ballot].concat()).unwrap();
        line
    };
    for number in 0..TOO_MANY {
        assert_eq!(read(told(&forged(&scene, &good[0], number), "192.0.2.66")).0, 422);
    }
    scene.server.faults.next_commit(Fault::HoldBefore);
    let held = told(&good[1], "192.0.2.1");
    scene.server.faults.wait_until_held();
    let junk = told(&forged(&scene, &good[0], 0), "192.0.2.66");
    scene.server.wait_for_waiting(1);
    assert_eq!(read(told(&forged(&scene, &good[0], 1), "192.0.2.66")).0, 503);
    let honest = told(&good[2], "192.0.2.1");
    scene.server.wait_for_waiting(2);
    scene.server.faults.release();
    assert_eq!((read(held).0, read(honest).0, read(junk).0), (200, 200, 422));
}

#[test]
fn half_requests_and_huge_bodies_take_nothing_from_others() {
    let scene = Scene::open_with(3, |config| config.connections_per_address = 6, &|_| {});
    let good: Vec<Vec<u8>> = (1..=3).map(|slot| scene.voter(slot).prepare_after(&scene, Some(0), u64::MAX).0).collect();
    // Heads that never end, bodies that never come, and bodies that come to a halt.
    let halves: Vec<TcpStream> = (0..6)
        .map(|number| {
            let mut line = connect(ATTACKER, scene.server.addr());
            let request = [head(&scene, good[0].len()).as_bytes(), &good[0]].concat();
            let sent = [20, request.len() - good[0].len(), request.len() - 1][number % 3];
            line.write_all(&request[..sent]).unwrap();
            line
        })
        .collect();
    // One more connection of that address ends at once; others do not notice.
    let mut over = connect(ATTACKER, scene.server.addr());
    assert_eq!(over.read(&mut [0]).unwrap_or(0), 0);
    assert_eq!(post(&scene, SOMEBODY, &good[0]).0, 200);
    // A connection that ends makes room.
    drop(halves);
    let again = (0..10_000).any(|_| {
        let mut line = connect(ATTACKER, scene.server.addr());
        let sent = line.write_all(&[head(&scene, good[1].len()).as_bytes(), &good[1]].concat());
        let mut answer = Vec::new();
        sent.is_ok() && line.read_to_end(&mut answer).is_ok() && answer.starts_with(b"HTTP/1.1 200")
    });
    assert!(again);

    // What announces too much is not read; what lies about its length is cut off.
    let mut huge = connect(SOMEBODY, scene.server.addr());
    huge.write_all(head(&scene, 1 << 40).as_bytes()).unwrap();
    assert_eq!(read(huge).0, 413);
    let mut endless = connect(SOMEBODY, scene.server.addr());
    let chunked = head(&scene, 0).replace("content-length: 0", "transfer-encoding: chunked");
    endless.write_all(chunked.as_bytes()).unwrap();
    let mut writer = endless.try_clone().unwrap();
    let (stop, stopped) = mpsc::channel::<()>();
    let flood = thread::spawn(move || {
        let chunk = [b"1000\r\n".as_slice(), &[0x5a; 0x1000], b"\r\n"].concat();
        while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) && writer.write_all(&chunk).is_ok() {}
    });
    let mut answer = [0; 12];
    endless.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    assert_eq!(post(&scene, SOMEBODY, &good[2]).0, 200);
    drop(stop);
    flood.join().unwrap();
}

#[test]
fn one_slot_cannot_fill_the_log() {
    let scene = Scene::open(2);
    let voter = scene.voter(1);
    let mut last = u64::MAX;
    for number in 0..20 {
        scene.server.clock.set(OPENS + MINUTE + number);
        let (ballot, _) = voter.prepare_after(&scene, Some(0), last);
        last = scene.receipt(&voter.cast(&scene, &ballot)).index;
    }
    let (ballot, _) = voter.prepare_after(&scene, Some(1), last);
    let refused = voter.cast(&scene, &ballot).expect(429);
    assert_eq!((refused.problem().as_str(), refused.header("retry-after")), ("too-often", "3600"));
    scene.voter(2).vote(&scene, Some(1));
    // An hour after the first of them there is room for one.
    scene.server.clock.set(OPENS + MINUTE + HOUR);
    scene.receipt(&voter.cast(&scene, &ballot));
    let (ballot, _) = voter.prepare(&scene, Some(1));
    voter.cast(&scene, &ballot).expect(429);
}
