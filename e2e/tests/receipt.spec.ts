// A receipt on paper, as a picture, as a file, on the device: what it says, and that each of them checks.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { chromium } from "@playwright/test";

import { faultsBothWays } from "../src/access.js";
import { TEXTS } from "../src/election.js";
import { castByProgram } from "../src/machine.js";
import { CHROMIUM } from "../src/places.js";
import { BROWSER_ARGS, expect, test, type Page } from "../src/test.js";

const CHOICES = TEXTS.options.flatMap((option) => Object.values(option));

/** Pages of a PDF: each is an object of its own. */
const pagesOf = (pdf: Buffer): number => pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;

// REQ U5, X14, 3.12
test("printed, a receipt is one page that says everything and not the choice", async ({ election, open }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  const { slot, code } = await booth.vote([[1]]);
  await booth.page.emulateMedia({ media: "print" });
  const text = await booth.page.locator("body").innerText();
  expect(text).toContain("Congrès des sections de l’étranger");
  expect(text).toContain(String(slot));
  expect(text.replaceAll(/\s/g, "")).toContain(code.replaceAll(/\s/g, ""));
  // Date and time with their zone (Montréal), where to check, what to do if it is missing.
  expect(text).toMatch(/\d{2}:\d{2} heure de l’Est nord-américain \(/);
  expect(text).toContain("/check/");
  expect(text).toContain("revotez tant que le vote est ouvert");
  for (const choice of CHOICES) expect(text).not.toContain(choice);
  await expect(booth.page.getByTestId("qr")).toBeVisible();
  await expect(booth.page.getByTestId("save-receipt")).toBeHidden();
  expect(pagesOf(await booth.page.pdf({ format: "A4" }))).toBe(1);
  expect(pagesOf(await booth.page.pdf({ format: "Letter" }))).toBe(1);
});

test("a receipt file says election, number and code, and no choice", async ({ election, open }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  const { slot, code } = await booth.vote([[1]]);
  const download = booth.page.waitForEvent("download");
  await booth.press("save-receipt");
  const file = JSON.parse(readFileSync(await (await download).path(), "utf8")) as Record<string, unknown>;
  expect(file).toMatchObject({ slot, code });
  expect(Buffer.from(String(file["election"]), "base64")).toEqual(Buffer.from(vote.id, "base64url"));
  for (const choice of CHOICES) expect(JSON.stringify(file)).not.toContain(choice);
});

/** A picture of the QR code on the screen. */
async function photograph(page: Page): Promise<Buffer> {
  return page.getByTestId("qr").screenshot();
}

// REQ U4
test("a receipt is checked by a picture of its QR code, and pictures of other things are not receipts", async ({ election, open }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  await booth.vote([[1]]);
  const picture = await photograph(booth.page);
  const other = await open();
  // Neither code nor cookie nor storage: REQ 2-07.
  await other.goto(vote.page("check"));
  const choose = (buffer: Buffer): Promise<void> => other.locator("#qr-picture").setInputFiles({ name: "photo.png", mimeType: "image/png", buffer });
  await expect(other.locator("#code")).toBeVisible();
  await choose(await other.locator("h1").screenshot());
  await expect(other.getByTestId("scan-status")).toHaveText(/Aucun code QR/);
  await choose(picture);
  await expect(other.getByTestId("outcome")).toHaveAttribute("data-state", "inUrn");
  // The QR code of a test ballot is none of a receipt.
  const tester = vote.voter(1).at(await open());
  await tester.identify();
  await tester.choose([[0]]);
  await tester.press("test-instead");
  await tester.press("disclose");
  await expect(tester.page.getByTestId("qr")).toBeVisible();
  const disclosed = await photograph(tester.page);
  await other.getByTestId("another").click();
  await choose(disclosed);
  await expect(other.locator("main")).toContainText(/n’est pas celui d’un reçu|24/);
  await expect(other.getByTestId("outcome")).toHaveCount(0);
});

test("a receipt is checked by the camera", async ({ election, open, clock, home }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  await booth.vote([[1]]);
  const film = join(home, "qr.y4m");
  writeFileSync(film, await filmOf(booth.page));
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [...BROWSER_ARGS, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${film}`],
    env: clock.environment() as Record<string, string>,
  });
  try {
    const page = await (await browser.newContext({ locale: "fr-FR", permissions: ["camera"] })).newPage();
    await page.goto(vote.page("check"));
    await page.getByTestId("scan-camera").click();
    await expect(page.getByTestId("outcome")).toHaveAttribute("data-state", "inUrn");
  } finally {
    await browser.close();
  }
  // Where there is no camera, it is said.
  const without = await open();
  await without.goto(vote.page("check"));
  await without.getByTestId("scan-camera").click();
  await expect(without.getByTestId("scan-status")).toHaveText(/ne peut pas servir/);
});

/** A film (YUV4MPEG2, grey) that shows the QR code of the page, for Chromium's false camera. */
async function filmOf(page: Page): Promise<Buffer> {
  const [width, height] = [640, 480];
  const grey = await page.getByTestId("qr").evaluate(async (qr, [w, h]) => {
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(qr))}`;
    await image.decode();
    const canvas = new OffscreenCanvas(w, h);
    const ink = canvas.getContext("2d");
    if (!ink) throw new Error("no canvas");
    ink.fillStyle = "#fff";
    ink.fillRect(0, 0, w, h);
    ink.drawImage(image, (w - 440) / 2, (h - 440) / 2, 440, 440);
    return [...ink.getImageData(0, 0, w, h).data].filter((_, i) => i % 4 === 0);
  }, [width, height] as const);
  const frame = Buffer.concat([Buffer.from("FRAME\n"), Buffer.from(grey.map((value) => 16 + Math.round((value * 219) / 255))), Buffer.alloc((width * height) / 2, 128)]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`), ...Array(10).fill(frame)]);
}

test("a device shows the receipts that it keeps, and the file alone proves where the server is silent", async ({ election, network, open }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  await booth.vote([[1]], network.address);
  const download = booth.page.waitForEvent("download");
  await booth.press("save-receipt");
  const file = await (await download).path();
  await booth.page.goto(`${network.address}/check/#${vote.id}`);
  await booth.press("kept-receipt");
  await expect(booth.page.getByTestId("outcome")).toHaveAttribute("data-state", "inUrn");
  await booth.press("another");
  // However often the page asks again.
  let silent = true;
  network.always(({ url }) => silent && url.includes("/slots/"), (_, way) => way.cut());
  await booth.page.locator("#file").setInputFiles(file);
  await expect(booth.page.getByTestId("outcome")).toHaveAttribute("data-state", "offline");
  expect(await faultsBothWays(booth.page, "check, server silent")).toEqual([]);
  silent = false;
  await booth.press("again");
  await expect(booth.page.getByTestId("outcome")).toHaveAttribute("data-state", "inUrn");
});

test("after the result the sealed ballot is gone from the device, and the receipt says counted", async ({ election, open, people }) => {
  test.slow();
  const vote = await election();
  const booth = vote.voter(0).at(await open());
  await booth.vote([[1]]);
  for (const voter of vote.voters.slice(1)) await castByProgram(voter, [[0]]);
  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");
  const closing = (await vote.status()).closing?.code ?? "";
  await Promise.all(people.tellers.map((teller) => expect(async () => teller.report(vote, closing)).toPass()));
  await expect.poll(() => vote.phase()).toBe("fixed");
  const counting = (await vote.status()).fix?.code ?? "";
  await Promise.all(people.tellers.slice(0, 2).map((teller) => expect(async () => teller.sums(vote, counting)).toPass()));
  await expect.poll(() => vote.phase()).toBe("counted");
  const held = (): Promise<number> => booth.page.evaluate(() => JSON.stringify({ ...localStorage }).length);
  const before = await held();
  await booth.page.goto(vote.page("check"));
  await booth.press("kept-receipt");
  await expect(booth.page.getByTestId("outcome")).toHaveAttribute("data-state", "counted");
  expect(await faultsBothWays(booth.page, "check, counted")).toEqual([]);
  expect(await held()).toBeLessThan(before - 400);
});
