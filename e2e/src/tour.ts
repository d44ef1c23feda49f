// A walk through every screen there is, in the order in which people meet them. What is done at each
// screen is the caller's: an accessibility audit, a photograph.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, type BrowserContextOptions, type Page } from "@playwright/test";

import { DAY, HOUR, MINUTE, type Clock } from "./clock.js";
import { Desk } from "./desk.js";
import { BOARD, TEXTS, type Election, type Plan } from "./election.js";
import { castByProgram } from "./machine.js";
import { PASSPHRASE, type People } from "./people.js";
import { busy, type Proxy } from "./proxy.js";
import { readZip, writeZip } from "./zip.js";

/** A mail application's own window on a telephone. */
export const IN_APP = "Mozilla/5.0 (Linux; Android 14; Pixel 7; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.0.0 Mobile Safari/537.36 GSA/15.1";

export interface Stage {
  clock: Clock;
  people: People;
  network: Proxy;
  home: string;
  announced: (plan?: Plan) => Promise<Election>;
  open: (options?: BrowserContextOptions) => Promise<Page>;
  /** Every screen, once it stands. */
  visit: (page: Page, name: string) => Promise<void>;
}

/** What voters see, from the announcement to the closed polls. */
export async function voterTour(stage: Stage): Promise<void> {
  const { clock, people, network, open, visit } = stage;
  const vote = await stage.announced({ registrars: 2, questions: [TEXTS, BOARD] });
  vote.watch();
  await vote.issue();

  const page = await open();
  await page.goto(network.address);
  await expect(page.locator(".elections, main h2").first()).toBeVisible();
  await visit(page, "home");
  await visitAt(page, visit, `${network.address}/accessibility/`, "accessibility");
  await visitAt(page, visit, `${network.address}/status/`, "status", "verdict");
  await visitAt(page, visit, `${network.address}/vote/#${"A".repeat(43)}`, "vote-unknown-election", "again");

  const booth = vote.voter(0).at(page);
  await booth.follow(network.address);
  await heading(page, "h1");
  await visit(page, "vote-not-yet-open");
  await vote.consent();
  await vote.sign();
  vote.begin();
  await people.organiser.notice(vote, "message", "La salle de réunion en ligne est ouverte toute la journée.");
  await people.organiser.extend(vote, vote.closes + HOUR, "Une heure de plus : le courrier a eu du retard.");

  await visitAt(await open(), visit, `${network.address}/device/#${vote.id}`, "device", "verdict");
  const typing = vote.voter(0).at(await open());
  await typing.page.goto(`${network.address}/vote/#${vote.id}`);
  await expect(typing.page.locator("#slot")).toBeVisible();
  await visit(typing.page, "vote-identify");
  await typing.press("continue");
  await expect(typing.page.getByTestId("errors")).toBeVisible();
  await visit(typing.page, "vote-identify-errors");
  await typing.type("slot", "1");
  await typing.type("code-0", "8B5S-2ZZ2-0D0D-6G6G");
  await typing.type("code-1", vote.voter(0).code(0));
  await typing.press("continue");
  await expect(typing.page.locator("#code-0-error")).toBeVisible();
  await visit(typing.page, "vote-identify-code-mistyped");

  await fresh(page, booth.voter.linkAt(network.address));
  await expect(page.locator("#code-1")).toBeVisible();
  await visit(page, "vote-second-code");
  await booth.type("code-1", vote.voter(1).code(1));
  await booth.press("continue");
  await expect(page.locator("#code-1-error")).toBeVisible();
  await visit(page, "vote-second-code-wrong");
  await booth.type("code-1", booth.voter.code(1));
  await booth.press("continue");
  await expect(page.getByTestId("start")).toBeVisible();
  await visit(page, "vote-welcome");
  await booth.press("start");
  await expect(page.getByTestId("question-0")).toBeVisible();
  await visit(page, "vote-choose");
  await page.locator("#q1-0").check();
  await page.locator("#q1-1").check();
  await page.locator("#q1-2").check();
  await booth.press("continue");
  await expect(page.getByTestId("errors")).toBeVisible();
  await visit(page, "vote-choose-errors");
  await page.locator("#q1-2").uncheck();
  await booth.tick([[1]]);
  await booth.press("continue");
  await expect(page.getByTestId("cast")).toBeVisible();
  await visit(page, "vote-review");
  await booth.press("change");
  await booth.tick(["blank", "blank"]);
  await booth.press("continue");
  await expect(page.getByTestId("cast")).toBeVisible();
  await visit(page, "vote-review-blank");
  await booth.press("test-instead");
  await expect(page.getByTestId("disclose")).toBeVisible();
  await visit(page, "vote-test-intro");
  await booth.press("disclose");
  await expect(page.getByTestId("qr")).toBeVisible();
  await visit(page, "vote-test-opened");
  const disclosed = (await page.getByTestId("disclosure-link").getAttribute("href")) ?? "";
  await booth.press("vote-now");

  // The ballot is held back on its way.
  const { release } = network.holdBallot();
  await booth.cast();
  await expect(page.locator("main .note.warn")).toBeVisible();
  await visit(page, "vote-sending-slow");
  await booth.press("ask-urn");
  await expect(page.getByTestId("urn-answer")).toHaveAttribute("data-answer", "no");
  await visit(page, "vote-sending-asked");
  release();
  const early = await booth.receipt();
  await visit(page, "vote-receipt");
  const saved = page.waitForEvent("download");
  await booth.press("save-receipt");
  const file = await (await saved).path();
  await page.goto(`${network.address}/check/#${vote.id}`);
  await expect(page.getByTestId("kept-receipt")).toBeVisible();
  await visit(page, "check-kept");

  const again = vote.voter(0).at(await open());
  await again.identify(network.address);
  await visit(again.page, "vote-welcome-again");
  await again.choose([[0], [0]]);
  await again.cast();
  await again.receipt();
  await again.page.context().close();

  await checks(stage, vote, early, file, disclosed);

  await people.organiser.notice(vote, "suspend", "Le bureau vérifie une panne chez l’hébergeur. Des nouvelles à 18 h.");
  const suspended = vote.voter(2).at(await open());
  await suspended.follow(network.address);
  await heading(suspended.page, ".note.warn");
  await visit(suspended.page, "vote-suspended");
  await people.organiser.notice(vote, "resume", "La panne est réparée.");

  const inApp = vote.voter(3).at(await open({ userAgent: IN_APP }));
  await inApp.follow(network.address);
  await expect(inApp.page.getByTestId("copy-link")).toBeVisible();
  await visit(inApp.page, "vote-in-another-app");
  for (let i = 0; i < 4; i += 1) network.next(({ url, headers }) => headers.includes("x-device") && url.endsWith(`/elections/${vote.id}`), (_, way) => way.answer(busy(1)));
  // Other pages ask for the state now and then too: what is meant for this one is known by its mark.
  const refused = await open({ extraHTTPHeaders: { "x-device": "refused" } });
  await refused.goto(vote.voter(3).linkAt(network.address));
  await expect(refused.getByTestId("by-itself")).toBeVisible();
  await visit(refused, "vote-busy");

  const late = vote.voter(3).at(await open());
  await late.identify(network.address);
  await late.choose([[2], [2]]);
  clock.advance(2 * DAY + 2 * HOUR);
  await expect.poll(() => vote.phase()).toBe("closed");
  await late.cast();
  await heading(late.page, ".note.bad");
  await visit(late.page, "vote-not-taken");
  await visitAt(await open(), visit, vote.voter(4).linkAt(network.address), "vote-closed");
}

/** Checking receipts and testing devices, while the polls are open. */
async function checks(stage: Stage, vote: Election, early: { slot: number; code: string }, file: string, disclosed: string): Promise<void> {
  const { network, open, visit } = stage;
  const page = await open();
  await page.goto(`${network.address}/check/#${vote.id}`);
  await expect(page.locator("#code")).toBeVisible();
  await visit(page, "check");
  await page.getByTestId("continue").click();
  await expect(page.getByTestId("errors")).toBeVisible();
  await visit(page, "check-errors");
  const current = (await vote.slot(early.slot)).current;
  const outcomes: [string, string][] = [["in-urn", current?.code ?? ""], ["replaced", early.code], ["not-found", `${"0000-".repeat(5)}0000`]];
  for (const [name, code] of outcomes) await visitAt(await open(), visit, `${network.address}/check/#${vote.id}.${early.slot}.${code}`, `check-${name}`, "outcome");
  await page.goto(`${network.address}/check/#${vote.id}`);
  await page.locator("#file").setInputFiles({ name: "receipt.json", mimeType: "application/json", buffer: Buffer.from("{}") });
  await expect(page.getByTestId("errors")).toBeVisible();
  await visit(page, "check-file-wrong");
  await page.locator("#file").setInputFiles(file);
  await expect(page.getByTestId("outcome")).toBeVisible();

  await visitAt(await open(), visit, disclosed, "test-seen", "disclosed");
  const test = await open();
  await test.goto(`${network.address}/test/#${vote.id}`);
  await expect(test.locator("#slot")).toBeVisible();
  await visit(test, "test");
  await test.locator("#slot").fill("2");
  await test.getByTestId("make-test").click();
  await expect(test.getByTestId("question-0")).toBeVisible();
  await visit(test, "test-choose");
  await test.locator("#q0-0").check();
  await test.locator("#q1-blank").check();
  await test.getByTestId("continue").click();
  await expect(test.getByTestId("disclose")).toBeVisible();
  await visit(test, "test-note-the-code");
  await test.getByTestId("disclose").click();
  await expect(test.getByTestId("qr")).toBeVisible();
  await visit(test, "test-opened");
}

/** What tellers and the public see, from a new key to the audited result. */
export async function countTour(stage: Stage): Promise<void> {
  const { clock, people, home, open, visit } = stage;
  const vote = await stage.announced({ registrars: 1, questions: [TEXTS, BOARD] });
  vote.watch();
  await visitAt(await open(), visit, vote.page("results"), "results-prepared", "phase");
  await visitAt(await open(), visit, vote.page("organiser"), "organiser-prepared", "missing");
  await visitAt(await open(), visit, vote.page("embed"), "embed-prepared", "phase");
  for (const [name, address] of [["nothing", `${vote.server}/embed/`], ["unknown", `${vote.server}/embed/#${"A".repeat(43)}`]] as const) await visitAt(await open(), visit, address, `embed-${name}`);
  await newKey(stage, vote);
  await witness(stage, vote);
  await vote.issue();
  const [anne, benoit, chloe] = people.tellers.map((teller) => ({ teller, desk: undefined as unknown as Desk }));
  if (!anne || !benoit || !chloe) return;
  for (const each of [anne, benoit]) each.desk = new Desk(await open(), each.teller, vote);
  await vote.consent([benoit.teller, chloe.teller]);

  const { page } = anne.desk;
  await page.goto(vote.page("tellers"));
  await anne.desk.press("unlock");
  await expect(page.locator("#key-file")).toBeVisible();
  await visit(page, "tellers-unlock");
  await page.locator("#key-file").setInputFiles(anne.teller.key);
  await page.locator("#passphrase").fill("pas la bonne phrase");
  await anne.desk.press("open-key");
  await expect(page.getByTestId("errors")).toBeVisible();
  await visit(page, "tellers-unlock-wrong");
  await page.locator("#passphrase").fill(PASSPHRASE);
  await anne.desk.press("open-key");
  await anne.desk.waitsFor("consent");
  await visit(page, "tellers-consent");
  await anne.desk.consent();
  await visit(page, "tellers-wait-open");
  await vote.sign();
  vote.begin();
  await page.reload();
  await anne.desk.unlock();
  await anne.desk.waitsFor("wait_close");
  await anne.desk.press("drill");
  await anne.desk.waitsFor("wait_close");
  await visit(page, "tellers-wait-close");

  for (const [i, voter] of vote.voters.entries()) await castByProgram(voter, [i < 4 ? [i % 3] : "blank", [i % 4]]);
  await visitAt(await open(), visit, vote.page("results"), "results-open", "turnout");
  await visitAt(await open(), visit, vote.page("embed"), "embed-open", "turnout");
  vote.end();
  await expect.poll(() => vote.phase()).toBe("closed");
  await visitAt(await open(), visit, vote.page("results"), "results-closed", "turnout");
  await visitAt(await open(), visit, vote.page("embed"), "embed-closed", "turnout");

  await anne.desk.waitsFor("closing");
  await visit(page, "tellers-closing");
  await anne.desk.read("closing");
  await visit(page, "tellers-closing-code");
  await anne.desk.press("differs");
  await heading(page, ".note.bad");
  await visit(page, "tellers-codes-differ");
  await page.locator("button.primary").click();
  await anne.desk.waitsFor("closing");
  await anne.desk.read("closing");
  await anne.desk.confirm(1);
  await expect(page.getByTestId("opened")).toBeVisible();
  await visit(page, "tellers-opened");
  await anne.desk.press("report");
  await anne.desk.waitsFor("wait_fix");
  await visit(page, "tellers-wait-fix");
  await benoit.desk.unlock();
  await benoit.desk.report();
  clock.advance(HOUR + MINUTE);
  await expect.poll(() => vote.phase()).toBe("fixed");
  const late = new Desk(await open(), chloe.teller, vote);
  await late.unlock();
  await late.waitsFor("late");
  await visit(late.page, "tellers-late");
  await anne.desk.waitsFor("counting");
  await visit(page, "tellers-counting");
  await anne.desk.read("counting");
  await visit(page, "tellers-counting-code");
  await anne.desk.confirm(1);
  await anne.desk.waitsFor("wait_result");
  await visit(page, "tellers-wait-result");
  await benoit.desk.sum();
  await expect.poll(() => vote.phase()).toBe("counted");
  await anne.desk.waitsFor("done");
  await visit(page, "tellers-done");

  const results = await open();
  await results.goto(vote.page("results"));
  await expect(results.getByTestId("total-0")).toBeVisible();
  await results.locator("#by-group summary").click();
  await visit(results, "results-counted");
  await visitAt(await open(), visit, vote.page("embed"), "embed-counted", "total-0");
  await audits(stage, vote, home);
}

async function newKey({ open, visit }: Stage, vote: Election): Promise<void> {
  const page = await open();
  await page.goto(vote.page("tellers"));
  await expect(page.getByTestId("new-key")).toBeVisible();
  await visit(page, "tellers");
  await page.getByTestId("new-key").click();
  await page.locator("#passphrase").fill("motdepasse");
  await visit(page, "tellers-new-key");
  await page.getByTestId("make-key").click();
  await expect(page.getByTestId("errors")).toBeVisible();
  await visit(page, "tellers-new-key-errors");
  await page.locator("#name").fill("Anne Kermarec");
  await page.getByTestId("suggest").click();
  await expect(page.locator("#passphrase")).toHaveValue(/^(\p{L}+ ){5}\p{L}+$/u);
  await page.getByTestId("make-key").click();
  await expect(page.getByTestId("save-key")).toBeVisible();
  await page.getByTestId("save-key").click();
  await visit(page, "tellers-key-made");
}

/** A delegate whom this election does not name: the key, and the log that they follow all the same. */
async function witness({ open, visit }: Stage, vote: Election): Promise<void> {
  const page = await open();
  await page.goto(vote.page("witness"));
  await expect(page.getByTestId("new-key")).toBeVisible();
  await visit(page, "witness");
  await page.getByTestId("restore").click();
  await visit(page, "witness-restore");
  await page.getByRole("button").last().click();
  await page.getByTestId("new-key").click();
  await visit(page, "witness-new-key");
  await page.getByTestId("make-key").click();
  await expect(page.getByTestId("errors")).toBeVisible();
  await visit(page, "witness-new-key-errors");
  await page.locator("#name").fill("rival.example");
  await page.getByTestId("suggest").click();
  await expect(page.locator("#passphrase")).toHaveValue(/^(\p{L}+ ){5}\p{L}+$/u);
  await page.getByTestId("make-key").click();
  await page.getByTestId("save-key").click();
  await visit(page, "witness-backup");
  await page.getByTestId("continue").click();
  await expect(page.getByTestId("standing")).toHaveAttribute("data-state", "good", { timeout: 60_000 });
  await visit(page, "witness-not-named");
  await page.getByTestId("stop").click();
  await expect(page.getByTestId("line")).toBeVisible();
  await visit(page, "witness-line");
}

async function audits({ open, visit }: Stage, vote: Election, home: string): Promise<void> {
  const page = await open();
  await page.goto(vote.page("audit"));
  await expect(page.getByTestId("audit-server")).toBeVisible();
  await visit(page, "audit");
  await page.getByTestId("audit-server").click();
  await expect(page.getByTestId("verdict")).toHaveAttribute("data-accepted", "true", { timeout: 60_000 });
  await visit(page, "audit-accepted");

  const changed = join(home, "changed.zip");
  writeFileSync(changed, await tampered(vote));
  const other = await open();
  await other.goto(vote.page("audit"));
  await other.locator("#archive-file").setInputFiles(changed);
  await other.getByTestId("audit-file").click();
  await expect(other.getByTestId("verdict")).toHaveAttribute("data-accepted", "false", { timeout: 60_000 });
  await visit(other, "audit-rejected");
}

/** The archive with one bit of one ballot changed. */
export async function tampered(vote: Election): Promise<Buffer> {
  const files = readZip(Buffer.from(await (await fetch(`${vote.server}/api/elections/${vote.id}/archive.zip`)).arrayBuffer()));
  const name = [...files.keys()].find((each) => each.includes("entries")) ?? "";
  const entries = files.get(name);
  if (!entries) throw new Error(`no entries among ${[...files.keys()].join(", ")}`);
  const place = Math.floor(entries.length * 0.6);
  entries.writeUInt8((entries[place] ?? 0) ^ 1, place);
  return writeZip(files);
}

/** From anywhere, also from the same page with another fragment, as if the address had been typed into a new window. */
async function fresh(page: Page, address: string): Promise<void> {
  await page.goto("about:blank");
  await page.goto(address);
}

/** A screen reached by its address alone. */
async function visitAt(page: Page, visit: Stage["visit"], address: string, name: string, testId?: string): Promise<void> {
  await fresh(page, address);
  if (testId) await expect(page.getByTestId(testId)).toBeVisible();
  else await heading(page, "h1");
  await visit(page, name);
}

/** Waits until something is there and no spinner is. */
async function heading(page: Page, selector: string): Promise<void> {
  await expect(page.locator(`main ${selector}`).first()).toBeVisible();
  await expect(page.locator("main .spinner")).toHaveCount(0);
  await expect(page.locator("main h1")).toBeVisible();
}

