// The fields of the first screen: the same before the module is there and after.

import { channelOf } from "../../components/code-error";
import { field } from "../../components/parts";
import { h } from "../../lib/dom";
import { parseLink } from "../../lib/fragment";
import { t } from "../../lib/i18n";
import { tidyCode } from "../../lib/tidy";

/** Error sentences by the id of their field. */
export type FieldErrors = Record<string, string>;

export interface Asked {
  election: string;
  registrars: readonly { name: string; channel: string }[];
  /** Registrars, from 0, whose code is still to be typed. */
  missing: readonly number[];
  /** The voter number of the link, or as understood before; null where it is not known. */
  slot: number | null;
  asksSlot: boolean;
  /** What stands in the fields, by their ids; kept up to date. */
  typed: Record<string, string>;
  errors: FieldErrors;
}

export function identifyFields({ election, registrars, missing, slot, asksSlot, typed, errors }: Asked): (HTMLElement | null)[] {
  const input = (id: string, props: Record<string, string>): HTMLInputElement => {
    const element = h("input", { type: "text", spellcheck: "false", autocorrect: "off", value: typed[id] ?? "", ...props });
    element.addEventListener("input", () => (typed[id] = element.value));
    return element;
  };
  const code = (p: number): HTMLInputElement => {
    const element = input(`code-${p}`, { class: "code", autocapitalize: "characters", autocomplete: registrars[p]?.channel.toUpperCase() === "SMS" ? "one-time-code" : "off", placeholder: "XXXX-XXXX-XXXX-XXXX" });
    element.addEventListener("blur", () => {
      tidyCode(element, 16);
      typed[`code-${p}`] = element.value;
    });
    element.addEventListener("paste", (event) => takeLink(event, election, element, typed));
    return element;
  };
  return [
    asksSlot
      ? field({
        id: "slot", label: t("vote.slot"), hint: t("vote.slot_hint"), error: errors["slot"],
        input: withValue(input("slot", { class: "number", inputmode: "numeric", autocomplete: "off" }), typed["slot"] ?? (slot === null ? "" : String(slot))),
      })
      : null,
    ...missing.map((p) => field({
      id: `code-${p}`,
      label: registrars.length > 1 ? t("vote.code_by", { channel: channelOf({ registrars }, p) }) : t("vote.code"),
      hint: registrars.length > 1 ? t("vote.code_hint_by", { name: registrars[p]?.name ?? "" }) : t("vote.code_hint"),
      error: errors[`code-${p}`],
      input: code(p),
    })),
  ];
}

/** What is said before the fields. */
export const identifyIntro = (registrars: number): HTMLElement =>
  h("p", null, registrars > 1 ? t("vote.identify_intro_two", { count: registrars }) : t("vote.identify_intro"));

/** What to do without a code. */
export const noCode = (registrars: readonly { name: string }[]): HTMLElement =>
  h("details", { id: "help" }, h("summary", null, t("vote.no_code")), h("p", null, t("vote.no_code_todo", { names: registrars.map((r) => r.name).join(", ") })));

function withValue(input: HTMLInputElement, value: string): HTMLInputElement {
  input.value = value;
  return input;
}

/** A whole link pasted into a code field is taken apart. */
function takeLink(event: ClipboardEvent, election: string, element: HTMLInputElement, typed: Record<string, string>): void {
  const link = parseLink(event.clipboardData?.getData("text") ?? "");
  if (!link?.code || link.election !== election) return;
  event.preventDefault();
  element.value = link.code;
  typed[element.id] = link.code;
  const slot = document.getElementById("slot");
  if (slot instanceof HTMLInputElement && link.slot !== null) {
    slot.value = String(link.slot);
    typed["slot"] = slot.value;
  }
}
