// What a test is given: a clock, people with keys, servers, networks, elections, devices. Each test
// has servers and elections of its own; clock, people and browser are of the worker.

import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test as base, chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "@playwright/test";

import { Clock } from "./clock.js";
import { Desk } from "./desk.js";
import { Election, type Plan } from "./election.js";
import { keepElections } from "./kept.js";
import { ZONE } from "./moments.js";
import { People, type Teller } from "./people.js";
import { CHROMIUM, folder } from "./places.js";
import { Proxy } from "./proxy.js";
import { Server } from "./server.js";

/** As root and without a network beyond this machine. */
export const BROWSER_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

interface PerWorker {
  clock: Clock;
  people: People;
  browser: Browser;
  workerHome: string;
}

interface PerTest {
  home: string;
  server: Server;
  network: Proxy;
  /** Polls open, six voters unless told otherwise. */
  election: (plan?: Plan) => Promise<Election>;
  /** Only announced. */
  announced: (plan?: Plan) => Promise<Election>;
  /** Another device: a browser with nothing in it. */
  device: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  /** A page on a new device. */
  open: (options?: BrowserContextOptions) => Promise<Page>;
  /** A teller's page on a device of their own. */
  desk: (teller: Teller, election: Election, options?: BrowserContextOptions) => Promise<Desk>;
}

export const test = base.extend<PerTest, PerWorker>({
  workerHome: [async ({}, use) => {
    const home = await mkdtemp(join(tmpdir(), "isoloir-e2e-"));
    await use(home);
    rmSync(home, { recursive: true, force: true });
  }, { scope: "worker" }],

  clock: [async ({ workerHome }, use) => {
    await use(new Clock(join(workerHome, "clock")));
  }, { scope: "worker" }],

  people: [async ({ clock, workerHome }, use) => {
    const people = new People(clock, join(workerHome, "people"));
    await people.keygen();
    await use(people);
  }, { scope: "worker", timeout: 120_000 }],

  browser: [async ({ clock }, use) => {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: BROWSER_ARGS, env: clock.environment() as Record<string, string> });
    await use(browser);
    await browser.close();
  }, { scope: "worker" }],

  home: async ({ workerHome }, use, info) => {
    const home = folder(workerHome, `test-${info.testId}-${info.retry}-${info.repeatEachIndex}`);
    await use(home);
    rmSync(home, { recursive: true, force: true });
  },

  server: async ({ clock, home }, use, info) => {
    const server = new Server(clock, join(home, "data"));
    await server.start();
    await use(server);
    await keepElections(clock, server, info);
    await server.kill();
    if (info.status !== info.expectedStatus) await info.attach("server log", { body: server.log, contentType: "text/plain" });
  },

  network: async ({ server }, use) => {
    const proxy = new Proxy(() => server.address);
    await proxy.start();
    await use(proxy);
    await proxy.stop();
  },

  election: async ({ clock, people, server, home }, use) => {
    let count = 0;
    await use((plan) => Election.open(clock, people, server.address, folder(home, `election-${(count += 1)}`), plan));
    await people.leave();
  },

  announced: async ({ clock, people, server, home }, use) => {
    let count = 0;
    await use((plan) => Election.announce(clock, people, server.address, folder(home, `announced-${(count += 1)}`), plan));
    await people.leave();
  },

  device: async ({ browser }, use) => {
    const devices: BrowserContext[] = [];
    const faults: string[] = [];
    await use(async (options = {}) => {
      const device = await browser.newContext({ locale: "fr-FR", timezoneId: ZONE, ...options });
      devices.push(device);
      device.on("weberror", (error) => faults.push(String(error.error())));
      device.on("console", (message) => {
        // Requests that fail are what some tests are about; anything else (a script that the policy forbids, a sentence
        // that is missing) is a fault of the page.
        if (message.type() === "error" && !/Failed to load resource|net::ERR_|^Fetch API cannot load \S+ $/.test(message.text())) faults.push(message.text());
      });
      return device;
    });
    await Promise.all(devices.map((each) => each.close()));
    expect(faults, "errors in the pages").toEqual([]);
  },

  open: async ({ device }, use) => {
    await use(async (options) => (await device(options)).newPage());
  },

  desk: async ({ open }, use) => {
    await use(async (teller, election, options) => new Desk(await open(options), teller, election));
  },
});

export { expect, type BrowserContext, type BrowserContextOptions, type Page };
