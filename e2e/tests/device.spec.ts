// "You can vote with this device": what the page says is what was tried. REQ N1 N2

import { faults, faultsBothWays } from "../src/access.js";
import { expect, test, type Page } from "../src/test.js";

const PHONE = { width: 320, height: 640 };

async function tried(page: Page, address: string, good: boolean): Promise<Map<string, string>> {
  await page.goto(address);
  await expect(page.getByTestId("verdict")).toHaveAttribute("data-good", String(good));
  const lines = await page.locator("[data-testid=findings] > li").evaluateAll((all) => all.map((line) => [line.getAttribute("data-check") ?? "", line.getAttribute("data-tone") ?? ""] as const));
  return new Map(lines);
}

test("a good device is told so, after a trial ballot that nobody gets", async ({ election, server, open }) => {
  const vote = await election({ members: 6 });
  for (const [locale, colorScheme] of [["fr-FR", "light"], ["ar-MA", "dark"]] as const) {
    const page = await open({ locale, colorScheme, viewport: PHONE });
    const sent: string[] = [];
    page.on("request", (request) => void (request.method() === "POST" && sent.push(request.url())));
    const found = await tried(page, `${server.address}/device/#${vote.id}.3`, true);
    expect([...found]).toEqual(["network", "random", "program", "storage", "trial", "clock"].map((name) => [name, "ok"]));
    expect(sent).toEqual([]);
    expect(await faults(page, `device, ${locale}`)).toEqual([]);
  }
  expect((await vote.status()).ballots).toBe(0);
});

test("without an election, storage or the right time one can vote all the same, and is told what to mind", async ({ clock, server, open }) => {
  const page = await open();
  await clock.takeOver(page, 3 * 3_600_000);
  await page.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get: () => { throw new DOMException("no", "SecurityError"); } });
  });
  const found = await tried(page, `${server.address}/device/`, true);
  expect([found.get("storage"), found.get("trial"), found.get("clock")]).toEqual(["warn", "none", "warn"]);
  expect(await faultsBothWays(page, "device, warned")).toEqual([]);
});

test("a device that gets no program is told what to do", async ({ server, open }) => {
  const page = await open();
  await page.route(/\.wasm$/, (route) => route.abort());
  const found = await tried(page, `${server.address}/device/`, false);
  expect(found.get("program")).toBe("bad");
  expect(await faultsBothWays(page, "device, cannot vote")).toEqual([]);
  await page.unroute(/\.wasm$/);
  await page.getByRole("button").last().click();
  await expect(page.getByTestId("verdict")).toHaveAttribute("data-good", "true");
});
