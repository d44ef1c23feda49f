// Each rule of the log at its bounds, on elections made here and signed anew, so that only that rule decides.

import assert from "node:assert/strict";
import test from "node:test";
import { audit, type AuditReport } from "../src/audit.js";
import { concat, u32, u64, u8 } from "../src/bytes.js";
import { reduce } from "../src/group.js";
import { closed, CLOSES, counted, END, fixed, KIND, Maker, MINUTE, OPENS, random, row, voted } from "./maker.js";

const NOTHING = new Uint8Array(0);

function failed({ checks }: AuditReport): string[] {
  return checks.filter(({ status }) => status === "fails").map(({ check }) => check);
}

/** A step on an election made by the given start; the checks it must fail. */
function rule(name: string, start: () => Maker, step: (maker: Maker) => unknown, ...expected: string[]): void {
  test(`${expected.join(", ") || "accepted"}: ${name}`, () => {
    const maker = start();
    step(maker);
    const report = audit(maker.archive());
    assert.deepEqual(failed(report), expected, JSON.stringify(report.checks.filter(({ status }) => status === "fails")));
    assert.equal(report.holds, expected.length === 0);
  });
}

const empty = (): Maker => new Maker([row(1), row(2), row(3), row(9, 1)]);
const opened = (): Maker => empty().setUp();
const A = [[1, 0]];
const complaint = (index: number, type = 3): Uint8Array => concat(u64(index), u8(type), u32(0));

rule("a whole election", counted, () => undefined);
rule("a log with nothing but its manifest", empty, () => undefined);

rule("a second manifest", opened, (maker) => maker.leaves.push(maker.leaves[0] as Uint8Array), "V4");
rule("an entry earlier than the one before", opened, (maker) => maker.notice(4) && maker.push(KIND.ballot, NOTHING, OPENS - 1), "V4");
rule("an entry of unknown kind", opened, (maker) => maker.push(13, NOTHING), "V1");
rule("a leaf too short", opened, (maker) => maker.leaves.push(Uint8Array.of(8)), "V1");

rule("a registrar's second consent", opened, (maker) => maker.consent(2, 0));
rule("a drill after the root of the first consent", opened, (maker) => maker.consent(1, 1, 2));
rule("a drill after a root before the first consent", opened, (maker) => maker.consent(1, 1, 1), "V2");
rule("a drill after the close entry", closed, (maker) => maker.consent(1, 1), "V4");
rule("a consent of nobody", opened, (maker) => maker.push(KIND.consent, concat(u8(1), u8(4), new Uint8Array(168))), "V2");
rule("a consent of role 3", opened, (maker) => maker.push(KIND.consent, concat(u8(3), u8(0), new Uint8Array(104))), "V2");

rule("a second roll part of a registrar", () => empty(), (maker) => maker.rollPart(0) && maker.rollPart(0), "V4");
rule("a roll part whose data are not there", () => empty(), (maker) => maker.rollPart(0) && maker.data.clear(), "V3");
rule("a roll part after the opening", opened, (maker) => maker.rollPart(0), "V4");
rule("a second opening", opened, (maker) => maker.open(), "V4");
rule("data that no entry names", counted, (maker) => maker.keep(Uint8Array.of(1)));

const identity = random();
rule("key parts that add up to the identity", () => new Maker([row(1, 0, 1, [identity, reduce(-identity)])]), (maker) => maker.rollPart(0) && maker.rollPart(1), "V3");

rule("a ballot at the opening time", opened, (maker) => maker.ballot(1, A, OPENS));
rule("a ballot a millisecond before the opening time", opened, (maker) => maker.ballot(1, A, OPENS - 1), "V4");
rule("a ballot a millisecond before the end", opened, (maker) => maker.ballot(1, A, END - 1));
rule("a ballot at the end", opened, (maker) => maker.ballot(1, A, END), "V4");
rule("a ballot after the close entry", closed, (maker) => maker.ballot(1, A), "V4");
rule("a ballot before the open entry", empty, (maker) => maker.ballot(1, A, OPENS), "V4");
rule("a second ballot", voted, (maker) => maker.ballot(1, [[0, 1]]));
rule("a second ballot where revoting is off", () => voted({ revote: false }), (maker) => maker.ballot(1, [[0, 1]]), "V4");
rule("a second ballot that tells of none before", voted, (maker) => maker.current.delete(1) && maker.ballot(1, A), "V6");
rule("a ballot that supersedes another slot's", voted, (maker) => maker.current.set(1, maker.current.get(2) ?? 0) && maker.ballot(1, A), "V6");
rule("a ballot of no slot", opened, (maker) => maker.rows.push(row(4)) && maker.ballot(4, A), "V5");
rule("a ballot signed with other keys", opened, (maker) => maker.push(KIND.ballot, maker.ballotBody(1, A, { keys: [random(), random()] }).body), "V5");
rule("a ballot with bytes left over", opened, (maker) => maker.push(KIND.ballot, concat(maker.ballotBody(1, A).body, u8(0))), "V5");
rule("three options of two", () => opened(), (maker) => maker.push(KIND.ballot, maker.ballotBody(1, [[1, 2]]).body), "V5");

rule("a replacement, then a ballot with the new code", voted, (maker) => maker.replacement(1, 0, random()) && maker.ballot(1, A));
rule("a replacement before the opening", empty, (maker) => maker.rollPart(0) && maker.rollPart(1) && maker.replacement(1, 0, random()));
rule("a replacement before all roll parts", empty, (maker) => maker.rollPart(0) && maker.replacement(1, 0, random()), "V4");
rule("a replacement after the close entry", closed, (maker) => maker.replacement(1, 0, random()), "V4");
rule("a ballot with the old code after a replacement", voted, (maker) => {
  const { keys } = maker.row(1);
  maker.replacement(1, 0, random());
  maker.row(1).keys = keys;
  maker.ballot(1, A);
}, "V5");
rule("a replacement put again", opened, (maker) => {
  maker.replacement(1, 0, random());
  maker.leaves.push(maker.leaves.at(-1) as Uint8Array);
}, "V7");
rule("a replacement of no slot", opened, (maker) => maker.push(KIND.replacement, maker.replacementBody(4, 0, random())), "V7");
rule("a replacement of no registrar", opened, (maker) => maker.push(KIND.replacement, maker.replacementBody(1, 2, random())), "V7");
rule("a replacement signed 24 hours before", opened, (maker) => maker.push(KIND.replacement, maker.replacementBody(1, 0, random(), 0, OPENS - 24 * 60 * MINUTE)));
rule("a replacement signed 10 minutes after", opened, (maker) => maker.push(KIND.replacement, maker.replacementBody(1, 0, random(), maker.size, OPENS + 10 * MINUTE)));
rule("a replacement after a larger log", opened, (maker) => maker.push(KIND.replacement, maker.replacementBody(1, 0, random(), maker.size + 1)), "V7");

rule("a notice before the opening", empty, (maker) => maker.notice(4), "V4");
rule("suspended and resumed", opened, (maker) => maker.notice(1) && maker.notice(2) && maker.ballot(1, A));
rule("suspended twice", opened, (maker) => maker.notice(1) && maker.notice(1), "V4");
rule("resumed though not suspended", opened, (maker) => maker.notice(2), "V4");
rule("closed while suspended", opened, (maker) => maker.notice(1) && maker.close());
rule("an extension and a ballot in it", opened, (maker) => maker.notice(3, CLOSES + 60 * MINUTE) && maker.ballot(1, A, END + 1));
rule("an extension and a close entry at the old end", opened, (maker) => maker.notice(3, CLOSES + 60 * MINUTE) && maker.close(END), "V4");
rule("an extension to the same time", opened, (maker) => maker.notice(3, CLOSES), "V4");
rule("an extension just before the end", opened, (maker) => (maker.time = END - 1) && maker.notice(3, CLOSES + 1));
rule("an extension at the end", opened, (maker) => (maker.time = END) && maker.notice(3, CLOSES + 1), "V4");
rule("an extension to 2^53", opened, (maker) => maker.notice(3, 2 ** 53), "V7");
rule("a message with a closing time", opened, (maker) => maker.notice(4, 1), "V7");
rule("a notice of unknown sort", opened, (maker) => maker.notice(5), "V7");
rule("a message of 2,000 characters", opened, (maker) => maker.push(KIND.notice, maker.noticeBody(4, 0, { text: "🗳".repeat(2000) })));
rule("a message of 2,001 characters", opened, (maker) => maker.push(KIND.notice, maker.noticeBody(4, 0, { text: "a".repeat(2001) })), "V7");
rule("a notice put again", opened, (maker) => maker.notice(4) && maker.leaves.push(maker.leaves.at(-1) as Uint8Array), "V7");
rule("a notice signed an hour before", opened, (maker) => maker.push(KIND.notice, maker.noticeBody(4, 0, { signedAt: OPENS - 60 * MINUTE })));
rule("a notice signed an hour and a millisecond before", opened, (maker) => maker.push(KIND.notice, maker.noticeBody(4, 0, { signedAt: OPENS - 60 * MINUTE - 1 })), "V7");
rule("a message after the result", counted, (maker) => maker.notice(4));
rule("an extension after the close entry", closed, (maker) => maker.notice(3, END + 1), "V4");
rule("a second close entry", closed, (maker) => maker.close(), "V4");
rule("a close entry with a body", opened, (maker) => maker.push(KIND.close, u8(0), END), "V4");

rule("a report before the close entry", voted, (maker) => maker.report(1), "V4");
rule("a second report of a teller", closed, (maker) => maker.report(1) && maker.report(1), "V4");
rule("a report of nobody", closed, (maker) => maker.report(4), "V8");
rule("a report of a missing box", closed, (maker) => maker.report(1, [complaint(maker.current.get(2) ?? 0)]));
rule("missing boxes in decreasing order", closed, (maker) => maker.report(1, [complaint(maker.current.get(2) ?? 0), complaint(maker.current.get(1) ?? 0)]), "V8");
rule("a missing box named twice", closed, (maker) => maker.report(1, [complaint(maker.current.get(2) ?? 0), complaint(maker.current.get(2) ?? 0)]), "V8");
rule("a complaint about a superseded ballot", voted, (maker) => {
  const old = maker.current.get(1) ?? 0;
  maker.ballot(1, A);
  maker.close();
  maker.report(1, [complaint(old)]);
}, "V8");
rule("a complaint whose data are not there", closed, (maker) => maker.report(1, [complaint(maker.current.get(2) ?? 0)]) && maker.data.delete([...maker.data.keys()].at(-1) ?? ""), "V8");
rule("a late report of a missing box", closed, (maker) => {
  maker.report(1);
  maker.report(2);
  maker.fix(END + 60 * MINUTE);
  maker.report(3, [complaint(maker.current.get(2) ?? 0)]);
  maker.sums(3);
});

rule("fixed with all reports at once", fixed, () => undefined);
rule("fixed with a quorum after the window", closed, (maker) => maker.report(1) && maker.report(2) && maker.fix(END + 60 * MINUTE));
rule("fixed with a quorum a millisecond early", closed, (maker) => maker.report(1) && maker.report(2) && maker.fix(END + 60 * MINUTE - 1), "V4");
rule("fixed with less than a quorum", closed, (maker) => maker.report(1) && maker.fix(END + 60 * MINUTE), "V4");
rule("two of three reports without two witnesses", () => closed({ witnesses: [], witness_quorum: 0 }), (maker) => maker.report(1) && maker.report(2) && maker.fix(END + 60 * MINUTE), "V4");
rule("three of three reports without witnesses", () => counted({ witnesses: [], witness_quorum: 0 }), () => undefined);

rule("sums of a teller who has not reported", closed, (maker) => maker.report(1) && maker.report(2) && maker.fix(END + 60 * MINUTE) && maker.sums(3), "V4");
rule("second sums of a teller", fixed, (maker) => maker.sums(1) && maker.sums(1), "V4");
rule("late sums", counted, (maker) => maker.sums(2));
rule("a result after too few sums", fixed, (maker) => maker.sums(1) && maker.result([3, 2]), "V4");
rule("a second result", counted, (maker) => maker.result([3, 2]), "V4");
rule("a result with a vote more", fixed, (maker) => maker.sums(1) && maker.sums(2) && maker.result([4, 2]), "V11");
rule("sums where too few ballots are current", () => fixed({ smallest_group: 5 }), (maker) => maker.sums(1), "V4");
rule("nothing more where too few ballots are current", () => fixed({ smallest_group: 5 }), () => undefined);
rule("each group its bucket", () => fixed({ smallest_group: 1 }), (maker) => maker.sums(1) && maker.sums(2) && maker.result([2, 1, 1, 1]));
