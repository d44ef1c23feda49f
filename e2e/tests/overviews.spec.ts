// The pages that tell how the server and the election are doing: true, and for everybody.

import { faults, faultsBothWays } from "../src/access.js";
import { castByProgram } from "../src/machine.js";
import { expect, test, type Page } from "../src/test.js";

const PHONE = { width: 320, height: 640 };

/** What is wrong with a page in two languages, one of them from right to left and dark. */
async function inBoth(open: (options: object) => Promise<Page>, address: string, ready: string): Promise<string[]> {
  const found: string[] = [];
  for (const [locale, colorScheme] of [["fr-FR", "light"], ["ar-MA", "dark"]] as const) {
    const page = await open({ locale, colorScheme, viewport: PHONE });
    await page.goto(address);
    await expect(page.getByTestId(ready)).toBeVisible();
    found.push(...(await faults(page, `${ready}, ${locale}`)));
  }
  return found;
}

test("the server's page tells the truth, also when the server is gone", async ({ clock, election, network, server, open }) => {
  const vote = await election({ members: 6 });
  for (const voter of vote.voters.slice(0, 1)) await castByProgram(voter, [[0]]);
  const page = await open({ locale: "en-GB" });
  await clock.takeOver(page);
  await page.goto(`${network.address}/status/`);
  await expect(page.getByTestId("verdict")).toContainText("Everything works");
  await expect(page.getByRole("main")).toContainText("1 of 6 voters");
  await expect(page.getByRole("main")).toContainText("half: within");
  const found = await faultsBothWays(page, "status, good");
  await server.kill();
  await page.clock.fastForward(20_000);
  await expect(page.getByTestId("verdict")).toContainText("The server does not answer");
  found.push(...(await faultsBothWays(page, "status, no answer")));
  expect(found).toEqual([]);
  // It comes back by itself.
  await server.start();
  await page.clock.fastForward(20_000);
  await expect(page.getByTestId("verdict")).toContainText("Everything works");
});

test("what is not well with the server is said to everybody", async ({ election, network, open }) => {
  await election();
  const page = await open({ locale: "en-GB" });
  for (const [change, said] of [
    [{ store: false }, "Nothing can be recorded"],
    [{ delay: { ballots: 9, half_ms: 2_000, most_ms: null } }, "Many people are voting"],
    [{ damaged: 1 }, "One election cannot be shown"],
  ] as const) {
    network.next(({ url }) => url === "/api/status", async (_, way) => {
      const { status, headers: { "content-length": __, ...headers }, body } = await way.forward();
      way.answer({ status, headers, body: Buffer.from(JSON.stringify({ ...(JSON.parse(body.toString()) as object), ...change })) });
    });
    await page.goto(`${network.address}/status/`);
    await expect(page.getByTestId("verdict")).toContainText(said);
    expect(await faultsBothWays(page, `status, ${said}`)).toEqual([]);
  }
});

test("the organiser's page is for everybody", async ({ announced, open }) => {
  const vote = await announced();
  expect(await inBoth(open, vote.page("organiser"), "missing")).toEqual([]);
});
