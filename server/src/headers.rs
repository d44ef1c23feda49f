//! The headers of every answer.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap,
            HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    web,
};

use crate::routes::Service;

/// Scripts, styles and requests from this server alone; nothing inline, nothing framed. The one
/// exception lets the browser compile the WebAssembly module. No text becomes a script (Trusted Types):
/// the one policy there is lets the pages name their two workers.
const POLICY: [&str; 2] = [
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'",
    "; font-src 'self'; worker-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; \
     require-trusted-types-for 'script'; trusted-types isoloir-worker",
];

/// The page that is made to be shown in other sites' pages. Nothing on it acts, so a click that was lured from its reader does nothing.
const EMBED: &str = "/embed/";

/// The page that audits. It may ask other servers, mirrors and witnesses for what they have of a log: it holds no secret, and the only
/// addresses that it asks are those that the reader typed.
const AUDIT: &str = "/audit/";

/// What a browser does with what it shows or runs by itself. On scripts, styles and the module of a visit these headers and the policy
/// would say nothing and weigh half a kilobyte each.
const RULING: [(HeaderName, &str); 4] = [
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"),
];

/// Two years, as the browsers' preload lists ask for.
const HSTS: &str = "max-age=63072000; includeSubDomains";

/// The policy of a server whose pages may also ask these origins: the witnesses that its operator has named. `None` if they are
/// not what [`Config::witness_origins`](crate::Config::witness_origins) gives.
pub(crate) fn policy(witnesses: &[&str]) -> Option<HeaderValue> {
    let [before, after] = POLICY;
    let asked: String = witnesses.iter().map(|origin| format!(" {origin}")).collect();
    HeaderValue::from_str(&format!("{before}{asked}{after}")).ok()
}

/// The same policy for a page that any other may show.
fn framed_anywhere(policy: HeaderValue) -> Option<HeaderValue> {
    HeaderValue::from_str(&policy.to_str().ok()?.replace("frame-ancestors 'none'", "frame-ancestors *")).ok()
}

/// Adds the headers that the handler has not set itself.
pub(crate) async fn add(request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let service = request.app_data::<web::Data<Service>>();
    let https = service.is_some_and(|service| service.config.is_https());
    let usual = service.map(|service| service.policy.clone());
    let framed = request.path() == EMBED;
    let policy = match request.path() {
        AUDIT => policy(&["https:", "http:"]),
        EMBED => policy(&[]).and_then(framed_anywhere),
        _ => usual,
    };
    // The log is public and meant to be read by other people's programs. Nothing else is.
    let public = request.path().starts_with("/api/") || request.path().starts_with("/log/");
    let worker = request.path().contains("worker");
    let read = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    set(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    if is_ruled_alone(headers, worker) {
        for (name, value) in RULING.into_iter().filter(|(name, _)| !framed || *name != X_FRAME_OPTIONS) {
            set(headers, name, value);
        }
        if let Some(policy) = policy {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
    }
    if https {
        set(headers, STRICT_TRANSPORT_SECURITY, HSTS);
    }
    let resource_policy = HeaderName::from_static("cross-origin-resource-policy");
    if public && read {
        set(headers, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        set(headers, ACCESS_CONTROL_EXPOSE_HEADERS, "retry-after");
        set(headers, resource_policy, "cross-origin");
    } else {
        set(headers, resource_policy, "same-origin");
    }
    if !headers.contains_key(CACHE_CONTROL) {
        set(headers, CACHE_CONTROL, "no-store");
    }
    Ok(response)
}

/// Whether a policy of its own rules what was sent: all that a browser can show as a document, workers, and what does not say what it is
/// (a page that the browser has already). Not what only a page loads, under the page's own policy, and what is never shown.
fn is_ruled_alone(headers: &HeaderMap, worker: bool) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default()) else { return true };
    match kind.split(';').next().unwrap_or_default() {
        "text/javascript" => worker,
        "text/css" | "application/wasm" | "font/woff2" | "application/octet-stream" => false,
        _ => true,
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
