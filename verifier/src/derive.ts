// How a voter's device makes a ballot from its seed (section 4), to recompute one that was disclosed to test the device.
// Nothing here runs in constant time: a disclosed ballot is public and thrown away.

import { challenge, context, type Ballot, type Commitments } from "./ballot.js";
import { boxChallenge, boxInfo, type BallotUnderKey } from "./box.js";
import { concat, Invalid, u16, u8, type Bytes } from "./bytes.js";
import { commit } from "./commitment.js";
import { Edwards, mont } from "./edwards.js";
import { encoded, inverse, littleEndian, reduce, scalarBytes, type Encoded, type Point } from "./group.js";
import { hash, hashToScalar, sha256 } from "./hash.js";
import * as hpke from "./hpke.js";
import type { Manifest, Question, Teller } from "./manifest.js";
import { slackOf } from "./question.js";

/** What decides a ballot but for the signature. */
export interface Inputs {
  slot: number;
  supersedes: bigint;
  key: Bytes;
  R: Bytes;
  seed: Bytes;
  /** By question and bit. */
  bits: number[][];
}

type Random = (name: string, q: number, a: number, b: number) => bigint;

interface Made {
  commitments: Commitments;
  /** By teller j − 1: `σ_0(j) … σ_{n−1}(j) ‖ τ(j)` */
  shares: bigint[][];
}

export interface Derived {
  answers: Commitments[];
  boxes: Bytes[];
  x: bigint;
}

/** Commitments, boxes and challenge of the ballot; `Invalid` for choices that are not allowed. */
export function deriveBallot(manifest: Manifest, inputs: Inputs): Derived {
  const { slot, supersedes, key, bits } = inputs;
  const R = encoded(inputs.R);
  const allBits = Uint8Array.from(bits.flat());
  const seed = hash("isoloir/v1/seed", inputs.seed, ...context(manifest, slot, supersedes, key), R.bytes, allBits);
  const random: Random = (name, q, a, b) => hashToScalar("isoloir/v1/random", seed, name, u16(q), u16(a), u16(b));
  const made = manifest.questions.map((question, q) => answer(manifest, question, q, bits[q] ?? [], random));
  const answers = made.map(({ commitments }) => commitments);
  const boxes = manifest.tellers.map((teller, i) => {
    const plaintext = concat(...made.flatMap(({ shares }) => (shares[i] as bigint[]).map(scalarBytes)));
    return sealBox(manifest, { ballot: { slot, supersedes, answers }, key }, teller, i + 1, plaintext, seed, random);
  });
  const ballot: Pick<Ballot, "slot" | "supersedes" | "boxes" | "R"> = { slot, supersedes, boxes: boxes.map((box) => sha256(box)), R };
  return { answers, boxes, x: challenge(manifest, key, { ...ballot, answers }) };
}

/** `κ` of a ballot whose secrets are all known, for the test vectors. */
export function deriveNonce(manifest: Manifest, fresh: Bytes, { seed, slot, supersedes, key, bits }: Omit<Inputs, "R">): bigint {
  return hashToScalar("isoloir/v1/nonce", fresh, seed, ...context(manifest, slot, supersedes, key), Uint8Array.from(bits.flat()));
}

function answer(manifest: Manifest, question: Question, q: number, bits: number[], random: Random): Made {
  const slack = slackOf(question, bits);
  if (slack === undefined) throw new Invalid(`question ${q}: the choices are not allowed`);
  const b = bits.map(BigInt);
  const s = slack.map(BigInt);
  const n = question.bits;
  const r = random("r", q, 0, 0);
  const higher = Array.from({ length: manifest.threshold - 1 }, (_, i) => ({
    a: b.map((_, k) => random("share", q, i + 1, k)),
    rho: random("share", q, i + 1, n),
  }));
  const [alpha, beta] = masks(question, q, random);
  const twice = (values: bigint[], masked: bigint[]): bigint[] => masked.map((mask, i) => mask * (1n - 2n * (values[i] as bigint)));
  const square = (mask: bigint): bigint => -mask * mask;
  const withSlack = slack.length > 0 && {
    S: com(s, random("r", q, 2, 0)),
    T: com(beta, random("r", q, 3, 0)),
  };
  const commitments = {
    B: com(b, r),
    V: higher.map(({ a, rho }) => com(a, rho)),
    slack: withSlack || undefined,
    A: com(alpha, random("r", q, 1, 0)),
    C: com([...twice(b, alpha), ...twice(s, beta)], random("r", q, 4, 0)),
    D: com([...alpha, ...beta].map(square), random("r", q, 5, 0)),
  };
  const shares = manifest.tellers.map((_, i) => {
    const at = (start: bigint, of: (polynomial: { a: bigint[]; rho: bigint }) => bigint): bigint =>
      reduce(higher.reduce((sum, each, l) => sum + of(each) * BigInt(i + 1) ** BigInt(l + 1), start));
    return [...b.map((bit, k) => at(bit, ({ a }) => a[k] as bigint)), at(r, ({ rho }) => rho)];
  });
  return { commitments, shares };
}

/** `α` and `β`, with `α_0` such that they cancel under the weights. */
function masks({ weights, slack }: Question, q: number, random: Random): [bigint[], bigint[]] {
  const alpha = weights.map((_, k) => random("mask", q, 0, k));
  const beta = slack.map((_, i) => random("mask", q, 1, i));
  const [first, ...others] = weights as [bigint, ...bigint[]];
  const rest = others.reduce((sum, weight, k) => sum + weight * (alpha[k + 1] as bigint), 0n);
  const sum = slack.reduce((total, weight, i) => total + weight * (beta[i] as bigint), rest);
  alpha[0] = reduce(-sum * inverse(first));
  return [alpha, beta];
}

function com(values: bigint[], blinding: bigint): Encoded {
  const point: Point = commit(values.map(reduce), blinding);
  return { bytes: point.toBytes(), point };
}

function sealBox(manifest: Manifest, of: BallotUnderKey, teller: Teller, j: number, plaintext: Bytes, seed: Bytes, random: Random): Bytes {
  const secret = hpke.derivePrivateKey(hash("isoloir/v1/ephemeral", seed, u8(j)).slice(0, 32));
  const epsilon = clamped(secret) / 8n;
  const W = Edwards.BASE.multiplyUnsafe(epsilon);
  // X25519 of the key 8·ε and mont(Q), which is that of 8·Q, is the u-coordinate of 64·ε·Q = 8·(ε·8·Q).
  const dh = mont(teller.seal.point.clearCofactor().multiplyUnsafe(epsilon));
  const receiver = mont(teller.seal.point);
  const ciphertext = hpke.seal(dh, mont(W), receiver, boxInfo(manifest, of.ballot.slot, j), plaintext);
  const nu = random("box", 0, j, 0);
  const [first, second] = [W.toBytes(), Edwards.BASE.multiplyUnsafe(nu).toBytes()];
  const y = reduce(nu + boxChallenge(manifest, of, j, first, second, ciphertext) * epsilon);
  return concat(first, second, scalarBytes(y), ciphertext);
}

/** The integer of an X25519 private key (RFC 7748). */
export function clamped(secret: Bytes): bigint {
  const bytes = secret.slice();
  bytes[0] = (bytes[0] as number) & 248;
  bytes[31] = ((bytes[31] as number) & 127) | 64;
  return littleEndian(bytes);
}
