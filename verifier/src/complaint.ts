// A teller's complaint about a box (section 7), which anyone can check.

import { checkBox, faultInside, type BallotUnderKey, type Fault } from "./box.js";
import { equal, Invalid, Reader, u64, u8, type Bytes } from "./bytes.js";
import type { Ballot } from "./ballot.js";
import { Edwards, edwardsPoint, mont, proofHolds, type EncodedEdwards } from "./edwards.js";
import { scalar } from "./group.js";
import { hashToScalar, sha256 } from "./hash.js";
import type { Manifest, Teller } from "./manifest.js";

export type Reason = "malformed" | Fault | "missing";

interface Opening {
  delta: EncodedEdwards;
  M1: EncodedEdwards;
  M2: EncodedEdwards;
  y: bigint;
}

export type Complaint =
  | { index: bigint; type: "malformed"; box: Bytes }
  | { index: bigint; type: "opened"; box: Bytes; opening: Opening }
  | { index: bigint; type: "missing" };

/** One complaint; the next one, if any, follows it. */
export function readComplaint(reader: Reader): Complaint {
  const index = reader.u64();
  const type = reader.u8();
  const box = reader.take(reader.u32());
  switch (type) {
    case 1:
      return { index, type: "malformed", box };
    case 2: {
      const [delta, M1, M2] = [edwardsPoint(reader.take(32)), edwardsPoint(reader.take(32)), edwardsPoint(reader.take(32))];
      return { index, type: "opened", box, opening: { delta, M1, M2, y: scalar(reader.take(32)) } };
    }
    case 3:
      if (box.length > 0) throw new Invalid("a missing box has no bytes");
      return { index, type: "missing" };
    default:
      throw new Invalid(`a complaint of unknown type ${type}`);
  }
}

/** The reason that a complaint proves; `Invalid` if it proves none. */
export function provenReason(manifest: Manifest, of: BallotUnderKey & { ballot: Ballot }, j: number, complaint: Complaint): Reason {
  if (complaint.type === "missing") return "missing";
  if (!equal(sha256(complaint.box), of.ballot.boxes[j - 1] as Bytes)) throw new Invalid("the box is not the one of the ballot");
  if (complaint.type === "malformed") {
    if (passes(manifest, of, j, complaint.box)) throw new Invalid("the box passes the box check");
    return "malformed";
  }
  const box = checkBox(manifest, of, j, complaint.box);
  const { delta, M1, M2, y } = complaint.opening;
  const Q = (manifest.tellers[j - 1] as Teller).seal;
  const W8 = box.W.point.clearCofactor();
  const fields = [Q, box.W, delta, M1, M2].map(({ bytes }) => bytes);
  const c = hashToScalar("isoloir/v1/complaint", manifest.id, u64(complaint.index), u8(j), ...fields);
  if (!proofHolds(y, Edwards.BASE, M1.point, c, Q.point) || !proofHolds(y, W8, M2.point, c, delta.point)) {
    throw new Invalid("the proof of the opening does not hold");
  }
  const fault = faultInside(manifest, of, j, box, mont(delta.point));
  if (fault === undefined) throw new Invalid("the box opens and matches the commitments");
  return fault;
}

function passes(manifest: Manifest, of: BallotUnderKey, j: number, bytes: Bytes): boolean {
  try {
    checkBox(manifest, of, j, bytes);
    return true;
  } catch (error) {
    if (error instanceof Invalid) return false;
    throw error;
  }
}
