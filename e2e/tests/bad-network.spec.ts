// A whole vote over networks as they are abroad: slow with losses, behind a proxy that ends idle connections, with
// connections that break in the middle of an answer. Nothing is asked of the voter, and one ballot is cast.
// REQ N1, N3

import type { Election } from "../src/election.js";
import type { Passed } from "../src/proxy.js";
import { isBallot } from "../src/proxy.js";
import { expect, test, type Page } from "../src/test.js";
import type { Booth, Noted } from "../src/voter.js";
import { SECOND_GENERATION, Wire, type Link } from "../src/wire.js";

/** Everything that would ask something of the voter: a screen of an error, a button to try again. */
const ASKED = "main [data-testid=errors], main [data-testid=again], main .note.bad";

/** Notes every screen that asks something of the voter, from the page's first moment on. */
async function watchFor(page: Page): Promise<() => Promise<string[]>> {
  const seen: string[] = [];
  await page.exposeFunction("isoloirAsked", (text: string) => void seen.push(text));
  await page.addInitScript((selector) => {
    const tell = (globalThis as unknown as { isoloirAsked(text: string): void }).isoloirAsked;
    new MutationObserver(() => {
      const found = document.querySelector(selector);
      if (found) tell(found.textContent ?? selector);
    }).observe(document, { childList: true, subtree: true });
  }, ASKED);
  return () => Promise.resolve(seen);
}

/** The receipt is of the one ballot that the slot has. */
async function castOnce(vote: Election, noted: Noted): Promise<void> {
  const { ballots, current } = await vote.slot(noted.slot);
  expect(ballots.map(({ code }: { code: string }) => code)).toEqual([noted.code]);
  expect(current?.code).toBe(noted.code);
}

async function wired<T>(upstream: () => string, link: Link | null, use: (wire: Wire) => Promise<T>): Promise<T> {
  const wire = await new Wire(upstream, link).start();
  try {
    return await use(wire);
  } finally {
    await wire.stop();
  }
}

test("a vote over the second generation of mobile networks, with one packet in twenty lost", async ({ election, server, open }) => {
  test.slow();
  const vote = await election({ registrars: 2 });
  await wired(() => server.address, SECOND_GENERATION, async (wire) => {
    const page = await open();
    page.setDefaultTimeout(120_000);
    page.setDefaultNavigationTimeout(120_000);
    const asked = await watchFor(page);
    const booth: Booth = vote.voter(0).at(page);
    await booth.follow(wire.address);
    await expect(page.locator("#code-1")).toBeVisible({ timeout: 120_000 });
    await booth.type("code-1", booth.voter.code(1));
    await booth.press("continue");
    await expect(page.getByTestId("start")).toBeVisible({ timeout: 60_000 });
    await booth.choose([[1]]);
    await booth.cast();
    await castOnce(vote, await booth.receipt(120_000));
    expect(await asked()).toEqual([]);
    expect(wire.lost).toBeGreaterThan(5);
  });
});

for (const how of ["fin", "reset"] as const) {
  test(`a vote behind a proxy that ends idle connections: ${how}`, async ({ election, server, open }) => {
    const vote = await election({ registrars: 2 });
    await wired(() => server.address, null, async (wire) => {
      const page = await open();
      const asked = await watchFor(page);
      const booth = vote.voter(1).at(page);
      await booth.follow(wire.address);
      await expect(page.locator("#code-1")).toBeVisible();
      expect(wire.cutIdle(how)).toBeGreaterThan(0);
      await booth.type("code-1", booth.voter.code(1));
      await booth.press("continue");
      await expect(page.getByTestId("start")).toBeVisible();
      wire.cutIdle(how);
      await booth.choose([[2]]);
      wire.cutIdle(how);
      await booth.cast();
      const noted = await booth.receipt();
      await castOnce(vote, noted);
      expect(await asked()).toEqual([]);
      // Checking it comes after another pause.
      wire.cutIdle(how);
      await page.goto(`${wire.address}/check/#${vote.id}.${noted.slot}.${noted.code}`);
      await expect(page.getByTestId("outcome")).toBeVisible();
    });
  });
}

test("a vote behind a router that forgets idle connections and tells nobody", async ({ election, server, open, clock }) => {
  const vote = await election();
  await wired(() => server.address, null, async (wire) => {
    const page = await open();
    await clock.takeOver(page);
    const asked = await watchFor(page);
    const booth = vote.voter(2).at(page);
    await booth.identify(wire.address);
    await booth.choose([[0]]);
    expect(wire.forgetIdle()).toBeGreaterThan(0);
    await booth.cast();
    // The browser may have kept several such connections; each is given up after the same silence.
    await expect(async () => {
      await page.clock.fastForward(61_000);
      await expect(page.getByTestId("receipt")).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 60_000 });
    await castOnce(vote, await booth.receipt());
    expect(await asked()).toEqual([]);
  });
});

test("every answer that the page asks for breaks off half-way once", async ({ election, network, open }) => {
  test.slow();
  const vote = await election({ registrars: 2 });
  const page = await open();
  const asked = await watchFor(page);
  const broken = new Set<string>();
  const breakOff = (): void => network.next(
    ({ url }: Passed) => !broken.has(url),
    async (passed, way) => {
      broken.add(passed.url);
      breakOff();
      const answer = await way.forward();
      // What has no body cannot break off in it.
      if (answer.body.length < 2) way.answer(answer);
      else way.half(answer);
    },
  );
  // The page and what it is made of are fetched by the browser itself, and a voter sees that they are not there.
  // Some of it comes after the first heading.
  await page.goto(`${network.address}/vote/`, { waitUntil: "networkidle" });
  await expect(page.locator("main h1")).toBeVisible();
  await page.goto("about:blank");
  breakOff();
  for (const { url } of network.passed) if (!url.startsWith("/api/")) broken.add(url);
  const booth = vote.voter(3).at(page);
  await booth.follow(network.address);
  await expect(page.locator("#code-1")).toBeVisible({ timeout: 60_000 });
  await booth.type("code-1", booth.voter.code(1));
  await booth.press("continue");
  await expect(page.getByTestId("start")).toBeVisible({ timeout: 60_000 });
  await booth.choose([[1]]);
  await booth.cast();
  await castOnce(vote, await booth.receipt(60_000));
  expect(await asked()).toEqual([]);
  // The module, the worker, the state, the manifest, the slot and the ballot's answer were among them.
  const kinds = [/\.wasm$/, /worker/, /elections\/[^/]+$/, /slots\//, /ballots$/];
  for (const kind of kinds) expect([...broken].some((url) => kind.test(url)), String(kind)).toBe(true);
  expect(network.passed.filter(isBallot).length).toBeGreaterThan(1);
});

test("a network that swallows every answer: said at each step, and the vote goes on by itself when it is back", async ({ election, network, open, clock }) => {
  test.slow();
  const vote = await election();
  const page = await open();
  await clock.takeOver(page);
  const booth: Booth = vote.voter(4).at(page);
  /** What is asked of these addresses arrives, and is never answered. */
  let swallowed: RegExp | null = null;
  network.always(({ url }) => swallowed?.test(url) ?? false, async (_, way) => void (await way.forward()));
  /** Winds the page's own clock on until something is seen. */
  const seen = (testId: string, step: number): Promise<void> => expect(async () => {
    await page.clock.fastForward(step);
    await expect(page.getByTestId(testId)).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 60_000 });

  // The worker's own clock cannot be wound on.
  for (const [what, silence] of [[/\.wasm$/, 181_000], [/elections\/[^/]+$/, 31_000], [/slots\//, 0]] as const) {
    await test.step(String(what), async () => {
      const before = network.passed.length;
      swallowed = what;
      await page.goto("about:blank");
      await booth.follow(network.address);
      await expect.poll(() => network.passed.slice(before).some(({ url }) => what.test(url))).toBe(true);
      if (silence > 0) await page.clock.fastForward(silence);
      await expect(page.getByTestId("by-itself")).toBeVisible({ timeout: 60_000 });
      await expect(page.locator("main h1")).toHaveText("Le serveur est injoignable.");
      swallowed = null;
      await seen("start", 5_000);
    });
  }

  await booth.choose([[1]]);
  swallowed = /ballots$/;
  await booth.cast();
  await expect(async () => {
    await page.clock.fastForward(31_000);
    await expect(page.locator("main .note.warn")).toContainText("Le serveur est injoignable pour l’instant.", { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  swallowed = null;
  await seen("receipt", 5_000);
  await castOnce(vote, await booth.receipt());
  const tries = network.passed.filter(isBallot).map(({ body }) => body.toString("base64"));
  expect(tries.length).toBeGreaterThan(1);
  expect(new Set(tries).size).toBe(1);
});
