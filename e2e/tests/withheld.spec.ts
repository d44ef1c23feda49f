// A server that withholds a box: it is public, and whoever has the box can bring it (spec section 7).

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { faultsBothWays } from "../src/access.js";
import { boxLength, boxOf } from "../src/boxes.js";
import { HOUR, MINUTE } from "../src/clock.js";
import { Desk } from "../src/desk.js";
import type { Election } from "../src/election.js";
import { castByProgram, prepare } from "../src/machine.js";
import type { Passed, Proxy } from "../src/proxy.js";
import { expect, test } from "../src/test.js";
import type { Voter } from "../src/voter.js";

// Whole counts, each with several people at work.
test.slow();

const indexOf = async (vote: Election, voter: Voter): Promise<number> => (await vote.slot(voter.slot)).current?.index ?? -1;

/** The server's answers to a teller lack one box, until somebody brings it and the real server finds that it is the right one. */
function withhold(network: Proxy, index: number, length: number): void {
  let held = true;
  const isFetch = ({ url }: Passed): boolean => url.endsWith("/boxes/fetch");
  const isSupply = ({ method, url }: Passed): boolean => method === "POST" && url.endsWith("/boxes");
  network.always(isFetch, async (_, way) => {
    const answer = await way.forward();
    const { "content-length": __, ...headers } = answer.headers;
    const boxes: Buffer[] = [];
    for (let at = 0; at < answer.body.length; at += 8 + length) boxes.push(answer.body.subarray(at, at + 8 + length));
    const given = boxes.filter((box) => !held || Number(box.readBigUInt64BE(0)) !== index);
    way.answer({ status: answer.status, headers, body: answer.status === 200 ? Buffer.concat(given) : answer.body });
  });
  network.always(isSupply, async (passed, way) => {
    const answer = await way.forward();
    if (answer.status === 204 && Number(passed.body.readBigUInt64BE(0)) === index) held = false;
    way.answer(answer);
  });
}

test("a withheld box is public, its teller cannot sum, and the voter's device brings it", async ({ election, people, network, open, clock }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  await booth.vote([[2]], network.address);
  for (const voter of vote.voters.slice(1)) await castByProgram(voter, [[0]]);
  const index = await indexOf(vote, vote.voter(0));
  withhold(network, index, await boxLength(vote));
  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");
  const code = (await vote.status()).closing?.code ?? "";
  const anne = new Desk(await open(), people.tellers[0], vote, network.address);
  await anne.unlock();
  await anne.waitsFor("closing");
  await anne.read("closing");
  await anne.confirm(1);
  // Too early to report it: whoever has it may bring it.
  await expect(anne.page.locator("main .note.bad")).toBeVisible();
  await expect(anne.page.getByTestId("report")).toHaveCount(0);
  await expect(anne.page.getByTestId("report-missing")).toHaveCount(0);
  const found = await faultsBothWays(anne.page, "tellers, missing box");
  clock.advance(HOUR - 15 * MINUTE);
  await anne.press("ask-again");
  await anne.press("report-missing");
  await anne.waitsFor("wait_fix");
  expect((await vote.status()).missing).toEqual([{ index, teller: 1 }]);
  await expect(anne.page.getByTestId("missing").locator("li")).toContainText([String(index)]);
  const visitor = await open();
  await visitor.goto(vote.page("results"));
  await expect(visitor.getByTestId("missing").locator("li")).toContainText([people.tellers[0].name]);
  found.push(...(await faultsBothWays(visitor, "results, missing box")));
  expect(found).toEqual([]);

  for (const teller of people.tellers.slice(1)) await expect(() => teller.report(vote, code)).toPass();
  await anne.waitsFor("counting");
  await anne.read("counting");
  await anne.confirm(1);
  // It can still not be added up without it.
  await expect(anne.page.locator("main .note.bad")).toBeVisible();
  await expect(anne.page.getByTestId("report-missing")).toHaveCount(0);
  const supplied = booth.page.waitForResponse((response) => response.url().endsWith("/boxes") && response.status() === 204);
  await booth.page.goto("about:blank");
  await booth.page.goto(`${network.address}/check/#${vote.id}`);
  await supplied;
  await anne.press("ask-again");
  await anne.waitsFor("wait_result");
  await people.tellers[2].sums(vote, (await vote.status()).fix?.code ?? "");
  await anne.waitsFor("done");
  expect((await vote.status()).totals?.[0]?.slice(0, 3)).toEqual([5, 0, 1]);
});

test("a withheld box comes as a file; a wrong file is said to be wrong", async ({ election, people, network, open, home }) => {
  const vote = await election();
  const { submission } = await prepare(vote.voter(0), [[2]]);
  await fetch(`${vote.server}/api/elections/${vote.id}/ballots`, { method: "POST", body: submission as Uint8Array<ArrayBuffer> });
  for (const voter of vote.voters.slice(1)) await castByProgram(voter, [[0]]);
  const index = await indexOf(vote, vote.voter(0));
  const length = await boxLength(vote);
  withhold(network, index, length);
  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");
  const anne = new Desk(await open(), people.tellers[0], vote, network.address);
  await anne.unlock();
  await anne.waitsFor("closing");
  await anne.read("closing");
  await anne.confirm(1);
  await expect(anne.page.locator("main .note.bad")).toBeVisible();
  const files = [2, 1].map((teller) => {
    const path = join(home, `box-${teller}`);
    writeFileSync(path, boxOf(submission, 3, teller, length));
    return path;
  });
  const [other = "", right = ""] = files;
  await anne.page.locator("#supply summary").click();
  await anne.page.locator("#supply-index").selectOption(String(index));
  await anne.page.locator("#supply-file").setInputFiles(other);
  await expect(anne.page.locator("#supply-file-error")).toBeVisible();
  await anne.page.locator("#supply-file").setInputFiles(right);
  await expect(anne.page.getByTestId("report")).toBeVisible();
  await anne.press("report");
  await anne.waitsFor("wait_fix");
  expect((await vote.status()).missing).toEqual([]);
});
