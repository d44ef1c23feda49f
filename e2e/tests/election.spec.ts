// The whole way of an election, played in the browser: two voters, a vote again, wrong codes, a test
// of the device, a receipt check, three tellers of whom one stays away, the result, the audit.

import { readFileSync } from "node:fs";

import { HOUR, MINUTE } from "../src/clock.js";
import { BOARD, TEXTS } from "../src/election.js";
import { castByProgram } from "../src/machine.js";
import { expect, test, type Page } from "../src/test.js";
import { formsOf, searchFolder, searchText } from "../src/traces.js";
import type { Choices } from "../src/voter.js";

/** What is counted in the end: of the two who vote in the browser, then of those whose device is a program. */
const FIRST: Choices = [[2], [1]];
const SECOND: Choices = [[0], "blank"];
const OTHERS: Choices[] = [[[0], [0, 1]], [[1], "blank"], [[2], [3]], ["blank", [2]]];

test("an election from the first link to the audited result", async ({ election, open, desk, people, clock, server }) => {
  test.slow();
  const vote = await election({ registrars: 2, questions: [TEXTS, BOARD] });

  const first = vote.voter(0).at(await open());
  await test.step("a voter with two codes votes, after typing the second one wrong", async () => {
    await first.follow();
    await expect(first.page).not.toHaveURL(new RegExp(first.voter.code(0)));
    const code = first.voter.code(1);
    const wrong = code.slice(0, -1) + (code.endsWith("0") ? "1" : "0");
    await first.type("code-1", wrong);
    await first.press("continue");
    await expect(first.page.getByTestId("errors")).toBeFocused();
    await expect(first.page.locator("#code-1-error")).toBeVisible();
    // The code of another voter is typed rightly and still not theirs.
    await first.type("code-1", vote.voter(1).code(1));
    await first.press("continue");
    await expect(first.page.locator("#code-1-error")).toContainText(String(first.voter.slot));
    await first.type("code-1", code.toLowerCase().replaceAll("-", " "));
    await first.press("continue");
    await first.choose([[1], [0, 2]]);
    await first.cast();
    const receipt = await first.receipt();
    expect(receipt.slot).toBe(first.voter.slot);
    expect((await vote.slot(receipt.slot)).current?.code).toBe(receipt.code);
  });

  await test.step("the same voter changes their mind and votes again", async () => {
    const again = first.voter.at(await open());
    const before = (await vote.slot(first.voter.slot)).current;
    const receipt = await again.vote(FIRST);
    const slot = await vote.slot(first.voter.slot);
    expect(slot.current?.code).toBe(receipt.code);
    expect(slot.ballots.map((ballot) => ballot.index)).toEqual([before?.index, slot.current?.index]);
  });

  const second = vote.voter(1).at(await open());
  await test.step("a voter types number and codes; a code with a typing error is refused before anything is asked", async () => {
    await second.page.goto(vote.page("vote"));
    const code = second.voter.code(0);
    const swapped = code.slice(0, 2) + code[3] + code[2] + code.slice(4);
    await second.type("slot", String(second.voter.slot));
    await second.type("code-0", code[2] === code[3] ? `${code.slice(0, -1)}U` : swapped);
    await second.type("code-1", second.voter.code(1));
    await second.press("continue");
    await expect(second.page.locator("#code-0-error")).toBeVisible();
    await second.type("code-0", code);
    await second.press("continue");
    await expect(second.page.getByTestId("voter")).toBeVisible();
  });

  await test.step("they test the device: another device shows what was in the ballot, and nothing is counted", async () => {
    await second.choose(SECOND);
    await second.press("test-instead");
    const code = await second.page.locator("main .card [data-code]").getAttribute("data-code");
    await second.press("disclose");
    const link = await second.page.getByTestId("disclosure-link").getAttribute("href");
    const other = await open();
    await other.goto(link ?? "");
    await expect(other.getByTestId("disclosed")).toContainText("Texte A");
    await expect(other.getByTestId("disclosed")).toContainText("Vote blanc");
    await expect(other.locator("[data-testid=test-code] [data-code]")).toHaveAttribute("data-code", code ?? "");
    expect((await vote.slot(second.voter.slot)).ballots).toEqual([]);
  });

  await test.step("then they vote", async () => {
    await second.press("vote-now");
    await second.cast();
    await second.receipt();
  });

  let file = "";
  await test.step("a receipt is checked on another device, by its link and by its file", async () => {
    const link = await second.page.getByTestId("check-link").getAttribute("href");
    const download = second.page.waitForEvent("download");
    await second.press("save-receipt");
    file = await (await download).path();
    const other = await open();
    await other.goto(link ?? "");
    await expect(other.getByTestId("outcome")).toHaveAttribute("data-state", "inUrn");
    await other.goto(vote.page("check"));
    await other.locator("#file").setInputFiles(file);
    await expect(other.getByTestId("outcome")).toHaveAttribute("data-state", "inUrn");
  });

  for (const [i, choices] of OTHERS.entries()) await castByProgram(vote.voter(2 + i), choices);

  vote.end();
  await expect.poll(() => vote.phase(), { timeout: 20_000 }).toBe("closed");

  const anne = await desk(people.tellers[0], vote);
  const benoit = await desk(people.tellers[1], vote);
  await test.step("two tellers read the same closing code and report; the third stays away", async () => {
    await anne.unlock();
    await benoit.unlock();
    const codes = [await anne.report(), await benoit.report()];
    expect(codes[0]).toBe(codes[1]);
    await anne.waitsFor("wait_fix");
    await benoit.waitsFor("wait_fix");
    expect(await vote.phase()).toBe("closed");
    clock.advance(HOUR + MINUTE);
    await expect.poll(() => vote.phase(), { timeout: 20_000 }).toBe("fixed");
  });

  await test.step("they read the same counting code and add up", async () => {
    const codes = [await anne.sum(), await benoit.sum()];
    expect(codes[0]).toBe(codes[1]);
    await expect.poll(() => vote.phase(), { timeout: 20_000 }).toBe("counted");
    await anne.waitsFor("done");
  });

  const totals = [TEXTS, BOARD].map((question, q) => tally(question.options.length, [FIRST, SECOND, ...OTHERS].map((choices) => choices[q] ?? [])));
  await test.step("the results page shows the totals", async () => {
    const page = await open();
    await page.goto(vote.page("results"));
    await expect(page.getByTestId("phase")).toHaveAttribute("data-phase", "counted");
    for (const [q, expected] of totals.entries()) expect(await shown(page, q)).toEqual(expected);
    const download = page.waitForEvent("download");
    await page.getByTestId("result-json").click();
    const saved = JSON.parse(readFileSync(await (await download).path(), "utf8")) as { election: string; questions: { totals: number[] }[] };
    expect(saved.election).toBe(vote.id);
    expect(saved.questions.map((question) => question.totals)).toEqual(totals);
  });

  await test.step("the audit page accepts, check by check", async () => {
    const page = await open();
    await page.goto(vote.page("audit"));
    await page.locator("#more summary").click();
    await page.locator("#receipts").setInputFiles(file);
    await page.getByTestId("audit-server").click();
    await expect(page.getByTestId("verdict")).toHaveAttribute("data-accepted", "true", { timeout: 60_000 });
    const checks = page.locator("[data-testid=checks] > li");
    await expect(checks).toHaveCount(12);
    for (let i = 0; i < 12; i += 1) await expect(checks.nth(i)).toHaveAttribute("data-check", `V${i + 1}`);
    expect(await checks.evaluateAll((lines) => lines.map((line) => line.getAttribute("data-outcome")))).toEqual(Array(12).fill("holds"));
    for (const [q, expected] of totals.entries()) expect(await shown(page, q)).toEqual(expected);
  });

  await test.step("a receipt now says that the ballot is counted", async () => {
    const page = await open();
    await page.goto(vote.page("check"));
    await page.locator("#file").setInputFiles(file);
    await expect(page.getByTestId("outcome")).toHaveAttribute("data-state", "counted");
  });

  await test.step("the server has kept no code, no name, no address and no choice", async () => {
    const secrets = vote.voters.flatMap((voter) => voter.codes.flatMap(formsOf));
    const personal = ["Membre A", "membre.0", "@example.org"];
    expect(searchFolder(server.data, [...secrets, ...personal])).toEqual([]);
    expect(searchText(server.log, [...secrets, ...personal])).toEqual([]);
    // The search finds what is there: the second registrar's messages hold codes.
    expect(searchFolder(people.registrars[1].home, secrets)).not.toEqual([]);
  });
});

/** Votes for each option, then blank ones. */
function tally(options: number, choices: readonly Choices[number][]): number[] {
  const totals: number[] = Array(options + 1).fill(0);
  for (const choice of choices) for (const bit of choice === "blank" ? [options] : choice) totals[bit] = (totals[bit] ?? 0) + 1;
  return totals;
}

/** The votes of a question as the table of totals shows them. */
async function shown(page: Page, question: number): Promise<number[]> {
  const cells = page.locator(`[data-testid=total-${question}] tbody tr td:nth-child(2)`);
  await expect(cells.first()).toBeVisible();
  return (await cells.allTextContents()).map(Number);
}
