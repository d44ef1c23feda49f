import assert from "node:assert/strict";
import test from "node:test";
import { audit, type AuditReport } from "../src/audit.js";
import { archiveOf, readArchive, type Archive } from "../src/archive.js";
import { checkBox } from "../src/box.js";
import { hex, unhex, utf8 } from "../src/bytes.js";
import { Election } from "../src/election.js";
import { decodeEntry } from "../src/entry.js";
import { factsOf } from "../src/facts.js";
import { scalarBytes } from "../src/group.js";
import { sha256 } from "../src/hash.js";
import { parseReceipts, type Receipt } from "../src/receipt.js";
import { replay } from "../src/replay.js";
import { readManifest } from "../src/rules-setup.js";
import { countedHash, lagrange } from "../src/tally.js";
import { Tree } from "../src/tree.js";
import { vector, VECTORS } from "./vectors.js";

interface Expected {
  name: string;
  previous?: string;
  receipts: { outcome: string; receipt: unknown }[];
  [fact: string]: unknown;
}

const read = (name: string): Archive => readArchive(`${VECTORS}elections/${name}`);
const receiptsOf = (receipts: unknown[]): Receipt[] => parseReceipts(utf8(JSON.stringify(receipts)));

function failed({ checks }: AuditReport): string[] {
  return checks.filter(({ status }) => status === "fails").map(({ check }) => check);
}

for (const name of ["plain", "complaint", "open"]) {
  const { name: _, previous, receipts, ...facts } = vector<Expected>(`elections/${name}`);
  const earlier = previous === undefined ? [] : [read(previous)];

  test(`election ${name}: an auditor finds what is told`, () => {
    const report = audit(read(name), { earlier });
    assert.deepEqual(failed(report), []);
    assert.ok(report.holds);
    for (const [fact, expected] of Object.entries(facts)) assert.deepEqual(report[fact as keyof AuditReport], expected, fact);
  });

  for (const [i, { outcome, receipt }] of receipts.entries()) {
    test(`election ${name}: receipt ${i} is ${outcome}`, () => {
      const report = audit(read(name), { receipts: receiptsOf([receipt]) });
      assert.deepEqual(failed(report), outcome === "void" ? ["V12"] : []);
      assert.equal(report.receipts[0]?.outcome, outcome === "void" ? "fails" : outcome);
      if (outcome === "void") assert.match(report.checks[11]?.failures[0]?.rule ?? "", /the ballot is void/);
      if (outcome === "superseded") assert.match(report.checks[11]?.notes.join() ?? "", /ALARM/);
    });
  }
}

test("a zip shows what its folder shows", () => {
  assert.deepEqual(audit(read("plain.zip")), audit(read("plain")));
});

interface Change {
  file: string;
  delete?: boolean;
  text?: string;
  hex?: string;
  splice?: { at: number; remove: number; insert: string }[];
}

interface Rejected {
  name: string;
  base: string;
  check: string;
  reason: string;
  previous?: string;
  changes: Change[];
  receipts?: unknown[];
}

function changed(base: Archive, changes: Change[]): Archive {
  const files = new Map<string, Uint8Array>([["entries.bin", base.entries]]);
  if (base.checkpoint) files.set("checkpoint", base.checkpoint);
  for (const [name, bytes] of base.checkpoints) files.set(`checkpoints/${name}`, bytes);
  for (const [name, bytes] of base.data) files.set(`data/${name}`, bytes);
  for (const { file, delete: gone, text, hex: whole, splice } of changes) {
    if (gone) assert.ok(files.delete(file));
    else if (text !== undefined) files.set(file, utf8(text));
    else if (whole !== undefined) files.set(file, unhex(whole));
    else files.set(file, spliced(files.get(file), splice ?? []));
  }
  return archiveOf(files);
}

function spliced(old: Uint8Array | undefined, splice: NonNullable<Change["splice"]>): Uint8Array {
  assert.ok(old);
  let bytes = Buffer.from(old);
  for (const { at, remove, insert } of splice.toReversed()) {
    bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(insert, "hex"), bytes.subarray(at + remove)]);
  }
  return bytes;
}

for (const { name, base, check, reason, previous, changes, receipts } of vector<Rejected[]>("elections-rejected")) {
  test(`${check} rejects ${name}: ${reason}`, () => {
    const archive = changed(read(base), changes);
    const report = audit(archive, { earlier: previous === undefined ? [] : [read(previous)], receipts: receiptsOf(receipts ?? []) });
    assert.ok(!report.holds);
    // A changed byte of a ballot is also a proof that fails, and a root that no report is about.
    const others = name === "entry-byte" ? ["V5", "V8"] : [];
    assert.deepEqual(failed(report), [check, ...others], JSON.stringify(report.checks.filter(({ status }) => status === "fails")));
    if (previous !== undefined) assert.ok(audit(archive).holds);
  });
}

interface WholeElection {
  entries: string[];
  data: string[];
  boxes: Record<string, string[]>;
  expected: {
    size: number;
    root: string;
    close_size: number;
    close_root: string;
    closing_code: string;
    counted: { index: number; slot: number; group: number; weight: number }[];
    fix_size: number;
    fix_root: string;
    counting_code: string;
    counted_hash: string;
    void: number[];
    buckets: number[][];
    sums: { teller: number; buckets: { F: string[]; gamma: string }[][] }[];
    lagrange: string[];
    totals: number[][][];
  };
}

test("the election of election.json, entry by entry", () => {
  const { entries, data, boxes, expected } = vector<WholeElection>("election");
  const leaves = entries.map(unhex);
  const decoded = leaves.map((leaf, index) => decodeEntry(index, leaf));
  const [first] = decoded;
  assert.ok(first);
  const manifest = readManifest(first);
  const files = new Map(data.map(unhex).map((bytes) => [hex(sha256(bytes)), bytes] as const));
  const election = new Election(manifest, leaves, new Tree(leaves), files);
  let done = 0;
  const stop = replay(election, decoded, (count) => (done = count));
  assert.equal(stop?.refusal.message, undefined);
  assert.equal(done, expected.size);
  assert.deepEqual(election.badBallots, []);

  const facts = factsOf(election);
  const { size, root, close_size, close_root, closing_code, fix_size, fix_root, counting_code, buckets, totals } = expected;
  const told = { size, root, close_size, close_root, closing_code, fix_size, fix_root, counting_code, buckets, totals };
  for (const [fact, value] of Object.entries(told)) assert.deepEqual(facts[fact as keyof typeof facts], value, fact);
  assert.deepEqual(facts.void.map(({ index }) => index), expected.void);
  const counted = election.counted.map(({ index, slot: { slot, group, weight } }) => ({ index, slot, group, weight: Number(weight) }));
  assert.deepEqual(counted, expected.counted);
  assert.equal(hex(countedHash(election.tree.rootAt(fix_size), election.counted)), expected.counted_hash);
  const sums = election.sums.map(({ teller, values }) => ({
    teller,
    buckets: values.map((bucket) => bucket.map(({ F, gamma }) => ({ F: F.map((value) => hex(scalarBytes(value))), gamma: hex(scalarBytes(gamma)) }))),
  }));
  assert.deepEqual(sums, expected.sums);
  assert.deepEqual(lagrange(sums.map(({ teller }) => teller)).map((value) => hex(scalarBytes(value))), expected.lagrange);

  for (const [index, ofBallot] of Object.entries(boxes)) {
    const accepted = election.ballots.get(Number(index));
    assert.ok(accepted);
    const of = election.ballotOf(accepted);
    ofBallot.forEach((box, i) => {
      assert.equal(hex(sha256(unhex(box))), hex(of.ballot.boxes[i] as Uint8Array));
      // Teller 1 complained about the box of a void ballot; malformed ones would never have been accepted.
      checkBox(manifest, of, i + 1, unhex(box));
    });
  }
});
