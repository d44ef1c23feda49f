// Whether one can vote with this device: what the vote needs is tried, down to a trial ballot that is opened and thrown away.

import catalogues from "virtual:catalogues/device";

import { failure } from "../components/errors";
import { button, icon, note, verdict, working, type Tone } from "../components/parts";
import { startPage, type Shell } from "../components/shell";
import { api, clockSkew } from "../lib/api";
import { h, type Child } from "../lib/dom";
import { takeFragment } from "../lib/fragment";
import { formatNumber, formatSpan, t } from "../lib/i18n";
import { isoloir } from "../lib/isoloir";
import { reloadOnNewLink } from "../lib/reload";
import type { Choice, ElectionId, Isoloir, Manifest } from "../wasm/types";

/** Past it the voter is told that the vote will take patience. */
const SLOW_MS = 3_000;
/** Past it the voter is told that the clock is wrong; nothing depends on it. */
const CLOCK_MS = 120_000;

interface Finding {
  name: "network" | "random" | "program" | "storage" | "trial" | "clock";
  tone: Tone | "none";
  text: () => string;
}

const fragment = takeFragment();
reloadOnNewLink();
void start();

async function start(): Promise<void> {
  const shell = await startPage({ catalogues, name: "device.page" });
  const run = async (): Promise<void> => {
    shell.show({ render: () => working(t("device.trying"), h("p", null, t("device.trying_text"))) });
    show(shell, await findings(), run);
  };
  await run();
}

async function findings(): Promise<Finding[]> {
  const found: Finding[] = [];
  const add = (name: Finding["name"], tone: Finding["tone"], text: () => string): void => void found.push({ name, tone, text });

  const asked = performance.now();
  const answered = await api.server().then(() => performance.now() - asked, () => null);
  if (answered === null) add("network", "bad", () => t("device.network_none"));
  else if (answered > SLOW_MS) add("network", "warn", () => t("device.network_slow", { seconds: formatNumber(Math.round(answered / 1_000)) }));
  else add("network", "ok", () => t("device.network"));

  const random = isSecureContext && typeof crypto?.getRandomValues === "function";
  add("random", random ? "ok" : "bad", () => t(random ? "device.random" : "device.random_none"));

  try {
    const module = await isoloir();
    if (module.engine === "javaScript") add("program", "warn", () => t("device.program_slow"));
    else add("program", "ok", () => t("device.program"));
    add("storage", module.page.storageWorks ? "ok" : "warn", () => t(module.page.storageWorks ? "device.storage" : "device.storage_none"));
    found.push(await trial(module));
  } catch (error) {
    add("program", "bad", () => t(failure(error)?.kind === "unsupported" ? "device.program_none" : "device.program_load"));
  }

  const skew = clockSkew();
  if (answered !== null) {
    if (Math.abs(skew) > CLOCK_MS) add("clock", "warn", () => t("device.clock_wrong", { span: formatSpan(Math.abs(skew)) }));
    else add("clock", "ok", () => t("device.clock"));
  }
  return found;
}

/** Makes a ballot on a slot of the roll, opens it, and reads it back: all of a vote but the sending. */
async function trial(module: Isoloir): Promise<Finding> {
  const election = await anElection();
  if (!election) return { name: "trial", tone: "none", text: () => t("device.trial_none") };
  try {
    const info = await module.election(election);
    await api.status(election);
    const voter = await module.voter(election, fragment?.slot ?? 1);
    const began = performance.now();
    const choices = firstOptions(info.manifest);
    const prepared = await voter.prepare(choices);
    const took = performance.now() - began;
    const opened = await module.ballotTest.check((await prepared.disclose()).bytes);
    await voter.close();
    const same = opened.receiptCode === prepared.receiptCode && JSON.stringify(opened.choices) === JSON.stringify(choices);
    const seconds = (): string => formatNumber(Math.max(0.1, Math.round(took / 100) / 10));
    return same ? { name: "trial", tone: "ok", text: () => t("device.trial", { seconds: seconds() }) } : { name: "trial", tone: "bad", text: () => t("device.trial_wrong") };
  } catch (error) {
    // The roll is not published yet, or has no such number: that says nothing about the device.
    const kind = failure(error)?.kind;
    if (kind === "slot" || kind === "network") return { name: "trial", tone: "none", text: () => t("device.trial_none") };
    return { name: "trial", tone: "bad", text: () => t("device.trial_wrong") };
  }
}

async function anElection(): Promise<ElectionId | null> {
  if (fragment?.election) return fragment.election;
  const all = await api.elections().catch(() => []);
  return (all.find((one) => one.phase !== "counted") ?? all[0])?.id ?? null;
}

/** As many options as must be chosen, at least one. */
function firstOptions(manifest: Manifest): Choice[] {
  return manifest.questions.map((question) => ({ options: Array.from({ length: Math.max(1, question.min) }, (_, k) => k), blank: false }));
}

function show(shell: Shell, found: readonly Finding[], again: () => Promise<void>): void {
  const bad = found.some((one) => one.tone === "bad");
  const hash = fragment?.election ? `#${fragment.election}` : "";
  shell.show({
    render: () => [
      verdict(bad ? "bad" : "ok", t(bad ? "device.cannot" : "device.can"), h("p", { "data-testid": "verdict", "data-good": String(!bad) }, t(bad ? "device.cannot_do" : "device.can_text"))),
      note("info", t("device.not_a_vote")),
      h("ul", { class: "checks", "data-testid": "findings" }, found.map((one): Child =>
        h("li", { "data-check": one.name, "data-tone": one.tone }, icon(one.tone), h("div", null, h("strong", null, t(`device.name_${one.name}`)), h("p", null, one.text()))))),
      h("p", null, t("device.more"), " ", h("a", { href: `/test/${hash}` }, t("common.link_test"))),
      h("div", { class: "actions" }, button(t("device.again"), again)),
    ],
  });
}
