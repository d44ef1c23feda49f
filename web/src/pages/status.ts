// How the server is doing, told in numbers to whoever wonders why a page waits. Nothing in it is about a voter.

import catalogues from "virtual:catalogues/status";

import { errorScreen } from "../components/errors";
import { bar, facts, note, own, working } from "../components/parts";
import { startPage, type Shell } from "../components/shell";
import { api, type ServerElection, type ServerStatus } from "../lib/api";
import { h, type Child } from "../lib/dom";
import { formatNumber, formatShortTime, t } from "../lib/i18n";

const POLL_MS = 15_000;

/** Answers that take longer are worth a word. */
const SLOW_MS = 2_500;

void start();

async function start(): Promise<void> {
  const shell = await startPage({ catalogues, name: "status.page" });
  const load = async (): Promise<void> => {
    shell.show({ render: () => working(t("common.loading")) });
    try {
      follow(shell, await api.server());
    } catch (error) {
      shell.show({ render: () => errorScreen(error, load) });
    }
  };
  await load();
}

function follow(shell: Shell, first: ServerStatus): void {
  let status = first;
  let answers = true;
  shell.show({ render: () => screen(status, answers) });
  setInterval(() => {
    if (document.hidden) return;
    api.server().then((next) => {
      status = next;
      answers = true;
      shell.redraw();
    }, () => {
      answers = false;
      shell.redraw();
      shell.announce(t("status.no_answer"));
    });
  }, POLL_MS);
}

function screen(status: ServerStatus, answers: boolean): Child {
  return [
    h("h1", null, t("status.heading")),
    h("div", { "data-testid": "verdict" }, summary(status, answers)),
    facts([
      [t("status.delay"), delay(status)],
      [t("status.turned_away"), formatNumber(status.turned_away)],
      [t("status.up"), t("status.minutes", { count: status.minutes_up })],
      [t("status.version"), h("span", { class: "mono" }, `${status.version} (${status.build})`)],
    ]),
    status.elections.length === 0 ? h("p", null, t("common.no_elections")) : status.elections.map((one) => election(one, status.queue)),
    h("p", { class: "small muted" }, t("status.updated", { time: formatShortTime(status.now) })),
  ];
}

function summary(status: ServerStatus, answers: boolean): Child {
  if (!answers) return note("bad", t("status.no_answer"), t("status.no_answer_do"));
  const recording = status.elections.every((one) => one.recording);
  if (!status.store || !recording) return note("bad", t("status.not_recording"), t("status.not_recording_do"));
  const full = status.elections.some((one) => one.waiting * 2 > status.queue);
  const slow = status.delay.ballots > 0 && (status.delay.most_ms === null || status.delay.most_ms > SLOW_MS);
  if (full || slow) return note("warn", t("status.busy"), t("status.busy_do"));
  if (status.damaged > 0) return note("warn", t("status.damaged", { count: status.damaged }), t("status.damaged_do"));
  return note("ok", t("status.good"));
}

function delay(status: ServerStatus): string {
  if (status.delay.ballots === 0) return t("status.no_ballots");
  const seconds = (ms: number | null): string => (ms === null ? t("status.longer") : t("status.within", { seconds: formatNumber(ms / 1_000) }));
  return t("status.delay_text", { half: seconds(status.delay.half_ms), most: seconds(status.delay.most_ms) });
}

function election(one: ServerElection, queue: number): Child {
  const share = one.voters > 0 ? one.ballots / one.voters : 0;
  return [
    h("h2", null, own(one.title)),
    h("p", null, h("span", { class: "badge" }, t(`common.phase_${one.phase}`))),
    facts([
      [t("status.pace_minute"), formatNumber(one.pace.minute)],
      [t("status.pace_five"), formatNumber(one.pace.five_minutes)],
      [t("status.pace_hour"), formatNumber(one.pace.hour)],
      [t("status.waiting"), t("status.waiting_text", { waiting: one.waiting, queue })],
      [t("status.voted"), one.voters > 0 ? [t("status.voted_text", { ballots: one.ballots, count: one.voters }), bar(share)] : "–"],
      [t("status.entries"), formatNumber(one.size)],
      ...one.witnesses.map((witness): [Child, Child] => [h("bdi", null, witness.name), seen(witness)]),
    ]),
  ];
}

function seen(witness: ServerElection["witnesses"][number]): string {
  if (witness.minutes_ago === null || witness.seen_size === null) return t("status.never_seen");
  return t("status.seen", { size: witness.seen_size, minutes: t("status.minutes", { count: witness.minutes_ago }) });
}
