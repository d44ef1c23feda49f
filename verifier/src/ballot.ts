// The public ballot and its checks (section 4).

import { Reader, u32, u64, type Bytes } from "./bytes.js";
import { opens, allHold, type Equation } from "./commitment.js";
import { encoded, Group, reduce, scalar, type Encoded, type Point } from "./group.js";
import { hash32, hashToScalar } from "./hash.js";
import type { Manifest, Question } from "./manifest.js";

/** What a ballot says about one question: commitments and responses. */
export interface Answer {
  B: Encoded;
  /** V_1 … V_{t−1} */
  V: Encoded[];
  /** Commitments to the slack bits, where there are any. */
  slack: { S: Encoded; T: Encoded; z: bigint } | undefined;
  A: Encoded;
  C: Encoded;
  D: Encoded;
  f: bigint[];
  g: bigint[];
  zB: bigint;
  zC: bigint;
}

export interface Ballot {
  slot: number;
  supersedes: bigint;
  answers: Answer[];
  /** SHA-256(box_1) … SHA-256(box_N) */
  boxes: Bytes[];
  R: Encoded;
  z: bigint;
}

/** What `supersedes` is where nothing is superseded. */
export const NONE = 2n ** 64n - 1n;

/** The checks of section 4. */
export type BallotCheck = "bits" | "slack" | "product" | "sum" | "signature" | "challenge";

export function decodeBallot(manifest: Manifest, bytes: Bytes): Ballot {
  const reader = new Reader(bytes);
  const slot = reader.u32();
  const supersedes = reader.u64();
  const answers = manifest.questions.map((question) => readAnswer(reader, question, manifest.threshold));
  const boxes = manifest.tellers.map(() => reader.take(32));
  const R = encoded(reader.take(32));
  const z = scalar(reader.take(32));
  reader.end();
  return { slot, supersedes, answers, boxes, R, z };
}

function readAnswer(reader: Reader, question: Question, threshold: number): Answer {
  const readPoint = (): Encoded => encoded(reader.take(32));
  const readScalar = (): bigint => scalar(reader.take(32));
  const withSlack = question.slack.length > 0;
  const B = readPoint();
  const V = Array.from({ length: threshold - 1 }, readPoint);
  const [S, T] = withSlack ? [readPoint(), readPoint()] : [];
  const [A, C, D] = [readPoint(), readPoint(), readPoint()];
  const f = Array.from({ length: question.bits }, readScalar);
  const g = question.slack.map(readScalar);
  const zB = readScalar();
  const slack = S && T ? { S, T, z: readScalar() } : undefined;
  return { B, V, slack, A, C, D, f, g, zB, zC: readScalar() };
}

/** What a ballot is bound to: election, slot, `supersedes`, the slot's key. */
export function context(manifest: Manifest, slot: number, supersedes: bigint, key: Bytes): Bytes[] {
  return [manifest.id, u32(slot), u64(supersedes), key];
}

/** `x`. */
export function challenge(
  manifest: Manifest,
  key: Bytes,
  ballot: Pick<Ballot, "slot" | "supersedes" | "boxes" | "R"> & { answers: Commitments[] },
): bigint {
  const points = ballot.answers.flatMap(({ B, V, slack, A, C, D }) => [B, ...V, ...(slack ? [slack.S, slack.T] : []), A, C, D]);
  return hashToScalar(
    "isoloir/v1/ballot",
    ...context(manifest, ballot.slot, ballot.supersedes, key),
    ...points.map(({ bytes }) => bytes),
    ...ballot.boxes,
    ballot.R.bytes,
  );
}

export type Commitments = Pick<Answer, "B" | "V" | "A" | "C" | "D"> & { slack: { S: Encoded; T: Encoded } | undefined };

/** What a receipt code is made of. */
export function fingerprint(x: Bytes): Bytes {
  return hash32("isoloir/v1/receipt", x);
}

/** A ballot under a challenge: its point equations, by check, and whether its scalar conditions hold. */
export interface Statement {
  equations: { check: BallotCheck; equation: Equation }[];
  /** The exact conditions that fail. */
  wrong: BallotCheck[];
}

export function statement(manifest: Manifest, key: Point, ballot: Ballot, x: bigint): Statement {
  const equations: Statement["equations"] = [];
  let sums = true;
  manifest.questions.forEach((question, q) => {
    const { B, slack, A, C, D, f, g, zB, zC } = ballot.answers[q] as Answer;
    equations.push({ check: "bits", equation: opens(f, zB, [B.point, A.point], [x, 1n]) });
    if (slack) equations.push({ check: "slack", equation: opens(g, slack.z, [slack.S.point, slack.T.point], [x, 1n]) });
    const products = [...f, ...g].map((value) => reduce(value * (x - value)));
    equations.push({ check: "product", equation: opens(products, zC, [C.point, D.point], [x, 1n]) });
    sums &&= reduce(dot(question.weights, f) + dot(question.slack, g) - BigInt(question.max) * x) === 0n;
  });
  const signature = { base: ballot.z, points: [ballot.R.point, key], scalars: [-1n, -x] };
  equations.push({ check: "signature", equation: signature });
  const wrong: BallotCheck[] = [];
  if (!sums) wrong.push("sum");
  if (x === 0n) wrong.push("challenge");
  return { equations, wrong };
}

/** Every check that fails. */
export function failingChecks({ equations, wrong }: Statement): Set<BallotCheck> {
  const failing = equations.filter(({ equation }) => !allHold([equation])).map(({ check }) => check);
  return new Set([...wrong, ...failing]);
}

function dot(weights: readonly bigint[], values: readonly bigint[]): bigint {
  return weights.reduce((sum, weight, k) => sum + weight * (values[k] ?? 0n), 0n);
}

/** `Σ_l j^l·V_l + B`: the commitment to teller j's share. */
export function shareCommitment(j: number, B: Point, V: readonly Point[]): Point {
  // Horner: (… (V_{t−1}·j + V_{t−2})·j + …)·j + B, with small factors.
  const sum = V.reduceRight((above, next) => above.add(next).multiplyUnsafe(BigInt(j)), Group.ZERO);
  return sum.add(B);
}
