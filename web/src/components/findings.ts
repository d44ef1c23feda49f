// What an audit found, in sentences: the entry, the rule, and what it means. The command says the same (cli/i18n).

import { h, type Child } from "../lib/dom";
import { isKey, t, type Key } from "../lib/i18n";
import type { CheckOutcome } from "../wasm/types";

type Finding = CheckOutcome["findings"][number];

/** A broken archive can have thousands of findings; the saved report has them all. */
const SHOWN = 5;

/** The rule that is broken, as a sentence. One that is newer than the catalogues is told in the module's own words. */
export function ruleOf({ problem, detail, values }: Finding): string {
  const key = `faults.${problem}`;
  if (!isKey(key)) return detail;
  const said = Object.entries(values).map(([name, value]): [string, string] => {
    const word = `faults.${name}_${value}`;
    return [name, (name === "kind" || name === "role") && isKey(word) ? t(word) : value];
  });
  return t(key, Object.fromEntries(said));
}

/** The findings of a check that fails, and what that means for the election. */
export function findingsOf(check: CheckOutcome): Child {
  const shown = check.findings.slice(0, SHOWN);
  return [
    h("ul", { "data-testid": `findings-${check.check}` }, shown.map((finding) => h("li", { "data-problem": finding.problem, "data-index": finding.index },
      finding.index === null ? t("audit.failed_whole") : t("audit.failed_entry", { index: String(finding.index) }), " ", ruleOf(finding)))),
    check.findings.length > shown.length ? h("p", { class: "muted" }, t("audit.more_findings", { count: check.findings.length - shown.length })) : null,
    h("p", { "data-testid": `means-${check.check}` }, t("audit.what_it_means"), " ", t(`audit.${check.check}_means` as Key)),
    h("details", null, h("summary", null, t("common.technical")),
      shown.map((finding) => h("p", { class: "small mono" }, `${finding.index ?? "–"} ${finding.problem}: ${finding.detail}`))),
  ];
}
