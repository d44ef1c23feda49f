// Files for a teller whose machine has no network, on the machine that has one: the page itself, the
// election to carry there, and the signed entry to send when it comes back.

import { chooseElection } from "../../components/choose-election";
import { errorNote, failure, type Explained } from "../../components/errors";
import { button, errorSummary, facts, field, form, note, progressBar, working } from "../../components/parts";
import type { Shell } from "../../components/shell";
import { h, type Child } from "../../lib/dom";
import { t } from "../../lib/i18n";
import { singleHash } from "../../lib/sealed";
import type { ElectionId, Isoloir, Progress } from "../../wasm/types";
import { explainTeller } from "./errors";
import { entryFrom, ticketsFrom } from "./files";

/** Reports of very many complaints are the longest. */
const ENTRY_BYTES = 2 ** 28;
/** Five days of requests take some 400 kB. */
const TICKET_BYTES = 2 ** 23;

/** What has just been done, or went wrong. */
interface After {
  done?: Child;
  thrown?: unknown;
  errors?: Record<string, string>;
}

/** Chooses the election, then shows what can be carried. */
export async function showCarry(shell: Shell, module: Isoloir, given: ElectionId | null, back: () => void): Promise<void> {
  const election = await chooseElection(shell, given);
  show({ shell, module, election, back }, {});
}

interface Desk {
  shell: Shell;
  module: Isoloir;
  election: ElectionId;
  back: () => void;
}

function show(desk: Desk, after: After): void {
  const tickets = h("input", { type: "file" });
  const entry = h("input", { type: "file" });
  const errors = Object.entries(after.errors ?? {});
  desk.shell.show({
    title: () => t("tellers.carry_heading"),
    render: () => [
      h("h1", null, t("tellers.carry_heading")),
      errorSummary(errors.map(([id, text]) => ({ id, text }))),
      after.thrown ? errorNote(after.thrown, explain(after.thrown)) : null,
      after.done ?? null,
      h("p", { class: "lead" }, t("tellers.carry_text")),
      h("section", { class: "card", "aria-labelledby": "single" },
        h("h2", { id: "single" }, t("tellers.carry_page")), h("p", null, t("tellers.carry_page_text")), single()),
      h("section", { class: "card", "aria-labelledby": "out" },
        h("h2", { id: "out" }, t("tellers.carry_out")), h("p", null, t("tellers.carry_out_text")),
        form(() => collect(desk, tickets.files?.[0] ?? null),
          field({ id: "tickets", label: t("tellers.carry_tickets"), hint: t("tellers.carry_tickets_hint"), error: after.errors?.["tickets"], input: tickets }),
          h("div", { class: "actions" }, h("button", { type: "submit", class: "primary", "data-testid": "collect" }, t("tellers.carry_make"))))),
      h("section", { class: "card", "aria-labelledby": "in" },
        h("h2", { id: "in" }, t("tellers.carry_in")),
        form(() => send(desk, entry.files?.[0] ?? null),
          field({ id: "entry", label: t("tellers.carry_entry"), error: after.errors?.["entry"], input: entry }),
          h("div", { class: "actions" }, h("button", { type: "submit", class: "primary", "data-testid": "send-entry" }, t("tellers.carry_send"))))),
      h("div", { class: "actions" }, button(t("common.back"), desk.back, "quiet")),
    ],
  });
}

/** The page in one file, with its hash: as it is named in this page, whose own hash is in the list of the release. */
function single(): Child {
  const hash = singleHash();
  if (hash === null) return null;
  return [
    facts([[t("tellers.carry_hash"), h("code", { class: "small", "data-testid": "single-hash" }, hash)]]),
    h("div", { class: "actions" }, h("a", { class: "button", href: "/tellers/isoloir-tellers.html", download: "isoloir-tellers.html", "data-testid": "single" }, t("tellers.carry_page"))),
  ];
}

async function collect(desk: Desk, chosen: File | null): Promise<void> {
  const { shell, module, election } = desk;
  const bar = progressBar(t("tellers.carry_making"));
  const controller = new AbortController();
  shell.show({
    title: () => t("tellers.carry_heading"),
    render: () => [working(t("tellers.carry_making"), bar.element), h("div", { class: "actions" }, button(t("common.cancel"), () => controller.abort(), "quiet"))],
  });
  try {
    const tickets = chosen === null ? null : ticketsFrom(new TextDecoder().decode(await module.page.readFile(chosen, TICKET_BYTES)), election);
    if (chosen !== null && tickets === null) return show(desk, { errors: { tickets: t("tellers.carry_e_file") } });
    const progress = (step: Progress): void => bar.update(step.done, step.total, t(`tellers.stage_${step.stage}`, { done: step.done, total: step.total }));
    const made = await module.tellers.collect(election, tickets, { progress, signal: controller.signal });
    save(made, `isoloir-${election.slice(0, 8)}.carried`);
    show(desk, { done: note("ok", t("tellers.carry_saved")) });
  } catch (error) {
    show(desk, { thrown: error });
  }
}

/** As a blob, because it may be larger than what fits into the module. */
function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  h("a", { href: address, download: name }).click();
  // The browser has begun to read it once the click is over; the address is not needed for long.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

async function send(desk: Desk, chosen: File | null): Promise<void> {
  const { shell, module, election } = desk;
  shell.show({ title: () => t("tellers.carry_heading"), render: () => working(t("tellers.carry_sending")) });
  try {
    const entry = chosen && entryFrom(new TextDecoder().decode(await module.page.readFile(chosen, ENTRY_BYTES)), election);
    if (!entry) return show(desk, { errors: { entry: t("tellers.carry_e_file") } });
    const index = await module.tellers.send(election, entry);
    show(desk, { done: h("div", { "data-testid": "sent" }, note("ok", t("tellers.carry_sent", { index: String(index) }))) });
  } catch (error) {
    show(desk, { thrown: error });
  }
}

function explain(error: unknown): Explained {
  const inner = failure(error);
  if (inner?.kind === "network" && inner.problem === "not-fresh") return { what: t("tellers.carry_e_time_what"), todo: t("tellers.carry_e_time_todo") };
  if (inner?.kind === "network" && inner.problem === "not-closed") return { what: t("tellers.carry_e_early_what"), todo: t("tellers.carry_e_early_todo") };
  return explainTeller(error);
}
