// A key that comes back from paper: by a picture of its QR code, or by its words.

import { errorNote, failure, type Explained } from "../../components/errors";
import { button, errorSummary, field, form, working } from "../../components/parts";
import { scanner } from "../../components/scan";
import type { Shell } from "../../components/shell";
import { h } from "../../lib/dom";
import { formatList, t } from "../../lib/i18n";
import { strength } from "../../lib/passphrase";
import type { Isoloir } from "../../wasm/types";
import { explainTeller } from "./errors";
import { showKeyFile } from "./key";

/** Asks for the picture or the words. */
export function showRestore(shell: Shell, module: Isoloir, back: () => void, typed = { words: "", passphrase: "" }, errors: Record<string, string> = {}, thrown: unknown = null, explained?: Explained): void {
  const words = h("textarea", { rows: 8, autocomplete: "off", autocapitalize: "none", spellcheck: "false", translate: "no" });
  const passphrase = h("input", { type: "text", autocomplete: "new-password" });
  words.value = typed.words;
  passphrase.value = typed.passphrase;
  const again = (found: Record<string, string>, error: unknown = null, pair?: Explained): void =>
    showRestore(shell, module, back, { words: words.value, passphrase: passphrase.value }, found, error, pair);
  const submit = async (): Promise<void> => {
    if (strength(passphrase.value) === "weak") return again({ "new-passphrase": t("tellers.passphrase_weak") });
    shell.show({ render: () => working(t("tellers.making")) });
    try {
      const made = await module.tellers.restore(words.value, passphrase.value);
      showKeyFile(shell, module, back, { ...made, passphrase: passphrase.value });
    } catch (error) {
      const text = wordsError(error);
      if (text !== null) again({ words: text });
      else again({}, error, explainTeller(error));
    }
  };
  shell.show({
    title: () => t("tellers.restore"),
    render: () => [
      h("h1", null, t("tellers.restore")),
      errorSummary(Object.entries(errors).map(([id, text]) => ({ id, text }))),
      thrown ? errorNote(thrown, explained) : null,
      h("h2", null, t("tellers.paper_code")),
      scanner("picture", (text) => fromCode(shell, module, back, text, again)),
      h("h2", null, t("tellers.paper_words")),
      form(submit,
        field({ id: "words", label: t("tellers.restore_words"), hint: t("tellers.restore_words_hint"), error: errors["words"], input: words }),
        field({ id: "new-passphrase", label: t("tellers.passphrase_new"), hint: t("tellers.passphrase_hint"), error: errors["new-passphrase"], input: passphrase }),
        h("div", { class: "actions" },
          h("button", { type: "submit", class: "primary", "data-testid": "restore-words" }, t("tellers.restore_go")),
          button(t("tellers.suggest"), async () => {
            passphrase.value = await module.tellers.suggest(document.documentElement.lang);
          }, "compact"),
          button(t("common.back"), back, "quiet"))),
    ],
  });
  if (Object.keys(errors).length > 0) shell.main.querySelector<HTMLElement>("[data-testid=errors]")?.focus();
}

async function fromCode(shell: Shell, module: Isoloir, back: () => void, text: string, again: (errors: Record<string, string>) => void): Promise<void> {
  try {
    const label = await module.tellers.label(text);
    // The file is locked as it was: its passphrase stays the same.
    showKeyFile(shell, module, back, { file: `${text}\n`, fileName: `isoloir-teller-${label.fingerprint.slice(0, 4)}.key.json`, fingerprint: label.fingerprint, passphrase: null });
  } catch {
    again({ picture: t("tellers.e_picture") });
  }
}

/** What is wrong with the words, by their numbers on the sheet. */
function wordsError(error: unknown): string | null {
  const inner = failure(error);
  if (inner?.kind !== "paper") return null;
  switch (inner.problem) {
    case "count":
      return t("tellers.e_words_count", { count: inner.found });
    case "damaged":
      return t("tellers.e_words_damaged");
    default:
      return t(`tellers.e_words_${inner.problem}`, { places: formatList(inner.places.map(String)) });
  }
}
