//! Decoders on any bytes: no panic, and what is accepted is written back byte for byte.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

mod common;

use common::{hex, items, text, vector};
use isoloir_protocol::{
    archive::Archive,
    ballot::{Ballot, Submission, disclosure},
    code::{Code, near_misses},
    codec::Reader,
    election::Election,
    log::{checkpoint::Checkpoint, consent::Consent, entry::Entry, notice::Notice, receipt::Receipt, replacement::Replacement},
    manifest::Manifest,
    rand_core::UnwrapErr,
    roll::RollPart,
    sealed_box::SealedBox,
    tally::{complaint::Complaint, report::Report, sums::Sums},
};
use proptest::prelude::*;

fn manifest() -> Manifest {
    Manifest::parse(text(&vector("ballot-1")["manifest"]).as_bytes()).unwrap()
}

/// Runs every decoder; what round-trips must be the same bytes.
fn decode_all(manifest: &Manifest, bytes: &[u8]) {
    if let Ok(entry) = Entry::decode(bytes) {
        assert_eq!(entry.encode(), bytes);
    }
    if let Ok(ballot) = Ballot::decode(manifest, bytes) {
        assert_eq!(ballot.encode(), bytes);
    }
    if let Ok(sealed) = SealedBox::decode(manifest, bytes) {
        assert_eq!(sealed.bytes(), bytes);
    }
    let mut reader = Reader::new(bytes);
    if let Ok(complaint) = Complaint::read(&mut reader) {
        assert!(bytes.starts_with(&complaint.encode()));
    }
    let mut rng = UnwrapErr(getrandom::SysRng);
    let _ = Submission::decode(manifest, bytes);
    let _ = Consent::decode(bytes);
    let _ = Notice::decode(bytes);
    let _ = Replacement::decode(bytes);
    let _ = Report::decode(bytes);
    let _ = Sums::decode(bytes);
    let _ = RollPart::verify(manifest, bytes, &mut rng);
    let _ = disclosure::check(manifest, bytes);
    let _ = Manifest::parse(bytes);
    let _ = Archive::from_zip(bytes);
    let _ = Election::new().apply(bytes, &[], &mut rng);
    let words = String::from_utf8_lossy(bytes);
    let _ = Code::parse(&words);
    let _ = near_misses(&words);
    let _ = Receipt::parse(&words);
    let _ = Checkpoint::read_unverified(&words);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
        decode_all(&manifest(), &bytes);
    }

    /// Leaves of a real election, their bodies, and boxes, with some bytes changed, cut or added.
    #[test]
    fn nearly_valid_bytes(which in 0_usize..64, skip in prop_oneof![Just(0_usize), Just(9)], at in 0_usize..2000, change in 0_u8.., cut in 0_usize..40, add in 0_usize..3) {
        let election = vector("election");
        let mut pool: Vec<Vec<u8>> = items(&election["entries"]).iter().map(hex).collect();
        pool.extend(election["boxes"].as_object().unwrap().values().flat_map(|boxes| items(boxes).iter().map(hex)));
        pool.extend(items(&election["data"]).iter().map(hex));
        let manifest = Manifest::parse(text(&election["manifest"]).as_bytes()).unwrap();
        let mut bytes = pool[which % pool.len()].clone();
        bytes.drain(..skip.min(bytes.len()));
        if !bytes.is_empty() {
            let place = at % bytes.len();
            bytes[place] ^= change;
        }
        if cut < 20 {
            bytes.truncate(bytes.len().saturating_sub(cut));
        }
        bytes.extend(std::iter::repeat_n(0, add));
        decode_all(&manifest, &bytes);
    }
}
