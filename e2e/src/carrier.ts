// The tellers' page on the machine that has a network, in the hands of whoever carries files to the one that has none.

import { writeFileSync } from "node:fs";

import { expect, type Page } from "@playwright/test";

import type { Election } from "./election.js";

/** Presses a button and gives the path of the file that the browser then saves. */
export async function saved(page: Page, button: string, path: string): Promise<string> {
  const download = page.waitForEvent("download");
  await page.getByTestId(button).click();
  await (await download).saveAs(path);
  return path;
}

/** The page as one file, as the server hands it out. */
export async function singlePage(server: string, path: string): Promise<Buffer> {
  const bytes = Buffer.from(await (await fetch(`${server}/tellers/isoloir-tellers.html`)).arrayBuffer());
  writeFileSync(path, bytes);
  return bytes;
}

export class Carrier {
  readonly page: Page;
  readonly election: Election;

  constructor(page: Page, election: Election) {
    this.page = page;
    this.election = election;
  }

  /** Shows what can be carried, in a page that starts anew. */
  async show(): Promise<void> {
    await this.page.goto("about:blank");
    await this.page.goto(this.election.page("tellers"));
    await this.page.getByTestId("carry").click();
  }

  /** The election as one file, with boxes where there are requests for them. */
  async fetch(path: string, requests?: string): Promise<string> {
    await this.show();
    if (requests) await this.page.locator("#tickets").setInputFiles(requests);
    return saved(this.page, "collect", path);
  }

  /** Sends the entry that came back. */
  async send(entry: string): Promise<void> {
    await this.show();
    await this.page.locator("#entry").setInputFiles(entry);
    await this.page.getByTestId("send-entry").click();
    await expect(this.page.getByTestId("sent")).toBeVisible();
  }
}
