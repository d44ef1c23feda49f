// Tellers who make their key in the browser, leave and come back, come late, take the wrong file.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { HOUR, MINUTE } from "../src/clock.js";
import { Desk } from "../src/desk.js";
import { castDishonestly } from "../src/dishonest.js";
import { castByProgram } from "../src/machine.js";
import { isoloir } from "../src/program.js";
import { expect, test } from "../src/test.js";

test("a teller who leaves after each step comes back to the next one; a late one replaces one who is gone", async ({ election, desk, people, clock }) => {
  const vote = await election();
  for (const [i, voter] of vote.voters.entries()) await castByProgram(voter, [i === 0 ? "blank" : [i % 3]]);
  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");

  const anne = await desk(people.tellers[0], vote);
  await anne.unlock();
  await anne.waitsFor("closing");
  await anne.page.reload();
  await anne.unlock();
  await anne.waitsFor("closing");
  const code = await anne.read("closing");
  await anne.confirm(1);
  await expect(anne.page.getByTestId("opened")).toBeVisible();
  // Confirmed and not yet reported: the device remembers the code and asks no second time whether it was the first.
  await anne.page.reload();
  await anne.unlock();
  await anne.waitsFor("closing");
  expect(await anne.read("closing")).toBe(code);
  await expect(anne.page.locator("#first-device")).toHaveCount(0);
  await anne.confirm(1);
  await anne.press("report");
  await anne.waitsFor("wait_fix");
  await anne.page.reload();
  await anne.unlock();
  await anne.waitsFor("wait_fix");

  // Benoît reports by command line and is not heard of again.
  await people.tellers[1].report(vote, code);
  clock.advance(HOUR + MINUTE);
  await expect.poll(() => vote.phase()).toBe("fixed");
  const chloe = await desk(people.tellers[2], vote);
  await chloe.unlock();
  await chloe.waitsFor("late");
  // The set is fixed: nobody is awaited any more.
  await expect(chloe.page.getByTestId("tellers").locator("li").nth(2)).toContainText("n’a pas rendu de rapport à temps");
  expect(await chloe.read("closing")).toBe(code);
  await chloe.confirm(1);
  await chloe.press("report");
  await chloe.sum();
  await chloe.waitsFor("wait_result");

  await anne.page.reload();
  await anne.unlock();
  await anne.sum();
  await anne.waitsFor("done");
  expect((await vote.status()).totals).toEqual([[1, 2, 2, 1]]);
});

test("two tabs of one teller: what one has sent the other one finds done, and says no error", async ({ election, desk, people }) => {
  const vote = await election();
  for (const voter of vote.voters.slice(1)) await castByProgram(voter, [[0]]);
  // A complaint about a bad box is another one each time it is made: the two tabs' reports differ.
  expect((await castDishonestly(vote.voter(0), 1, "garbage")).status).toBe(200);
  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");
  const anne = await desk(people.tellers[0], vote);
  const beside = new Desk(await anne.page.context().newPage(), people.tellers[0], vote);
  for (const tab of [anne, beside]) {
    await tab.unlock();
    await tab.waitsFor("closing");
    await tab.read("closing");
    await tab.confirm(1);
    await expect(tab.page.getByTestId("opened")).toBeVisible();
  }
  await anne.press("report");
  await anne.waitsFor("wait_fix");
  await beside.press("report");
  await beside.waitsFor("wait_fix");
  await expect(beside.page.locator("main .note.bad")).toHaveCount(0);
});

test("a key that confirmed on one device is not used on another that knows nothing of it", async ({ election, desk, people }) => {
  const vote = await election();
  for (const voter of vote.voters) await castByProgram(voter, [[0]]);
  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");
  const anne = await desk(people.tellers[0], vote);
  await anne.unlock();
  await anne.waitsFor("closing");
  await anne.read("closing");
  // Neither "who has read the same code" nor "first device" ticked.
  await anne.press("confirm");
  await expect(anne.page.locator("main .error")).toBeVisible();
  await anne.page.getByTestId("heard").first().check();
  await anne.press("confirm");
  await expect(anne.page.locator("main .error")).toBeVisible();
  expect((await vote.status()).tellers.some((teller) => teller.reported)).toBe(false);
});

test("wrong files and too few ballots are said as they are", async ({ election, desk, people }) => {
  const vote = await election();
  await castByProgram(vote.voter(0), [[0]]);
  const anne = await desk(people.tellers[0], vote);
  await anne.page.goto(vote.page("tellers"));
  await anne.press("unlock");
  for (const wrong of [people.organiser.key, people.tellers[0].publicFile]) {
    await anne.page.locator("#key-file").setInputFiles(wrong);
    await anne.page.locator("#passphrase").fill("septembre brouillard escalier 41");
    await anne.press("open-key");
    await expect(anne.page.locator("#key-file-error")).toBeVisible();
  }
  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");
  const code = (await vote.status()).closing?.code ?? "";
  await Promise.all(people.tellers.map((teller) => expect(async () => teller.report(vote, code)).toPass()));
  await expect.poll(() => vote.phase()).toBe("fixed");
  await anne.unlock();
  await anne.waitsFor("too_few");
  await anne.page.goto(vote.page("results"));
  await expect(anne.page.locator("main .note.warn")).toBeVisible();
  expect((await vote.status()).totals).toBeNull();
});

test("a key made in the browser serves in an election", async ({ people, clock, server, home, open, announced }) => {
  const page = await open();
  await page.goto(`${server.address}/tellers/`);
  await page.getByTestId("new-key").click();
  await page.locator("#name").fill("Chloé Estève");
  await page.getByTestId("suggest").click();
  await expect(page.locator("#passphrase")).toHaveValue(/^(\p{L}+ ){5}\p{L}+$/u);
  const passphrase = await page.locator("#passphrase").inputValue();
  await page.getByTestId("make-key").click();
  const saved: string[] = [];
  for (const button of ["save-key", "save-public"]) {
    const download = page.waitForEvent("download");
    await page.getByTestId(button).click();
    const path = join(home, `${button}.json`);
    await (await download).saveAs(path);
    saved.push(path);
  }
  const [key = "", shared = ""] = saved;
  const vote = await announced({ tellers: [people.tellers[0].publicFile, people.tellers[1].publicFile, shared] });
  await vote.issue();
  await page.goto(vote.page("tellers"));
  await page.getByTestId("unlock").click();
  await page.locator("#key-file").setInputFiles(key);
  await page.locator("#passphrase").fill(passphrase);
  await page.getByTestId("open-key").click();
  await expect(page.getByTestId("task")).toHaveAttribute("data-task", "consent");
  await page.locator("#consent-read").check();
  await page.locator("#consent-compared").check();
  await page.getByTestId("consent").click();
  await expect(page.getByTestId("task")).toHaveAttribute("data-task", "wait_open");
  // The command line opens the same file.
  writeFileSync(join(home, "passphrase"), `${passphrase}\n`);
  expect(JSON.parse(readFileSync(key, "utf8"))).toHaveProperty("argon2id");
  await isoloir(clock, "teller", "drill", "--election", vote.file, "--key", key, "--passphrase-file", join(home, "passphrase"));
  expect((await vote.status()).tellers[2]).toMatchObject({ name: "Chloé Estève", consented: true });
});

test("the waiting room shows who is ready, and whose key was seen to open", async ({ announced, people, desk }) => {
  const vote = await announced();
  await vote.issue();
  const anne = await desk(people.tellers[0], vote);
  await anne.unlock();
  await anne.consent();
  await anne.press("drill");
  const room = anne.page.getByTestId("tellers").locator("li");
  await expect(room.nth(0)).toContainText(people.tellers[0].name);
  await expect(room.nth(0).locator(".badge.ok")).toBeVisible();
  await expect(room.nth(0).locator("time")).toBeVisible();
  await expect(room.nth(1).locator(".badge.warn")).toBeVisible();
  await expect(room.nth(1).locator("time")).toHaveCount(0);
});
