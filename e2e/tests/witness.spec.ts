// Witnesses: a receipt is checked at one while the server is gone.

import { createServer, type AddressInfo } from "node:net";

import { faultsBothWays } from "../src/access.js";
import { expect, test } from "../src/test.js";

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

test("a receipt is checked against a witness while the server is stopped", async ({ election, people, server, open }) => {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  server.options.push("--witness-url", address);
  await server.stop();
  await server.start();
  const vote = await election();
  const witness = people.witnesses[0];
  await witness.leave();
  await witness.serve(vote, port);
  const booth = vote.voter(0).at(await open());
  const { slot, code } = await booth.vote([[1]]);
  await expect.poll(async () => {
    const answer = await fetch(`${address}/api/elections/${vote.id}/slots/${slot}`);
    return answer.ok && ((await answer.json()) as { current: unknown }).current !== null;
  }).toBe(true);

  const page = await open({ locale: "en-GB", viewport: { width: 320, height: 640 } });
  await page.goto(vote.page("check", `.${slot}.${code.replaceAll(/\s/g, "")}`));
  await expect(page.getByTestId("outcome")).toHaveAttribute("data-state", "inUrn");
  await page.getByTestId("ask-witness").click();
  await expect(page.getByTestId("witness-outcome")).toHaveAttribute("data-state", "inUrn");
  await expect(page.getByTestId("agreement")).toHaveAttribute("data-same", "true");
  await expect(page.getByRole("main")).toContainText(`127.0.0.1:${port}`);
  expect(await faultsBothWays(page, "check at a witness")).toEqual([]);

  // Somebody who was not named is not asked by this page, which links to their own.
  await page.locator("#witness").fill("https://witness.elsewhere.example");
  await page.getByTestId("witness-go").click();
  await expect(page.getByTestId("witness-link")).toHaveAttribute("href", new RegExp(`^https://witness.elsewhere.example/check/#${vote.id}.${slot}.`));
  await page.locator("#witness").fill("not an address");
  await page.getByTestId("witness-go").click();
  await expect(page.getByTestId("witness-elsewhere")).toContainText("not the address of a site");

  // The server is gone; the page is still there.
  await server.stop();
  await page.getByTestId("another").click();
  await page.locator("#code").fill(code);
  await page.getByTestId("continue").click();
  await expect(page.getByTestId("again")).toBeVisible();
  await page.getByTestId("ask-witness").click();
  await expect(page.getByTestId("witness-outcome")).toHaveAttribute("data-state", "inUrn");
  await expect(page.getByRole("main")).toContainText("Only the witness has answered");
  expect(await faultsBothWays(page, "check at a witness alone")).toEqual([]);
  // A number and a code that do not belong together are in no copy.
  await page.getByTestId("another").click();
  await page.locator("#slot").fill(String(slot === 1 ? 2 : 1));
  await page.locator("#code").fill(code);
  await page.getByTestId("continue").click();
  await page.getByTestId("ask-witness").click();
  await expect(page.getByTestId("witness-outcome")).toHaveAttribute("data-state", "notFound");
  expect(await faultsBothWays(page, "not found at a witness")).toEqual([]);

  // The witness serves the page as well, and takes no vote.
  const theirs = await open({ locale: "en-GB" });
  await theirs.goto(`${address}/check/#${vote.id}.${slot}.${code.replaceAll(/\s/g, "")}`);
  await expect(theirs.getByTestId("outcome")).toHaveAttribute("data-state", "inUrn");
});
