// A telephone in a pocket, a mail application's window, a crowd, an answer that never comes, a server
// that lost a part of a ballot: the page goes on by itself and says what is the case.

import { MINUTE } from "../src/clock.js";
import { busy, isBallot, type Answer } from "../src/proxy.js";
import { expect, test, type Page } from "../src/test.js";
import { IN_APP } from "../src/tour.js";

/** As a telephone does in a pocket: the page stands still, time does not. */
async function lockedFor(page: Page, ms: number, meanwhile: () => void | Promise<void> = () => undefined): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  await meanwhile();
  await devtools.send("Page.setWebLifecycleState", { state: "active" });
  await page.clock.fastForward(ms);
  await devtools.detach();
}

// REQ U10, X6
test("a telephone locked for five minutes at the choice: everything is as it was", async ({ election, open, clock }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  await clock.takeOver(booth.page);
  await booth.identify();
  await booth.press("start");
  await booth.tick([[2]]);
  await lockedFor(booth.page, 5 * MINUTE, () => clock.advance(5 * MINUTE));
  await expect(booth.page.locator("#q0-2")).toBeChecked();
  await booth.press("continue");
  await booth.cast();
  const receipt = await booth.receipt();
  expect((await vote.slot(receipt.slot)).current?.code).toBe(receipt.code);
});

// REQ U10, N3
test("a telephone locked while the ballot is on its way: one ballot, and the receipt is there on waking", async ({ election, network, open, clock }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  await clock.takeOver(booth.page);
  await booth.identify(network.address);
  await booth.choose([[1]]);
  const { sent, release } = network.holdBallot();
  await booth.cast();
  await sent;
  await lockedFor(booth.page, 5 * MINUTE, () => {
    clock.advance(5 * MINUTE);
    release();
  });
  const receipt = await booth.receipt();
  expect((await vote.slot(receipt.slot)).ballots.map((ballot) => ballot.code)).toEqual([receipt.code]);
});

// REQ U10
test("inside a mail application the voter is told, and takes the whole link to the browser", async ({ election, device }) => {
  const vote = await election({ registrars: 2 });
  const mail = await device({ userAgent: IN_APP, permissions: ["clipboard-read", "clipboard-write"] });
  const booth = vote.voter(0).at(await mail.newPage());
  await booth.follow();
  await booth.press("copy-link");
  await expect(booth.page.getByTestId("link-copied")).not.toBeEmpty();
  const link = await booth.page.evaluate(() => navigator.clipboard.readText());
  expect(link).toBe(booth.voter.link);
  const browser = booth.voter.at(await (await device()).newPage());
  await browser.page.goto(link);
  await expect(browser.page.locator("#code-1")).toBeVisible();
  await expect(browser.page.getByTestId("copy-link")).toHaveCount(0);
});

// REQ L2
test("a server too busy to begin: the page tries again by itself", async ({ election, network, open, clock }) => {
  const vote = await election();
  const page = await open();
  await clock.takeOver(page);
  const status = ({ url }: { url: string }): boolean => url.endsWith(`/elections/${vote.id}`);
  for (let i = 0; i < 4; i += 1) network.next(status, (_, way) => way.answer(busy(3)));
  await page.goto(vote.voter(0).linkAt(network.address));
  await expect(async () => {
    await page.clock.fastForward(5_000);
    await expect(page.getByTestId("by-itself")).toBeVisible({ timeout: 300 });
  }).toPass();
  await expect(page.locator("h1")).toHaveText("Il y a beaucoup de monde en ce moment.");
  // Nobody touches anything.
  await expect(async () => {
    await page.clock.fastForward(5_000);
    await expect(page.getByTestId("start")).toBeVisible({ timeout: 300 });
  }).toPass();
});

// REQ N3
test("“is my ballot in the urn?” hears yes where only the answer was lost, and the receipt comes", async ({ election, network, open }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  let answered: Answer | null = null;
  network.next(isBallot, async (_, way) => {
    // It is taken, and nobody ever hears of it.
    answered = await way.forward();
  });
  const { release } = network.holdBallot();
  await booth.identify(network.address);
  await booth.choose([[1]]);
  await booth.cast();
  await booth.press("ask-urn");
  await expect(booth.page.getByTestId("urn-answer")).toHaveAttribute("data-answer", "yes");
  await expect(booth.page.getByTestId("status")).toContainText("Oui");
  release();
  const receipt = await booth.receipt();
  expect(answered).toMatchObject({ status: 200 });
  expect((await vote.slot(receipt.slot)).ballots.map((ballot) => ballot.code)).toEqual([receipt.code]);
  const tries = network.passed.filter(isBallot).map((passed) => passed.body.toString("base64"));
  expect(tries.length).toBeGreaterThan(1);
  expect(new Set(tries).size).toBe(1);
});

test("suspended while the voter reads the ballot paper: said at once, nothing is lost, and it goes on", async ({ election, people, open, clock }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  await clock.takeOver(booth.page);
  await booth.identify();
  await booth.press("start");
  await booth.tick([[1]]);
  await people.organiser.notice(vote, "suspend", "Le bureau vérifie une panne.");
  await booth.page.clock.fastForward(MINUTE);
  await expect(booth.page.locator("main .note.warn")).toContainText("Le bureau vérifie une panne.");
  await expect(booth.page.getByTestId("status")).toHaveText("Le vote est suspendu");
  await expect(booth.page.locator("#q0-1")).toBeChecked();
  await people.organiser.notice(vote, "resume", "Réparée.");
  await people.organiser.extend(vote, vote.closes + 60 * MINUTE, "Une heure de plus.");
  await booth.page.clock.fastForward(MINUTE);
  await expect(booth.page.locator("main .note.warn")).toHaveCount(0);
  await expect(booth.page.locator("main .note")).toContainText("Une heure de plus.");
  await booth.press("continue");
  await booth.cast();
  await booth.receipt();
});

test("a box that a teller misses is supplied by the device that voted, when its owner comes back", async ({ election, network, open }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  const receipt = await booth.vote([[1]], network.address);
  const index = (await vote.slot(receipt.slot)).current?.index ?? -1;
  const isStatus = ({ url }: { url: string }): boolean => url.endsWith(`/elections/${vote.id}`);
  const isSupply = ({ method, url }: { method: string; url: string }): boolean => method === "POST" && url.endsWith("/boxes");
  for (const [teller, way] of [[1, `/check/#${vote.id}`], [3, `/vote/#${vote.id}`]] as const) {
    // What the server would say after a teller's complaint; whether the box is the right one, the real server judges by its hash.
    network.next(isStatus, async (_, road) => {
      const answer = await road.forward();
      const status = JSON.parse(answer.body.toString()) as { missing: unknown[] };
      const { "content-length": __, ...headers } = answer.headers;
      road.answer({ status: answer.status, headers, body: Buffer.from(JSON.stringify({ ...status, missing: [{ index, teller }] })) });
    });
    const supplied = new Promise<Answer>((resolve) => {
      network.next(isSupply, async (_, road) => {
        const answer = await road.forward();
        road.answer(answer);
        resolve(answer);
      });
    });
    await booth.page.goto("about:blank");
    await booth.page.goto(network.address + way);
    expect((await supplied).status).toBe(204);
    const sent = network.passed.filter(isSupply).at(-1)?.body ?? Buffer.alloc(0);
    expect([Number(sent.readBigUInt64BE(0)), sent.readUInt8(8)]).toEqual([index, teller]);
  }
});
