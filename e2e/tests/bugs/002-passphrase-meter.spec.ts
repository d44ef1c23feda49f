// After a mistake in the form of a new key the passphrase stood in its field, and below it
// "nothing typed yet".

import { expect, test } from "../../src/test.js";

test("the meter follows a passphrase that the form has kept", async ({ server, open }) => {
  const page = await open();
  await page.goto(`${server.address}/tellers/`);
  await page.getByTestId("new-key").click();
  await page.locator("#passphrase").fill("motdepasse");
  const before = await page.getByTestId("strength").textContent();
  await page.getByTestId("make-key").click();
  await expect(page.getByTestId("errors")).toBeVisible();
  await expect(page.locator("#passphrase")).toHaveValue("motdepasse");
  await expect(page.getByTestId("strength")).toHaveText(before ?? "");
});
