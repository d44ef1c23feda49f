//! How the server is doing: for people and, at an address of its own, for monitoring programs.

use std::fmt::Write;

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::{Service, elections::phase_name};
use crate::log::Log;

/// Milliseconds of a minute: nothing is told more finely.
const MINUTE_MS: u64 = 60_000;

/// The state of the server and of its elections, in numbers.
pub(crate) async fn status(service: web::Data<Service>) -> web::Json<Value> {
    let now = service.config.clock.now_ms();
    let store = service.store.ping().await.is_ok();
    let delay = service.figures.delay(now);
    let (_, damaged) = service.elections.count();
    let elections: Vec<Value> = service.elections.all().iter().map(|log| election(&service, log, now)).collect();
    web::Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "build": super::service::BUILD,
        "now": now,
        "minutes_up": now.saturating_sub(service.started) / MINUTE_MS,
        "store": store,
        "damaged": damaged,
        "queue": service.config.queue,
        "delay": { "ballots": delay.count(), "half_ms": delay.within(50), "most_ms": delay.within(99) },
        "turned_away": service.figures.turned_away(),
        "elections": elections,
    }))
}

fn election(service: &Service, log: &Log, now: u64) -> Value {
    let pace = service.figures.pace(&log.id(), now);
    log.read(|state| {
        let election = state.election();
        let witnesses = log.manifest().witnesses.iter().enumerate().map(|(number, witness)| {
            let seen = state.cosignatures().seen(number);
            json!({
                "name": witness.name,
                "seen_size": seen.map(|seen| seen.size),
                "minutes_ago": seen.map(|seen| now.saturating_sub(seen.seconds.saturating_mul(1_000)) / MINUTE_MS),
            })
        });
        json!({
            "id": log.id().to_string(),
            "title": log.manifest().title,
            "phase": phase_name(election.phase()),
            "closes": election.closing_time(),
            "size": election.size(),
            "voters": election.voters(),
            "ballots": election.ballots(),
            "pace": { "minute": pace.minute, "five_minutes": pace.five_minutes, "hour": pace.hour },
            "waiting": log.jobs.waiting(),
            "recording": !log.in_doubt(),
            "witness_quorum": log.manifest().witness_quorum,
            "witnesses": witnesses.collect::<Vec<_>>(),
        })
    })
}

/// The same for Prometheus. Elections are told apart by the names of their logs, which are public.
pub(crate) async fn metrics(service: web::Data<Service>) -> HttpResponse {
    let mut text = String::new();
    service.figures.write(&mut text);
    let up = u8::from(service.store.ping().await.is_ok());
    let _ = writeln!(text, "# HELP isoloir_store_up Whether the database answers.\n# TYPE isoloir_store_up gauge\nisoloir_store_up {up}");
    let (_, damaged) = service.elections.count();
    let _ = writeln!(
        text,
        "# HELP isoloir_damaged_logs Logs that do not replay and are not served.\n# TYPE isoloir_damaged_logs gauge\nisoloir_damaged_logs {damaged}"
    );
    let logs = service.elections.all();
    gauge(&mut text, "isoloir_log_entries", "Entries of a log.", &logs, |log| log.read(|state| state.election().size()));
    gauge(&mut text, "isoloir_voted", "Slots that have a ballot.", &logs, |log| log.read(|state| state.election().ballots()));
    gauge(&mut text, "isoloir_waiting", "Ballots that wait for their turn.", &logs, |log| {
        u64::try_from(log.jobs.waiting()).unwrap_or(u64::MAX)
    });
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text)
}

fn gauge(text: &mut String, name: &str, help: &str, logs: &[std::sync::Arc<Log>], value: impl Fn(&Log) -> u64) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for log in logs {
        let _ = writeln!(text, "{name}{{log=\"{}\"}} {}", log.name(), value(log));
    }
}
