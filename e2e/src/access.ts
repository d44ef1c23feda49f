// What every screen must be for everybody: no violation that axe finds, nothing that needs to be
// scrolled sideways on a small phone.

import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Violations as sentences; empty is good. */
export async function violations(page: Page): Promise<string[]> {
  // "Legacy" only means without the second window that pages with frames need; there are no frames.
  const { violations: found } = await new AxeBuilder({ page }).withTags(RULES).setLegacyMode().analyze();
  return found.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${help}\n  ${target.join(" ")}\n  ${failureSummary ?? ""}`));
}

/** How far the page can be scrolled sideways, in CSS pixels. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));
}

/** Texts that stand on top of each other. */
export function overlaps(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const boxes: { text: string; rect: DOMRect }[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent?.trim() ?? "";
      const parent = node.parentElement;
      // What a closed part hides still has a place.
      if (text === "" || !parent?.checkVisibility() || parent.closest(".visually-hidden, .skip, option")) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) if (rect.width > 0 && rect.height > 0) boxes.push({ text: text.slice(0, 40), rect });
    }
    // Lines of text are higher than their letters: only what overlaps by more than that is counted.
    const over = (a: DOMRect, b: DOMRect): boolean =>
      Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > Math.min(a.height, b.height) / 2;
    return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => over(a.rect, b.rect)).map((b) => `“${a.text}” and “${b.text}”`));
  });
}

/** As on the smallest phone, in a language of each direction: light and from left to right, dark and from right to left. */
const WAYS = [["fr", "ltr", "light"], ["ar", "rtl", "dark"]] as const;
const PHONE = { width: 320, height: 640 };

/** What is wrong with the screen in both directions of writing. The page's own menu changes the language of the screen that stands there. */
export async function faultsBothWays(page: Page, name: string): Promise<string[]> {
  const menu = page.getByTestId("language");
  const before = await menu.inputValue();
  const size = page.viewportSize();
  await page.setViewportSize(PHONE);
  const found: string[] = [];
  for (const [language, dir, colorScheme] of WAYS) {
    await menu.selectOption(language);
    await expect(page.locator(`html[lang=${language}][dir=${dir}]`)).toHaveCount(1);
    await page.emulateMedia({ colorScheme });
    found.push(...(await faults(page, `${name}, ${language}`)));
  }
  await menu.selectOption(before);
  await expect(page.locator(`html[lang=${before}]`)).toHaveCount(1);
  await page.emulateMedia({ colorScheme: null });
  if (size) await page.setViewportSize(size);
  return found;
}

/** What is wrong with the screen as it stands, as sentences; none is good. */
export async function faults(page: Page, name: string): Promise<string[]> {
  const found = await violations(page);
  const small = page.viewportSize();
  for (const viewport of [{ width: 1280, height: 900 }, small]) {
    if (viewport) await page.setViewportSize(viewport);
    const width = `at ${viewport?.width} px`;
    const sideways = await overflow(page);
    if (sideways > 0) found.push(`scrolls sideways by ${sideways} px ${width}`);
    found.push(...(await overlaps(page)).map((pair) => `stand on each other ${width}: ${pair}`));
  }
  const headings = await page.locator("h1").count();
  if (headings !== 1) found.push(`${headings} main headings`);
  const title = await page.title();
  if (!/\S+ – Isoloir$/.test(title)) found.push(`its title is “${title}”`);
  return found.map((fault) => `${name}: ${fault}`);
}
