// A whole vote without a mouse or a finger: only keys that every keyboard has.

import type { Locator } from "@playwright/test";

import { BOARD, TEXTS } from "../src/election.js";
import { expect, test } from "../src/test.js";

/** Presses Tab until this has the focus, which must be visible there. */
async function tabTo(target: Locator): Promise<void> {
  const page = target.page();
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 40; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) {
      const outline = await target.evaluate((element) => {
        const seen = [element, ...(element.closest("label") ? [element.closest("label") as Element] : []), ...(element.parentElement ? [element.parentElement] : [])];
        return seen.some((each) => Number.parseFloat(getComputedStyle(each).outlineWidth) > 0 && getComputedStyle(each).outlineStyle !== "none");
      });
      expect(outline, "the focus is visible").toBe(true);
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`40 times Tab do not reach ${String(target)}`);
}

test("a whole vote by keyboard alone", async ({ election, open }) => {
  const vote = await election({ registrars: 2, questions: [TEXTS, BOARD] });
  const page = await open();
  const { voter } = vote.voter(0).at(page);
  const keys = page.keyboard;
  await page.goto(vote.page("vote"));
  await expect(page.locator("#slot")).toBeVisible();

  // A screen begins at its heading, so that a screen reader begins there too.
  await expect(page.locator("h1")).toBeFocused();
  await tabTo(page.locator("#slot"));
  await keys.type(String(voter.slot));
  await keys.press("Enter");
  // What is missing is said at once, and each line of it leads to its field.
  await expect(page.getByTestId("errors")).toBeFocused();
  await keys.press("Tab");
  await keys.press("Enter");
  await expect(page.locator("#code-0")).toBeFocused();
  await keys.type(voter.code(0).toLowerCase());
  await tabTo(page.locator("#code-1"));
  await keys.type(voter.code(1).replaceAll("-", ""));
  await keys.press("Enter");

  await expect(page.locator("h1")).toBeFocused();
  await tabTo(page.getByTestId("start"));
  await keys.press("Enter");
  await expect(page.getByTestId("question-0")).toBeVisible();
  // Radio buttons: one stop, arrows within.
  await tabTo(page.locator("#q0-0"));
  await keys.press("Space");
  await keys.press("ArrowDown");
  await expect(page.locator("#q0-1")).toBeChecked();
  await tabTo(page.locator("#q1-1"));
  await keys.press("Space");
  await tabTo(page.locator("#q1-3"));
  await keys.press("Space");
  await tabTo(page.getByTestId("continue"));
  await keys.press("Enter");

  await expect(page.getByTestId("choices")).toContainText("Texte B");
  await expect(page.getByTestId("choices")).toContainText("Malik Jourdanet");
  await expect(page.getByTestId("choices")).toContainText("Loïc Quéré");
  await tabTo(page.getByTestId("cast"));
  await keys.press("Enter");
  await expect(page.getByTestId("receipt")).toBeVisible();
  await expect(page.getByTestId("status")).toHaveText("Votre bulletin est dans l’urne");
  expect((await vote.slot(voter.slot)).ballots).toHaveLength(1);

  const download = page.waitForEvent("download");
  await tabTo(page.getByTestId("save-receipt"));
  await keys.press("Enter");
  await download;
  await tabTo(page.getByTestId("check-link"));
  await keys.press("Enter");
  await expect(page.getByTestId("outcome")).toHaveAttribute("data-state", "inUrn");
});

test("the language is changed on any screen, and nothing typed is lost", async ({ election, open }) => {
  const vote = await election();
  const page = await open();
  await page.goto(vote.page("vote"));
  await page.locator("#slot").fill("3");
  await page.getByTestId("language").selectOption("en");
  await expect(page.locator("h1")).toHaveText("Enter your number and your code");
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(page.locator("#slot")).toHaveValue("3");
  await page.reload();
  await expect(page.locator("h1")).toHaveText("Enter your number and your code");

  const booth = vote.voter(0).at(await open());
  await booth.identify();
  await booth.press("start");
  await booth.tick([[2]]);
  await booth.page.getByTestId("language").selectOption("en");
  await expect(booth.page.locator("#q0-2")).toBeChecked();
  await expect(booth.page.getByTestId("question-0")).toContainText("Keep everything as it is");
});
