// Screen 5: the ballot is in the urn, verified by this device; keep the receipt.

import { receiptCard } from "../../components/receipt-card";
import { button, own, steps, verdict, withTime } from "../../components/parts";
import { h } from "../../lib/dom";
import { t } from "../../lib/i18n";
import { forgetReceipt } from "../../lib/receipts";
import type { CheckedReceipt } from "../../wasm/types";
import { identify, leave, STEPS } from "./identify";
import type { Vote } from "./state";

/** Shows a receipt the module has verified. */
export function showReceipt(vote: Vote, receipt: CheckedReceipt): void {
  const { manifest } = vote.info;
  vote.shell.show({
    title: () => t("vote.step_receipt"),
    render: () => [
      steps(5, STEPS, t("vote.step_receipt")),
      h("p", { class: "eyebrow" }, own(manifest.title)),
      verdict("ok", t("receipt.in_urn"), h("p", null, t("receipt.keep"))),
      receiptCard(vote.isoloir, vote.info, receipt),
      manifest.revote
        ? [
            h("p", null, t("receipt.may_vote_again"), " ", withTime("vote.closes_at", vote.status.closes)),
            h("p", { class: "no-print" }, button(t("vote.vote_again"), () => {
              vote.sent = false;
              vote.receipt = null;
              return identify(vote);
            }, "compact", "vote-again")),
          ]
        : h("p", null, t("vote.vote_is_final")),
      h("details", { id: "missing", class: "no-print" }, h("summary", null, t("receipt.missing")), h("p", null, t("receipt.missing_todo"))),
      h("details", { id: "shared", class: "no-print" }, h("summary", null, t("receipt.shared_device")),
        h("p", null, t("receipt.shared_device_what")),
        button(t("receipt.forget"), async () => {
          forgetReceipt(vote.isoloir, vote.info.id, receipt.slot);
          vote.receipt = null;
          vote.sent = false;
          await leave(vote);
        }, "compact", "forget")),
    ],
  });
  vote.shell.announce(t("receipt.in_urn"));
}

