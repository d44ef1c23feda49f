// When the entries of the count are accepted (sections 5, 7 and 8): report, fix, sums, result.

import { concat, equal, Invalid, Reader, u64 } from "./bytes.js";
import { provenReason, readComplaint } from "./complaint.js";
import type { Election, ProvenComplaint } from "./election.js";
import type { Entry } from "./entry.js";
import { sha256 } from "./hash.js";
import { quorum, type Teller } from "./manifest.js";
import { decoding, must } from "./refusal.js";
import { bucketIndex, bucketsOf, commitmentsOf, countedHash, decodeSums, interpolate, perGroup, sumsHold } from "./tally.js";

export function report(election: Election, { body }: Entry): void {
  const { manifest, close } = election;
  must(close !== undefined, "V4", "a report before the close entry");
  const { j, number, hash, length } = decoding("V8", "report", () => {
    const reader = new Reader(body);
    const j = reader.u8();
    const size = reader.u64();
    const root = reader.take(32);
    const fields = { j, number: reader.u32(), hash: reader.take(32), length: reader.u32() };
    const signed = reader.before();
    const signature = reader.take(64);
    reader.end();
    const { sign } = tellerOf(election, j);
    must(sign.signed(signature, "isoloir/v1/report", manifest.id, signed), "V8", "the teller's signature is wrong");
    must(size === BigInt(close + 1), "V8", `a report about size ${size}, the log was closed at ${close + 1}`);
    must(equal(root, election.tree.rootAt(close + 1)), "V8", "a report about another closing root");
    return fields;
  });
  must(!election.reports.has(j), "V4", `a second report of teller ${j}`);
  const complaints = checkComplaints(election, j, number, election.dataOf(hash, length, "V8"));
  if (election.fix !== undefined) {
    must(complaints.every(({ reason }) => reason === "missing"), "V8", "a complaint of type 1 or 2 after the fix entry");
  }
  election.reports.add(j);
  election.complaints.push(...complaints);
}

function tellerOf(election: Election, j: number): Teller {
  const teller = election.manifest.tellers[j - 1];
  if (teller === undefined) throw new Invalid(`there is no teller ${j}`);
  return teller;
}

function checkComplaints(election: Election, j: number, number: number, data: Uint8Array): ProvenComplaint[] {
  const current = new Map(election.currentAtClose.map((ballot) => [BigInt(ballot.index), ballot]));
  const reader = new Reader(data);
  const proven: ProvenComplaint[] = [];
  let last = -1n;
  while (reader.left > 0) {
    const complaint = decoding("V8", `complaint ${proven.length}`, () => readComplaint(reader));
    const what = `complaint about entry ${complaint.index}`;
    must(complaint.index > last, "V8", `${what}: not in increasing order`);
    const ballot = current.get(complaint.index);
    must(ballot !== undefined, "V8", `${what}: not the current ballot of a slot`);
    const reason = decoding("V8", what, () => provenReason(election.manifest, election.ballotOf(ballot), j, complaint));
    proven.push({ index: ballot.index, teller: j, reason });
    last = complaint.index;
  }
  must(proven.length === number, "V8", `${proven.length} complaints where the report tells ${number}`);
  return proven;
}

export function fix(election: Election, { index, time, body }: Entry): void {
  const { manifest } = election;
  must(election.close !== undefined, "V4", "a fix entry before the close entry");
  must(election.fix === undefined, "V4", "a second fix entry");
  must(body.length === 0, "V4", "a fix entry with a body");
  const reports = election.reports.size;
  const inTime = time >= election.closeTime + manifest.reportWindow;
  const enough = reports === manifest.tellers.length || (reports >= quorum(manifest) && inTime);
  must(enough, "V4", `fixed with ${reports} reports ${time - election.closeTime} ms after the close entry`);
  election.fix = index;
  const voided = new Set(election.complaints.filter(({ reason }) => reason !== "missing").map((complaint) => complaint.index));
  election.counted = election.currentAtClose.filter((ballot) => !voided.has(ballot.index));
  election.commitments = commitmentsOf(manifest, election.counted, buckets(election));
}

/** The groups of each bucket; none before the close entry. */
export function buckets(election: Election): number[][] {
  return bucketsOf(election.manifest.smallestGroup, perGroup(election.manifest, election.currentAtClose));
}

/** Too few ballots are current to count them without revealing votes. */
export function tooFew(election: Election): boolean {
  return election.currentAtClose.length < election.manifest.smallestGroup;
}

/** Weights so rare in a bucket that totals may reveal the votes of those who hold them. */
export function rareWeights(election: Election): { bucket: number; weight: bigint; ballots: number }[] {
  const all = buckets(election);
  const bucketOf = bucketIndex(all);
  const held = all.map(() => new Map<bigint, number>());
  for (const { slot } of election.currentAtClose) {
    const weights = held[bucketOf.get(slot.group) as number] as Map<bigint, number>;
    weights.set(slot.weight, (weights.get(slot.weight) ?? 0) + 1);
  }
  const { smallestGroup } = election.manifest;
  return held.flatMap((weights, bucket) => {
    const rare = [...weights].filter(([, ballots]) => ballots < smallestGroup);
    return rare.map(([weight, ballots]) => ({ bucket, weight, ballots }));
  });
}

export function sums(election: Election, { body }: Entry): void {
  const { manifest, fix } = election;
  must(fix !== undefined, "V4", "sums before the fix entry");
  must(!tooFew(election), "V4", "sums though too few ballots are current");
  const { j, counted, hash, length } = decoding("V10", "sums", () => {
    const reader = new Reader(body);
    const fields = { j: reader.u8(), counted: reader.take(32), hash: reader.take(32), length: reader.u32() };
    const signed = reader.before();
    const signature = reader.take(64);
    reader.end();
    const { sign } = tellerOf(election, fields.j);
    must(sign.signed(signature, "isoloir/v1/sums", manifest.id, signed), "V10", "the teller's signature is wrong");
    return fields;
  });
  must(election.reports.has(j), "V4", `sums of teller ${j}, who has not reported`);
  must(election.sums.every(({ teller }) => teller !== j), "V4", `second sums of teller ${j}`);
  const expected = countedHash(election.tree.rootAt(fix + 1), election.counted);
  must(equal(counted, expected), "V9", `teller ${j} counted another set of ballots, or under another root`);
  const data = election.dataOf(hash, length, "V10");
  const values = decoding("V10", "sums", () => decodeSums(manifest, buckets(election).length, data));
  must(sumsHold({ teller: j, values }, election.commitments), "V10", `the sums of teller ${j} do not open the commitments`);
  election.sums.push({ teller: j, values });
  if (election.sums.length === manifest.threshold) {
    election.totals = decoding("V11", "result", () => interpolate(election.sums, election.commitments));
  }
}

export function result(election: Election, { index, body }: Entry): void {
  must(election.result === undefined, "V4", "a second result");
  must(election.totals !== undefined, "V4", `a result before the sums of ${election.manifest.threshold} tellers`);
  const expected = concat(...election.totals.flat(2).map(u64));
  const { hash, length } = decoding("V11", "result", () => {
    const reader = new Reader(body);
    const fields = { hash: reader.take(32), length: reader.u32() };
    reader.end();
    return fields;
  });
  must(equal(hash, sha256(expected)) && length === expected.length, "V11", "the published totals are not those of the sums");
  election.dataOf(hash, length, "V11");
  election.result = index;
}
