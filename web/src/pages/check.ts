// Checks a receipt: by link, QR code, file, or typed. Needs no voting code.

import catalogues from "virtual:catalogues/check";

import { askWitness } from "../components/ask-witness";
import { chooseElection } from "../components/choose-election";
import { clockNote, heading } from "../components/election";
import { errorScreen, failure, passes } from "../components/errors";
import { button, errorSummary, facts, field, form, groups, note, own, verdict, when, working } from "../components/parts";
import { scanner } from "../components/scan";
import { receiptCard } from "../components/receipt-card";
import { startPage, type Shell } from "../components/shell";
import { complaintText } from "../components/void-ballots";
import { api } from "../lib/api";
import { placeOf, symbolAt } from "../lib/code-hints";
import { h, type Child } from "../lib/dom";
import { parseLink, takeFragment } from "../lib/fragment";
import { formatList, t, tx } from "../lib/i18n";
import { isoloir } from "../lib/isoloir";
import { keptReceipts, type KeptReceipt } from "../lib/receipts";
import { reloadOnNewLink } from "../lib/reload";
import { resupply } from "../lib/resupply";
import { tidyCode } from "../lib/tidy";
import type { CheckedReceipt, ElectionInfo, Isoloir, ReceiptOutcome, ReceiptQuery } from "../wasm/types";

const fragment = takeFragment();
reloadOnNewLink();
void start();

interface Check {
  shell: Shell;
  isoloir: Isoloir;
  info: ElectionInfo;
  slot: string;
  code: string;
  /** What this device keeps of its own votes. */
  kept: KeptReceipt[];
}

async function start(): Promise<void> {
  const shell = await startPage({ catalogues, name: "check.page" });
  const election = await chooseElection(shell, fragment?.election ?? null);
  const load = async (): Promise<void> => {
    shell.show({ render: () => working(t("common.loading")) });
    try {
      const module = await isoloir();
      const info = await module.election(election);
      const check: Check = { shell, isoloir: module, info, slot: String(fragment?.slot ?? ""), code: fragment?.code ?? "", kept: [] };
      void api.status(election).then((status) => resupply(module, info, status)).catch(() => undefined);
      check.kept = keptReceipts(module, election);
      if (fragment?.slot && fragment.code) await look(check, { election, slot: fragment.slot, code: fragment.code });
      else ask(check, {});
    } catch (error) {
      shell.show({ render: () => errorScreen(error, load) });
    }
  };
  await load();
}

function ask(check: Check, errors: Record<string, string>): void {
  const submit = async (): Promise<void> => {
    const found: Record<string, string> = {};
    const pasted = parseLink(check.code);
    if (pasted?.election && pasted.election !== check.info.id) return ask(check, { code: t("check.file_other_election") });
    if (pasted?.slot && pasted.code) {
      check.slot = String(pasted.slot);
      check.code = pasted.code;
    }
    if (!/^[1-9][0-9]{0,9}$/.test(check.slot.trim())) found["slot"] = t("check.slot_wrong");
    if (check.code.trim() === "") found["code"] = t("check.code_missing");
    else {
      try {
        check.code = await check.isoloir.receipts.normaliseCode(check.code);
      } catch (error) {
        found["code"] = codeProblem(error, check.code);
      }
    }
    if (Object.keys(found).length > 0) return ask(check, found);
    await look(check, { election: check.info.id, slot: Number(check.slot), code: check.code });
  };
  const slot = (): HTMLInputElement => {
    const input = h("input", { type: "text", class: "number", inputmode: "numeric", autocomplete: "off" });
    input.value = check.slot;
    input.addEventListener("input", () => (check.slot = input.value.replace(/\s|^\s*0+/g, "")));
    return input;
  };
  const code = (): HTMLInputElement => {
    const input = h("input", { type: "text", class: "code", autocapitalize: "characters", autocomplete: "off", autocorrect: "off", spellcheck: "false" });
    input.value = check.code;
    input.addEventListener("input", () => (check.code = input.value));
    input.addEventListener("blur", () => tidyCode(input, 24));
    return input;
  };
  check.shell.show({
    render: () => [
      heading(check.info.manifest.title, t("check.heading")),
      errorSummary(Object.entries(errors).map(([id, text]) => ({ id, text }))),
      check.kept.length === 0 ? null : h("section", { class: "card", "aria-labelledby": "kept-heading" },
        h("h2", { id: "kept-heading" }, t("check.kept")),
        h("p", null, t("check.kept_text")),
        check.kept.map((kept) => h("p", null,
          button(t("check.kept_go", { slot: String(kept.slot) }), () => readReceipt(check, kept.file), "plain", "kept-receipt")))),
      h("p", null, t("check.intro")),
      form(submit,
        field({ id: "slot", label: t("common.slot"), hint: t("check.slot_hint"), error: errors["slot"], input: slot() }),
        field({ id: "code", label: t("receipt.code"), hint: t("check.code_hint"), error: errors["code"], input: code() }),
        h("div", { class: "actions" }, h("button", { type: "submit", class: "primary", "data-testid": "continue" }, t("check.go")))),
      h("h2", null, t("check.by_qr")),
      scanner("qr-picture", (text) => takeQr(check, text)),
      h("h2", null, t("check.by_file")),
      field({ id: "file", label: t("check.file"), hint: t("check.file_hint"), error: errors["file"], input: fileInput(check) }),
      h("details", { id: "elsewhere" }, h("summary", null, t("check.elsewhere")),
        h("p", null, t("check.elsewhere_text")),
        check.info.manifest.witnesses.length > 0 ? h("p", null, t("check.elsewhere_witnesses", { names: formatList(check.info.manifest.witnesses.map((witness) => witness.name)) })) : null),
    ],
  });
}

/** What a QR code held: the link of a receipt, of this election or of another one. */
async function takeQr(check: Check, text: string): Promise<void> {
  const link = parseLink(text);
  if (!link?.election || !link.slot || !link.code) return ask(check, { "qr-picture": t("check.scan_other") });
  if (link.election !== check.info.id) return ask(check, { "qr-picture": t("check.file_other_election") });
  await look(check, { election: link.election, slot: link.slot, code: link.code });
}

function codeProblem(error: unknown, typed: string): string {
  const inner = failure(error);
  if (inner?.kind !== "receiptCode") throw error;
  if (inner.problem === "length") return t("check.code_length", { count: inner.found });
  return t("check.code_symbol", { found: symbolAt(typed, inner.position), group: placeOf(inner.position).group });
}

function fileInput(check: Check): HTMLInputElement {
  const input = h("input", { type: "file", accept: ".json,application/json" });
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (file) void check.isoloir.page.readFile(file, 1 << 20).then((bytes) => readReceipt(check, new TextDecoder().decode(bytes)), () => ask(check, { file: t("check.file_wrong") }));
  });
  return input;
}

async function readReceipt(check: Check, text: string): Promise<void> {
  try {
    const seen = await check.isoloir.receipts.read(text);
    if (seen.election !== check.info.id) return ask(check, { file: t("check.file_other_election") });
    await look(check, { election: seen.election, slot: seen.slot, code: seen.code, file: text });
  } catch {
    ask(check, { file: t("check.file_wrong") });
  }
}

async function look(check: Check, query: ReceiptQuery): Promise<void> {
  check.slot = String(query.slot);
  check.code = query.code;
  check.shell.show({ title: () => t("check.looking"), render: () => working(t("check.looking")) });
  try {
    const outcome = await check.isoloir.receipts.lookUp(query);
    check.shell.show({
      title: () => t(`check.${outcome.state}`),
      render: () => [
        h("p", { class: "eyebrow" }, own(check.info.manifest.title)),
        h("div", { "data-testid": "outcome", "data-state": outcome.state }, show(check, outcome)),
        clockNote(),
        witness(check, query, outcome),
        h("div", { class: "actions" },
          button(t("check.another"), () => {
            check.code = "";
            ask(check, {});
          }, "plain", "another"),
          h("a", { class: "button", href: `/audit/#${check.info.id}` }, t("common.link_audit"))),
      ],
    });
  } catch (error) {
    const inner = failure(error);
    if (inner?.kind === "receiptCode") return ask(check, { code: codeProblem(error, query.code) });
    if (inner?.kind === "slot" && inner.problem === "unknown") return ask(check, { slot: t("common.e_slot_what") });
    if (inner?.kind === "receipt" && query.file) return showBadFile(check, error);
    if (query.file && passes(error) && (await showAlone(check, query))) return;
    check.shell.show({ render: () => [errorScreen(error, () => look(check, query)), witness(check, query, null)] });
  }
}

/** A way to somebody else who keeps the log. */
function witness(check: Check, query: ReceiptQuery, server: ReceiptOutcome | null): Child {
  const another = (): void => {
    check.code = "";
    ask(check, {});
  };
  return askWitness({ shell: check.shell, isoloir: check.isoloir, info: check.info, query, server, show: (outcome) => show(check, outcome), another });
}

/** Without an answer of the server the file still proves what it proves. False if it proves nothing. */
async function showAlone(check: Check, query: ReceiptQuery): Promise<boolean> {
  const receipt = await check.isoloir.receipts.check(query.file ?? "").catch(() => null);
  if (!receipt) return false;
  check.shell.show({
    title: () => t("check.offline"),
    render: () => [
      h("p", { class: "eyebrow" }, own(check.info.manifest.title)),
      h("div", { "data-testid": "outcome", "data-state": "offline" },
        verdict("warn", t("check.offline"), h("p", null, tx("check.offline_text", { time: when(receipt.time) }))),
        receiptCard(check.isoloir, check.info, receipt, false)),
      h("div", { class: "actions" }, button(t("common.again"), () => look(check, query), "primary", "again"), button(t("check.another"), () => ask(check, {}))),
      witness(check, query, null),
    ],
  });
  return true;
}

function showBadFile(check: Check, error: unknown): void {
  const inner = failure(error);
  check.shell.show({
    title: () => t("check.file_bad"),
    render: () => [
      verdict("bad", t("check.file_bad"), h("p", null, t("check.file_bad_todo"))),
      h("p", { class: "small mono" }, inner?.kind === "receipt" ? `${inner.problem}: ${inner.detail}` : null),
      h("div", { class: "actions" }, button(t("check.another"), () => ask(check, {}))),
    ],
  });
}

const proof = (proved: boolean): HTMLElement => h("p", { class: "small muted" }, proved ? t("check.proved") : t("check.said"));

function show(check: Check, outcome: ReceiptOutcome): Child {
  const card = (receipt: CheckedReceipt): HTMLElement => receiptCard(check.isoloir, check.info, receipt, false);
  switch (outcome.state) {
    case "inUrn":
      return [verdict("ok", t("check.inUrn"), h("p", null, tx("check.in_urn_since", { time: when(outcome.receipt.time) }))), proof(outcome.proved), card(outcome.receipt)];
    case "counted":
      return [verdict("ok", t("check.counted"), h("p", null, outcome.published ? t("check.counted_published") : t("check.counted_fixed"))), proof(outcome.proved), card(outcome.receipt)];
    case "replaced":
      return [
        verdict("warn", t("check.replaced"), h("p", null, tx("check.replaced_by", { slot: String(outcome.receipt.slot), time: when(outcome.by.time) }))),
        note("bad", t("check.replaced_alarm"), t("check.replaced_todo")),
        facts([[t("check.your_ballot"), groups(outcome.receipt.code)], [t("check.later_ballot"), groups(outcome.by.code)]]),
        proof(outcome.proved),
      ];
    case "void":
      return [
        verdict("bad", t("check.void"), outcome.reason
          ? h("p", null, t("check.void_reason", { teller: check.info.manifest.tellers[outcome.reason.teller - 1]?.name ?? String(outcome.reason.teller) }))
          : h("p", null, t("check.void_unknown"))),
        outcome.reason
          ? note("warn", h("span", { "data-testid": "complaint" }, complaintText(check.info.manifest, outcome.reason)), t("check.void_todo"))
          : note("warn", t("check.void_todo")),
        proof(outcome.proved), card(outcome.receipt),
      ];
    case "notFound":
      return [
        verdict("bad", t("check.notFound"), h("p", null, t("check.not_found_what", { slot: String(outcome.slot) }))),
        facts([[t("check.your_ballot"), groups(outcome.code)]]),
        outcome.held ? note("bad", t("check.convicts_what"), t("check.convicts_todo")) : note("warn", t("check.not_found_typing"), t("check.not_found_todo")),
        outcome.listed.length > 0
          ? h("div", null, h("p", null, t("check.listed", { count: outcome.listed.length })), h("ul", null, outcome.listed.map((ballot) => h("li", null, groups(ballot.code), h("br"), when(ballot.time)))))
          : h("p", null, t("check.none_listed")),
      ];
  }
}
