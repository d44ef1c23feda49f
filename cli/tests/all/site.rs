//! `isoloir site check`: the server of a release, and servers that changed something of it.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    thread,
};

use isoloir::{
    args::Ending,
    client::Client,
    serve::Hosted,
    site::{Difference, Release, compare},
};
use isoloir_server::{Config, Organisers, Pages};
use sha2::{Digest, Sha256};

use crate::support::Desk;

const FILES: [(&str, &str); 8] = [
    ("assets/app-1a2b.js", "let a;"),
    ("assets/app-1a2b.js.br", "as brotli"),
    ("assets/app-1a2b.js.gz", "as gzip"),
    ("assets/voter-worker-5e6f.js", "let b;"),
    ("embed/index.html", "<!doctype html>embed"),
    ("index.html", "<!doctype html>home"),
    ("mark.svg", "<svg/>"),
    ("vote/index.html", "<!doctype html>vote"),
];

fn list() -> String {
    let hash = |content: &str| hex::encode(Sha256::digest(content));
    let lines: String = FILES.iter().map(|(path, content)| format!("{}  {path}\n", hash(content))).collect();
    format!("# build {}\n{lines}", hash("release"))
}

fn write(folder: &Path, path: &str, content: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// The pages of the release in a folder of the desk.
pub fn pages(desk: &Desk) -> std::path::PathBuf {
    let folder = desk.path("pages");
    for (path, content) in FILES {
        write(&folder, path, content);
    }
    write(&folder, "hashes.txt", &list());
    desk.write("release.txt", &list());
    folder
}

/// Runs a server on these pages.
fn serve(desk: &Desk, pages: &Path, data: &str) -> Hosted {
    Hosted::start(Config {
        bind: ([127, 0, 0, 1], 0).into(),
        public_url: "https://vote.example.org".to_owned(),
        data_dir: desk.path(data),
        organisers: Organisers::Nobody,
        pages: Pages::Folder(pages.to_owned()),
        workers: 1,
        tick: None,
        ..Config::default()
    })
    .unwrap()
}

#[test]
fn the_pages_of_a_release_are_recognised_and_changed_ones_named() {
    let mut desk = Desk::new();
    let folder = pages(&desk);
    let server = serve(&desk, &folder, "first");
    let line = |server: &Hosted| format!("site check http://{} --list {}", server.addr(), desk.path("release.txt").display());
    let (good, stated) = (line(&server), Release::parse(&list()).unwrap());
    assert_eq!(desk.run(&good).unwrap(), Ending::Good);
    let said = desk.out.take();
    assert!(said.contains("hands out the pages of the release") && said.contains(stated.name()), "{said}");
    server.stop();

    // One letter of a script, one compressed form, one page gone, and another list.
    write(&folder, "assets/app-1a2b.js.br", "as Brotli");
    write(&folder, "mark.svg", "<svg />");
    fs::remove_file(folder.join("vote/index.html")).unwrap();
    write(&folder, "hashes.txt", &list().replace("mark", "park"));
    let server = serve(&desk, &folder, "second");
    let found = compare(&Client::new(&format!("http://{}", server.addr())).unwrap(), &stated).unwrap();
    let changed = |path: &str, encoding: &str| Difference::Changed { path: path.to_owned(), encoding: encoding.to_owned() };
    assert_eq!(
        found,
        [
            changed("assets/app-1a2b.js", "br"),
            changed("mark.svg", ""),
            Difference::Missing { path: "vote/index.html".to_owned(), status: 404 },
            changed("hashes.txt", ""),
        ]
    );
    let bad = format!("site check http://{} --list {}", server.addr(), desk.path("release.txt").display());
    assert_eq!(desk.run(&bad).unwrap(), Ending::Bad);
    let said = desk.out.take();
    for sentence in ["CHANGED  assets/app-1a2b.js, compressed as br", "CHANGED  mark.svg", "MISSING  vote/index.html", "does NOT hand out"]
    {
        assert!(said.contains(sentence), "{sentence}: {said}");
    }
    server.stop();
}

#[test]
fn right_bytes_without_the_policy_are_a_difference() {
    let desk = Desk::new();
    pages(&desk);
    let policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; connect-src 'self'; \
                  form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types isoloir-worker";
    let release = Release::parse(&list()).unwrap();
    let differences = |header: &str| {
        let address = bare_server(header);
        compare(&Client::new(&address).unwrap(), &release).unwrap()
    };
    assert_eq!(differences(&format!("content-security-policy: {policy}\r\n")), []);
    // A script is ruled by the page that loads it; a worker, by itself.
    let alone = ["assets/voter-worker-5e6f.js", "embed/index.html", "index.html", "mark.svg", "vote/index.html"];
    let plain: Vec<_> = alone.map(|path| Difference::Policy { path: path.to_owned() }).into();
    assert_eq!(differences(""), plain);
    assert_eq!(differences(&format!("content-security-policy: {}\r\n", policy.replace("connect-src 'self'", "connect-src *"))), plain);
}

#[test]
fn what_is_no_list_is_refused() {
    let mut desk = Desk::new();
    desk.write("wrong.txt", "index.html\n");
    let line = format!("site check http://127.0.0.1:9 --list {}", desk.path("wrong.txt").display());
    desk.fails(&line, "site-list-unreadable");
}

/// A server of somebody else that hands out the same files, uncompressed, with this header.
fn bare_server(header: &str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let header = header.to_owned();
    thread::spawn(move || {
        let list = list();
        let files: BTreeMap<&str, &str> = FILES.into_iter().chain([("hashes.txt", list.as_str())]).collect();
        // As many as one comparison asks for: six files in three encodings, and the list.
        for stream in listener.incoming().take(6 * 3 + 1) {
            answer(&stream.unwrap(), &files, &header);
        }
    });
    address
}

fn answer(mut stream: &TcpStream, files: &BTreeMap<&str, &str>, header: &str) {
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let request = lines.next().unwrap();
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let path = request.split(' ').nth(1).unwrap().trim_start_matches('/');
    let name = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
    let content = files[name.as_str()];
    let length = content.len();
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n{header}\r\n{content}").unwrap();
}
