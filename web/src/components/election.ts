// The heading every screen of an election shares: which election this is, then what this screen is.

import { CLOCK_WARNING_MS } from "../lib/phase";
import { clockSkew, serverNow } from "../lib/api";
import { h, type Child } from "../lib/dom";
import { formatSpan, t, tx } from "../lib/i18n";
import type { Text } from "../wasm/types";
import { note, own, when } from "./parts";

/** Election's title above the screen's own heading. */
export function heading(title: Text | null, name: Child): Child {
  return [title ? h("p", { class: "eyebrow", "data-testid": "election-title" }, own(title)) : null, h("h1", null, name)];
}

/** Warns of a device clock that is wrong: times shown elsewhere on the device would mislead. */
export function clockNote(): HTMLElement | null {
  const skew = clockSkew();
  if (Math.abs(skew) < CLOCK_WARNING_MS) return null;
  return note("warn", t("common.clock_wrong", { span: formatSpan(Math.abs(skew)) }), h("p", null, tx("common.clock_server", { time: when(serverNow()) })));
}
