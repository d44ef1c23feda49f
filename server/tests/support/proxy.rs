//! A network that drops answers.

use std::{
    io::{self, Read},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

/// Passes on what clients send, and of each answer only so many bytes; then the line breaks.
pub struct Network {
    pub addr: SocketAddr,
    over: Arc<AtomicBool>,
    cut: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Network {
    /// Of the first connection's answer so many bytes pass as the first number says, and so on, from the beginning again
    /// after the last.
    pub fn to(server: SocketAddr, passes: &'static [u64]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let addr = listener.local_addr().unwrap();
        let (over, cut) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (ends, counts) = (over.clone(), cut.clone());
        let thread = thread::spawn(move || {
            for (client, pass) in listener.incoming().zip(passes.iter().cycle()) {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let (client, server) = (client.unwrap(), TcpStream::connect(server).unwrap());
                let counts = counts.clone();
                thread::spawn(move || connect(&client, &server, *pass, &counts));
            }
        });
        Self { addr, over, cut, thread: Some(thread) }
    }

    /// How many answers were cut off.
    pub fn cut(&self) -> usize {
        self.cut.load(Ordering::SeqCst)
    }
}

fn connect(client: &TcpStream, server: &TcpStream, pass: u64, cut: &AtomicUsize) {
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let there = thread::spawn(move || io::copy(&mut from, &mut to));
    // The server has answered when its first byte is there, be it passed on or not.
    let mut first = [0];
    if server.peek(&mut first).is_ok_and(|count| count > 0) {
        let passed = io::copy(&mut server.take(pass), &mut &*client);
        cut.fetch_add(usize::from(passed.is_ok_and(|passed| passed == pass)), Ordering::SeqCst);
    }
    for line in [client, server] {
        let _ = line.shutdown(Shutdown::Both);
    }
    let _ = there.join();
}

impl Drop for Network {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.addr);
        let _ = self.thread.take().unwrap().join();
    }
}
