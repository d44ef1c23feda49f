// The organiser's overview: who has consented, whose key was last seen to open, what is still missing. Public data only.

import catalogues from "virtual:catalogues/organiser";

import { chooseElection } from "../components/choose-election";
import { clockNote, heading } from "../components/election";
import { errorScreen } from "../components/errors";
import { button, note, when, withTime, working } from "../components/parts";
import { startPage, type Shell } from "../components/shell";
import { api, serverNow, type Status } from "../lib/api";
import { h, type Child } from "../lib/dom";
import { drillIsRecent } from "../lib/drill";
import { takeFragment } from "../lib/fragment";
import { electionText, t, tx } from "../lib/i18n";
import { isoloir } from "../lib/isoloir";
import { reloadOnNewLink } from "../lib/reload";
import type { ElectionInfo } from "../wasm/types";

const POLL_MS = 15_000;

const fragment = takeFragment();
reloadOnNewLink();
void start();

async function start(): Promise<void> {
  const shell = await startPage({ catalogues, name: "organiser.page" });
  const election = await chooseElection(shell, fragment?.election ?? null);
  const load = async (): Promise<void> => {
    shell.show({ render: () => working(t("common.loading")) });
    try {
      const module = await isoloir();
      const [info, status] = await Promise.all([module.election(election), api.status(election)]);
      follow(shell, info, status);
    } catch (error) {
      shell.show({ render: () => errorScreen(error, load) });
    }
  };
  await load();
}

function follow(shell: Shell, info: ElectionInfo, first: Status): void {
  let status = first;
  shell.show({ render: () => overview(info, status) });
  setInterval(() => {
    if (document.hidden) return;
    api.status(info.id).then((next) => {
      status = next;
      shell.redraw();
    }, () => undefined);
  }, POLL_MS);
}

function overview(info: ElectionInfo, status: Status): Child {
  return [
    heading(info.manifest.title, t("organiser.heading")),
    clockNote(),
    h("p", { class: "lead" }, withTime("common.opens_at", status.opens), " ", withTime("common.closes_at", status.closes)),
    status.phase === "setup" ? missing(status) : null,
    h("h2", null, t("organiser.tellers")),
    h("p", null, t("organiser.drill_rule")),
    h("ul", { class: "people", "data-testid": "tellers" }, status.tellers.map((teller) => h("li", null,
      h("span", null, teller.name, h("br"), h("small", { class: "muted" }, teller.last_drill === null ? t("common.drill_never") : tx("common.drill_on", { time: when(teller.last_drill) }))),
      drillIsRecent(teller.last_drill, serverNow(), status.closes)
        ? h("span", { class: "badge ok" }, t("organiser.drill_recent"))
        : h("span", { class: "badge bad", "data-testid": "no-drill" }, t("organiser.drill_old"))))),
    status.phase === "setup" || status.phase === "open" || status.phase === "suspended" ? reminders(info, status) : null,
    h("h2", null, t("organiser.registrars")),
    h("ul", { class: "people" }, status.registrars.map((registrar) => h("li", null,
      h("span", null, `${registrar.name} (${registrar.channel})`),
      h("span", { class: registrar.consented && registrar.roll ? "badge ok" : "badge warn" }, t(registrar.roll ? (registrar.consented ? "organiser.registrar_ready" : "organiser.no_consent") : "organiser.no_roll"))))),
    h("p", null, t("organiser.voters", { count: status.voters })),
    h("h2", null, t("organiser.witnesses")),
    h("p", null, tx("organiser.witness_how", { link: h("a", { href: "/witness/" }, t("common.link_witness")) })),
    status.witnesses.length === 0 ? h("p", null, t("organiser.no_witnesses")) : h("ul", { class: "people" }, status.witnesses.map((witness) => h("li", null,
      h("span", null, witness.name),
      witness.seconds === null
        ? h("span", { class: "badge warn" }, t("organiser.witness_never"))
        : h("span", null, tx("organiser.witness_at", { time: when(witness.seconds * 1_000) }))))),
  ];
}

/** What the log still lacks before the vote can open. */
function missing(status: Status): Child {
  const lacks = [
    ...status.registrars.filter((each) => !each.roll).map((each) => t("organiser.lacks_roll", { name: each.name })),
    ...status.registrars.filter((each) => !each.consented).map((each) => t("organiser.lacks_consent", { name: each.name })),
    ...status.tellers.filter((each) => !each.consented).map((each) => t("organiser.lacks_consent", { name: each.name })),
  ];
  return h("div", { "data-testid": "missing" },
    h("h2", null, t("organiser.before_opening")),
    h("ul", null, [...lacks, t("organiser.lacks_opening")].map((text) => h("li", null, text))));
}

/** A message for each teller whose key nobody has seen open lately. */
function reminders(info: ElectionInfo, status: Status): Child {
  const late = status.tellers.filter((teller) => !drillIsRecent(teller.last_drill, serverNow(), status.closes));
  if (late.length === 0) return note("ok", t("organiser.all_drilled"));
  return late.map((teller, i) => {
    const text = t("organiser.reminder_text", { name: teller.name, title: electionText(info.manifest.title).text, link: `${location.origin}/tellers/#${info.id}` });
    const area = h("textarea", { id: `reminder-${i}`, rows: 6, readonly: true, "aria-label": t("organiser.reminder_for", { name: teller.name }) });
    area.value = text;
    return h("details", { id: `remind-${i}`, "data-testid": "reminder" }, h("summary", null, t("organiser.reminder_for", { name: teller.name })), area,
      h("div", { class: "actions" }, button(t("organiser.copy"), async () => {
        area.select();
        await navigator.clipboard.writeText(text).catch(() => undefined);
      }, "compact")));
  });
}
