// What a question's rule becomes (section 2): bits for options, blank last, and slack, so that allowed choices have one weighted sum.

import type { Question } from "./manifest.js";

/** `w`: 1 for an option, `max` for the blank bit. */
export function bitWeights(options: number, max: number, blank: boolean): bigint[] {
  const weights = Array.from({ length: options }, () => 1n);
  if (blank) weights.push(BigInt(max));
  return weights;
}

/** `w'` for `d = max − min`: 1, 2, 4, … and what is left; none for 0. */
export function slackWeights(d: number): bigint[] {
  if (d === 0) return [];
  const e = Math.floor(Math.log2(d + 1));
  const weights = Array.from({ length: e }, (_, i) => 2 ** i);
  weights.push(d - (2 ** e - 1));
  return weights.filter((weight) => weight > 0).map(BigInt);
}

/** The slack bits for what is missing, set from the last weight to the first; nothing if it cannot be made up. */
export function slackBits(weights: readonly bigint[], missing: bigint): number[] | undefined {
  let left = missing;
  const bits = weights.map(() => 0);
  for (let i = weights.length - 1; i >= 0; i--) {
    const weight = weights[i] as bigint;
    if (weight <= left) {
      bits[i] = 1;
      left -= weight;
    }
  }
  return left === 0n ? bits : undefined;
}

/** The slack bits of choices, or nothing if they are not allowed. */
export function slackOf(question: Question, bits: readonly number[]): number[] | undefined {
  const sum = question.weights.reduce((total, weight, k) => total + weight * BigInt(bits[k] ?? 0), 0n);
  const missing = BigInt(question.max) - sum;
  return missing < 0n ? undefined : slackBits(question.slack, missing);
}
