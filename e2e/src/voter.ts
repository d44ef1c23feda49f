// A member: what was delivered to them, and how they vote in the browser.

import { expect, type Page } from "@playwright/test";

import type { Election } from "./election.js";

/** For each question the options by number, or a blank vote. */
export type Choices = readonly (readonly number[] | "blank")[];

export interface Noted {
  slot: number;
  code: string;
}

export class Voter {
  readonly election: Election;
  readonly slot: number;
  readonly link: string;
  /** All codes, in the registrars' order. */
  readonly codes: readonly string[];

  constructor(election: Election, slot: number, link: string, further: readonly string[]) {
    this.election = election;
    this.slot = slot;
    this.link = link;
    this.codes = [link.slice(link.lastIndexOf(".") + 1), ...further];
  }

  code(registrar: number): string {
    const code = this.codes[registrar];
    if (!code) throw new Error(`voter ${this.slot} has no code of registrar ${registrar}`);
    return code;
  }

  /** The link as it looks behind another address of the same server. */
  linkAt(origin: string): string {
    return `${origin}${new URL(this.link).pathname}${new URL(this.link).hash}`;
  }

  at(page: Page): Booth {
    return new Booth(page, this);
  }
}

/** The vote page under a voter's fingers. Nothing here depends on the language. */
export class Booth {
  readonly page: Page;
  readonly voter: Voter;

  constructor(page: Page, voter: Voter) {
    this.page = page;
    this.voter = voter;
  }

  /** Opens the link of the message. */
  async follow(origin?: string): Promise<void> {
    await this.page.goto(origin ? this.voter.linkAt(origin) : this.voter.link);
  }

  async type(field: "slot" | `code-${number}`, text: string): Promise<void> {
    await this.page.locator(`#${field}`).fill(text);
  }

  async press(testId: string): Promise<void> {
    await this.page.getByTestId(testId).click();
  }

  /** From the link to the welcome, with the second code if there is one. */
  async identify(origin?: string): Promise<void> {
    await this.follow(origin);
    if (this.voter.codes.length > 1) {
      await this.type("code-1", this.voter.code(1));
      await this.press("continue");
    }
    await expect(this.page.getByTestId("voter")).toContainText(String(this.voter.slot));
  }

  async tick(choices: Choices): Promise<void> {
    for (const [q, choice] of choices.entries()) {
      for (const option of choice === "blank" ? ["blank"] : choice) await this.page.locator(`#q${q}-${option}`).check();
    }
  }

  /** From the welcome to the review. */
  async choose(choices: Choices): Promise<void> {
    await this.press("start");
    await this.tick(choices);
    await this.press("continue");
    await expect(this.page.getByTestId("cast")).toBeVisible();
  }

  async cast(): Promise<void> {
    await this.press("cast");
  }

  /** The receipt on the screen, which the page has verified. */
  async receipt(timeout = 30_000): Promise<Noted> {
    const card = this.page.getByTestId("receipt");
    await expect(card).toBeVisible({ timeout });
    const slot = Number(await card.getByTestId("receipt-slot").textContent());
    const code = await card.locator("[data-testid=receipt-code] [data-code]").getAttribute("data-code");
    if (!code) throw new Error("the receipt shows no code");
    return { slot, code };
  }

  /** The whole way. */
  async vote(choices: Choices, origin?: string): Promise<Noted> {
    await this.identify(origin);
    await this.choose(choices);
    await this.cast();
    return this.receipt();
  }
}
