//! The organiser's name, colour, zone and logo.

use std::fs;

use isoloir_server::{Config, LookError, StartError, start};
use serde_json::json;

use crate::support::TestServer;

#[test]
fn without_settings_nothing_is_changed() {
    let server = TestServer::start();
    let answer = server.http().get("/api/look");
    assert_eq!((answer.status, answer.json()), (200, json!({ "logo": false })));
    assert_eq!(server.http().get("/api/look/logo").status, 404);
}

#[test]
fn settings_are_told_and_the_logo_is_served_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("look.json");
    fs::write(&file, r##"{"name": "Fédération de l’étranger", "colour": "#8a1c3c", "zone": "Europe/Paris", "logo": "logo.svg"}"##).unwrap();
    fs::write(folder.path().join("logo.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
    let server = TestServer::start_with(|config| config.look = Some(file));
    let told = server.http().get("/api/look").json();
    assert_eq!(told, json!({ "name": "Fédération de l’étranger", "colour": "#8a1c3c", "zone": "Europe/Paris", "logo": true }));
    let logo = server.http().get("/api/look/logo");
    assert_eq!((logo.status, logo.header("content-type")), (200, "image/svg+xml"));
    // A script inside the picture would not run, also where somebody opens it by itself.
    assert!(logo.header("content-security-policy").contains("default-src 'none'"));
}

#[test]
fn settings_that_are_wrong_keep_the_server_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("look.json");
    fs::write(folder.path().join("logo.gif"), "GIF89a").unwrap();
    fs::write(folder.path().join("large.png"), vec![0; 40_000]).unwrap();
    let try_with = |text: &str| {
        fs::write(&file, text).unwrap();
        let config = Config {
            look: Some(file.clone()),
            bind: ([127, 0, 0, 1], 0).into(),
            data_dir: folder.path().join("data"),
            ..Config::default()
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        match runtime.block_on(start(config)) {
            Err(StartError::Look(error)) => error,
            other => panic!("{text}: {other:?}"),
        }
    };
    assert!(matches!(try_with("{"), LookError::Json(_)));
    assert!(matches!(try_with(r#"{"color": "red"}"#), LookError::Json(_)));
    assert!(matches!(try_with(r#"{"colour": "red"}"#), LookError::Colour));
    assert!(matches!(try_with(r##"{"colour": "#12345g"}"##), LookError::Colour));
    assert!(matches!(try_with(r#"{"name": " "}"#), LookError::Name));
    assert!(matches!(try_with(r#"{"zone": "Paris; DROP"}"#), LookError::Zone));
    assert!(matches!(try_with(r#"{"logo": "logo.gif"}"#), LookError::LogoName));
    assert!(matches!(try_with(r#"{"name": "F", "logo": "logo.gif"}"#), LookError::LogoKind));
    assert!(matches!(try_with(r#"{"name": "F", "logo": "large.png"}"#), LookError::LogoSize(40_000)));
    assert!(matches!(try_with(r#"{"name": "F", "logo": "none.png"}"#), LookError::Read(..)));
}
