// Checks a whole election on this device: from this server's log, from an archive elsewhere, or from files.

import catalogues from "virtual:catalogues/audit";

import { chooseElection } from "../components/choose-election";
import { errorNote, errorScreen, failure, type Explained } from "../components/errors";
import { filePicker } from "../components/files";
import { findingsOf } from "../components/findings";
import { button, facts, field, form, groups, icon, note, own, progressBar, verdict, working } from "../components/parts";
import { resultTables } from "../components/result-tables";
import { startPage, type Shell } from "../components/shell";
import { voidBallots } from "../components/void-ballots";
import { h, type Child } from "../lib/dom";
import { takeFragment } from "../lib/fragment";
import { formatNumber, formatSpan, t, type Key } from "../lib/i18n";
import { isoloir } from "../lib/isoloir";
import { reloadOnNewLink } from "../lib/reload";
import { fetchArchive, parseRemote, Several } from "../lib/remote";
import type { AuditedReceipt, AuditInput, AuditReport, CheckOutcome, ComparedSource, ElectionId, Isoloir, NamedFile, Progress } from "../wasm/types";

/** A pile can have thousands of receipts; the saved report has them all. */
const RECEIPTS_SHOWN = 500;
/** Before that no span is told: it would jump. */
const SPAN_AFTER_MS = 2_000;
const MEGABYTE = 1_000_000;

const fragment = takeFragment();
/** The check that somebody wants to see, from a link of the results page. */
const asked = /^V(?:[1-9]|1[0-2])$/.exec(new URLSearchParams(location.search).get("check") ?? "")?.[0] ?? null;
reloadOnNewLink();
void start();

/** What the reader gave, kept while the page is open. */
const given = {
  archive: filePicker({ id: "archive-file", label: () => t("audit.archive_file"), hint: () => t("audit.archive_hint"), accept: ".zip,application/zip", folders: true }),
  receipts: filePicker({ id: "receipts", label: () => t("audit.receipts"), hint: () => t("audit.receipts_hint"), accept: ".json,.zip,application/json,application/zip", many: true, folders: true }),
  compare: filePicker({ id: "compare", label: () => t("audit.compare_files"), hint: () => t("audit.compare_hint"), accept: ".zip,.json,.txt", many: true }),
  previous: filePicker({ id: "previous", label: () => t("audit.previous"), hint: () => t("audit.previous_hint"), accept: ".zip,application/zip", many: true }),
  address: h("input", { type: "url", inputmode: "url", autocomplete: "off", spellcheck: "false", dir: "ltr" }),
  others: h("textarea", { rows: 3, autocomplete: "off", spellcheck: "false", dir: "ltr" }),
};

async function start(): Promise<void> {
  const shell = await startPage({ catalogues, name: "audit.page", wide: true });
  const load = async (): Promise<void> => {
    shell.show({ render: () => working(t("common.loading")) });
    try {
      const module = await isoloir();
      ask(shell, module, fragment?.election ?? null, null);
    } catch (error) {
      shell.show({ render: () => errorScreen(error, load) });
    }
  };
  await load();
}

/** What is to be audited; addresses are still to be fetched. */
type Wanted = { election: ElectionId } | { address: string } | { files: readonly NamedFile[] };

/** An address that is none. */
class NoAddress extends Error {
  constructor(readonly address: string) {
    super("address");
  }
}

function ask(shell: Shell, module: Isoloir, election: ElectionId | null, error: unknown): void {
  // From here on the page needs no network. What fails now is told when it is needed.
  module.auditor.prepare().catch(() => undefined);
  const go = (wanted: Wanted): Promise<void> => run(shell, module, election, wanted);
  const fromServer = async (): Promise<void> => {
    const id = await chooseElection(shell, election);
    await run(shell, module, id, { election: id });
  };
  const fromFile = async (): Promise<void> => {
    const files = given.archive.files();
    missing.hidden = files.length > 0;
    if (files.length === 0) return given.archive.focus();
    await go({ files });
  };
  const missing = h("p", { class: "error", role: "alert", hidden: true });
  shell.show({
    render: () => {
      missing.textContent = t("audit.choose_file");
      return [
        h("h1", null, t("audit.heading")),
        h("p", { class: "lead" }, t("audit.intro")),
        error ? errorNote(error, explained(error)) : null,
        asked ? note("info", t("audit.asked", { check: asked }), t(`audit.${asked}` as Key), t("audit.asked_how", { check: asked })) : null,
        h("section", { class: "card", "aria-labelledby": "server" },
          h("h2", { id: "server" }, t("audit.from_server")),
          h("p", null, t("audit.from_server_text")),
          h("div", { class: "actions" }, button(t("audit.go_server"), fromServer, "primary", "audit-server"))),
        h("section", { class: "card", "aria-labelledby": "archive" },
          h("h2", { id: "archive" }, t("audit.from_file")),
          h("p", null, t("audit.from_file_text")),
          form(fromFile, given.archive.draw(), missing,
            h("div", { class: "actions" }, h("button", { type: "submit", "data-testid": "audit-file" }, t("audit.go_file"))))),
        h("section", { class: "card", "aria-labelledby": "elsewhere" },
          h("h2", { id: "elsewhere" }, t("audit.from_address")),
          h("p", null, t("audit.from_address_text")),
          form(() => go({ address: given.address.value }), field({ id: "address", label: t("audit.address"), input: given.address }),
            h("div", { class: "actions" }, h("button", { type: "submit", "data-testid": "audit-address" }, t("audit.go_address"))))),
        h("details", { id: "more" }, h("summary", null, t("audit.more")),
          given.receipts.draw(),
          given.compare.draw(),
          field({ id: "others", label: t("audit.compare_addresses"), hint: t("audit.compare_addresses_hint"), input: given.others }),
          given.previous.draw()),
        h("p", { class: "small muted" }, t("audit.own_tools")),
      ];
    },
  });
}

/** Sentences for what can go wrong with what the reader gave. */
function explained(error: unknown): Explained | undefined {
  if (error instanceof NoAddress) return { what: t("audit.bad_address", { address: error.address }), todo: t("audit.bad_address_todo") };
  if (error instanceof Several) return { what: t("audit.several"), todo: t("audit.several_todo") };
  const inner = failure(error);
  const file = inner?.kind === "file" ? inner : null;
  const cause = file ? file.error : inner;
  if (file && cause?.kind === "receipt") return { what: t("audit.bad_receipt", { name: file.name }), todo: t("audit.bad_receipt_todo") };
  if (file) return { what: t("audit.bad_file", { name: file.name }), todo: t("audit.bad_archive_todo") };
  if (cause?.kind === "archive") return { what: t("audit.bad_archive"), todo: t("audit.bad_archive_todo") };
  if (cause?.kind === "cancelled") return { what: t("audit.cancelled"), todo: t("audit.cancelled_todo") };
  return undefined;
}

/** Progress in words: what is being done, how far it is, and how long it will take. */
function teller(): (step: Progress) => string {
  let stage = "";
  let since = 0;
  let first = 0;
  return ({ stage: now, done, total }) => {
    if (stage !== now) [stage, since, first] = [now, performance.now(), done];
    const said = t(`audit.stage_${now}`, { done, total });
    const elapsed = performance.now() - since;
    if (elapsed < SPAN_AFTER_MS || done <= first || done >= total) return said;
    return `${said} ${t("audit.left", { time: formatSpan((elapsed * (total - done)) / (done - first)) })}`;
  };
}

async function run(shell: Shell, module: Isoloir, election: ElectionId | null, wanted: Wanted): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  const bar = progressBar(t("audit.starting"));
  shell.show({
    title: () => t("audit.running"),
    render: () => [working(t("audit.running"), bar.element), h("div", { class: "actions" }, button(t("common.cancel"), () => controller.abort(), "plain", "cancel"))],
  });
  const say = teller();
  const progress = (step: Progress): void => bar.update(step.done, step.total, say(step));
  const fetched = async (address: string): Promise<NamedFile> => {
    const remote = parseRemote(address);
    if (!remote) throw new NoAddress(address);
    const content = await fetchArchive(remote, signal, (bytes) =>
      bar.update(0, 1, t("audit.stage_fetch", { address, size: formatNumber(Math.round(bytes / MEGABYTE)) })));
    return { name: address, content };
  };
  try {
    const others = given.others.value.split(/\s+/).filter((address) => address !== "");
    const source = await sourceOf(wanted, fetched);
    const compare = [...given.compare.files()];
    for (const address of others) compare.push(await fetched(address));
    const input: AuditInput = { source, compare, previous: [...given.previous.files()], receipts: [...given.receipts.files()] };
    const report = await module.auditor.audit(input, { signal, progress });
    show(shell, module, election, report);
  } catch (error) {
    ask(shell, module, election, signal.aborted ? { error: { kind: "cancelled" } } : error);
  }
}

async function sourceOf(wanted: Wanted, fetched: (address: string) => Promise<NamedFile>): Promise<AuditInput["source"]> {
  if ("election" in wanted) return wanted;
  if ("address" in wanted) return { zip: await fetched(wanted.address.trim()) };
  const [only] = wanted.files;
  return only && wanted.files.length === 1 ? { zip: only } : { folder: [...wanted.files] };
}

function show(shell: Shell, module: Isoloir, election: ElectionId | null, report: AuditReport): void {
  const { state } = report;
  const failed = report.checks.filter((check) => check.verdict === "fails");
  const name = `isoloir-audit-${state?.election.id.slice(0, 8) ?? "unknown"}.json`;
  shell.show({
    title: () => (report.accepted ? t("audit.accepted") : t("audit.rejected")),
    render: () => [
      state ? h("p", { class: "eyebrow" }, own(state.election.manifest.title)) : null,
      h("div", { "data-testid": "verdict", "data-accepted": String(report.accepted) }, report.accepted
        ? verdict("ok", t("audit.accepted"), h("p", null, state?.result ? t("audit.accepted_text") : t("audit.accepted_so_far")))
        : verdict("bad", t("audit.rejected"), h("p", null, t("audit.rejected_text", { count: failed.length })))),
      answered(report),
      sources(report.sources),
      h("h2", null, t("audit.checks")),
      h("ol", { class: "checks", "data-testid": "checks" }, report.checks.map((check) => line(check, report.accepted))),
      report.warnings.length > 0
        ? note("warn", t("audit.warnings"), h("ul", null, report.warnings.map((warning) => h("li", null, warningText(warning)))))
        : null,
      state ? voidBallots(state.election.manifest, state.void) : null,
      receipts(report.receipts),
      h("h2", null, t("audit.figures")),
      facts([
        [t("audit.size"), formatNumber(report.size)],
        [t("audit.root"), h("span", { class: "mono" }, report.root)],
        state ? [t("audit.election_id"), h("span", { class: "mono" }, state.election.id)] : null,
        state ? [t("audit.ballots"), `${formatNumber(state.ballots)} / ${formatNumber(state.voters)}`] : null,
        state?.closing ? [t("common.closing_code"), groups(state.closing.code)] : null,
        state?.counting ? [t("common.counting_code"), groups(state.counting.code)] : null,
      ]),
      h("p", null, t("audit.compare")),
      state?.result ? [h("h2", null, t("audit.result")), resultTables(state.election.manifest, state.result.buckets)] : null,
      h("div", { class: "actions" },
        button(t("audit.save"), () => module.page.download(name, "application/json", `${report.json}\n`), "plain", "save-report"),
        button(t("common.print"), () => print(), "plain"),
        button(t("audit.again"), () => ask(shell, module, election, null), "plain", "audit-again")),
    ],
  });
}

/** What came out for the check that was asked for, before all others. */
function answered(report: AuditReport): Child {
  const check = report.checks.find((each) => each.check === asked);
  if (!check) return null;
  return h("section", { class: "card", "aria-labelledby": "asked", "data-testid": "asked" },
    h("h2", { id: "asked" }, t("audit.asked", { check: check.check })),
    h("ul", { class: "checks" }, line(check, report.accepted)));
}

function warningText(warning: AuditReport["warnings"][number]): string {
  switch (warning.problem) {
    case "objections":
      return t("audit.warn_objections", { count: warning.witnesses });
    case "wrongCosignatures":
      return t("audit.warn_wrongCosignatures", { count: warning.lines });
    case "newSlots":
    case "goneSlots":
      return t(`audit.warn_${warning.problem}`, { count: warning.slots.length });
    default:
      return t("audit.warn_previousUnchecked");
  }
}

function line(check: CheckOutcome, accepted: boolean): HTMLElement {
  const tone = check.verdict === "holds" ? "ok" : check.verdict === "fails" ? "bad" : "none";
  const said = check.verdict === "holds" ? t("audit.holds") : check.verdict === "fails" ? t("audit.fails") : accepted ? t("audit.nothing_yet") : t("audit.undecided");
  return h("li", { "data-check": check.check, "data-outcome": check.verdict }, icon(tone),
    h("div", null,
      h("strong", null, `${check.check} · ${said}`), " – ", t(`audit.${check.check}` as Key),
      check.verdict === "fails" ? findingsOf(check) : null));
}

/** Whether others have the same log: who does not is said first. */
function sources(compared: readonly ComparedSource[]): Child {
  if (compared.length === 0) return null;
  const others = compared.filter((source) => source.state !== "same");
  return [
    h("h2", null, t("audit.sources")),
    note(others.length > 0 ? "bad" : "ok", others.length > 0 ? t("audit.sources_differ", { count: others.length }) : t("audit.sources_agree", { count: compared.length })),
    h("ul", { "data-testid": "sources" }, [...others, ...compared.filter((source) => source.state === "same")].map((source) =>
      h("li", { "data-state": source.state }, h("bdi", null, source.name), ": ", t(`audit.source_${source.state}`, { size: source.state === "differs" ? (source.differsAt ?? 0) : source.size }),
        source.signed ? [" ", t("audit.source_signed")] : null))),
  ];
}

function receipts(all: readonly AuditedReceipt[]): Child {
  if (all.length === 0) return null;
  const isBad = ({ state }: AuditedReceipt): boolean => state === "invalid" || state === "void" || state === "replaced";
  const bad = all.filter(isBad);
  const shown = [...bad, ...all.filter((receipt) => !isBad(receipt))].slice(0, RECEIPTS_SHOWN);
  return [
    h("h2", null, t("audit.receipts_checked")),
    h("p", { "data-testid": "pile" }, t("audit.receipts_good", { count: all.length - bad.length }), " ",
      bad.length > 0 ? t("audit.receipts_bad", { count: bad.length }) : null),
    h("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": t("audit.receipts_checked") }, h("table", { "data-testid": "receipts-table" },
      h("thead", null, h("tr", null, h("th", { scope: "col" }, t("common.slot")), h("th", { scope: "col" }, t("audit.code")), h("th", { scope: "col" }, t("audit.state")))),
      h("tbody", null, shown.map((receipt) => h("tr", { "data-state": receipt.state },
        h("th", { scope: "row" }, String(receipt.slot)), h("td", null, groups(receipt.code)),
        h("td", null, t(`audit.receipt_${receipt.state}`))))))),
    all.length > shown.length ? h("p", { class: "muted" }, t("audit.more_receipts", { count: all.length - shown.length })) : null,
  ];
}
