// The vote page under a voter's fingers in another browser than Chromium: the steps of `Booth` (voter.ts). The page speaks French, and
// not the language of whatever browser is installed.

import { expect } from "@playwright/test";

import type { Engine } from "./engines.js";
import { told, TOLD } from "./moments.js";
import type { Choices, Noted, Voter } from "./voter.js";

export const id = (testId: string): string => `[data-testid=${testId}]`;

/** The same address with the language in it. */
export function inFrench(address: string): string {
  const url = new URL(address);
  url.searchParams.set("lang", "fr");
  return url.href;
}

export class EngineBooth {
  readonly engine: Engine;
  readonly voter: Voter;

  constructor(engine: Engine, voter: Voter) {
    this.engine = engine;
    this.voter = voter;
  }

  /** Opens the link of the message. */
  async follow(origin?: string): Promise<void> {
    await this.engine.goto(inFrench(origin ? this.voter.linkAt(origin) : this.voter.link));
  }

  async type(field: "slot" | `code-${number}`, text: string): Promise<void> {
    await this.engine.fill(`#${field}`, text);
  }

  async press(testId: string): Promise<void> {
    await this.engine.click(id(testId));
  }

  /** From the link to the welcome, with the second code if there is one. */
  async identify(origin?: string): Promise<void> {
    await this.follow(origin);
    if (this.voter.codes.length > 1) {
      await this.type("code-1", this.voter.code(1));
      await this.press("continue");
    }
    await this.engine.says(id("voter"), String(this.voter.slot));
  }

  async tick(choices: Choices): Promise<void> {
    for (const [q, choice] of choices.entries()) {
      for (const option of choice === "blank" ? ["blank"] : choice) await this.engine.click(`#q${q}-${option}`);
    }
  }

  /** Waits until this option, and no other one of the question, is ticked. */
  async isTicked(question: number, option: number): Promise<void> {
    const ticked = (start: string): string => [...document.querySelectorAll(`[id^=${start}]:checked`)].map((each) => each.id).join(" ");
    await expect.poll(() => this.engine.run(ticked, `q${question}-`)).toBe(`q${question}-${option}`);
  }

  /** From the welcome to the review. */
  async choose(choices: Choices): Promise<void> {
    await this.press("start");
    await this.tick(choices);
    await this.press("continue");
    await this.engine.see(id("cast"), 90_000);
  }

  async cast(): Promise<void> {
    await this.press("cast");
  }

  /** The receipt on the screen, which the page has verified. */
  async receipt(): Promise<Noted> {
    await this.engine.see(id("receipt"), 90_000);
    return this.engine.run(() => ({
      slot: Number(document.querySelector("[data-testid=receipt-slot]")?.textContent),
      code: document.querySelector("[data-testid=receipt-code] [data-code]")?.getAttribute("data-code") ?? "",
    }));
  }

  /** The whole way. */
  async vote(choices: Choices, origin?: string): Promise<Noted> {
    await this.identify(origin);
    await this.choose(choices);
    await this.cast();
    return this.receipt();
  }

  async heading(text: string): Promise<void> {
    await this.engine.says("main h1", text);
  }

  /** The page tells these moments as it should. */
  async tells(...moments: number[]): Promise<void> {
    for (const moment of moments) await this.engine.says(told(moment), TOLD);
  }
}
