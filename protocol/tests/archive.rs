//! Archives: those of the vectors as folder and zip, round trips, and files that are none.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod common;

use std::{
    fs,
    io::{Cursor, Write},
    path::Path,
};

use common::path;
use isoloir_protocol::{
    archive::{Archive, ArchiveError},
    hash::sha256,
};
use proptest::{collection::vec, prelude::*};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

type Files = Vec<(String, Vec<u8>)>;

/// All files under a folder of the vectors, their paths beginning with `prefix`.
fn folder(name: &str, prefix: &str) -> Files {
    fn walk(folder: &Path, prefix: &str, files: &mut Files) {
        for item in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = format!("{prefix}{}", item.file_name().to_str().unwrap());
            if item.file_type().unwrap().is_dir() {
                walk(&item.path(), &format!("{name}/"), files);
            } else {
                files.push((name, fs::read(item.path()).unwrap()));
            }
        }
    }
    let mut files = Vec::new();
    walk(&path("elections").join(name), prefix, &mut files);
    files
}

fn zipped(files: &Files, method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (path, bytes) in files {
        zip.start_file(path, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn small() -> Files {
    vec![("entries.bin".into(), vec![0, 0, 0, 2, 7, 8, 0, 0, 0, 0]), ("checkpoint".into(), b"note\n".to_vec())]
}

fn with(path: &str, bytes: &[u8]) -> Result<Archive, ArchiveError> {
    let mut files = small();
    files.retain(|(other, _)| other != path);
    files.push((path.into(), bytes.to_vec()));
    let from_zip = Archive::from_zip(&zipped(&files, CompressionMethod::Deflated));
    let from_files = Archive::from_files(files);
    assert_eq!(from_zip, from_files);
    from_files
}

#[test]
fn archives_of_the_vectors_are_read_as_folder_and_as_zip() {
    let plain = Archive::from_files(folder("plain", "")).unwrap();
    assert_eq!(plain.entries.len(), 31);
    assert_eq!(plain.data.len(), 5);
    assert_eq!(plain.checkpoints.keys().copied().collect::<Vec<_>>(), [9, 24, 28]);
    assert!(plain.checkpoint.starts_with("vote.example.org/plain\n31\n"));
    let zip = fs::read(path("elections/plain.zip")).unwrap();
    assert_eq!(Archive::from_zip(&zip).unwrap(), plain);
    for name in ["plain", "complaint", "open"] {
        let archive = Archive::from_files(folder(name, "")).unwrap();
        assert_eq!(Archive::from_files(folder(name, "Some folder/")).unwrap(), archive);
        for (method, prefix) in [(CompressionMethod::Stored, ""), (CompressionMethod::Deflated, "Some folder/")] {
            let zip = zipped(&folder(name, prefix), method);
            assert_eq!(Archive::from_zip(&zip).unwrap(), archive);
        }
        let mut written: Files = archive.to_files().map(|(path, bytes)| (path, bytes.into_owned())).collect();
        written.sort();
        let mut read = folder(name, "");
        read.sort();
        assert_eq!(written, read, "{name}");
    }
}

#[test]
fn the_same_archive_is_the_same_zip() {
    let archive = Archive::from_files(folder("plain", "")).unwrap();
    let zip = archive.to_zip().unwrap();
    let digest = hex::encode(sha256(&zip));
    assert_eq!(digest, "cb89256bdd1807550418b2fe8d20e94ec5d1163824670abf2981d2b1f0259d12");
    assert_eq!(Archive::from_zip(&zip).unwrap(), archive);
}

#[test]
fn files_that_do_not_belong_are_ignored() {
    let expected = Archive::from_files(small()).unwrap();
    assert_eq!(expected.entries, [vec![7, 8], vec![]]);
    for path in [
        "README",
        "data/",
        "data/README",
        "data/abcd",
        "checkpoints/",
        "checkpoints/.DS_Store",
        "checkpoints/7.txt",
        "sub/data/x",
        "__MACOSX/sub/entries.bin",
        "a/b/entries.bin",
        "my-entries.bin",
        "._entries.bin",
        "a/._entries.bin",
    ] {
        assert_eq!(with(path, b"x").as_ref(), Ok(&expected), "{path}");
    }
    let upper = format!("data/{}", hex::encode_upper(sha256(b"x")));
    assert_eq!(with(&upper, b"x").as_ref(), Ok(&expected));
}

#[test]
fn data_with_another_hash_than_their_name_are_missing() {
    let name = format!("data/{}", hex::encode(sha256(b"x")));
    let archive = with(&name, b"x").unwrap();
    assert_eq!(archive.data(&sha256(b"x")), Some(b"x".as_slice()));
    assert_eq!(archive.data(&sha256(b"y")), None);
    assert_eq!(archive.data(&sha256(b"")), Some([].as_slice()));
    let archive = with(&name, b"y").unwrap();
    assert_eq!(archive.data(&sha256(b"x")), None);
    assert!(archive.data.is_empty());
}

#[test]
fn what_is_no_archive_is_refused() {
    use ArchiveError as E;
    let at = str::to_owned;
    assert_eq!(Archive::from_files([]), Err(E::NoEntries));
    assert_eq!(Archive::from_files(small().drain(..1)), Err(E::NoCheckpoint));
    assert_eq!(Archive::from_files(small().drain(1..)), Err(E::NoEntries));
    assert_eq!(with("other/entries.bin", &[]), Err(E::Several));
    assert_eq!(with("checkpoints/07", b"x"), Err(E::Name { path: at("checkpoints/07") }));
    let beyond = "checkpoints/18446744073709551616";
    assert_eq!(with(beyond, b"x"), Err(E::Name { path: at(beyond) }));
    assert_eq!(with("checkpoint", &[0xff]), Err(E::NotText { path: at("checkpoint") }));
    assert_eq!(with("checkpoints/7", &[0xff]), Err(E::NotText { path: at("checkpoints/7") }));
    let long = vec![b'x'; (1 << 20) + 1];
    assert_eq!(with("checkpoints/7", &long), Err(E::TooLarge { path: at("checkpoints/7") }));
    let entries = |bytes: &[u8]| with("entries.bin", bytes);
    assert_eq!(entries(&[0, 0, 0, 1]), Err(E::Entries { index: 0 }));
    assert_eq!(entries(&[0, 0, 0, 0, 0]), Err(E::Entries { index: 1 }));
    assert_eq!(entries(&[0xff; 8]), Err(E::Entries { index: 0 }));
    let leaf = |len: u32| [&len.to_be_bytes()[..], &vec![1; len as usize]].concat();
    assert!(entries(&leaf(65_535)).is_ok());
    assert_eq!(entries(&leaf(65_536)), Err(E::Entries { index: 0 }));
    let mut twice = small();
    twice.push(("checkpoint".into(), b"other".to_vec()));
    assert_eq!(Archive::from_files(twice), Err(E::Duplicate { path: at("checkpoint") }));
}

#[test]
fn a_zip_that_is_none_or_cheats_is_refused() {
    let zip = zipped(&small(), CompressionMethod::Stored);
    assert!(Archive::from_zip(&zip).is_ok());
    assert_eq!(Archive::from_zip(&[]), Err(ArchiveError::Zip));
    assert_eq!(Archive::from_zip(&zip[..zip.len() - 1]), Err(ArchiveError::Zip));
    let mut damaged = zip.clone();
    let content = damaged.windows(5).position(|bytes| bytes == b"note\n").unwrap();
    damaged[content] ^= 1;
    assert_eq!(Archive::from_zip(&damaged), Err(ArchiveError::Damaged { path: "checkpoint".to_owned() }));
    // A byte of a leaf, and one of a length, after which nothing can be told apart any more.
    let content = zip.windows(4).position(|bytes| bytes == [0, 0, 0, 2]).unwrap();
    for at in [content, content + 4] {
        let mut damaged = zip.clone();
        damaged[at] ^= 1;
        assert_eq!(Archive::from_zip(&damaged), Err(ArchiveError::Damaged { path: "entries.bin".to_owned() }), "{at}");
    }
    // Two files of one name in the directory: which one counts would depend on the reader.
    let mut files = small();
    files.push(("checkpoinu".into(), b"other".to_vec()));
    let mut twice = zipped(&files, CompressionMethod::Stored);
    for at in 0..twice.len() - 10 {
        if &twice[at..at + 10] == b"checkpoinu" {
            twice[at + 9] = b't';
        }
    }
    assert_eq!(Archive::from_zip(&twice), Err(ArchiveError::Zip));
}

#[test]
fn a_small_zip_does_not_unpack_to_anything() {
    let bomb = vec![0; 40 << 20];
    let mut files = small();
    files[0].1 = bomb.clone();
    let zip = zipped(&files, CompressionMethod::Deflated);
    assert!(zip.len() < 100_000);
    assert_eq!(Archive::from_zip(&zip), Err(ArchiveError::ZipRatio));
    // What does not belong to the archive is not unpacked.
    let mut files = small();
    files.push(("bomb".into(), bomb));
    assert!(Archive::from_zip(&zipped(&files, CompressionMethod::Deflated)).is_ok());
}

fn any_archive() -> impl Strategy<Value = Archive> {
    let bytes = || vec(any::<u8>(), 0..200);
    let entries = vec(bytes(), 0..20);
    let data = vec(bytes(), 0..8);
    let checkpoints = proptest::collection::btree_map(any::<u64>(), ".{0,60}", 0..5);
    (entries, data, ".{0,60}", checkpoints).prop_map(|(entries, data, checkpoint, checkpoints)| {
        let data = data.into_iter().map(|bytes| (sha256(&bytes), bytes)).collect();
        Archive { entries, data, checkpoint, checkpoints }
    })
}

proptest! {
    #[test]
    fn an_archive_is_read_as_it_was_written(archive in any_archive()) {
        let zip = archive.to_zip().unwrap();
        prop_assert_eq!(&Archive::from_zip(&zip).unwrap(), &archive);
        prop_assert_eq!(archive.to_zip().unwrap(), zip);
        let files: Files =
            archive.to_files().map(|(path, bytes)| (path, bytes.into_owned())).collect();
        prop_assert_eq!(&Archive::from_files(files).unwrap(), &archive);
    }

    #[test]
    fn no_bytes_crash_the_reader(at: usize, byte: u8, archive in any_archive()) {
        let mut zip = archive.to_zip().unwrap();
        let at = at % zip.len();
        zip[at] = byte;
        let _ = Archive::from_zip(&zip);
    }
}
