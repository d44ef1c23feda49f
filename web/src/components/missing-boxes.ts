// Boxes that a teller misses: said wherever the count is shown.

import { h, type Child } from "../lib/dom";
import { t } from "../lib/i18n";
import type { Manifest, MissingBox } from "../wasm/types";
import { note } from "./parts";

/** Each box with its teller; nothing where none is missing. */
export function missingBoxes(manifest: Manifest, missing: readonly MissingBox[]): Child {
  const name = (teller: number): string => manifest.tellers[teller - 1]?.name ?? String(teller);
  if (missing.length === 0) return null;
  return h("div", { "data-testid": "missing" }, note("warn", t("common.missing", { count: missing.length }), t("common.missing_text"),
    h("ul", null, missing.map(({ index, teller }) => h("li", null, t("common.missing_line", { index: String(index), teller: name(teller) }))))));
}
