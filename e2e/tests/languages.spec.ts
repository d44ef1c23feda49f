// The pages speak six languages: chosen by the browser, changed anywhere, kept where there is storage
// and where there is none.

import { faults } from "../src/access.js";
import { BOARD, TEXTS } from "../src/election.js";
import { expect, test } from "../src/test.js";

const PHONE = { width: 320, height: 640 };
const LANGUAGES = ["ar", "de", "en", "es", "fr", "pt"];

// REQ X12. French and Arabic are looked at screen by screen in access.spec.ts.
test("the vote is accessible and fits a small phone in the other languages", async ({ election, open }) => {
  test.slow();
  const vote = await election({ registrars: 1, questions: [TEXTS, BOARD] });
  const headings = new Set<string>();
  for (const [i, locale] of ["en-GB", "es-ES", "de-DE", "pt-PT"].entries()) {
    const page = await open({ locale, viewport: PHONE, colorScheme: i % 2 === 0 ? "dark" : "light" });
    const booth = vote.voter(i).at(page);
    const found: string[] = [];
    const look = async (screen: string): Promise<void> => {
      found.push(...(await faults(page, `${locale}, ${screen}`)));
      headings.add(await page.locator("h1").innerText());
    };
    await booth.identify();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe(locale.slice(0, 2));
    await look("welcome");
    await booth.press("start");
    await expect(page.getByTestId("question-0")).toBeVisible();
    // The election's own texts are in languages of their own, and say so.
    await expect(page.getByTestId("question-0").locator("legend [lang]").first()).toHaveAttribute("lang", "en");
    await booth.press("continue");
    await expect(page.getByTestId("errors")).toBeVisible();
    await look("nothing chosen");
    await booth.tick([[1], [0]]);
    await booth.press("continue");
    await expect(page.getByTestId("cast")).toBeVisible();
    await look("review");
    await booth.cast();
    await booth.receipt();
    await look("receipt");
    expect(found).toEqual([]);
  }
  // Each language has words of its own: four screens, two of them with one heading.
  expect(headings.size).toBeGreaterThanOrEqual(4 * 3);
});

test("the language is changed on any page, at once, and stays", async ({ election, open }) => {
  const vote = await election({ registrars: 1 });
  const page = await open({ locale: "fr-FR" });
  await vote.voter(0).at(page).identify();
  const menu = page.getByTestId("language");
  expect(await menu.locator("option").evaluateAll((all) => all.map((each) => (each as HTMLOptionElement).value))).toEqual(LANGUAGES);
  await menu.selectOption("ar");
  await expect(page.locator("h1")).toHaveText("يمكنك التصويت الآن");
  await expect(page).toHaveTitle("من أنت – التصويت – Isoloir");
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  // It begins where the language begins: on the right.
  const { width = 0 } = page.viewportSize() ?? {};
  const brand = await page.locator(".brand").boundingBox();
  expect(brand?.x ?? 0).toBeGreaterThan(width / 2);
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "ar");
  expect(new URL(page.url()).search).toBe("");
  await page.goto(vote.page("results"));
  await expect(page.getByTestId("turnout")).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "ar");
  await menu.selectOption("de");
  await expect(page.locator("html")).toHaveAttribute("dir", "ltr");
  await expect(page.locator("h1")).toHaveText("Stand und Wahlbeteiligung");
});

test("without storage the address keeps the language, reload and links included", async ({ election, open }) => {
  const vote = await election({ registrars: 1 });
  const page = await open({ locale: "fr-FR" });
  await page.addInitScript(() => {
    for (const storage of ["localStorage", "sessionStorage"]) Object.defineProperty(window, storage, { get: () => { throw new DOMException("off", "SecurityError"); } });
  });
  await page.goto(vote.page("check"));
  await page.getByTestId("language").selectOption("es");
  await expect(page.locator("h1")).toHaveText("¿Está mi papeleta en la urna?");
  await page.reload();
  await expect(page.locator("h1")).toHaveText("¿Está mi papeleta en la urna?");
  expect(new URL(page.url()).hash).toContain(vote.id);
  await page.locator("footer a[href*='/results/']").click();
  await expect(page.getByTestId("turnout")).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "es");
  expect(new URL(page.url()).search).toBe("?lang=es");
});

test("a page loads its own language and no other", async ({ election, open }) => {
  const vote = await election({ registrars: 1 });
  const page = await open({ locale: "pt-BR" });
  const loaded: string[] = [];
  page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
  await vote.voter(0).at(page).identify();
  await expect(page.locator("h1")).toHaveText("Já pode votar");
  const catalogues = loaded.flatMap((path) => /^\/assets\/([a-z]{2})-/.exec(path)?.[1] ?? []).filter((name) => LANGUAGES.includes(name));
  expect(catalogues).toEqual(["pt"]);
});

test("without JavaScript a page says so in every language", async ({ server, open }) => {
  const page = await open({ javaScriptEnabled: false, viewport: PHONE });
  for (const path of ["/", "/vote/", "/results/"]) {
    await page.goto(`${server.address}${path}`);
    for (const lang of LANGUAGES) {
      const sentence = page.locator(`noscript p[lang="${lang}"]`);
      await expect(sentence).toBeVisible();
      await expect(sentence).toContainText("JavaScript");
      await expect(sentence).toHaveCSS("direction", lang === "ar" ? "rtl" : "ltr");
    }
  }
});

test("a page whose program does not start says after a while what to do", async ({ server, open }) => {
  const page = await open({ viewport: PHONE });
  // A browser that is too old, or a network that swallows the program: no script ever arrives.
  await page.route("**/*.js", () => undefined);
  await page.goto(`${server.address}/vote/`, { waitUntil: "commit" });
  const sentence = page.locator(".late p[lang='de']");
  await expect(sentence).toBeAttached();
  await expect(sentence).toBeHidden();
  await expect.poll(() => page.evaluate(() => document.getAnimations().length)).toBeGreaterThan(0);
  await page.evaluate(() => document.getAnimations().forEach((animation) => animation.finish()));
  await expect(sentence).toBeVisible();
  await expect(page.locator(".late p")).toHaveCount(LANGUAGES.length);
});
