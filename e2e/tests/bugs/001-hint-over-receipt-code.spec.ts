// On a wide screen the hint under the QR code stood on top of the receipt code.

import { overlaps } from "../../src/access.js";
import { castByProgram } from "../../src/machine.js";
import { expect, test } from "../../src/test.js";

test("the receipt code can be read on a wide screen", async ({ election, open }) => {
  const vote = await election();
  const { slot, code } = await castByProgram(vote.voter(0), [[0]]);
  const page = await open({ viewport: { width: 1280, height: 900 } });
  await page.goto(vote.page("check", `.${slot}.${code}`));
  await expect(page.getByTestId("receipt")).toBeVisible();
  expect(await overlaps(page)).toEqual([]);
});
