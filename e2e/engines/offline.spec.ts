// A teller's machine that never has a network: the page as one file from its disk in Firefox, from a new key to the sums. WebKit makes
// keys there, and reads no file of the election: docs/teller.md says so.
// REQ N2

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { Carrier, singlePage } from "../src/carrier.js";
import { id } from "../src/engine-booth.js";
import { Firefox, WebKit, type Engine } from "../src/engines.js";
import { castByProgram } from "../src/machine.js";
import { PASSPHRASE } from "../src/people.js";
import { isoloir } from "../src/program.js";
import { expect, test } from "../src/test.js";

/** Opens the file and makes a key in it; what is then saved. */
async function newKey(desk: Engine, file: string): Promise<{ key: Buffer; shared: Buffer }> {
  await desk.goto(pathToFileURL(file).href);
  await desk.click(id("new-key"));
  await desk.fill("#name", "Chloé Estève");
  await desk.fill("#passphrase", PASSPHRASE);
  await desk.fill("#repeat", PASSPHRASE);
  await desk.click(id("make-key"));
  return { key: await desk.saved(id("save-key")), shared: await desk.saved(id("save-public")) };
}

test("a key is made without a network in WebKit", async ({ server, home }) => {
  const file = join(home, "isoloir-tellers.html");
  await singlePage(server.address, file);
  const desk = await WebKit.open(process.env);
  try {
    const { key, shared } = await newKey(desk, file);
    expect(JSON.parse(key.toString())).toMatchObject({ format: "isoloir/key-file", kind: "teller" });
    expect(JSON.parse(shared.toString())).toMatchObject({ name: "Chloé Estève" });
  } finally {
    await desk.close();
  }
});

test("a teller who is never online counts in Firefox", async ({ people, clock, server, home, open, announced }) => {
  const [first, second] = people.tellers;
  /** What lies on the stick. */
  const stick = (file: string): string => join(home, file);
  await singlePage(server.address, stick("isoloir-tellers.html"));
  const desk = await Firefox.open(process.env);
  const saved = async (button: string, file: string): Promise<string> => {
    writeFileSync(stick(file), await desk.saved(id(button)));
    return stick(file);
  };
  const start = (): Promise<void> => desk.goto(pathToFileURL(stick("isoloir-tellers.html")).href);
  try {
    const made = await newKey(desk, stick("isoloir-tellers.html"));
    writeFileSync(stick("key.json"), made.key);
    writeFileSync(stick("key.pub.json"), made.shared);
    let key = stick("key.json");

    const vote = await announced({ tellers: [first.publicFile, second.publicFile, stick("key.pub.json")] });
    vote.watch();
    await vote.issue();
    await vote.consent([first, second]);
    const carrier = new Carrier(await open(), vote);
    const unlocked = async (carried: string, task: string): Promise<void> => {
      await start();
      await desk.click(id("unlock"));
      await desk.give("#carried", carried);
      await desk.give("#key-file", key);
      await desk.fill("#passphrase", PASSPHRASE);
      await desk.click(id("open-key"));
      await desk.see(`${id("task")}[data-task=${task}]`, 60_000);
    };
    const sent = async (entry: string): Promise<void> => isoloir(clock, "teller", "send", "--election", vote.file, "--entry", entry).then(() => undefined);
    /** Compares a code, and shows that the key which remembers it was saved. */
    const compared = async (stage: "closing" | "counting"): Promise<string> => {
      await desk.click(id(`start-${stage}`));
      await desk.see(id("common-code"));
      const code = await desk.run(() => document.querySelector("[data-testid=common-code] [data-code]")?.getAttribute("data-code") ?? "");
      await desk.click(id("heard"));
      if (await desk.run(() => Boolean(document.querySelector("#first-device")?.getClientRects().length))) await desk.click("#first-device");
      await desk.click(id("confirm"));
      key = await saved("save-updated", `key-${stage}.json`);
      await desk.give("#saved-key", key);
      return code;
    };

    await test.step("consent", async () => {
      await unlocked(await carrier.fetch(stick("1.carried")), "consent");
      await desk.click("#consent-read");
      await desk.click("#consent-compared");
      await desk.click(id("consent"));
      await sent(await saved("save-entry", "consent.json"));
    });

    const requests = await test.step("requests for the boxes", async () => {
      await vote.sign();
      vote.begin();
      await expect.poll(() => vote.phase()).toBe("open");
      await unlocked(await carrier.fetch(stick("2.carried")), "wait_close");
      return saved("save-tickets", "requests.json");
    });

    await test.step("report", async () => {
      for (const [i, voter] of vote.voters.entries()) await castByProgram(voter, i === 0 ? ["blank"] : [[i % 3]]);
      vote.end();
      await expect.poll(() => vote.phase()).toBe("closed");
      await vote.cosigned("closing");
      await unlocked(await carrier.fetch(stick("3.carried"), requests), "closing");
      const code = await compared("closing");
      expect(code).toBe((await vote.status()).closing?.code);
      await desk.see(id("opened"));
      await desk.click(id("report"));
      await sent(await saved("save-entry", "report.json"));
      // The clock of this machine is behind: it could not sum before all have reported.
      for (const teller of [first, second]) await teller.report(vote, code);
      await expect.poll(() => vote.phase()).toBe("fixed");
    });

    await test.step("sums", async () => {
      await vote.cosigned("fix");
      await unlocked(await carrier.fetch(stick("4.carried"), requests), "counting");
      const code = await compared("counting");
      await sent(await saved("save-entry", "sums.json"));
      await first.sums(vote, code);
      await expect.poll(() => vote.phase()).toBe("counted");
      expect((await vote.status()).totals).toEqual([[1, 2, 2, 1]]);
      // Nothing was asked of any server.
      expect(await desk.run(() => performance.getEntriesByType("resource").filter(({ name }) => /^https?:/.test(name)).length)).toBe(0);
    });
  } finally {
    await desk.close();
  }
});
