// A teller's device dies between storing what it has confirmed and sending its report. It signs for one
// root per election, ever (spec section 7): also then, and whatever the server shows it afterwards.

import { cpSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { chromium, type BrowserContext, type Request } from "@playwright/test";

import { MINUTE } from "../src/clock.js";
import { Desk } from "../src/desk.js";
import { castByProgram } from "../src/machine.js";
import { CHROMIUM } from "../src/places.js";
import { BROWSER_ARGS, expect, test } from "../src/test.js";

/** As a power cut: the browser's main process aborts, and nothing is written any more. */
async function crash(device: BrowserContext): Promise<void> {
  const [page] = device.pages();
  if (!page) throw new Error("a device without a page");
  const devtools = await device.newCDPSession(page);
  const gone = new Promise((resolve) => device.once("close", resolve));
  // Nobody is left to answer.
  void devtools.send("Browser.crash").catch(() => undefined);
  await gone;
}

test("the browser dies between the lock and the report: the same root is sent, and no other", async ({ election, people, clock, server, home }) => {
  const vote = await election();
  for (const [i, voter] of vote.voters.entries()) await castByProgram(voter, [[i % 3]]);
  const [truth, fork] = [join(home, "truth"), join(home, "fork")];
  /** The operator shows another history, with witnesses who have forgotten what they saw. */
  const show = async (what: string, instead: string): Promise<void> => {
    await server.stop();
    await people.leave();
    renameSync(server.data, instead);
    renameSync(what, server.data);
    for (const witness of people.witnesses) rmSync(join(witness.home, `seen-${vote.id}.json`), { force: true });
    await server.start();
    vote.watch();
  };
  await server.stop();
  cpSync(server.data, fork, { recursive: true });
  await server.start();
  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");

  const signed: string[] = [];
  const device = async (): Promise<Desk> => {
    const context = await chromium.launchPersistentContext(join(home, "device"), { executablePath: CHROMIUM, args: BROWSER_ARGS, env: clock.environment() as Record<string, string>, locale: "fr-FR" });
    context.on("request", (request: Request) => {
      const body = request.url().endsWith("/entries") ? request.postDataBuffer() : null;
      // `u8 kind ‖ u32 len ‖ u8 j ‖ u64 size ‖ root ‖ …`, and 9 is a report.
      if (body?.readUInt8(0) === 9) signed.push(body.subarray(6, 46).toString("hex"));
    });
    const page = context.pages()[0] ?? (await context.newPage());
    // What the browser has of the log would convict another history before the lock can.
    await (await context.newCDPSession(page)).send("Network.clearBrowserCache");
    return new Desk(page, people.tellers[0], vote);
  };
  const before = await device();
  await before.unlock();
  await before.waitsFor("closing");
  const code = await before.read("closing");
  await before.confirm(1);
  await expect(before.page.getByTestId("opened")).toBeVisible();
  await crash(before.page.context());

  // Another root, closed a minute later and cosigned: refused, and nothing is signed.
  clock.advance(MINUTE);
  await show(fork, truth);
  await expect.poll(() => vote.phase()).toBe("closed");
  const after = await device();
  await after.unlock();
  await after.waitsFor("closing");
  expect(await after.read("closing")).not.toBe(code);
  await expect(after.page.locator("#first-device")).toHaveCount(0);
  await after.confirm(1);
  await expect(after.page.locator("main .note.bad")).toContainText("autre");
  expect(signed).toEqual([]);

  // The first root again: the report goes out, to a server that dies, and the browser with it.
  await show(truth, fork);
  await (await after.page.context().newCDPSession(after.page)).send("Network.clearBrowserCache");
  await after.unlock();
  await after.waitsFor("closing");
  expect(await after.read("closing")).toBe(code);
  await expect(after.page.locator("#first-device")).toHaveCount(0);
  await after.confirm(1);
  await expect(after.page.getByTestId("opened")).toBeVisible();
  await server.kill();
  const sent = after.page.waitForRequest((request) => request.url().endsWith("/entries"));
  await after.press("report");
  await sent;
  await crash(after.page.context());
  await server.start();
  expect((await vote.status()).tellers[0]?.reported).toBe(false);

  const again = await device();
  await again.unlock();
  expect(await again.report()).toBe(code);
  await again.waitsFor("wait_fix");
  expect((await vote.status()).tellers.map((teller) => teller.reported)).toEqual([true, false, false]);
  expect(signed.length).toBeGreaterThan(1);
  expect(new Set(signed).size).toBe(1);
  await again.page.context().close();
});
