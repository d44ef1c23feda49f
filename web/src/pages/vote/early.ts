// The first screen while the module is still on its way: on a slow line whoever types a number and codes begins at once.

import { clockNote, heading } from "../../components/election";
import { form, steps, working } from "../../components/parts";
import type { Shell } from "../../components/shell";
import { serverNow, type Status } from "../../lib/api";
import type { Fragment } from "../../lib/fragment";
import { h } from "../../lib/dom";
import { t } from "../../lib/i18n";
import { votingNow } from "../../lib/phase";
import { STEPS } from "./identify";
import { identifyFields, identifyIntro, noCode } from "./identify-form";

export interface Early {
  /** What was typed, by the ids of the fields. */
  readonly typed: Record<string, string>;
  /** Whether the voter has gone on already. */
  submitted: boolean;
}

/** Shows the fields if there is something to type; null if this visit may begin elsewhere: with a link's code, a kept place, a ballot or a receipt. */
export function showEarly(shell: Shell, status: Status, link: Fragment): Early | null {
  if (link.code !== null || votingNow(status, serverNow(), null) !== "open" || mayBeKept(status.id)) return null;
  const early: Early = { typed: {}, submitted: false };
  const { registrars } = status;
  const submit = (): void => {
    early.submitted = true;
    shell.show({ title: () => t("vote.step_identify"), render: () => working(t("common.loading")) });
  };
  shell.show({
    title: () => t("vote.step_identify"),
    render: () => [
      steps(1, STEPS, t("vote.step_identify")),
      // The line of the election's title, which only the module can vouch for: nothing moves when it comes.
      h("p", { class: "eyebrow" }, "\u00a0"),
      heading(null, t("vote.identify")),
      clockNote(),
      identifyIntro(registrars.length),
      form(submit,
        identifyFields({ election: status.id, registrars, missing: registrars.map((_, p) => p), slot: link.slot, asksSlot: true, typed: early.typed, errors: {} }),
        h("div", { class: "actions" }, h("button", { type: "submit", class: "primary", "data-testid": "continue" }, t("common.continue")))),
      noCode(registrars),
    ],
  });
  return early;
}

/** Whether this device holds anything of the election. What it is, the module knows. */
function mayBeKept(election: string): boolean {
  try {
    return [sessionStorage, localStorage].some((storage) => Object.keys(storage).some((name) => name.includes(election)));
  } catch {
    // Without storage nothing is kept.
    return false;
  }
}
