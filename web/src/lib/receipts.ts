// Receipts that this device keeps. Until the result is logged they are with the sealed submission, which
// may have to be supplied again; then the submission goes and the receipt alone stays.

import type { ElectionId, Isoloir } from "../wasm/types";

export interface KeptReceipt {
  slot: number;
  /** The receipt file's text. */
  file: string;
}

const name = (election: ElectionId): string => `receipts.${election}`;

function alone(isoloir: Isoloir, election: ElectionId): KeptReceipt[] {
  try {
    const all: unknown = JSON.parse(isoloir.page.kept("device", name(election)) ?? "[]");
    return Array.isArray(all) ? all.filter((each): each is KeptReceipt => typeof each?.slot === "number" && typeof each?.file === "string") : [];
  } catch {
    return [];
  }
}

/** All receipts of an election on this device, by slot. */
export function keptReceipts(isoloir: Isoloir, election: ElectionId): KeptReceipt[] {
  const pending = isoloir.page.pending.list(election).flatMap(({ slot, receipt }) => (receipt === null ? [] : [{ slot, file: receipt }]));
  const others = alone(isoloir, election).filter(({ slot }) => !pending.some((each) => each.slot === slot));
  return [...pending, ...others].sort((a, b) => a.slot - b.slot);
}

/** The result is logged: submissions are not needed any more. */
export function dropSubmissions(isoloir: Isoloir, election: ElectionId): void {
  const kept = keptReceipts(isoloir, election);
  if (kept.length > 0 && !isoloir.page.keep("device", name(election), JSON.stringify(kept))) return;
  for (const { slot, receipt } of isoloir.page.pending.list(election)) if (receipt !== null) isoloir.page.pending.forget(election, slot);
}

/** Removes everything of a slot from this device. */
export function forgetReceipt(isoloir: Isoloir, election: ElectionId, slot: number): void {
  isoloir.page.pending.forget(election, slot);
  const rest = alone(isoloir, election).filter((each) => each.slot !== slot);
  if (rest.length > 0) isoloir.page.keep("device", name(election), JSON.stringify(rest));
  else isoloir.page.forget("device", name(election));
}
