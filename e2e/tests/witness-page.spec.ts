// A rival's delegate becomes a witness from a browser page: key, line for the organiser, log followed and cosigned; a server that goes
// back, one that forks, one that is away, and answers that are damaged on their way.

import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { faultsBothWays } from "../src/access.js";
import type { Election } from "../src/election.js";
import { castByProgram } from "../src/machine.js";
import { expect, test, type Page } from "../src/test.js";

const PHONE = { width: 320, height: 640 };
const NAME = "rival.example";
const LOOKS = { timeout: 60_000 };

/** Makes a key on a page; the line for the organiser, and what is in the backup, with its passphrase. */
async function newKey(page: Page, address: string): Promise<{ line: string; backup: string; passphrase: string }> {
  await page.goto(`${address}/witness/`);
  await page.getByTestId("new-key").click();
  await page.locator("#name").fill(NAME);
  await page.getByTestId("suggest").click();
  await expect(page.locator("#passphrase")).toHaveValue(/^(\p{L}+ ){5}\p{L}+$/u);
  const passphrase = await page.locator("#passphrase").inputValue();
  await page.getByTestId("make-key").click();
  await expect(page.getByTestId("save-key")).toBeVisible();
  // Nothing goes on before the backup is saved.
  await expect(page.getByTestId("continue")).toHaveCount(0);
  const backup = await saved(page, "save-key");
  await page.getByTestId("continue").click();
  return { line: await page.getByTestId("line").inputValue(), backup, passphrase };
}

async function saved(page: Page, testId: string): Promise<string> {
  const download = page.waitForEvent("download");
  await page.getByTestId(testId).click();
  // The file is gone with its device.
  return readFileSync(await (await download).path(), "utf8");
}

const standing = (page: Page, state: string): Promise<void> => expect(page.getByTestId("standing")).toHaveAttribute("data-state", state, LOOKS);

/** The page has signed all there is, and the server says so. */
async function signedAll(page: Page, vote: Election): Promise<number> {
  const { size } = await vote.status();
  await expect(page.getByTestId("cosigned")).toHaveAttribute("data-size", String(size), LOOKS);
  expect((await vote.status()).witnesses[0]?.seen_size).toBe(size);
  return size;
}

/** The page's witness is the first of two; the other one uses the command. */
async function openPolls(vote: Election): Promise<void> {
  vote.people.witnesses[1].follow(vote);
  await vote.issue();
  await vote.consent();
  await vote.sign();
  vote.begin();
}

test("a delegate makes a key, is named by the election, follows it and cosigns; reloads, restores, waits for a server that is away", async ({ announced, people, server, device }) => {
  test.slow();
  const laptop = await device({ locale: "en-GB", viewport: PHONE });
  const page = await laptop.newPage();
  await page.goto(`${server.address}/witness/`);
  await expect(page.getByTestId("new-key")).toBeVisible();
  const found = await faultsBothWays(page, "intro");
  const { line, backup, passphrase } = await newKey(page, server.address);
  expect(line).toMatch(/^rival\.example\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/);
  found.push(...(await faultsBothWays(page, "key kept")));
  // The key leaves the browser as a sealed file only.
  expect(JSON.parse(backup)).toMatchObject({ format: "isoloir/key-file", kind: "witness" });

  const vote = await announced({ witnesses: [line, people.witnesses[1].publicFile] });
  await page.goto(vote.page("witness"));
  await standing(page, "good");
  await expect(page.getByTestId("named")).toHaveAttribute("data-named", "true");
  await signedAll(page, vote);
  found.push(...(await faultsBothWays(page, "following")));
  await openPolls(vote);
  await castByProgram(vote.voter(0), [[0]]);
  const size = await signedAll(page, vote);

  await test.step("a reload goes on by itself", async () => {
    await page.reload();
    await standing(page, "good");
    await expect(page.getByTestId("seen")).toHaveText(String(size));
    await castByProgram(vote.voter(1), [[1]]);
    await signedAll(page, vote);
  });

  await test.step("a second tab waits for its turn", async () => {
    const second = await laptop.newPage();
    await second.goto(vote.page("witness"));
    await second.locator("#passphrase").fill(passphrase);
    await second.getByTestId("follow").click();
    await expect(second.getByTestId("other-tab")).toBeVisible();
    found.push(...(await faultsBothWays(second, "second tab")));
    await page.close();
    await standing(second, "good");
    await castByProgram(vote.voter(2), [[1]]);
    await signedAll(second, vote);
  });

  await test.step("the server is away, and comes back", async () => {
    const [second] = laptop.pages();
    if (!second) throw new Error("the second tab is gone");
    await server.stop();
    await standing(second, "failed");
    await expect(second.getByTestId("standing")).toContainText("tries again by itself");
    found.push(...(await faultsBothWays(second, "server away")));
    await server.start();
    await standing(second, "good");
  });

  const newer = await saved(laptop.pages()[0] as Page, "save-backup");
  await laptop.close();
  await test.step("the backup brings the witness back in another browser", async () => {
    const other = await (await device({ locale: "en-GB", viewport: PHONE })).newPage();
    await other.goto(vote.page("witness"));
    await other.getByTestId("restore").click();
    await other.locator("#key-file").setInputFiles({ name: "backup.json", mimeType: "application/json", buffer: Buffer.from(newer) });
    await other.locator("#passphrase").fill("not the passphrase at all");
    await other.getByTestId("restore-go").click();
    await expect(other.locator("#passphrase-error")).toBeVisible(LOOKS);
    found.push(...(await faultsBothWays(other, "wrong passphrase")));
    await other.locator("#passphrase").fill(passphrase);
    await other.getByTestId("restore-go").click();
    await standing(other, "good");
    await castByProgram(vote.voter(3), [[2]]);
    await signedAll(other, vote);
  });
  expect(found).toEqual([]);
});

test("a server that goes back and then on another way: nothing is signed, and the alarm stays", async ({ announced, people, server, device, home }) => {
  test.slow();
  const laptop = await device({ locale: "ar-MA", colorScheme: "dark", viewport: PHONE });
  const page = await laptop.newPage();
  const { line } = await newKey(page, server.address);
  const vote = await announced({ witnesses: [line, people.witnesses[1].publicFile] });
  await page.goto(vote.page("witness"));
  await openPolls(vote);
  await signedAll(page, vote);
  const copy = join(home, "copy");
  await server.stop();
  cpSync(server.data, copy, { recursive: true });
  await server.start();
  await castByProgram(vote.voter(0), [[0]]);
  const signed = await signedAll(page, vote);

  // The old copy is brought back: shorter, which proves nothing.
  await server.stop();
  rmSync(server.data, { recursive: true });
  cpSync(copy, server.data, { recursive: true });
  await server.start();
  await standing(page, "older");
  const found = await faultsBothWays(page, "older");
  // Then it goes on in another way.
  await castByProgram(vote.voter(1), [[1]]);
  const alarm = page.getByTestId("alarm");
  await expect(alarm).toHaveAttribute("data-reason", "fork", LOOKS);
  found.push(...(await faultsBothWays(page, "alarm")));
  const sizes = async () => Promise.all(["kept", "shown"].map(async (id) => (await page.getByTestId(id).inputValue()).split("\n")));
  const [kept, shown] = await sizes();
  expect([kept?.[1], shown?.[1]]).toEqual([String(signed), String(signed)]);
  expect(kept?.[2]).not.toBe(shown?.[2]);
  const evidence = JSON.parse(await saved(page, "save-evidence")) as Record<string, string>;
  expect([evidence["note"], evidence["alarm"]]).toEqual([kept?.join("\n"), shown?.join("\n")]);
  // What it has signed is the first history alone.
  expect((await vote.status()).witnesses[0]?.seen_size).not.toBe(signed);

  await page.reload();
  await expect(alarm).toHaveAttribute("data-reason", "fork");
  const another = await laptop.newPage();
  await another.goto(vote.page("witness"));
  await expect(another.getByTestId("alarm")).toBeVisible();
  expect(await sizes()).toEqual([kept, shown]);
  expect(found).toEqual([]);
});

test("entries that are damaged on their way are said and prove nothing", async ({ announced, open, network }) => {
  test.slow();
  const page = await open({ locale: "en-GB", viewport: PHONE });
  await newKey(page, network.address);
  const vote = await announced();
  let damages = true;
  network.always(({ url }) => url.includes("/tile/entries/"), async (_, way) => {
    const answer = await way.forward();
    const last = answer.body.length - 1;
    if (damages) answer.body.writeUInt8((answer.body[last] ?? 0) ^ 1, last);
    way.answer(answer);
  });
  await page.goto(`${network.address}/witness/#${vote.id}`);
  await standing(page, "unproven");
  expect(await faultsBothWays(page, "unproven")).toEqual([]);
  damages = false;
  await standing(page, "good");
  // The election names others: this one follows all the same.
  await expect(page.getByTestId("named")).toHaveAttribute("data-named", "false");
  // No answer, and no end of the connection either.
  network.always(({ url }) => url.endsWith("/checkpoint"), () => undefined);
  await standing(page, "slow");
  expect(await faultsBothWays(page, "slow")).toEqual([]);
});
