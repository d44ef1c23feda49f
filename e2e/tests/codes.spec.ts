// Lost codes, final votes, browsers that keep nothing, several elections at once.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { codeIn, linkIn } from "../src/mail.js";
import { expect, test } from "../src/test.js";
import { Voter } from "../src/voter.js";

/** Member numbers by slot, as the first registrar's run wrote them. */
function numbers(home: string): Map<number, string> {
  const rows = readFileSync(join(home, "slots.csv"), "utf8").trim().split(/\r?\n/).slice(1);
  return new Map(rows.map((row) => row.split(";")).map(([slot, number]) => [Number(slot), number ?? ""]));
}

test("a lost code is replaced: the old one opens nothing any more, the new one does, and the ballot cast stays", async ({ election, people, open }) => {
  const vote = await election({ registrars: 2 });
  const old = vote.voter(0);
  const early = await old.at(await open()).vote([[0]]);
  const number = numbers(vote.home).get(old.slot) ?? "";
  const slots = join(vote.home, "slots.csv");
  const mails = await people.registrars[0].replace(vote, vote.roll, slots, number);
  const mail = mails.get(old.slot);
  if (!mail) throw new Error("no message with the new code");
  expect(linkIn(mail)).not.toBe(old.link);

  const stale = old.at(await open());
  await stale.follow();
  await expect(stale.page.getByTestId("errors")).toContainText(String(old.slot));
  await expect(stale.page.getByTestId("start")).toHaveCount(0);
  expect((await vote.slot(old.slot)).current?.code).toBe(early.code);

  const renewed = new Voter(vote, old.slot, linkIn(mail), [old.code(1)]);
  const late = await renewed.at(await open()).vote([[1]]);
  expect((await vote.slot(old.slot)).ballots.map((ballot) => ballot.code)).toEqual([early.code, late.code]);
});

test("a code that is replaced while its voter decides: the ballot is refused honestly, and the new code votes", async ({ election, people, open }) => {
  const vote = await election({ registrars: 2 });
  const slots = join(vote.home, "slots.csv");
  const booth = vote.voter(0).at(await open());
  await booth.identify();
  await booth.choose([[1]]);
  const number = numbers(vote.home).get(booth.voter.slot) ?? "";
  const mail = (await people.registrars[1].replace(vote, vote.roll, slots, number)).get(booth.voter.slot);
  if (!mail) throw new Error("no message with the new code");
  await booth.cast();
  await expect(booth.page.locator("main .note.bad")).toBeVisible();
  expect((await vote.slot(booth.voter.slot)).ballots).toEqual([]);
  await booth.press("vote-again");
  await booth.type("code-1", codeIn(mail));
  await booth.press("continue");
  await booth.choose([[1]]);
  await booth.cast();
  await booth.receipt();
});

test("where a ballot is final, a second one is not offered", async ({ election, open }) => {
  const vote = await election({ revote: false });
  const first = await vote.voter(0).at(await open()).vote([[1]]);
  const again = vote.voter(0).at(await open());
  await again.identify();
  await expect(again.page.locator("main")).toContainText("définitif");
  await expect(again.page.getByTestId("start")).toHaveCount(0);
  expect((await vote.slot(first.slot)).current?.code).toBe(first.code);
});

test("a browser that keeps nothing says so, votes and gives the receipt", async ({ election, network, open }) => {
  const vote = await election();
  const page = await open();
  await page.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
      Object.defineProperty(window, name, { get: () => { throw new DOMException("storage is off", "SecurityError"); } });
    }
  });
  const booth = vote.voter(0).at(page);
  await booth.identify(network.address);
  await booth.choose([[2]]);
  const { sent, release } = network.holdBallot();
  await booth.cast();
  await sent;
  await expect(page.locator("main .note.warn")).toContainText("Ce navigateur ne garde rien.");
  release();
  const receipt = await booth.receipt();
  expect((await vote.slot(receipt.slot)).current?.code).toBe(receipt.code);
});

test("two elections in one browser do not touch each other", async ({ election, device }) => {
  const one = await election();
  const two = await election();
  const phone = await device();
  const page = await phone.newPage();
  const first = await one.voter(0).at(page).vote([[0]]);
  const second = await two.voter(1).at(page).vote([[1]]);
  expect((await one.slot(first.slot)).current?.code).toBe(first.code);
  expect((await two.slot(second.slot)).current?.code).toBe(second.code);
  // The first receipt is still shown to who comes back for it.
  await page.goto("about:blank");
  await page.goto(one.page("vote"));
  expect(await one.voter(0).at(page).receipt()).toEqual(first);
});
