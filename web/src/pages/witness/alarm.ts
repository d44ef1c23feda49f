// The log has shown two histories, or broken its rules. Both checkpoints are kept, and nothing is cosigned any more.

import { button, verdict } from "../../components/parts";
import { h, type Child } from "../../lib/dom";
import { t } from "../../lib/i18n";
import type { WitnessAlarm } from "../../wasm/types";
import type { Desk } from "./state";

export function showAlarm(desk: Desk, name: string, alarm: WitnessAlarm, memory: string): void {
  const { shell, isoloir, linked } = desk;
  const file = `isoloir-witness-${(linked ?? "").slice(0, 8)}.seen.json`;
  const reason = alarm.entry === null ? "fork" : "broken";
  shell.show({
    title: () => t("witness.alarm"),
    render: () => [
      h("div", { "data-testid": "alarm", "data-reason": reason }, verdict("bad", t("witness.alarm"),
        h("p", null, alarm.entry === null ? t("witness.alarm_fork") : t("witness.alarm_broken", { index: String(alarm.entry) })),
        h("p", null, t("witness.alarm_stopped")))),
      h("h2", null, t("witness.alarm_do")),
      h("ol", null, h("li", null, t("witness.alarm_save")), h("li", null, t("witness.alarm_tell")), h("li", null, t("witness.alarm_keep"))),
      h("div", { class: "actions" }, button(t("witness.alarm_download"), () => isoloir.page.download(file, "application/json", memory), "primary", "save-evidence")),
      checkpoint("kept", t("witness.alarm_kept"), alarm.kept),
      checkpoint("shown", t("witness.alarm_shown"), alarm.shown),
      h("p", { class: "small muted" }, t("witness.as"), " ", h("bdi", { class: "mono" }, name)),
    ],
  });
}

/** A note as the log signed it. It is long, and may be read with the keyboard. */
function checkpoint(id: string, label: string, note: string): Child {
  if (note === "") return null;
  const area = h("textarea", { id, rows: 7, readonly: true, spellcheck: "false", dir: "ltr", class: "mono", translate: "no", "data-testid": id });
  area.value = note;
  return h("div", { class: "field" }, h("label", { for: id }, label), area);
}
