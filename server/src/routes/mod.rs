//! The HTTP interface: one table of routes, thin handlers.

mod archive;
mod ballots;
mod body;
mod boxes;
mod checkpoints;
mod elections;
mod entries;
mod logs;
mod service;
mod status;
mod tiles;

use std::{
    future::{Ready, ready},
    ops::Deref,
    sync::Arc,
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, Resource, Route,
    dev::Payload,
    guard,
    web::{self, ServiceConfig, get, post},
};

pub(crate) use service::Service;
pub(crate) use status::metrics;

use crate::{
    log::Log,
    look,
    problem::{Kind, Problem},
};

/// All routes. What is nowhere in the table is a page or nothing.
pub(crate) fn table(config: &mut ServiceConfig) {
    let resource = |path: &str| {
        let wrong_method = || async { Err::<HttpResponse, Problem>(Kind::Method.into()) };
        Resource::new(path).default_service(web::to(wrong_method))
    };
    let election = |rest: &str| resource(&format!("/api/elections/{{id}}{rest}"));
    config
        .service(resource("/healthz").route(read().to(service::health)))
        .service(resource("/version").route(read().to(service::version)))
        .service(resource("/api/status").route(read().to(status::status)))
        .service(resource("/api/logs").route(post().to(logs::create)))
        .service(resource("/api/look").route(read().to(look::settings)))
        .service(resource("/api/look/logo").route(read().to(look::logo)))
        .service(resource("/api/elections").route(read().to(elections::list)).route(post().to(elections::create)))
        .service(election("").route(read().to(elections::status)))
        .service(election("/manifest").route(read().to(elections::manifest)))
        .service(election("/slots/{slot}").route(read().to(elections::slot)))
        .service(election("/ballots").route(post().to(ballots::cast)))
        .service(election("/receipts/{index}").route(read().to(ballots::receipt)))
        .service(election("/entries").route(post().to(entries::append)))
        .service(election("/boxes/fetch").route(post().to(boxes::fetch)))
        .service(election("/boxes/copy").route(post().to(boxes::copy)))
        .service(election("/boxes").route(post().to(boxes::supply)))
        .service(election("/checkpoints").route(read().to(checkpoints::list)))
        .service(election("/cosignatures").route(post().to(checkpoints::cosign)))
        .service(election("/data/{hash}").route(get().to(archive::data)))
        .service(election("/archive.zip").route(get().to(archive::archive)))
        .service(resource("/log/{name}/checkpoint").route(read().to(tiles::checkpoint)))
        .service(resource("/log/{name}/tile/{tile:.*}").route(read().to(tiles::tile)))
        .default_service(web::to(service::page));
}

/// GET, and HEAD for whoever wants to know only whether it is there.
fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// The election that the path names by its id.
pub(crate) struct OfElection(Arc<Log>);

/// The election whose log the path names.
pub(crate) struct OfLog(Arc<Log>);

impl OfElection {
    /// The log to keep.
    pub fn into_inner(self) -> Arc<Log> {
        self.0
    }
}

impl Deref for OfElection {
    type Target = Log;

    fn deref(&self) -> &Log {
        &self.0
    }
}

impl Deref for OfLog {
    type Target = Log;

    fn deref(&self) -> &Log {
        &self.0
    }
}

impl FromRequest for OfElection {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let find = || {
            let service = request.app_data::<web::Data<Service>>().ok_or(Kind::Internal)?;
            let id = request.match_info().get("id").and_then(|id| id.parse().ok());
            service.elections.by_id(&id.ok_or(Kind::UnknownElection)?).map(Self)
        };
        ready(find())
    }
}

impl FromRequest for OfLog {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let find = || {
            let service = request.app_data::<web::Data<Service>>().ok_or(Kind::Internal)?;
            let name = request.match_info().get("name").unwrap_or_default();
            service.elections.by_name(name).map(Self)
        };
        ready(find())
    }
}

/// A number in a path, written as numbers are.
fn number<T: std::str::FromStr + ToString>(text: &str) -> Option<T> {
    text.parse::<T>().ok().filter(|number| number.to_string() == text)
}
