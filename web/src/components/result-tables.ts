// Result tables with captions and bars, overall and by group.

import { h, type Child } from "../lib/dom";
import { formatList, formatNumber, formatPercent, t } from "../lib/i18n";
import { rowsOf, sumTotals } from "../lib/result";
import type { Manifest } from "../wasm/types";
import { bar, own } from "./parts";

export interface CountedBucket {
  groups: number[];
  merged: boolean;
  ballots: number;
  weight: number;
  totals: number[][];
}

/** Name of a bucket: its group, or the groups merged to keep votes secret. */
export function bucketName(manifest: Manifest, bucket: CountedBucket): string {
  const names = bucket.groups.map((group) => manifest.groups[group] ?? String(group));
  return bucket.merged ? t("common.merged", { names: formatList(names) }) : formatList(names);
}

/** The whole result of one question. */
function overall(manifest: Manifest, q: number, totals: readonly number[], weight: number): Child {
  const question = manifest.questions[q];
  if (!question) return null;
  return h("div", { class: "scroll", "data-testid": `total-${q}`, tabindex: 0, role: "region", "aria-label": t("common.result_of", { number: q + 1 }) }, h("table", null,
    h("caption", null, h("span", null, own(question.title))),
    h("thead", null, h("tr", null, h("th", { scope: "col" }, t("common.option")), h("th", { scope: "col", class: "n" }, t("common.votes")), h("th", { scope: "col", class: "n" }, t("common.share")))),
    h("tbody", null, rowsOf(question, totals, weight).map((row) => h("tr", { class: row.first ? "first" : undefined },
      h("th", { scope: "row" }, row.option === null ? t("common.blank_vote") : own(question.options[row.option] ?? {}), row.share === null ? null : bar(row.share)),
      h("td", { class: "n" }, formatNumber(row.votes)),
      h("td", { class: "n" }, row.share === null ? "–" : formatPercent(row.share)))))));
}

/** One line per group, one column per option. */
function byGroup(manifest: Manifest, q: number, buckets: readonly CountedBucket[]): Child {
  const question = manifest.questions[q];
  if (!question) return null;
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("common.by_group_of", { number: q + 1 }) }, h("table", { class: "many" },
    h("caption", null, h("span", null, own(question.title), " – ", t("common.by_group"))),
    h("thead", null, h("tr", null,
      h("th", { scope: "col" }, t("common.group")),
      h("th", { scope: "col", class: "n" }, t("common.ballots")),
      question.options.map((option) => h("th", { scope: "col", class: "n" }, own(option))),
      question.blank ? h("th", { scope: "col", class: "n" }, t("common.blank_short")) : null)),
    h("tbody", null, buckets.map((bucket) => h("tr", null,
      h("th", { scope: "row" }, bucketName(manifest, bucket)),
      h("td", { class: "n" }, formatNumber(bucket.ballots)),
      (bucket.totals[q] ?? []).map((votes) => h("td", { class: "n" }, formatNumber(votes))))))));
}

/** Everything about a published result; `how` tells how totals and groups can be checked. */
export function resultTables(manifest: Manifest, buckets: readonly CountedBucket[], how?: (claim: "totals" | "groups") => Child): Child {
  const totals = sumTotals(buckets);
  const weight = buckets.reduce((sum, bucket) => sum + bucket.weight, 0);
  const merged = buckets.some((bucket) => bucket.merged);
  return [
    manifest.questions.map((_, q) => overall(manifest, q, totals[q] ?? [], weight)),
    h("p", { class: "small muted" }, t("common.share_note")),
    how?.("totals"),
    h("details", { id: "by-group" }, h("summary", null, t("common.by_group")),
      manifest.questions.map((_, q) => byGroup(manifest, q, buckets)),
      merged ? h("p", { class: "small muted" }, t("common.merged_note", { count: manifest.smallest_group })) : null,
      how?.("groups")),
  ];
}
