// The result as files that anybody may use: one line for each section and option (CSV), and everything with its meaning (JSON).

import type { CountedBucket } from "../components/result-tables";
import type { ElectionId, Manifest, Text } from "../wasm/types";
import { sumTotals } from "./result";

/** The text in the language asked for, else in its first one. */
const words = (text: Text, language: string): string => text[language] ?? Object.values(text)[0] ?? "";

/** A cell that spreadsheets take as text: quoted, and never a formula. */
function cell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return `"${safe.replaceAll('"', '""')}"`;
}

/**
 * RFC 4180 with a byte order mark, without which spreadsheets misread accents. Columns: question (from 1), option (from 1; 0 is the
 * blank vote), option's text (empty for blank), sections that were counted together, votes. Lines without sections are the sums of all.
 */
export function resultCsv(manifest: Manifest, buckets: readonly CountedBucket[], language: string): string {
  const lines: string[][] = [["question", "option", "text", "sections", "votes"].map(cell)];
  const add = (totals: readonly number[][], sections: string): void => {
    manifest.questions.forEach((question, q) => {
      (totals[q] ?? []).forEach((votes, k) => {
        const option = question.options[k];
        lines.push([cell(q + 1), cell(option ? k + 1 : 0), cell(option ? words(option, language) : ""), cell(sections), cell(votes)]);
      });
    });
  };
  add(sumTotals(buckets), "");
  for (const bucket of buckets) add(bucket.totals, bucket.groups.map((group) => manifest.groups[group] ?? String(group)).join(" + "));
  return `\uFEFF${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

/** What the JSON needs besides manifest and totals. */
export interface Published {
  id: ElectionId;
  closing: string | null;
  counting: string | null;
  voters: number;
  ballots: number;
}

/** `isoloir/result-1`: texts in all their languages, totals by question, section and option, the blank vote last. */
export function resultJson(manifest: Manifest, buckets: readonly CountedBucket[], published: Published): string {
  const result = {
    format: "isoloir/result-1",
    election: published.id,
    title: manifest.title,
    closing_code: published.closing,
    counting_code: published.counting,
    voters: published.voters,
    ballots: published.ballots,
    questions: manifest.questions.map(({ title, options, blank }, q) => ({ title, options, blank, totals: sumTotals(buckets)[q] ?? [] })),
    sections: buckets.map(({ groups, merged, ballots, weight, totals }) => ({
      names: groups.map((group) => manifest.groups[group] ?? String(group)), merged, ballots, weight, totals,
    })),
  };
  return `${JSON.stringify(result, null, 2)}\n`;
}
