// An audit in its own worker: cancelling ends the worker.

import { getBytes } from "./http";
import { rust } from "./loader";
import { follow, keptCheckpoints, latestCheckpoint, type LogPlace, type Task } from "./log";
import type { AuditInput, AuditReport, ElectionInfo } from "./types";

async function bytesOf(source: Uint8Array | Blob): Promise<Uint8Array> {
  return source instanceof Blob ? new Uint8Array(await source.arrayBuffer()) : source;
}

export async function runAudit(base: string, manifest: Uint8Array | null, input: AuditInput, task: Task): Promise<AuditReport> {
  const auditor = new (rust().Auditor)();
  try {
    if ("zip" in input.source) {
      auditor.addZip(await bytesOf(input.source.zip));
    } else if ("url" in input.source) {
      auditor.addZip(await getBytes(input.source.url, task.signal));
    } else if (manifest) {
      const { election } = input.source;
      const info = rust().election(election, manifest) as ElectionInfo;
      const place: LogPlace = { base, election, origin: info.manifest.log.origin };
      const checkpoint = await latestCheckpoint(place, task.signal);
      const size = auditor.setCheckpoint(election, manifest, checkpoint);
      for (const note of await keptCheckpoints(place, task.signal)) auditor.addCheckpoint(note);
      await follow(place, size, auditor, task);
    }
    for (const previous of input.previous ?? []) auditor.addPrevious(await bytesOf(previous));
    for (const receipt of input.receipts ?? []) auditor.addReceipt(receipt);
    await task.breathe();
    return auditor.audit((done: number, total: number) => task.progress({ stage: "audit", done, total })) as AuditReport;
  } finally {
    auditor.free();
  }
}
