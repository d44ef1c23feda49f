// The labelled hash of section 1 and what is drawn from it.

import { sha256 as nobleSha256, sha512 } from "@noble/hashes/sha2.js";
import { ristretto255_hasher } from "@noble/curves/ed25519.js";
import { concat, u32, u8, utf8, type Bytes } from "./bytes.js";
import { ORDER, littleEndian, type Point } from "./group.js";

/** A field of a hash: bytes, or text as UTF-8. */
export type Field = Bytes | string;

export function sha256(...parts: Bytes[]): Bytes {
  const state = nobleSha256.create();
  for (const part of parts) state.update(part);
  return state.digest();
}

/** 64 bytes: SHA-512 of label and fields, each with its length. */
export function hash(label: string, ...fields: Field[]): Bytes {
  const name = utf8(label);
  const parts = [u8(name.length), name];
  for (const field of fields) {
    const bytes = typeof field === "string" ? utf8(field) : field;
    parts.push(u32(bytes.length), bytes);
  }
  return sha512(concat(...parts));
}

export function hash32(label: string, ...fields: Field[]): Bytes {
  return hash(label, ...fields).slice(0, 32);
}

export function hashToScalar(label: string, ...fields: Field[]): bigint {
  return littleEndian(hash(label, ...fields)) % ORDER;
}

export function hashToPoint(label: string, ...fields: Field[]): Point {
  const map = ristretto255_hasher.deriveToCurve;
  if (map === undefined) throw new Error("the library has no one-way map");
  return map(hash(label, ...fields));
}
