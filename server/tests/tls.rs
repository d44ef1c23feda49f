//! The server speaks TLS by itself; certificates are renewed under it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    sync::{Arc, Mutex},
};

use isoloir_server::{StartError, TlsError};
use tempfile::TempDir;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{
    Anonymous, Scene, TestServer,
    certificates::{certify, files},
};

fn folder() -> (TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let certificate = certify(folder.path());
    (folder, certificate)
}

/// What the server's log says while something is done by this thread.
fn said(act: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    impl MakeWriter<'_> for Lines {
        type Writer = Self;
        fn make_writer(&self) -> Self {
            self.clone()
        }
    }
    let lines = Lines::default();
    tracing::subscriber::with_default(tracing_subscriber::fmt().with_writer(lines.clone()).finish(), act);
    String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
}

#[test]
fn an_election_by_tls() {
    let (folder, _) = folder();
    let scene = Scene::open_with(3, |config| config.tls = Some(files(folder.path())), &|_| {});
    let receipts: Vec<_> = (1..=3).map(|slot| scene.voter(slot).vote(&scene, Some(0))).collect();
    assert!(scene.audit(&receipts).0.holds());
    let page = scene.http().get("/").expect(200);
    assert!(page.header("strict-transport-security").starts_with("max-age=63072000"));
    // Nothing is answered without TLS.
    let mut plain = TcpStream::connect(scene.server.addr()).unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn a_renewed_certificate_is_shown_to_new_connections() {
    let (folder, before) = folder();
    let server = TestServer::start_with(|config| config.tls = Some(files(folder.path())));
    let early = Anonymous::trusting(server.addr(), &before);
    early.get("/healthz").expect(200);
    let after = certify(folder.path());
    server.tick();
    Anonymous::trusting(server.addr(), &after).get("/healthz").expect(200);
    // Whoever trusts the old one alone has the connection of before, and no new one.
    early.get("/healthz").expect(200);
    assert!(Anonymous::trusting(server.addr(), &before).try_get("/healthz").is_err());

    // A broken one is not shown, and the log says so once, whether it was found by itself or asked for.
    std::fs::write(folder.path().join("certificate.pem"), "-----BEGIN CERTIFICATE-----\n").unwrap();
    let complaints = |said: &str| said.matches("ERROR").count();
    assert_eq!(complaints(&said(|| server.tick())), 1);
    assert_eq!(complaints(&said(|| server.tick())), 0);
    assert_eq!(complaints(&said(|| server.reload())), 1);
    Anonymous::trusting(server.addr(), &after).get("/healthz").expect(200);
    // A certificate and another one's key are no pair; together with its own it is used.
    let last = certify(folder.path());
    let key = std::fs::read(folder.path().join("key.pem")).unwrap();
    certify(folder.path());
    std::fs::write(folder.path().join("certificate.pem"), &last).unwrap();
    server.tick();
    Anonymous::trusting(server.addr(), &after).get("/healthz").expect(200);
    std::fs::write(folder.path().join("key.pem"), key).unwrap();
    server.reload();
    Anonymous::trusting(server.addr(), &last).get("/healthz").expect(200);
}

#[test]
fn a_server_does_not_start_with_a_pair_that_is_none() {
    let fails = |change: &dyn Fn(&Path), url: &str| {
        let (folder, _) = folder();
        change(folder.path());
        TestServer::try_start(|config| {
            config.tls = Some(files(folder.path()));
            config.public_url = url.to_owned();
        })
        .map(|_| ())
        .unwrap_err()
    };
    let https = "https://vote.example.org";
    let remove = |name: &'static str| move |folder: &Path| std::fs::remove_file(folder.join(name)).unwrap();
    assert!(matches!(fails(&remove("certificate.pem"), https), StartError::Tls(TlsError::Certificate { .. })));
    assert!(matches!(fails(&remove("key.pem"), https), StartError::Tls(TlsError::Key { .. })));
    let swap = |folder: &Path| {
        let certificate = std::fs::read(folder.join("certificate.pem")).unwrap();
        certify(folder);
        std::fs::write(folder.join("certificate.pem"), certificate).unwrap();
    };
    assert!(matches!(fails(&swap, https), StartError::Tls(TlsError::Pair { .. })));
    let empty = |folder: &Path| std::fs::write(folder.join("certificate.pem"), "no certificate").unwrap();
    assert!(matches!(fails(&empty, https), StartError::Tls(TlsError::Certificate { .. })));
    assert!(matches!(fails(&|_| {}, "http://vote.example.org"), StartError::TlsWithoutHttps));
}

/// Handshakes that nobody goes on with are counted like any other connection. // REQ L5
#[test]
fn half_handshakes_are_counted() {
    let (folder, certificate) = folder();
    let server = TestServer::start_with(|config| {
        config.tls = Some(files(folder.path()));
        config.connections_per_address = 3;
    });
    let silent: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(server.addr()).unwrap()).collect();
    let mut over = TcpStream::connect(server.addr()).unwrap();
    assert_eq!(over.read(&mut [0]).unwrap_or(0), 0, "one more is cut off");
    assert!(Anonymous::trusting(server.addr(), &certificate).try_get("/healthz").is_err());
    drop(silent);
    let again = (0..10_000).any(|_| Anonymous::trusting(server.addr(), &certificate).try_get("/healthz").is_ok());
    assert!(again, "a handshake that ends makes room");
}
