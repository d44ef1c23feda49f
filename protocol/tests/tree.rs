//! The Merkle tree: vectors, RFC 6962 taken literally, and tampered proofs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod common;

use common::{array, hex, items, number, vector};
use isoloir_protocol::log::tree::{
    Hash, Tree, empty_root, leaf_hash, node_hash, root_from_inclusion, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

fn proof(value: &serde_json::Value) -> Vec<Hash> {
    value.as_array().unwrap().iter().map(array).collect()
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|index| leaf_hash(&index.to_be_bytes())).collect()
}

fn tree(count: u64) -> Tree {
    leaves(count).into_iter().collect()
}

/// MTH of RFC 6962, 2.1, as it is defined there.
fn reference_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&reference_root(left), &reference_root(right))
        }
    }
}

#[test]
fn vectors() {
    let vectors = vector("merkle");
    let mut tree = Tree::new();
    let mut hashes: Vec<Hash> = Vec::new();
    assert_eq!(tree.root(), array(&vectors["roots"][0]));
    for (index, leaf) in items(&vectors["leaves"]).iter().enumerate() {
        let hash = leaf_hash(&hex(leaf));
        assert_eq!(hash, array(&vectors["leaf_hashes"][index]));
        assert_eq!(tree.push(hash), index as u64);
        assert_eq!(tree.root(), array(&vectors["roots"][index + 1]));
        hashes.push(hash);
    }
    let root = |size: u64| tree.root_at(size).unwrap();
    for case in items(&vectors["inclusion"]) {
        let (index, size) = (number(&case["index"]), number(&case["size"]));
        let proof = proof(&case["proof"]);
        assert_eq!(tree.inclusion(index, size), Some(proof.clone()));
        assert!(verify_inclusion(&hashes[index as usize], index, size, &proof, &root(size)));
    }
    for case in items(&vectors["consistency"]) {
        let (old, size) = (number(&case["old"]), number(&case["size"]));
        let proof = proof(&case["proof"]);
        assert_eq!(tree.consistency(old, size), Some(proof.clone()));
        assert!(verify_consistency(old, size, &proof, &root(old), &root(size)));
    }
}

#[test]
fn the_root_with_leaves_that_are_not_added_yet() {
    const MOST: u64 = 40;
    for size in 0..=MOST {
        for more in 0..=MOST - size {
            let added = &leaves(size + more)[size as usize..];
            assert_eq!(tree(size).root_with(added), tree(size + more).root(), "{size} and {more}");
        }
    }
}

#[test]
fn every_proof_of_every_small_tree_holds_for_its_numbers_only() {
    const MOST: u64 = 20;
    let tree = tree(MOST);
    let roots: Vec<_> = (0..=MOST).map(|size| tree.root_at(size).unwrap()).collect();
    for size in 0..=MOST {
        assert_eq!(roots[size as usize], reference_root(&leaves(size)));
    }
    for size in 1..=MOST {
        for index in 0..size {
            let proof = tree.inclusion(index, size).unwrap();
            let leaf = tree.leaf(index).unwrap();
            for other in 0..=MOST {
                let holds = verify_inclusion(&leaf, other, size, &proof, &roots[size as usize]);
                assert_eq!(holds, other == index, "{index} as {other} of {size}");
            }
            let mut longer = proof.clone();
            longer.push(leaf);
            assert_eq!(root_from_inclusion(&leaf, index, size, &longer), None);
            if !proof.is_empty() {
                let shorter = &proof[1..];
                assert_eq!(root_from_inclusion(&leaf, index, size, shorter), None);
            }
        }
        assert_eq!(tree.inclusion(size, size), None);
        for old in 0..=size {
            let proof = tree.consistency(old, size).unwrap();
            let old_root = roots[old as usize];
            for other in 0..=MOST {
                let new_root = roots[other as usize];
                let holds = verify_consistency(old, other, &proof, &old_root, &new_root);
                // The empty tree is the beginning of all, by the same empty proof.
                assert_eq!(holds, other == size || old == 0, "{old} to {size} as {other}");
            }
            let mut longer = proof.clone();
            longer.push(old_root);
            let new_root = roots[size as usize];
            assert!(!verify_consistency(old, size, &longer, &old_root, &new_root));
            if !proof.is_empty() {
                assert!(!verify_consistency(old, size, &proof[1..], &old_root, &new_root));
                assert!(!verify_consistency(old, size, &proof[..proof.len() - 1], &old_root, &new_root));
            }
        }
    }
    assert_eq!(tree.inclusion(0, MOST + 1), None);
    assert_eq!(tree.consistency(1, MOST + 1), None);
    assert_eq!(tree.consistency(3, 2), None);
    assert_eq!(tree.root_at(MOST + 1), None);
    assert!(!verify_inclusion(&roots[1], u64::MAX, u64::MAX, &[], &roots[1]));
}

#[test]
fn tiles_hold_the_hashes_of_their_level() {
    let tree = tree(256 * 256 + 300);
    assert_eq!(tree.tile_width(0, 0), 256);
    assert_eq!(tree.tile_width(0, 257), 44);
    assert_eq!(tree.tile_width(0, 258), 0);
    assert_eq!((tree.tile_width(1, 0), tree.tile_width(1, 1)), (256, 1));
    assert_eq!((tree.tile_width(2, 0), tree.tile_width(3, 0)), (1, 0));
    assert_eq!(tree.tile_width(u32::MAX, u64::MAX), 0);
    let tile = tree.tile(0, 257, 44).unwrap();
    let expected: Vec<u8> = (257 * 256..257 * 256 + 44).flat_map(|index| tree.leaf(index).unwrap()).collect();
    assert_eq!(tile, expected);
    // A hash of level 8 is the root over the whole tile below it.
    let below: Vec<Hash> = tree.tile(0, 7, 256).unwrap().chunks_exact(32).map(|hash| hash.try_into().unwrap()).collect();
    assert_eq!(tree.tile(1, 0, 256).unwrap()[7 * 32..8 * 32], reference_root(&below));
    for (level, index, width) in [(0, 0, 0), (0, 0, 257), (0, 257, 45), (3, 0, 1), (u32::MAX, 0, 1), (0, u64::MAX, 1)] {
        assert_eq!(tree.tile(level, index, width), None);
    }
    assert_eq!(tree.node(0, u64::MAX), None);
    assert_eq!(tree.node(u32::MAX, 0), None);
}

proptest! {
    #[test]
    fn roots_are_those_of_the_rfc(size in 0_u64..400, more in 0_u64..400) {
        prop_assert_eq!(tree(size + more).root_at(size), Some(reference_root(&leaves(size))));
    }

    #[test]
    fn inclusion_proofs_verify_and_tampered_ones_do_not(
        size in 1_u64..3_000, index: u64, which: usize, bit in 0_usize..256,
    ) {
        let index = index % size;
        let tree = tree(size);
        let (leaf, root) = (tree.leaf(index).unwrap(), tree.root());
        let mut proof = tree.inclusion(index, size).unwrap();
        prop_assert!(verify_inclusion(&leaf, index, size, &proof, &root));
        if !proof.is_empty() {
            let which = which % proof.len();
            proof[which][bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify_inclusion(&leaf, index, size, &proof, &root));
        }
    }

    #[test]
    fn consistency_proofs_verify_and_tampered_ones_do_not(
        new in 1_u64..3_000, old: u64, which: usize, bit in 0_usize..256,
    ) {
        let old = old % (new + 1);
        let tree = tree(new);
        let (old_root, new_root) = (tree.root_at(old).unwrap(), tree.root());
        let mut proof = tree.consistency(old, new).unwrap();
        prop_assert!(verify_consistency(old, new, &proof, &old_root, &new_root));
        if !proof.is_empty() {
            let which = which % proof.len();
            proof[which][bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify_consistency(old, new, &proof, &old_root, &new_root));
        }
    }

    #[test]
    fn any_numbers_and_proofs_are_judged_without_a_crash(
        index: u64, size: u64, hashes in proptest::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let root = [0; 32];
        prop_assert!(!verify_inclusion(&root, index, size, &hashes, &root) || (hashes.is_empty() && size == 1));
        let consistent = verify_consistency(index, size, &hashes, &root, &root);
        prop_assert!(!consistent || (hashes.is_empty() && index == size));
    }
}
