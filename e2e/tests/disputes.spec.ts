// Dishonest voters and tellers: what they do is found, proved and said in public, and the honest ones count (spec sections 7 and 8).

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { faultsBothWays } from "../src/access.js";
import { boxLength, boxOf } from "../src/boxes.js";
import { Desk } from "../src/desk.js";
import { accuse, castDishonestly, miscount, type Malice } from "../src/dishonest.js";
import { castByProgram, prepare } from "../src/machine.js";
import { expect, test, type Page } from "../src/test.js";
import type { Voter } from "../src/voter.js";

// Whole counts, each with several people at work.
test.slow();

/** A ballot with a bad box: how it is made, and what the pages say of it in French. */
interface Bad {
  voter: Voter;
  teller: number;
  malice: Malice;
  complaint: string;
  said: string;
  /** Once it is in the log. */
  index: number;
  receipt: string;
}

test("bad boxes of every kind become public, verified complaints; the count is that of the honest ballots", async ({ election, desk, people, open, home }) => {
  const vote = await election({ members: 9 });
  const name = ({ teller }: Bad): string => people.tellers[teller - 1]?.name ?? "";
  const bad: [Bad, Bad, Bad] = [
    { voter: vote.voter(0), teller: 1, malice: "garbage", complaint: "open", said: "ne s’ouvre pas", index: 0, receipt: "" },
    { voter: vote.voter(1), teller: 2, malice: "wrongShare", complaint: "share", said: "ne correspond pas au bulletin", index: 0, receipt: "" },
    { voter: vote.voter(2), teller: 1, malice: "nonCanonical", complaint: "encoding", said: "n’est pas une part de vote", index: 0, receipt: "" },
  ];
  /** A page lists these ballots as void, each with its voter, its teller and what is wrong. */
  const listed = async (page: Page, ballots: readonly Bad[]): Promise<void> => {
    const list = page.getByTestId("void");
    await expect(list.locator("li")).toHaveCount(ballots.length);
    for (const each of ballots) {
      const line = list.locator(`li[data-index="${each.index}"]`);
      for (const part of [String(each.voter.slot), name(each), each.said]) await expect(line).toContainText(part);
    }
  };

  await test.step("the server refuses what it can see, and takes what only the tellers can", async () => {
    const refused = await castDishonestly(vote.voter(3), 3, "malformed");
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ reason: "box", teller: 3 });
    // The honest ballot of a voter does not come back when the bad one after it is void.
    await castByProgram(vote.voter(0), [[2]]);
    for (const each of bad) {
      const answer = await castDishonestly(each.voter, each.teller, each.malice);
      expect(answer.status).toBe(200);
      const receipt = await answer.text();
      each.index = (JSON.parse(receipt) as { index: number }).index;
      each.receipt = join(home, `receipt-${each.malice}.json`);
      writeFileSync(each.receipt, receipt);
    }
    for (const [i, voter] of vote.voters.slice(3).entries()) await castByProgram(voter, [[i % 3]]);
  });

  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");
  const anne = await desk(people.tellers[0], vote);
  const benoit = await desk(people.tellers[1], vote);
  await test.step("each teller finds the bad boxes among their own, and reports them", async () => {
    await anne.unlock();
    await anne.waitsFor("closing");
    const code = await anne.read("closing");
    await anne.confirm(1);
    const found = anne.page.locator("main .note.warn");
    for (const { index } of [bad[0], bad[2]]) await expect(found).toContainText(String(index));
    expect(await faultsBothWays(anne.page, "tellers, bad boxes")).toEqual([]);
    await anne.press("report");
    await anne.waitsFor("wait_fix");
    await listed(anne.page, [bad[0], bad[2]]);
    await benoit.unlock();
    expect(await benoit.report()).toBe(code);
    // Chloé reports, and is not heard of again.
    await people.tellers[2].report(vote, code);
    await expect.poll(() => vote.phase()).toBe("fixed");
    expect((await vote.status()).void).toEqual(bad.map(({ index, voter, teller, complaint }) => ({ index, slot: voter.slot, teller, complaint })));
  });

  await test.step("two tellers finish without the third", async () => {
    expect(await anne.sum()).toBe(await benoit.sum());
    await anne.waitsFor("done");
    await listed(anne.page, bad);
    const { totals, tellers } = await vote.status();
    expect(totals).toEqual([[2, 2, 2, 0]]);
    expect(tellers.map((teller) => teller.summed)).toEqual([true, true, false]);
  });

  await test.step("the pages of results and receipts say which ballot is void, why, and by whose proof", async () => {
    const page = await open();
    await page.goto(vote.page("results"));
    await listed(page, bad);
    expect(await faultsBothWays(page, "results, void ballots")).toEqual([]);
    for (const each of bad) {
      await page.goto("about:blank");
      await page.goto(vote.page("check"));
      await page.locator("#file").setInputFiles(each.receipt);
      await expect(page.getByTestId("outcome")).toHaveAttribute("data-state", "void");
      for (const part of [name(each), each.said]) await expect(page.getByTestId("complaint")).toContainText(part);
      expect(await faultsBothWays(page, `check, void: ${each.malice}`)).toEqual([]);
    }
  });

  await test.step("the audit verifies each complaint, and accepts", async () => {
    const page = await open();
    await page.goto(vote.page("audit"));
    await page.getByTestId("audit-server").click();
    await expect(page.getByTestId("verdict")).toHaveAttribute("data-accepted", "true", { timeout: 60_000 });
    await expect(page.locator("[data-testid=checks] [data-check=V8]")).toHaveAttribute("data-outcome", "holds");
    await listed(page, bad);
    expect(await faultsBothWays(page, "audit, void ballots")).toEqual([]);
  });
});

test("a dishonest teller can neither frame a voter nor change the totals, and stops nobody", async ({ election, desk, people, network, open }) => {
  const vote = await election();
  const { submission } = await prepare(vote.voter(0), [[2]]);
  await fetch(`${vote.server}/api/elections/${vote.id}/ballots`, { method: "POST", body: submission as Uint8Array<ArrayBuffer> });
  for (const voter of vote.voters.slice(1)) await castByProgram(voter, [[0]]);
  const index = (await vote.slot(vote.voter(0).slot)).current?.index ?? -1;
  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");
  // Anne's key is real; what her device sends is not what its page made.
  const anne = new Desk(await open(), people.tellers[0], vote, network.address);
  const benoit = await desk(people.tellers[1], vote);
  await anne.unlock();
  await benoit.unlock();

  await test.step("a false complaint is refused with its reason; the others go on", async () => {
    accuse(network, people.tellers[0], vote, { index, box: boxOf(submission, 3, 1, await boxLength(vote)) });
    const refused = anne.page.waitForResponse((response) => response.url().endsWith("/entries") && response.status() === 422);
    const code = await anne.report();
    expect(await (await refused).json()).toMatchObject({ reason: "complaint", teller: 1, index });
    await expect(anne.page.locator("main .note.bad")).toContainText("accuse un bulletin");
    expect(await faultsBothWays(anne.page, "tellers, false complaint")).toEqual([]);
    await anne.waitsFor("closing");
    expect(await benoit.report()).toBe(code);
    await benoit.waitsFor("wait_fix");
    await people.tellers[2].report(vote, code);
    expect((await vote.status()).void).toEqual([]);
    expect((await vote.status()).tellers.map((teller) => teller.reported)).toEqual([false, true, true]);
    // Her page alone makes a report that is accepted.
    expect(await anne.report()).toBe(code);
    await expect.poll(() => vote.phase()).toBe("fixed");
  });

  await test.step("false sums are refused with their reason; the two others finish", async () => {
    miscount(network, people.tellers[0], vote);
    const refused = anne.page.waitForResponse((response) => response.url().endsWith("/entries") && response.status() === 422);
    const code = await anne.sum();
    expect(await (await refused).json()).toMatchObject({ reason: "sums", teller: 1 });
    await expect(anne.page.locator("main .note.bad")).toContainText("ces sommes ne sont pas");
    expect(await faultsBothWays(anne.page, "tellers, false sums")).toEqual([]);
    await anne.waitsFor("counting");
    expect(await benoit.sum()).toBe(code);
    await people.tellers[2].sums(vote, code);
    await anne.waitsFor("done");
    const { totals, tellers } = await vote.status();
    expect(totals?.[0]?.slice(0, 3)).toEqual([5, 0, 1]);
    expect(tellers.map((teller) => teller.summed)).toEqual([false, true, true]);
  });
});
