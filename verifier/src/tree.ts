// The Merkle tree of RFC 6962 (section 5): roots at every size, and proofs.

import { equal, type Bytes } from "./bytes.js";
import { sha256 } from "./hash.js";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafHash(leaf: Bytes): Bytes {
  return sha256(LEAF, leaf);
}

export function nodeHash(left: Bytes, right: Bytes): Bytes {
  return sha256(NODE, left, right);
}

export class Tree {
  /** `levels[h][i]` is the root of the i-th full subtree of 2^h leaves. */
  private readonly levels: Bytes[][] = [[]];

  constructor(leaves: readonly Bytes[]) {
    for (const leaf of leaves) this.push(leafHash(leaf));
  }

  get size(): number {
    return (this.levels[0] as Bytes[]).length;
  }

  private push(hash: Bytes): void {
    for (let height = 0, node = hash; ; height++) {
      const level = (this.levels[height] ??= []);
      level.push(node);
      if (level.length % 2 === 1) return;
      node = nodeHash(level[level.length - 2] as Bytes, node);
    }
  }

  /** The root at a size of at most the tree's. */
  rootAt(size: number): Bytes {
    if (!Number.isSafeInteger(size) || size < 0 || size > this.size) throw new RangeError("the tree has no such size");
    if (size === 0) return sha256();
    // The full subtrees that make up the size, the smallest last.
    let root: Bytes | undefined;
    for (let height = 0, rest = size; rest > 0; height++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 0) continue;
      const subtree = (this.levels[height] as Bytes[])[rest - 1] as Bytes;
      root = root === undefined ? subtree : nodeHash(subtree, root);
    }
    return root as Bytes;
  }
}

/** Whether the proof leads from the leaf at the index to the root at the size (RFC 9162, 2.1.3.2). */
export function includes(root: Bytes, size: number, index: number, leaf: Bytes, proof: readonly Bytes[]): boolean {
  if (index < 0 || index >= size) return false;
  let [node, at, last] = [leafHash(leaf), index, size - 1];
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      node = nodeHash(sibling, node);
      while (at % 2 === 0 && at !== 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else {
      node = nodeHash(node, sibling);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && equal(node, root);
}

/** Whether the proof shows that the smaller tree is the beginning of the larger one (RFC 9162, 2.1.4.2). */
export function consistent(oldRoot: Bytes, oldSize: number, root: Bytes, size: number, proof: readonly Bytes[]): boolean {
  if (oldSize < 1 || oldSize > size) return false;
  if (oldSize === size) return proof.length === 0 && equal(oldRoot, root);
  let [at, last] = [oldSize - 1, size - 1];
  while (at % 2 === 1) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  // A full subtree is its own first node.
  const [first, ...rest] = at === 0 ? [oldRoot, ...proof] : proof;
  if (first === undefined) return false;
  let [before, after] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      [before, after] = [nodeHash(sibling, before), nodeHash(sibling, after)];
      while (at % 2 === 0 && at !== 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else {
      after = nodeHash(after, sibling);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && equal(before, oldRoot) && equal(after, root);
}
