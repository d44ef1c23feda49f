//! The real program, really killed: `registrar issue` again and again until it is through.

use std::process::{Command, Stdio};

use isoloir_protocol::{
    code::Code,
    credential::{CodePart, PartContext},
};

use super::support::{Desk, messages, secret_in};
use isoloir::{reference::Target, replay::Follower};

#[test]
fn issue_survives_being_killed() {
    let mut desk = Desk::with_server();
    desk.prepare();
    desk.announce();
    // The child has the machine's clock and needs none: codes do not depend on it.
    let words = desk.words(&desk.issue_line(1));
    let mut killed = 0;
    for wanted in [1, 7, 13, 24] {
        let mut child =
            Command::new(env!("CARGO_BIN_EXE_isoloir")).args(&words[1..]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let maildir = desk.path("mail-1");
        while child.try_wait().unwrap().is_none() {
            if maildir.join("new").exists() && messages(&maildir).len() >= wanted {
                child.kill().unwrap();
                break;
            }
            std::thread::yield_now();
        }
        killed += usize::from(!child.wait().unwrap().success());
    }
    assert!(killed >= 2, "{killed} of 4 runs were killed in time");
    desk.good(&desk.issue_line(1));
    let found = messages(&desk.path("mail-1"));
    assert_eq!(found.len(), 24);
    let target = Target::resolve(&desk.ctx, &desk.path("election.json").to_string_lossy()).unwrap();
    desk.good(&desk.issue_line(2));
    let follower = Follower::current(&target).unwrap();
    for (slot, path) in found {
        let link = secret_in(&path);
        let code = Code::parse(link.rsplit('.').next().unwrap()).unwrap();
        let context = PartContext { roll_scope: target.manifest.roll_scope(), registrar: 0, slot };
        let derived = *CodePart::derive(context, &code).unwrap().public().bytes();
        assert_eq!(
            follower.election().key_parts(slot).unwrap()[0],
            derived,
            "slot {slot}: the message in the maildir is the one that works"
        );
    }
}
