// Ballots that are void by a teller's proof: said wherever the count is shown.

import { h, type Child } from "../lib/dom";
import { t } from "../lib/i18n";
import type { Manifest, VoidBallot, VoidReason } from "../wasm/types";
import { note } from "./parts";

/** Each ballot with what is wrong with it, by whose proof; nothing where none is void. */
export function voidBallots(manifest: Manifest, ballots: readonly VoidBallot[]): Child {
  if (ballots.length === 0) return null;
  return h("div", { "data-testid": "void" }, note("warn", t("void.count", { count: ballots.length }), t("void.text"),
    h("ul", null, ballots.map(({ index, slot, reasons }) => h("li", { "data-index": index },
      t("void.ballot", { index: String(index), slot: String(slot ?? "") }),
      reasons.map((reason) => [" ", complaintText(manifest, reason)]))))));
}

/** What a complaint has proved, as a sentence. */
export function complaintText(manifest: Manifest, { teller, complaint }: VoidReason): string {
  return t(`void.${complaint}`, { teller: manifest.tellers[teller - 1]?.name ?? String(teller) });
}
