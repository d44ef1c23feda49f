// A page opened inside a mail or chat application is gone when the application closes its window.
// The voter is told, and can take the link along to the browser.

import { button, note } from "../../components/parts";
import { h } from "../../lib/dom";
import { t } from "../../lib/i18n";
import { inAppBrowser } from "../../lib/in-app";
import type { Vote } from "./state";

/** The hint where it applies, else null. */
export function inAppNote(vote: Vote): HTMLElement | null {
  if (!inAppBrowser(navigator.userAgent)) return null;
  const said = h("span", { role: "status", class: "muted", "data-testid": "link-copied" });
  return note("info", t("vote.in_app"), t("vote.in_app_todo"),
    h("p", null, button(t("vote.in_app_copy"), async () => {
      try {
        await navigator.clipboard.writeText(linkOf(vote));
        said.textContent = t("vote.in_app_copied");
      } catch {
        said.textContent = t("vote.in_app_not_copied");
      }
    }, "compact", "copy-link"), " ", said));
}

/** The link as it came in the message, so that nothing has to be typed again. */
function linkOf(vote: Vote): string {
  const code = vote.loose ?? vote.codes.find((each) => each !== null) ?? null;
  return `${location.origin}/vote/#${[vote.info.id, vote.slot, vote.slot === null ? null : code].filter((part) => part !== null).join(".")}`;
}
