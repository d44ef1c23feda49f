// A test ballot that was opened: how a second device reads it.

import { h, type Child } from "../lib/dom";
import { t } from "../lib/i18n";
import type { Disclosure, ElectionInfo, Isoloir } from "../wasm/types";
import { button, facts, groups } from "./parts";
import { qr } from "./qr";

/** Link that shows the test ballot on another device. */
export const disclosureLink = (election: string, slot: number, text: string): string =>
  `${location.origin}/test/#${election}.${slot}.${text}`;

/** QR code, link and file of a disclosed ballot, with the code to compare. */
export function disclosed(isoloir: Isoloir, info: ElectionInfo, disclosure: Disclosure, slot: number, code: string): Child {
  const url = disclosureLink(info.id, slot, disclosure.text);
  const copied = h("span", { role: "status", class: "muted" });
  return [
    h("p", null, t("common.disclosed_how")),
    h("div", { class: "card receipt" },
      facts([[t("common.slot"), String(slot)], [t("common.ballot_code"), groups(code, true)]]),
      h("div", { class: "qr" }, qr(url, t("common.disclosed_qr")))),
    h("p", null, h("a", { href: url, target: "_blank", rel: "noreferrer", "data-testid": "disclosure-link" }, t("common.disclosed_link"))),
    h("div", { class: "actions no-print" },
      button(t("common.copy_link"), async () => {
        try {
          await navigator.clipboard.writeText(url);
          copied.textContent = t("common.copied");
        } catch {
          copied.textContent = t("common.copy_failed");
        }
      }, "compact"),
      button(t("common.save_file"), () => isoloir.page.download(`test-${slot}.txt`, "text/plain", disclosure.text), "compact"),
      copied),
  ];
}
