// edwards25519 (section 1): canonical points, `mont`, and equations after multiplication by 8. Only public data comes here.

import { ed25519 } from "@noble/curves/ed25519.js";
import { Invalid, type Bytes } from "./bytes.js";

export const Edwards = ed25519.Point;
export type EdwardsPoint = InstanceType<typeof Edwards>;

/** An Edwards point with the encoding it came in. */
export interface EncodedEdwards {
  bytes: Bytes;
  point: EdwardsPoint;
}

export function edwardsPoint(bytes: Bytes): EncodedEdwards {
  try {
    return { bytes, point: Edwards.fromBytes(bytes, false) };
  } catch {
    throw new Invalid("not a canonical Edwards point");
  }
}

/** The Montgomery u-coordinate of 8·P, which must not be the identity. */
export function mont(of: EdwardsPoint): Bytes {
  const eight = of.clearCofactor();
  if (eight.is0()) throw new Invalid("an Edwards point of small order");
  const { Fp } = Edwards;
  // u = (1 + y)/(1 − y) = (Z + Y)/(Z − Y)
  return Fp.toBytes(Fp.div(Fp.add(eight.Z, eight.Y), Fp.sub(eight.Z, eight.Y)));
}

/** `left·P ≡ M + c·Q`: a proof of knowledge of one exponent, cofactored. */
export function proofHolds(left: bigint, P: EdwardsPoint, M: EdwardsPoint, c: bigint, Q: EdwardsPoint): boolean {
  const difference = P.multiplyUnsafe(left).subtract(M).subtract(Q.multiplyUnsafe(c));
  return difference.clearCofactor().is0();
}
