// Browsers in which WebAssembly is missing (iOS in lockdown mode) or forbidden (strict security settings, a
// content security policy): the same Rust runs as JavaScript, in page and worker, and its ballots count.
// REQ N2

import { chromium } from "@playwright/test";

import { castByProgram } from "../src/machine.js";
import { CHROMIUM } from "../src/places.js";
import { BROWSER_ARGS, expect, test } from "../src/test.js";

test("without WebAssembly a ballot is cast as JavaScript, its receipt checked, and it is counted", async ({ election, network, clock }, info) => {
  const vote = await election();
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...BROWSER_ARGS, "--js-flags=--jitless"], env: clock.environment() as Record<string, string> });
  try {
    const page = await (await browser.newContext({ locale: "fr-FR" })).newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    const booth = vote.voter(0).at(page);
    await booth.identify(network.address);
    expect(await page.evaluate(() => typeof WebAssembly)).toBe("undefined");
    expect(await page.workers()[0]?.evaluate(() => typeof WebAssembly)).toBe("undefined");
    await booth.press("start");
    // It takes seconds: whoever has second thoughts goes back at once, and the ballot that was being made is never shown.
    await booth.tick([[2]]);
    await booth.press("continue");
    await expect(page.getByTestId("since")).toContainText(/\d/, { timeout: 60_000 });
    await booth.press("cancel");
    await expect(page.locator("#q0-2")).toBeChecked();
    await booth.tick([[1]]);
    const began = performance.now();
    await booth.press("continue");
    await expect(page.getByTestId("cast")).toBeVisible({ timeout: 120_000 });
    await expect(page.locator("main dd")).toContainText("B", { timeout: 20_000 });
    const made = performance.now() - began;
    info.annotations.push({ type: "measured", description: `a ballot as JavaScript: ${made.toFixed(0)} ms` });
    console.log(`a ballot as JavaScript: ${made.toFixed(0)} ms from the choice to the review`);
    await booth.cast();
    const noted = await booth.receipt(60_000);
    await page.goto(`${network.address}/check/#${vote.id}.${noted.slot}.${noted.code}`);
    await expect(page.getByTestId("outcome")).toBeVisible();
    expect((await vote.slot(noted.slot)).current?.code).toBe(noted.code);
    // The script came instead of the module, and came once.
    const asked = network.passed.map(({ url }) => url);
    expect(asked.filter((url) => url.endsWith(".wasm"))).toEqual([]);
    expect(asked.filter((url) => /assets\/ballot_wasm-[^.]*\.js$/.test(url))).toHaveLength(1);
    expect(faults).toEqual([]);
  } finally {
    await browser.close();
  }
  for (const voter of vote.voters.slice(1)) await castByProgram(voter, [[0]]);
  expect(await vote.count()).toEqual([5, 1, 0, 0]);
});

test("where a policy forbids WebAssembly the ballot is made as JavaScript", async ({ election, network, browser }) => {
  const vote = await election();
  network.change = ({ status, headers, body }) => ({ status, body, headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value).replace(" 'wasm-unsafe-eval'", "")])) });
  const device = await browser.newContext({ locale: "fr-FR" });
  const page = await device.newPage();
  const noted = await vote.voter(1).at(page).vote([[2]], network.address);
  expect((await vote.slot(noted.slot)).current?.code).toBe(noted.code);
  await expect.poll(() => network.passed.some(({ url }) => url.endsWith(".wasm"))).toBe(false);
  // Who counts or audits needs the large module, and is told so.
  await page.goto(`${network.address}/audit/#${vote.id}`);
  await page.getByTestId("audit-server").click();
  await expect(page.getByTestId("todo").or(page.locator(".note"))).toContainText(/WebAssembly|navigateur/);
  await device.close();
});

test("other browsers load nothing of it", async ({ election, network, open }) => {
  const vote = await election();
  await vote.voter(2).at(await open()).vote([[0]], network.address);
  const asked = network.passed.map(({ url }) => url);
  expect(asked.filter((url) => url.endsWith(".wasm"))).toHaveLength(1);
  expect(asked.filter((url) => /assets\/ballot_wasm-[^.]*\.js$/.test(url))).toEqual([]);
});
