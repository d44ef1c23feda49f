// Opens a teller's key file and replays the election's log on this device.

import { heading } from "../../components/election";
import { errorNote, failure, type Explained } from "../../components/errors";
import { errorSummary, field, form, progressBar, working } from "../../components/parts";
import { silentServer } from "../../components/silent-server";
import { h } from "../../lib/dom";
import { t } from "../../lib/i18n";
import { inOneFile } from "../../lib/inlined";
import type { Progress, Teller } from "../../wasm/types";
import { showDesk } from "./desk";
import { explainTeller } from "./errors";
import type { Setting } from "./state";

const KEY_FILE_BYTES = 1 << 20;

/** Asks for key file and passphrase. */
export function showUnlock(setting: Setting, errors: Record<string, string>, thrown: unknown = null, explained?: Explained, chosen: FileList | null = null, brought: FileList | null = null): void {
  const { shell } = setting;
  const file = h("input", { type: "file", accept: ".json,application/json" });
  if (chosen) file.files = chosen;
  const carried = h("input", { type: "file" });
  if (brought) carried.files = brought;
  const passphrase = h("input", { type: "password", autocomplete: "current-password" });
  const submit = async (): Promise<void> => {
    const found: Record<string, string> = {};
    const first = file.files?.[0];
    if (!first) found["key-file"] = t("tellers.file_missing");
    if (passphrase.value === "") found["passphrase"] = t("tellers.passphrase_missing");
    if (inOneFile() && !carried.files?.[0]) found["carried"] = t("tellers.carry_e_file");
    if (!first || Object.keys(found).length > 0) return again(found);
    await open(setting, first, carried.files?.[0] ?? null, passphrase.value, (next, error, pair) => showUnlock(setting, next, error, pair, file.files, carried.files));
  };
  const again = (found: Record<string, string>): void => showUnlock(setting, found, null, undefined, file.files, carried.files);
  shell.show({
    title: () => t("tellers.unlock"),
    render: () => [
      heading(null, t("tellers.unlock")),
      errorSummary(Object.entries(errors).map(([id, text]) => ({ id, text }))),
      thrown ? errorNote(thrown, explained) : null,
      h("p", null, t("tellers.unlock_intro")),
      form(submit,
        inOneFile() ? field({ id: "carried", label: t("tellers.file_carried"), hint: t("tellers.file_carried_hint"), error: errors["carried"], input: carried }) : null,
        field({ id: "key-file", label: t("tellers.key_file"), hint: t("tellers.key_file_hint"), error: errors["key-file"], input: file }),
        field({ id: "passphrase", label: t("tellers.passphrase"), error: errors["passphrase"], input: passphrase }),
        h("div", { class: "actions" }, h("button", { type: "submit", class: "primary", "data-testid": "open-key" }, t("tellers.open")))),
    ],
  });
  shell.main.querySelector<HTMLElement>("[data-testid=errors]")?.focus();
}

/** On a machine without a network everything is in the file that was carried there. */
async function open(setting: Setting, file: File, brought: File | null, passphrase: string, failed: (errors: Record<string, string>, error?: unknown, explained?: Explained) => void): Promise<void> {
  const { shell, isoloir } = setting;
  const bar = progressBar(t("tellers.opening"));
  shell.show({ title: () => t("tellers.unlock"), render: () => [working(t("tellers.opening"), bar.element), setting.election ? silentServer(setting.election) : null] });
  let teller: Teller | null = null;
  try {
    const text = new TextDecoder().decode(await isoloir.page.readFile(file, KEY_FILE_BYTES));
    const carried = brought && (await isoloir.tellers.carry(brought));
    const election = carried?.head.election ?? setting.election ?? "";
    const info = await isoloir.election(election, carried?.manifest);
    teller = await isoloir.tellers.open({ election, file: text, passphrase });
    const progress = (step: Progress): void => bar.update(step.done, step.total, t(`tellers.stage_${step.stage}`, { done: step.done, total: step.total }));
    const log = await teller.sync({ progress });
    await showDesk({ shell, isoloir, info, teller, carried: carried?.head ?? null, log, status: null, boxes: null, turn: 0 });
  } catch (error) {
    await teller?.close().catch(() => undefined);
    const inner = failure(error);
    if (inner?.kind === "archive") return failed({ carried: t("tellers.carry_e_file") });
    if (inner?.kind === "key" && inner.problem === "passphrase") return failed({ passphrase: t("tellers.e_passphrase") });
    if (inner?.kind === "key" && inner.problem !== "weak") return failed({ "key-file": t(`tellers.e_${inner.problem}`) });
    failed({}, error, explainTeller(error));
  }
}
