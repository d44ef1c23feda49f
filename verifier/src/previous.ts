// The rules of a second round (section 3): codes stay those of the earlier election, and nobody's old key comes back.

import { equal, type Bytes } from "./bytes.js";
import type { Election } from "./election.js";
import type { Named } from "./manifest.js";
import { must } from "./refusal.js";

/** Slots that the earlier election did not list, and those that this one does not. */
export interface Rounds {
  newSlots: number[];
  goneSlots: number[];
}

/** Compares with the earlier elections, the latest first. */
export function compareRounds(election: Election, earlier: readonly Election[]): Rounds {
  const [latest, ...older] = earlier as [Election, ...Election[]];
  checkTies(election, latest);
  // Before all parts are there the roll lists nobody.
  if (!election.rollComplete) return { newSlots: [], goneSlots: [] };
  const rows = election.rollParts.map((part) => part?.rows ?? []);
  rows.forEach((part, p) => {
    for (const { slot, part: { key } } of part) {
      const before = latest.slots.get(slot)?.parts[p];
      const kept = before === undefined || equal(before.bytes, key.bytes);
      must(kept, "V3", `slot ${slot}: the key part of registrar ${p} is not the one at the end of the earlier election`);
      // Left out of a round since: the key parts of then must not return.
      const long = before === undefined ? older.find(({ slots }) => slots.has(slot))?.slots.get(slot)?.parts[p] : undefined;
      const renewed = long === undefined || !equal(long.bytes, key.bytes);
      must(renewed, "V3", `slot ${slot}: left out of a round, it returns with its old key part of registrar ${p}`);
    }
  });
  const listed = new Set(rows.flatMap((part) => part.map(({ slot }) => slot)));
  return {
    newSlots: [...listed].filter((slot) => !latest.slots.has(slot)),
    goneSlots: [...latest.slots.keys()].filter((slot) => !listed.has(slot)),
  };
}

function checkTies({ manifest }: Election, earlier: Election): void {
  const { registrars, rollScope, id } = earlier.manifest;
  const named = manifest.previous !== undefined && equal(manifest.previous, id);
  must(named, "V3", "the earlier archive is not of the election named in previous");
  must(earlier.close !== undefined, "V3", "the earlier election is not closed");
  must(equal(manifest.rollScope, rollScope), "V3", "another roll_scope than in the earlier election");
  const same = (p: number, key: Bytes): boolean => equal(key, (manifest.registrars[p] as Named).sign.bytes);
  const agree = registrars.length === manifest.registrars.length && registrars.every(({ sign }, p) => same(p, sign.bytes));
  must(agree, "V3", "other registrars than in the earlier election");
}
