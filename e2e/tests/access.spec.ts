// Every screen, in both directions of writing, light and dark, on the smallest phone: no violation
// that axe finds, nothing to scroll sideways, one heading, a title of its own.

import { faults } from "../src/access.js";
import { expect, test, type BrowserContextOptions } from "../src/test.js";
import { countTour, voterTour, type Stage } from "../src/tour.js";

const PHONE = { width: 320, height: 640 };

for (const [name, options] of [
  ["French, light", { locale: "fr-FR", colorScheme: "light", viewport: PHONE }],
  ["Arabic, dark", { locale: "ar-MA", colorScheme: "dark", viewport: PHONE }],
] satisfies [string, BrowserContextOptions][]) {
  for (const [who, tour, screens] of [["voters", voterTour, 35], ["tellers and the public", countTour, 40]] as const) {
    test(`what ${who} see is accessible: ${name}`, async ({ clock, people, network, home, announced, open }) => {
      test.slow();
      const seen: string[] = [];
      const found: string[] = [];
      const stage: Stage = {
        clock, people, network, home, announced,
        open: (more) => open({ ...options, ...more }),
        visit: async (page, screen) => {
          seen.push(screen);
          found.push(...(await faults(page, screen)));
          expect(await page.evaluate(() => ({ lang: document.documentElement.lang, dir: document.documentElement.dir }))).toEqual({ lang: options.locale.slice(0, 2), dir: options.locale.startsWith("ar") ? "rtl" : "ltr" });
        },
      };
      await tour(stage);
      expect(found).toEqual([]);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length).toBeGreaterThanOrEqual(screens);
    });
  }
}

test("the audit finds what is wrong", async ({ open }) => {
  const page = await open({ viewport: PHONE });
  await page.setContent(`<!doctype html><html lang="fr"><title>x</title><body><h1>A</h1><h1>B</h1><img src="data:,"><div style="width: 500px">wide</div>
    <p style="position: absolute; top: 200px">one text</p><p style="position: absolute; top: 200px">another</p></body></html>`);
  const found = await faults(page, "bad");
  for (const fault of ["image-alt", "sideways by", "stand on each other", "2 main headings", "its title is"]) {
    expect(found.some((each) => each.includes(fault)), fault).toBe(true);
  }
});
