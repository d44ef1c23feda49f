// The worker of tellers, witnesses and auditors: holds a teller's or a witness's keys, replays logs, opens boxes, cosigns, audits.

import { answering, nearestTicket, Recorder } from "./carried";
import { instantiate, rust } from "./count-module";
import { IsoloirFailure, toError } from "./failure";
import { insist, post } from "./http";
import { Helper, startHelpers } from "./helpers";
import { checkpointNow, follow, keptCheckpoints, latestCheckpoint, type LogPlace, type Task } from "./log";
import { Manifests } from "./manifests";
import { type Method, serve } from "./serve";
import { through } from "./transport";
import type { AuditInput, BoxesOpened, ElectionInfo, LogState, NamedFile, TellerView, WitnessLook } from "./types";

/** Boxes asked for at once: some 100 kB, and a tenth of a second of work. */
const BOXES = 256;

let compiled: WebAssembly.Module | null = null;

interface OpenTeller {
  rust: InstanceType<ReturnType<typeof rust>["Teller"]>;
  place: LogPlace;
}

let base = "";
let manifests: Manifests;

/** Rust objects by handle; a page knows the number only. */
const tellers = new Map<number, OpenTeller>();
let nextHandle = 1;

function teller(handle: number): OpenTeller {
  const found = tellers.get(handle);
  if (!found) throw new IsoloirFailure({ kind: "spent" });
  return found;
}

async function placeOf(election: string, signal: AbortSignal): Promise<LogPlace> {
  const info = await manifests.info(election, signal);
  return { base, election, origin: info.manifest.log.origin };
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
  return insist(() => post(path, rust.fetchRequest(Date.now(), from, count), task.signal), task.signal);
}

async function openBoxes(task: Task, handle: number, ports: readonly MessagePort[]): Promise<BoxesOpened> {
  const opened = teller(handle);
  const total = opened.rust.startBoxes();
  await openAll(opened, total, await boxHelpers(opened, ports), task);
  return opened.rust.boxes() as BoxesOpened;
}

/** Fetches the next boxes while the ones before are opened here and by the helpers; a piece at a time, so that memory stays small. */
async function openAll(opened: OpenTeller, total: number, helpers: readonly Helper[], task: Task): Promise<void> {
  const { rust } = opened;
  const busy = new Map<Helper, Promise<void>>();
  let next: Promise<Uint8Array> | null = fetchBoxes(opened, 0, BOXES, task);
  while (next) {
    const answer: Uint8Array = await next;
    const from: number | undefined = rust.nextBox(answer);
    next = from === undefined ? null : fetchBoxes(opened, from, BOXES, task);
    // An error of the next request is met when its turn comes.
    next?.catch(() => undefined);
    const free = helpers.find((helper) => !busy.has(helper));
    if (free) {
      const work = free.work(rust.slice(answer)).then((found) => {
        rust.merge(found);
        // Sums of shares are as secret as the keys.
        found.fill(0);
        busy.delete(free);
      });
      work.catch(() => undefined);
      busy.set(free, work);
    } else rust.openBoxes(answer);
    task.progress({ stage: "boxes", done: rust.boxesDone(), total });
    await task.breathe();
    // A helper that failed stays in the map, and its failure stops the work here.
    if (busy.size === helpers.length && busy.size > 0) await Promise.race([...busy.values(), task.breathe()]);
  }
  await Promise.all(busy.values());
  task.progress({ stage: "boxes", done: rust.boxesDone(), total });
}

/** Gives module and keys to the workers of the other cores. */
async function boxHelpers({ rust, place }: OpenTeller, ports: readonly MessagePort[]): Promise<Helper[]> {
  if (ports.length === 0) return [];
  const manifest = await manifests.bytes(place.election, new AbortController().signal);
  const { number } = rust.view() as TellerView;
  return startHelpers(compiled, ports, () =>
    ({ boxes: { election: place.election, manifest, teller: number, secret: rust.helperKey(), buckets: rust.buckets() } }));
}

async function sums(task: Task, handle: number): Promise<Uint8Array> {
  const opened = teller(handle);
  // Ballots found void by another teller are in the sums of this one until their boxes take them out again.
  for (const index of opened.rust.toRemove()) opened.rust.addRemoved(await fetchBoxes(opened, index, 1, task));
  return opened.rust.sums(Date.now());
}

/** The whole election for a machine without a network, with the boxes for which that machine has signed requests. */
async function collect(task: Task, election: string, tickets: Uint8Array | null): Promise<Blob> {
  const recorder = new Recorder(base);
  through((ask) => recorder.around(ask));
  const place = await placeOf(election, task.signal);
  const checkpoint = await latestCheckpoint(place, task.signal);
  const entries = new (rust().Auditor)();
  try {
    const size = entries.setCheckpoint(election, await manifests.bytes(election, task.signal), checkpoint);
    await keptCheckpoints(place, task.signal);
    await follow(place, size, entries, task);
  } finally {
    entries.free();
  }
  return recorder.file(election, tickets === null ? null : await boxesBy(tickets, place, task));
}

/** A teller's boxes, fetched by the requests it signed. Null where there is none. */
async function boxesBy(tickets: Uint8Array, place: LogPlace, task: Task): Promise<{ teller: number; record: number; pieces: Uint8Array[] } | null> {
  const path = `${place.base}/api/elections/${place.election}/boxes/fetch`;
  const fetched = (from: bigint, count: number) => insist(async () => {
    const ticket = nearestTicket(tickets, Date.now());
    const request = new Uint8Array(ticket.length + 12);
    const view = new DataView(request.buffer);
    request.set(ticket);
    view.setBigUint64(ticket.length, from);
    view.setUint32(ticket.length + 8, count);
    return post(path, request, task.signal);
  }, task.signal);
  // The first alone tells how long each is.
  const first = await fetched(0n, 1);
  const record = first.length;
  const pieces: Uint8Array[] = [];
  for (let piece = first; piece.length > 0;) {
    pieces.push(piece);
    const last = new DataView(piece.buffer).getBigUint64(piece.length - record);
    task.progress({ stage: "download", done: pieces.length, total: pieces.length + 1 });
    piece = await fetched(last + 1n, BOXES);
  }
  return record === 0 ? null : { teller: tickets[0] ?? 0, record, pieces };
}

/** The one witness of this worker. */
let watching: { rust: InstanceType<ReturnType<typeof rust>["Witness"]>; place: LogPlace } | null = null;

function witness(): NonNullable<typeof watching> {
  if (!watching) throw new IsoloirFailure({ kind: "spent" });
  return watching;
}

/** Downloads and replays what the server's checkpoint has more than what was seen. */
async function look(task: Task): Promise<WitnessLook> {
  const { rust, place } = witness();
  for (;;) {
    const size = rust.consider(await checkpointNow(place, task.signal));
    if (size !== undefined) await follow(place, size, rust, task);
    const found = rust.found(Date.now()) as WitnessLook;
    place.anew = found.outcome === "again" || found.outcome === "unproven";
    // The second look is from the first entry on, and cannot end so again.
    if (found.outcome !== "again") return found;
  }
}

/** Cosigns what is stored, and looks whether the server shows it. */
async function cosign(task: Task, stored: string): Promise<void> {
  const { rust, place } = witness();
  const note = rust.cosigned(stored, Date.now());
  if (note === undefined) return;
  await post(`${place.base}/api/elections/${place.election}/cosignatures`, new TextEncoder().encode(note), task.signal);
  rust.confirm(await checkpointNow(place, task.signal));
}

type RustAuditor = InstanceType<ReturnType<typeof rust>["Auditor"]>;

/** Entries replayed between two looks at what the page and the helpers say: some tenths of a second of proofs. */
const STEP = 1_024;
/** Pieces that a helper is given before it is done with the first, so that it never waits for the replay. */
const AHEAD = 2;

/** The content of a file that the reader gave; what it is found to be wrong with names it. */
async function take(file: NamedFile, use: (bytes: Uint8Array) => void): Promise<void> {
  try {
    use(file.content instanceof Blob ? new Uint8Array(await file.content.arrayBuffer()) : file.content);
  } catch (error) {
    const inner = toError(error);
    throw new IsoloirFailure(inner.kind === "crashed" ? inner : { kind: "file", name: file.name, error: inner });
  }
}

async function gather(auditor: RustAuditor, { source, previous = [], receipts = [], compare = [] }: AuditInput, task: Task): Promise<void> {
  if ("zip" in source) await take(source.zip, (bytes) => auditor.addZip(bytes));
  else if ("folder" in source) {
    for (const file of source.folder) await take(file, (bytes) => auditor.addFile(file.name, bytes));
    auditor.endFolder();
  } else {
    const { election } = source;
    const place = await placeOf(election, task.signal);
    const checkpoint = await latestCheckpoint(place, task.signal);
    const size = auditor.setCheckpoint(election, await manifests.bytes(election, task.signal), checkpoint);
    for (const note of await keptCheckpoints(place, task.signal)) auditor.addCheckpoint(note);
    await follow(place, size, auditor, task);
  }
  for (const file of previous) await take(file, (bytes) => auditor.addPrevious(bytes));
  for (const file of receipts) await take(file, (bytes) => auditor.addReceipts(bytes));
  for (const file of compare) await take(file, (bytes) => auditor.addSource(file.name, bytes));
  await task.breathe();
}

/** The replay here, one entry after the other; the proofs of its ballots by the helpers, and here while all of them are at work. */
async function prove(auditor: RustAuditor, total: number, helpers: readonly Helper[], task: Task): Promise<void> {
  let done = 0;
  const settled = (entries: number): void => task.progress({ stage: "audit", done: (done += entries), total });
  const work = new Set<Promise<void>>();
  for (let replayed = 0; ;) {
    const ballots = auditor.step(STEP);
    if (ballots === undefined) break;
    const entries = auditor.replayed() - replayed;
    replayed += entries;
    const least = Math.min(...helpers.map((helper) => helper.load));
    const free = ballots > 0 && least < AHEAD ? helpers.find((helper) => helper.load === least) : undefined;
    if (free) {
      const piece = free.work(auditor.takeBatch()).then((bad) => {
        auditor.settle(bad);
        settled(entries);
        work.delete(piece);
      });
      // A helper that failed stays in the set, and its failure is met at the end.
      piece.catch(() => undefined);
      work.add(piece);
    } else {
      auditor.proveBatch();
      settled(entries);
    }
    await task.breathe();
  }
  await Promise.all(work);
}

async function audit(task: Task, input: AuditInput, ports: readonly MessagePort[]) {
  const auditor = new (rust().Auditor)();
  try {
    await gather(auditor, input, task);
    const total = auditor.start();
    const manifest = auditor.manifest();
    // What one worker proves sooner than another starts needs no help.
    const helpers = manifest && total > STEP ? await startHelpers(compiled, ports, () => ({ proofs: { manifest } })) : [];
    await prove(auditor, total, helpers, task);
    return auditor.finish();
  } finally {
    auditor.free();
  }
}

const checkedManifests = () => new Manifests(base, (id, bytes) => rust().election(id, bytes) as ElectionInfo);

const methods: Record<string, Method> = {
  "teller.generate": (_task, passphrase: string) => rust().generateTellerKey(passphrase),
  "teller.suggest": (_task, language: string) => rust().suggestPassphrase(language),
  "teller.sheet": (_task, file: string, passphrase: string, language: string) => rust().paperSheet(file, passphrase, language),
  "teller.restore": (_task, words: string, passphrase: string) => rust().restoreFromWords(words, passphrase),
  "teller.label": (_task, file: string) => rust().keyLabel(file),
  "teller.collect": collect,
  "teller.carry": async (_task, file: Blob) => {
    const answers = await answering(file, base);
    manifests = checkedManifests();
    through(() => answers);
  },
  "teller.tickets": (_task, handle: number, from: number, step: number, count: number) => teller(handle).rust.ticket(from, step, count),
  "teller.open": async (task, election: string, file: string, passphrase: string) => {
    const place = await placeOf(election, task.signal);
    const opened = new (rust().Teller)(election, await manifests.bytes(election, task.signal), file, passphrase);
    const handle = nextHandle++;
    tellers.set(handle, { rust: opened, place });
    return { handle, view: opened.view() };
  },
  "teller.sync": sync,
  "teller.consent": (_task, handle: number) => teller(handle).rust.consent(),
  "teller.confirm": (_task, handle: number, stage: string, typed: string, firstDevice: boolean) =>
    teller(handle).rust.confirm(stage, typed, firstDevice),
  "teller.locked": (_task, handle: number, lock: string) => teller(handle).rust.locked(lock),
  "teller.openBoxes": openBoxes,
  "teller.supplyBox": (_task, handle: number, index: number, box: Uint8Array) => teller(handle).rust.supplyBox(index, box),
  "teller.report": (_task, handle: number, includeMissing: boolean) => teller(handle).rust.report(includeMissing, Date.now()),
  "teller.sums": sums,
  "teller.close": (_task, handle: number) => {
    tellers.get(handle)?.rust.free();
    tellers.delete(handle);
  },
  "witness.generate": (_task, name: string, passphrase: string) => rust().generateWitnessKey(name, passphrase),
  "witness.restore": (_task, file: string, passphrase: string) => rust().restoreWitnessKey(file, passphrase),
  "witness.open": async (task, election: string, file: string, passphrase: string, stored: string | null) => {
    const place = await placeOf(election, task.signal);
    const opened = new (rust().Witness)(election, await manifests.bytes(election, task.signal), file, passphrase, stored);
    watching = { rust: opened, place };
    return opened.view();
  },
  "witness.look": look,
  "witness.found": () => witness().rust.found(Date.now()),
  "witness.stored": (_task, memory: string) => witness().rust.stored(memory),
  "witness.cosign": cosign,
  "witness.view": () => witness().rust.view(),
  "witness.backup": () => witness().rust.backup(),
  audit,
};

serve(methods, async (program, address) => {
  base = address;
  manifests = checkedManifests();
  compiled = typeof program === "string" ? null : program;
  await instantiate(program);
});
