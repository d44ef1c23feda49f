// The tellers' page under a teller's fingers.

import { expect, type Page } from "@playwright/test";

import type { Election } from "./election.js";
import { PASSPHRASE, type Teller } from "./people.js";

export class Desk {
  readonly page: Page;
  readonly teller: Teller;
  readonly election: Election;
  /** Where this teller's browser finds the server. */
  readonly origin: string;

  constructor(page: Page, teller: Teller, election: Election, origin = election.server) {
    this.page = page;
    this.teller = teller;
    this.election = election;
    this.origin = origin;
  }

  async press(testId: string): Promise<void> {
    await this.page.getByTestId(testId).click();
  }

  /** Opens the page and the key file. */
  async unlock(passphrase = PASSPHRASE): Promise<void> {
    // Also from this very page: an address that differs in nothing would not be loaded again.
    await this.page.goto("about:blank");
    await this.page.goto(`${this.origin}/tellers/#${this.election.id}`);
    await this.press("unlock");
    await this.page.locator("#key-file").setInputFiles(this.teller.key);
    await this.page.locator("#passphrase").fill(passphrase);
    await this.press("open-key");
  }

  /** What the page says this teller has to do, once it says so. */
  async waitsFor(task: string): Promise<void> {
    await expect(this.page.getByTestId("task")).toHaveAttribute("data-task", task, { timeout: 60_000 });
  }

  async consent(): Promise<void> {
    await this.waitsFor("consent");
    await this.page.locator("#consent-read").check();
    await this.page.locator("#consent-compared").check();
    await this.press("consent");
    await this.waitsFor("wait_open");
  }

  /** The code on the screen, to be read aloud. */
  async read(stage: "closing" | "counting"): Promise<string> {
    await this.press(`start-${stage}`);
    const code = await this.page.locator("[data-testid=common-code] [data-code]").getAttribute("data-code");
    if (!code) throw new Error("no code to read aloud");
    return code;
  }

  /** Confirms the code after `heard` other tellers have read the same one. */
  async confirm(heard: number): Promise<void> {
    const boxes = this.page.getByTestId("heard");
    for (let i = 0; i < heard; i += 1) await boxes.nth(i).check();
    const first = this.page.locator("#first-device");
    if (await first.isVisible()) await first.check();
    await this.press("confirm");
  }

  /** From the closing code to the report in the log. */
  async report(): Promise<string> {
    await this.waitsFor("closing");
    const code = await this.read("closing");
    await this.confirm(1);
    await expect(this.page.getByTestId("opened")).toBeVisible({ timeout: 60_000 });
    await this.press("report");
    return code;
  }

  /** From the counting code to the sums in the log. */
  async sum(): Promise<string> {
    await this.waitsFor("counting");
    const code = await this.read("counting");
    await this.confirm(1);
    return code;
  }
}
