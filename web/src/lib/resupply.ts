// A voter's device keeps the submission until the result is logged. If a teller misses a box the
// server lost, the device that sent it supplies it again: same bytes, checked by their hash.

import type { ElectionInfo, Isoloir, Manifest } from "../wasm/types";
import { api, type Status } from "./api";
import { dropSubmissions } from "./receipts";

/** Bytes of one box (PROTOCOL section 4). */
export function boxLength(manifest: Manifest): number {
  return manifest.questions.reduce((sum, q) => sum + 32 * (q.options.length + (q.blank ? 1 : 0) + 1), 112);
}

/** The box of teller `j` (from 1) in a submission. */
export function boxOf(manifest: Manifest, submission: Uint8Array, j: number): Uint8Array {
  const length = boxLength(manifest);
  const start = submission.length - length * (manifest.tellers.length - j + 1);
  return submission.subarray(start, start + length);
}

/** Supplies what is missing and held here; returns how many boxes were taken. After the result nothing can be missing any more. */
export async function resupply(isoloir: Isoloir, info: ElectionInfo, status: Status): Promise<number> {
  if (status.phase === "counted") dropSubmissions(isoloir, info.id);
  if (status.missing.length === 0 || status.phase === "counted") return 0;
  let supplied = 0;
  for (const pending of isoloir.page.pending.list(info.id)) {
    if (pending.receipt === null) continue;
    const { index } = JSON.parse(pending.receipt) as { index: number };
    for (const missing of status.missing.filter((m) => m.index === index)) {
      try {
        await api.supplyBox(info.id, index, missing.teller, boxOf(info.manifest, pending.submission, missing.teller));
        supplied += 1;
      } catch {
        // Another visit, another device or a mirror may still supply it.
      }
    }
  }
  return supplied;
}
