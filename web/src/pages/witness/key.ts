// Makes a witness's key on this device, or brings it back from its backup.

import { errorNote } from "../../components/errors";
import { newPassphrase, typeAgain } from "../../components/new-passphrase";
import { button, errorSummary, field, form, note, working } from "../../components/parts";
import { h } from "../../lib/dom";
import { language, t } from "../../lib/i18n";
import type { WitnessKey } from "../../wasm/types";
import { explainWitness, keyFault } from "./errors";
import { keepPassphrase, type Desk } from "./state";

type Done = () => void | Promise<void>;

/** What can stand in a signature line (section 2 of the protocol). */
const NAME = /^[!-*,-~]{1,200}$/;
const KEY_FILE_BYTES = 1 << 20;

/** Asks for a name and a passphrase, and makes the key. */
export function showNewKey(desk: Desk, back: () => void, done: Done, errors: Record<string, string> = {}, thrown: unknown = null): void {
  const { shell, isoloir } = desk;
  const name = h("input", { type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false", dir: "ltr" });
  const words = newPassphrase(shell, () => isoloir.witnesses.suggest(language()));
  const submit = async (): Promise<void> => {
    const typed = { name: name.value.trim(), ...words.typed() };
    const found = { ...(NAME.test(typed.name) ? {} : { name: t("witness.name_wrong") }), ...words.faults() };
    if (Object.keys(found).length > 0) {
      showNewKey(desk, back, done, found);
      return typeAgain(shell, typed);
    }
    shell.show({ render: () => working(t("tellers.making"), h("p", { class: "muted" }, t("tellers.making_hint"))) });
    try {
      const key = await isoloir.witnesses.generate(typed.name, typed.passphrase);
      await isoloir.witnesses.keep(key);
      keepPassphrase(desk, key, typed.passphrase);
      showBackup(desk, key, done);
    } catch (error) {
      showNewKey(desk, back, done, {}, error);
      typeAgain(shell, typed);
    }
  };
  shell.show({
    title: () => t("witness.key"),
    render: () => [
      h("h1", null, t("witness.key")),
      errorSummary(Object.entries(errors).map(([id, text]) => ({ id, text }))),
      thrown ? errorNote(thrown, explainWitness(thrown)) : null,
      h("p", null, t("witness.key_intro")),
      form(submit,
        field({ id: "name", label: t("witness.name"), hint: t("witness.name_hint"), error: errors["name"], input: name }),
        words.draw(errors),
        h("div", { class: "actions" },
          h("button", { type: "submit", class: "primary", "data-testid": "make-key" }, t("witness.make")),
          button(t("common.back"), back, "quiet"))),
    ],
  });
}

/** The backup is saved before anything else can be done. */
function showBackup(desk: Desk, key: WitnessKey, done: Done, saved = false): void {
  desk.shell.show({
    title: () => t("witness.backup"),
    render: () => [
      h("h1", null, t("witness.backup")),
      h("p", null, t("witness.backup_text")),
      h("div", { class: "actions" },
        button(t("witness.save_backup"), () => {
          desk.isoloir.page.download(key.fileName, "application/json", key.file);
          showBackup(desk, key, done, true);
        }, saved ? "plain" : "primary", "save-key"),
        saved ? h("span", { class: "badge ok" }, t("tellers.saved")) : null),
      saved
        ? h("div", { class: "actions" }, button(t("common.continue"), done, "primary", "continue"))
        : note("warn", t("tellers.not_saved_yet"), t("tellers.not_saved_yet_todo")),
    ],
  });
}

/** Asks for the backup and its passphrase. */
export function showRestore(desk: Desk, back: () => void, done: Done, errors: Record<string, string> = {}, thrown: unknown = null, chosen: FileList | null = null): void {
  const { shell, isoloir } = desk;
  const file = h("input", { type: "file", accept: ".json,application/json" });
  if (chosen) file.files = chosen;
  const passphrase = h("input", { type: "password", autocomplete: "current-password" });
  const submit = async (): Promise<void> => {
    const first = file.files?.[0];
    const found = {
      ...(first ? {} : { "key-file": t("tellers.file_missing") }),
      ...(passphrase.value === "" ? { passphrase: t("tellers.passphrase_missing") } : {}),
    };
    if (!first || Object.keys(found).length > 0) return showRestore(desk, back, done, found, null, file.files);
    shell.show({ render: () => working(t("witness.restoring")) });
    try {
      const text = new TextDecoder().decode(await isoloir.page.readFile(first, KEY_FILE_BYTES));
      const key = await isoloir.witnesses.restore(text, passphrase.value);
      await isoloir.witnesses.keep(key);
      keepPassphrase(desk, key, passphrase.value);
      await done();
    } catch (error) {
      const fault = keyFault(error);
      const wrong = fault === t("tellers.e_passphrase");
      showRestore(desk, back, done, fault === null ? {} : { [wrong ? "passphrase" : "key-file"]: fault }, fault === null ? error : null, file.files);
    }
  };
  shell.show({
    title: () => t("witness.restore"),
    render: () => [
      h("h1", null, t("witness.restore")),
      errorSummary(Object.entries(errors).map(([id, text]) => ({ id, text }))),
      thrown ? errorNote(thrown, explainWitness(thrown)) : null,
      note("warn", t("witness.restore_what"), t("witness.restore_todo")),
      form(submit,
        field({ id: "key-file", label: t("witness.backup_file"), hint: t("witness.backup_file_hint"), error: errors["key-file"], input: file }),
        field({ id: "passphrase", label: t("tellers.passphrase"), error: errors["passphrase"], input: passphrase }),
        h("div", { class: "actions" },
          h("button", { type: "submit", class: "primary", "data-testid": "restore-go" }, t("witness.restore")),
          button(t("common.back"), back, "quiet"))),
    ],
  });
}
