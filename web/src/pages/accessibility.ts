// The accessibility statement: what was tested and how, what is not met, whom to tell.

import catalogues from "virtual:catalogues/accessibility";

import { startPage } from "../components/shell";
import { h } from "../lib/dom";
import { t, type Key } from "../lib/i18n";

void start();

const list = (keys: readonly Key[]): HTMLElement => h("ul", null, keys.map((key) => h("li", null, t(key))));

async function start(): Promise<void> {
  const shell = await startPage({ catalogues, name: "accessibility.page" });
  shell.show({
    render: () => [
      h("h1", null, t("accessibility.heading")),
      h("p", { class: "lead" }, t("accessibility.lead")),
      h("h2", null, t("accessibility.state")),
      h("p", null, t("accessibility.state_text")),
      h("h2", null, t("accessibility.tested")),
      list(["accessibility.tested_axe", "accessibility.tested_keyboard", "accessibility.tested_tree", "accessibility.tested_sizes", "accessibility.tested_modes", "accessibility.tested_browsers"]),
      h("h2", null, t("accessibility.not_met")),
      list(["accessibility.not_people", "accessibility.not_readers", "accessibility.not_texts", "accessibility.not_qr", "accessibility.not_pdf"]),
      h("h2", null, t("accessibility.contact")),
      h("p", null, t("accessibility.contact_text")),
      h("p", null, t("accessibility.other_way")),
      h("p", { class: "muted small" }, t("accessibility.date")),
    ],
  });
}
