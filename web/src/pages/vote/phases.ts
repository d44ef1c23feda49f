// Not open yet, suspended, closed: each says so honestly, with its times, and watches for the
// change by itself.

import { heading } from "../../components/election";
import { note, when, withTime, written } from "../../components/parts";
import type { Shell } from "../../components/shell";
import { api, serverNow, type Status } from "../../lib/api";
import { h, type Child } from "../../lib/dom";
import { formatSpan, t, tx } from "../../lib/i18n";
import { votingNow, type Voting } from "../../lib/phase";
import type { Vote } from "./state";

const POLL_MS = 20_000;

/** Shows the phase and calls `changed` when another one has come. */
export function showPhase(shell: Shell, status: Status, vote: Vote | null, changed: () => void | Promise<void> = () => undefined): void {
  const openedAt = vote?.openedAt ?? null;
  const shown = votingNow(status, serverNow(), openedAt);
  let latest = status;
  const draw = (): void => shell.show({ title: () => title(shown), render: () => screen(shown, latest, vote) });
  draw();
  if (shown === "closed") return;
  let waits = true;
  const look = async (): Promise<void> => {
    const next = await api.status(status.id).catch(() => null);
    if (!next || !waits) return;
    latest = next;
    if (vote) vote.status = next;
    if (votingNow(next, serverNow(), openedAt) === shown) return shell.redraw();
    waits = false;
    clearInterval(timer);
    removeEventListener("online", look);
    document.removeEventListener("visibilitychange", look);
    await changed();
  };
  const timer = setInterval(look, POLL_MS);
  // A telephone in a pocket asks for nothing: its owner need not wait once more.
  addEventListener("online", look);
  document.addEventListener("visibilitychange", look);
}

function title(phase: Voting): string {
  if (phase === "notYet") return t("vote.not_yet");
  return phase === "suspended" ? t("vote.suspended") : t("vote.closed");
}

function screen(phase: Voting, status: Status, vote: Vote | null): Child {
  const hash = `#${status.id}`;
  if (phase === "notYet") {
    const left = status.opens - serverNow();
    return [
      heading(vote?.info.manifest.title ?? null, t("vote.not_yet")),
      h("p", { class: "lead" }, withTime("vote.opens_at", status.opens)),
      left > 0 ? h("p", null, t("vote.that_is_in", { span: formatSpan(left) })) : h("p", null, t("vote.opens_soon")),
      extensionOf(status) ?? h("p", null, withTime("vote.closes_at", status.closes)),
      h("p", null, t("vote.keep_open")),
      vote && (vote.codes.some((code) => code !== null) || vote.loose !== null) ? h("p", null, t("vote.code_kept")) : null,
      h("p", null, h("a", { href: `/test/${hash}` }, t("vote.try_test"))),
    ];
  }
  if (phase === "suspended") {
    const reason = [...status.notices].reverse().find((notice) => notice.what === "suspend");
    return [
      heading(vote?.info.manifest.title ?? null, t("vote.suspended")),
      note("warn", t("vote.suspended_what"),
        reason ? h("div", null, h("p", null, tx("vote.suspended_since", { time: when(reason.time) })), reason.text ? h("blockquote", null, written(reason.text)) : null) : null),
      h("p", null, t("vote.suspended_todo")),
      extensionOf(status) ?? h("p", null, withTime("vote.closes_at", status.closes)),
    ];
  }
  const counted = status.phase === "counted";
  return [
    heading(vote?.info.manifest.title ?? null, t("vote.closed")),
    h("p", { class: "lead" }, withTime("common.closed_at", status.closes)),
    h("p", null, counted ? t("vote.closed_counted") : t("vote.closed_counting")),
    h("div", { class: "actions" },
      h("a", { class: "button primary", href: `/results/${hash}` }, counted ? t("vote.see_result") : t("vote.see_status")),
      h("a", { class: "button", href: `/check/${hash}` }, t("vote.check_receipt"))),
  ];
}

/** Notices a voter should see while voting: an extension and messages. */
export function noticesFor(status: Status): Child {
  const messages = status.notices.filter((notice) => notice.what === "message" && notice.text !== "");
  return [
    extensionOf(status),
    messages.slice(-2).map((message) => note("info", tx("vote.message_of", { time: when(message.time) }), h("p", null, written(message.text)))),
  ];
}

/** That voting was extended, until when, and why. */
function extensionOf(status: Status): Child {
  const extension = [...status.notices].reverse().find((notice) => notice.what === "extend");
  return extension?.closes ? note("info", withTime("vote.extended", extension.closes), extension.text ? h("p", null, written(extension.text)) : null) : null;
}
