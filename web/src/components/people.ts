// Who has done what: tellers and witnesses, from the server's status. Used as the tellers' waiting
// room and on the results page.

import type { Status } from "../lib/api";
import { h, type Child } from "../lib/dom";
import { t, tx } from "../lib/i18n";
import type { Manifest } from "../wasm/types";
import { when } from "./parts";

/** Tellers with their state, on request with their last drill, and how far each witness has followed; `how` tells how both can be checked. */
export function people(manifest: Manifest, status: Status, drills = false, how?: (claim: "tellers" | "witnesses") => Child): Child {
  const closed = ["closed", "fixed", "counted"].includes(status.phase);
  const state = (teller: Status["tellers"][number]): [string, string] => {
    if (teller.summed) return ["ok", t("common.teller_summed")];
    if (teller.reported) return ["ok", t("common.teller_reported")];
    if (status.phase === "counted") return ["", t("common.teller_absent")];
    if (status.phase === "fixed") return ["warn", t("common.teller_late")];
    if (closed) return ["warn", t("common.teller_waited")];
    if (teller.consented) return ["ok", t("common.teller_consented")];
    return ["warn", t("common.teller_not_consented")];
  };
  return [
    h("ul", { class: "people", "data-testid": "tellers" }, status.tellers.map((teller) => {
      const [tone, text] = state(teller);
      return h("li", null, h("span", null, teller.name, drills ? [h("br"), h("small", { class: "muted" }, teller.last_drill === null ? t("common.drill_never") : tx("common.drill_on", { time: when(teller.last_drill) }))] : null), h("span", { class: `badge ${tone}` }, text));
    })),
    how?.("tellers"),
    manifest.witnesses.length === 0 ? null : [
      h("p", { class: "label" }, t("common.witnesses", { count: manifest.witness_quorum })),
      h("ul", { class: "people" }, status.witnesses.map((witness) => h("li", null,
        h("span", null, witness.name),
        h("span", { class: witness.seen_size === null ? "badge warn" : "badge ok" },
          witness.seen_size === null ? t("common.witness_unseen") : t("common.witness_seen", { size: witness.seen_size, of: status.size }))))),
      how?.("witnesses"),
    ],
  ];
}
