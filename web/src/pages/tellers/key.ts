// Makes a teller's key on this device: passphrase, key file, public part for the organiser.

import { errorNote } from "../../components/errors";
import { newPassphrase, typeAgain } from "../../components/new-passphrase";
import { button, errorSummary, facts, field, form, note, working } from "../../components/parts";
import type { Shell } from "../../components/shell";
import { h } from "../../lib/dom";
import { language, t } from "../../lib/i18n";
import type { Isoloir, NewTellerKey } from "../../wasm/types";
import { showPaper } from "./paper";

/** Asks for a passphrase and makes the key. */
export function showKey(shell: Shell, module: Isoloir, back: () => void, errors: Record<string, string> = {}, thrown: unknown = null): void {
  const name = h("input", { type: "text", autocomplete: "name" });
  const words = newPassphrase(shell, () => module.tellers.suggest(language()));
  const submit = async (): Promise<void> => {
    const found: Record<string, string> = {};
    if (name.value.trim() === "") found["name"] = t("tellers.name_missing");
    Object.assign(found, words.faults());
    const kept = { name: name.value, ...words.typed() };
    if (Object.keys(found).length > 0) {
      showKey(shell, module, back, found);
      typeAgain(shell, kept);
      return;
    }
    shell.show({ render: () => working(t("tellers.making"), h("p", { class: "muted" }, t("tellers.making_hint"))) });
    try {
      showMade(shell, module, back, kept.name.trim(), kept.passphrase, await module.tellers.generate(kept.passphrase));
    } catch (error) {
      showKey(shell, module, back, {}, error);
    }
  };
  shell.show({
    title: () => t("tellers.key"),
    render: () => [
      h("h1", null, t("tellers.key")),
      errorSummary(Object.entries(errors).map(([id, text]) => ({ id, text }))),
      thrown ? errorNote(thrown) : null,
      h("p", null, t("tellers.key_intro")),
      form(submit,
        field({ id: "name", label: t("tellers.name"), hint: t("tellers.name_hint"), error: errors["name"], input: name }),
        words.draw(errors),
        h("div", { class: "actions" }, h("button", { type: "submit", class: "primary", "data-testid": "make-key" }, t("tellers.make_key")), button(t("common.back"), back, "quiet"))),
    ],
  });
}

/** The part of a key that everyone may know, as the organiser's tool reads it. */
export function publicPart(name: string, made: Pick<NewTellerKey, "seal" | "sign">): string {
  return JSON.stringify({ role: "teller", name, seal: made.seal, sign: made.sign }, null, 2);
}

/** A key that came back from paper: to be saved again. */
export function showKeyFile(shell: Shell, module: Isoloir, back: () => void, made: Pick<NewTellerKey, "file" | "fileName" | "fingerprint"> & { passphrase: string | null }): void {
  const { passphrase } = made;
  shell.show({
    title: () => t("tellers.restored"),
    render: () => [
      h("h1", null, t("tellers.restored")),
      facts([[t("tellers.fingerprint"), h("span", { class: "mono", "data-testid": "fingerprint" }, made.fingerprint)]]),
      note("warn", t("tellers.restored_what"), t("tellers.restored_todo")),
      h("p", null, t("tellers.save_key_text")),
      h("div", { class: "actions" },
        button(t("tellers.save_key_go"), () => module.page.download(made.fileName, "application/json", made.file), "primary", "save-key"),
        passphrase === null ? null : button(t("tellers.paper_go"), () => showPaper(shell, module, () => showKeyFile(shell, module, back, made), made.file, passphrase), "plain", "paper"),
        button(t("tellers.done"), back, "plain", "done")),
    ],
  });
}

function showMade(shell: Shell, module: Isoloir, back: () => void, name: string, passphrase: string, made: NewTellerKey, saved = { key: false, shared: false }): void {
  shell.show({
    title: () => t("tellers.key_made"),
    render: () => [
      h("h1", null, t("tellers.key_made")),
      h("ol", null,
        h("li", null,
          h("h2", null, t("tellers.save_key")), h("p", null, t("tellers.save_key_text")),
          h("div", { class: "actions" }, button(t("tellers.save_key_go"), () => {
            module.page.download(made.fileName, "application/json", made.file);
            saved.key = true;
            shell.redraw();
          }, saved.key ? "plain" : "primary", "save-key"), saved.key ? h("span", { class: "badge ok" }, t("tellers.saved")) : null)),
        h("li", null,
          h("h2", null, t("tellers.paper_go")), h("p", null, t("tellers.paper_text")),
          h("div", { class: "actions" }, button(t("tellers.paper_go"), () =>
            showPaper(shell, module, () => showMade(shell, module, back, name, passphrase, made, saved), made.file, passphrase), "plain", "paper"))),
        h("li", null,
          h("h2", null, t("tellers.send_public")), h("p", null, t("tellers.send_public_text")),
          h("div", { class: "card" }, facts([
            [t("tellers.fingerprint"), h("span", { class: "mono", "data-testid": "fingerprint" }, made.fingerprint)],
            [t("tellers.public_seal"), h("code", { class: "small" }, made.seal)],
            [t("tellers.public_sign"), h("code", { class: "small" }, made.sign)],
          ])),
          h("div", { class: "actions" }, button(t("tellers.send_public_go"), () => {
            module.page.download(made.fileName.replace(/(\.json|\.key)?$/, ".pub.json"), "application/json", publicPart(name, made));
            saved.shared = true;
            shell.redraw();
          }, "plain", "save-public"), saved.shared ? h("span", { class: "badge ok" }, t("tellers.saved")) : null)),
        h("li", null, h("h2", null, t("tellers.remember")), h("p", null, t("tellers.remember_text")))),
      saved.key ? h("div", { class: "actions" }, button(t("tellers.done"), back, "plain", "done")) : note("warn", t("tellers.not_saved_yet"), t("tellers.not_saved_yet_todo")),
    ],
  });
}
