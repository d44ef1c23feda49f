// The figures of an election, as they stand in the machine-readable report.

import { hex } from "./bytes.js";
import type { Election } from "./election.js";
import { buckets } from "./rules-counting.js";

export interface Facts {
  election_id: string;
  title: Record<string, string>;
  size: number;
  root: string;
  phase: Election["phase"];
  slots: number;
  ballots: number;
  close_size?: number;
  close_root?: string;
  closing_code?: string;
  /** Indices of the current ballots at the close entry, in slot order. */
  current?: number[];
  /** The groups of each bucket. */
  buckets?: number[][];
  fix_size?: number;
  fix_root?: string;
  counting_code?: string;
  counted?: number[];
  void: { index: number; reasons: { teller: number; reason: string }[] }[];
  missing: { index: number; teller: number }[];
  sums: number[];
  /** By bucket, question and bit, as decimal numbers; once enough tellers have published sums. */
  totals?: (number | string)[][][];
  published: boolean;
}

export function factsOf(election: Election): Facts {
  const { manifest, tree, close, fix, totals } = election;
  return {
    election_id: hex(manifest.id),
    title: Object.fromEntries(manifest.title),
    size: tree.size,
    root: hex(tree.rootAt(tree.size)),
    phase: election.phase,
    slots: election.slots.size,
    ballots: election.ballots.size,
    ...(close === undefined ? {} : closing(election, close)),
    ...(fix === undefined ? {} : fixing(election, fix)),
    void: voidBallots(election),
    missing: election.complaints.flatMap(({ index, teller, reason }) => (reason === "missing" ? [{ index, teller }] : [])),
    sums: election.sums.map(({ teller }) => teller),
    ...(totals === undefined ? {} : { totals: totals.map((bucket) => bucket.map((question) => question.map(figure))) }),
    published: election.result !== undefined,
  };
}

/** Proven complaints of type 1 and 2 by ballot; after the fix entry none can come. */
function voidBallots({ complaints }: Election): Facts["void"] {
  const reasons = new Map<number, { teller: number; reason: string }[]>();
  for (const { index, teller, reason } of complaints) {
    if (reason !== "missing") reasons.set(index, [...(reasons.get(index) ?? []), { teller, reason }]);
  }
  return [...reasons].sort(([a], [b]) => a - b).map(([index, of]) => ({ index, reasons: of }));
}

function closing(election: Election, index: number): Partial<Facts> {
  const { size, root, code } = election.codeAfter(index, "closing");
  const current = election.currentAtClose.map((ballot) => ballot.index);
  return { close_size: size, close_root: hex(root), closing_code: code, current, buckets: buckets(election) };
}

function fixing(election: Election, index: number): Partial<Facts> {
  const { size, root, code } = election.codeAfter(index, "counting");
  return { fix_size: size, fix_root: hex(root), counting_code: code, counted: election.counted.map((ballot) => ballot.index) };
}

/** A JSON number where it is exact. */
function figure(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
}
