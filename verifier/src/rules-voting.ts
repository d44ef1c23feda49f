// When the entries of the vote are accepted (section 5): ballot, replacement, notice, close.

import { challenge, decodeBallot, NONE } from "./ballot.js";
import { characters, Invalid, Reader, text } from "./bytes.js";
import { allHold } from "./commitment.js";
import type { Election } from "./election.js";
import type { Entry } from "./entry.js";
import type { Named } from "./manifest.js";
import { decoding, must } from "./refusal.js";
import { possession, readKeyPart, slotKey } from "./roll.js";

const MINUTE = 60_000n;
const HOUR = 60n * MINUTE;

export function ballot(election: Election, { index, time, body }: Entry): void {
  const { manifest } = election;
  must(election.open !== undefined, "V4", "a ballot before the opening");
  must(election.close === undefined, "V4", "a ballot after the close entry");
  must(!election.suspended, "V4", "a ballot while the vote is suspended");
  must(time >= manifest.opens && time < election.end, "V4", "a ballot outside the time to vote");
  const decoded = decoding("V5", "encoding", () => decodeBallot(manifest, body));
  const slot = election.slots.get(decoded.slot);
  must(slot !== undefined, "V5", `there is no slot ${decoded.slot}`);
  const current = slot.current === undefined ? NONE : BigInt(slot.current.index);
  const told = decoded.supersedes;
  must(told === current, "V6", `supersedes is ${shown(told)}, the current ballot of slot ${slot.slot} is ${shown(current)}`);
  must(manifest.revote || slot.current === undefined, "V4", `a second ballot of slot ${slot.slot}, and revoting is off`);
  const { key } = slot;
  const commitments = decoded.answers.map(({ B, V }) => ({ B: B.point, V: V.map(({ point }) => point) }));
  election.accept({ index, slot, key, x: challenge(manifest, key.bytes, decoded), commitments }, decoded);
}

function shown(index: bigint): string {
  return index === NONE ? "none" : String(index);
}

export function replacement(election: Election, { index, time, body }: Entry): void {
  const { manifest } = election;
  must(election.rollComplete, "V4", "a replacement before all roll parts");
  must(election.close === undefined, "V4", "a replacement after the close entry");
  decoding("V7", "replacement", () => {
    const reader = new Reader(body);
    const number = reader.u32();
    const p = reader.u8();
    const part = readKeyPart(reader);
    const after = reader.u64();
    const signedAt = reader.u64();
    const signed = reader.before();
    const signature = reader.take(64);
    reader.end();
    const slot = election.slots.get(number);
    const registrar = manifest.registrars[p] as Named | undefined;
    if (slot === undefined || registrar === undefined) throw new Invalid(`there is no slot ${number} of registrar ${p}`);
    must(registrar.sign.signed(signature, "isoloir/v1/replace", manifest.id, signed), "V7", "the registrar's signature is wrong");
    checkFresh(after, slot.replaced[p] ?? 0, index, signedAt, time, 24n * HOUR);
    const proof = possession(manifest.rollScope, p, registrar.sign.bytes, number, part);
    must(allHold([proof]), "V7", "the proof of possession is wrong");
    const parts = slot.parts.with(p, part.key);
    const key = slotKey(parts);
    must(!key.point.is0(), "V7", `the key of slot ${number} is the identity`);
    slot.parts = parts;
    slot.key = key;
    slot.replaced[p] = index + 1;
  });
}

/** `after` lies between the last entry of its sort and the log's size, and the signature is neither old nor from the future. */
function checkFresh(after: bigint, least: number, most: number, signedAt: bigint, time: bigint, oldest: bigint): void {
  must(after >= BigInt(least) && after <= BigInt(most), "V7", `after is ${after}, allowed are ${least} to ${most}`);
  must(signedAt + oldest >= time, "V7", `signed ${time - signedAt} ms before the entry's time`);
  must(signedAt <= time + 10n * MINUTE, "V7", `signed ${signedAt - time} ms after the entry's time`);
}

export function notice(election: Election, { index, time, body }: Entry): void {
  const { manifest } = election;
  must(election.open !== undefined, "V4", "a notice before the opening");
  const { what, closes } = decoding("V7", "notice", () => {
    const reader = new Reader(body);
    const fields = { what: reader.u8(), closes: reader.u64() };
    const after = reader.u64();
    const signedAt = reader.u64();
    const message = text(reader.take(reader.u32()));
    const signed = reader.before();
    const signature = reader.take(64);
    reader.end();
    if (fields.what < 1 || fields.what > 4) throw new Invalid(`unknown sort ${fields.what}`);
    if (fields.what === 3 ? fields.closes >= 2n ** 53n : fields.closes !== 0n) throw new Invalid("a closing time that may not be there");
    if (characters(message) > 2000) throw new Invalid("a text of more than 2,000 characters");
    must(manifest.organiser.sign.signed(signature, "isoloir/v1/notice", manifest.id, signed), "V7", "the organiser's signature is wrong");
    checkFresh(after, election.noticed, index, signedAt, time, HOUR);
    return fields;
  });
  must(what === 4 || election.close === undefined, "V4", "a notice that is no message after the close entry");
  if (what === 1) must(!election.suspended, "V4", "suspended already");
  if (what === 2) must(election.suspended, "V4", "not suspended");
  if (what === 3) {
    must(time < election.end, "V4", "an extension after the end");
    must(closes > election.closingTime, "V4", "not a later closing time");
    election.closingTime = closes;
  }
  if (what === 1 || what === 2) election.suspended = what === 1;
  election.noticed = index + 1;
}

export function close(election: Election, { index, time, body }: Entry): void {
  must(election.open !== undefined, "V4", "a close entry before the opening");
  must(election.close === undefined, "V4", "a second close entry");
  must(body.length === 0, "V4", "a close entry with a body");
  must(time >= election.end, "V4", "closed before the end");
  election.close = index;
  election.closeTime = time;
  const slots = [...election.slots.values()].sort((a, b) => a.slot - b.slot);
  election.currentAtClose = slots.flatMap(({ current }) => current ?? []);
}
