// Reloads, closed tabs, lost networks, busy and suspended servers, polls not yet or no longer open: at
// no step is anything lost, and every screen says honestly what is the case.

import { HOUR, MINUTE, SECOND } from "../src/clock.js";
import { told, TOLD } from "../src/moments.js";
import { expect, test, type Page } from "../src/test.js";
import { busy, isBallot } from "../src/proxy.js";
import type { Booth } from "../src/voter.js";

/** Where a voter can be interrupted before the ballot is sent: how to get there, and what shows it. */
const STEPS: [name: string, go: (booth: Booth) => Promise<void>][] = [
  ["at the second code", async (booth) => {
    await booth.follow();
    await expect(booth.page.locator("#code-1")).toBeVisible();
  }],
  ["at the welcome", (booth) => booth.identify()],
  ["at the choice", async (booth) => {
    await booth.identify();
    await booth.press("start");
    await booth.tick([[1]]);
  }],
  ["at the review", async (booth) => {
    await booth.identify();
    await booth.choose([[1]]);
  }],
  ["in a test of the device", async (booth) => {
    await booth.identify();
    await booth.choose([[1]]);
    await booth.press("test-instead");
    await booth.press("disclose");
    await expect(booth.page.getByTestId("qr")).toBeVisible();
  }],
];

/** A moment is told by the voter's clock and by the election's. */
async function tells(page: Page, moment: number): Promise<void> {
  await expect(page.locator(told(moment)).first()).toHaveText(TOLD);
}

test("a reload at any step asks for no code twice, and the vote goes on", async ({ election, open }) => {
  const vote = await election({ registrars: 2 });
  for (const [i, [name, go]] of STEPS.entries()) {
    await test.step(name, async () => {
      const booth = vote.voter(i).at(await open());
      await go(booth);
      await booth.page.reload();
      // The first code is remembered by this tab; the second one only once it was given.
      if (i === 0) {
        await booth.type("code-1", booth.voter.code(1));
        await booth.press("continue");
      }
      // Whoever was further is led back there, and what was ticked still is. REQ U10
      if (i < 2) await booth.press("start");
      if (i === 2) await expect(booth.page.locator("#q0-1")).toBeChecked();
      if (i > 2) {
        await expect(booth.page.getByTestId("choices")).toContainText("Texte B");
        await booth.press("change");
        await expect(booth.page.locator("#q0-1")).toBeChecked();
      }
      await booth.tick([[2]]);
      await booth.press("continue");
      await expect(booth.page.getByTestId("cast")).toBeVisible();
      await booth.cast();
      const receipt = await booth.receipt();
      expect((await vote.slot(booth.voter.slot)).ballots.map((ballot) => ballot.code)).toEqual([receipt.code]);
      // After the receipt too.
      await booth.page.reload();
      expect(await booth.receipt()).toEqual(receipt);
    });
  }
});

test("a tab closed at any step before casting leaves nothing in the urn, and the link works again", async ({ election, device }) => {
  const vote = await election({ registrars: 2 });
  for (const [i, [name, go]] of STEPS.entries()) {
    await test.step(name, async () => {
      const phone = await device();
      const booth = vote.voter(i).at(await phone.newPage());
      await go(booth);
      await booth.page.close();
      expect((await vote.slot(booth.voter.slot)).ballots).toEqual([]);
      const again = booth.voter.at(await phone.newPage());
      await again.vote([[0]]);
      expect((await vote.slot(booth.voter.slot)).ballots).toHaveLength(1);
    });
  }
});

test("a reload and a closed tab while the ballot is on its way: one ballot, one receipt", async ({ election, network, device }) => {
  const vote = await election();
  for (const [i, interrupt] of [(page: Page) => page.reload().then(() => page), (page: Page) => page.close().then(() => page.context().newPage())].entries()) {
    const phone = await device();
    const booth = vote.voter(i).at(await phone.newPage());
    const { sent, release } = network.holdBallot();
    await booth.identify(network.address);
    await booth.choose([[1]]);
    await booth.cast();
    await sent;
    const page = await interrupt(booth.page);
    if (page !== booth.page) await page.goto(`${network.address}/vote/#${vote.id}`);
    release();
    const receipt = await booth.voter.at(page).receipt();
    expect((await vote.slot(booth.voter.slot)).ballots.map((ballot) => ballot.code)).toEqual([receipt.code]);
  }
});

test("offline while casting: the page says so and goes on by itself", async ({ election, device }) => {
  const vote = await election();
  const phone = await device();
  const booth = vote.voter(0).at(await phone.newPage());
  await booth.identify();
  await booth.choose([[1]]);
  await phone.setOffline(true);
  await booth.cast();
  await expect(booth.page.locator("main")).toContainText("Vous êtes hors connexion", { timeout: 20_000 });
  expect((await vote.slot(booth.voter.slot)).ballots).toEqual([]);
  await phone.setOffline(false);
  const receipt = await booth.receipt();
  expect((await vote.slot(booth.voter.slot)).ballots.map((ballot) => ballot.code)).toEqual([receipt.code]);
});

test("a server too busy says when to come back, and the page does", async ({ election, network, open }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  for (let i = 0; i < 2; i += 1) {
    network.next(isBallot, (_, way) => way.answer(busy(1)));
  }
  await booth.vote([[1]], network.address);
  const tries = network.passed.filter(isBallot);
  expect(tries).toHaveLength(3);
  expect(new Set(tries.map((passed) => passed.body.toString("base64"))).size).toBe(1);
  expect((await vote.slot(booth.voter.slot)).ballots).toHaveLength(1);
});

test("not open yet: the page waits for the opening and goes on by itself", async ({ announced, open, clock }) => {
  const vote = await announced();
  vote.watch();
  await vote.issue();
  await vote.consent();
  const page = await open();
  await clock.takeOver(page);
  const booth = vote.voter(0).at(page);
  await booth.follow();
  await expect(page.locator("main h1")).toHaveText("Le vote n’est pas encore ouvert");
  for (const moment of [vote.opens, vote.closes]) await tells(page, moment);
  await vote.sign();
  vote.begin();
  await page.clock.fastForward(30 * SECOND);
  await expect(page.getByTestId("start")).toBeVisible();
  await booth.choose([[0]]);
  await booth.cast();
  await booth.receipt();
});

test("suspended before and during casting: the page waits and goes on by itself", async ({ election, people, open, clock }) => {
  const vote = await election();
  const during = vote.voter(1).at(await open());
  await clock.takeOver(during.page);
  await during.identify();
  await during.choose([[1]]);

  await people.organiser.notice(vote, "suspend", "Le bureau vérifie une panne.");
  const before = vote.voter(0).at(await open());
  await clock.takeOver(before.page);
  await before.follow();
  await expect(before.page.locator("main")).toContainText("Le bureau vérifie une panne.");
  for (const moment of [(await vote.status()).notices[0]?.time ?? 0, vote.closes]) await tells(before.page, moment);
  await during.cast();
  await expect(during.page.locator("main .note.warn")).toBeVisible();
  expect((await vote.status()).ballots).toBe(0);

  await people.organiser.notice(vote, "resume", "La panne est réparée.");
  await before.page.clock.fastForward(30 * SECOND);
  await before.choose([[1]]);
  await before.cast();
  await before.receipt();
  await during.page.clock.fastForward(30 * SECOND);
  await during.receipt();
  expect((await vote.status()).ballots).toBe(2);
});

test("closed: who comes late is told so, and whose ballot came late too", async ({ election, open }) => {
  const vote = await election();
  const late = vote.voter(0).at(await open());
  await late.identify();
  await late.choose([[1]]);
  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");
  await late.cast();
  await expect(late.page.locator("main h1")).toHaveText("Votre bulletin n’a pas été pris");
  expect((await vote.slot(late.voter.slot)).ballots).toEqual([]);
  await late.page.reload();
  await expect(late.page.locator("main h1")).toHaveText("Le vote est clos");
  const after = vote.voter(1).at(await open());
  await after.follow();
  await expect(after.page.locator("main h1")).toHaveText("Le vote est clos");
  await tells(after.page, vote.closes);
  await expect(after.page.getByTestId("start")).toHaveCount(0);
});

test("extended: who comes is told until when, and votes after the time that was announced first", async ({ election, people, open, clock }) => {
  const vote = await election();
  await people.organiser.extend(vote, vote.closes + HOUR, "Le courrier a eu du retard.");
  const first = vote.voter(0).at(await open());
  await first.follow();
  await expect(first.page.locator("main .note.info")).toContainText("Le vote est prolongé");
  await expect(first.page.locator("main .note.info")).toContainText("Le courrier a eu du retard.");
  await tells(first.page, vote.closes + HOUR);
  await people.organiser.notice(vote, "suspend", "Le bureau vérifie une panne.");
  const waiting = vote.voter(1).at(await open());
  await waiting.follow();
  await expect(waiting.page.locator("main h1")).toHaveText("Le vote est suspendu");
  await tells(waiting.page, vote.closes + HOUR);
  await people.organiser.notice(vote, "resume", "La panne est réparée.");
  clock.advanceTo(vote.closes + MINUTE);
  const late = vote.voter(2).at(await open());
  await late.vote([[1]]);
  expect((await vote.status()).ballots).toBe(1);
});

test("grace: who has begun before the closing may finish, who comes after may not", async ({ election, open, clock }) => {
  const vote = await election({ graceMinutes: 15 });
  const begun = vote.voter(0).at(await open());
  await begun.identify();
  clock.advanceTo(vote.closes + MINUTE);
  const after = vote.voter(1).at(await open());
  await after.follow();
  await expect(after.page.locator("main h1")).toHaveText("Le vote est clos");
  await begun.choose([[1]]);
  await begun.cast();
  await begun.receipt();
  clock.advance(HOUR);
  await expect.poll(() => vote.phase()).toBe("closed");
});

test("a device with a wrong clock is warned and votes all the same", async ({ election, open, clock }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  await clock.takeOver(booth.page, -(3 * HOUR + 20 * MINUTE));
  await booth.identify();
  await expect(booth.page.locator("main .note.warn")).toContainText("3 heures");
  // What time it is for the election, by both clocks.
  await expect(booth.page.locator("main .note.warn time")).toHaveText(/heure de l’Est nord-américain \(.*UTC\)$/);
  await booth.choose([[1]]);
  await booth.cast();
  await booth.receipt();
});
