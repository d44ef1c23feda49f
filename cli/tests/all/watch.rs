//! Faults are injected one by one, and the watch from outside names each. REQ 2-01 2-02

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use isoloir::{
    args::{self, Ending},
    context::{Clock, Context, Nobody},
    i18n::Language,
};

use super::support::{Captured, Desk, START, TestClock};

/// A device whose clock stands at a time.
struct At(u64);

impl Clock for At {
    fn now(&self) -> u64 {
        self.0
    }

    fn pause(&self, _: Duration) {}
}

const LINE: &str = "watch --once --election @election.json --state @watch.json";

/// An election that is open, with two witnesses who have signed.
fn open() -> Desk {
    let mut desk = Desk::with_server();
    desk.prepare();
    desk.announce();
    for number in 1..=2 {
        let line = desk.issue_line(number);
        desk.good(&line);
    }
    desk.good("election open --election @election.json ~organiser");
    desk.witness();
    desk
}

/// Looks once; what was said, if something is wrong.
fn wrong(desk: &mut Desk, line: &str) -> String {
    desk.out.take();
    match desk.run(line) {
        Ok(Ending::Bad) => desk.out.take(),
        other => panic!("{line}: {other:?}\n{}", desk.out.take()),
    }
}

#[test]
fn a_server_that_is_down_a_silent_witness_and_a_wrong_clock_are_named() {
    let mut desk = open();
    let line = format!("{LINE} --no-pages");
    assert!(desk.good(&line).contains("All is well"));

    // Ten minutes after something new: one witness has signed it, the other one not.
    desk.good("teller drill --election @election.json ~teller-1");
    desk.good(&line);
    desk.clock.advance(11 * 60_000);
    desk.good("witness run --once --election @election.json ~witness-1");
    let said = wrong(&mut desk, &line);
    assert!(said.contains("witness2.example.org") && !said.contains("witness1.example.org"), "{said}");
    desk.witness();
    desk.good(&line);

    // A device whose clock is two hours behind the server's: one of the two is wrong, and entries are of the future.
    let out = Captured::default();
    let behind = Arc::new(At(START - 2 * 3_600_000));
    let mut ctx = Context::new(Language::English, Box::new(out.clone()), Box::new(Nobody), behind);
    let cli = args::read(&desk.words(&line)).unwrap();
    assert_eq!(args::run(&mut ctx, cli).unwrap(), Ending::Bad);
    let said = out.take();
    assert!(said.contains("differ by") && said.contains("dated later than now"), "{said}");

    desk.stop_server();
    assert!(wrong(&mut desk, &line).contains("does not answer"));
}

#[test]
fn a_rewritten_log_is_an_alarm_also_after_a_restart() {
    let mut desk = open();
    let line = format!("{LINE} --no-pages");
    let port = desk.port();
    desk.good(&format!("backup --data @server --keys @keys {}", desk.path("copy.sqlite").display()));
    desk.good("teller drill --election @election.json ~teller-1");
    desk.good(&line);
    desk.stop_server();
    desk.good("restore --data @other --keys @keys @copy.sqlite");
    desk.start_server("other", port);
    assert!(wrong(&mut desk, &line).contains("ALARM"), "shorter than it was");
    desk.good("teller drill --election @election.json ~teller-2");
    let hook = desk.write("hook.sh", &format!("#!/bin/sh\ncat > {}\n", desk.path("alarm.txt").display()));
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    assert!(wrong(&mut desk, &format!("{line} --hook @hook.sh")).contains("ALARM"), "another one of the same size");
    assert!(fs::read_to_string(desk.path("alarm.txt")).unwrap().contains("ALARM"));
    // The evidence is the checkpoint of the log that was good.
    let state: serde_json::Value = serde_json::from_slice(&fs::read(desk.path("watch.json")).unwrap()).unwrap();
    assert!(state["note"].as_str().unwrap().contains("/log/"));
}

#[test]
fn changed_pages_are_named() {
    let mut desk = open();
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    desk.write("release.txt", &format!("# build {hash}\n{hash}  index.html\n"));
    assert!(wrong(&mut desk, &format!("{LINE} --list @release.txt")).contains("does not send the pages of the release"));
}

#[test]
fn a_server_that_takes_no_ballots_or_takes_its_time_is_named() {
    let mut desk = open();
    let faults = Arc::new(Faults::default());
    let between = between(desk.base.rsplit('/').next().unwrap().parse().unwrap(), faults.clone(), desk.clock.clone());
    let file = fs::read_to_string(desk.path("election.json")).unwrap();
    desk.write("between.json", &file.replace(&desk.base, &format!("http://{between}")));
    let line = "watch --once --no-pages --patience 6 --election @between.json --state @watch.json";
    desk.good(line);
    faults.refuses.store(true, Ordering::SeqCst);
    assert!(wrong(&mut desk, line).contains("does not take ballots"));
    faults.refuses.store(false, Ordering::SeqCst);
    desk.good(line);
    faults.hangs.store(true, Ordering::SeqCst);
    assert!(wrong(&mut desk, &line.replace("6", "1")).contains("does not answer"));
    faults.hangs.store(false, Ordering::SeqCst);
    desk.good(line);
    faults.delays.store(true, Ordering::SeqCst);
    assert!(wrong(&mut desk, line).contains("seconds to answer"));
}

/// What somebody on the way does.
#[derive(Default)]
struct Faults {
    refuses: AtomicBool,
    hangs: AtomicBool,
    /// The first request after this is set comes late.
    delays: AtomicBool,
}

/// Somebody on the way to a server, who passes on one request for each connection.
fn between(server: SocketAddr, faults: Arc<Faults>, clock: Arc<TestClock>) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if faults.hangs.load(Ordering::SeqCst) {
                held.push(stream);
                continue;
            }
            if faults.delays.swap(false, Ordering::SeqCst) {
                clock.advance(3_500);
            }
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if stream.read(&mut byte).unwrap_or(0) == 0 {
                    break;
                }
                head.push(byte[0]);
            }
            let text = String::from_utf8_lossy(&head).into_owned();
            if faults.refuses.load(Ordering::SeqCst) && text.starts_with("POST") && text.contains("/ballots ") {
                let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                continue;
            }
            let Ok(mut upstream) = TcpStream::connect(server) else { continue };
            let head = text.trim_end().to_owned() + "\r\nConnection: close\r\n\r\n";
            let _ = upstream.write_all(head.as_bytes());
            let mut answer = Vec::new();
            let _ = upstream.read_to_end(&mut answer);
            let _ = stream.write_all(&answer);
        }
    });
    addr
}
