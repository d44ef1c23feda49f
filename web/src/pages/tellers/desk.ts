// A teller's desk: what the election needs from this teller now, and who is ready.

import { manifestView } from "../../components/manifest-view";
import { clockNote, heading } from "../../components/election";
import { errorNote, failure } from "../../components/errors";
import { button, facts, note, when, withTime, working } from "../../components/parts";
import { missingBoxes } from "../../components/missing-boxes";
import { people } from "../../components/people";
import { resultTables } from "../../components/result-tables";
import { silentServer } from "../../components/silent-server";
import { voidBallots } from "../../components/void-ballots";
import { api } from "../../lib/api";
import { h, type Child } from "../../lib/dom";
import { t, tx } from "../../lib/i18n";
import { inOneFile } from "../../lib/inlined";
import type { EntryToSend, TellerState } from "../../wasm/types";
import { compare } from "./compare";
import { boxesNotHere, saveEntry, tickets } from "./carried";
import { lacking, openBoxes } from "./count";
import { explainTeller } from "./errors";
import type { Ceremony } from "./state";

const POLL_MS = 5_000;

export const me = (ceremony: Ceremony): TellerState | undefined => ceremony.log.tellers[ceremony.teller.number - 1];

/** Shows the desk and keeps it up to date until another screen takes over. */
export async function showDesk(ceremony: Ceremony, error: unknown = null): Promise<void> {
  ceremony.turn += 1;
  const turn = ceremony.turn;
  if (!inOneFile()) ceremony.status = await api.status(ceremony.info.id).catch(() => ceremony.status);
  ceremony.shell.show({ title: () => t(`tellers.task_${task(ceremony)}`), render: () => desk(ceremony, error) });
  // A carried file does not change: whoever comes back with a new one opens the key again.
  if (inOneFile()) return;
  const timer = setInterval(() => {
    if (turn !== ceremony.turn) return clearInterval(timer);
    if (!document.hidden) void refresh(ceremony, turn, error);
  }, POLL_MS);
}

/** Asks who is ready; when the log has grown past what was replayed, replays the rest. `shown` is the error on the screen. */
async function refresh(ceremony: Ceremony, turn: number, shown: unknown): Promise<void> {
  try {
    const status = await api.status(ceremony.info.id);
    const waits = task(ceremony);
    const cosigned = waits === "wait_closing" || waits === "wait_counting";
    const changed = JSON.stringify([status.tellers, status.phase, status.size, status.witnesses]) !== JSON.stringify([ceremony.status?.tellers, ceremony.status?.phase, ceremony.status?.size, ceremony.status?.witnesses]);
    const before = task(ceremony);
    if (status.phase !== ceremony.log.phase || status.size < ceremony.log.size || cosigned) ceremony.log = await ceremony.teller.sync();
    if (turn !== ceremony.turn) return;
    ceremony.status = status;
    // The server has again what it once showed.
    if (failure(shown)?.kind === "shrank") return void showDesk(ceremony);
    if (task(ceremony) !== before) {
      ceremony.shell.announce(t(`tellers.task_${task(ceremony)}`));
      ceremony.shell.show({ title: () => t(`tellers.task_${task(ceremony)}`), render: () => desk(ceremony, null) });
    } else if (changed) ceremony.shell.redraw();
  } catch (error) {
    if (turn !== ceremony.turn) return;
    const kind = failure(error)?.kind;
    // A log that is not what it was: whoever only waits hears of it too.
    if ((kind === "log" || kind === "shrank") && failure(shown)?.kind !== kind) return void showDesk(ceremony, error);
    // The next look may succeed; the log on the screen stays true for its time, who is ready is not known.
    if (!kind && ceremony.status) {
      ceremony.status = null;
      ceremony.shell.redraw();
    }
  }
}

type Task = "consent" | "wait_open" | "wait_close" | "wait_closing" | "closing" | "wait_fix" | "late" | "too_few" | "wait_counting" | "counting" | "wait_result" | "done";

/** What this teller has to do now: a function of the replayed log. */
export function task(ceremony: Pick<Ceremony, "log" | "teller">): Task {
  const { log } = ceremony;
  const own = log.tellers[ceremony.teller.number - 1];
  switch (log.phase) {
    case "setup":
      return own?.consented == null ? "consent" : "wait_open";
    case "open":
    case "suspended":
      return "wait_close";
    case "closed":
      if (own?.reported) return "wait_fix";
      return (log.closing?.cosigned ?? 0) >= log.witnessQuorum ? "closing" : "wait_closing";
    case "fixed":
      if (log.tooFew) return "too_few";
      if (!own?.reported) return "late";
      if (own.summed) return "wait_result";
      return (log.counting?.cosigned ?? 0) >= log.witnessQuorum ? "counting" : "wait_counting";
    case "counted":
      return "done";
  }
}

function desk(ceremony: Ceremony, error: unknown): Child {
  const { info, teller, log } = ceremony;
  return [
    heading(info.manifest.title, t(`tellers.task_${task(ceremony)}`)),
    h("p", null, t("tellers.you_are", { name: teller.name, number: teller.number, count: info.manifest.tellers.length })),
    clockNote(),
    error ? errorNote(error, explainTeller(error)) : null,
    log.weightWarnings.length > 0 ? note("warn", t("tellers.weights_what"), t("tellers.weights_todo", { count: info.manifest.smallest_group })) : null,
    h("div", { "data-testid": "task", "data-task": task(ceremony) }, work(ceremony)),
    log.phase === "setup" && task(ceremony) === "consent" ? null : [
      missingBoxes(info.manifest, log.missing),
      voidBallots(info.manifest, log.void),
      ceremony.carried ? h("p", { class: "muted", "data-testid": "as-of" }, tx("tellers.file_as_of", { time: when(ceremony.carried.made) })) : [
        h("h2", null, t("tellers.waiting_room")),
        ceremony.status ? people(info.manifest, ceremony.status, true)
          : h("div", { "data-testid": "silent" }, note("warn", t("common.e_unreachable_what"), t("common.tries_again"))),
      ],
      h("details", { id: "manifest" }, h("summary", null, t("tellers.read_again")), manifestView(info)),
      h("details", { id: "facts" }, h("summary", null, t("tellers.facts")), facts([
        [t("tellers.fingerprint"), h("span", { class: "mono" }, teller.fingerprint)],
        [t("tellers.log_size"), String(log.size)],
        [t("tellers.ballots"), `${log.ballots} / ${log.voters}`],
        [t("tellers.last_entry"), when(log.time)],
      ])),
    ],
    h("div", { class: "actions no-print" }, button(t("tellers.lock"), async () => {
      await teller.close().catch(() => undefined);
      location.reload();
    }, "quiet", "lock")),
  ];
}

function work(ceremony: Ceremony): Child {
  const { info, log } = ceremony;
  const now = task(ceremony);
  switch (now) {
    case "consent":
      return consent(ceremony);
    case "wait_open":
    case "wait_close":
      return [
        h("p", { class: "lead" }, log.phase === "setup" ? withTime("common.opens_at", info.opens) : withTime("tellers.come_back", log.end)),
        drill(ceremony),
        tickets(ceremony),
      ];
    case "wait_closing":
    case "wait_counting":
      return note("warn", t("tellers.e_witnesses_what", { found: (now === "wait_closing" ? log.closing : log.counting)?.cosigned ?? 0, count: log.witnessQuorum }), t("tellers.e_witnesses_todo"));
    case "closing":
      return boxesNotHere(ceremony) ?? [h("p", { class: "lead" }, t("tellers.closing_intro")), start(ceremony, "closing")];
    case "late":
      return boxesNotHere(ceremony) ?? [note("warn", t("tellers.late_what"), t("tellers.late_todo")), start(ceremony, "closing")];
    case "wait_fix":
      return [note("ok", t("tellers.reported_what"), t("tellers.wait_fix_todo")), h("p", null, log.reportsUntil === null ? null : withTime("tellers.window_until", log.reportsUntil))];
    case "counting":
      return boxesNotHere(ceremony) ?? [h("p", { class: "lead" }, t("tellers.counting_intro")), start(ceremony, "counting")];
    case "wait_result":
      return note("ok", t("tellers.summed_what"), t("tellers.wait_result_todo"));
    case "too_few":
      return note("warn", t("tellers.too_few_what"), t("tellers.too_few_todo", { count: info.manifest.smallest_group }));
    case "done":
      return [
        verdictLine(),
        log.result ? resultTables(info.manifest, log.result.buckets) : null,
        inOneFile() ? null : h("div", { class: "actions" }, h("a", { class: "button primary", href: `/results/#${info.id}` }, t("common.link_results")), h("a", { class: "button", href: `/audit/#${info.id}` }, t("common.link_audit"))),
      ];
  }
}

const verdictLine = (): Child => note("ok", t("tellers.done_what"), t("tellers.done_todo"));

/** Closing: compare, then open the boxes. Counting: compare, then sum. After a break the device remembers what it confirmed. */
function start(ceremony: Ceremony, stage: "closing" | "counting"): Child {
  const shared = stage === "closing" ? ceremony.log.closing : ceremony.log.counting;
  return h("div", { class: "actions" }, button(t(`tellers.start_${stage}`), () => {
    if (!shared) return;
    ceremony.turn += 1;
    compare(ceremony, stage, shared, () => (stage === "closing" ? openBoxes(ceremony) : sums(ceremony)));
  }, "primary", `start-${stage}`));
}

async function sums(ceremony: Ceremony): Promise<void> {
  // After a break the boxes are opened again: what was in them is never stored.
  if (!ceremony.boxes || lacking(ceremony, ceremony.boxes).length > 0) return openBoxes(ceremony, () => sums(ceremony));
  await sendEntry(ceremony, t("tellers.summing"), () => ceremony.teller.sums());
}

/** Makes an entry, sends it, replays, and goes back to the desk. */
export async function sendEntry(ceremony: Ceremony, text: string, make: () => Promise<EntryToSend>): Promise<void> {
  ceremony.turn += 1;
  const before = done(ceremony);
  ceremony.shell.show({ render: () => [working(text), silentServer(ceremony.info.id)] });
  try {
    const entry = await make();
    if (inOneFile()) return saveEntry(ceremony, entry, () => void showDesk(ceremony));
    await entry.send();
    ceremony.log = await ceremony.teller.sync();
    await showDesk(ceremony);
  } catch (error) {
    ceremony.log = await ceremony.teller.sync().catch(() => ceremony.log);
    // Done already: by another tab of this teller, or by a first try whose answer was lost.
    await showDesk(ceremony, done(ceremony) > before ? null : error);
  }
}

/** How much of what a teller does once is in the log. */
function done(ceremony: Ceremony): number {
  const own = me(ceremony);
  return [own?.consented != null, own?.reported, own?.summed].filter(Boolean).length;
}

function consent(ceremony: Ceremony): Child {
  const read = h("input", { type: "checkbox", id: "consent-read" });
  const compared = h("input", { type: "checkbox", id: "consent-compared" });
  const missing = h("p", { class: "error", role: "alert", hidden: true }, t("tellers.consent_tick"));
  return [
    h("p", null, t("tellers.consent_intro")),
    manifestView(ceremony.info),
    h("h2", null, t("tellers.consent_heading")),
    h("label", { class: "tick" }, read, h("span", null, t("tellers.consent_read"))),
    ceremony.info.manifest.witnesses.length === 0 ? null : h("label", { class: "tick" }, compared, h("span", null, t("tellers.consent_witnesses"))),
    missing,
    h("div", { class: "actions" }, button(t("tellers.consent_go"), async () => {
      if (!read.checked || (ceremony.info.manifest.witnesses.length > 0 && !compared.checked)) {
        missing.hidden = false;
        read.focus();
        return;
      }
      await sendEntry(ceremony, t("tellers.sending_consent"), () => ceremony.teller.consent());
    }, "primary", "consent")),
  ];
}

function drill(ceremony: Ceremony): Child {
  const last = me(ceremony)?.lastDrill ?? null;
  return h("section", { class: "card", "aria-labelledby": "drill" },
    h("h2", { id: "drill" }, t("tellers.drill")),
    h("p", null, t("tellers.drill_text")),
    h("p", { "data-testid": "last-drill" }, last === null ? t("tellers.drill_never") : tx("tellers.drill_last", { time: when(last) })),
    button(t("tellers.drill_go"), () => sendEntry(ceremony, t("tellers.sending_drill"), () => ceremony.teller.consent()), "plain", "drill"));
}

