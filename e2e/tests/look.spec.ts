// The organiser's name, logo, colour and zone on the pages: readable whatever was asked for.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { faults } from "../src/access.js";
import { expect, test } from "../src/test.js";

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><rect width="90" height="30" fill="#8a1c3c"/><circle cx="15" cy="15" r="9" fill="#fff"/></svg>`;

// REQ X3, U8
test("an organiser's look: name, logo and zone are shown, and a colour that nobody could read is corrected", async ({ server, home, election, open }) => {
  const vote = await election();
  const look = join(home, "look.json");
  writeFileSync(join(home, "logo.svg"), LOGO);
  // Yellow: on paper its contrast is about 1.1 to 1.
  writeFileSync(look, JSON.stringify({ name: "Fédération de l’étranger", logo: "logo.svg", colour: "#ffe600", zone: "Asia/Kolkata" }));
  server.options = ["--look", look];
  await server.stop();
  await server.start();
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await open({ colorScheme, viewport: { width: 320, height: 640 } });
    const booth = vote.voter(0).at(page);
    await booth.identify();
    const logo = page.getByTestId("organiser").getByRole("img");
    await expect(logo).toHaveAttribute("alt", "Fédération de l’étranger");
    expect(await logo.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
    await expect(page.locator("main time").first()).toContainText("Kolkata");
    const primary = await page.getByTestId("start").evaluate((button) => getComputedStyle(button).backgroundColor);
    expect(primary).not.toBe("rgb(28, 75, 90)");
    expect(await faults(page, `welcome, ${colorScheme}`)).toEqual([]);
    await booth.press("start");
    await booth.tick([[1]]);
    expect(await faults(page, `choice, ${colorScheme}`)).toEqual([]);
  }
});
