// A teller's key on paper: printed by the page, restored by its words and by a picture of its code.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Page } from "@playwright/test";

import { expect, test } from "../src/test.js";

async function makeKey(page: Page, address: string): Promise<{ fingerprint: string; passphrase: string }> {
  await page.goto(`${address}/tellers/`);
  await page.getByTestId("new-key").click();
  await page.locator("#name").fill("Chloé Estève");
  await page.getByTestId("suggest").click();
  await expect(page.locator("#passphrase")).toHaveValue(/^(\p{L}+ ){5}\p{L}+$/u);
  const passphrase = await page.locator("#passphrase").inputValue();
  await page.getByTestId("make-key").click();
  return { fingerprint: (await page.getByTestId("fingerprint").textContent()) ?? "", passphrase };
}

test("a lost key comes back from paper, by its words and by a picture of its code", async ({ server, home, open }) => {
  const page = await open();
  const { fingerprint } = await makeKey(page, server.address);
  await page.getByTestId("paper").click();
  await expect(page.getByTestId("paper-fingerprint")).toHaveText(fingerprint);
  const words = await page.getByTestId("paper-words").locator("li").allTextContents();
  expect(words).toHaveLength(52);
  // As it is printed: nothing but the sheet.
  await page.emulateMedia({ media: "print" });
  await expect(page.getByTestId("print")).toBeHidden();
  const picture = join(home, "code.png");
  await page.locator(".paper-code").screenshot({ path: picture });

  // Another device, which knows nothing.
  const other = await open();
  await other.goto(`${server.address}/tellers/`);
  await other.getByTestId("restore").click();
  // Two that differ: one word in two thousand is the same as another.
  const later = words.findIndex((word, i) => i > 6 && word !== words[6]);
  const swapped = words.map((word, i) => (i === 6 ? words[later] : i === later ? words[6] : word));
  await other.locator("#words").fill(swapped.join(" "));
  await other.locator("#new-passphrase").fill("crayon lanterne moulin verger tonnerre");
  await other.getByTestId("restore-words").click();
  await expect(other.locator("#words-error")).toContainText(new RegExp(`7\\D+${later + 1}`));
  await other.locator("#words").fill(words.slice(1).join(" "));
  await other.getByTestId("restore-words").click();
  await expect(other.locator("#words-error")).toContainText("51");
  await other.locator("#words").fill(words.map((word, i) => `${i + 1}. ${word.toUpperCase()}`).join("\n"));
  await other.getByTestId("restore-words").click();
  await expect(other.getByTestId("fingerprint")).toHaveText(fingerprint);
  await other.getByTestId("done").click();

  await other.getByTestId("restore").click();
  const empty = join(home, "empty.png");
  writeFileSync(empty, Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=", "base64"));
  await other.locator("#picture").setInputFiles(empty);
  await expect(other.getByTestId("scan-status")).toHaveText(/Aucun code QR/);
  await other.locator("#picture").setInputFiles(picture);
  await expect(other.getByTestId("fingerprint")).toHaveText(fingerprint);
  const download = other.waitForEvent("download");
  await other.getByTestId("save-key").click();
  expect((await download).suggestedFilename()).toMatch(/\.key\.json$/);
});

test("the organiser sees what is missing and whose key was not seen to open", async ({ announced, people, open }) => {
  const vote = await announced();
  const page = await open();
  await page.goto(vote.page("organiser"));
  await expect(page.getByTestId("missing").locator("li")).toHaveCount(1 + 1 + 3 + 1);
  await expect(page.getByTestId("no-drill")).toHaveCount(3);
  await expect(page.getByTestId("reminder")).toHaveCount(3);
  await page.locator("#remind-0").locator("summary").click();
  await expect(page.locator("#reminder-0")).toHaveValue(new RegExp(vote.id));
  await vote.issue();
  await vote.consent(people.tellers.slice(0, 2));
  await page.reload();
  await expect(page.getByTestId("missing").locator("li")).toHaveCount(2);
  await expect(page.getByTestId("no-drill")).toHaveCount(1);
  await expect(page.getByTestId("reminder")).toHaveCount(1);
});

test("three hundred boxes are opened by two workers at once", async ({ election, desk, people }) => {
  const vote = await election({ members: 300 });
  const { castByProgram } = await import("../src/machine.js");
  for (const voter of vote.voters) await castByProgram(voter, [[0]]);
  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");
  const anne = await desk(people.tellers[0], vote);
  const loaded: string[] = [];
  anne.page.context().on("request", (request) => loaded.push(request.url()));
  await anne.unlock();
  const code = await anne.report();
  await anne.waitsFor("wait_fix");
  expect(loaded.some((url) => url.includes("helper-worker"))).toBe(true);
  await Promise.all(people.tellers.slice(1).map((teller) => expect(async () => teller.report(vote, code)).toPass()));
  await expect.poll(() => vote.phase()).toBe("fixed");
  await anne.sum();
  await expect.poll(async () => (await vote.status()).tellers[0]?.summed).toBe(true);
  const counting = (await vote.status()).fix?.code ?? "";
  await people.tellers[1].sums(vote, counting);
  await expect.poll(() => vote.phase()).toBe("counted");
  expect((await vote.status()).totals?.[0]?.[0]).toBe(300);
});
