// Every archive that another test audited, with what `isoloir audit` said of it (protocol/tests/making/kept.rs, e2e/src/kept.ts):
// this verifier must say the same. The last step of `cargo xtask test` (`npm run kept`); ISOLOIR_ARCHIVES names the folder.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { readArchive, type Archive } from "../src/archive.js";
import { audit, type AuditReport } from "../src/audit.js";
import { parseReceipts } from "../src/receipt.js";

/** The report of docs/audit-report.md, as far as both verifiers say it. */
interface Report {
  holds: boolean;
  checks: { check: string; status: "passed" | "failed" | "undecided"; failures: { entry: number | null }[] }[];
  size: number;
  root: string;
  closing: [size: number, root: string, code: string] | null;
  fixing: [size: number, root: string, code: string] | null;
  voters: number;
  buckets: number[][];
  current: number[];
  counted: number[];
  void: Record<string, [teller: number, reason: string][]>;
  missing: Record<string, number[]>;
  totals: (number | string)[][][] | null;
  objections: number;
  wrong_cosignatures: number;
  new_slots: number[];
  gone_slots: number[];
  receipts: { slot: number; index: number; code: string; outcome: string }[];
}

/** What must be there, or the run kept nothing of a part of the tests: how the names begin, and how many at least. */
const SORTS: readonly [name: string, least: number][] = [
  ["isoloir-protocol.audit", 3],
  ["isoloir-protocol.dishonest", 3],
  ["isoloir-protocol.election", 1],
  ["isoloir-server.server.cluster", 3],
  ["isoloir-server.server.faults", 5],
  ["isoloir-server.server.limits", 1],
  ["isoloir-server.server.restart", 2],
  ["isoloir-server.server.routes", 3],
  ["isoloir-server.server.rush", 1],
  ["isoloir-server.server.tls", 1],
  ["isoloir-server.server.whole_election", 2],
  ["isoloir.processes.copies", 1],
  ["isoloir.processes.disk", 1],
  ["isoloir.processes.failover", 2],
  ["isoloir.processes.kills", 2],
  ["isoloir.processes.restart", 1],
  ["isoloir.all.backup", 1],
  ["isoloir.all.demo", 1],
  ["isoloir.all.whole_election", 4],
  ["e2e.tests.audit", 1],
  ["e2e.tests.bad-network", 1],
  ["e2e.tests.crash", 1],
  ["e2e.tests.election", 1],
  ["e2e.tests.tellers", 1],
  ["e2e.tests.withheld", 1],
  ["e2e.engines.vote", 1],
];

function archiveIn(folder: string, name: string): Archive | undefined {
  return [join(folder, name), join(folder, `${name}.zip`)].filter((path) => existsSync(path)).map(readArchive)[0];
}

/** What this verifier says of an archive that was kept. */
function judge(folder: string): AuditReport {
  const archive = archiveIn(folder, "archive");
  assert.ok(archive, "there is an archive");
  const earlier: Archive[] = [];
  for (let next = archiveIn(folder, "previous-0"); next; next = archiveIn(folder, `previous-${earlier.length}`)) earlier.push(next);
  return audit(archive, { earlier, receipts: parseReceipts(readFileSync(join(folder, "receipts.json"))) });
}

/** Each check that fails, with the first entry to blame. */
function failing(checks: readonly { check: string; failures: readonly { entry?: number | null }[] }[]): [check: string, entry: number][] {
  return checks.filter(({ failures }) => failures.length > 0).map(({ check, failures }) => [check, Math.min(...failures.map(({ entry }) => entry ?? Infinity))]);
}

/** The figures of the other report in the words of this verifier; what is not there is undefined. */
function figures(report: Report): Partial<AuditReport> {
  const [close_size, close_root, closing_code] = report.closing ?? [];
  const [fix_size, fix_root, counting_code] = report.fixing ?? [];
  const [closed, fixed] = [report.closing !== null, report.fixing !== null];
  return {
    size: report.size,
    root: report.root,
    slots: report.voters,
    void: Object.entries(report.void).map(([index, of]) => ({ index: Number(index), reasons: of.map(([teller, reason]) => ({ teller, reason })) })),
    missing: Object.entries(report.missing).flatMap(([index, of]) => of.map((teller) => ({ index: Number(index), teller }))),
    objections: report.objections,
    wrong_cosignatures: report.wrong_cosignatures,
    receipts: report.receipts.map(({ slot, index, code, outcome }) => ({ slot, index, code, outcome })),
    ...{ close_size, close_root, closing_code, current: closed ? report.current : undefined, buckets: closed ? report.buckets : undefined },
    ...{ fix_size, fix_root, counting_code, counted: fixed ? report.counted : undefined, totals: report.totals ?? undefined },
  } as Partial<AuditReport>;
}

/** The same figures of this verifier's report. */
function same(report: AuditReport, wanted: Partial<AuditReport>): Partial<AuditReport> {
  const missing = [...(report.missing ?? [])].sort((a, b) => a.index - b.index || a.teller - b.teller);
  const given: Partial<AuditReport> = { ...report, missing };
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, given[key as keyof AuditReport]]));
}

/** This program again beside itself: judges one archive after the other. */
class Judge {
  private readonly worker = new Worker(new URL(import.meta.url));

  ask(folder: string): Promise<AuditReport> {
    return new Promise((resolve, reject) => {
      this.worker.removeAllListeners();
      this.worker.once("message", (said: AuditReport | Error) => (said instanceof Error ? reject(said) : resolve(said))).once("error", reject);
      this.worker.postMessage(folder);
    });
  }

  async dismiss(): Promise<void> {
    await this.worker.terminate();
  }
}

if (!isMainThread) {
  parentPort?.on("message", (folder: string) => {
    try {
      parentPort?.postMessage(judge(folder));
    } catch (error) {
      parentPort?.postMessage(error);
    }
  });
} else {
  const all = process.env["ISOLOIR_ARCHIVES"] ?? fileURLToPath(new URL("../../../target/tmp/archives", import.meta.url));
  const names = existsSync(all) ? readdirSync(all).sort() : [];
  const leftOut = names.filter((name) => existsSync(join(all, name, "left-out")));
  const kept = names.filter((name) => !leftOut.includes(name));

  for (const [sort, least] of SORTS) {
    test(`${sort}: at least ${least} archives`, () => {
      const found = kept.filter((name) => name.startsWith(`${sort}.`)).length;
      assert.ok(found >= least, `${found} were kept`);
    });
  }
  for (const name of leftOut) console.log(`left out, too long: ${name}`);

  test("the same judgement", { concurrency: availableParallelism() }, async (the) => {
    const judges = Array.from({ length: availableParallelism() }, () => new Judge());
    const free = [...judges];
    await Promise.all(kept.map((name) => the.test(name, async () => {
      const folder = join(all, name);
      const theirs = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Report;
      // As many at once as there are judges.
      const judge = free.pop() as Judge;
      const ours = await judge.ask(folder).finally(() => free.push(judge));
      assert.deepEqual(failing(ours.checks), failing(theirs.checks));
      assert.equal(ours.holds, theirs.holds);
      if (!theirs.holds) return;
      const expected = figures(theirs);
      assert.deepEqual(same(ours, expected), expected);
      assert.deepEqual([ours.new_slots ?? [], ours.gone_slots ?? []], [theirs.new_slots, theirs.gone_slots]);
    })));
    await Promise.all(judges.map((judge) => judge.dismiss()));
  });
}
