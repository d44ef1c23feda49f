// The generators of section 1, vector commitments, and equations between them that are checked many at once (section 4).

import { randomBytes } from "node:crypto";
import { u16 } from "./bytes.js";
import { hashToPoint } from "./hash.js";
import { Group, littleEndian, multiply, reduce, type Point } from "./group.js";

/** H, which blinds. */
export const H: Point = hashToPoint("isoloir/v1/blinding");

const options: Point[] = [];

/** G_k. */
export function generator(k: number): Point {
  for (let next = options.length; next <= k; next++) options.push(hashToPoint("isoloir/v1/option", u16(next)));
  return options[k] as Point;
}

/** Com(values; blinding). */
export function commit(values: readonly bigint[], blinding: bigint): Point {
  return multiply([H, ...values.map((_, k) => generator(k))], [blinding, ...values]);
}

/** A sum that must be the identity: multiples of G, of H, of the G_k, and of other points. */
export interface Equation {
  base?: bigint;
  blinding?: bigint;
  options?: readonly bigint[];
  points: readonly Point[];
  scalars: readonly bigint[];
}

/** The equation `commit(values; blinding) = Σ scalar·point`. */
export function opens(values: readonly bigint[], blinding: bigint, points: readonly Point[], scalars: readonly bigint[]): Equation {
  return { blinding, options: values, points, scalars: scalars.map((value) => -value) };
}

/** Whether all hold. One false equation passes with a chance of 2^−128, since the factors are drawn after it was fixed. */
export function allHold(equations: Iterable<Equation>): boolean {
  let base = 0n;
  let blinding = 0n;
  const fixed: bigint[] = [];
  const points: Point[] = [];
  const scalars: bigint[] = [];
  for (const equation of equations) {
    const factor = littleEndian(randomBytes(16));
    base += factor * (equation.base ?? 0n);
    blinding += factor * (equation.blinding ?? 0n);
    equation.options?.forEach((value, k) => (fixed[k] = (fixed[k] ?? 0n) + factor * value));
    points.push(...equation.points);
    for (const value of equation.scalars) scalars.push(reduce(factor * value));
  }
  points.push(Group.BASE, H, ...fixed.map((_, k) => generator(k)));
  scalars.push(reduce(base), reduce(blinding), ...fixed.map(reduce));
  return multiply(points, scalars).is0();
}

/** The positions of the items that have an equation which does not hold; halves what fails to name them. */
export function failing(items: readonly (readonly Equation[])[]): number[] {
  if (items.length === 0 || allHold(items.flat())) return [];
  if (items.length === 1) return [0];
  const middle = items.length >> 1;
  const first = failing(items.slice(0, middle));
  return [...first, ...failing(items.slice(middle)).map((position) => position + middle)];
}
