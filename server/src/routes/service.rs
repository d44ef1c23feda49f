//! The server as a whole.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header::HeaderValue},
    web,
};
use isoloir_protocol::signature::SignSecret;
use serde_json::{Value, json};
use tokio::sync::{Mutex, Semaphore};

use crate::{
    assets::Assets,
    config::Config,
    elections::Elections,
    figures::Figures,
    keys::KeyFolder,
    limits::Senders,
    look::Look,
    problem::{Kind, Problem},
    store::Store,
};

/// Entries with large data that may be under way at once.
const LARGE: usize = 2;

/// The build, if whoever built the program named it.
pub(crate) const BUILD: &str = match option_env!("ISOLOIR_BUILD") {
    Some(build) => build,
    None => "development",
};

/// What all handlers share.
pub(crate) struct Service {
    pub config: Config,
    pub store: Arc<dyn Store>,
    pub elections: Elections,
    pub keys: KeyFolder,
    pub assets: Assets,
    pub look: Look,
    /// The content security policy of everything.
    pub policy: HeaderValue,
    /// Who sent how much of late.
    pub senders: Senders,
    /// What the server counts about itself.
    pub figures: Figures,
    /// When it started, in ms since 1970.
    pub started: u64,
    /// Held by whoever begins an election.
    pub beginning: Mutex<()>,
    /// Held by whoever sends large data.
    pub large: Semaphore,
}

impl Service {
    pub fn new(
        config: Config,
        store: Arc<dyn Store>,
        elections: Elections,
        keys: KeyFolder,
        assets: Assets,
        (look, policy): (Look, HeaderValue),
        senders: Senders,
    ) -> Self {
        let (beginning, large) = (Mutex::new(()), Semaphore::new(LARGE));
        let (figures, started) = (Figures::default(), config.clock.now_ms());
        Self { config, store, elections, keys, assets, look, policy, senders, figures, started, beginning, large }
    }

    /// The origin of the log of this name.
    pub fn origin(&self, name: &str) -> String {
        format!("{}/log/{name}", self.config.public_host().unwrap_or_default())
    }

    /// The key of a log that has one. Without it, another process must be asked.
    pub async fn known_key(&self, name: &str, origin: &str) -> Result<SignSecret, Problem> {
        let (keys, name, origin) = (self.keys.clone(), name.to_owned(), origin.to_owned());
        web::block(move || keys.get(&name, &origin)).await.map_err(|_| Kind::Internal)?.map_err(|error| {
            tracing::error!(%error, "a log's key");
            Kind::Unavailable.into()
        })
    }

    /// The key of the log of this name, made if there is none.
    pub async fn log_key(&self, name: &str, origin: &str) -> Result<SignSecret, Problem> {
        let (keys, name, origin) = (self.keys.clone(), name.to_owned(), origin.to_owned());
        web::block(move || keys.get_or_generate(&name, &origin)).await.map_err(|_| Kind::Internal)?.map_err(|error| {
            tracing::error!(%error, "a log's key");
            Kind::Unavailable.into()
        })
    }
}

/// Whether the server can do its work.
pub(crate) async fn health(service: web::Data<Service>) -> Result<web::Json<Value>, Problem> {
    service.store.ping().await?;
    let (serving, damaged) = service.elections.count();
    Ok(web::Json(json!({ "elections": serving, "damaged": damaged })))
}

/// Which program this is.
pub(crate) async fn version() -> web::Json<Value> {
    web::Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "build": BUILD,
    }))
}

/// A page or another static file.
pub(crate) async fn page(service: web::Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Kind::Method.into());
    }
    service.assets.answer(&request)
}
