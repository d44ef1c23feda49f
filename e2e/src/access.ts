// What every screen must be for everybody: no violation that axe finds, nothing that needs to be
// scrolled sideways on a small phone.

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Violations as sentences; empty is good. */
export async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  return found.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${help}\n  ${target.join(" ")}\n  ${failureSummary ?? ""}`));
}

/** How far the page can be scrolled sideways, in CSS pixels. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));
}

/** What is wrong with the screen as it stands, as sentences; none is good. */
export async function faults(page: Page, name: string): Promise<string[]> {
  const found = await violations(page);
  const sideways = await overflow(page);
  if (sideways > 0) found.push(`scrolls sideways by ${sideways} px`);
  const headings = await page.locator("h1").count();
  if (headings !== 1) found.push(`${headings} main headings`);
  const title = await page.title();
  if (!/\S+ – Isoloir$/.test(title)) found.push(`its title is “${title}”`);
  return found.map((fault) => `${name}: ${fault}`);
}
