// Opens this teller's boxes, shows what was found, and reports it.

import { heading } from "../../components/election";
import { errorNote } from "../../components/errors";
import { button, field, note, progressBar, working } from "../../components/parts";
import { silentServer } from "../../components/silent-server";
import { serverNow } from "../../lib/api";
import { h } from "../../lib/dom";
import { formatNumber, formatSpan, t } from "../../lib/i18n";
import type { BoxesOpened, Progress } from "../../wasm/types";
import { sendEntry, showDesk } from "./desk";
import { explainTeller } from "./errors";
import type { Ceremony } from "./state";

/** Fetches, checks and opens every box, with the time left; then reports, or does what `next` says. */
export async function openBoxes(ceremony: Ceremony, next?: () => Promise<void>): Promise<void> {
  ceremony.turn += 1;
  const controller = new AbortController();
  const bar = progressBar(t("tellers.opening_boxes"));
  const began = Date.now();
  const progress = (step: Progress): void => {
    const left = step.done > 0 ? ((Date.now() - began) / step.done) * (step.total - step.done) : null;
    const text = t(`tellers.stage_${step.stage}`, { done: step.done, total: step.total });
    bar.update(step.done, step.total, left !== null && left > 5_000 ? `${text} ${t("tellers.time_left", { span: formatSpan(left) })}` : text);
  };
  ceremony.shell.show({
    title: () => t("tellers.opening_boxes"),
    render: () => [
      working(t("tellers.opening_boxes"), bar.element),
      h("p", { class: "muted" }, t("tellers.opening_boxes_hint")),
      silentServer(ceremony.info.id),
      h("div", { class: "actions" }, button(t("common.cancel"), () => controller.abort(), "quiet")),
    ],
  });
  try {
    ceremony.boxes = await ceremony.teller.openBoxes({ progress, signal: controller.signal });
    if (next && lacking(ceremony, ceremony.boxes).length === 0) await next();
    else showOpened(ceremony, ceremony.boxes, next);
  } catch (error) {
    await showDesk(ceremony, error);
  }
}

/** Ballots whose boxes are missing and still needed: a void ballot's is not. */
export const lacking = (ceremony: Ceremony, boxes: BoxesOpened): number[] =>
  boxes.missing.filter((index) => !ceremony.log.void.some((voided) => voided.index === index));

/** With `next`, boxes are missing for what comes next, and there is nothing to report any more. */
function showOpened(ceremony: Ceremony, boxes: BoxesOpened, next?: () => Promise<void>, thrown: unknown = null, wrong: number | null = null): void {
  const { shell, info, teller } = ceremony;
  const complaints = boxes.complaints.filter((complaint) => complaint.complaint !== "missing");
  const report = (includeMissing: boolean): Promise<void> =>
    sendEntry(ceremony, t("tellers.sending_report"), () => teller.report({ includeMissing }));
  shell.show({
    title: () => t("tellers.opened"),
    render: () => {
      const wait = (ceremony.log.missingFrom ?? Infinity) - serverNow();
      return [
        heading(info.manifest.title, t("tellers.opened")),
        thrown ? errorNote(thrown, explainTeller(thrown)) : null,
        h("p", { class: "lead", "data-testid": "opened" }, t("tellers.opened_text", { count: boxes.opened, total: boxes.total })),
        complaints.length === 0
          ? note("ok", t("tellers.no_complaints"))
          : note("warn", t("tellers.complaints", { count: complaints.length }), t("tellers.complaints_text"),
              h("p", { class: "small" }, complaints.map((complaint) => formatNumber(complaint.index)).join(", "))),
        boxes.missing.length === 0
          ? [h("p", null, t("tellers.report_text")), h("div", { class: "actions" }, button(t("tellers.report_go"), () => report(false), "primary", "report"))]
          : [
              note("bad", t("tellers.e_boxes_what", { count: boxes.missing.length }), t("tellers.e_boxes_todo")),
              h("div", { class: "actions" },
                button(t("tellers.ask_again"), () => openBoxes(ceremony, next), "primary", "ask-again"),
                wait <= 0 && !next ? button(t("tellers.report_missing"), () => report(true), "plain", "report-missing") : null),
              wait > 0 && !next ? h("p", { class: "muted" }, t("tellers.report_missing_later", { span: formatSpan(wait) })) : null,
              supply(ceremony, boxes, next, wrong),
            ],
      ];
    },
  });
}

/** A box that a voter, a mirror or another copy had. `wrong`: the entry for which a file was given that is not its box. */
function supply(ceremony: Ceremony, boxes: BoxesOpened, next: (() => Promise<void>) | undefined, wrong: number | null): HTMLElement {
  const index = h("select", null, boxes.missing.map((missing) => h("option", { value: missing }, formatNumber(missing))));
  const file = h("input", { type: "file" });
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    if (!chosen) return;
    void ceremony.isoloir.page.readFile(chosen, 1 << 20)
      .then((bytes) => ceremony.teller.supplyBox(Number(index.value), bytes))
      .then(() => openBoxes(ceremony, next))
      .then(() => {
        const still = ceremony.boxes?.missing.includes(Number(index.value));
        if (still && ceremony.boxes) showOpened(ceremony, ceremony.boxes, next, null, Number(index.value));
      }, (error: unknown) => showOpened(ceremony, boxes, next, error));
  });
  return h("details", { id: "supply", open: wrong !== null }, h("summary", null, t("tellers.supply")),
    h("p", null, t("tellers.supply_text")),
    field({ id: "supply-index", label: t("tellers.supply_index"), input: index }),
    field({ id: "supply-file", label: t("tellers.supply_file"), error: wrong === null ? undefined : t("tellers.supply_other"), input: file }));
}
