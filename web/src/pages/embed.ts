// The election in a frame on somebody else's site: state, turnout, result, and where to check them. The only page that may be framed
// (server/src/headers.rs): it asks nothing of its reader, reads and keeps nothing on the device, and does without the module. What it
// shows is the server's word, as its last lines say.

import catalogues from "virtual:catalogues/embed";

import { explain } from "../components/errors";
import { bar, note, own, withTime } from "../components/parts";
import { resultTables } from "../components/result-tables";
import { api, serverNow, type Status } from "../lib/api";
import { fill, h, type Child } from "../lib/dom";
import { parseFragment } from "../lib/fragment";
import { electionText, formatPercent, startLanguages, t } from "../lib/i18n";
import { startLook } from "../lib/look";
import { votingNow } from "../lib/phase";
import { reloadOnNewLink } from "../lib/reload";
import type { Manifest } from "../wasm/manifest";

const REFRESH_MS = 30_000;
const election = parseFragment(location.hash)?.election ?? null;
reloadOnNewLink();
void start();

async function start(): Promise<void> {
  await Promise.all([startLanguages(catalogues, false), startLook()]);
  const main = h("main");
  document.body.classList.add("embed");
  document.body.replaceChildren(main);
  document.title = `${t("embed.page")} – Isoloir`;
  if (election === null) return fill(main, h("h1", null, t("embed.page")), note("bad", t("common.e_fragment_what"), t("common.e_fragment_todo")));
  await load(main, election);
}

async function load(main: HTMLElement, id: string): Promise<void> {
  try {
    const [first, manifest] = await Promise.all([api.status(id), api.manifest(id)]);
    document.title = `${electionText(manifest.title).text} – Isoloir`;
    let status = first;
    fill(main, screen(manifest, status));
    const timer = setInterval(() => {
      if (status.phase === "counted") return clearInterval(timer);
      if (document.hidden) return;
      void api.status(id).then((next) => {
        const changed = JSON.stringify({ ...next, now: 0 }) !== JSON.stringify({ ...status, now: 0 });
        status = next;
        if (changed) fill(main, screen(manifest, status));
      }, () => undefined);
    }, REFRESH_MS);
  } catch (error) {
    const { what, todo } = explain(error);
    fill(main, h("h1", null, t("embed.page")), note("bad", what, todo));
  }
}

function screen(manifest: Manifest, status: Status): Child {
  const share = status.voters > 0 ? status.ballots / status.voters : 0;
  // In a window of its own: no other page of this server can be shown in a frame.
  const link = (page: string, text: string): HTMLElement => h("a", { href: `/${page}/#${status.id}`, target: "_blank", rel: "noopener" }, text);
  return [
    h("h1", { "data-testid": "election-title" }, own(manifest.title)),
    h("p", null, h("span", { class: "badge", "data-testid": "phase", "data-phase": status.phase }, t(`common.phase_${status.phase}`))),
    status.phase === "counted" && status.buckets ? resultTables(manifest, status.buckets) : progress(manifest, status),
    status.voters === 0 ? null : [
      h("p", { "data-testid": "turnout" }, t("results.turnout_text", { ballots: status.ballots, count: status.voters, share: formatPercent(share) })),
      bar(share),
    ],
    h("p", { class: "small links" }, t("embed.shown_by", { host: location.host }), " ",
      link("results", t("embed.full")), " ", link("audit", t("embed.check"))),
  ];
}

function progress(manifest: Manifest, status: Status): Child {
  const voting = votingNow(status, serverNow(), null);
  if (voting === "notYet") return h("p", null, withTime("common.opens_at", status.opens));
  if (voting !== "closed") return h("p", null, withTime("common.closes_at", status.closes));
  const few = status.ballots < manifest.smallest_group && status.phase === "fixed";
  return h("p", null, few ? t("results.too_few") : t("results.counting"));
}
