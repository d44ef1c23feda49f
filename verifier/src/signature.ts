// Ed25519, strictly: `[S]B = R + [h]A` without cofactor, all canonical, A and R not of small order (section 1).

import { sha512 } from "@noble/hashes/sha2.js";
import { concat, Invalid, type Bytes } from "./bytes.js";
import { Edwards, edwardsPoint, type EdwardsPoint } from "./edwards.js";
import { littleEndian, ORDER, scalar } from "./group.js";
import { hash, type Field } from "./hash.js";

/** A key that strict verification accepts. */
export class VerifyingKey {
  readonly bytes: Bytes;
  private readonly point: EdwardsPoint;

  constructor(bytes: Bytes) {
    this.bytes = bytes;
    this.point = notSmall(bytes);
  }

  /** Whether the signature is one of the message. */
  verifies(message: Bytes, signature: Bytes): boolean {
    if (signature.length !== 64) return false;
    const first = signature.subarray(0, 32);
    try {
      const R = notSmall(first);
      const S = scalar(signature.subarray(32));
      const h = littleEndian(sha512(concat(first, this.bytes, message))) % ORDER;
      return Edwards.BASE.multiplyUnsafe(S).equals(R.add(this.point.multiplyUnsafe(h)));
    } catch (error) {
      if (error instanceof Invalid) return false;
      throw error;
    }
  }

  /** Whether the signature is a role's over `hash(label, fields…)`. */
  signed(signature: Bytes, label: string, ...fields: Field[]): boolean {
    return this.verifies(hash(label, ...fields), signature);
  }
}

function notSmall(bytes: Bytes): EdwardsPoint {
  const { point } = edwardsPoint(bytes);
  if (point.isSmallOrder()) throw new Invalid("an Edwards point of small order");
  return point;
}
