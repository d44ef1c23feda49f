// Folders, zips and the command.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { unzipSync, zipSync } from "fflate";
import { archiveOf, readArchive, readZip } from "../src/archive.js";
import { utf8 } from "../src/bytes.js";
import { assertInvalid, vector, VECTORS } from "./vectors.js";

const PLAIN = `${VECTORS}elections/plain`;
const files = unzipSync(readFileSync(`${PLAIN}.zip`));

test("a zip with its files at the top or in one folder", () => {
  const folder = readArchive(PLAIN);
  assert.deepEqual(readZip(zipSync(files)), archiveOf(Object.entries(files)));
  const inside = Object.fromEntries(Object.entries(files).map(([path, bytes]) => [`archive/${path}`, bytes]));
  assert.deepEqual(readZip(zipSync({ ...inside, "read me": utf8("hello") })).data.size, folder.data.size);
});

/** As a server writes a zip while it reads the files: all lengths are 64-bit fields, behind each file and in the directory. */
function streamed(all: Record<string, Uint8Array>): Buffer {
  const long = (...numbers: number[]): Buffer => Buffer.concat(numbers.map((number) => { const word = Buffer.alloc(8); word.writeBigUInt64LE(BigInt(number)); return word; }));
  const fields = (length: number, ...values: [at: number, value: number, bytes: 2 | 4][]): Buffer => {
    const part = Buffer.alloc(length);
    for (const [at, value, bytes] of values) part.writeUIntLE(value, at, bytes);
    return part;
  };
  const [bodies, directory]: [Buffer[], Buffer[]] = [[], []];
  let place = 0;
  for (const [path, bytes] of Object.entries(all)) {
    const name = Buffer.from(path);
    const extra = Buffer.concat([fields(4, [0, 1, 2], [2, 16, 2]), long(bytes.length, bytes.length)]);
    const before = fields(30, [0, 0x04034b50, 4], [6, 8, 2], [18, 0xffffffff, 4], [22, 0xffffffff, 4], [26, name.length, 2], [28, extra.length, 2]);
    const body = Buffer.concat([before, name, extra, bytes, fields(8, [0, 0x08074b50, 4]), long(bytes.length, bytes.length)]);
    directory.push(fields(46, [0, 0x02014b50, 4], [8, 8, 2], [20, 0xffffffff, 4], [24, 0xffffffff, 4], [28, name.length, 2], [30, extra.length, 2], [42, place, 4]), name, extra);
    bodies.push(body);
    place += body.length;
  }
  const list = Buffer.concat(directory);
  const count = Object.keys(all).length;
  return Buffer.concat([...bodies, list, fields(22, [0, 0x06054b50, 4], [8, count, 2], [10, count, 2], [12, list.length, 4], [16, place, 4])]);
}

test("a zip as a server sends it", () => {
  assert.deepEqual(readZip(streamed(files)), archiveOf(Object.entries(files)));
  const cut = streamed(files);
  cut.writeBigUInt64LE(1n << 40n, cut.lastIndexOf("data/") + 4 + 64 + 9);
  assertInvalid(() => readZip(cut));
});

test("a zip with two archives, two files of one name, none, or no zip at all", () => {
  assertInvalid(() => readZip(zipSync({ ...files, "b/entries.bin": files["entries.bin"] ?? utf8("") })));
  assertInvalid(() => readZip(zipSync({ "a/b/entries.bin": utf8("") })));
  assertInvalid(() => readZip(utf8("no zip")));
  const twice = Buffer.from(zipSync({ checkpoint: utf8("a"), checkpoinT: utf8("b"), "entries.bin": utf8("") }));
  for (let at = twice.indexOf("checkpoinT"); at >= 0; at = twice.indexOf("checkpoinT")) twice.write("checkpoint", at);
  assertInvalid(() => readZip(twice));
});

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = fileURLToPath(new URL("../src/cli.js", import.meta.url));
  return spawnSync(process.execPath, [command, ...args], { encoding: "utf8" });
}

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "isoloir-verify-"));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the command prints one line for each check and ends with 0", () => {
  const { status, stdout } = run(`${PLAIN}.zip`);
  assert.equal(status, 0);
  const lines = stdout.split("\n");
  for (let i = 0; i < 12; i++) assert.match(lines[i] ?? "", new RegExp(`^V${i + 1} +holds `));
  assert.match(stdout, /closing code {3}1RWP-Q0N3-K996-3G24-502N-5SES/);
  assert.match(stdout, /All checks hold\.\n$/);
});

test("the command names entry and rule of what fails and ends with 1", () => {
  inFolder((folder) => {
    cpSync(PLAIN, folder, { recursive: true });
    const entries = readFileSync(join(folder, "entries.bin"));
    entries[3548] = (entries[3548] ?? 0) ^ 1;
    writeFileSync(join(folder, "entries.bin"), entries);
    const { status, stdout } = run(folder);
    assert.equal(status, 1);
    assert.match(stdout, /^V1 +FAILS +checkpoint: another root/m);
    assert.match(stdout, /^V5 +FAILS +entry 10: slot 2: /m);
    assert.match(stdout, /^V11 +not checked +only checked up to entry 24/m);
    assert.match(stdout, /NOT ALL CHECKS HOLD\.\n$/);
  });
});

test("the command reads receipts and earlier archives and writes JSON", () => {
  inFolder((folder) => {
    const file = join(folder, "receipts.json");
    const { receipts } = vector<{ receipts: { receipt: unknown; outcome: string }[] }>("elections/open");
    writeFileSync(file, JSON.stringify(receipts.map(({ receipt }) => receipt)));
    const { status, stdout } = run(`${VECTORS}elections/open`, "--previous", PLAIN, "--receipt", file, "--json");
    assert.equal(status, 0);
    const report = JSON.parse(stdout) as { holds: boolean; receipts: { outcome: string }[]; new_slots: number[] };
    assert.equal(report.holds, true);
    assert.deepEqual(report.receipts.map(({ outcome }) => outcome), receipts.map(({ outcome }) => outcome));
    assert.deepEqual(report.new_slots, [20]);
  });
});

test("the command ends with 2 where it cannot start", () => {
  for (const args of [[], ["a", "b"], ["/nowhere"], ["--wrong"], [PLAIN, "--receipt", `${VECTORS}README.md`], [VECTORS]]) {
    const { status, stdout, stderr } = run(...args);
    assert.equal(status, 2, args.join(" "));
    assert.equal(stdout, "");
    assert.notEqual(stderr, "");
  }
  assert.equal(run("--help").status, 0);
});
