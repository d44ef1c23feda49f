//! What the server says about its work: per request the route's template, the method, the status and
//! the time it took. Never a path, a parameter, a body or an address, so that no line can be tied to a
//! voter.

use std::time::Instant;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web,
};

use crate::routes::Service;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// What is written: failures of libraries, and what the server itself says. What libraries say more of
/// may hold an address.
pub const FILTER: &str = "error,isoloir=info,isoloir_server=info";

/// Writes the logs of this process to standard error. The second call in a process changes nothing.
pub fn init(format: Format) {
    let builder = tracing_subscriber::fmt().with_env_filter(FILTER).with_writer(std::io::stderr);
    let _ = match format {
        Format::Text => builder.try_init(),
        Format::Json => builder.json().try_init(),
    };
}

/// One line per request.
pub(crate) async fn record(request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let method = request.method().clone();
    let response = next.call(request).await?;
    let took = began.elapsed();
    let route = response.request().match_pattern().unwrap_or_else(|| "other".to_owned());
    tracing::info!(
        route = route.as_str(),
        method = method.as_str(),
        status = response.status().as_u16(),
        micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
    );
    if let Some(service) = response.request().app_data::<web::Data<Service>>() {
        service.figures.answered(&route, method.as_str(), response.status().as_u16(), took, service.config.clock.now_ms());
    }
    Ok(response)
}
