// Status and turnout while the vote runs, the result once it is counted.

import catalogues from "virtual:catalogues/results";

import { chooseElection } from "../components/choose-election";
import { clockNote, heading } from "../components/election";
import { errorScreen } from "../components/errors";
import { bar, button, facts, field, groups, note, when, withTime, working, written } from "../components/parts";
import { missingBoxes } from "../components/missing-boxes";
import { people } from "../components/people";
import { resultTables, type CountedBucket } from "../components/result-tables";
import { startPage } from "../components/shell";
import { voidBallots } from "../components/void-ballots";
import { api, serverNow, type Status } from "../lib/api";
import { h, type Child } from "../lib/dom";
import { takeFragment } from "../lib/fragment";
import { electionText, formatNumber, formatPercent, formatShortTime, language, t, tx } from "../lib/i18n";
import { isoloir } from "../lib/isoloir";
import { resultCsv, resultJson } from "../lib/open-data";
import { votingNow } from "../lib/phase";
import { reloadOnNewLink } from "../lib/reload";
import type { ElectionInfo } from "../wasm/types";

const REFRESH_MS = 15_000;

/** Each thing that the page says, and the check of the audit (section 9 of the specification) that shows whether it is so. */
const CHECKED_BY = {
  voters: "V3",
  ballots: "V5",
  hours: "V1",
  totals: "V11",
  groups: "V9",
  void: "V8",
  tellers: "V10",
  witnesses: "V1",
  codes: "V1",
} as const;
type Claim = keyof typeof CHECKED_BY;

const fragment = takeFragment();
reloadOnNewLink();
openOnPaper();
void start();

async function start(): Promise<void> {
  const shell = await startPage({ catalogues, name: "results.page", wide: true });
  const election = await chooseElection(shell, fragment?.election ?? null);
  const load = async (): Promise<void> => {
    shell.show({ render: () => working(t("common.loading")) });
    try {
      const [first, module] = await Promise.all([api.status(election), isoloir()]);
      const info = await module.election(election);
      let status = first;
      shell.show({ render: () => screen(info, status) });
      const timer = setInterval(() => {
        if (status.phase === "counted") return clearInterval(timer);
        if (document.hidden) return;
        void api.status(election).then((next) => {
          const counted = next.phase === "counted" && status.phase !== "counted";
          const changed = JSON.stringify({ ...next, now: 0 }) !== JSON.stringify({ ...status, now: 0 });
          status = next;
          if (changed) shell.redraw();
          if (counted) shell.announce(t("results.now_counted"));
        }, () => undefined);
      }, REFRESH_MS);
    } catch (error) {
      shell.show({ render: () => errorScreen(error, load) });
    }
  };
  await load();
}

function screen(info: ElectionInfo, status: Status): Child {
  const { manifest } = info;
  const counted = status.phase === "counted" && status.buckets !== null;
  const how = (claim: Claim): Child => howToCheck(info.id, claim);
  return [
    heading(manifest.title, counted ? t("results.heading") : t("results.heading_status")),
    h("p", null, h("span", { class: "badge", "data-testid": "phase", "data-phase": status.phase }, t(`common.phase_${status.phase}`))),
    clockNote(),
    counted && status.buckets ? resultTables(manifest, status.buckets, how) : progress(info, status),
    turnout(status, how),
    h("h2", null, t("results.who")),
    h("p", null, t("results.who_text", { threshold: info.threshold, count: manifest.tellers.length })),
    people(manifest, status, false, how),
    voidBallots(manifest, status.void.map(({ index, slot, ...reason }) => ({ index, slot, reasons: [reason] }))),
    status.void.length > 0 ? how("void") : null,
    missingBoxes(manifest, status.missing),
    notices(status),
    h("h2", null, t("results.verify")),
    h("p", null, t("results.verify_text")),
    facts([
      status.closing ? [t("common.closing_code"), groups(status.closing.code)] : null,
      status.fix ? [t("common.counting_code"), groups(status.fix.code)] : null,
      [t("results.log_size"), formatNumber(status.size)],
    ]),
    status.closing ? how("codes") : null,
    h("div", { class: "actions" },
      h("a", { class: "button primary", href: `/audit/#${info.id}` }, t("results.to_audit")),
      h("a", { class: "button", href: `/check/#${info.id}` }, t("common.link_check")),
      h("a", { class: "button", href: api.archivePath(info.id), download: true }, t("results.archive")),
      button(t("common.print"), () => print(), "plain", "print")),
    counted && status.buckets ? openData(info, status, status.buckets) : null,
    embedding(info),
    h("p", { class: "only-print small" }, t("results.address", { address: location.href })),
  ];
}

/** Leads to the audit page, which begins and ends with that check. */
function howToCheck(election: string, claim: Claim): Child {
  const check = CHECKED_BY[claim];
  return h("p", { class: "small" }, h("a", { href: `/audit/?check=${check}#${election}`, "data-claim": claim }, t(`results.how_${claim}`, { check })));
}

/** Paper cannot be opened by a click: what is closed is open while the page is printed. */
function openOnPaper(): void {
  let opened: HTMLDetailsElement[] = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll<HTMLDetailsElement>("main details:not([open], .no-print)")];
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
  });
}

/** The line that shows the election on another site (embed.ts). */
function embedding(info: ElectionInfo): Child {
  const title = electionText(info.manifest.title).text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const html = `<iframe src="${location.origin}/embed/#${info.id}" title="${title}" width="100%" height="480" loading="lazy" style="border:0"></iframe>`;
  const line = h("textarea", { rows: 4, readonly: true, dir: "ltr", spellcheck: "false" }, html);
  const copied = h("span", { role: "status", class: "muted" });
  const copy = async (): Promise<void> => {
    line.select();
    // Where a browser does not allow copying, the line is selected.
    await navigator.clipboard.writeText(line.value).then(() => (copied.textContent = t("common.copied")), () => undefined);
  };
  return h("details", { id: "embed", class: "no-print" }, h("summary", null, t("results.embed")),
    h("p", null, t("results.embed_text")),
    field({ id: "embed-line", label: t("results.embed_line"), input: line }),
    h("div", { class: "actions" }, button(t("results.embed_copy"), copy, "compact", "embed-copy"), copied));
}

/** The result as files. */
function openData(info: ElectionInfo, status: Status, buckets: readonly CountedBucket[]): Child {
  const name = `result-${info.id.slice(0, 8)}`;
  const save = async (ending: string, mediaType: string, content: string): Promise<void> => (await isoloir()).page.download(`${name}.${ending}`, mediaType, content);
  const published = { id: info.id, closing: status.closing?.code ?? null, counting: status.fix?.code ?? null, voters: status.voters, ballots: status.ballots };
  return [
    h("h2", null, t("results.data")),
    h("p", null, t("results.data_text")),
    h("div", { class: "actions" },
      button(t("results.csv"), () => save("csv", "text/csv", resultCsv(info.manifest, buckets, language())), "plain", "result-csv"),
      button(t("results.json"), () => save("json", "application/json", resultJson(info.manifest, buckets, published)), "plain", "result-json")),
  ];
}

function progress(info: ElectionInfo, status: Status): Child {
  const voting = votingNow(status, serverNow(), null);
  if (voting === "notYet") return [h("p", { class: "lead" }, withTime("common.opens_at", status.opens)), h("p", null, withTime("common.closes_at", status.closes))];
  if (voting !== "closed") {
    return [
      h("p", { class: "lead" }, withTime("common.closes_at", status.closes)),
      h("p", null, t("results.no_partial")),
      voting === "open" ? h("p", null, h("a", { href: `/vote/#${info.id}` }, t("results.to_vote"))) : null,
    ];
  }
  const few = status.ballots < info.manifest.smallest_group && status.phase === "fixed";
  return [
    h("p", { class: "lead" }, withTime("common.closed_at", status.closes)),
    few ? note("warn", t("results.too_few"), t("results.too_few_text", { count: info.manifest.smallest_group })) : h("p", null, t("results.counting")),
  ];
}

function turnout(status: Status, how: (claim: Claim) => Child): Child {
  const share = status.voters > 0 ? status.ballots / status.voters : 0;
  return [
    h("h2", null, t("results.turnout")),
    status.voters === 0
      ? h("p", null, t("results.no_roll"))
      : h("p", { class: "lead", "data-testid": "turnout" }, t("results.turnout_text", { ballots: status.ballots, count: status.voters, share: formatPercent(share) })),
    status.voters === 0 ? null : [bar(share), how("voters"), how("ballots")],
    h("p", { class: "small muted" }, t("results.updated", { time: formatShortTime(status.now) })),
    byHour(status, how),
  ];
}

/** The table is the data; the bars beside the hours only draw it. */
function byHour(status: Status, how: (claim: Claim) => Child): Child {
  if (status.turnout.length === 0) return null;
  const most = Math.max(...status.turnout.map((hour) => hour.ballots));
  return h("details", { id: "by-hour" }, h("summary", null, t("results.by_hour")),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("results.by_hour") }, h("table", { "data-testid": "by-hour" },
      h("thead", null, h("tr", null,
        h("th", { scope: "col" }, t("results.hour")),
        h("th", { scope: "col", class: "n" }, t("results.hour_voters")),
        h("th", { scope: "col", class: "n" }, t("results.hour_ballots")))),
      h("tbody", null, status.turnout.map((hour) => h("tr", null,
        h("th", { scope: "row" }, h("time", { datetime: new Date(hour.from).toISOString() }, formatShortTime(hour.from)), bar(hour.ballots / most)),
        h("td", { class: "n" }, formatNumber(hour.voters)),
        h("td", { class: "n" }, formatNumber(hour.ballots))))))),
    h("p", { class: "small muted" }, t("results.hour_note")),
    how("hours"));
}

function notices(status: Status): Child {
  if (status.notices.length === 0) return null;
  return [
    h("h2", null, t("results.notices")),
    h("ul", null, status.notices.map((notice) => h("li", null,
      tx(`results.notice_${notice.what}`, { time: when(notice.time), closes: notice.closes ? when(notice.closes) : "" }), notice.text ? [" – ", written(notice.text)] : null))),
  ];
}
