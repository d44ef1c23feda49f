// The line by which an election names a witness.

import { button } from "../../components/parts";
import { h } from "../../lib/dom";
import { t } from "../../lib/i18n";
import type { WitnessKey } from "../../wasm/types";

/** The line, and a button that copies it. */
export function lineCard(key: WitnessKey): HTMLElement {
  const said = h("span", { role: "status", class: "muted", "data-testid": "line-copied" });
  const area = h("textarea", { id: "line", rows: 4, readonly: true, spellcheck: "false", dir: "ltr", class: "mono", translate: "no", "data-testid": "line" });
  area.value = key.line;
  return h("section", { class: "card", "aria-labelledby": "line-heading" },
    h("h2", { id: "line-heading" }, t("witness.line")),
    h("p", null, t("witness.line_text")),
    h("label", { for: "line", class: "visually-hidden" }, t("witness.line")),
    area,
    h("div", { class: "actions" },
      button(t("witness.copy"), async () => {
        area.select();
        try {
          await navigator.clipboard.writeText(key.line);
          said.textContent = t("common.copied");
        } catch {
          // It is selected: the keyboard copies it.
          said.textContent = t("witness.copy_failed");
        }
      }, "compact", "copy-line"),
      said));
}
