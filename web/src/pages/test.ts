// Tests a device. Either this device makes a test ballot on any slot, without a code, or it reads
// the test ballot of another device and shows what it holds. A test ballot is never counted.

import catalogues from "virtual:catalogues/test";

import { ballotForm, choiceSummary, emptyDraft, problemOf, type Draft } from "../components/ballot-form";
import { chooseElection } from "../components/choose-election";
import { disclosed } from "../components/disclosed";
import { heading } from "../components/election";
import { errorScreen, failure } from "../components/errors";
import { button, errorSummary, facts, field, form, groups, note, steps, verdict, working } from "../components/parts";
import { startPage, type Shell } from "../components/shell";
import { h } from "../lib/dom";
import { parseLink, takeFragment } from "../lib/fragment";
import { t } from "../lib/i18n";
import { isoloir } from "../lib/isoloir";
import { reloadOnNewLink } from "../lib/reload";
import type { ElectionInfo, Isoloir, PreparedBallot, Voter } from "../wasm/types";

const fragment = takeFragment();
reloadOnNewLink();
void start();

interface Test {
  shell: Shell;
  isoloir: Isoloir;
  info: ElectionInfo;
  slot: string;
  draft: Draft;
  voter: Voter | null;
}

async function start(): Promise<void> {
  const shell = await startPage({ catalogues, name: "test.page" });
  const election = await chooseElection(shell, fragment?.election ?? null);
  const load = async (): Promise<void> => {
    shell.show({ render: () => working(t("common.loading")) });
    try {
      const module = await isoloir();
      const info = await module.election(election);
      const test: Test = { shell, isoloir: module, info, slot: String(fragment?.slot ?? ""), draft: emptyDraft(info.manifest), voter: null };
      if (fragment?.code) await readDisclosure(test, fragment.code);
      else begin(test, {});
    } catch (error) {
      shell.show({ render: () => errorScreen(error, load) });
    }
  };
  await load();
}

const banner = (): HTMLElement => note("warn", t("test.not_counted"), t("test.not_a_vote"));

function begin(test: Test, errors: Record<string, string>): void {
  const slot = h("input", { type: "text", class: "number", inputmode: "numeric", autocomplete: "off" });
  slot.value = test.slot;
  const make = async (): Promise<void> => {
    test.slot = slot.value.replace(/\s|^\s*0+/g, "");
    if (!/^[1-9][0-9]{0,9}$/.test(test.slot)) return begin(test, { slot: t("test.slot_wrong") });
    try {
      test.voter = await test.isoloir.voter(test.info.id, Number(test.slot));
      choose(test, false);
    } catch (error) {
      if (failure(error)?.kind === "slot") begin(test, { slot: t("common.e_slot_what") });
      else test.shell.show({ render: () => errorScreen(error, () => begin(test, {})) });
    }
  };
  const text = h("textarea", { rows: 3, autocomplete: "off", spellcheck: "false" });
  const file = h("input", { type: "file", accept: ".txt,text/plain" });
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    if (chosen) void test.isoloir.page.readFile(chosen, 1 << 16).then((bytes) => readDisclosure(test, new TextDecoder().decode(bytes)), () => begin(test, { paste: t("test.paste_wrong") }));
  });
  const read = (): Promise<void> | void =>
    text.value.trim() === "" ? begin(test, { paste: t("test.paste_missing") }) : readDisclosure(test, text.value);
  test.shell.show({
    render: () => [
      heading(test.info.manifest.title, t("test.heading")),
      errorSummary(Object.entries(errors).map(([id, error]) => ({ id, text: error }))),
      h("p", null, t("test.intro")),
      banner(),
      h("section", { class: "card", "aria-labelledby": "make" },
        h("h2", { id: "make" }, t("test.make")),
        h("p", null, t("test.make_intro")),
        form(make,
          field({ id: "slot", label: t("common.slot"), hint: t("test.slot_hint"), error: errors["slot"], input: slot }),
          h("div", { class: "actions" }, h("button", { type: "submit", class: "primary", "data-testid": "make-test" }, t("test.make_go"))))),
      h("section", { class: "card", "aria-labelledby": "read" },
        h("h2", { id: "read" }, t("test.read")),
        h("p", null, t("test.read_intro")),
        form(read,
          field({ id: "paste", label: t("test.paste"), error: errors["paste"], input: text }),
          field({ id: "test-file", label: t("test.file"), input: file }),
          h("div", { class: "actions" }, h("button", { type: "submit", "data-testid": "read-test" }, t("test.read_go"))))),
    ],
  });
}

function choose(test: Test, errors: boolean): void {
  const { manifest } = test.info;
  const submit = async (): Promise<void> => {
    if (manifest.questions.some((question, q) => problemOf(question, test.draft[q] ?? { options: [], blank: false }) !== null)) return choose(test, true);
    test.shell.show({ render: () => working(t("test.preparing")) });
    try {
      const prepared = await test.voter?.prepare(test.draft);
      if (prepared) noteCode(test, prepared);
    } catch (error) {
      test.shell.show({ render: () => errorScreen(error, () => choose(test, false)) });
    }
  };
  test.shell.show({
    title: () => t("test.step_choose"),
    render: () => [
      steps(1, 3, t("test.step_choose")),
      heading(manifest.title, t("test.step_choose")),
      banner(),
      form(submit, ballotForm(manifest, test.draft, errors),
        h("div", { class: "actions" }, h("button", { type: "submit", class: "primary", "data-testid": "continue" }, t("common.continue")),
          button(t("common.back"), () => begin(test, {}), "quiet"))),
    ],
  });
}

function noteCode(test: Test, prepared: PreparedBallot): void {
  test.shell.show({
    title: () => t("test.step_note"),
    render: () => [
      steps(2, 3, t("test.step_note")),
      heading(test.info.manifest.title, t("test.step_note")),
      banner(),
      h("p", null, t("test.note_code")),
      h("div", { class: "card" }, facts([[t("common.slot"), String(prepared.slot)], [t("common.ballot_code"), h("span", { "data-testid": "test-code" }, groups(prepared.receiptCode, true))]])),
      choiceSummary(test.info.manifest, test.draft),
      h("div", { class: "actions" }, button(t("test.open"), async () => {
        try {
          open(test, prepared, await prepared.disclose());
        } catch (error) {
          test.shell.show({ render: () => errorScreen(error, () => choose(test, false)) });
        }
      }, "primary", "disclose")),
    ],
  });
}

function open(test: Test, prepared: PreparedBallot, disclosure: Awaited<ReturnType<PreparedBallot["disclose"]>>): void {
  test.shell.show({
    title: () => t("test.step_read"),
    render: () => [
      steps(3, 3, t("test.step_read")),
      heading(test.info.manifest.title, t("test.step_read")),
      banner(),
      disclosed(test.isoloir, test.info, disclosure, prepared.slot, prepared.receiptCode),
      h("div", { class: "actions" },
        button(t("test.again"), () => begin(test, {})),
        h("a", { class: "button", href: `/vote/#${test.info.id}` }, t("test.to_vote"))),
    ],
  });
}

/** On the second device: what the first one really put into the ballot. */
async function readDisclosure(test: Test, text: string): Promise<void> {
  const bare = parseLink(text)?.code ?? text.trim();
  test.shell.show({ render: () => working(t("test.checking")) });
  try {
    const seen = await test.isoloir.ballotTest.check(bare);
    test.shell.show({
      title: () => t("test.seen"),
      render: () => [
        heading(test.info.manifest.title, t("test.seen")),
        banner(),
        h("p", null, t("test.compare")),
        h("div", { "data-testid": "disclosed" }, choiceSummary(test.info.manifest, seen.choices)),
        h("div", { class: "card" }, facts([[t("common.slot"), String(seen.slot)], [t("common.ballot_code"), h("span", { "data-testid": "test-code" }, groups(seen.receiptCode, true))]])),
        seen.current === false ? note("warn", t("test.not_current"), t("test.not_current_todo")) : null,
        seen.current === null ? h("p", { class: "muted" }, t("test.current_unknown")) : null,
        note("info", t("test.if_same"), t("test.if_other")),
        h("div", { class: "actions" }, button(t("test.again"), () => begin(test, {}))),
      ],
    });
  } catch (error) {
    const inner = failure(error);
    if (inner?.kind !== "disclosure") {
      test.shell.show({ render: () => errorScreen(error, () => readDisclosure(test, text)) });
      return;
    }
    test.shell.show({
      title: () => t("test.wrong"),
      render: () => [
        banner(),
        verdict("bad", t("test.wrong"), h("p", null, inner.problem === "otherElection" ? t("test.wrong_election") : inner.problem === "choices" ? t("test.wrong_choices") : t("test.wrong_format"))),
        h("div", { class: "actions" }, button(t("common.back"), () => begin(test, {}))),
      ],
    });
  }
}
