// What goes wrong around a teller who does everything right: each is said with what to do, and nothing is lost. Tellers who are absent or
// come late are in election and tellers, a withheld box in withheld, complaints in disputes.

import { cpSync, renameSync } from "node:fs";
import { join } from "node:path";

import { Desk } from "../src/desk.js";
import { castByProgram } from "../src/machine.js";
import { PASSPHRASE } from "../src/people.js";
import { expect, test } from "../src/test.js";

test("the wrong key, the wrong passphrase, a server that is down, and an old copy of the log", async ({ announced, desk, people, server, home }) => {
  test.slow();
  const [first, second, stranger] = people.tellers;
  const vote = await announced({ tellers: [first.publicFile, second.publicFile] });
  vote.watch();
  await vote.issue();
  await vote.consent([first, second]);
  await vote.sign();
  vote.begin();
  const anne = await desk(first, vote);
  const { page } = anne;
  const silent = page.getByTestId("silent").locator(".note");

  await test.step("the key of another election's teller, then a wrong passphrase: the file stays chosen", async () => {
    await new Desk(page, stranger, vote).unlock();
    await expect(page.locator("#key-file-error")).toContainText("scrutateur de cette élection");
    await anne.unlock(`${PASSPHRASE} `);
    await expect(page.locator("#passphrase-error")).toBeVisible();
    expect(await page.locator("#key-file").evaluate((input: HTMLInputElement) => input.files?.length)).toBe(1);
    await page.locator("#passphrase").fill(PASSPHRASE);
    await anne.press("open-key");
    await anne.waitsFor("wait_close");
  });

  await test.step("the server is down while she waits", async () => {
    await server.kill();
    await expect(silent).toBeVisible({ timeout: 20_000 });
    await server.start();
    await expect(silent).toHaveCount(0, { timeout: 20_000 });
    await expect(page.getByTestId("tellers")).toBeVisible();
  });

  await test.step("an old copy is put back: said without being asked, and over once the log is there again", async () => {
    const [old, whole] = [join(home, "old"), join(home, "whole")];
    await server.stop();
    cpSync(server.data, old, { recursive: true });
    await server.start();
    for (const [i, voter] of vote.voters.entries()) await castByProgram(voter, [[i % 3]]);
    await anne.unlock();
    await anne.waitsFor("wait_close");
    const show = async (what: string, instead: string): Promise<void> => {
      await server.stop();
      renameSync(server.data, instead);
      renameSync(what, server.data);
      await server.start();
    };
    // What witnesses do about it is in the tests of the command line.
    await people.leave();
    await show(old, whole);
    await expect(page.locator("main .note.bad")).toContainText("journal plus ancien", { timeout: 20_000 });
    await show(whole, old);
    await expect(page.locator("main .note.bad")).toHaveCount(0, { timeout: 20_000 });
    vote.watch();
  });

  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");
  await anne.waitsFor("closing");
  const code = await anne.read("closing");
  await test.step("the server is down while she opens her boxes, and again while she reports: the page goes on by itself", async () => {
    await server.kill();
    await anne.confirm(1);
    await expect(silent).toBeVisible({ timeout: 20_000 });
    await server.start();
    await expect(page.getByTestId("opened")).toBeVisible({ timeout: 60_000 });
    await server.kill();
    await anne.press("report");
    await expect(silent).toBeVisible({ timeout: 20_000 });
    await server.start();
    await anne.waitsFor("wait_fix");
  });

  await second.report(vote, code);
  await expect.poll(() => vote.phase()).toBe("fixed");
  await second.sums(vote, await anne.sum());
  await anne.waitsFor("done");
  expect((await vote.status()).totals).toEqual([[2, 2, 2, 0]]);
});
