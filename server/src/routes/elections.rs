//! Elections: beginning one, and what the log says of it.

use actix_web::{HttpRequest, HttpResponse, http::header::CACHE_CONTROL, web};
use base64::{Engine, engine::general_purpose::STANDARD};
use isoloir_protocol::{
    election::{Accepted as Listed, Election, Phase, Root},
    log::{
        checkpoint::sign_checkpoint,
        entry::{Entry, Kind as EntryKind, LEAF_HEADER, LEAF_MAX, read_manifest_body},
        notice::What,
        tree::leaf_hash,
    },
    manifest::Manifest,
    rand_core::UnwrapErr,
    tally::complaint::Reason,
};
use serde_json::{Value, json};

use super::{OfElection, Service, body, entries::Placed, number, tiles::IMMUTABLE};
use crate::{
    log::{Log, State},
    problem::{Kind, Problem},
    refusals,
    store::{Batch, LogRow, NewEntry},
};

/// All elections, the latest first.
pub(crate) async fn list(service: web::Data<Service>) -> web::Json<Vec<Value>> {
    let listed = service.elections.all().into_iter().map(|log| {
        let (phase, closes) = log.read(|state| (state.election().phase(), state.election().closing_time()));
        json!({
            "id": log.id().to_string(),
            "title": log.manifest().title,
            "phase": phase_name(phase),
            "opens": log.manifest().opens_ms(),
            "closes": closes,
        })
    });
    web::Json(listed.collect())
}

/// Begins an election with its manifest entry, or finds it.
pub(crate) async fn create(service: web::Data<Service>, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let body = body::read(&request, payload, LEAF_MAX.saturating_sub(LEAF_HEADER)).await?;
    let (bytes, signature) = read_manifest_body(&body).map_err(|_| Kind::Malformed)?;
    let manifest = Manifest::parse(bytes).map_err(|error| Problem::from(Kind::InvalidManifest).with("reason", error.to_string()))?;
    let organiser = manifest.organiser_key();
    if !service.config.organisers.allow(organiser) {
        return Err(Kind::NotAllowed.into());
    }
    if !organiser.verify("isoloir/v1/manifest", &[bytes], &signature) {
        return Err(Kind::BadSignature.into());
    }
    let row = row_of(&service, &manifest).await?;
    let _turn = service.beginning.lock().await;
    if service.elections.by_id(&manifest.id()).is_err() {
        begin(&service, row, &manifest, body).await?;
    }
    let log = service.elections.by_id(&manifest.id())?;
    let first = log.entry(0).await?;
    Ok(HttpResponse::Created().json(json!({ "id": log.id().to_string(), "receipt": Placed::new(&log, &first)? })))
}

/// The log that the manifest names: asked for by the same organiser, with the key that was given out,
/// and of no other election.
async fn row_of(service: &Service, manifest: &Manifest) -> Result<LogRow, Problem> {
    let rows = service.store.logs().await?;
    rows.into_iter()
        .find(|row| row.log.origin == manifest.log.origin)
        .filter(|row| row.log.sign == *manifest.log_key().bytes())
        .filter(|row| row.log.organiser == *manifest.organiser_key().bytes())
        .filter(|row| row.election.is_none_or(|election| election == manifest.id()))
        .ok_or_else(|| Kind::WrongLog.into())
}

/// Writes the first entry and begins to serve the log.
async fn begin(service: &Service, mut row: LogRow, manifest: &Manifest, body: Vec<u8>) -> Result<(), Problem> {
    let now = service.config.clock.now_ms();
    if !service.config.clock.is_trusted() {
        return Err(Kind::Unavailable.into());
    }
    if row.election.is_none() {
        let leaf = Entry { kind: EntryKind::Manifest, time: now, body }.encode();
        let mut election = Election::new();
        election.apply(&leaf, &[], &mut UnwrapErr(getrandom::SysRng)).map_err(|refusal| refusals::problem(&refusal, now))?;
        // It was made when the log was asked for, here or on another machine; it is never made again.
        let key = service.known_key(&row.log.name, &row.log.origin).await?;
        if key.public() != *manifest.log_key() {
            return Err(Kind::WrongLog.into());
        }
        let checkpoint = sign_checkpoint(&row.log.origin, 1, &leaf_hash(&leaf), &key);
        let entry = NewEntry { leaf, data: None, boxes: Vec::new() };
        let entries = vec![entry];
        let batch = Batch { first: 0, entries, checkpoint, election: Some(manifest.id()) };
        service.store.append(row.number, &batch).await?;
        row.election = Some(manifest.id());
    }
    service.elections.open(&service.config, &service.store, &service.keys, row).await?;
    Ok(())
}

/// Where the election stands.
pub(crate) async fn status(log: OfElection) -> web::Json<Value> {
    let now = log.now();
    web::Json(log.read(|state| status_of(&log, state, now)))
}

/// The exact bytes of the manifest.
pub(crate) async fn manifest(log: OfElection) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, IMMUTABLE)).content_type("application/json").body(log.manifest().bytes().to_vec())
}

/// What the log says of a slot.
pub(crate) async fn slot(log: OfElection, path: web::Path<(String, String)>) -> Result<web::Json<Value>, Problem> {
    let slot: u32 = number(&path.1).ok_or(Kind::UnknownSlot)?;
    let view = log.read(|state| state.election().slot(slot));
    let view = view.ok_or_else(|| Problem::from(Kind::UnknownSlot).with("slot", slot))?;
    let ballots: Vec<Value> = view.superseded.iter().chain(&view.current).map(listed).collect();
    Ok(web::Json(json!({
        "slot": view.member.slot,
        "group": view.member.group,
        "weight": view.member.weight,
        "key_parts": view.key_parts.iter().map(hex::encode).collect::<Vec<_>>(),
        "key": hex::encode(view.key),
        "current": view.current.as_ref().map(listed),
        "ballots": ballots,
    })))
}

fn listed(ballot: &Listed) -> Value {
    json!({ "index": ballot.index, "time": ballot.time, "code": ballot.fingerprint.code() })
}

fn status_of(log: &Log, state: &State, now: u64) -> Value {
    let (manifest, election) = (log.manifest(), state.election());
    let tellers = manifest.tellers.iter().zip(election.tellers()).map(|(teller, state)| {
        json!({
            "name": teller.name,
            "consented": state.consented.is_some(),
            "last_drill": state.last_drill,
            "reported": state.reported.is_some(),
            "summed": state.summed.is_some(),
        })
    });
    let registrars = manifest.registrars.iter().zip(election.registrars());
    let registrars = registrars.map(|(registrar, state)| {
        json!({
            "name": registrar.name,
            "channel": registrar.channel,
            "consented": state.consented.is_some(),
            "roll": state.part.is_some(),
        })
    });
    let witnesses = manifest.witnesses.iter().enumerate().map(|(number, witness)| {
        let seen = state.cosignatures().seen(number);
        json!({
            "name": witness.name,
            "seen_size": seen.map(|seen| seen.size),
            "seconds": seen.map(|seen| seen.seconds),
        })
    });
    let notices = election.notices().iter().map(|notice| {
        let (what, closes) = notice_name(notice.what);
        json!({
            "index": notice.index,
            "time": notice.time,
            "what": what,
            "text": notice.text,
            "closes": closes,
        })
    });
    // The first proven complaint is why; others about the same ballot are in the log.
    let void = election.void().iter().filter_map(|(index, complaints)| {
        let slot = election.current_ballot_at(*index).map(|ballot| ballot.slot());
        let first = complaints.first()?;
        Some(json!({ "index": index, "slot": slot, "teller": first.teller, "complaint": complaint_name(first.reason) }))
    });
    let missing = election
        .missing()
        .iter()
        .flat_map(|(index, tellers)| tellers.iter().map(move |teller| json!({ "index": index, "teller": teller })));
    json!({
        "id": log.id().to_string(),
        "origin": manifest.log.origin,
        "phase": phase_name(election.phase()),
        "now": now,
        "size": election.size(),
        "root": STANDARD.encode(election.root()),
        "opens": manifest.opens_ms(),
        "closes": election.closing_time(),
        "end": election.end(),
        "suspended": election.phase() == Phase::Suspended,
        "voters": election.voters(),
        "ballots": election.ballots(),
        "turnout": election.turnout().iter().map(|(from, hour)| json!({ "from": from, "ballots": hour.ballots, "voters": hour.voters })).collect::<Vec<_>>(),
        "tellers": tellers.collect::<Vec<_>>(),
        "registrars": registrars.collect::<Vec<_>>(),
        "witnesses": witnesses.collect::<Vec<_>>(),
        "witness_quorum": manifest.witness_quorum,
        "notices": notices.collect::<Vec<_>>(),
        "closing": election.closing().map(root),
        "fix": election.fixing().map(root),
        "totals": state.outcome().map(|outcome| &outcome.totals),
        "buckets": state.outcome().map(|outcome| &outcome.buckets),
        "void": void.collect::<Vec<_>>(),
        "missing": missing.collect::<Vec<_>>(),
        "copy": log.seat.told(),
    })
}

fn root(root: &Root) -> Value {
    json!({ "size": root.size, "root": STANDARD.encode(root.root), "code": root.code })
}

fn complaint_name(reason: Reason) -> &'static str {
    match reason {
        Reason::Malformed => "malformed",
        Reason::Open => "open",
        Reason::Encoding => "encoding",
        Reason::Share => "share",
        Reason::Missing => "missing",
    }
}

fn notice_name(what: What) -> (&'static str, Option<u64>) {
    match what {
        What::Suspend => ("suspend", None),
        What::Resume => ("resume", None),
        What::Extend { closes } => ("extend", Some(closes)),
        What::Message => ("message", None),
    }
}

pub(crate) fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Setup => "setup",
        Phase::Open => "open",
        Phase::Suspended => "suspended",
        Phase::Closed => "closed",
        Phase::Fixed => "fixed",
        Phase::Counted => "counted",
    }
}
