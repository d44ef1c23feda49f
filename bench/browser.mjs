// Measures the pages in headless Chromium: a teller opens all boxes, and the audit page audits everything. Called by
//
//   cargo xtask bench load --browser      which makes and closes the election, and calls `node bench/browser.mjs FILE`
//
// FILE says where it is (bench/src/load/browser.rs). The browser is the one named in CHROMIUM, else Debian's.
// @ts-check

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

import { Chromium } from "./chromium.mjs";

/** @type {{ server: string, election: string, key_file: string, passphrase: string, ballots: number }} */
const { server, election, key_file, passphrase, ballots } = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));

/** Nothing that is measured may take longer. */
const PATIENCE_MS = 60 * 60_000;
const LOOK_EVERY_MS = 100;
const MB = 1_024;

/**
 * What the renderer processes use: memory that is in the machine, and their processor time until now. The page with all its workers is
 * one of them, the largest; the browser keeps others of its own, with which it shares much of what each one has.
 */
class Renderers {
  page = 0;
  all = 0;

  /** @param {Chromium} browser */
  constructor(browser) {
    this.browser = browser;
    this.reading = setInterval(() => void this.read(), LOOK_EVERY_MS);
  }

  forget() {
    this.page = 0;
    this.all = 0;
  }

  /** Memory of the page's process and of all now in MB, their processor time in seconds. */
  async read() {
    const { processInfo } = await this.browser.ask("SystemInfo.getProcessInfo");
    /** @type {{ type: string, id: number, cpuTime: number }[]} */
    const renderers = processInfo.filter((/** @type {{ type: string }} */ { type }) => type === "renderer");
    const memory = renderers.map(({ id }) => resident(id) / MB);
    const [page, all] = [Math.max(...memory), memory.reduce((sum, each) => sum + each, 0)];
    this.page = Math.max(this.page, page);
    this.all = Math.max(this.all, all);
    return { page, cpu: renderers.reduce((sum, { cpuTime }) => sum + cpuTime, 0) };
  }

  stop() {
    clearInterval(this.reading);
  }
}

/** @param {number} pid */
function resident(pid) {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    // It ended between the question and the answer.
    return 0;
  }
}

/**
 * Runs in a browser of its own, so that memory is of this alone.
 * @param {(page: Chromium, timed: (what: string, act: () => Promise<void>, done: () => Promise<unknown>) => Promise<void>) => Promise<void>} work
 */
async function inBrowser(work) {
  const page = new Chromium();
  const renderers = new Renderers(page);
  try {
    await work(page, async (what, act, done) => {
      const before = await renderers.read();
      renderers.forget();
      const began = performance.now();
      await act();
      await done();
      const seconds = (performance.now() - began) / 1_000;
      const after = await renderers.read();
      const row = [what, seconds.toFixed(1), (after.cpu - before.cpu).toFixed(1), renderers.page.toFixed(0), before.page.toFixed(0), renderers.all.toFixed(0)];
      console.log(`| ${row.join(" | ")} |`);
    });
  } finally {
    renderers.stop();
    await page.close();
  }
}

/** @param {string} id */
const named = (id) => `[data-testid=${id}]`;

console.log(`\n${availableParallelism()} cores, ${ballots} ballots\n`);
console.log("| what | seconds | s of processor, all renderers | MB of the page's process at most | MB before | MB of all renderers at most |");
console.log("|---|---|---|---|---|---|");

await inBrowser(async (page, timed) => {
  await page.open(`${server}/tellers/#${election}`);
  await page.press(named("unlock"));
  await page.see("#key-file");
  await page.choose("#key-file", key_file);
  await page.fill("#passphrase", passphrase);
  await timed("teller: the key is opened, the log replayed", () => page.press(named("open-key")), () => page.see(`${named("task")}[data-task=closing]`, PATIENCE_MS));
  await page.press(named("start-closing"));
  await page.press("#first-device");
  await page.press(named("heard"));
  await timed(`teller: ${ballots} boxes fetched, checked, opened`, () => page.press(named("confirm")), () => page.see(named("opened"), PATIENCE_MS));
  /** @type {string} */
  const opened = await page.value(`document.querySelector("${named("opened")}").textContent`);
  const numbers = opened.match(/\d[\d,]*/g)?.map((number) => Number(number.replaceAll(",", "")));
  if (numbers?.length !== 2 || numbers.some((number) => number !== ballots)) throw new Error(`not all boxes were opened: ${numbers}`);
});

await inBrowser(async (page, timed) => {
  await page.open(`${server}/audit/#${election}`);
  await page.see(named("audit-server"));
  await timed(`audit page: ${ballots} ballots, the whole log`, () => page.press(named("audit-server")), () => page.see(`${named("verdict")}[data-accepted=true]`, PATIENCE_MS));
});
