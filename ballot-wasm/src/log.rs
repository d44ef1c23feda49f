//! Pieces of a log as they come from the server: entry bundles (C2SP tlog-tiles), data, signed notes.

use std::collections::BTreeMap;

use isoloir_protocol::{
    codec::Reader,
    hash::sha256,
    log::{
        checkpoint::{self, Opened},
        entry::{Entry, data_of},
    },
    manifest::Manifest,
};

use crate::error::ModuleError;

/// Data beside the log, by their SHA-256.
pub(crate) type Data = BTreeMap<[u8; 32], Vec<u8>>;

/// The leaves of an entry bundle, `u16 length ‖ leaf` each, from place `from` up to `to`.
pub(crate) fn leaves(bundle: &[u8], from: u32, to: u32) -> Result<Vec<&[u8]>, ModuleError> {
    let broken = |_| download("an entry bundle ends within an entry");
    let mut reader = Reader::new(bundle);
    let mut leaves = Vec::new();
    while reader.remaining() > 0 {
        let length = reader.u16().map_err(broken)?;
        leaves.push(reader.take(usize::from(length)).map_err(broken)?);
    }
    let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    leaves.get(place(from)..place(to)).map(<[_]>::to_vec).ok_or_else(|| download("an entry bundle is too short"))
}

/// SHA-256, in hexadecimal, of the data that the entries of a bundle name.
pub(crate) fn data_named(bundle: &[u8], from: u32, to: u32) -> Result<Vec<String>, ModuleError> {
    let named = leaves(bundle, from, to)?.into_iter().filter_map(|leaf| {
        // What cannot be read is for the replay to refuse, with its reason.
        data_of(&Entry::decode(leaf).ok()?).ok().flatten()
    });
    Ok(named.map(hex::encode).collect())
}

/// Takes data whose hash is the one they were asked for by.
pub(crate) fn add_data(data: &mut Data, name: &str, bytes: Vec<u8>) -> Result<(), ModuleError> {
    let hash = sha256(&bytes);
    if hex::encode(hash) != name {
        return Err(download("data have another hash than their name"));
    }
    data.insert(hash, bytes);
    Ok(())
}

/// A note signed by the log.
pub(crate) fn opened(manifest: &Manifest, note: &str) -> Result<Opened, ModuleError> {
    checkpoint::open(note, manifest).map_err(|error| download(&error.to_string()))
}

/// What is wrong with the download as such, not with an entry.
pub(crate) fn download(detail: &str) -> ModuleError {
    ModuleError::Log { index: None, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_read_and_a_broken_one_refused() {
        let bundle = [
            0, 2, b'a', b'b', // two bytes
            0, 0, // an empty one
            0, 1, b'c', // one byte
        ];
        assert_eq!(leaves(&bundle, 0, 3).unwrap(), [b"ab".as_slice(), b"", b"c"]);
        assert_eq!(leaves(&bundle, 1, 2).unwrap(), [b""]);
        assert_eq!(leaves(&bundle, 3, 3).unwrap(), [b""; 0]);
        assert!(leaves(&bundle, 0, 4).is_err());
        assert!(leaves(&bundle[..3], 0, 1).is_err());
    }

    #[test]
    fn data_must_have_the_hash_they_are_named_by() {
        let mut data = Data::new();
        let name = hex::encode(sha256(b"parts"));
        add_data(&mut data, &name, b"parts".to_vec()).unwrap();
        assert!(add_data(&mut data, &name, b"other".to_vec()).is_err());
        assert_eq!(data.len(), 1);
    }
}
