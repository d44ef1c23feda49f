// The vote may be suspended, extended or closed while somebody reads the ballot paper. The page asks
// now and then, and when the voter comes back to it, and says so where the voter stands.

import { note, when, withTime, written } from "../../components/parts";
import { api, serverNow, type Notice, type Status } from "../../lib/api";
import { h, type Child } from "../../lib/dom";
import { formatTime, t, tx } from "../../lib/i18n";
import { votingNow } from "../../lib/phase";
import type { Vote } from "./state";

const ASK_MS = 45_000;

/** What a voter must know at once: everything that a change of it is worth a word. */
const essence = (vote: Vote, status: Status): string => JSON.stringify([votingNow(status, serverNow(), vote.openedAt), status.closes, status.notices.length]);

/** Keeps the state of the vote fresh; `closed` is called when voting has ended for this voter. */
export function watch(vote: Vote, closed: () => void | Promise<void>): void {
  const look = async (): Promise<void> => {
    if (document.hidden || vote.sent || !vote.voter) return;
    const before = essence(vote, vote.status);
    const status = await api.status(vote.info.id).catch(() => null);
    // Meanwhile the ballot may be on its way: that screen watches for itself.
    if (!status || vote.sent) return;
    vote.status = status;
    if (essence(vote, status) === before) return;
    if (votingNow(status, serverNow(), vote.openedAt) === "closed") return closed();
    vote.shell.redraw();
    vote.shell.announce(sentence(vote) ?? t("vote.news"));
  };
  setInterval(() => void look(), ASK_MS);
  document.addEventListener("visibilitychange", () => void look());
  addEventListener("online", () => void look());
}

function sentence(vote: Vote): string | null {
  const now = votingNow(vote.status, serverNow(), vote.openedAt);
  const closes = extension(vote)?.closes;
  if (now === "suspended") return t("vote.suspended");
  return closes ? t("vote.extended", { time: formatTime(closes) }) : null;
}

/** An extension that the welcome has not told. */
const extension = (vote: Vote): Notice | undefined => [...vote.status.notices.slice(vote.seen)].reverse().find((notice) => notice.what === "extend");

/** Suspended, extended, or past the closing with time to finish; null when there is nothing to say. */
export function watchNote(vote: Vote): HTMLElement | null {
  const { status } = vote;
  const last = (what: string) => [...status.notices].reverse().find((notice) => notice.what === what);
  if (votingNow(status, serverNow(), vote.openedAt) === "suspended") {
    const reason = last("suspend");
    return note("warn", t("vote.suspended"), reason?.text ? quote(reason.text, reason.time) : null, t("vote.suspended_stay"));
  }
  if (serverNow() >= status.closes && serverNow() < status.end) return note("warn", t("vote.grace"), h("p", null, withTime("vote.grace_until", status.end)));
  // What the welcome has said already is not said again over the ballot paper.
  const longer = extension(vote);
  if (longer?.closes && vote.screen !== "identify") return note("info", withTime("vote.extended", longer.closes), longer.text ? h("p", null, written(longer.text)) : null);
  return null;
}

const quote = (text: string, time: number): Child => h("div", null, h("p", null, tx("vote.suspended_since", { time: when(time) })), h("blockquote", null, written(text)));
