//! After the rush: the log holds exactly what was acknowledged.

use std::{collections::BTreeMap, fs, path::Path, process::Command, time::Instant};

use isoloir_protocol::{
    archive::Archive,
    log::{
        checkpoint,
        entry::{Kind, LEAF_HEADER},
        receipt::Receipt,
        tree::{Tree, leaf_hash, verify_inclusion},
    },
};

use crate::{
    client::{Client, Outcome},
    election::Stage,
    process::{self, Server},
};

/// No archive of these elections is larger.
const ARCHIVE_MAX: u64 = 1 << 34;

/// Compares the log, as anybody can download it, with the receipts that the voters got; panics if they differ.
pub fn log_is_what_was_acknowledged(server: &Server, stage: &Stage, client: &Client, outcomes: &[Outcome]) {
    let archive = Archive::from_zip(&download(server, stage)).expect("an archive");
    let tree: Tree = archive.entries.iter().map(|leaf| leaf_hash(leaf)).collect();
    let opened = checkpoint::open(&archive.checkpoint, &stage.manifest).expect("a signed checkpoint");
    assert_eq!((opened.checkpoint.size, opened.checkpoint.root), (tree.size(), tree.root()), "the checkpoint is of these entries");

    let acknowledged: BTreeMap<u64, u32> = outcomes.iter().filter_map(|outcome| Some((outcome.index?, outcome.slot))).collect();
    let mut ballots = 0;
    for (index, leaf) in (0_u64..).zip(&archive.entries).filter(|(_, leaf)| leaf[0] == Kind::Ballot as u8) {
        let slot = acknowledged.get(&index).unwrap_or_else(|| panic!("nobody was told of the ballot at {index}"));
        let public = &client.ballot(*slot)[..stage.manifest.ballot_len()];
        assert!(leaf[LEAF_HEADER..] == *public, "the ballot at {index} is the one that was sent");
        ballots += 1;
    }
    assert_eq!(ballots, acknowledged.len(), "every acknowledged ballot is in the log");
    assert_eq!(acknowledged.len(), outcomes.iter().filter(|outcome| outcome.index.is_some()).count(), "no two are at one index");

    let receipts: Vec<(u32, Receipt)> =
        outcomes.iter().filter_map(|outcome| Some((outcome.slot, Receipt::parse(outcome.receipt.as_ref()?).expect("a receipt")))).collect();
    for (slot, receipt) in &receipts {
        let checked = receipt.check(&stage.manifest).expect("a receipt that proves");
        checked.fingerprint(&stage.manifest, &stage.key(*slot).public()).expect("the code of the ballot");
        let proof = tree.inclusion(receipt.index, tree.size()).expect("an index of the log");
        let leaf = leaf_hash(&archive.entries[usize::try_from(receipt.index).unwrap()]);
        assert!(verify_inclusion(&leaf, receipt.index, tree.size(), &proof, &tree.root()));
        assert_eq!(tree.root_at(checked.size), Some(checked.root), "the receipt's log is the beginning of this one");
    }
    println!("{} ballots sent, {ballots} acknowledged and in the log, none else; {} receipts verified", client.sent(), receipts.len());
}

/// Has the archive audited by the program, and tells how long it took.
pub fn audit(program: &Path, folder: &Path, server: &Server, stage: &Stage) {
    let path = folder.join("archive.zip");
    fs::write(&path, download(server, stage)).expect("the archive");
    let (began, before) = (Instant::now(), process::ended_cpu());
    let status = Command::new(program).arg("audit").arg(&path).status().expect("the auditor");
    assert!(status.success(), "the audit passes");
    let cpu = process::ended_cpu() - before;
    println!("`isoloir audit`: {:.1} s, {:.1} s of processor", began.elapsed().as_secs_f64(), cpu.as_secs_f64());
}

fn download(server: &Server, stage: &Stage) -> Vec<u8> {
    let mut answer = ureq::get(server.url(&stage.path("/archive.zip"))).call().expect("the archive");
    answer.body_mut().with_config().limit(ARCHIVE_MAX).read_to_vec().expect("the archive")
}
