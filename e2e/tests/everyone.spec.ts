// The vote as different people meet it: what a screen reader is told on each screen, enlarged four times,
// with wide spacing, in forced colours, without motion, on paper without colours.

import { faults, overflow, overlaps, violations } from "../src/access.js";
import { BOARD, TEXTS } from "../src/election.js";
import { expect, test, type Page } from "../src/test.js";
import type { Booth } from "../src/voter.js";

/** Every screen of a vote, in order; `see` is called on each. */
async function walk(booth: Booth, see: (screen: string) => Promise<void>): Promise<void> {
  const { page } = booth;
  await booth.follow();
  await expect(page.locator("#code-1")).toBeVisible();
  await see("second code");
  await booth.type("code-1", "8B5S-2ZZ2-0D0D-6G6G");
  await booth.press("continue");
  await expect(page.getByTestId("errors")).toBeFocused();
  await see("second code mistyped");
  await booth.type("code-1", booth.voter.code(1));
  await booth.press("continue");
  await expect(page.getByTestId("start")).toBeVisible();
  await see("welcome");
  await booth.press("start");
  await expect(page.getByTestId("question-0")).toBeVisible();
  await see("choice");
  await booth.press("continue");
  await expect(page.getByTestId("errors")).toBeFocused();
  await see("choice missing");
  await booth.tick([[1], [0, 2]]);
  await booth.press("continue");
  await expect(page.getByTestId("cast")).toBeVisible();
  await see("review");
  await booth.cast();
  await booth.receipt();
  await see("receipt");
}

/** What a screen reader meets in the main part of each screen: the headings, names, groups, errors and news that must be there. */
const TOLD: Record<string, string> = {
  "second code": `
    - main:
      - text: "Step 1 of 5: Who you are"
      - heading "Enter your second code" [level=1]
      - paragraph: "Voter number 1: the code received by e-mail is right."
      - textbox "Code received by SMS"
      - button "Continue"
      - button "This is not me"`,
  "second code mistyped": `
    - main:
      - heading "Enter your second code" [level=1]
      - alert:
        - paragraph: "Please correct one thing:"
        - list:
          - listitem:
            - link /There is a typing error/
      - textbox "Code received by SMS" [invalid]`,
  welcome: `
    - main:
      - text: "Step 1 of 5: Who you are"
      - heading "You can vote now" [level=1]
      - paragraph: /Voter number 1, section/
      - button "Start voting"`,
  choice: `
    - main:
      - text: "Step 2 of 5: Your choice"
      - heading "Make your choices" [level=1]
      - group "1. Which text shall we adopt?":
        - paragraph: Choose one.
        - 'radio "Text A: A congress every year" [checked=false]'
        - 'radio "Text B: An assembly drawn by lot" [checked=false]'
        - 'radio "Text C: Keep everything as it is" [checked=false]'
        - 'radio "Blank vote: none of these" [checked=false]'
      - group "2. Whom shall we send to the federal council?":
        - paragraph: Choose 1 to 2.
        - checkbox "Inès Fontanel" [checked=false]
        - checkbox "Malik Jourdanet" [checked=false]
        - checkbox "Agnès Saint-Aubin" [checked=false]
        - checkbox "Loïc Quéré" [checked=false]
        - 'checkbox "Blank vote: none of these" [checked=false]'
        - status: 0 chosen, 2 at most
      - button "Continue"`,
  "choice missing": `
    - main:
      - alert:
        - paragraph: "Please correct 2 things:"
        - list:
          - listitem:
            - link /Question 1/
          - listitem:
            - link /Question 2/
      - group "1. Which text shall we adopt?":
        - alert: /You have not chosen anything yet/`,
  review: `
    - main:
      - text: "Step 3 of 5: Read it again"
      - heading "Is this right?" [level=1]
      - term: Which text shall we adopt?
      - definition: "Text B: An assembly drawn by lot"
      - term: Whom shall we send to the federal council?
      - definition: Inès Fontanel
      - definition: Agnès Saint-Aubin
      - button "Put my ballot in the ballot box"
      - button "Change my choice"`,
  receipt: `
    - main:
      - text: "Step 5 of 5: Your receipt"
      - heading "Your ballot is in the ballot box" [level=1]
      - region "Receipt":
        - heading "Receipt" [level=2]
        - term: Election
        - term: Voter number
        - definition: "1"
        - term: Receipt code
        - term: Taken on
        - img "QR code of the link that checks this receipt"
        - button "Save as a file"
        - button "Print or save as PDF"
        - link "Check it now"`,
};

// REQ X1, X2, X11
test("what a screen reader is told, screen by screen", async ({ election, open }) => {
  const vote = await election({ registrars: 2, questions: [TEXTS, BOARD] });
  const booth = vote.voter(0).at(await open({ locale: "en-GB", timezoneId: "Europe/Paris" }));
  const seen: string[] = [];
  await walk(booth, async (screen) => {
    seen.push(screen);
    await expect(booth.page.locator("main")).toMatchAriaSnapshot(`${TOLD[screen] ?? ""}\n`);
  });
  expect(seen).toEqual(Object.keys(TOLD));
  await expect(booth.page.getByTestId("status")).toHaveText("Your ballot is in the ballot box");
});

/** Wider letters, words and lines, as WCAG 1.4.12 wants them borne. */
const spread = (page: Page): Promise<void> => page.evaluate(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }");
  document.adoptedStyleSheets = [sheet];
});

// REQ X5
test("enlarged four times and with wide spacing, nothing is cut off and nothing scrolls sideways", async ({ election, open }) => {
  const vote = await election({ registrars: 2, questions: [TEXTS, BOARD] });
  // 1280 by 1024 pixels enlarged four times.
  const booth = vote.voter(0).at(await open({ viewport: { width: 320, height: 256 } }));
  const found: string[] = [];
  await walk(booth, async (screen) => {
    for (const spacing of ["usual", "wide"]) {
      if (spacing === "wide") await spread(booth.page);
      const sideways = await overflow(booth.page);
      if (sideways > 0) found.push(`${screen}, ${spacing} spacing: scrolls sideways by ${sideways} px`);
      found.push(...(await overlaps(booth.page)).map((pair) => `${screen}, ${spacing} spacing: ${pair}`));
      const cut = await booth.page.evaluate(() => [...document.querySelectorAll<HTMLElement>("main button, main .button, main label, main p, main h1")]
        .filter((element) => element.checkVisibility() && !element.closest(".visually-hidden") && element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline")
        .map((element) => element.textContent?.slice(0, 40) ?? ""));
      found.push(...cut.map((text) => `${screen}, ${spacing} spacing: “${text}” is cut off`));
    }
    await booth.page.evaluate(() => (document.adoptedStyleSheets = []));
  });
  expect(found).toEqual([]);
});

// REQ X3, X15
test("forced colours and reduced motion: what is chosen and where one stands is still seen, and nothing turns", async ({ election, network, open }) => {
  const vote = await election();
  const page = await open({ forcedColors: "active", reducedMotion: "reduce" });
  const booth = vote.voter(0).at(page);
  await booth.identify(network.address);
  await booth.press("start");
  await booth.tick([[1]]);
  const borders = await page.locator(".option label").evaluateAll((labels) => labels.map((label) => getComputedStyle(label).borderTopColor));
  expect(new Set(borders).size).toBe(2);
  await page.locator("#q0-1").focus();
  await page.keyboard.press("ArrowDown");
  expect(await page.locator(".option label:has(:focus-visible)").evaluate((label) => getComputedStyle(label).outlineStyle)).not.toBe("none");
  expect(await violations(page)).toEqual([]);
  await booth.press("continue");
  const { sent, release } = network.holdBallot();
  await booth.cast();
  await sent;
  const spinning = await page.locator(".spinner").evaluate((spinner) => spinner.getAnimations().filter((each) => each.playState === "running").length);
  expect(spinning).toBe(0);
  release();
  await booth.receipt();
  expect(await faults(page, "receipt")).toEqual([]);
});

// REQ X7: an error names the group, for every kind of typing error that leaves a trace.
test("a code typed wrong is answered with the place where the error is", async ({ election, open }) => {
  const vote = await election();
  const booth = vote.voter(0).at(await open({ locale: "en-GB" }));
  await booth.page.goto(vote.page("vote"));
  await booth.type("slot", "1");
  const right = booth.voter.code(0);
  const groups = right.split("-");
  const wrong: [typed: string, said: RegExp][] = [
    [[groups[0], groups[1]?.slice(0, 3), groups[2], groups[3]].join("-"), /group 2: it has 3/],
    [right.replaceAll("-", "").slice(0, 12), /12 characters/],
    [`${right.slice(0, 10)}!${right.slice(11)}`, /“!” \(group 3, place 1\)/],
    [right.replace(/.$/, (last) => (last === "0" ? "1" : "0")), /typing error/],
    [`${right.slice(0, 3)}`, /3 characters/],
  ];
  for (const [typed, said] of wrong) {
    await booth.type("code-0", typed);
    await booth.press("continue");
    await expect(booth.page.locator("#code-0-error")).toHaveText(said);
    await expect(booth.page.getByTestId("errors")).toBeFocused();
    await expect(booth.page.locator("#code-0")).toHaveValue(typed === right.replaceAll("-", "").slice(0, 12) ? typed : /.+/);
  }
  // Nothing is gone, and the right code in any writing goes on.
  await booth.type("code-0", right.toLowerCase().replaceAll("-", " "));
  await booth.press("continue");
  await expect(booth.page.getByTestId("start")).toBeVisible();
});
