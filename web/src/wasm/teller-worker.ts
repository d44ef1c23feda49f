// A teller's calls inside the worker: the log, the boxes, the entries to send.

import { IsoloirFailure } from "./failure";
import { insist, post } from "./http";
import { rust } from "./loader";
import { follow, keptCheckpoints, latestCheckpoint, type LogPlace, type Task } from "./log";
import type { BoxesOpened, ElectionInfo, LogState } from "./types";

/** Boxes asked for at once: some 100 kB, and a tenth of a second of work. */
const BOXES = 256;

interface OpenTeller {
  rust: InstanceType<ReturnType<typeof rust>["Teller"]>;
  place: LogPlace;
}

const tellers = new Map<number, OpenTeller>();
let nextHandle = 1;

function teller(handle: number): OpenTeller {
  const found = tellers.get(handle);
  if (!found) throw new IsoloirFailure({ kind: "spent" });
  return found;
}

export function openTeller(base: string, election: string, manifest: Uint8Array, file: string, passphrase: string) {
  const info = rust().election(election, manifest) as ElectionInfo;
  const opened = new (rust().Teller)(election, manifest, file, passphrase);
  const handle = nextHandle++;
  tellers.set(handle, { rust: opened, place: { base, election, origin: info.manifest.log.origin } });
  return { handle, view: opened.view() };
}

export function closeTeller(handle: number): void {
  tellers.get(handle)?.rust.free();
  tellers.delete(handle);
}

async function sync(task: Task, handle: number): Promise<LogState> {
  const { rust, place } = teller(handle);
  const checkpoint = await latestCheckpoint(place, task.signal);
  const notes = await keptCheckpoints(place, task.signal);
  await follow(place, rust.checkpointSize(checkpoint), rust, task);
  for (const note of [...notes, checkpoint]) rust.addCheckpoint(note);
  return rust.state(Date.now()) as LogState;
}

/** The answer to a signed request for boxes from log index `from` on. */
async function fetchBoxes({ rust, place }: OpenTeller, from: number, count: number, task: Task): Promise<Uint8Array> {
  const path = `${place.base}/api/elections/${place.election}/boxes/fetch`;
  // Signed anew at each try: a request is good for two minutes.
  const ask = async () => (await post(path, rust.fetchRequest(Date.now(), from, count), task.signal)).arrayBuffer();
  return new Uint8Array(await insist(ask, task.signal));
}

async function openBoxes(task: Task, handle: number): Promise<BoxesOpened> {
  const opened = teller(handle);
  const total = opened.rust.startBoxes();
  for (let from: number | undefined = 0; from !== undefined;) {
    task.progress({ stage: "boxes", done: opened.rust.boxesDone(), total });
    from = opened.rust.openBoxes(await fetchBoxes(opened, from, BOXES, task));
    await task.breathe();
  }
  return opened.rust.boxes() as BoxesOpened;
}

async function sums(task: Task, handle: number): Promise<Uint8Array> {
  const opened = teller(handle);
  // Ballots found void by another teller are in the sums of this one until their boxes take them out again.
  for (const index of opened.rust.toRemove()) opened.rust.addRemoved(await fetchBoxes(opened, index, 1, task));
  return opened.rust.sums(Date.now());
}

export const tellerMethods = {
  "teller.sync": sync,
  "teller.openBoxes": openBoxes,
  "teller.consent": (_task: Task, handle: number) => teller(handle).rust.consent(),
  "teller.confirm": (_task: Task, handle: number, stage: string, typed: string, firstDevice: boolean) =>
    teller(handle).rust.confirm(stage, typed, firstDevice),
  "teller.locked": (_task: Task, handle: number, lock: string) => teller(handle).rust.locked(lock),
  "teller.supplyBox": (_task: Task, handle: number, index: number, box: Uint8Array) => teller(handle).rust.supplyBox(index, box),
  "teller.report": (_task: Task, handle: number, includeMissing: boolean) => teller(handle).rust.report(includeMissing, Date.now()),
  "teller.sums": sums,
};
