// Leaves of the log and the file that holds them (sections 5 and 9).

import { Invalid, Reader, type Bytes } from "./bytes.js";

export const KINDS = {
  1: "manifest",
  2: "consent",
  3: "roll part",
  4: "open",
  5: "ballot",
  6: "replacement",
  7: "notice",
  8: "close",
  9: "report",
  10: "sums",
  11: "result",
  12: "fix",
} as const;
export type Kind = (typeof KINDS)[keyof typeof KINDS];

export interface Entry {
  index: number;
  kind: Kind;
  time: bigint;
  body: Bytes;
}

const LONGEST_LEAF = 65_535;

export function decodeEntry(index: number, leaf: Bytes): Entry {
  if (leaf.length > LONGEST_LEAF) throw new Invalid(`a leaf of ${leaf.length} bytes`);
  const reader = new Reader(leaf);
  const number = reader.u8();
  const kind = (KINDS as Record<number, Kind | undefined>)[number];
  if (kind === undefined) throw new Invalid(`unknown kind ${number}`);
  const time = reader.u64();
  return { index, kind, time, body: reader.take(reader.left) };
}

/** The leaves of `entries.bin`. */
export function splitLeaves(file: Bytes): Bytes[] {
  const reader = new Reader(file);
  const leaves: Bytes[] = [];
  while (reader.left > 0) leaves.push(reader.take(reader.u32()));
  return leaves;
}
