// The audit page: the same verdict, report and sentences as the command; archives from anywhere; receipts by the pile; several sources.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { castByProgram } from "../src/machine.js";
import { faultsBothWays } from "../src/access.js";
import { folder, CORPUS } from "../src/places.js";
import { attempt } from "../src/program.js";
import { Server } from "../src/server.js";
import { expect, test, type Page } from "../src/test.js";
import { tampered } from "../src/tour.js";
import { readZip } from "../src/zip.js";

interface Case {
  name: string;
  check: string | null;
  entry: number | null;
  receipts: unknown[];
}

interface Report {
  format: string;
  holds: boolean;
  checks: { check: string; status: string; failures: { name: string; entry: number | null }[] }[];
  receipts: { outcome: string }[];
  sources: { name: string; agreement: string }[];
}

const verdict = (page: Page) => page.getByTestId("verdict");

async function judged(page: Page, accepted: boolean): Promise<void> {
  await expect(verdict(page)).toHaveAttribute("data-accepted", String(accepted), { timeout: 60_000 });
}

async function auditFile(page: Page, file: string): Promise<void> {
  await page.locator("#archive-file").setInputFiles(file);
  await page.getByTestId("audit-file").click();
}

async function saved(page: Page): Promise<Report> {
  const download = page.waitForEvent("download");
  await page.getByTestId("save-report").click();
  return JSON.parse(readFileSync(await (await download).path(), "utf8")) as Report;
}

test("every archive of the corpus gets the verdict, the report and the sentences of the command", async ({ open, server, clock, home }) => {
  test.slow();
  const cases = JSON.parse(readFileSync(join(CORPUS, "corpus.json"), "utf8")) as Case[];
  expect(new Set(cases.map((each) => each.check)).size).toBe(13);
  const page = await open({ locale: "en-GB" });
  for (const { name, check, entry, receipts } of cases) {
    await test.step(name, async () => {
      const archive = join(CORPUS, `${name}.zip`);
      const files = receipts.map((receipt, i) => {
        const path = join(home, `${name}-${i}.json`);
        writeFileSync(path, JSON.stringify(receipt));
        return path;
      });
      const [json, said] = await Promise.all([attempt(clock, ["audit", archive, ...files, "--json"]), attempt(clock, ["audit", archive, ...files])]);
      await page.goto(`${server.address}/audit/`);
      await page.locator("#more summary").click();
      await page.locator("#receipts").setInputFiles(files);
      await auditFile(page, archive);
      await judged(page, check === null);
      expect(await saved(page)).toEqual(JSON.parse(json.out));
      if (check === null) return;
      const failing = page.locator("[data-outcome=fails]");
      await expect(failing).toHaveCount(1);
      await expect(failing).toHaveAttribute("data-check", check);
      const first = page.getByTestId(`findings-${check}`).locator("li").first();
      // In lines as wide as the page, not letter below letter.
      expect((await first.boundingBox())?.height).toBeLessThan(150);
      if (entry !== null) await expect(first).toHaveAttribute("data-index", String(entry));
      // The command begins with the entry too, in its own words; the rule and what it means are the same in both.
      const rule = (await first.innerText()).replace(/^[^:]*: /, "");
      expect(rule.split(" ").length).toBeGreaterThan(2);
      expect(said.out).toContain(rule);
      const means = (await page.getByTestId(`means-${check}`).innerText()).replace(/^[^:]*: /, "");
      expect(said.out.toLowerCase()).toContain(means.toLowerCase());
    });
  }
});

test("a pile of receipts, several sources, other addresses, and no server at all", async ({ election, open, clock, home }) => {
  test.slow();
  const vote = await election();
  const elsewhere = new Server(clock, join(home, "elsewhere"));
  await elsewhere.start();
  const pile = folder(home, "pile");
  for (const [i, voter] of vote.voters.entries()) {
    const { slot, file } = await castByProgram(voter, [[i % 3]]);
    writeFileSync(join(pile, `receipt-${slot}.json`), file);
  }
  const [replaced] = vote.voters;
  if (replaced) await castByProgram(replaced, [[1]]);
  await vote.count();
  const zip = Buffer.from(await (await fetch(`${vote.server}/api/elections/${vote.id}/archive.zip`)).arrayBuffer());
  const archive = join(home, "archive.zip");
  writeFileSync(archive, zip);
  const changed = join(home, "changed.zip");
  writeFileSync(changed, await tampered(vote));
  const note = join(home, "checkpoint.txt");
  const anything = join(home, "anything.json");
  writeFileSync(anything, "{}");
  const unpacked = folder(home, "unpacked");
  for (const [name, bytes] of readZip(zip)) {
    mkdirSync(join(unpacked, name, ".."), { recursive: true });
    writeFileSync(join(unpacked, name), bytes);
    if (name.endsWith("/checkpoint") || name === "checkpoint") writeFileSync(note, bytes);
  }

  const page = await open({ locale: "en-GB" });
  await test.step("from another server by the link, with a folder of receipts and other people's copies", async () => {
    await page.goto(`${elsewhere.address}/audit/`);
    await page.locator("#more summary").click();
    await page.locator("#receipts-folder").setInputFiles(pile);
    await expect(page.getByTestId("receipts-given")).toContainText("6");
    await page.locator("#compare").setInputFiles([archive, note, changed, anything]);
    await page.locator("#others").fill(vote.server);
    await page.locator("#address").fill(vote.page("vote"));
    await page.getByTestId("audit-address").click();
    await judged(page, true);
    const rows = page.locator("[data-testid=receipts-table] tbody tr");
    await expect(rows).toHaveCount(6);
    await expect(rows.first()).toHaveAttribute("data-state", "replaced");
    await expect(page.locator("[data-testid=receipts-table] [data-state=counted]")).toHaveCount(5);
    const sources = page.locator("[data-testid=sources] li");
    expect(await sources.evaluateAll((all) => all.map((each) => each.getAttribute("data-state")))).toEqual(["differs", "unsigned", "same", "same", "same"]);
    await expect(sources.first()).toContainText("changed.zip: ANOTHER log");
    expect(await faultsBothWays(page, "audit, other logs and a pile of receipts")).toEqual([]);
  });

  await test.step("the saved report is the one of the command", async () => {
    const mine = await saved(page);
    const receipts = mine.receipts.length;
    const { out, status } = await attempt(clock, ["audit", archive, pile, "--compare", archive, "--compare", note, "--compare", changed, "--compare", anything, "--compare", vote.server, "--json"]);
    const theirs = JSON.parse(out) as Report;
    expect([mine.format, receipts, status]).toEqual(["isoloir/audit-1", 6, 1]);
    const unnamed = (report: Report) => ({ ...report, sources: report.sources.map((source) => ({ ...source, name: "" })) });
    expect(unnamed(mine)).toEqual(unnamed(theirs));
  });

  await test.step("what is no receipt and what is no address are named", async () => {
    await page.goto(`${elsewhere.address}/audit/`);
    await page.locator("#more summary").click();
    await page.locator("#receipts").setInputFiles([join(pile, `receipt-${replaced?.slot}.json`), anything]);
    await auditFile(page, archive);
    await expect(page.locator(".note.bad")).toContainText("anything.json");
    await page.locator("#address").fill("example.org");
    await page.getByTestId("audit-address").click();
    await expect(page.locator(".note.bad")).toContainText("example.org");
  });

  await test.step("once the page is loaded it needs no server: from a file, dropped on the page, and from a folder", async () => {
    const loaded = page.waitForResponse((answer) => answer.url().includes("helper-worker"));
    await page.goto(`${elsewhere.address}/audit/`);
    await (await loaded).finished();
    await elsewhere.kill();
    const dropped = await page.evaluateHandle((bytes) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], "archive.zip"));
      return transfer;
    }, zip.toString("base64"));
    await page.getByTestId("archive-file-drop").dispatchEvent("drop", { dataTransfer: dropped });
    await expect(page.getByTestId("archive-file-given")).toContainText("archive.zip");
    await page.getByTestId("audit-file").click();
    await judged(page, true);
    await expect(page.locator("[data-testid=total-0]")).toBeVisible();
    await page.getByTestId("audit-again").click();
    await page.locator("#archive-file-folder").setInputFiles(unpacked);
    await page.getByTestId("audit-file").click();
    await judged(page, true);
  });
});

test("an audit can be stopped, and says so", async ({ election, open, network }) => {
  const vote = await election();
  const page = await open({ locale: "en-GB" });
  await page.goto(`${network.address}/audit/#${vote.id}`);
  // The entries never come.
  network.next(({ url }) => url.includes("/tile/entries/"), () => new Promise(() => undefined));
  await page.getByTestId("audit-server").click();
  await expect(page.getByTestId("progress")).toContainText("of");
  await page.getByTestId("cancel").click();
  await expect(page.locator(".note.bad")).toContainText("Verification stopped");
  expect(await faultsBothWays(page, "audit, stopped")).toEqual([]);
  await page.getByTestId("audit-server").click();
  await judged(page, true);
});
