// What is wrong with a typed voting code, and where the typing error likely is.

import { hintFor } from "../lib/code-hints";
import { formatList, formatNumber, t } from "../lib/i18n";
import type { IsoloirError, Manifest } from "../wasm/types";

type CodeFailure = Extract<IsoloirError, { kind: "code" }>;

/** A sentence for a code that was refused. */
export function codeError(error: CodeFailure, typed: string, slot: number, manifest: Manifest): string {
  switch (error.problem) {
    case "length":
      return [t("code_errors.length", { count: error.found }), hintText(typed)].filter(Boolean).join(" ");
    case "symbol":
      return symbolText(typed, error.found);
    case "checksum":
      return hintText(typed) || t("code_errors.checksum");
    case "wrong":
      return t("code_errors.wrong", { slot: String(slot) });
    case "swapped":
      return t("code_errors.swapped", { channel: manifest.registrars[error.other]?.channel ?? "" });
  }
}

function symbolText(typed: string, found: string): string {
  const bare = typed.replace(/[\s-]/g, "");
  const place = [...bare].findIndex((character) => !/[0-9A-Z]/i.test(character) || /u/i.test(character));
  if (place < 0) return t("code_errors.symbol", { found });
  return t("code_errors.symbol_at", { found: [...bare][place] ?? found, group: Math.floor(place / 4) + 1, place: (place % 4) + 1 });
}

function hintText(typed: string): string {
  const hint = hintFor(typed);
  switch (hint?.kind) {
    case "group-length":
      return t("code_errors.hint_length", { group: hint.group, count: hint.found });
    case "symbol":
      return t("code_errors.hint_symbol", { group: formatNumber(hint.group), place: formatNumber(hint.place), found: hint.found, perhaps: hint.perhaps });
    case "swap":
      return t("code_errors.hint_swap", { group: formatNumber(hint.group), place: formatNumber(hint.place), found: hint.found });
    case "groups":
      return t("code_errors.hint_groups", { groups: formatList(hint.groups.map(formatNumber)) });
    default:
      return "";
  }
}
