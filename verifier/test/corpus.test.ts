// Elections that the Rust tests made, good and broken: both verifiers must find the same check and the same entry.
// `cargo xtask test` makes them before and says in ISOLOIR_CORPUS where they are.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { readArchive } from "../src/archive.js";
import { audit } from "../src/audit.js";
import { utf8 } from "../src/bytes.js";
import { parseReceipts } from "../src/receipt.js";

interface Case {
  name: string;
  check: string | null;
  entry: number | null;
  receipts: unknown[];
  totals: number[][][] | null;
  voters: number;
}

const folder = process.env["ISOLOIR_CORPUS"] ?? fileURLToPath(new URL("../../../target/tmp/corpus", import.meta.url));
const cases = JSON.parse(readFileSync(join(folder, "corpus.json"), "utf8")) as Case[];

test("the corpus breaks every one of the twelve checks", () => {
  const broken = new Set(cases.map(({ check }) => check));
  for (let check = 1; check <= 12; check++) assert.ok(broken.has(`V${check}`), `V${check}`);
  assert.ok(broken.has(null));
});

for (const { name, check, entry, receipts, totals, voters } of cases) {
  test(`corpus ${name}: ${check ?? "holds"}`, () => {
    const report = audit(readArchive(join(folder, `${name}.zip`)), { receipts: parseReceipts(utf8(JSON.stringify(receipts))) });
    const failed = report.checks.filter(({ status }) => status === "fails");
    assert.deepEqual(failed.map((each) => each.check), check === null ? [] : [check], JSON.stringify(failed));
    assert.equal(report.holds, check === null);
    if (check !== null) assert.equal(failed[0]?.failures[0]?.entry ?? null, entry);
    else assert.deepEqual([report.totals ?? null, report.slots], [totals, voters]);
  });
}
