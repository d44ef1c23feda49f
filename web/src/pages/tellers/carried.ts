// The desk of a teller whose machine has no network: what differs from the one that has.

import { button, field, note, working, type Tone } from "../../components/parts";
import { h, type Child } from "../../lib/dom";
import { t } from "../../lib/i18n";
import { inOneFile } from "../../lib/inlined";
import type { Confirmed, EntryToSend } from "../../wasm/types";
import { ticketFile, entryFile } from "./files";
import type { Ceremony } from "./state";

/** A request is good for two minutes before and after its time: every moment has two. */
const TICKET_STEP_MS = 120_000;
/** Five days. */
const TICKETS = (5 * 24 * 60 * 60_000) / TICKET_STEP_MS;

/** What must be said or done before the boxes can be opened; null where they are at hand. */
export function boxesNotHere(ceremony: Ceremony): Child | null {
  if (!inOneFile() || ceremony.carried?.teller === ceremony.teller.number) return null;
  return [noteOf("warn", "file_no_boxes"), tickets(ceremony)];
}

const noteOf = (tone: Tone, name: "file_no_boxes" | "file_lock"): Child => note(tone, t(`tellers.${name}_what`), t(`tellers.${name}_todo`));

/** Saves requests for this teller's boxes, from the closing or from now on. */
export function tickets(ceremony: Ceremony): Child {
  if (!inOneFile()) return null;
  const { isoloir, teller, log, info } = ceremony;
  return h("section", { class: "card", "aria-labelledby": "tickets" },
    h("h2", { id: "tickets" }, t("tellers.file_tickets")),
    h("p", null, t("tellers.file_tickets_text")),
    button(t("tellers.file_tickets_go"), async () => {
      const from = log.phase === "setup" || log.phase === "open" || log.phase === "suspended" ? log.end : Date.now();
      const made = await teller.tickets(from - TICKET_STEP_MS, TICKET_STEP_MS, TICKETS);
      isoloir.page.download(`isoloir-requests-${teller.number}.json`, "application/json", ticketFile(info.id, made));
    }, "plain", "save-tickets"));
}

/** The signed entry as a file, to be carried to the network. */
export function saveEntry(ceremony: Ceremony, entry: EntryToSend, back: () => void): void {
  const { shell, isoloir, info, teller } = ceremony;
  shell.show({
    title: () => t("tellers.file_entry"),
    render: () => [
      h("h1", null, t("tellers.file_entry")),
      h("p", { class: "lead" }, t("tellers.file_entry_text")),
      h("div", { class: "actions" },
        button(t("tellers.file_entry_go"), () => isoloir.page.download(`isoloir-entry-${teller.number}.json`, "application/json", entryFile(info.id, entry.bytes)), "primary", "save-entry"),
        button(t("common.back"), back, "quiet", "back")),
    ],
  });
}

/** The key file with the confirmation inside takes the place of the browser's memory, which a page opened from a disk cannot count on:
 *  there is a way on only once that very file has been read back from where it was saved. */
export function saveLock(ceremony: Ceremony, confirmed: Confirmed, next: () => void | Promise<void>, differs = false): void {
  const { shell, isoloir } = ceremony;
  const saved = h("input", { type: "file", accept: ".json,application/json" });
  saved.addEventListener("change", () => {
    const chosen = saved.files?.[0];
    if (!chosen) return;
    shell.show({ render: () => working(t("tellers.confirming")) });
    void chosen.text().then((text) => (text === confirmed.file ? next() : saveLock(ceremony, confirmed, next, true)), () => saveLock(ceremony, confirmed, next, true));
  });
  shell.show({
    title: () => t("tellers.save_updated"),
    render: () => [
      h("h1", null, t("tellers.save_updated")),
      noteOf("warn", "file_lock"),
      h("div", { class: "actions" }, button(t("tellers.file_lock_save"), () => isoloir.page.download(confirmed.fileName, "application/json", confirmed.file), "primary", "save-updated")),
      field({ id: "saved-key", label: t("tellers.file_lock_choose"), error: differs ? t("tellers.file_lock_differs") : undefined, input: saved }),
    ],
  });
}
