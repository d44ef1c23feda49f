// The code all tellers must read the same. It is compared by voice, not through the server: a
// server that shows tellers different logs is found out here.

import { heading } from "../../components/election";
import { errorNote, failure } from "../../components/errors";
import { button, groups, note, working } from "../../components/parts";
import { h } from "../../lib/dom";
import { inOneFile } from "../../lib/inlined";
import { formatList, t } from "../../lib/i18n";
import type { CommonCode, Confirmed, Teller } from "../../wasm/types";
import { saveLock } from "./carried";
import { explainTeller } from "./errors";
import { showDesk } from "./desk";
import type { Ceremony } from "./state";

type Stage = "closing" | "counting";

/** Shows the code, asks who read the same one, stores the confirmation, then goes on. */
export function compare(ceremony: Ceremony, stage: Stage, shared: CommonCode, next: () => void | Promise<void>, thrown: unknown = null): void {
  const { shell, info, teller } = ceremony;
  const others = info.manifest.tellers.map((other, i) => ({ name: other.name, j: i + 1 })).filter((other) => other.j !== teller.number);
  const needed = Math.max(0, info.quorum - 1);
  const remembered = teller.remembers[stage];
  const ticks = others.map((other) => h("input", { type: "checkbox", id: `heard-${other.j}`, "data-testid": "heard" }));
  const first = h("input", { type: "checkbox", id: "first-device" });
  const missing = h("p", { class: "error", role: "alert", hidden: true });
  const go = async (): Promise<void> => {
    const heard = ticks.filter((tick) => tick.checked).length;
    const problem = heard < needed ? t("tellers.compare_needed", { count: needed }) : !remembered && !first.checked ? t("tellers.compare_first_needed") : null;
    if (problem !== null) {
      missing.textContent = problem;
      missing.hidden = false;
      return;
    }
    shell.show({ render: () => working(t("tellers.confirming")) });
    try {
      const confirmed = await confirm(teller, stage, shared.code, first.checked);
      if (inOneFile()) saveLock(ceremony, confirmed, next);
      else if (confirmed.stored) await next();
      else saveFirst(ceremony, confirmed, next);
    } catch (error) {
      // Another root was confirmed with this key: there is no way on, and that is the point.
      if (failure(error)?.kind === "lock" && lockFinal(error)) return showDesk(ceremony, error);
      compare(ceremony, stage, shared, next, error);
    }
  };
  shell.show({
    title: () => t(`common.${stage}_code`),
    render: () => [
      heading(info.manifest.title, t(`common.${stage}_code`)),
      thrown ? errorNote(thrown, explainTeller(thrown)) : null,
      h("p", { class: "lead" }, t("tellers.compare_read")),
      h("div", { class: "card", "data-testid": "common-code" }, groups(shared.code, "huge")),
      h("p", null, t("tellers.compare_why")),
      h("p", { class: "small muted" }, t("tellers.compare_witnesses", { count: shared.cosigned, names: formatList(info.manifest.witnesses.map((witness) => witness.name)) })),
      others.length > 0
        ? h("fieldset", null, h("legend", null, t("tellers.compare_who")), h("p", { class: "hint" }, t("tellers.compare_needed", { count: needed })),
            others.map((other, i) => h("label", { class: "tick" }, ticks[i], h("span", null, t("tellers.compare_heard", { name: other.name })))))
        : null,
      remembered ? note("ok", t("tellers.remembered")) : h("label", { class: "tick" }, first, h("span", null, t("tellers.compare_first"))),
      missing,
      h("div", { class: "actions" },
        button(t("tellers.compare_go"), go, "primary", "confirm"),
        button(t("tellers.compare_differs"), () => differs(ceremony), "plain", "differs"),
        button(t("common.back"), () => showDesk(ceremony), "quiet")),
    ],
  });
}

/** Where the browser stores nothing, the key file saved next takes its place. */
async function confirm(teller: Teller, stage: Stage, code: string, firstDevice: boolean): Promise<Confirmed> {
  try {
    return await teller.confirm(stage, code, { firstDevice });
  } catch (error) {
    const inner = failure(error);
    if (inner?.kind !== "lock" || inner.problem !== "notStored") throw error;
    return teller.confirm(stage, code, { firstDevice, withoutStorage: true });
  }
}

function lockFinal(error: unknown): boolean {
  const inner = failure(error);
  return inner?.kind === "lock" && inner.problem === "otherRoot";
}

/** Where the browser forgets, the key file must remember. */
function saveFirst(ceremony: Ceremony, confirmed: Confirmed, next: () => void | Promise<void>): void {
  ceremony.shell.show({
    title: () => t("tellers.save_updated"),
    render: () => [
      h("h1", null, t("tellers.save_updated")),
      note("warn", t("tellers.save_updated_what"), t("tellers.save_updated_todo")),
      h("div", { class: "actions" }, button(t("tellers.save_updated_go"), async () => {
        ceremony.isoloir.page.download(confirmed.fileName, "application/json", confirmed.file);
        await next();
      }, "primary", "save-updated")),
    ],
  });
}

/** Codes that differ: stop. */
function differs(ceremony: Ceremony): void {
  ceremony.shell.show({
    title: () => t("tellers.differs"),
    render: () => [
      h("h1", null, t("tellers.differs")),
      note("bad", t("tellers.differs_what"), h("ol", null, h("li", null, t("tellers.differs_1")), h("li", null, t("tellers.differs_2")), h("li", null, t("tellers.differs_3")))),
      h("div", { class: "actions" },
        button(t("tellers.differs_sync"), async () => {
          ceremony.log = await ceremony.teller.sync().catch(() => ceremony.log);
          await showDesk(ceremony);
        }, "primary"),
        inOneFile() ? null : h("a", { class: "button", href: `/audit/#${ceremony.info.id}` }, t("common.link_audit"))),
    ],
  });
}
