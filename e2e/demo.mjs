// Plays the people of `isoloir demo --auto` in a real browser: two members who vote, and the tellers
// who count. Called by it as
//
//   node e2e/demo.mjs FILE vote     the members vote, one of them twice; receipts go to the folder named in FILE
//   node e2e/demo.mjs FILE count    the tellers compare codes, report and add up; ends when the result is verified
//
// FILE is the demonstration's play.json: server, election, links, voters, tellers, receipts (cli/src/demo/play.rs).
// The browser is the one named in CHROMIUM, else Debian's.
// @ts-check

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

/**
 * @typedef {{ slot: number, link: string, second_code: string | null, choose: number[] }} Member
 * @typedef {{ number: number, name: string, key_file: string, passphrase: string, played_by: "browser" | "command line" }} Teller
 * @typedef {{ server: string, election: string, links: Record<"results" | "tellers" | "audit" | "check", string>, voters: Member[], tellers: Teller[], receipts: string }} Play
 * @typedef {import("playwright-core").Page} Page
 * @typedef {import("playwright-core").Browser} Browser
 */

/** The tellers wait for each other and for the closing. */
const PATIENCE_MS = 15 * 60_000;

const [file, part] = process.argv.slice(2);
if (!file || (part !== "vote" && part !== "count")) {
  console.error("usage: node e2e/demo.mjs FILE vote|count");
  process.exit(2);
}
/** @type {Play} */
const play = JSON.parse(readFileSync(file, "utf8"));
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  await (part === "vote" ? vote() : count());
} finally {
  await browser.close();
}

/** A device of somebody's own. */
async function device() {
  const page = await (await browser.newContext({ locale: "fr-FR" })).newPage();
  page.setDefaultTimeout(60_000);
  return page;
}

async function vote() {
  for (const [i, member] of play.voters.entries()) {
    // The first one changes their mind: the last ballot counts.
    const choices = i === 0 ? [[1], member.choose] : [member.choose];
    for (const [round, choice] of choices.entries()) {
      const page = await device();
      await cast(page, member, choice);
      if (round + 1 < choices.length) continue;
      const download = page.waitForEvent("download");
      await page.getByTestId("save-receipt").click();
      await (await download).saveAs(join(play.receipts, `receipt-${member.slot}.json`));
      await check(member);
    }
  }
}

/**
 * @param {Page} page
 * @param {Member} member
 * @param {number[]} choice
 */
async function cast(page, member, choice) {
  await page.goto(member.link);
  if (member.second_code !== null) {
    await page.locator("#code-1").fill(member.second_code);
    await page.getByTestId("continue").click();
  }
  await page.getByTestId("start").click();
  for (const option of choice.length === 0 ? ["blank"] : choice) await page.locator(`#q0-${option}`).check();
  await page.getByTestId("continue").click();
  await page.getByTestId("cast").click();
  await page.getByTestId("receipt").waitFor();
}

/**
 * On another device, with the saved file alone.
 * @param {Member} member
 */
async function check(member) {
  const page = await device();
  await page.goto(`${play.links.check}#${play.election}`);
  await page.locator("#file").setInputFiles(join(play.receipts, `receipt-${member.slot}.json`));
  const state = await page.getByTestId("outcome").getAttribute("data-state");
  if (state !== "inUrn") throw new Error(`the receipt of slot ${member.slot} is ${state}`);
}

async function count() {
  const tellers = play.tellers.filter((teller) => teller.played_by === "browser");
  const desks = await Promise.all(tellers.map(async (teller) => ({ teller, page: await device() })));
  await Promise.all(desks.map(({ teller, page }) => unlock(page, teller)));
  for (const stage of /** @type {const} */ (["closing", "counting"])) {
    await Promise.all(desks.map(({ page }) => task(page, stage)));
    const codes = await Promise.all(desks.map(({ page }) => read(page, stage)));
    if (new Set(codes).size !== 1) throw new Error(`the tellers read different codes: ${codes.join(", ")}`);
    await Promise.all(desks.map(({ page }) => confirm(page, stage, tellers)));
  }
  await Promise.all(desks.map(({ page }) => task(page, "done")));
  await verify();
}

/**
 * @param {Page} page
 * @param {Teller} teller
 */
async function unlock(page, teller) {
  await page.goto(play.links.tellers);
  await page.getByTestId("unlock").click();
  await page.locator("#key-file").setInputFiles(teller.key_file);
  await page.locator("#passphrase").fill(teller.passphrase);
  await page.getByTestId("open-key").click();
}

/**
 * Until this teller has this to do.
 * @param {Page} page
 * @param {string} name
 */
function task(page, name) {
  return page.locator(`[data-testid=task][data-task=${name}]`).waitFor({ timeout: PATIENCE_MS });
}

/**
 * @param {Page} page
 * @param {"closing" | "counting"} stage
 */
async function read(page, stage) {
  await page.getByTestId(`start-${stage}`).click();
  return page.locator("[data-testid=common-code] [data-code]").getAttribute("data-code");
}

/**
 * @param {Page} page
 * @param {"closing" | "counting"} stage
 * @param {Teller[]} tellers
 */
async function confirm(page, stage, tellers) {
  for (let i = 0; i + 1 < tellers.length; i += 1) await page.getByTestId("heard").nth(i).check();
  const first = page.locator("#first-device");
  if (await first.isVisible()) await first.check();
  await page.getByTestId("confirm").click();
  if (stage === "closing") await page.getByTestId("report").click({ timeout: PATIENCE_MS });
}

/** The result is on its page, and this browser has recomputed it. */
async function verify() {
  const results = await device();
  await results.goto(play.links.results);
  await results.locator("[data-testid=phase][data-phase=counted]").waitFor();
  const votes = await results.locator("[data-testid=total-0] tbody tr td:nth-child(2)").allTextContents();
  const audit = await device();
  await audit.goto(play.links.audit);
  await audit.getByTestId("audit-server").click();
  await audit.locator("[data-testid=verdict][data-accepted=true]").waitFor({ timeout: PATIENCE_MS });
  console.log(`browser: result ${votes.join(" / ")}, every check holds`);
}
