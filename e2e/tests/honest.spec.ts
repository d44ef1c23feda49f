// What stands behind an honest page: a file that is not the one the page names does not run, no text
// becomes a script, and the build has a name by which anybody can compare it.

import type { Browser } from "@playwright/test";

import { attempt } from "../src/program.js";
import type { Proxy } from "../src/proxy.js";
import { expect, test, type Page } from "../src/test.js";

/** The server adds a line to a file, which changes nothing that the file does. */
function spoil(network: Proxy, file: RegExp): void {
  network.next(({ url }) => file.test(url), async (passed, way) => {
    passed.headers = ["host", "127.0.0.1"];
    const { status, headers, body } = await way.forward();
    const { "content-length": _, etag: __, ...others } = headers;
    way.answer({ status, headers: others, body: Buffer.concat([body, Buffer.from("\n")]) });
  });
}

/** A device whose console may complain. */
async function page(browser: Browser): Promise<Page> {
  return (await browser.newContext({ locale: "fr-FR" })).newPage();
}

test("a file that the server changed does not run", async ({ announced, network, browser }) => {
  const { id } = await announced();
  for (const [file, seen] of [
    [/assets\/test-[^.]*\.js/, ".boot"],
    [/assets\/shell-[^.]*\.js/, ".boot"],
    [/assets\/fr-[^.]*\.js/, ".boot"],
    [/assets\/voter-worker-[^.]*\.js/, "[data-testid=again]"],
    [/assets\/ballot_wasm[^.]*\.wasm/, "[data-testid=again]"],
  ] as const) {
    const visitor = await page(browser);
    const complaint = visitor.waitForEvent("console", (message) => /integrity/.test(message.text()));
    spoil(network, file);
    await visitor.goto(`${network.address}/test/#${id}`);
    await complaint;
    await expect(visitor.locator(seen), `${file}`).toBeVisible();
    await expect(visitor.locator("#slot")).toHaveCount(0);
    await visitor.context().close();
  }
  // The same page with every file as it is.
  const visitor = await page(browser);
  await visitor.goto(`${network.address}/test/#${id}`);
  await expect(visitor.locator("#slot")).toBeVisible();
  await visitor.context().close();
});

test("no text becomes a script, and nothing else becomes a worker", async ({ announced, server, browser }) => {
  const { id } = await announced();
  const visitor = await page(browser);
  await visitor.goto(`${server.address}/test/#${id}`);
  await expect(visitor.locator("#slot")).toBeVisible();
  const refused = await visitor.evaluate(() => {
    const tries: [string, () => unknown][] = [
      ["markup", () => (document.createElement("div").innerHTML = "<b>x</b>")],
      ["script", () => (document.createElement("script").text = "1")],
      ["address", () => (document.createElement("script").src = "/x.js")],
      ["worker", () => new Worker("/x.js")],
      ["policy", () => (globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }).trustedTypes.createPolicy("other", {})],
      ["the same policy again", () => (globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }).trustedTypes.createPolicy("isoloir-worker", {})],
    ];
    return tries.filter(([, attempt]) => {
      try {
        attempt();
        return false;
      } catch {
        return true;
      }
    }).map(([name]) => name);
  });
  expect(refused).toEqual(["markup", "script", "address", "worker", "policy", "the same policy again"]);
  await visitor.context().close();
});

test("a worker is under the policy that comes with its own file", async ({ announced, server, network, browser }) => {
  const { id } = await announced();
  const visitor = await page(browser);
  await visitor.goto(`${server.address}/test/#${id}`);
  await expect(visitor.locator("#slot")).toBeVisible();
  const [worker, ...others] = visitor.workers();
  expect(others).toEqual([]);
  const policyOf = async (url: string): Promise<string | null> => (await fetch(url)).headers.get("content-security-policy");
  expect(await policyOf(worker?.url() ?? "")).toBe(await policyOf(`${server.address}/test/`));
  // Anybody may read this, from any page; the worker asks nobody but its own server.
  const asked = await worker?.evaluate((address) => fetch(address).then(() => "answered", () => "refused"), `${network.address}/api/elections`);
  expect(asked).toBe("refused");
  expect(network.passed).toEqual([]);
  await visitor.context().close();
});

test("the page shows the name of its build, and the program finds the server's pages to be that build's", async ({ server, clock, open }) => {
  const visitor = await open();
  await visitor.goto(`${server.address}/`);
  const list = await (await fetch(`${server.address}/hashes.txt`)).text();
  const name = await visitor.getByTestId("build").textContent();
  expect(list.split("\n")[0]).toMatch(new RegExp(`^# build ${name}[0-9a-f]{48}$`));
  const checked = await attempt(clock, ["site", "check", server.address]);
  expect(checked.out).toContain(`hands out the pages of the release ${name}`);
  expect(checked.status).toBe(0);
});
