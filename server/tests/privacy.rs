//! What the server knows: its whole disk and its logs hold no code, no seed, and nothing else of a voter.

use std::{
    io,
    sync::{Arc, Mutex},
};

use isoloir_server::telemetry;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Scene, files};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn disk_and_logs_hold_no_code_and_no_voter() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().json().with_env_filter(telemetry::FILTER).with_writer(lines.clone()).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let mut scene = Scene::open(5);
    let mut lengths = Vec::new();
    let mut receipts = Vec::new();
    for (slot, option) in [(1, Some(0)), (2, Some(1)), (3, None)] {
        let voter = scene.voter(slot);
        let (submission, _) = voter.prepare(&scene, option);
        lengths.push(submission.len());
        receipts.push(scene.receipt(&voter.cast(&scene, &submission)));
        voter.cast(&scene, &submission[1..]).expect(400);
        voter.cast(&scene, &voter.prepare_after(&scene, option, 3).0).expect(422);
        scene.http().get(&scene.path(&format!("/receipts/{}", receipts[0].index))).expect(200);
    }
    scene.http().get("/vote/?slot=4711");
    assert!(lengths.iter().all(|length| *length == lengths[0]), "all choices look the same");
    scene.close();
    let log_key = std::fs::read_to_string(scene.server.data_dir().join("keys/congres.key")).unwrap();
    scene.server.stop();

    let mut content: Vec<u8> = Vec::new();
    for path in files(scene.server.data_dir()) {
        content.extend(std::fs::read(path).unwrap());
    }
    let logged = lines.0.lock().unwrap().clone();
    let holds = |bytes: &[u8], needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    for registrar in &scene.registrars {
        for code in &registrar.codes {
            let shown = code.shown();
            for form in [shown.as_bytes(), shown.replace('-', "").as_bytes(), code.symbols().as_slice()] {
                assert!(!holds(&content, form) && !holds(&logged, form));
            }
        }
    }
    let text = String::from_utf8(logged).unwrap();
    assert!(text.lines().count() > 20, "{text}");
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let fields = line["fields"].as_object().unwrap();
        let known = ["route", "method", "status", "micros", "message", "entry", "size"];
        assert!(fields.keys().all(|name| known.contains(&name.as_str())), "{line}");
        if let Some(route) = fields.get("route").and_then(|route| route.as_str()) {
            assert!(!route.contains(&scene.manifest.id().to_string()) && !route.contains("4711"), "{line}");
        }
    }
    for needle in [receipts[0].code.as_str(), "127.0.0.1", "4711", "congres", log_key.trim(), &receipts[1].leaf[..40]] {
        assert!(!text.contains(needle), "{needle}");
    }
}

#[test]
fn settings_show_no_secret() {
    let scene = Scene::announced(crate::support::TestServer::start(), 1, &|_| {});
    let shown = format!("{:?}", scene.server.config);
    assert!(shown.contains("public_url") && !shown.contains("PRIVATE"));
}
