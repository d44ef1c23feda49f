#!/usr/bin/env node
// The command: audits an archive and prints one line for each check. Exit status 0 only if all hold, 2 if it could not start.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readArchive } from "./archive.js";
import { audit, type AuditReport } from "./audit.js";
import { Invalid } from "./bytes.js";
import type { CheckResult, Failure } from "./findings.js";
import { parseReceipts } from "./receipt.js";

const USAGE = `isoloir-verify ARCHIVE [--previous ARCHIVE]… [--receipt FILE]… [--json]

ARCHIVE      a folder or a zip as the spec's section 9 describes it
--previous   the archive of an earlier round, if there is one; once for each
--receipt    a receipt file, or a JSON list of receipts; once for each
--json       the report as JSON

Exit status: 0 all checks hold, 1 one does not, 2 the arguments or files cannot be used.`;

/** More failures of one check are counted, not listed. */
const LISTED = 5;

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      previous: { type: "string", multiple: true, default: [] },
      receipt: { type: "string", multiple: true, default: [] },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new Invalid(`one archive is expected\n\n${USAGE}`);
  const report = audit(named(path, readArchive), {
    earlier: values.previous.map((earlier) => named(earlier, readArchive)),
    receipts: values.receipt.flatMap((file) => named(file, () => parseReceipts(readFileSync(file)))),
    progress: values.json ? () => undefined : showProgress,
  });
  console.log(values.json ? JSON.stringify(report, undefined, 1) : shown(report));
  return report.holds ? 0 : 1;
}

/** Names the file in what goes wrong with it. */
function named<T>(path: string, read: (path: string) => T): T {
  try {
    return read(path);
  } catch (error) {
    if (error instanceof Invalid) throw new Invalid(`${path}: ${error.message}`);
    throw error;
  }
}

function showProgress(done: number, total: number): void {
  if (!process.stderr.isTTY || (done % 256 !== 0 && done !== total)) return;
  process.stderr.write(`\r${done} of ${total} entries${done === total ? "\n" : ""}`);
}

function shown(report: AuditReport): string {
  const lines = report.checks.map(shownCheck);
  for (const { slot, index, code, outcome } of report.receipts) lines.push(`receipt of slot ${slot}, entry ${index}, ${code}: ${outcome}`);
  if (report.closing_code !== undefined) lines.push(`closing code   ${report.closing_code}`);
  if (report.counting_code !== undefined) lines.push(`counting code  ${report.counting_code}`);
  for (const { index, reasons } of report.void ?? []) {
    lines.push(`void           entry ${index}: ${reasons.map(({ teller, reason }) => `${reason} (teller ${teller})`).join(", ")}`);
  }
  report.totals?.forEach((bucket, b) => {
    const groups = report.buckets?.[b]?.join(", ") ?? "";
    lines.push(`totals         groups ${groups}: ${bucket.map((question) => question.join(" ")).join(" | ")}`);
  });
  lines.push(report.holds ? "All checks hold." : "NOT ALL CHECKS HOLD.");
  return lines.join("\n");
}

function shownCheck({ check, status, failures, notes }: CheckResult): string {
  const verdict = status === "fails" ? "FAILS" : status;
  const listed = failures.slice(0, LISTED).map(shownFailure);
  if (failures.length > LISTED) listed.push(`and ${failures.length - LISTED} more`);
  return `${check.padEnd(4)} ${verdict.padEnd(12)} ${[...listed, ...(status === "fails" ? [] : notes)].join("; ")}`;
}

function shownFailure({ entry, rule }: Failure): string {
  return entry === undefined ? rule : `entry ${entry}: ${rule}`;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
