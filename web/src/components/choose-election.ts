// Finds out which election a page is about: from its link, or from the server's list.

import { api, type ElectionSummary } from "../lib/api";
import { h } from "../lib/dom";
import { t } from "../lib/i18n";
import type { ElectionId } from "../wasm/types";
import { errorScreen } from "./errors";
import { own, withTime, working } from "./parts";
import type { Shell } from "./shell";

/** Resolves with the election; shows a list where there is a choice. */
export async function chooseElection(shell: Shell, given: ElectionId | null): Promise<ElectionId> {
  if (given) {
    shell.setElection(given);
    return given;
  }
  shell.show({ render: () => working(t("common.loading")) });
  const all = await listElections(shell);
  const only = all[0];
  if (all.length === 1 && only) {
    shell.setElection(only.id);
    return only.id;
  }
  return new Promise((resolve) => {
    shell.show({
      title: () => t("common.which_election"),
      render: () => [
        h("h1", null, t("common.which_election")),
        all.length === 0 ? h("p", null, t("common.no_elections")) : null,
        h("ul", { class: "elections" }, all.map((election) => h("li", { class: "card" },
          h("h2", null, own(election.title)),
          h("p", { class: "muted" }, withTime("common.closes_at", election.closes)),
          h("button", {
            type: "button",
            on: {
              click: () => {
                shell.setElection(election.id);
                resolve(election.id);
              },
            },
          }, t("common.choose_this"))))),
      ],
    });
  });
}

function listElections(shell: Shell): Promise<ElectionSummary[]> {
  return api.elections().catch((error: unknown) => new Promise<ElectionSummary[]>((resolve) => {
    shell.show({ render: () => errorScreen(error, () => resolve(listElections(shell))) });
  }));
}
