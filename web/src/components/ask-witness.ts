// A witness keeps a copy of the log. It is asked about a receipt as the server is, and each proof is verified here in the
// same way. The page may ask those that the server's operator has named (the security policy lists them); for all others
// it has a link to their own page.

import { api, type CopyStatus } from "../lib/api";
import { h, type Child } from "../lib/dom";
import { t } from "../lib/i18n";
import { currentLook } from "../lib/look";
import type { ElectionInfo, Isoloir, ReceiptOutcome, ReceiptQuery } from "../wasm/types";
import { errorNote, failure } from "./errors";
import { button, field, form, note, own, verdict, working } from "./parts";
import type { Shell } from "./shell";

export interface Asking {
  shell: Shell;
  isoloir: Isoloir;
  info: ElectionInfo;
  query: ReceiptQuery;
  /** What the server said; null if it did not answer. */
  server: ReceiptOutcome | null;
  /** Draws what became of the ballot. */
  show: (outcome: ReceiptOutcome) => Child;
  /** Back to the form. */
  another: () => void;
}

const hostOf = (origin: string): string => new URL(origin).host;

/** The origin of what was typed; null if it is no address of a site. */
function originOf(typed: string): string | null {
  const text = typed.trim();
  if (text === "") return null;
  try {
    const url = new URL(text.includes("://") ? text : `https://${text}`);
    // Browsers differ in what they take for the name of a host.
    if (!/^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:[0-9]+)?$/.test(url.host)) return null;
    return url.protocol === "https:" || (url.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname)) ? url.origin : null;
  } catch {
    return null;
  }
}

/** Where the reader may turn to somebody else. */
export function askWitness(asking: Asking): Child {
  const named = (currentLook().witnesses ?? []).map(originOf).filter((origin) => origin !== null);
  const elsewhere = h("div", { "data-testid": "witness-elsewhere" });
  const input = h("input", { type: "url", inputmode: "url", autocomplete: "off", spellcheck: "false", dir: "ltr" });
  const submit = async (): Promise<void> => {
    const origin = originOf(input.value);
    if (origin !== null && named.includes(origin)) return ask(asking, origin);
    elsewhere.replaceChildren(origin === null
      ? note("warn", t("check.witness_wrong"))
      : note("info", t("check.witness_other"), h("a", { href: linkTo(origin, asking.query), rel: "noreferrer", "data-testid": "witness-link" }, t("check.witness_open", { host: hostOf(origin) }))));
  };
  return h("section", { class: "card", "aria-labelledby": "witness-heading" },
    h("h2", { id: "witness-heading" }, t("check.witness_heading")),
    h("p", null, t("check.witness_text")),
    named.length > 0 ? [
      h("p", null, t("check.witness_named")),
      h("div", { class: "actions" }, named.map((origin) => button(t("check.witness_ask", { host: hostOf(origin) }), () => ask(asking, origin), "plain", "ask-witness"))),
    ] : null,
    form(submit,
      field({ id: "witness", label: t("check.witness_address"), hint: t("check.witness_hint"), input }),
      h("div", { class: "actions" }, h("button", { type: "submit", "data-testid": "witness-go" }, t("check.witness_go")))),
    elsewhere);
}

/** The same question on the witness's own page. Number and code stand after `#` and are not sent by the browser. */
const linkTo = (origin: string, query: ReceiptQuery): string => `${origin}/check/#${query.election}.${query.slot}.${query.code}`;

async function ask(asking: Asking, origin: string): Promise<void> {
  const { shell, isoloir, info, query } = asking;
  const host = hostOf(origin);
  shell.show({ title: () => t("check.looking"), render: () => working(t("check.looking")) });
  try {
    const outcome = await isoloir.receipts.lookUp({ ...query, at: origin });
    const copy = await api.copy(origin, query.election);
    shell.show({
      title: () => t("check.witness_answer", { host }),
      render: () => [
        h("p", { class: "eyebrow" }, own(info.manifest.title)),
        h("div", { "data-testid": "witness-outcome", "data-state": isBehind(asking, outcome, copy) ? "behind" : outcome.state },
          answer(asking, outcome, copy, host)),
        again(asking),
      ],
    });
  } catch (error) {
    const inner = failure(error);
    const lacks = inner?.kind === "slot" && inner.problem === "unknown";
    shell.show({
      title: () => t("check.witness_away", { host }),
      render: () => [
        h("p", { class: "eyebrow" }, own(info.manifest.title)),
        h("h1", null, lacks ? t("check.witness_lacks", { host }) : t("check.witness_away", { host })),
        errorNote(error, { what: t("check.witness_no_answer"), todo: t("check.witness_try") }),
        again(asking),
      ],
    });
  }
}

const again = (asking: Asking): Child => [askWitness(asking), h("div", { class: "actions" }, button(t("check.another"), asking.another, "plain", "another"))];

/** Where the ballot is in the log, as far as anybody has proved it. */
function indexOf(asking: Asking): number | null {
  const { server } = asking;
  if (server === null) return null;
  return server.state === "notFound" ? (server.held?.index ?? null) : server.receipt.index;
}

/** A copy that has not come so far yet lacks the ballot, and nobody has done wrong. */
function isBehind(asking: Asking, outcome: ReceiptOutcome, copy: CopyStatus): boolean {
  if (outcome.state !== "notFound") return false;
  const index = outcome.held?.index ?? indexOf(asking);
  return index !== null && index >= copy.size;
}

function answer(asking: Asking, outcome: ReceiptOutcome, copy: CopyStatus, host: string): Child {
  const size = h("p", { class: "small muted" }, t("check.witness_size", { host, size: String(copy.size) }));
  if (isBehind(asking, outcome, copy)) return [verdict("warn", t("check.witness_behind", { host }), h("p", null, t("check.witness_wait"))), size];
  return [
    h("p", { "data-testid": "asked" }, t("check.witness_answer", { host })),
    copy.copy?.alarm ? note("bad", t("check.witness_alarm", { host }), t("check.witness_alarm_todo")) : null,
    outcome.state === "notFound"
      ? verdict("bad", t("check.notFound"), h("p", null, t("check.not_found_what", { slot: String(outcome.slot) })))
      : asking.show(outcome),
    agreement(asking, outcome),
    size,
  ];
}

/** Whether server and witness say the same of this ballot. One of them may be a step ahead: what counts is whether it is there. */
function agreement({ server }: Asking, outcome: ReceiptOutcome): Child {
  if (server === null) return note("info", t("check.witness_alone"));
  const there = (each: ReceiptOutcome): boolean => each.state !== "notFound";
  const same = there(server) === there(outcome) && (server.state === "notFound" || outcome.state === "notFound" || server.receipt.index === outcome.receipt.index);
  return h("div", { "data-testid": "agreement", "data-same": String(same) },
    same ? note("ok", t("check.witness_same")) : note("bad", t("check.witness_differs"), t("check.witness_differs_todo")));
}
