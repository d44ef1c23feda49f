// Said on a screen that waits for the server while the server does not answer.

import { api } from "../lib/api";
import { h } from "../lib/dom";
import { inOneFile } from "../lib/inlined";
import { t } from "../lib/i18n";
import type { ElectionId } from "../wasm/types";
import { explain, passes } from "./errors";
import { note } from "./parts";

const LOOK_MS = 3_000;

/** Empty as long as the server answers; looks until it leaves the screen. What waits asks again by itself. */
export function silentServer(election: ElectionId): HTMLElement {
  const place = h("div", { role: "status", "data-testid": "silent" });
  if (inOneFile()) return place;
  const timer = setInterval(() => {
    if (!place.isConnected) return clearInterval(timer);
    void api.status(election).then(
      () => place.replaceChildren(),
      (error: unknown) => {
        if (passes(error) && place.childElementCount === 0) place.replaceChildren(note("warn", explain(error).what, t("common.tries_again")));
      });
  }, LOOK_MS);
  return place;
}
