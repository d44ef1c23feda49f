import assert from "node:assert/strict";
import test from "node:test";
import { hex, unhex, utf8 } from "../src/bytes.js";
import { openCheckpoint } from "../src/checkpoint.js";
import { parseManifest } from "../src/manifest.js";
import { checkReceipt, parseReceipts, receiptCode } from "../src/receipt.js";
import { VerifyingKey } from "../src/signature.js";
import { assertInvalid, vector } from "./vectors.js";

interface CheckpointVectors {
  origin: string;
  log_key: string;
  size: number;
  root: string;
  note: string;
  note_with_another_signature: string;
  witness: {
    name: string;
    sign: string;
    seconds: number;
    note: string;
    note_with_wrong_cosignature: string;
    note_with_wrong_and_good_cosignature: string;
  };
  invalid: { why: string; note: string }[];
}

const checkpoints = vector<CheckpointVectors>("checkpoint");
const { witness } = checkpoints;
const signers = {
  origin: checkpoints.origin,
  logKey: new VerifyingKey(unhex(checkpoints.log_key)),
  witnesses: [{ name: witness.name, sign: new VerifyingKey(unhex(witness.sign)) }],
};

function opened(note: string): { cosigned: number[]; wrong: number } {
  const { size, root, cosignatures, wrong } = openCheckpoint(utf8(note), signers);
  assert.equal(size, checkpoints.size);
  assert.equal(hex(root), checkpoints.root);
  return { cosigned: cosignatures.map(({ seconds }) => Number(seconds)), wrong: wrong.length };
}

test("a checkpoint, alone and with a line of an unknown signer", () => {
  assert.deepEqual(opened(checkpoints.note), { cosigned: [], wrong: 0 });
  assert.deepEqual(opened(checkpoints.note_with_another_signature), { cosigned: [], wrong: 0 });
});

test("cosignatures, right and wrong", () => {
  assert.deepEqual(opened(witness.note), { cosigned: [witness.seconds], wrong: 0 });
  assert.deepEqual(opened(witness.note_with_wrong_cosignature), { cosigned: [], wrong: 1 });
  const both = opened(witness.note_with_wrong_and_good_cosignature);
  assert.equal(both.cosigned.length, 1);
  assert.equal(both.wrong, 1);
});

test("a cosignature of another length is ignored and counted as wrong", () => {
  const line = /— witness[^ ]* (.*)\n$/.exec(witness.note);
  assert.ok(line);
  const longer = Buffer.concat([Buffer.from(line[1] ?? "", "base64"), Buffer.from([0])]).toString("base64");
  assert.deepEqual(opened(witness.note.replace(line[1] ?? "", longer)), { cosigned: [], wrong: 1 });
});

test("a second, wrong line under the log's own name and key is an error", () => {
  const line = /\n— [^ ]* (.*)\n$/.exec(checkpoints.note);
  assert.ok(line);
  const wrong = Buffer.from(line[1] ?? "", "base64");
  wrong[20] = (wrong[20] ?? 0) ^ 1;
  assertInvalid(() => opened(`${checkpoints.note}— ${checkpoints.origin} ${wrong.toString("base64")}\n`));
});

test("a line of an unknown signer is ignored, and one that is no line is an error", () => {
  const { note } = checkpoints;
  for (const line of ["— name AAAAAAAA", "— näme/1 AAAAAA=="]) assert.deepEqual(opened(`${note}${line}\n`), { cosigned: [], wrong: 0 }, line);
  const wrong = [
    "", "—", "- name AAAAAAAA", "— name", "—  AAAAAAAA", "— a+b AAAAAAAA", "— a\u{a0}b AAAAAAAA", "— a\u{85}b AAAAAAAA", "— a\u{2028}b AAAAAAAA", "— a\tb AAAAAAAA",
    "— name AAAA AAAA", "— name AAAAAAA", "— name AAA=", "— name AAAAAA==AA", "— name AAAAAAAA ", "— name AAAAAAAA\r",
  ];
  for (const line of wrong) assertInvalid(() => opened(`${note}${line}\n`));
  assertInvalid(() => opened(`${note}— name AAAAAAAA`));
});

test("a note has at most 2^20 bytes", () => {
  const { note } = checkpoints;
  const room = 2 ** 20 - utf8(note).length;
  const filled = (length: number): string => `${note}— ${"n".repeat(length - utf8("—  AAAAAAAA\n").length)} AAAAAAAA\n`;
  assert.deepEqual(opened(filled(room)), { cosigned: [], wrong: 0 });
  assertInvalid(() => opened(filled(room + 1)));
});

for (const { why, note } of checkpoints.invalid) {
  test(`a checkpoint that is refused: ${why}`, () => assertInvalid(() => openCheckpoint(utf8(note), signers)));
}

interface ReceiptVectors {
  K: string;
  receipt: { code: string };
  invalid: { changed: string; receipt: unknown }[];
}

const receipts = vector<ReceiptVectors>("receipt");
const manifest = parseManifest(utf8(vector<{ manifest: string }>("election").manifest));

/** Everything about a receipt that needs no replay, with the slot's key told. */
function check(receipt: unknown): void {
  for (const parsed of parseReceipts(utf8(JSON.stringify(receipt)))) {
    const { leaf, code } = checkReceipt(manifest, parsed);
    if (receiptCode(manifest, unhex(receipts.K), leaf) !== code) throw new Error("another code");
  }
}

test("a receipt, and a list of them", () => {
  check(receipts.receipt);
  check([receipts.receipt, receipts.receipt]);
});

for (const [i, { changed, receipt }] of receipts.invalid.entries()) {
  test(`a receipt that is refused: ${i}, ${changed}`, () => assert.throws(() => check(receipt)));
}
