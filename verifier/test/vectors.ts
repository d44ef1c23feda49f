// The shared vectors of spec/vectors, and what several tests make of them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hex, Invalid, unhex, utf8 } from "../src/bytes.js";
import { parseManifest, type Manifest } from "../src/manifest.js";

export const VECTORS = fileURLToPath(new URL("../../../spec/vectors/", import.meta.url));

export function vector<T>(name: string): T {
  return JSON.parse(readFileSync(`${VECTORS}${name}.json`, "utf8")) as T;
}

export interface BallotVector {
  name: string;
  manifest: string;
  election_id: string;
  input: { slot: number; supersedes: string; choices: number[][]; key: string; seed: string; fresh: string };
  derived: { bits: number; weights: number[]; slack: number[] }[];
  output: {
    K: string;
    x: string;
    fingerprint: string;
    receipt_code: string;
    public_ballot_length: number;
    box_length: number;
    public_ballot: string;
    boxes: string[];
  };
  disclosure: string;
}

export const BALLOTS = [1, 2, 3].map((number) => vector<BallotVector>(`ballot-${number}`));

/** The manifest of the ballot vector with this name. */
export function manifestNamed(name: string): Manifest {
  const found = BALLOTS.find((each) => each.name === name);
  assert.ok(found, `no ballot vector ${name}`);
  return parseManifest(utf8(found.manifest));
}

export function assertHex(actual: Uint8Array, expected: string, what?: string): void {
  assert.equal(hex(actual), expected, what);
}

export function assertInvalid(make: () => unknown): void {
  assert.throws(make, Invalid);
}

export { unhex };
