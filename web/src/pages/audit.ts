// Checks a whole election on this device: from this server's log or from an archive file.

import catalogues from "virtual:catalogues/audit";

import { chooseElection } from "../components/choose-election";
import { errorNote, errorScreen, failure } from "../components/errors";
import { button, facts, field, form, groups, icon, note, own, progressBar, verdict, working } from "../components/parts";
import { resultTables } from "../components/result-tables";
import { startPage, type Shell } from "../components/shell";
import { h, type Child } from "../lib/dom";
import { takeFragment } from "../lib/fragment";
import { formatNumber, t, type Key } from "../lib/i18n";
import { isoloir } from "../lib/isoloir";
import { reloadOnNewLink } from "../lib/reload";
import type { AuditInput, AuditReport, CheckOutcome, ElectionId, Isoloir, Progress } from "../wasm/types";

/** A broken archive can have thousands of findings; the saved report has them all. */
const FINDINGS_SHOWN = 3;

const fragment = takeFragment();
reloadOnNewLink();
void start();

async function start(): Promise<void> {
  const shell = await startPage({ catalogues, name: "audit.page", wide: true });
  const load = async (): Promise<void> => {
    shell.show({ render: () => working(t("common.loading")) });
    try {
      ask(shell, await isoloir(), fragment?.election ?? null, null);
    } catch (error) {
      shell.show({ render: () => errorScreen(error, load) });
    }
  };
  await load();
}

function files(multiple: boolean, accept: string): HTMLInputElement {
  return h("input", { type: "file", accept, multiple });
}

function ask(shell: Shell, module: Isoloir, election: ElectionId | null, error: unknown): void {
  const archive = files(false, ".zip,application/zip");
  const receipts = files(true, ".json,application/json");
  const previous = files(true, ".zip,application/zip");
  const gather = async (source: AuditInput["source"]): Promise<AuditInput> => ({
    source,
    previous: [...(previous.files ?? [])],
    receipts: await Promise.all([...(receipts.files ?? [])].map((file) => file.text())),
  });
  const fromServer = async (): Promise<void> => {
    const input = await gather({ election: "" });
    const id = await chooseElection(shell, election);
    await run(shell, module, id, { ...input, source: { election: id } });
  };
  const fromFile = async (): Promise<void> => {
    const file = archive.files?.[0];
    if (!file) {
      archive.focus();
      missing.hidden = false;
      return;
    }
    await run(shell, module, election, await gather({ zip: file }));
  };
  const missing = h("p", { class: "error", role: "alert", hidden: true }, t("audit.choose_file"));
  shell.show({
    render: () => [
      h("h1", null, t("audit.heading")),
      h("p", { class: "lead" }, t("audit.intro")),
      error ? errorNote(error, archiveError(error)) : null,
      h("section", { class: "card", "aria-labelledby": "server" },
        h("h2", { id: "server" }, t("audit.from_server")),
        h("p", null, t("audit.from_server_text")),
        h("div", { class: "actions" }, button(t("audit.go_server"), fromServer, "primary", "audit-server"))),
      h("section", { class: "card", "aria-labelledby": "archive" },
        h("h2", { id: "archive" }, t("audit.from_file")),
        h("p", null, t("audit.from_file_text")),
        form(fromFile, field({ id: "archive-file", label: t("audit.archive_file"), input: archive }), missing,
          h("div", { class: "actions" }, h("button", { type: "submit", "data-testid": "audit-file" }, t("audit.go_file"))))),
      h("details", { id: "more" }, h("summary", null, t("audit.more")),
        field({ id: "receipts", label: t("audit.receipts"), hint: t("audit.receipts_hint"), input: receipts }),
        field({ id: "previous", label: t("audit.previous"), hint: t("audit.previous_hint"), input: previous })),
      h("p", { class: "small muted" }, t("audit.own_tools")),
    ],
  });
}

function archiveError(error: unknown): { what: string; todo: string } | undefined {
  const inner = failure(error);
  if (inner?.kind === "archive") return { what: t("audit.bad_archive"), todo: t("audit.bad_archive_todo") };
  if (inner?.kind === "cancelled") return { what: t("audit.cancelled"), todo: t("audit.cancelled_todo") };
  return undefined;
}

async function run(shell: Shell, module: Isoloir, election: ElectionId | null, input: AuditInput): Promise<void> {
  const controller = new AbortController();
  const bar = progressBar(t("audit.starting"));
  shell.show({
    title: () => t("audit.running"),
    render: () => [working(t("audit.running"), bar.element), h("div", { class: "actions" }, button(t("common.cancel"), () => controller.abort()))],
  });
  const progress = (step: Progress): void =>
    bar.update(step.done, step.total, t(`audit.stage_${step.stage}`, { done: step.done, total: step.total }));
  try {
    const report = await module.auditor.audit(input, { signal: controller.signal, progress });
    show(shell, module, election, report);
  } catch (error) {
    ask(shell, module, election, error);
  }
}

function show(shell: Shell, module: Isoloir, election: ElectionId | null, report: AuditReport): void {
  const { state } = report;
  const failed = report.checks.filter((check) => check.verdict === "fails");
  shell.show({
    title: () => (report.accepted ? t("audit.accepted") : t("audit.rejected")),
    render: () => [
      state ? h("p", { class: "eyebrow" }, own(state.election.manifest.title)) : null,
      h("div", { "data-testid": "verdict", "data-accepted": String(report.accepted) }, report.accepted
        ? verdict("ok", t("audit.accepted"), h("p", null, state?.result ? t("audit.accepted_text") : t("audit.accepted_so_far")))
        : verdict("bad", t("audit.rejected"), h("p", null, t("audit.rejected_text", { count: failed.length })))),
      h("h2", null, t("audit.checks")),
      h("ol", { class: "checks", "data-testid": "checks" }, report.checks.map((check) => line(check, report.accepted))),
      report.warnings.length > 0
        ? note("warn", t("audit.warnings"), h("ul", null, report.warnings.map((warning) => h("li", null, warningText(warning)))))
        : null,
      receiptsTable(report),
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
        button(t("audit.save"), () => module.page.download("audit.json", "application/json", JSON.stringify(report, null, 1)), "plain", "save-report"),
        button(t("common.print"), () => print(), "plain"),
        button(t("audit.again"), () => ask(shell, module, election, null), "plain")),
    ],
  });
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
      check.verdict === "fails" ? failureOf(check) : null));
}

function failureOf(check: CheckOutcome): Child {
  const shown = check.findings.slice(0, FINDINGS_SHOWN);
  return [
    shown.map((finding, i) => [
      // One sentence for several findings about the same entry.
      shown[i - 1]?.index === finding.index && i > 0 ? null : h("p", null, finding.index === null ? t("audit.failed_whole") : t("audit.failed_entry", { index: String(finding.index) }), " ", t(`audit.${check.check}_means` as Key)),
      h("p", { class: "small mono" }, `${finding.problem}: ${finding.detail}`),
    ]),
    check.findings.length > shown.length ? h("p", { class: "muted" }, t("audit.more_findings", { count: check.findings.length - shown.length })) : null,
  ];
}

function receiptsTable(report: AuditReport): Child {
  if (report.receipts.length === 0) return null;
  return [
    h("h2", null, t("audit.receipts_checked")),
    h("div", { class: "scroll" }, h("table", null,
      h("thead", null, h("tr", null, h("th", { scope: "col" }, t("common.slot")), h("th", { scope: "col" }, t("audit.code")), h("th", { scope: "col" }, t("audit.state")))),
      h("tbody", null, report.receipts.map((receipt) => h("tr", null,
        h("th", { scope: "row" }, String(receipt.slot)), h("td", null, groups(receipt.code)),
        h("td", null, t(`audit.receipt_${receipt.state}`))))))),
  ];
}
