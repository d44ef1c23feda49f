//! Archives as one file.

use std::io::{BufReader, Cursor, Read as _, Write as _, copy, sink};

use zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{Archive, ArchiveError, Layout, Place, Unpacked, read_entries};

/// Points, scalars and hashes do not shrink, texts shrink a few times, totals of a large election perhaps
/// a hundred times but never without the sums beside them: an archive as a whole unpacks to less than this
/// multiple of its zip.
const RATIO: u64 = 64;
/// A small archive may consist of texts.
const FREE: u64 = 16 << 20;

/// What was unpacked of one file.
enum Content {
    Entries(Result<Vec<Vec<u8>>, ArchiveError>),
    Bytes(Vec<u8>),
}

pub(super) fn read(bytes: &[u8]) -> Result<Archive, ArchiveError> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    if zip.has_duplicate_names() {
        return Err(ArchiveError::Zip);
    }
    let names = zip.file_names().map(|name| Some(name.ok()?.into_owned()));
    let names = names.collect::<Option<Vec<_>>>().ok_or(ArchiveError::Zip)?;
    let layout = Layout::find(names.iter().map(String::as_str))?;

    let packed = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut left = packed.saturating_mul(RATIO).saturating_add(FREE);
    let mut unpacked = Unpacked::default();
    for (index, path) in names.into_iter().enumerate() {
        let Some(place) = layout.place(&path)? else {
            continue;
        };
        let file = zip.by_index(index).map_err(unreadable)?;
        let most = place.most().min(left);
        // One byte more than allowed tells that there is more, whatever the headers claim.
        let mut file = file.take(most.saturating_add(1));
        let damaged = || ArchiveError::Damaged { path: path.clone() };
        let content = if let Place::Entries = place {
            // By far the largest: each leaf goes to its place, and the file is nowhere in one piece.
            let entries = read_entries(BufReader::new(&mut file));
            Content::Entries(entries.map_err(|error| if error == ArchiveError::Zip { damaged() } else { error }))
        } else {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(|_| damaged())?;
            Content::Bytes(bytes)
        };
        // What is damaged is called that, whatever else is wrong with what is in it.
        copy(&mut file, &mut sink()).map_err(|_| damaged())?;
        let read = most.saturating_add(1).saturating_sub(file.limit());
        left = left.checked_sub(read).ok_or(ArchiveError::ZipRatio)?;
        match content {
            Content::Entries(entries) => unpacked.put_entries(path, entries?)?,
            Content::Bytes(bytes) => unpacked.put(path, place, bytes)?,
        }
    }
    unpacked.archive()
}

/// The JSON files of a zip with their paths, in order; others are not unpacked.
pub(super) fn json_files(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    let packed = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut left = packed.saturating_mul(RATIO).saturating_add(FREE);
    let mut found = Vec::new();
    for index in 0..zip.len() {
        let file = zip.by_index(index).map_err(unreadable)?;
        let path = file.name().map_err(unreadable)?.into_owned();
        let name = path.rsplit('/').next().unwrap_or_default();
        if name.starts_with('.') || !name.ends_with(".json") {
            continue;
        }
        let mut content = Vec::new();
        file.take(left.saturating_add(1)).read_to_end(&mut content).map_err(|_| ArchiveError::Zip)?;
        left = left.checked_sub(u64::try_from(content.len()).unwrap_or(u64::MAX)).ok_or(ArchiveError::ZipRatio)?;
        found.push((path, content));
    }
    Ok(found)
}

pub(super) fn write(archive: &Archive) -> Result<Vec<u8>, ArchiveError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in archive.to_files() {
        let large = u32::try_from(bytes.len()).is_err();
        zip.start_file(path, options().large_file(large)).map_err(|_| ArchiveError::ZipWrite)?;
        zip.write_all(&bytes).map_err(|_| ArchiveError::ZipWrite)?;
    }
    let written = zip.finish().map_err(|_| ArchiveError::ZipWrite)?;
    Ok(written.into_inner())
}

/// Nothing that depends on the machine or the time.
fn options() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .system(System::Unix)
}

fn unreadable(_: ZipError) -> ArchiveError {
    ArchiveError::Zip
}
