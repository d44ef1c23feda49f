// The whole way of a vote in Firefox and in WebKit, against the real server: with WebAssembly and, where a policy
// forbids it, as JavaScript; wrong codes, no connection, closed polls.
// REQ N2

import { Firefox, WebKit, type Engine } from "../src/engines.js";
import { expect, test } from "../src/test.js";
import type { Voter } from "../src/voter.js";

/** Firefox shows no page with the library that sets the tests' clock: its clock is days behind the server's, as some voters' are. */
const ENGINES: [name: string, open: (environment: NodeJS.ProcessEnv) => Promise<Engine>][] = [
  ["Firefox", () => Firefox.open(process.env)],
  ["WebKit", (environment) => WebKit.open(environment)],
];

/** In the language of the browsers, whichever that is here. */
const CLOSED = /Voting is closed|Le vote est clos/;

const id = (testId: string): string => `[data-testid=${testId}]`;

/** From the link to the receipt; gives the receipt's code. */
async function vote(engine: Engine, voter: Voter, link: string, option: number): Promise<string> {
  await engine.goto(link);
  await engine.fill("#code-1", voter.code(1));
  await engine.click(id("continue"));
  expect(await engine.text(id("voter"))).toContain(String(voter.slot));
  await engine.click(id("start"));
  await engine.click(`#q0-${option}`);
  await engine.click(id("continue"));
  await engine.see(id("cast"), 90_000);
  await engine.click(id("cast"));
  await engine.see(id("receipt"), 90_000);
  return engine.run(() => document.querySelector("[data-testid=receipt-code] [data-code]")?.getAttribute("data-code") ?? "");
}

for (const [name, open] of ENGINES) {
  test(`a whole vote in ${name}`, async ({ election, server, network }) => {
    const polls = await election({ registrars: 2 });
    // The browser has the machine's time, not the shifted one of the server: WebKit's workers wait for moments of a clock that cannot
    // be shifted. To the pages this is a device whose clock is wrong, and a vote works there too.
    const engine = await open(process.env);
    try {
      await test.step("a wrong code is named, and the way goes on", async () => {
        await engine.goto(polls.voter(0).linkAt(server.address));
        await engine.fill("#code-1", polls.voter(1).code(1));
        await engine.click(id("continue"));
        await engine.see("#code-1-error");
      });

      await test.step("with WebAssembly", async () => {
        const voter = polls.voter(0);
        const code = await vote(engine, voter, voter.linkAt(server.address), 1);
        expect(await engine.run(() => typeof WebAssembly)).toBe("object");
        expect((await polls.slot(voter.slot)).current?.code).toBe(code);
        await engine.goto(`${server.address}/check/#${polls.id}.${voter.slot}.${code}`);
        await engine.see(`${id("outcome")}[data-state]`);
      });

      await test.step("as JavaScript", async () => {
        network.change = ({ status, headers, body }) => ({ status, body, headers: { ...headers, "content-security-policy": String(headers["content-security-policy"]).replace(" 'wasm-unsafe-eval'", "") } });
        const voter = polls.voter(1);
        const code = await vote(engine, voter, voter.linkAt(network.address), 2);
        expect((await polls.slot(voter.slot)).current?.code).toBe(code);
        expect(network.passed.some(({ url }) => url.endsWith(".wasm"))).toBe(false);
      });

      await test.step("without the server the page says so, and goes on when it is back", async () => {
        await engine.goto(`${server.address}/test/#${polls.id}`);
        await engine.fill("#slot", String(polls.voter(2).slot));
        await server.stop();
        await engine.click("main form button[type=submit]");
        await engine.see(id("again"));
        await server.start();
        await engine.click(id("again"));
        await engine.see("#slot");
      });

      await test.step("closed polls say so", async () => {
        polls.end();
        await expect.poll(() => polls.phase()).toBe("closed");
        await engine.goto(polls.voter(2).linkAt(server.address));
        await expect.poll(() => engine.run(() => document.querySelector("h1")?.textContent ?? ""), { timeout: 30_000 }).toMatch(CLOSED);
        expect(await engine.run(() => document.querySelector("#code-1, [data-testid=start]") === null)).toBe(true);
      });
    } finally {
      await engine.close();
    }
  });
}
