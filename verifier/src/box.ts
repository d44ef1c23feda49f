// A teller's box (section 4): its layout, the box check, and the check of what is inside.

import { context, shareCommitment, type Answer, type Ballot } from "./ballot.js";
import { concat, Invalid, Reader, u32, u8, utf8, type Bytes } from "./bytes.js";
import { allHold } from "./commitment.js";
import { Edwards, edwardsPoint, mont, proofHolds, type EncodedEdwards } from "./edwards.js";
import { scalar } from "./group.js";
import { hashToScalar } from "./hash.js";
import * as hpke from "./hpke.js";
import type { Manifest, Teller } from "./manifest.js";

/** Why a box that passes the box check is no good: the tag, a scalar that is not canonical, or shares that do not fit. */
export type Fault = "open" | "encoding" | "share";

export interface Box {
  W: EncodedEdwards;
  M: EncodedEdwards;
  y: bigint;
  ciphertext: Bytes;
}

/** The ballot a box belongs to, under the slot's key at its entry. */
export interface BallotUnderKey {
  ballot: Pick<Ballot, "slot" | "supersedes"> & { answers: Pick<Answer, "B" | "V">[] };
  key: Bytes;
}

/** Decodes a box and makes the box check; `Invalid` if it fails. */
export function checkBox(manifest: Manifest, of: BallotUnderKey, j: number, bytes: Bytes): Box {
  if (bytes.length !== manifest.boxLength) throw new Invalid("a box of another length");
  const reader = new Reader(bytes);
  const W = edwardsPoint(reader.take(32));
  const M = edwardsPoint(reader.take(32));
  const y = scalar(reader.take(32));
  const ciphertext = reader.take(reader.left);
  if (W.point.isSmallOrder()) throw new Invalid("W of small order");
  const c = boxChallenge(manifest, of, j, W.bytes, M.bytes, ciphertext);
  if (!proofHolds(y, Edwards.BASE, M.point, c, W.point)) throw new Invalid("the proof of W does not hold");
  return { W, M, y, ciphertext };
}

export function boxChallenge(manifest: Manifest, of: BallotUnderKey, j: number, W: Bytes, M: Bytes, ciphertext: Bytes): bigint {
  const { ballot, key } = of;
  const commitments = ballot.answers.flatMap(({ B, V }) => [B.bytes, ...V.map(({ bytes }) => bytes)]);
  const bound = context(manifest, ballot.slot, ballot.supersedes, key);
  return hashToScalar("isoloir/v1/box-proof", ...bound, u8(j), ...commitments, W, M, ciphertext);
}

/** HPKE's `info`. */
export function boxInfo(manifest: Manifest, slot: number, j: number): Bytes {
  return concat(utf8("isoloir/v1/box"), manifest.id, u32(slot), u8(j));
}

/** What is wrong inside a box, opened with the Diffie-Hellman value that a complaint proves; nothing if it is an honest one. */
export function faultInside(manifest: Manifest, of: BallotUnderKey, j: number, { W, ciphertext }: Box, dh: Bytes): Fault | undefined {
  const { ballot } = of;
  const receiver = mont((manifest.tellers[j - 1] as Teller).seal.point);
  const plaintext = hpke.open(dh, mont(W.point), receiver, boxInfo(manifest, ballot.slot, j), ciphertext);
  if (plaintext === undefined) return "open";
  const scalars = scalarsOf(plaintext);
  if (scalars === undefined) return "encoding";
  const fits = manifest.questions.every(({ bits }, q) => {
    const { B, V } = ballot.answers[q] as Answer;
    const [shares, blinding] = [scalars.splice(0, bits), scalars.shift() as bigint];
    const committed = shareCommitment(j, B.point, V.map((each) => each.point));
    return allHold([{ options: shares, blinding, points: [committed], scalars: [-1n] }]);
  });
  return fits ? undefined : "share";
}

function scalarsOf(plaintext: Bytes): bigint[] | undefined {
  const reader = new Reader(plaintext);
  const scalars: bigint[] = [];
  try {
    while (reader.left > 0) scalars.push(scalar(reader.take(32)));
    return scalars;
  } catch (error) {
    if (error instanceof Invalid) return undefined;
    throw error;
  }
}
