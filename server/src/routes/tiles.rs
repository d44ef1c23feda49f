//! The log as C2SP tlog-tiles: checkpoint, hash tiles and entry bundles.

use actix_web::{HttpResponse, http::header::CACHE_CONTROL, web};
use isoloir_protocol::log::tree::TILE_WIDTH;

use super::{OfLog, Service};
use crate::problem::{Kind, Problem};

/// What never changes may be kept for ever, by browsers and by whoever stands between.
pub(crate) const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// A tile or bundle by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tile {
    /// The level of a hash tile; `None` for a bundle of entries.
    level: Option<u32>,
    index: u64,
    width: u64,
}

/// The latest checkpoint, with its cosignatures.
pub(crate) async fn checkpoint(log: OfLog) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(log.read(|state| state.note()))
}

/// One tile or bundle.
pub(crate) async fn tile(log: OfLog, service: web::Data<Service>, path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let tile = Tile::parse(&path.1).ok_or(Kind::NotFound)?;
    let bytes = match tile.level {
        Some(level) => log.read(|state| state.election().tree().tile(level, tile.index, tile.width)),
        None => bundle(&log, &service, tile).await?,
    };
    let bytes = bytes.ok_or(Kind::NotFound)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, IMMUTABLE)).content_type("application/octet-stream").body(bytes))
}

/// The entries of a bundle, each `u16 length ‖ leaf`; `None` if the log does not have them all.
async fn bundle(log: &OfLog, service: &Service, tile: Tile) -> Result<Option<Vec<u8>>, Problem> {
    let Some(first) = tile.index.checked_mul(TILE_WIDTH) else { return Ok(None) };
    let Some(end) = first.checked_add(tile.width) else { return Ok(None) };
    if end > log.read(|state| state.election().size()) {
        return Ok(None);
    }
    let leaves = service.store.leaves(log.number(), first..end).await?;
    let mut bytes = Vec::new();
    for leaf in leaves {
        let length = u16::try_from(leaf.len()).map_err(|_| Kind::Internal)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&leaf);
    }
    Ok(Some(bytes))
}

impl Tile {
    /// Reads `<level>/<index>[.p/<width>]`, the index as `x001/x234/067`.
    fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.split_once('/')?;
        let level = match level {
            "entries" => None,
            number => Some(canonical(number).filter(|level| *level < 64)?.try_into().ok()?),
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, canonical(width).filter(|width| (1..TILE_WIDTH).contains(width))?),
            None => (rest, TILE_WIDTH),
        };
        Some(Self { level, index: parse_index(index)?, width })
    }
}

/// `x001/x234/067` is 1,234,067.
fn parse_index(path: &str) -> Option<u64> {
    let (before, last) = path.rsplit_once('/').map_or((None, path), |(a, b)| (Some(a), b));
    let mut groups = Vec::new();
    if let Some(before) = before {
        for group in before.split('/') {
            groups.push(group.strip_prefix('x')?);
        }
        // One number has one path.
        if groups.first() == Some(&"000") {
            return None;
        }
    }
    groups.push(last);
    groups.iter().try_fold(0_u64, |index, group| {
        let three_digits = group.len() == 3 && group.bytes().all(|c| c.is_ascii_digit());
        let group: u64 = three_digits.then(|| group.parse().ok())??;
        index.checked_mul(1_000)?.checked_add(group)
    })
}

/// A number without sign and leading zeros.
fn canonical(digits: &str) -> Option<u64> {
    digits.parse().ok().filter(|number: &u64| number.to_string() == digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_tiles() {
        let tile = |level, index, width| Some(Tile { level, index, width });
        assert_eq!(Tile::parse("0/000"), tile(Some(0), 0, 256));
        assert_eq!(Tile::parse("0/x001/x234/067"), tile(Some(0), 1_234_067, 256));
        assert_eq!(Tile::parse("2/x001/067.p/8"), tile(Some(2), 1_067, 8));
        assert_eq!(Tile::parse("entries/067.p/255"), tile(None, 67, 255));
        let wrong = [
            "0/0",
            "0/1000",
            "00/000",
            "64/000",
            "-1/000",
            "0/x000/001",
            "0/001/002",
            "0/000.p/256",
            "0/000.p/0",
            "0/000.p/08",
            "0/000.p/",
            "0/",
            "0",
            "",
            "x/000",
            "entries/000/",
            "0/x001",
            "0/+01",
        ];
        for path in wrong {
            assert_eq!(Tile::parse(path), None, "{path}");
        }
    }
}
