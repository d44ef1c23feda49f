// What leaves the browser while somebody votes: Chromium's own record (CDP Network events, those of
// the worker included) and what arrives at the other end of the wire.

import { TEXTS, type Election } from "../src/election.js";
import { expect, test, type BrowserContext } from "../src/test.js";
import { formsOf, searchText } from "../src/traces.js";
import type { Choices, Voter } from "../src/voter.js";

interface Sent {
  method: string;
  url: string;
  headers: string;
  body: Buffer;
}

/** All requests of a device. */
function record(device: BrowserContext): Sent[] {
  const sent: Sent[] = [];
  device.on("request", (request) => {
    const headers = Object.entries(request.headers()).map(([name, value]) => `${name}: ${value}`).sort().join("\n");
    sent.push({ method: request.method(), url: request.url(), headers, body: request.postDataBuffer() ?? Buffer.alloc(0) });
  });
  return sent;
}

/** What is in the first list and not, or not as often, in the second. */
function without(first: string[], second: string[]): string[] {
  const rest = [...second];
  return first.filter((each) => {
    const at = rest.indexOf(each);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

const whole = (sent: Sent): string => [sent.method, sent.url, sent.headers, sent.body.toString("latin1")].join("\n");

/** Words by which a choice would be known. */
const WORDS = [...TEXTS.options.flatMap((option) => Object.values(option)), "Texte", "blank", "blanc", "choice", "choix", "option"];

test("no request of a vote holds a code or a choice", async ({ election, network, device }) => {
  const vote = await election({ registrars: 2 });
  const phone = await device();
  const sent = record(phone);
  const booth = vote.voter(0).at(await phone.newPage());
  // A wrong code first: what is mistyped is as secret.
  await booth.follow(network.address);
  await booth.type("code-1", vote.voter(1).code(1));
  await booth.press("continue");
  await expect(booth.page.locator("#code-1-error")).toBeVisible();
  await booth.type("code-1", booth.voter.code(1));
  await booth.press("continue");
  await booth.choose([[1]]);
  await booth.cast();
  await booth.receipt();
  await booth.page.reload();
  await expect(booth.page.locator("h1")).toBeVisible();

  // The record is complete: whatever arrived at the other end is in it.
  const paths = (requests: { method: string; url: string }[]): string[] => requests.map(({ method, url }) => `${method} ${new URL(url, network.address).pathname}`);
  await expect.poll(() => without(paths(network.passed), paths(sent))).toEqual([]);
  const ballot = sent.filter((request) => request.method === "POST");
  expect(ballot.map((request) => new URL(request.url).pathname)).toEqual([`/api/elections/${vote.id}/ballots`]);
  expect(ballot[0]?.body.length).toBeGreaterThan(500);

  const secrets = [...booth.voter.codes, vote.voter(1).code(1)].flatMap(formsOf);
  const found = [...sent.map(whole), ...network.passed.map(({ method, url, headers, body }) => [method, url, ...headers, body.toString("latin1")].join("\n"))]
    .flatMap((text) => searchText(text, [...secrets, ...WORDS]));
  expect(found).toEqual([]);
  // Nothing goes anywhere else.
  expect(new Set(sent.map((request) => new URL(request.url).origin))).toEqual(new Set([network.address]));
});

test("requests look the same whatever is chosen", async ({ election, network, device }) => {
  const vote = await election({ questions: [TEXTS, { ...TEXTS, min: 1, max: 3 }] });
  const all: Choices[] = [[[0], [0]], [[1], [0, 1]], [[2], [0, 1, 2]], ["blank", [2]], [[0], "blank"], ["blank", "blank"]];
  const looks: string[][] = [];
  for (const choices of all) {
    // The same voter each time: another number could have another length.
    const before = network.passed.length;
    const phone = await device();
    await vote.voter(0).at(await phone.newPage()).vote(choices, network.address);
    looks.push(network.passed.slice(before).map(({ method, url, headers, body }) => `${method} ${url} ${headers.join("|").length} ${body.length}`).sort());
    await phone.close();
  }
  expect(looks[0]?.filter((look) => look.startsWith("POST"))).toHaveLength(1);
  // The first vote has no ballot to replace; that it is the first is public, and its requests are the same all the same.
  for (const look of looks) expect(look).toEqual(looks[0]);
});

test("what a device keeps after the vote holds no code and no choice", async ({ election, device }) => {
  const vote: Election = await election({ registrars: 2 });
  const phone = await device();
  const voter: Voter = vote.voter(0);
  const booth = voter.at(await phone.newPage());
  await booth.vote([[1]]);
  const kept = await booth.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state, document.documentElement.outerHTML]));
  expect(kept).toContain(vote.id);
  expect(searchText(kept, voter.codes.flatMap(formsOf))).toEqual([]);
  const storage = await booth.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(searchText(storage, WORDS)).toEqual([]);
});
