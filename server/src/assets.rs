//! The pages: static files, read once, the same for everybody.

use std::{collections::HashMap, fs, io, path::Path};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ETAG, IF_NONE_MATCH, LOCATION, VARY},
    web::Bytes,
};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::{
    config::Pages,
    problem::{Kind, Problem},
};

/// The pages as `cargo xtask` built them.
#[derive(RustEmbed)]
#[folder = "../web/dist"]
struct Built;

/// Encodings that the build may have made beside a file, best first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Files whose names carry a hash of their content lie here.
const HASHED: &str = "assets/";

/// The list of the SHA-256 of all files that the build made: a comment with its name, then lines `sha256  path`, sorted by path.
pub const HASHES: &str = "hashes.txt";

/// That list of the pages inside this program, if it was built with pages.
#[must_use]
pub fn embedded_hashes() -> Option<String> {
    String::from_utf8(Built::get(HASHES)?.data.into_owned()).ok()
}

/// All files, by their path without the first slash.
#[derive(Debug)]
pub(crate) struct Assets(HashMap<String, Asset>);

#[derive(Debug)]
struct Asset {
    bytes: Bytes,
    etag: String,
}

impl Assets {
    /// Reads all files.
    pub fn load(pages: &Pages) -> io::Result<Self> {
        let mut files = HashMap::new();
        match pages {
            Pages::Embedded => {
                for path in Built::iter() {
                    if let Some(file) = Built::get(&path) {
                        files.insert(path.into_owned(), Asset::new(file.data.into_owned()));
                    }
                }
            }
            Pages::Folder(folder) => read_folder(folder, "", &mut files)?,
        }
        Ok(Self(files))
    }

    /// The file or page at the path of the request.
    pub fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        if self.0.is_empty() {
            return Err(Kind::NoPages.into());
        }
        let path = request.path().strip_prefix('/').unwrap_or_default();
        let index = format!("{path}index.html");
        let name = if path.is_empty() || path.ends_with('/') { index.as_str() } else { path };
        if let Some(asset) = self.0.get(name) {
            return Ok(self.file(request, name, asset));
        }
        if self.0.contains_key(&format!("{path}/index.html")) {
            return Ok(HttpResponse::PermanentRedirect().insert_header((LOCATION, format!("/{path}/"))).finish());
        }
        Err(Kind::NotFound.into())
    }

    fn file(&self, request: &HttpRequest, name: &str, asset: &Asset) -> HttpResponse {
        let (encoding, asset) = self.best(request, name).unwrap_or(("", asset));
        let caching = if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
        let known = request
            .headers()
            .get(IF_NONE_MATCH)
            .and_then(|tags| tags.to_str().ok())
            .is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == asset.etag));
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((CACHE_CONTROL, caching))
            .insert_header((ETAG, asset.etag.as_str()))
            .insert_header((VARY, "accept-encoding"));
        if known {
            return response.finish();
        }
        if !encoding.is_empty() {
            response.insert_header((CONTENT_ENCODING, encoding));
        }
        response.content_type(content_type(name)).body(asset.bytes.clone())
    }

    /// The best encoding of a file that the client takes.
    fn best(&self, request: &HttpRequest, name: &str) -> Option<(&'static str, &Asset)> {
        let accepted = request.headers().get(ACCEPT_ENCODING)?.to_str().ok()?;
        let accepts = |encoding: &str| {
            accepted.split(',').any(|item| {
                let mut parts = item.split(';').map(str::trim);
                parts.next() == Some(encoding) && !parts.any(|quality| quality == "q=0")
            })
        };
        ENCODINGS
            .into_iter()
            .filter(|(encoding, _)| accepts(encoding))
            .find_map(|(encoding, ending)| Some((encoding, self.0.get(&format!("{name}{ending}"))?)))
    }
}

impl Asset {
    fn new(bytes: Vec<u8>) -> Self {
        let digest = Sha256::digest(&bytes);
        let etag = format!("\"{}\"", hex::encode(digest.get(..16).unwrap_or_default()));
        Self { bytes: bytes.into(), etag }
    }
}

fn read_folder(folder: &Path, prefix: &str, files: &mut HashMap<String, Asset>) -> io::Result<()> {
    for item in fs::read_dir(folder)? {
        let item = item?;
        let Ok(name) = item.file_name().into_string() else { continue };
        let name = format!("{prefix}{name}");
        if item.file_type()?.is_dir() {
            read_folder(&item.path(), &format!("{name}/"), files)?;
        } else {
            files.insert(name, Asset::new(fs::read(item.path())?));
        }
    }
    Ok(())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
