//! What an organiser may change of the pages' looks: name, logo, one colour, and the zone in which times
//! are named. One JSON file, read and checked at start; the pages make a colour readable themselves.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, ETAG},
    web::{self, Bytes},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{
    problem::{Kind, Problem},
    routes::Service,
};

/// A logo is downloaded by every voter.
const LARGEST_LOGO: u64 = 32 * 1024;
const LONGEST_NAME: usize = 80;

/// What is wrong with a file of looks.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LookError {
    /// A file cannot be read.
    #[error("{0} cannot be read")]
    Read(PathBuf, #[source] io::Error),
    /// The settings are not JSON of the known names.
    #[error("the settings are not what they should be")]
    Json(#[from] serde_json::Error),
    /// The name is empty or too long.
    #[error("the name is empty or has more than {LONGEST_NAME} characters")]
    Name,
    /// The colour is not `#rrggbb`.
    #[error("the colour is not #rrggbb")]
    Colour,
    /// The zone is not a name such as `Europe/Paris`.
    #[error("the zone is not a name such as Europe/Paris")]
    Zone,
    /// The logo is neither PNG nor SVG.
    #[error("the logo is neither PNG nor SVG")]
    LogoKind,
    /// The logo is too large.
    #[error("the logo has {0} bytes, more than {LARGEST_LOGO}")]
    LogoSize(u64),
    /// A logo stands beside a name, which is what is read aloud.
    #[error("a logo without a name")]
    LogoName,
}

/// The file as the operator writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    name: Option<String>,
    colour: Option<String>,
    zone: Option<String>,
    /// Beside the file.
    logo: Option<PathBuf>,
}

/// What the pages are told.
#[derive(Debug, Default, Clone, Serialize)]
struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    colour: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    logo: bool,
    /// Origins of witnesses that the pages may ask.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    witnesses: Vec<String>,
}

/// The looks as checked.
#[derive(Debug, Default)]
pub(crate) struct Look {
    told: Told,
    logo: Option<Logo>,
}

#[derive(Debug)]
struct Logo {
    bytes: Bytes,
    media_type: &'static str,
    etag: String,
}

impl Look {
    /// Reads the settings and the logo that they name; without settings nothing is changed.
    pub fn load(path: Option<&Path>) -> Result<Self, LookError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = fs::read(path).map_err(|error| LookError::Read(path.to_owned(), error))?;
        let Settings { name, colour, zone, logo } = serde_json::from_slice(&text)?;
        if name.as_ref().is_some_and(|name| name.trim().is_empty() || name.chars().count() > LONGEST_NAME) {
            return Err(LookError::Name);
        }
        if colour.as_ref().is_some_and(|colour| !is_colour(colour)) {
            return Err(LookError::Colour);
        }
        if zone.as_ref().is_some_and(|zone| !is_zone(zone)) {
            return Err(LookError::Zone);
        }
        if logo.is_some() && name.is_none() {
            return Err(LookError::LogoName);
        }
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let logo = logo.map(|logo| Logo::load(&folder.join(logo))).transpose()?;
        Ok(Self { told: Told { name, colour, zone, logo: logo.is_some(), witnesses: Vec::new() }, logo })
    }

    /// The same with the witnesses that the pages may ask.
    pub fn naming(mut self, witnesses: &[&str]) -> Self {
        self.told.witnesses = witnesses.iter().map(|origin| (*origin).to_owned()).collect();
        self
    }
}

impl Logo {
    fn load(path: &Path) -> Result<Self, LookError> {
        let media_type = match path.extension().and_then(|ending| ending.to_str()) {
            Some("png") => "image/png",
            Some("svg") => "image/svg+xml",
            _ => return Err(LookError::LogoKind),
        };
        let failed = |error| LookError::Read(path.to_owned(), error);
        let size = fs::metadata(path).map_err(failed)?.len();
        if size > LARGEST_LOGO {
            return Err(LookError::LogoSize(size));
        }
        let bytes = fs::read(path).map_err(failed)?;
        let digest = Sha256::digest(&bytes);
        let etag = format!("\"{}\"", hex::encode(digest.get(..16).unwrap_or_default()));
        Ok(Self { bytes: bytes.into(), media_type, etag })
    }
}

fn is_colour(text: &str) -> bool {
    text.len() == 7 && text.strip_prefix('#').is_some_and(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()))
}

/// Only the form: which zones there are is the browser's knowledge, and an unknown one is ignored there.
fn is_zone(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "/_+-".contains(c))
}

/// The settings, for the pages.
pub(crate) async fn settings(service: web::Data<Service>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(&service.look.told)
}

/// The logo.
pub(crate) async fn logo(service: web::Data<Service>) -> Result<HttpResponse, Problem> {
    let logo = service.look.logo.as_ref().ok_or(Kind::NotFound)?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CACHE_CONTROL, "public, max-age=3600")).insert_header((ETAG, logo.etag.as_str())).content_type(logo.media_type);
    Ok(answer.body(logo.bytes.clone()))
}
