// The server dies between a voter's POST and its answer. The page recovers by itself, the receipt is
// right, and the log has the ballot exactly once.

import type { Election } from "../src/election.js";
import { expect, test, type Page } from "../src/test.js";
import { isBallot, type Proxy, type Trouble } from "../src/proxy.js";
import type { Server } from "../src/server.js";
import type { Booth } from "../src/voter.js";

/** Votes while `trouble` awaits the ballot; returns the bytes of all tries. */
async function voteThrough(booth: Booth, network: Proxy, trouble: Trouble): Promise<Buffer[]> {
  network.next(isBallot, trouble);
  await booth.identify(network.address);
  await booth.choose([[1]]);
  await booth.cast();
  await booth.receipt(60_000);
  return network.passed.filter(isBallot).map((passed) => passed.body);
}

/** Once in the log, under the code of the receipt, and a receipt that another device confirms. */
async function onceInTheUrn(vote: Election, booth: Booth, elsewhere: Page): Promise<void> {
  const receipt = await booth.receipt();
  const slot = await vote.slot(booth.voter.slot);
  expect(slot.ballots).toHaveLength(1);
  expect(slot.current?.code).toBe(receipt.code);
  await elsewhere.goto((await booth.page.getByTestId("check-link").getAttribute("href")) ?? "");
  await expect(elsewhere.getByTestId("outcome")).toHaveAttribute("data-state", "inUrn");
}

function restarting(server: Server): Promise<void> {
  return server.kill().then(() => server.start());
}

test("the server is killed before it has seen the ballot", async ({ election, network, server, open }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  const tries = await voteThrough(booth, network, async (_, way) => {
    await restarting(server);
    way.cut();
  });
  expect(tries.length).toBeGreaterThan(1);
  expect(new Set(tries.map((body) => body.toString("base64"))).size).toBe(1);
  await onceInTheUrn(vote, booth, await open());
});

test("the server is killed after it has committed, before the answer arrives", async ({ election, network, server, open }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  let lost = "";
  const tries = await voteThrough(booth, network, async (_, way) => {
    const answer = await way.forward();
    expect(answer.status).toBe(200);
    lost = (JSON.parse(answer.body.toString()) as { code: string }).code;
    await restarting(server);
    way.cut();
  });
  expect(new Set(tries.map((body) => body.toString("base64"))).size).toBe(1);
  await onceInTheUrn(vote, booth, await open());
  expect((await booth.receipt()).code).toBe(lost);
});

test("the server is killed while it is at work on the ballot", async ({ election, network, server, open }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  await voteThrough(booth, network, async (_, way) => {
    // Whether it was committed is the server's secret: both must come out right.
    const forwarded = way.forward().catch(() => null);
    await server.kill();
    await forwarded;
    await server.start();
    way.cut();
  });
  await onceInTheUrn(vote, booth, await open());
});

test("the tab is closed while the server is down: the next visit goes on by itself", async ({ election, network, server, device }) => {
  const vote = await election();
  const phone = await device();
  const booth = vote.voter(0).at(await phone.newPage());
  let arrived: () => void = () => undefined;
  const sent = new Promise<void>((resolve) => (arrived = resolve));
  network.next(isBallot, async (_, way) => {
    await server.kill();
    way.cut();
    arrived();
  });
  await booth.identify(network.address);
  await booth.choose([[0]]);
  await booth.cast();
  await sent;
  await booth.page.close();
  await server.start();
  expect((await vote.slot(booth.voter.slot)).ballots).toEqual([]);

  // Back from the bookmark, without the code of the message.
  const later = await phone.newPage();
  await later.goto(`${network.address}/vote/#${vote.id}`);
  const again = booth.voter.at(later);
  expect((await again.receipt()).slot).toBe(booth.voter.slot);
  await onceInTheUrn(vote, again, await (await device()).newPage());
});
