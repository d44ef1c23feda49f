// When the entries up to the opening are accepted (section 5): manifest, consent, roll part, open.

import { equal, Invalid, Reader, u64, u8 } from "./bytes.js";
import { Edwards, edwardsPoint, proofHolds } from "./edwards.js";
import type { Election } from "./election.js";
import type { Entry } from "./entry.js";
import { scalar } from "./group.js";
import { hashToScalar } from "./hash.js";
import { parseManifest, type Manifest } from "./manifest.js";
import { decoding, must } from "./refusal.js";
import { decodeRollPart, slotKey, wrongPossessions, type RollRow } from "./roll.js";

/** The manifest of the first entry, with the organiser's signature. */
export function readManifest({ kind, body }: Entry): Manifest {
  must(kind === "manifest", "V4", "the first entry is not a manifest");
  return decoding("V2", "manifest", () => {
    const reader = new Reader(body);
    const manifest = parseManifest(reader.take(reader.u32()));
    const signature = reader.take(64);
    reader.end();
    const { sign } = manifest.organiser;
    if (!sign.signed(signature, "isoloir/v1/manifest", manifest.bytes)) throw new Invalid("the organiser's signature is wrong");
    return manifest;
  });
}

export function consent(election: Election, { index, body }: Entry): void {
  must(election.close === undefined, "V4", "a consent after the close entry");
  decoding("V2", "consent", () => {
    const { manifest } = election;
    const reader = new Reader(body);
    const role = reader.u8();
    const number = reader.u8();
    const teller = role === 1 ? manifest.tellers[number - 1] : undefined;
    const signer = teller ?? (role === 2 ? manifest.registrars[number] : undefined);
    if (signer === undefined) throw new Invalid(`there is no role ${role} with number ${number}`);
    const after = reader.u64();
    const root = reader.take(32);
    const proof = teller && { M: edwardsPoint(reader.take(32)), y: scalar(reader.take(32)) };
    const signed = reader.before();
    const signature = reader.take(64);
    reader.end();

    const who = `${role}.${number}`;
    const least = Math.max(1, election.consents.get(who) ?? 0);
    must(after >= BigInt(least) && after <= BigInt(index), "V2", `after is ${after}, allowed are ${least} to ${index}`);
    must(equal(root, election.tree.rootAt(Number(after))), "V2", `not the root at size ${after}`);
    must(signer.sign.signed(signature, "isoloir/v1/consent", manifest.id, signed), "V2", "the signature is wrong");
    if (teller && proof) {
      const fields = [u8(number), u64(after), root, teller.seal.bytes, proof.M.bytes];
      const c = hashToScalar("isoloir/v1/holds", manifest.id, ...fields);
      must(proofHolds(proof.y, Edwards.BASE, proof.M.point, c, teller.seal.point), "V2", "the proof of the seal key does not hold");
    }
    election.consents.set(who, index + 1);
  });
}

export function rollPart(election: Election, { body }: Entry): void {
  const { manifest } = election;
  const { p, hash, count } = decoding("V3", "roll part", () => {
    const reader = new Reader(body);
    const fields = { p: reader.u8(), hash: reader.take(32), count: reader.u32() };
    reader.end();
    if (fields.p >= manifest.registrars.length) throw new Invalid(`there is no registrar ${fields.p}`);
    return fields;
  });
  must(election.open === undefined, "V4", "a roll part after the opening");
  must(election.rollParts[p] === undefined, "V4", `a second roll part of registrar ${p}`);
  const bytes = election.dataOf(hash, undefined, "V3");
  const rows = decoding("V3", "roll part", () => decodeRollPart(manifest, p, bytes));
  must(rows.length === count, "V3", `the part has ${rows.length} rows, the entry tells ${count}`);
  const other = election.rollParts.find((part) => part !== undefined);
  if (other !== undefined) must(sameRows(rows, other.rows), "V3", "the rows differ from those of the other parts");
  const wrong = wrongPossessions(manifest, p, rows);
  must(wrong.length === 0, "V3", `wrong proofs of possession: slots ${wrong.join(", ")}`);
  election.rollParts[p] = { rows, hash };
  if (election.rollComplete) listSlots(election);
}

function sameRows(a: readonly RollRow[], b: readonly RollRow[]): boolean {
  const key = ({ slot, group, weight }: RollRow): string => `${slot}.${group}.${weight}`;
  return a.length === b.length && a.every((row, i) => key(row) === key(b[i] as RollRow));
}

/** Makes the slots once all their key parts are known. */
function listSlots(election: Election): void {
  const parts = election.rollParts.map((part) => part?.rows ?? []);
  for (const [i, { slot, group, weight }] of (parts[0] as RollRow[]).entries()) {
    const keys = parts.map((rows) => (rows[i] as RollRow).part.key);
    const key = slotKey(keys);
    must(!key.point.is0(), "V3", `the key of slot ${slot} is the identity`);
    election.slots.set(slot, { slot, group, weight, parts: keys, key, replaced: keys.map(() => 0), current: undefined });
  }
}

export function open(election: Election, { index, body }: Entry): void {
  const { manifest } = election;
  must(election.open === undefined, "V4", "a second open entry");
  const hashes = election.rollParts.map((part, p) => {
    must(part !== undefined, "V4", `the roll part of registrar ${p} is not there`);
    return part.hash;
  });
  manifest.tellers.forEach((_, i) => must(election.consents.has(`1.${i + 1}`), "V4", `teller ${i + 1} has not consented`));
  manifest.registrars.forEach((_, p) => must(election.consents.has(`2.${p}`), "V4", `registrar ${p} has not consented`));
  must(manifest.organiser.sign.signed(body, "isoloir/v1/open", manifest.id, ...hashes), "V4", "the organiser's signature is wrong");
  election.open = index;
  election.noticed = index + 1;
}
