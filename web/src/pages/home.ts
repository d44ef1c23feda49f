// The front page: what this is, and the elections on this server.

import catalogues from "virtual:catalogues/home";

import { errorNote } from "../components/errors";
import { own, withTime, working } from "../components/parts";
import { startPage } from "../components/shell";
import { api, type ElectionSummary } from "../lib/api";
import { h, type Child } from "../lib/dom";
import { t, type Key } from "../lib/i18n";
import type { Phase } from "../wasm/types";

const TONE: Record<Phase, string> = { setup: "", open: "ok", suspended: "warn", closed: "", fixed: "", counted: "ok" };

void start();

async function start(): Promise<void> {
  const shell = await startPage({ catalogues, name: "home.page" });
  let elections: ElectionSummary[] | null = null;
  let error: unknown = null;
  shell.show({
    render: () => [
      h("h1", null, t("home.heading")),
      h("p", { class: "lead" }, t("home.lead")),
      h("h2", null, t("home.elections")),
      error ? errorNote(error) : elections ? list(elections) : working(t("common.loading")),
      h("h2", null, t("home.how")),
      h("ul", null, (["home.how_secret", "home.how_receipt", "home.how_count", "home.how_check"] as Key[]).map((key) => h("li", null, t(key)))),
      h("h2", null, t("home.limits")),
      h("p", null, t("home.limits_text")),
      h("p", null, t("home.free")),
    ],
  });
  try {
    elections = await api.elections();
  } catch (caught) {
    error = caught;
  }
  shell.redraw();
}

function dates(election: ElectionSummary): Child {
  const now = Date.now();
  if (now >= election.closes || election.phase === "counted") return withTime("common.closed_at", election.closes);
  return [now < election.opens ? [withTime("common.opens_at", election.opens), h("br")] : null, withTime("common.closes_at", election.closes)];
}

function list(elections: readonly ElectionSummary[]): Child {
  if (elections.length === 0) return h("p", null, t("common.no_elections"));
  return h("ul", { class: "elections", "data-testid": "elections" }, elections.map((election) => {
    const hash = `#${election.id}`;
    const done = election.phase === "counted";
    const open = election.phase === "open";
    return h("li", { class: "card" },
      h("h3", null, own(election.title)),
      h("p", null, h("span", { class: `badge ${TONE[election.phase]}` }, t(`common.phase_${election.phase}`))),
      h("p", { class: "muted" }, dates(election)),
      h("div", { class: "actions" },
        open ? h("a", { class: "button primary", href: `/vote/${hash}` }, t("common.link_vote")) : null,
        h("a", { class: done ? "button primary" : "button", href: `/results/${hash}` }, done ? t("common.link_results") : t("home.status")),
        h("a", { class: "button", href: `/check/${hash}` }, t("common.link_check"))));
  }));
}

