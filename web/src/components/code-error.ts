// What is wrong with a typed voting code, and where the typing error is.

import { oddGroup, placeOf, symbolAt } from "../lib/code-hints";
import { t } from "../lib/i18n";
import type { IsoloirError, Manifest } from "../wasm/types";

type CodeFailure = Extract<IsoloirError, { kind: "code" }>;

/** How a registrar's code came; with the registrar's name where two use the same channel. */
export function channelOf(manifest: { registrars: readonly { name: string; channel: string }[] }, registrar: number): string {
  const own = manifest.registrars[registrar];
  if (!own) return "";
  const shared = manifest.registrars.filter((other) => other.channel === own.channel).length > 1;
  return shared ? `${own.channel} (${own.name})` : own.channel;
}

/** A sentence for a code that was refused. */
export function codeError(error: CodeFailure, typed: string, slot: number, manifest: Manifest): string {
  switch (error.problem) {
    case "length": {
      const odd = oddGroup(typed);
      return [t("code_errors.length", { count: error.found }), odd ? t("code_errors.hint_length", { group: odd.group, count: odd.found }) : ""].join(" ").trim();
    }
    case "symbol":
      return t("code_errors.symbol", { found: symbolAt(typed, error.position), ...placeOf(error.position) });
    case "checksum":
      return checksum(error.positions, typed);
    case "wrong":
      return t("code_errors.wrong", { slot: String(slot) });
    case "swapped":
      return t("code_errors.swapped", { channel: channelOf(manifest, error.other) });
    default:
      return t("code_errors.checksum");
  }
}

function checksum(positions: readonly number[], typed: string): string {
  const [first, second] = positions;
  if (first === undefined) return t("code_errors.checksum");
  const found = symbolAt(typed, first);
  return second === undefined
    ? t("code_errors.hint_symbol", { ...placeOf(first), found })
    : t("code_errors.hint_swap", { ...placeOf(first), found: `${found}${symbolAt(typed, second)}` });
}
