// Witnesses, receipts and second rounds, on elections made here.

import assert from "node:assert/strict";
import test from "node:test";
import { audit, type AuditReport, type Options } from "../src/audit.js";
import type { Archive } from "../src/archive.js";
import { closed, counted, END, fixed, Maker, random, row, secretOf, voted, type Row } from "./maker.js";

function failed({ checks }: AuditReport): string[] {
  return checks.filter(({ status }) => status === "fails").map(({ check }) => check);
}

function expect(archive: Archive, options: Options, ...expected: string[]): AuditReport {
  const report = audit(archive, options);
  assert.deepEqual(failed(report), expected, JSON.stringify(report.checks.filter(({ status }) => status === "fails")));
  return report;
}

const A = [[1, 0]];
/** Seconds. */
const MINUTES = 60;

test("a closed log needs its witnesses on a checkpoint that contains the close entry", () => {
  const maker = closed();
  const { size, seconds } = maker;
  expect(maker.archive(maker.note(size, [seconds, undefined])), {}, "V1");
  expect(maker.archive(maker.note(size, []), [[size, maker.note(size)]]), {});
  expect(maker.archive(maker.note(size, []), [[size - 1, maker.note(size - 1)]]), {}, "V1");
  const open = voted();
  expect(open.archive(open.note(open.size, [])), {});
});

test("a log with sums needs them on one that contains the fix entry", () => {
  const maker = fixed();
  const fix = maker.size;
  expect(maker.archive(maker.note(fix, []), [[fix - 1, maker.note(fix - 1)]]), {});
  maker.sums(1);
  expect(maker.archive(maker.note(fix + 1, []), [[fix - 1, maker.note(fix - 1)]]), {}, "V1");
  expect(maker.archive(maker.note(fix + 1, []), [[fix, maker.note(fix)]]), {});
});

test("a witness objects beyond ten minutes", () => {
  const maker = voted();
  const now = maker.seconds;
  const size = maker.size;
  const at = (first: number, second: number): Archive => maker.archive(maker.note(size, [first, second]));
  assert.equal(expect(at(now - 10 * MINUTES, now), {}).objections, 0);
  assert.equal(expect(at(now - 10 * MINUTES - 1, now), {}).objections, 1);
  assert.equal(expect(at(now - 10 * MINUTES - 1, now - 10 * MINUTES - 1), {}, "V1").objections, 2);
  assert.equal(expect(at(now + 100 * MINUTES, now + 100 * MINUTES), {}).objections, 0);

  const before = maker.note(size, [now + 10 * MINUTES, now + 10 * MINUTES + 1]);
  maker.notice(4);
  assert.equal(expect(maker.archive(undefined, [[size, before]]), {}).objections, 1);
});

test("a kept checkpoint must have the size that its name tells", () => {
  const maker = voted();
  expect(maker.archive(undefined, [[3, maker.note(4)]]), {}, "V1");
  const archive = maker.archive();
  archive.checkpoints.set("03", maker.note(3));
  expect(archive, {}, "V1");
  expect({ ...maker.archive(), checkpoint: undefined }, {}, "V1");
});

test("a log whose checkpoint is of fewer entries", () => {
  const maker = voted();
  const note = maker.note();
  maker.notice(4);
  expect(maker.archive(note), {}, "V1");
});

test("receipts", () => {
  const maker = voted();
  const first = maker.receipt(maker.current.get(1) ?? 0);
  const third = maker.receipt(maker.current.get(3) ?? 0, undefined, maker.size - 1);
  const outcomes = (...expected: string[]): string[] =>
    expect(maker.archive(), { receipts: [first, third] }, ...expected).receipts.map(({ outcome }) => outcome);
  assert.deepEqual(outcomes(), ["current", "current"]);
  maker.ballot(1, A);
  assert.deepEqual(outcomes(), ["superseded", "current"]);
  maker.close();
  [1, 2, 3].forEach((j) => maker.report(j));
  maker.fix();
  assert.deepEqual(outcomes(), ["superseded", "counted"]);
  maker.push(13, new Uint8Array(0));
  assert.deepEqual(outcomes("V1"), ["not checked", "not checked"]);
});

test("the receipt of a ballot cast with a code that was replaced since", () => {
  const maker = voted();
  const { keys } = maker.row(1);
  maker.replacement(1, 0, random());
  const index = maker.current.get(1) ?? 0;
  expect(maker.archive(), { receipts: [maker.receipt(index, keys)] });
  expect(maker.archive(), { receipts: [maker.receipt(index)] }, "V12");
});

test("a receipt whose checkpoint shows another log", () => {
  const maker = voted();
  const archive = maker.archive();
  const index = maker.current.get(9) ?? 0;
  // The server gave the voter of slot 9 a log of their own.
  maker.leaves[index] = maker.leaves[index - 1] as Uint8Array;
  expect(archive, { receipts: [{ ...maker.receipt(index), slot: 3 }] }, "V1", "V12");
});

test("a receipt from a longer log than the archive's is checked as far as the archive goes", () => {
  const maker = voted();
  const archive = maker.archive();
  maker.notice(4);
  const report = expect(archive, { receipts: [maker.receipt(maker.current.get(1) ?? 0)] });
  assert.match(report.checks[11]?.notes.join() ?? "", /longer log/);
  const late = maker.receipt(maker.ballot(2, A));
  expect(archive, { receipts: [late] }, "V12");
});

test("a receipt's cosignatures object too", () => {
  const maker = voted();
  const receipt = maker.receipt(maker.current.get(1) ?? 0);
  const late = { ...receipt, checkpoint: maker.note(maker.size, [maker.seconds - 10 * MINUTES - 1, undefined]) };
  assert.equal(expect(maker.archive(), { receipts: [late] }).objections, 1);
});

/** A round that follows another, with these voters. */
function round(rows: Row[], number: number, previous?: Maker, changes: Record<string, unknown> = {}): Maker {
  const named = previous === undefined ? "" : Buffer.from(previous.manifest.id).toString("base64");
  const maker = new Maker(rows.map((each) => ({ ...each })), { title: { en: `Round ${number}` }, previous: named, ...changes }).setUp();
  maker.close(END);
  return maker;
}

const [one, two, three] = [row(1), row(2), row(3)];

test("a second round with the codes of the first", () => {
  const first = round([one, two], 1);
  const second = round([one, three], 2, first).archive();
  const report = expect(second, { earlier: [first.archive()] });
  assert.deepEqual([report.new_slots, report.gone_slots], [[3], [2]]);
  assert.match(expect(second, {}).checks[2]?.notes.join() ?? "", /not given/);
  assert.ok(audit(second).holds);
});

test("a key part replaced in the first round must be the new one in the second", () => {
  const first = new Maker([{ ...one }, { ...two }], { title: { en: "Round 1" } }).setUp();
  first.replacement(1, 1, random());
  first.close();
  expect(round([first.row(1), two], 2, first).archive(), { earlier: [first.archive()] });
  expect(round([one, two], 2, first).archive(), { earlier: [first.archive()] }, "V3");
});

test("what an earlier round must be", () => {
  const first = round([one, two], 1);
  const second = round([one, two], 2, first);
  const other = round([one, two], 7);
  expect(second.archive(), { earlier: [other.archive()] }, "V3");
  expect(other.archive(), { earlier: [first.archive()] }, "V3");
  expect(second.archive(), { earlier: [{ ...first.archive(), checkpoint: first.note(first.size, [], secretOf("root")) }] }, "V3");

  const open = new Maker([{ ...one }], { title: { en: "open" } }).setUp();
  expect(round([one], 2, open).archive(), { earlier: [open.archive()] }, "V3");
  const scope = Buffer.from(secretOf("another scope")).toString("base64");
  expect(round([one, two], 2, first, { roll_scope: scope }).archive(), { earlier: [first.archive()] }, "V3");
  const alone = { registrars: [{ name: "R", channel: "post", sign: Buffer.from(first.manifest.registrars[0]?.sign.bytes ?? []).toString("base64") }] };
  expect(round([one, two], 2, first, alone).archive(), { earlier: [first.archive()] }, "V3");
});

test("a chain of rounds: who was left out returns with new codes only", () => {
  const first = round([one, two], 1);
  const second = round([one], 2, first);
  const earlier = [first.archive(), second.archive()];
  const renewed = { ...two, keys: [random(), random()] };
  const half = { ...two, keys: [renewed.keys[0] as bigint, two.keys[1] as bigint] };
  expect(round([one, renewed], 3, second).archive(), { earlier });
  expect(round([one, half], 3, second).archive(), { earlier }, "V3");
  expect(round([one, two], 3, second).archive(), { earlier: earlier.toReversed() }, "V3");
  expect(round([one, two], 3, second).archive(), { earlier: earlier.slice(1) });
});

test("before all parts of the roll are there it lists nobody", () => {
  const first = round([one, two], 1);
  const half = new Maker([{ ...one }, { ...two }], { title: { en: "Round 2" }, previous: Buffer.from(first.manifest.id).toString("base64") });
  half.rollPart(0);
  const report = expect(half.archive(), { earlier: [first.archive()] });
  assert.deepEqual([report.slots, report.new_slots, report.gone_slots], [0, [], []]);
});

test("the figures of a counted election", () => {
  const report = expect(counted().archive(), {});
  assert.deepEqual(report.totals, [[[3, 2]]]);
  assert.deepEqual(report.buckets, [[0, 1]]);
  assert.equal(report.published, true);
  assert.equal(report.phase, "closed");
});
