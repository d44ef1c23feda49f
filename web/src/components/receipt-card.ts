// A verified receipt: to keep as file, paper or picture. Never holds the choice.

import { h } from "../lib/dom";
import { formatList, t } from "../lib/i18n";
import type { CheckedReceipt, ElectionInfo, Isoloir } from "../wasm/types";
import { button, facts, groups, own, when } from "./parts";
import { qr } from "./qr";

/** Link that checks this receipt in any browser. */
export const checkLink = (receipt: Pick<CheckedReceipt, "election" | "slot" | "code">): string =>
  `${location.origin}/check/#${receipt.election}.${receipt.slot}.${receipt.code}`;

/** Slot, code, time, QR code and the ways to keep them. */
export function receiptCard(isoloir: Isoloir, info: ElectionInfo, receipt: CheckedReceipt, offerCheck = true): HTMLElement {
  const url = checkLink(receipt);
  return h("section", { class: "card", "aria-labelledby": "receipt-heading", "data-testid": "receipt" },
    h("h2", { id: "receipt-heading" }, t("receipt.heading")),
    h("div", { class: "receipt" },
      facts([
        [t("common.election"), own(info.manifest.title)],
        [t("common.slot"), h("span", { "data-testid": "receipt-slot" }, String(receipt.slot))],
        [t("receipt.code"), h("span", { "data-testid": "receipt-code" }, groups(receipt.code, true))],
        [t("receipt.time"), when(receipt.time)],
        [t("receipt.position"), `${receipt.index}`],
        receipt.witnesses.length > 0 ? [t("receipt.witnesses"), formatList(receipt.witnesses)] : null,
      ]),
      h("div", { class: "qr" }, qr(url, t("receipt.qr")), h("p", { class: "small muted" }, t("receipt.qr_hint")))),
    receipt.codeProved ? null : h("p", { class: "small muted" }, t("receipt.code_unproved")),
    h("p", { class: "small" }, t("receipt.check_at"), " ", h("span", { class: "mono", dir: "ltr" }, `${location.origin}/check/`)),
    h("p", { class: "only-print small" }, t("receipt.missing_todo")),
    h("div", { class: "actions" },
      button(t("receipt.save"), () => isoloir.page.download(receipt.fileName, "application/json", receipt.file), "plain", "save-receipt"),
      button(t("receipt.print"), () => print(), "plain", "print"),
      offerCheck ? h("a", { class: "button", href: url, "data-testid": "check-link" }, t("receipt.check")) : null));
}
