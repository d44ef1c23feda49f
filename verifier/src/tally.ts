// Buckets, sums and totals (section 8): every function of public numbers only.

import { shareCommitment } from "./ballot.js";
import { Invalid, Reader, u64, type Bytes } from "./bytes.js";
import { allHold } from "./commitment.js";
import type { AcceptedBallot } from "./election.js";
import { inverse, reduce, scalar, weighted, type Point } from "./group.js";
import { hash32 } from "./hash.js";
import type { Manifest } from "./manifest.js";

/** `F_0 … F_{n−1}` and `Γ`. */
export interface Sum {
  F: bigint[];
  gamma: bigint;
}

/** A teller's sums, by bucket and question. */
export interface Sums {
  teller: number;
  values: Sum[][];
}

/** Sums of the commitments of a bucket's counted ballots, by question, times their weights. */
export interface BucketCommitments {
  weight: bigint;
  questions: { B: Point; V: Point[] }[];
}

/** The groups of each bucket, from the number of current ballots of each group; none if there are too few ballots in all. */
export function bucketsOf(smallest: number, currentPerGroup: readonly number[]): number[][] {
  const inUse = [...currentPerGroup.keys()].filter((group) => count(group) > 0);
  function count(group: number): number {
    return currentPerGroup[group] ?? 0;
  }
  const merged = new Set(inUse.filter((group) => count(group) < smallest));
  const size = (): number => [...merged].reduce((sum, group) => sum + count(group), 0);
  while (merged.size > 0 && size() < smallest) {
    const unmerged = inUse.filter((group) => !merged.has(group));
    const [first, ...others] = unmerged;
    if (first === undefined) break;
    merged.add(others.reduce((fewest, group) => (count(group) < count(fewest) ? group : fewest), first));
  }
  const buckets = inUse.filter((group) => !merged.has(group)).map((group) => [group]);
  if (merged.size > 0) buckets.push([...merged].sort((a, b) => a - b));
  return buckets;
}

/** The bucket of each group that has one. */
export function bucketIndex(buckets: readonly number[][]): Map<number, number> {
  return new Map(buckets.flatMap((groups, b) => groups.map((group) => [group, b] as const)));
}

/** How many ballots of each group are current. */
export function perGroup(manifest: Manifest, ballots: readonly AcceptedBallot[]): number[] {
  const counts = manifest.groups.map(() => 0);
  for (const { slot } of ballots) counts[slot.group] = (counts[slot.group] ?? 0) + 1;
  return counts;
}

/** What sums are bound to: the root at the fix entry and the counted ballots in slot order. */
export function countedHash(fixRoot: Bytes, counted: readonly AcceptedBallot[]): Bytes {
  return hash32("isoloir/v1/counted", fixRoot, ...counted.map(({ index }) => u64(index)));
}

export function commitmentsOf(manifest: Manifest, counted: readonly AcceptedBallot[], buckets: readonly number[][]): BucketCommitments[] {
  const bucketOf = bucketIndex(buckets);
  const members: AcceptedBallot[][] = buckets.map(() => []);
  for (const ballot of counted) members[bucketOf.get(ballot.slot.group) as number]?.push(ballot);
  return members.map((ballots) => {
    const total = (of: (ballot: AcceptedBallot) => Point): Point => weighted(ballots.map((each) => [each.slot.weight, of(each)] as const));
    const questions = manifest.questions.map((_, q) => ({
      B: total(({ commitments }) => (commitments[q] as { B: Point }).B),
      V: Array.from({ length: manifest.threshold - 1 }, (_, l) => total(({ commitments }) => commitments[q]?.V[l] as Point)),
    }));
    return { weight: ballots.reduce((sum, { slot }) => sum + slot.weight, 0n), questions };
  });
}

/** The data of a sums entry. */
export function decodeSums(manifest: Manifest, buckets: number, data: Bytes): Sum[][] {
  const reader = new Reader(data);
  const readScalar = (): bigint => scalar(reader.take(32));
  const values = Array.from({ length: buckets }, () =>
    manifest.questions.map(({ bits }) => ({ F: Array.from({ length: bits }, readScalar), gamma: readScalar() })),
  );
  reader.end();
  return values;
}

/** `Com(F; Γ) = Σ weight·(B + Σ_l j^l·V_l)` for every bucket and question. */
export function sumsHold({ teller, values }: Sums, commitments: readonly BucketCommitments[]): boolean {
  return allHold(
    commitments.flatMap(({ questions }, b) =>
      questions.map(({ B, V }, q) => {
        const { F, gamma } = (values[b] as Sum[])[q] as Sum;
        return { options: F, blinding: gamma, points: [shareCommitment(teller, B, V)], scalars: [-1n] };
      }),
    ),
  );
}

/** `λ_j` for each of the tellers. */
export function lagrange(tellers: readonly number[]): bigint[] {
  return tellers.map((j) => {
    const others = tellers.filter((i) => i !== j);
    const above = others.reduce((product, i) => reduce(product * BigInt(i)), 1n);
    const below = others.reduce((product, i) => reduce(product * BigInt(i - j)), 1n);
    return reduce(above * inverse(below));
  });
}

/** The totals by bucket, question and bit; `Invalid` if they exceed the weight or do not open the commitments. */
export function interpolate(sums: readonly Sums[], commitments: readonly BucketCommitments[]): bigint[][][] {
  const factors = lagrange(sums.map(({ teller }) => teller));
  return commitments.map(({ weight, questions }, b) =>
    questions.map(({ B }, q) => {
      const shares = sums.map(({ values }) => (values[b] as Sum[])[q] as Sum);
      const combine = (of: (share: Sum) => bigint): bigint =>
        reduce(shares.reduce((sum, share, i) => sum + (factors[i] ?? 0n) * of(share), 0n));
      const totals = (shares[0] as Sum).F.map((_, k) => combine(({ F }) => F[k] ?? 0n));
      if (totals.some((total) => total > weight)) throw new Invalid(`bucket ${b}, question ${q}: a total exceeds the counted weight`);
      const opened = { options: totals, blinding: combine(({ gamma }) => gamma), points: [B], scalars: [-1n] };
      if (!allHold([opened])) throw new Invalid(`bucket ${b}, question ${q}: the totals do not open the sum of the commitments`);
      return totals;
    }),
  );
}
