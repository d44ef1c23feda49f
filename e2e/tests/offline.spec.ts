// A teller whose machine never has a network: the page as one file from a disk, everything else carried by hand.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { overflow, violations } from "../src/access.js";
import { Carrier, saved, singlePage } from "../src/carrier.js";
import { HOUR, MINUTE } from "../src/clock.js";
import { castByProgram } from "../src/machine.js";
import { PASSPHRASE } from "../src/people.js";
import { attempt, isoloir } from "../src/program.js";
import { expect, test, type Page } from "../src/test.js";

test("a teller who is never online serves from a file on a disk, and the election passes the audit", async ({ people, clock, server, home, open, device, announced }) => {
  test.setTimeout(600_000);
  const faults: string[] = [];
  /** What lies on the stick. */
  const stick = (name: string): string => join(home, name);

  // The online machine: the page as one file, whose hash the page and the list of the release name.
  const online = await open();
  await online.goto(`${server.address}/tellers/`);
  const [first, second] = people.tellers;
  const list = await (await fetch(`${server.address}/hashes.txt`)).text();

  // The machine without a network. Nothing it asks for may leave it.
  const isolated = await device();
  await isolated.setOffline(true);
  const desk = await isolated.newPage();
  desk.on("request", (request) => {
    if (/^(https?|wss?):/.test(request.url())) faults.push(request.url());
  });
  const single = stick("isoloir-tellers.html");
  const bytes = await singlePage(server.address, single);
  expect(list).toContain(`${createHash("sha256").update(bytes).digest("hex")}  tellers/isoloir-tellers.html\n`);
  const page = pathToFileURL(single).href;
  const accessible = async (shown: Page): Promise<void> => {
    expect(await violations(shown)).toEqual([]);
    expect(await overflow(shown)).toBe(0);
  };

  // A key that was made there.
  await desk.goto(page);
  await desk.getByTestId("new-key").click();
  await desk.locator("#name").fill("Chloé Estève");
  await desk.locator("#passphrase").fill(PASSPHRASE);
  await desk.locator("#repeat").fill(PASSPHRASE);
  await desk.getByTestId("make-key").click();
  let key = await saved(desk, "save-key", stick("key.json"));
  const shared = await saved(desk, "save-public", stick("key.pub.json"));

  const vote = await announced({ tellers: [first.publicFile, second.publicFile, shared] });
  vote.watch();
  await vote.issue();
  await vote.consent([first, second]);

  const carrier = new Carrier(online, vote);
  const fetched = (name: string, requests?: string): Promise<string> => carrier.fetch(stick(name), requests);
  const sent = (entry: string): Promise<void> => carrier.send(entry);
  /** Offline: opens key and carried file in a page that starts anew, as after the machine was off. */
  const unlocked = async (carried: string, task: string): Promise<void> => {
    await desk.goto("about:blank");
    await desk.goto(page);
    await desk.getByTestId("unlock").click();
    await desk.locator("#carried").setInputFiles(carried);
    await desk.locator("#key-file").setInputFiles(key);
    await desk.locator("#passphrase").fill(PASSPHRASE);
    await desk.getByTestId("open-key").click();
    await expect(desk.getByTestId("task")).toHaveAttribute("data-task", task);
  };

  // Consent.
  await unlocked(await fetched("1.carried"), "consent");
  await desk.locator("#consent-read").check();
  await desk.locator("#consent-compared").check();
  await desk.getByTestId("consent").click();
  await sent(await saved(desk, "save-entry", stick("consent.json")));
  expect((await vote.status()).tellers[2]).toMatchObject({ name: "Chloé Estève", consented: true });
  await carrier.show();
  await accessible(online);
  expect(await online.getByTestId("single-hash").textContent()).toBe(createHash("sha256").update(readFileSync(single)).digest("hex"));
  await saved(online, "single", stick("again.html"));
  expect(readFileSync(stick("again.html")).equals(readFileSync(single))).toBe(true);

  // A drill, sent by command line this time, and requests for the boxes.
  await vote.sign();
  vote.begin();
  await expect.poll(() => vote.phase()).toBe("open");
  await unlocked(await fetched("2.carried"), "wait_close");
  const requests = await saved(desk, "save-tickets", stick("requests.json"));
  await desk.getByTestId("drill").click();
  await accessible(desk);
  const drill = await saved(desk, "save-entry", stick("drill.json"));
  await isoloir(clock, "teller", "send", "--election", vote.file, "--entry", drill);
  await unlocked(await fetched("3.carried"), "wait_close");
  await expect(desk.getByTestId("last-drill").locator("time")).toBeVisible();

  // The server gives no box before closing, whatever is asked.
  await online.locator("#tickets").setInputFiles(requests);
  await online.getByTestId("collect").click();
  await expect(online.locator("main .note.bad, main .note.warn").first()).toBeVisible();

  for (const [i, voter] of vote.voters.entries()) await castByProgram(voter, i === 0 ? ["blank"] : [[i % 3]]);
  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");
  /** Offline: compares a code, saves the key that remembers it, and shows that it was saved. */
  const compared = async (stage: "closing" | "counting"): Promise<string> => {
    await desk.getByTestId(`start-${stage}`).click();
    const code = (await desk.locator("[data-testid=common-code] [data-code]").getAttribute("data-code")) ?? "";
    await desk.getByTestId("heard").first().check();
    const firstDevice = desk.locator("#first-device");
    if (await firstDevice.isVisible()) await firstDevice.check();
    await desk.getByTestId("confirm").click();
    const next = await saved(desk, "save-updated", stick(`key-${stage}.json`));
    // The key as it was before remembers nothing of this code: the page does not go on with it.
    await desk.locator("#saved-key").setInputFiles(key);
    await expect(desk.locator("#saved-key-error")).toBeVisible();
    await accessible(desk);
    await desk.locator("#saved-key").setInputFiles(next);
    key = next;
    return code;
  };

  // Report. Without the boxes there is no way on; with them there is.
  await vote.cosigned("closing");
  await unlocked(await fetched("4.carried"), "closing");
  await expect(desk.getByTestId("start-closing")).toHaveCount(0);
  await expect(desk.getByTestId("save-tickets")).toBeVisible();
  await accessible(desk);
  await unlocked(await fetched("5.carried", requests), "closing");
  const closing = await compared("closing");
  expect(closing).toBe((await vote.status()).closing?.code);
  await expect(desk.getByTestId("opened")).toBeVisible();
  await desk.getByTestId("report").click();
  await sent(await saved(desk, "save-entry", stick("report.json")));
  expect((await vote.status()).tellers[2]).toMatchObject({ reported: true });
  await first.report(vote, closing);
  // Two of three, and the second is never heard of again.
  clock.advance(HOUR + MINUTE);
  await expect.poll(() => vote.phase()).toBe("fixed");

  // Sums.
  await vote.cosigned("fix");
  await unlocked(await fetched("6.carried", requests), "counting");
  const counting = await compared("counting");
  await sent(await saved(desk, "save-entry", stick("sums.json")));
  await first.sums(vote, counting);
  await expect.poll(() => vote.phase()).toBe("counted");
  expect((await vote.status()).totals).toEqual([[1, 2, 2, 1]]);
  await unlocked(await fetched("7.carried"), "done");

  const audit = await attempt(clock, ["audit", `${server.address}/api/elections/${vote.id}/archive.zip`]);
  expect(audit.status, audit.out + audit.err).toBe(0);
  expect(faults).toEqual([]);
});
