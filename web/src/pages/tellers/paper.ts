// The sheet of paper from which a key can be restored: the locked key as a QR code, the key itself as words.

import { errorNote } from "../../components/errors";
import { button, facts, note, working } from "../../components/parts";
import { qr } from "../../components/qr";
import type { Shell } from "../../components/shell";
import { h } from "../../lib/dom";
import { language, t } from "../../lib/i18n";
import type { Isoloir, PaperSheet } from "../../wasm/types";
import { explainTeller } from "./errors";

/** Makes the sheet of a key file and shows it, ready to print. */
export async function showPaper(shell: Shell, module: Isoloir, back: () => void, file: string, passphrase: string): Promise<void> {
  shell.show({ render: () => working(t("tellers.opening")) });
  try {
    const sheet = await module.tellers.sheet(file, passphrase, language());
    shell.show({ title: () => t("tellers.paper"), render: () => page(sheet, back) });
  } catch (error) {
    shell.show({
      render: () => [errorNote(error, explainTeller(error)), h("div", { class: "actions" }, button(t("common.back"), back))],
    });
  }
}

function page(sheet: PaperSheet, back: () => void) {
  return [
    h("h1", null, t("tellers.paper")),
    h("div", { class: "actions no-print" }, button(t("tellers.paper_print"), () => print(), "primary", "print"), button(t("common.back"), back, "quiet")),
    facts([[t("tellers.fingerprint"), h("span", { class: "mono", "data-testid": "paper-fingerprint" }, sheet.fingerprint)]]),
    h("h2", null, t("tellers.paper_code")),
    h("p", null, t("tellers.paper_code_text")),
    h("div", { class: "paper-code" }, qr(sheet.file, t("tellers.paper_code"))),
    h("hr"),
    h("h2", null, t("tellers.paper_words")),
    note("warn", t("tellers.paper_words_warn"), t("tellers.paper_words_todo")),
    h("ol", { class: "paper-words", translate: "no", "data-testid": "paper-words" }, sheet.words.map((word) => h("li", null, word))),
  ];
}
