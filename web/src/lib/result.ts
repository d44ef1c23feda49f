// Figures for people from the totals of a result: pure functions, tested alone.

import type { Question } from "../wasm/types";

export interface Row {
  /** Index of the option; null for the blank vote. */
  option: number | null;
  votes: number;
  /** Share of the ballots that express a choice; null for the blank vote or without any. */
  share: number | null;
  first: boolean;
}

/** Rows of one question, as announced (never re-ordered: the order of options is the election's). `weight` is what was counted. */
export function rowsOf(question: Question, totals: readonly number[], weight: number): Row[] {
  const options = question.options.length;
  const blank = question.blank ? (totals[options] ?? 0) : 0;
  const expressed = weight - blank;
  const most = Math.max(0, ...totals.slice(0, options));
  const rows: Row[] = question.options.map((_, option) => {
    const votes = totals[option] ?? 0;
    return { option, votes, share: expressed > 0 ? votes / expressed : null, first: votes === most && votes > 0 };
  });
  if (question.blank) rows.push({ option: null, votes: blank, share: null, first: false });
  return rows;
}

/** Sums the buckets' totals, question by question. */
export function sumTotals(buckets: readonly { totals: number[][] }[]): number[][] {
  const sum: number[][] = [];
  for (const bucket of buckets) {
    bucket.totals.forEach((totals, q) => {
      const into = (sum[q] ??= totals.map(() => 0));
      totals.forEach((votes, k) => (into[k] = (into[k] ?? 0) + votes));
    });
  }
  return sum;
}
