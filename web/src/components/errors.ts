// What went wrong and what to do, for everything a page can meet. Facts come as data from the
// server and the module; the sentences are here only.

import { isPassing, Problem, Unreachable } from "../lib/api";
import { h, type Child } from "../lib/dom";
import { t } from "../lib/i18n";
import type { IsoloirError } from "../wasm/types";
import { button, note } from "./parts";

export interface Explained {
  what: string;
  todo: string;
}

/** The module's error, if it is one. */
export function failure(error: unknown): IsoloirError | null {
  if (typeof error !== "object" || error === null || !("error" in error)) return null;
  const inner = (error as { error: unknown }).error;
  return typeof inner === "object" && inner !== null && "kind" in inner ? (inner as IsoloirError) : null;
}

/** Whether the voter should simply wait and try again. */
export function passes(error: unknown): boolean {
  const inner = failure(error);
  if (inner?.kind === "network") return inner.status === null || inner.status === 429 || inner.status >= 500;
  return isPassing(error);
}

function network(status: number | null, problem: string | null, why?: Unreachable["why"]): Explained {
  if (why === "offline" || (status === null && navigator.onLine === false)) return { what: t("common.e_offline_what"), todo: t("common.e_offline_todo") };
  if (status === null) return { what: t("common.e_unreachable_what"), todo: t("common.e_unreachable_todo") };
  if (status === 429 || status === 503) return { what: t("common.e_busy_what"), todo: t("common.e_busy_todo") };
  if (status === 404) return { what: t("common.e_unknown_what"), todo: t("common.e_unknown_todo") };
  // A witness or a mirror, whose pages are those of the server.
  if (problem === "copy") return { what: t("common.e_copy_what"), todo: t("common.e_copy_todo") };
  if (status >= 500) return { what: t("common.e_server_what"), todo: t("common.e_server_todo") };
  return { what: t("common.e_refused_what"), todo: t("common.e_refused_todo") };
}

/** A pair of sentences for any error. */
export function explain(error: unknown): Explained {
  if (error instanceof Unreachable) return network(null, null, error.why);
  if (error instanceof Problem) return network(error.status, error.slug);
  const inner = failure(error);
  switch (inner?.kind) {
    case "network":
      return network(inner.status, inner.problem);
    case "unsupported":
    case "notLoaded":
      return { what: t("common.e_unsupported_what"), todo: t("common.e_unsupported_todo") };
    case "load":
      return { what: t("common.e_load_what"), todo: t("common.e_load_todo") };
    case "crashed":
      return { what: t("common.e_crashed_what"), todo: t("common.e_crashed_todo") };
    case "fragment":
      return { what: t("common.e_fragment_what"), todo: t("common.e_fragment_todo") };
    case "manifest":
      return { what: t("common.e_manifest_what"), todo: t("common.e_manifest_todo") };
    case "slot":
      return inner.problem === "unknown"
        ? { what: t("common.e_slot_what"), todo: t("common.e_slot_todo") }
        : { what: t("common.e_dishonest_what"), todo: t("common.e_dishonest_todo") };
    case "receipt":
      return { what: t("common.e_dishonest_what"), todo: t("common.e_dishonest_todo") };
    case "cancelled":
      return { what: t("common.e_cancelled_what"), todo: t("common.e_cancelled_todo") };
    default:
      return { what: t("common.e_other_what"), todo: t("common.e_other_todo") };
  }
}

/** What a helper needs to know, without anything personal. */
export function technical(error: unknown): string {
  const inner = failure(error);
  if (inner) return JSON.stringify(inner);
  if (error instanceof Problem) return `HTTP ${error.status} ${error.slug}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 60_000;
/** Passing errors in a row: each waits longer than the one before. */
let passing = 0;
let lastShown = 0;

/** How long to wait before trying again by itself: what the server asked for, or longer each time. */
function patience(error: unknown): number {
  const inner = failure(error);
  const asked = error instanceof Problem ? error.retryAfter : inner?.kind === "network" ? inner.retryAfter : null;
  const doubled = Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, passing - 1), LONGEST_WAIT_MS);
  // Spread, so that a crowd that was turned away together does not come back together.
  return Math.max((asked ?? 0) * 1_000, doubled) * (1 + Math.random() / 4);
}

/** A whole screen for an error, with a way on. What will pass is tried again by the page itself. */
export function errorScreen(error: unknown, again: () => void | Promise<void>, explained: Explained = explain(error)): Child {
  const retry = button(t("common.again"), again, "primary", "again");
  const willPass = passes(error);
  if (willPass) tryBySelf(error, retry);
  return [
    h("h1", null, explained.what),
    h("p", { class: "lead", "data-testid": "todo" }, explained.todo),
    willPass ? h("p", { class: "muted", "data-testid": "by-itself" }, t("common.tries_again")) : null,
    h("div", { class: "actions" }, retry),
    details(error),
  ];
}

/** Presses the button after a while, or as soon as the device is online again, if it is still on the screen. */
function tryBySelf(error: unknown, retry: HTMLButtonElement): void {
  const now = Date.now();
  passing = now - lastShown < 5 * LONGEST_WAIT_MS ? passing + 1 : 1;
  lastShown = now;
  const press = (): void => {
    clearTimeout(timer);
    removeEventListener("online", press);
    if (retry.isConnected) retry.click();
  };
  const timer = setTimeout(press, patience(error));
  addEventListener("online", press);
}

/** The same inside a screen. */
export function errorNote(error: unknown, explained: Explained = explain(error)): HTMLElement {
  return note("bad", explained.what, explained.todo, details(error));
}

function details(error: unknown): HTMLElement {
  return h("details", null, h("summary", null, t("common.technical")), h("p", { class: "small mono" }, technical(error)));
}
