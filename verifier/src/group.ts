// ristretto255: canonical points and scalars, and sums of multiples. Variable time: everything a verifier sees is public.

import { mulAddUnsafe, pippenger } from "@noble/curves/abstract/curve.js";
import { ristretto255 } from "@noble/curves/ed25519.js";
import { Invalid, type Bytes } from "./bytes.js";

export const Group = ristretto255.Point;
export type Point = InstanceType<typeof Group>;

/** ℓ, the order of the group. */
export const ORDER: bigint = Group.Fn.ORDER;

/** A point with the encoding it came in, which hashes are made of. */
export interface Encoded {
  bytes: Bytes;
  point: Point;
}

export function littleEndian(bytes: Bytes): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
}

/** The 32 bytes of a scalar. */
export function scalarBytes(scalar: bigint): Bytes {
  return new Uint8Array(Buffer.from(scalar.toString(16).padStart(64, "0"), "hex").reverse());
}

/** The value mod ℓ, never negative. */
export function reduce(value: bigint): bigint {
  const rest = value % ORDER;
  return rest < 0n ? rest + ORDER : rest;
}

/** 1/value mod ℓ. */
export function inverse(value: bigint): bigint {
  return Group.Fn.inv(reduce(value));
}

export function scalar(bytes: Bytes): bigint {
  const value = littleEndian(bytes);
  if (bytes.length !== 32 || value >= ORDER) throw new Invalid("not a canonical scalar");
  return value;
}

export function point(bytes: Bytes): Point {
  try {
    return Group.fromBytes(bytes);
  } catch {
    throw new Invalid("not a canonical point");
  }
}

export function encoded(bytes: Bytes): Encoded {
  return { bytes, point: point(bytes) };
}

/** Straus for a few points, Pippenger for many: they cost the same at about this many. */
const MANY = 1000;

/** Σ scalar·point. */
export function multiply(points: Point[], scalars: bigint[]): Point {
  return points.length < MANY ? mulAddUnsafe(Group, points, scalars) : pippenger(Group, points, scalars);
}

/** Σ weight·point for weights that repeat: equal weights are added up first. */
export function weighted(terms: Iterable<readonly [bigint, Point]>): Point {
  const sums = new Map<bigint, Point>();
  for (const [weight, term] of terms) sums.set(weight, (sums.get(weight) ?? Group.ZERO).add(term));
  return multiply([...sums.values()], [...sums.keys()]);
}
