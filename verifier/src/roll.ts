// Key parts, proofs of possession, roll parts (section 3).

import { Invalid, Reader, u32, u8, type Bytes } from "./bytes.js";
import { failing, type Equation } from "./commitment.js";
import { encoded, Group, scalar, type Encoded } from "./group.js";
import { hashToScalar } from "./hash.js";
import type { Manifest, Named } from "./manifest.js";

/** A key part with the proof that somebody knows its secret. */
export interface KeyPart {
  key: Encoded;
  P: Encoded;
  z: bigint;
}

export interface RollRow {
  slot: number;
  group: number;
  weight: bigint;
  part: KeyPart;
}

const MOST_WEIGHT = 2n ** 63n;

export function readKeyPart(reader: Reader): KeyPart {
  const key = encoded(reader.take(32));
  const P = encoded(reader.take(32));
  const z = scalar(reader.take(32));
  if (key.point.is0()) throw new Invalid("a key part is the identity");
  return { key, P, z };
}

/** `z·G = P + c·K_p` */
export function possession(rollScope: Bytes, p: number, registrarKey: Bytes, slot: number, { key, P, z }: KeyPart): Equation {
  const c = hashToScalar("isoloir/v1/possession", rollScope, u8(p), registrarKey, u32(slot), key.bytes, P.bytes);
  return { base: z, points: [P.point, key.point], scalars: [-1n, -c] };
}

/** The rows of registrar p's part, of which everything but the proofs of possession is checked. */
export function decodeRollPart(manifest: Manifest, p: number, bytes: Bytes): RollRow[] {
  const reader = new Reader(bytes);
  const id = reader.take(32);
  if (Buffer.compare(id, manifest.id) !== 0) throw new Invalid("a roll part of another election");
  if (reader.u8() !== p) throw new Invalid("the roll part of another registrar");
  const count = reader.u32();
  if (count < 1) throw new Invalid("no slots");
  const rows: RollRow[] = [];
  let last = 0;
  let total = 0n;
  for (let i = 0; i < count; i++) {
    const slot = reader.u32();
    if (slot <= last) throw new Invalid(`row ${i}: slot ${slot} after slot ${last}`);
    const group = reader.u16();
    if (group >= manifest.groups.length) throw new Invalid(`slot ${slot}: there is no group ${group}`);
    const weight = BigInt(reader.u32());
    if (weight < 1n) throw new Invalid(`slot ${slot}: weight 0`);
    rows.push({ slot, group, weight, part: readKeyPart(reader) });
    last = slot;
    total += weight;
  }
  if (total >= MOST_WEIGHT) throw new Invalid("the weights add up to 2^63 or more");
  const signed = reader.before();
  const signature = reader.take(64);
  reader.end();
  const { sign } = manifest.registrars[p] as Named;
  if (!sign.signed(signature, "isoloir/v1/roll", signed)) throw new Invalid("the registrar's signature is wrong");
  return rows;
}

/** Slots whose proof of possession is wrong. */
export function wrongPossessions(manifest: Manifest, p: number, rows: readonly RollRow[]): number[] {
  const key = (manifest.registrars[p] as Named).sign.bytes;
  const items = rows.map(({ slot, part }) => [possession(manifest.rollScope, p, key, slot, part)]);
  return failing(items).map((i) => (rows[i] as RollRow).slot);
}

/** `K = Σ K_p` */
export function slotKey(parts: readonly Encoded[]): Encoded {
  const point = parts.reduce((sum, part) => sum.add(part.point), Group.ZERO);
  return { bytes: point.toBytes(), point };
}
