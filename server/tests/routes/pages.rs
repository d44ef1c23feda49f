//! The pages and the headers of everything.

use std::fs;

use isoloir_server::{Config, Pages};
use tempfile::TempDir;

use crate::support::{Answer, Scene, TestServer};

const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; worker-src 'self'; \
    form-action 'none'; frame-ancestors 'none'; base-uri 'none'; \
    require-trusted-types-for 'script'; trusted-types isoloir-worker";

fn pages() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, content: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write("index.html", "<!doctype html>home");
    write("vote/index.html", "<!doctype html>vote");
    write("audit/index.html", "<!doctype html>audit");
    write("embed/index.html", "<!doctype html>embed");
    write("assets/app-1a2b.js", "let a;");
    write("assets/app-1a2b.js.br", "brotli");
    write("assets/app-1a2b.js.gz", "gzip");
    write("assets/voter-worker-5e6f.js", "let b;");
    write("assets/app-7a8b.css", "a {}");
    write("assets/isoloir-3c4d.wasm", "\0asm");
    folder
}

fn server(folder: &TempDir, change: impl FnOnce(&mut Config)) -> TestServer {
    TestServer::start_with(|config| {
        config.pages = Pages::Folder(folder.path().to_owned());
        change(config);
    })
}

/// What a browser can show or run by itself, data and refusals too.
fn assert_secure(answer: &Answer) {
    assert_eq!(answer.header("content-security-policy"), POLICY);
    assert_eq!(answer.header("x-frame-options"), "DENY");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
    assert_safe(answer);
}

/// What every answer says.
fn assert_safe(answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("strict-transport-security"), "max-age=63072000; includeSubDomains");
    assert_eq!(answer.header("set-cookie"), "");
    assert!(!answer.header("cache-control").is_empty());
}

/// What a page loads under its own policy.
fn assert_loaded(answer: &Answer) {
    for header in ["content-security-policy", "x-frame-options", "referrer-policy", "cross-origin-opener-policy", "permissions-policy"] {
        assert_eq!(answer.header(header), "", "{header}");
    }
    assert_safe(answer);
}

#[test]
fn only_the_page_that_audits_may_ask_other_servers() {
    let folder = pages();
    let server = server(&folder, |_| {});
    let http = server.http();
    let policy = |path: &str| http.get(path).header("content-security-policy").to_owned();
    assert_eq!(policy("/audit/"), POLICY.replace("connect-src 'self'", "connect-src 'self' https: http:"));
    for path in ["/", "/vote/", "/audit/index.html", "/assets/voter-worker-5e6f.js"] {
        assert_eq!(policy(path), POLICY, "{path}");
    }
}

#[test]
fn only_the_page_made_for_it_may_be_framed() {
    let folder = pages();
    let server = server(&folder, |_| {});
    let http = server.http();
    let page = http.get("/embed/").expect(200);
    assert_eq!(page.header("content-security-policy"), POLICY.replace("frame-ancestors 'none'", "frame-ancestors *"));
    assert_eq!((page.header("x-frame-options"), page.header("set-cookie")), ("", ""));
    for path in
        ["/", "/vote/", "/embed", "/embed/index.html", "/embed/nothing", "/audit/", "/assets/voter-worker-5e6f.js", "/api/elections"]
    {
        let answer = http.get(path);
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
    }
}

#[test]
fn every_page_has_its_content_type_and_its_headers() {
    let folder = pages();
    let server = server(&folder, |_| {});
    let http = server.http();
    for (path, content_type, caching) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/vote/", "text/html; charset=utf-8", "no-cache"),
        ("/vote/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/assets/app-1a2b.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/assets/voter-worker-5e6f.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/assets/app-7a8b.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/assets/isoloir-3c4d.wasm", "application/wasm", "public, max-age=31536000, immutable"),
    ] {
        let answer = http.get_with(path, ("accept-encoding", "identity")).expect(200);
        assert_eq!((answer.header("content-type"), answer.header("cache-control")), (content_type, caching), "{path}");
        assert_eq!((answer.header("access-control-allow-origin"), answer.header("cross-origin-resource-policy")), ("", "same-origin"));
        if content_type.starts_with("text/html") || path.contains("worker") { assert_secure(&answer) } else { assert_loaded(&answer) }
    }
    let to = http.get("/vote").expect(308);
    assert_eq!(to.header("location"), "/vote/");
    for path in ["/nothing", "/vote/nothing", "/assets/", "/../Cargo.toml", "/%2e%2e/x", "//", "/assets/..%2f..%2fx"] {
        let answer = http.get(path);
        assert_eq!(answer.expect(404).problem(), "not-found", "{path}");
    }
}

#[test]
fn known_pages_are_not_sent_again_and_small_ones_go_first() {
    let folder = pages();
    let server = server(&folder, |_| {});
    let http = server.http();
    let page = http.get("/vote/").expect(200);
    let etag = page.header("etag");
    let known = http.get_with("/vote/", ("if-none-match", etag)).expect(304);
    assert!(known.body.is_empty());
    assert_secure(&known);
    http.get_with("/", ("if-none-match", etag)).expect(200);
    let encoded = |accepted: &str| {
        let answer = http.get_with("/assets/app-1a2b.js", ("accept-encoding", accepted)).expect(200);
        assert_eq!(answer.header("vary"), "accept-encoding");
        assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
        answer.header("content-encoding").to_owned()
    };
    assert_eq!(encoded("gzip, deflate, br"), "br");
    assert_eq!(encoded("gzip"), "gzip");
    assert_eq!(encoded("br;q=0, gzip;q=0.5"), "gzip");
    assert_eq!(encoded("identity"), "");
}

#[test]
fn a_server_without_pages_says_so_and_works() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder, |_| {});
    let answer = server.http().get("/vote/").expect(503);
    assert_eq!(answer.problem(), "no-pages");
    server.http().get("/healthz").expect(200);
}

#[test]
fn the_embedded_pages_load() {
    let server = TestServer::start();
    // Built or not: what is in the program is served, and nothing else.
    let answer = server.http().get("/");
    assert!(answer.status == 200 || answer.problem() == "no-pages");
    assert_secure(&answer);
}

#[test]
fn every_answer_has_the_headers() {
    let scene = Scene::open(1);
    let http = scene.http();
    let read = ["/healthz", "/version", "/api/elections", "/api/elections/x", "/log/x/checkpoint"].map(str::to_owned);
    let of_election = ["", "/manifest", "/slots/1", "/checkpoints", "/archive.zip"].map(|rest| scene.path(rest));
    for path in read.iter().chain(&of_election) {
        let answer = http.get(path);
        assert_secure(&answer);
        let public = path.starts_with("/api/") || path.starts_with("/log/");
        assert_eq!(answer.header("access-control-allow-origin"), if public { "*" } else { "" }, "{path}");
    }
    let posted = http.post(&scene.path("/ballots"), b"x");
    assert_eq!(posted.header("access-control-allow-origin"), "", "other sites' scripts may read, not cast");
    assert_secure(&posted);
    assert_eq!(http.post("/healthz", b"").expect(405).problem(), "method");
    assert_eq!(http.get(&scene.path("/ballots")).expect(405).problem(), "method");
    assert_eq!(http.post("/vote/", b"").expect(405).problem(), "method");
    for path in ["/healthz".to_owned(), scene.path(""), scene.log_path("/checkpoint")] {
        let head = http.head(&path).expect(200);
        assert!(head.body.is_empty());
        assert_secure(&head);
    }
    let plain = TestServer::start_with(|config| config.public_url = "http://localhost:8080".to_owned());
    assert_eq!(plain.http().get("/healthz").expect(200).header("strict-transport-security"), "");
}

#[test]
fn the_version_is_shown() {
    let answer = TestServer::start().http().get("/version").expect(200).json();
    assert_eq!(answer["version"], env!("CARGO_PKG_VERSION"));
    assert!(answer["build"].is_string());
}

#[test]
fn the_pages_may_ask_the_witnesses_that_the_operator_named() {
    let folder = pages();
    let server = server(&folder, |config| {
        config.witnesses = vec!["https://witness.example.org/".to_owned(), "http://127.0.0.1:8081".to_owned()];
    });
    let asked = "connect-src 'self' https://witness.example.org http://127.0.0.1:8081;";
    for path in ["/vote/", "/assets/voter-worker-5e6f.js"] {
        assert_eq!(server.http().get(path).header("content-security-policy"), POLICY.replace("connect-src 'self';", asked), "{path}");
    }
    let told = server.http().get("/api/look").json();
    assert_eq!(told["witnesses"], serde_json::json!(["https://witness.example.org", "http://127.0.0.1:8081"]));
}
