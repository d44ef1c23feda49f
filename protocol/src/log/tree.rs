//! The Merkle tree of a log (RFC 6962, as section 5 uses it), with all its complete subtrees at hand.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// How many hashes a whole tile of C2SP tlog-tiles has, and by how many levels (8) tiles are apart.
pub const TILE_WIDTH: u64 = 256;
const TILE_HEIGHT: u32 = 8;

/// Nodes below this level are worked out from the leaves when they are asked for: at most six hashes for one, and
/// 40 bytes of memory for each leaf instead of 64.
const KEPT_FROM: u32 = 3;

/// `SHA-256(0x00 ‖ leaf)`.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree without leaves.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// A Merkle tree to which leaves are added at the end. It keeps the hashes of the leaves and of every complete
/// subtree of eight leaves or more, 40 bytes per leaf, so that roots and proofs for any earlier size need few steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// `levels[h][i]`: the subtree of the leaves from `i·2^h` to `(i+1)·2^h`; empty for the levels that are not kept.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// The tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| count(leaves))
    }

    /// Adds a leaf by its hash and returns its index.
    pub fn push(&mut self, leaf: Hash) -> u64 {
        let index = self.size();
        self.put(0, leaf);
        let size = index.saturating_add(1);
        let highest = size.trailing_zeros();
        for level in KEPT_FROM..=highest {
            let last = (size >> level).saturating_sub(1);
            // Invariant: both halves of a subtree that has just become complete are there.
            if let Some(hash) = self.joined(level, last) {
                self.put(level, hash);
            }
        }
        index
    }

    fn put(&mut self, level: u32, hash: Hash) {
        let level = usize::try_from(level).unwrap_or(usize::MAX);
        if self.levels.len() <= level {
            self.levels.resize_with(level.saturating_add(1), Vec::new);
        }
        if let Some(nodes) = self.levels.get_mut(level) {
            nodes.push(hash);
        }
    }

    /// A node from the two below it.
    fn joined(&self, level: u32, index: u64) -> Option<Hash> {
        let (below, left) = (level.checked_sub(1)?, index.checked_mul(2)?);
        Some(node_hash(&self.node(below, left)?, &self.node(below, left.checked_add(1)?)?))
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        // Invariant: a tree has a root for its own size.
        self.root_at(self.size()).unwrap_or_else(empty_root)
    }

    /// The root over the first `size` leaves; `None` if there are not as many.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        match size {
            0 => Some(empty_root()),
            _ => self.subtree(0, size),
        }
    }

    /// The root that the tree would have if `leaves` were added.
    pub fn root_with(&self, leaves: &[Hash]) -> Hash {
        let mut size = self.size();
        // Complete subtrees from left to right, each smaller than the one before: the one bits of the size.
        let mut subtrees: Vec<Hash> = (0..u64::BITS)
            .rev()
            .filter(|level| (size >> level) & 1 == 1)
            .filter_map(|level| self.node(level, (size >> level).wrapping_sub(1)))
            .collect();
        for leaf in leaves {
            let mut hash = *leaf;
            for _ in 0..size.trailing_ones() {
                hash = subtrees.pop().map_or(hash, |left| node_hash(&left, &hash));
            }
            subtrees.push(hash);
            size = size.saturating_add(1);
        }
        let root = subtrees.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
        root.unwrap_or_else(empty_root)
    }

    /// The hash of the complete subtree of `2^level` leaves from `index·2^level` on.
    pub fn node(&self, level: u32, index: u64) -> Option<Hash> {
        if (1..KEPT_FROM).contains(&level) {
            return self.joined(level, index);
        }
        let level = self.levels.get(usize::try_from(level).ok()?)?;
        level.get(usize::try_from(index).ok()?).copied()
    }

    /// The hash of a leaf.
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.node(0, index)
    }

    /// The proof (RFC 6962, 2.1.1) that the leaf at `index` is in the tree of the first `size` leaves;
    /// `None` if it is not.
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Vec<Hash>> {
        if index >= size || size > self.size() {
            return None;
        }
        let mut proof = Vec::new();
        let (mut start, mut end) = (0, size);
        while let Some(middle) = split(start, end) {
            if index < middle {
                proof.push(self.subtree(middle, end)?);
                end = middle;
            } else {
                proof.push(self.subtree(start, middle)?);
                start = middle;
            }
        }
        proof.reverse();
        Some(proof)
    }

    /// The proof (RFC 6962, 2.1.2) that the tree of the first `new` leaves begins with the tree of the
    /// first `old` ones; `None` unless `old ≤ new ≤ size`. It is empty for `old = 0` and `old = new`.
    pub fn consistency(&self, old: u64, new: u64) -> Option<Vec<Hash>> {
        if old > new || new > self.size() {
            return None;
        }
        let mut proof = Vec::new();
        if old == 0 || old == new {
            return Some(proof);
        }
        let (mut start, mut end) = (0, new);
        // The old tree itself needs no hash in the proof while it is a left subtree of the new one.
        let mut whole = true;
        while old < end {
            let middle = split(start, end)?;
            if old <= middle {
                proof.push(self.subtree(middle, end)?);
                end = middle;
            } else {
                proof.push(self.subtree(start, middle)?);
                start = middle;
                whole = false;
            }
        }
        if !whole {
            proof.push(self.subtree(start, end)?);
        }
        proof.reverse();
        Some(proof)
    }

    /// The first `width` hashes of a tile of C2SP tlog-tiles: those of tree level `8·level` from
    /// `256·index` on, one after the other. `None` if the tree does not have them all, or for a width of
    /// 0 or above 256.
    pub fn tile(&self, level: u32, index: u64, width: u64) -> Option<Vec<u8>> {
        if !(1..=TILE_WIDTH).contains(&width) {
            return None;
        }
        let nodes = self.levels.get(usize::try_from(level.checked_mul(TILE_HEIGHT)?).ok()?)?;
        let start = usize::try_from(index.checked_mul(TILE_WIDTH)?).ok()?;
        let hashes = nodes.get(start..)?.get(..usize::try_from(width).ok()?)?;
        Some(hashes.concat())
    }

    /// How many hashes the tile has at present: 256 if it is whole, less if it is the last of its level,
    /// 0 if it is not there yet.
    pub fn tile_width(&self, level: u32, index: u64) -> u64 {
        let nodes =
            level.checked_mul(TILE_HEIGHT).and_then(|level| self.levels.get(usize::try_from(level).ok()?)).map_or(0, |nodes| count(nodes));
        nodes.saturating_sub(index.saturating_mul(TILE_WIDTH)).min(TILE_WIDTH)
    }

    /// The Merkle tree hash of the leaves from `start` to `end`, which is one of the subtrees into which
    /// RFC 6962 splits: `start` is a multiple of the power of two that holds them.
    fn subtree(&self, start: u64, end: u64) -> Option<Hash> {
        let count = end.checked_sub(start)?;
        if count.is_power_of_two() {
            let level = count.trailing_zeros();
            return self.node(level, start.checked_shr(level)?);
        }
        let middle = split(start, end)?;
        Some(node_hash(&self.subtree(start, middle)?, &self.subtree(middle, end)?))
    }
}

impl Extend<Hash> for Tree {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        for leaf in leaves {
            self.push(leaf);
        }
    }
}

impl FromIterator<Hash> for Tree {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::new();
        tree.extend(leaves);
        tree
    }
}

/// Whether `proof` shows that the leaf with this hash is at `index` in the tree of `size` leaves with this
/// root (RFC 9162, 2.1.3.2).
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    root_from_inclusion(leaf, index, size, proof).is_some_and(|found| found == *root)
}

/// The root that a proof of inclusion leads to; `None` if it has not the length that index and size ask
/// for.
pub fn root_from_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut node, mut last) = (index, size.checked_sub(1)?);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return None;
        }
        if is_right(node) || node == last {
            hash = node_hash(sibling, &hash);
            (node, last) = skip_left_edges(node, last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    (last == 0).then_some(hash)
}

/// Whether `proof` shows that the tree of `new` leaves begins with the tree of `old` leaves (RFC 9162,
/// 2.1.4.2). Every tree begins with the one without leaves and with itself, by an empty proof.
pub fn verify_consistency(old: u64, new: u64, proof: &[Hash], old_root: &Hash, new_root: &Hash) -> bool {
    if old > new {
        return false;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == empty_root();
    }
    consistent_roots(old, new, proof, old_root).is_some_and(|(old_found, new_found)| old_found == *old_root && new_found == *new_root)
}

/// The roots of both trees that a proof of consistency leads to, for `0 < old < new`.
fn consistent_roots(old: u64, new: u64, proof: &[Hash], old_root: &Hash) -> Option<(Hash, Hash)> {
    let (mut node, mut last) = (old.checked_sub(1)?, new.checked_sub(1)?);
    // The largest complete subtree at the end of the old tree is where both trees start from; it is the
    // old tree itself if that is complete.
    let height = node.trailing_ones();
    (node, last) = (node.checked_shr(height)?, last.checked_shr(height)?);
    let (first, rest) = if node == 0 { (old_root, proof) } else { proof.split_first()? };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return None;
        }
        if is_right(node) || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            (node, last) = skip_left_edges(node, last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    (last == 0).then_some((old_hash, new_hash))
}

/// Up the right edge past the levels on which the last node has no sibling.
fn skip_left_edges(mut node: u64, mut last: u64) -> (u64, u64) {
    while !is_right(node) && node != 0 {
        (node, last) = (node >> 1, last >> 1);
    }
    (node, last)
}

fn is_right(node: u64) -> bool {
    node & 1 == 1
}

/// Where RFC 6962 splits the leaves from `start` to `end`: after the largest power of two below their
/// number; `None` for less than two.
fn split(start: u64, end: u64) -> Option<u64> {
    let last = end.checked_sub(start)?.checked_sub(1)?;
    start.checked_add(1_u64.checked_shl(last.checked_ilog2()?)?)
}

fn count(hashes: &[Hash]) -> u64 {
    u64::try_from(hashes.len()).unwrap_or(u64::MAX)
}
