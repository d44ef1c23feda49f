// What the checkpoints and their cosignatures say about a log (V1).

import { equal, hex, Invalid } from "./bytes.js";
import type { Archive } from "./archive.js";
import { openCheckpoint, witnessesOf, type Checkpoint } from "./checkpoint.js";
import type { Entry } from "./entry.js";
import type { Manifest } from "./manifest.js";
import type { Tree } from "./tree.js";

export interface Objection {
  witness: string;
  size: number;
  seconds: bigint;
}

/** Takes the rule that fails. */
export type Fail = (rule: string) => void;

const TOLERANCE = 10n * 60_000n;

/** The checkpoints of an archive that are of this log; the others fail. */
export function openCheckpoints(archive: Archive, manifest: Manifest, tree: Tree, fail: Fail): Checkpoint[] {
  const checkpoints: Checkpoint[] = [];
  const read = (name: string, bytes: Uint8Array, size: number | undefined): void => {
    try {
      const checkpoint = openCheckpoint(bytes, manifest);
      if (size !== undefined && checkpoint.size !== size) throw new Invalid(`a note of size ${checkpoint.size} where ${size} is expected`);
      if (!fits(checkpoint, tree)) throw new Invalid(`another root at size ${checkpoint.size}, or of a longer log`);
      checkpoints.push(checkpoint);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      fail(`${name}: ${error.message}`);
    }
  };
  if (archive.checkpoint === undefined) fail("checkpoint: not in the archive");
  else read("checkpoint", archive.checkpoint, tree.size);
  for (const [name, bytes] of archive.checkpoints) {
    if (/^(0|[1-9][0-9]*)$/.test(name)) read(`checkpoints/${name}`, bytes, Number(name));
    else fail(`checkpoints/${name}: its name is not a size`);
  }
  return checkpoints;
}

/** Whether the checkpoint is one of the tree or of its beginning. */
export function fits({ size, root }: Checkpoint, tree: Tree): boolean {
  return size <= tree.size && equal(root, tree.rootAt(size));
}

/** Whether some checkpoint of at least the size carries the quorum of witnesses. */
export function hasQuorum(checkpoints: readonly Checkpoint[], least: number, quorum: number): boolean {
  return checkpoints.some((checkpoint) => checkpoint.size >= least && witnessesOf(checkpoint) >= quorum);
}

/** Cosignatures that do not fit the times of the entries, each once. */
export function objections(checkpoints: readonly Checkpoint[], entries: readonly Entry[]): Objection[] {
  const found = new Map<string, Objection>();
  // Times never decrease in a log that passes V4; one that does not must not hide an objection.
  const latest: bigint[] = [0n];
  for (const { time } of entries) latest.push(time > (latest.at(-1) as bigint) ? time : (latest.at(-1) as bigint));
  for (const { size, cosignatures } of checkpoints) {
    const last = latest[size] ?? 0n;
    const next = entries[size]?.time;
    for (const { witness, seconds } of cosignatures) {
      const signed = seconds * 1000n;
      if (last > signed + TOLERANCE || (next !== undefined && next + TOLERANCE < signed)) {
        found.set(`${witness}.${size}.${seconds}`, { witness, size, seconds });
      }
    }
  }
  return [...found.values()];
}

/** Wrong signature lines of witnesses, each once. */
export function wrongCosignatures(checkpoints: readonly Checkpoint[]): { witness: string; size: number }[] {
  const found = new Map<string, { witness: string; size: number }>();
  for (const { size, root, wrong } of checkpoints) {
    for (const { witness, line } of wrong) found.set(`${size} ${hex(root)} ${line}`, { witness, size });
  }
  return [...found.values()];
}
