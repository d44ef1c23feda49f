//! Messages by SMTP, over a real connection: what happens when the mail server goes away before it has confirmed.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use super::support::Desk;

/// A mail server on this machine that keeps what it takes, and hangs up after one message without confirming it.
pub struct MailServer {
    pub port: u16,
    pub taken: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    pub fn start(hang_up_after: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&taken);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let kept = Arc::clone(&kept);
                thread::spawn(move || drop(talk(stream.unwrap(), &kept, hang_up_after)));
            }
        });
        Self { port, taken }
    }
}

fn talk(stream: TcpStream, taken: &Mutex<Vec<String>>, hang_up_after: usize) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    writeln!(out, "220 localhost\r")?;
    while let Some(line) = lines.next() {
        match line?.split(' ').next().unwrap_or_default() {
            "EHLO" => write!(out, "250-localhost\r\n250 8BITMIME\r\n")?,
            "DATA" => {
                write!(out, "354 go on\r\n")?;
                let mut message = String::new();
                for line in lines.by_ref() {
                    let line = line?;
                    if line == "." {
                        break;
                    }
                    message.push_str(line.strip_prefix('.').unwrap_or(&line));
                    message.push_str("\r\n");
                }
                let mut taken = taken.lock().unwrap();
                taken.push(message);
                if taken.len() == hang_up_after {
                    return Ok(());
                }
                write!(out, "250 taken\r\n")?;
            }
            "QUIT" => return write!(out, "221 bye\r\n"),
            _ => write!(out, "250 fine\r\n")?,
        }
    }
    Ok(())
}

#[test]
fn an_unconfirmed_message_is_followed_by_one_that_replaces_it() {
    let mut desk = Desk::with_server();
    desk.prepare();
    desk.announce();
    let server = MailServer::start(5);
    let line = desk.issue_line(1).replace("--maildir @mail-1", &format!("--smtp smtp://127.0.0.1:{}", server.port));
    desk.fails(&line, "issue-incomplete");
    desk.fails("election open --election @election.json ~organiser", "lacks-roll-part");
    desk.good(&line);
    let taken = server.taken.lock().unwrap();
    assert_eq!(taken.len(), 25, "24 members, one of them with a second message");
    let to = |message: &str| message.lines().find_map(|line| line.strip_prefix("To: ").map(ToOwned::to_owned)).unwrap();
    let unconfirmed = to(&taken[4]);
    let both: Vec<&String> = taken.iter().filter(|message| to(message) == unconfirmed).collect();
    assert_eq!(both.len(), 2);
    let says_so = |message: &str| {
        let message = mail_parser::MessageParser::default().parse(message.as_bytes()).unwrap();
        let text = message.body_text(0).unwrap().into_owned();
        text.contains("this one replaces it") || text.contains("celui-ci le remplace")
    };
    assert!(!says_so(both[0]) && says_so(both[1]));
    assert!(taken.iter().filter(|message| says_so(message)).count() == 1);
}
