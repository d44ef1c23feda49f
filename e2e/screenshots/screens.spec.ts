// Photographs of every screen, light and dark, on a phone and on a desktop: target/screenshots.

import { rmSync } from "node:fs";
import { join } from "node:path";

import { TEXTS } from "../src/election.js";
import { folder, SCREENSHOTS } from "../src/places.js";
import { expect, test } from "../src/test.js";
import { countTour, voterTour, type Stage } from "../src/tour.js";

const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 900 } };

for (const [who, tour] of [["voters", voterTour], ["tellers-and-public", countTour]] as const) {
  for (const locale of ["fr-FR", "en-GB", "ar-MA"]) {
    test(`screens of ${who}, ${locale}`, async ({ clock, people, network, home, announced, open }) => {
      test.slow();
      const place = join(SCREENSHOTS, locale.slice(0, 2), who);
      rmSync(place, { recursive: true, force: true });
      folder(place);
      const stage: Stage = {
        clock, people, network, home, announced,
        open: (options) => open({ locale, isMobile: true, hasTouch: true, viewport: SIZES.phone, ...options }),
        visit: async (page, screen) => {
          for (const [size, viewport] of Object.entries(SIZES)) {
            await page.setViewportSize(viewport);
            for (const colorScheme of ["light", "dark"] as const) {
              await page.emulateMedia({ colorScheme });
              await page.screenshot({ path: join(place, `${screen}.${size}.${colorScheme}.png`), fullPage: true, animations: "disabled" });
            }
          }
          await page.setViewportSize(SIZES.phone);
        },
      };
      await tour(stage);
    });
  }
}

test("the picture of the README (docs/images/vote.png)", async ({ election, open }) => {
  const vote = await election({ questions: [TEXTS] });
  const page = await open({ locale: "en-GB", viewport: { width: 760, height: 860 } });
  const booth = vote.voter(0).at(page);
  await booth.identify();
  await booth.press("start");
  await booth.tick([[0]]);
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  expect(await page.evaluate(() => document.fonts.check('600 20px "Isoloir Bitter"'))).toBe(true);
  await page.screenshot({ path: join(folder(SCREENSHOTS), "vote.png"), animations: "disabled" });
});
