// Downloads an election's log (C2SP tlog-tiles entry bundles, data by hash) and feeds it to the Rust replay.

import { IsoloirFailure } from "./failure";
import { getBytes, getText, insist } from "./http";
import type { Progress } from "./types";

/** Entries of a full bundle. */
const BUNDLE = 256;

/** What a task in the worker sees of the page: progress goes out, a cancellation comes in. */
export interface Task {
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
  /** Lets messages (a cancellation) in between two steps of long work. */
  breathe(): Promise<void>;
}

/** The Rust side of a replay. Of each bundle it takes the entries from `from` up to `to`, counted in the bundle. */
export interface LogSink {
  /** How many entries have been taken. */
  size(): number;
  /** SHA-256 (hex) of the data that the entries of a bundle name. */
  dataOf(bundle: Uint8Array, from: number, to: number): string[];
  addData(sha256: string, bytes: Uint8Array): void;
  addBundle(bundle: Uint8Array, from: number, to: number): void;
}

/** `base` is the server's address, `name` the last part of the log's origin. */
export interface LogPlace {
  base: string;
  election: string;
  origin: string;
  /** What the browser keeps of earlier answers is not asked: it may be what was damaged. */
  anew?: boolean;
}

/** Takes over every entry up to `size`. */
export async function follow(place: LogPlace, size: number, sink: LogSink, task: Task): Promise<void> {
  const have = sink.size();
  if (size < have) throw new IsoloirFailure({ kind: "shrank", from: have, to: size });
  task.progress({ stage: "download", done: have, total: size });
  while (sink.size() < size) {
    const number = Math.floor(sink.size() / BUNDLE);
    const from = sink.size() % BUNDLE;
    const width = Math.min(BUNDLE, size - number * BUNDLE);
    const kept = place.anew !== true;
    const bundle = await bundleAt(`${logAddress(place)}/tile/entries/${tileNumber(number)}`, width, kept, task.signal);
    for (const hash of sink.dataOf(bundle, from, width)) {
      const data = `${place.base}/api/elections/${place.election}/data/${hash}`;
      sink.addData(hash, await insist(() => getBytes(data, task.signal, kept), task.signal));
    }
    sink.addBundle(bundle, from, width);
    task.progress({ stage: "replay", done: sink.size(), total: size });
    await task.breathe();
  }
}

/** A partial bundle may be gone once the whole one is there (tlog-tiles). */
async function bundleAt(path: string, width: number, kept: boolean, signal: AbortSignal): Promise<Uint8Array> {
  const whole = () => insist(() => getBytes(path, signal, kept), signal);
  if (width === BUNDLE) return whole();
  try {
    return await insist(() => getBytes(`${path}.p/${width}`, signal, kept), signal);
  } catch (failure) {
    if (failure instanceof IsoloirFailure && failure.error.kind === "network" && failure.error.status === 404) return whole();
    throw failure;
  }
}

export function latestCheckpoint(place: LogPlace, signal: AbortSignal): Promise<string> {
  return insist(() => checkpointNow(place, signal), signal);
}

/** The same, asked for once: whoever follows a log says so when there is no answer. */
export function checkpointNow(place: LogPlace, signal: AbortSignal): Promise<string> {
  return getText(`${logAddress(place)}/checkpoint`, signal);
}

/** Earlier and cosigned checkpoints that the server keeps. */
export async function keptCheckpoints(place: LogPlace, signal: AbortSignal): Promise<string[]> {
  const path = `${place.base}/api/elections/${place.election}/checkpoints`;
  const notes: unknown = JSON.parse(await insist(() => getText(path, signal), signal));
  if (!Array.isArray(notes) || notes.some((note) => typeof note !== "string")) {
    throw new IsoloirFailure({ kind: "log", index: null, detail: "not a list of checkpoints" });
  }
  return notes as string[];
}

/** An origin is `host/log/name`; the host in it may differ from the one the page came from (a mirror, a test). */
function logAddress(place: LogPlace): string {
  const slash = place.origin.indexOf("/");
  return `${place.base}${slash < 0 ? "" : place.origin.slice(slash)}`;
}

/** tlog-tiles: `1234067` is `x001/x234/067`. */
export function tileNumber(number: number): string {
  const digits = number.toString();
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g) ?? ["000"];
  return groups.map((group, place) => (place < groups.length - 1 ? `x${group}` : group)).join("/");
}
