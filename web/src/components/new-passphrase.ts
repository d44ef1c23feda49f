// A new passphrase: typed twice or suggested, with its strength in words.

import { h, svg, type Child } from "../lib/dom";
import { t } from "../lib/i18n";
import { estimateBits, strength } from "../lib/passphrase";
import { button, field } from "./parts";
import type { Shell } from "./shell";

export interface NewPassphrase {
  draw(errors: Record<string, string>): Child;
  /** What stands in the fields, by their ids. */
  typed(): { passphrase: string; repeat: string };
  /** What is wrong with it, by the ids of the fields. */
  faults(): Record<string, string>;
}

export function newPassphrase(shell: Shell, suggestion: () => Promise<string>): NewPassphrase {
  const passphrase = h("input", { type: "password", autocomplete: "new-password" });
  const repeat = h("input", { type: "password", autocomplete: "new-password" });
  const meter = strengthMeter();
  passphrase.addEventListener("input", () => meter.update(passphrase.value));
  const reveal = h("input", { type: "checkbox", id: "reveal", on: { change: (_, box) => {
    for (const input of [passphrase, repeat]) input.type = box.checked ? "text" : "password";
  } } });
  const suggest = async (): Promise<void> => {
    passphrase.value = repeat.value = await suggestion();
    passphrase.type = repeat.type = "text";
    reveal.checked = true;
    meter.update(passphrase.value);
    shell.announce(t("tellers.suggested"));
  };
  return {
    draw: (errors) => [
      field({ id: "passphrase", label: t("tellers.passphrase_new"), hint: t("tellers.passphrase_hint"), error: errors["passphrase"], input: passphrase }),
      meter.element,
      button(t("tellers.suggest"), suggest, "compact", "suggest"),
      h("hr"),
      field({ id: "repeat", label: t("tellers.passphrase_repeat"), error: errors["repeat"], input: repeat }),
      h("label", { class: "tick" }, reveal, h("span", null, t("tellers.reveal"))),
    ],
    typed: () => ({ passphrase: passphrase.value, repeat: repeat.value }),
    faults: () => ({
      ...(strength(passphrase.value) === "weak" ? { passphrase: t("tellers.passphrase_weak") } : {}),
      ...(passphrase.value === repeat.value ? {} : { repeat: t("tellers.passphrase_differs") }),
    }),
  };
}

/** Puts what was typed into a form that was drawn anew, and the focus on its errors. */
export function typeAgain(shell: Shell, typed: Record<string, string>): void {
  for (const [id, value] of Object.entries(typed)) {
    const input = document.getElementById(id);
    if (!(input instanceof HTMLInputElement)) continue;
    input.value = value;
    // The meter of the drawn form listens to it.
    input.dispatchEvent(new Event("input"));
  }
  shell.main.querySelector<HTMLElement>("[data-testid=errors]")?.focus();
}

function strengthMeter(): { element: HTMLElement; update: (passphrase: string) => void } {
  const fillRect = svg("rect", { width: 0, height: 4 });
  const meter = h("div", { class: "meter", "aria-hidden": "true" }, svg("svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none" }, fillRect));
  const words = h("p", { class: "small", role: "status", "data-testid": "strength" }, t("tellers.strength_none"));
  return {
    element: h("div", null, meter, words),
    update(passphrase) {
      const level = strength(passphrase);
      fillRect.setAttribute("width", String(Math.min(100, (estimateBits(passphrase) / 80) * 100)));
      meter.className = `meter ${level}`;
      words.textContent = passphrase === "" ? t("tellers.strength_none") : t(`tellers.strength_${level}`);
    },
  };
}
