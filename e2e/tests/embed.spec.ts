// The page that other sites show in a frame, and the results on paper; each thing that the results say leads to its check.
// REQ issue 5.7

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import type { BrowserContext, Page } from "@playwright/test";

import { castByProgram } from "../src/machine.js";
import { expect, test } from "../src/test.js";

/** A4 in CSS pixels without the margins of style.css. */
const PAPER = { width: 658, height: 986 };

/** An organiser's own site, at another origin: one page with these lines in it. */
async function site(lines: string): Promise<{ address: string; server: Server }> {
  const server = createServer((_, answer) => answer.setHeader("content-type", "text/html; charset=utf-8").end(`<!doctype html><title>Site</title>${lines}`));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

async function shown(device: BrowserContext, lines: string, act: (page: Page) => Promise<void>): Promise<void> {
  const { address, server } = await site(lines);
  const page = await device.newPage();
  await page.goto(address);
  await act(page);
  await page.close();
  server.closeAllConnections();
  server.close();
}

test("the line of the results page shows the election on another site, and only that page can be shown", async ({ election, device, browser, clock }) => {
  const vote = await election();
  for (const voter of vote.voters.slice(0, 5)) await castByProgram(voter, [[1]]);
  const results = await (await device({ locale: "en-GB" })).newPage();
  await results.goto(vote.page("results"));
  await results.locator("#embed summary").click();
  const line = await results.locator("#embed-line").inputValue();
  const reader = await device({ locale: "de-DE" });

  await shown(reader, line, async (page) => {
    await clock.takeOver(page);
    await page.reload();
    const frame = page.frameLocator("iframe");
    await expect(frame.getByTestId("phase")).toHaveAttribute("data-phase", "open");
    await expect(frame.getByTestId("election-title")).toContainText("Congress of the sections abroad");
    await expect(frame.getByTestId("turnout")).toContainText("5 von 6");
    await vote.count();
    // It keeps itself up to date.
    await page.clock.fastForward(31_000);
    await expect(frame.getByTestId("phase")).toHaveAttribute("data-phase", "counted");
    await expect(frame.getByTestId("total-0").locator("tbody tr").nth(1)).toContainText("5");
    expect(await page.frames()[1]?.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length])).toEqual(["", 0, 0]);
    const opened = page.waitForEvent("popup");
    await frame.getByRole("link").last().click();
    await expect((await opened).getByTestId("audit-server")).toBeVisible();
  });
  await shown(reader, line.replace("/embed/#", "/embed/?lang=pt#"), async (page) => {
    await expect(page.frameLocator("iframe").locator("html")).toHaveAttribute("lang", "pt");
    await expect(page.frameLocator("iframe").getByTestId("total-0")).toBeVisible();
  });

  // What the browser says of pages that refuse is no fault of theirs: a device without that watch.
  const stranger = await browser.newContext();
  for (const name of ["vote", "check", "results", "audit", "tellers"]) {
    await shown(stranger, line.replace("/embed/", `/${name}/`), async (page) => {
      await expect.poll(() => page.frames()[1]?.url() ?? "").toContain("chrome-error:");
    });
  }
  await stranger.close();
});

test("printed results are whole, without what paper cannot do; every figure leads to its check", async ({ election, open }) => {
  const vote = await election();
  for (const [i, voter] of vote.voters.entries()) await castByProgram(voter, [[i % 3]]);
  await vote.count();
  const page = await open({ locale: "en-GB", colorScheme: "dark" });
  await page.goto(vote.page("results"));
  await expect(page.getByTestId("total-0")).toBeVisible();
  await page.setViewportSize(PAPER);
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  for (const gone of [".foot", ".language", ".actions", "#embed", ".skip"]) await expect(page.locator(gone).first()).toBeHidden();
  for (const there of ["#by-group table", "[data-testid=by-hour]", "[data-testid=tellers]", ".only-print"]) await expect(page.locator(there).first()).toBeVisible();
  const cut = await page.evaluate(() => {
    const parts = [...document.querySelectorAll<HTMLElement>("html, main, .scroll, .scroll table, main p, main li")].filter((part) => part.checkVisibility());
    return parts.filter((part) => part.scrollWidth > part.clientWidth + 1 || part.getBoundingClientRect().right > innerWidth + 1).map((part) => `${part.className} ${part.textContent?.slice(0, 60)}`);
  });
  expect(cut).toEqual([]);
  // Browsers print no backgrounds: whatever has one must be as readable without.
  const grounds = await page.evaluate(() => {
    const colours = [...document.querySelectorAll("body, main *")].filter((part) => part.checkVisibility()).map((part) => getComputedStyle(part).backgroundColor);
    return [...new Set(colours)].filter((colour) => !["rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"].includes(colour));
  });
  expect(grounds).toEqual([]);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await expect(page.locator("#by-group table").first()).toBeHidden();
  const paper = await page.pdf({ preferCSSPageSize: true, format: "A4" });
  expect(paper.subarray(0, 5).toString()).toBe("%PDF-");
  expect(paper.toString("latin1").match(/\/Type ?\/Page\b/g)?.length ?? 0).toBeGreaterThan(0);
  await page.emulateMedia({ media: "screen" });

  const links = await page.locator("[data-claim]").evaluateAll((all) => all.map((link) => [link.getAttribute("data-claim"), new URL((link as HTMLAnchorElement).href).search]));
  expect(Object.fromEntries(links)).toEqual({
    voters: "?check=V3", ballots: "?check=V5", hours: "?check=V1", totals: "?check=V11", groups: "?check=V9",
    tellers: "?check=V10", witnesses: "?check=V1", codes: "?check=V1",
  });
  await page.locator("[data-claim=totals]").click();
  await expect(page.getByRole("main")).toContainText("What you came to check: V11");
  await page.getByTestId("audit-server").click();
  await expect(page.getByTestId("asked").locator("[data-check=V11]")).toHaveAttribute("data-outcome", "holds", { timeout: 60_000 });
});
