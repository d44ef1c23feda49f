// What became of a ballot: the server's answer, each part of it verified where there is a proof.

import { IsoloirFailure } from "./failure";
import { getText, steadily } from "./http";
import type { ReceiptOutcome, ReceiptQuery, SlotInfo } from "./types";
import { rust } from "./voter-module";

type Receipts = InstanceType<ReturnType<typeof rust>["Receipt"]>;

export async function lookUp(
  base: string,
  receipts: Receipts,
  query: ReceiptQuery,
  slotJson: string,
  signal: AbortSignal,
): Promise<ReceiptOutcome> {
  const election = `${base}/api/elections/${encodeURIComponent(query.election)}`;
  const code = rust().normaliseReceiptCode(query.code);
  const slot = JSON.parse(slotJson) as SlotInfo;
  const receiptAt = (index: number) => steadily(() => getText(`${election}/receipts/${index}`, signal), signal);
  const found = slot.ballots.find((ballot) => ballot.code === code);
  const foundReceipt = found ? await receiptAt(found.index) : undefined;
  const current = slot.current && slot.current.index !== found?.index ? await receiptAt(slot.current.index) : undefined;
  const status = await steadily(() => getText(election, signal), signal);
  if (signal.aborted) throw new IsoloirFailure({ kind: "cancelled" });
  return receipts.outcome(query.slot, code, query.file ?? undefined, slotJson, foundReceipt, current, status) as ReceiptOutcome;
}
