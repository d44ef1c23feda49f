// The handles that pages use, over the calls into the worker.

import { readHead } from "./carried";
import { IsoloirFailure } from "./failure";
import { insist, postText } from "./http";
import { compile } from "./loader";
import { locks } from "./locks";
import { countUrl } from "./modules";
import { makePage } from "./page";
import { WorkerClient } from "./rpc";
import type {
  Auditor,
  AuditReport,
  BallotTest,
  BoxesOpened,
  CastBallot,
  CheckedDisclosure,
  CheckedReceipt,
  Choice,
  Disclosure,
  ElectionId,
  EntryToSend,
  Isoloir,
  IsoloirError,
  LogState,
  Page,
  PendingSubmission,
  PreparedBallot,
  Receipts,
  TaskOptions,
  Teller,
  TellerView,
  Tellers,
  Voter,
  VoterView,
} from "./types";
import { rust } from "./page-module";
import { makeWitnesses } from "./witnesses";
import { startCountWorker, startHelperWorker } from "./workers";

interface Opened<View> {
  handle: number;
  view: View;
}

const spent = () => new IsoloirFailure({ kind: "spent" });

/** A helper that listens. */
async function readyHelper(): Promise<Worker> {
  const worker = await startHelperWorker();
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve(worker);
    worker.onerror = reject;
  });
}

/** Boxes that one worker opens sooner than another starts. */
const FEW_BOXES = 256;
/** Each holds a module of its own; more would take memory from the rest of the device. */
const MOST_HELPERS = 3;

/** Workers for the other cores, each with a port to the worker that counts or audits. */
class Helpers {
  readonly #workers: readonly Worker[];
  readonly ports: readonly MessagePort[];

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers;
    this.ports = workers.map((worker) => {
      const { port1, port2 } = new MessageChannel();
      worker.postMessage(port1, [port1]);
      return port2;
    });
  }

  /** As many as there are further cores. One that does not start is done without. */
  static async start(): Promise<Helpers> {
    const wanted = Math.min(MOST_HELPERS, (navigator.hardwareConcurrency || 1) - 1);
    const starting = await Promise.allSettled(Array.from({ length: wanted }, readyHelper));
    return new Helpers(starting.flatMap((each) => (each.status === "fulfilled" ? [each.value] : [])));
  }

  static readonly none = new Helpers([]);

  terminate(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}

/** The large module, fetched when a teller or an auditor needs it; after a failure the next call tries again. */
export class CountWorkers {
  readonly #base: string;
  #module: Promise<WebAssembly.Module> | null = null;
  #shared: Promise<WorkerClient> | null = null;

  constructor(base: string) {
    this.#base = base;
  }

  /** A worker of its own, to be terminated. */
  async own(): Promise<WorkerClient> {
    this.#module ??= compile(countUrl).catch((error: unknown) => {
      this.#module = null;
      throw error;
    });
    const [worker, module] = await Promise.all([startCountWorker(), this.#module]);
    return new WorkerClient(worker, module, this.#base).started();
  }

  /** The one in which tellers' keys are. */
  shared(): Promise<WorkerClient> {
    this.#shared ??= this.own().catch((error: unknown) => {
      this.#shared = null;
      throw error;
    });
    return this.#shared;
  }
}

export function makeIsoloir(base: string, worker: WorkerClient, engine: Isoloir["engine"]): Isoloir {
  const page = makePage();
  const counting = new CountWorkers(base);

  const sendPending = async (pending: PendingSubmission, options: TaskOptions = {}): Promise<CheckedReceipt> => {
    // Kept before it leaves, so that a crash or a lost answer costs nothing.
    page.pending.save(pending);
    const path = `${base}/api/elections/${pending.election}/ballots`;
    const file = await insist(() => postText(path, pending.submission, options.signal), options.signal, options.waiting);
    const { election, submission } = pending;
    const receipt = await worker.call<CheckedReceipt>("receipt.ofSubmission", [election, submission, pending.receiptCode, file]);
    page.pending.save({ ...pending, receipt: receipt.file });
    return receipt;
  };

  const sendEntry = async (election: ElectionId, bytes: Uint8Array, options: TaskOptions = {}): Promise<number> => {
    const path = `${base}/api/elections/${election}/entries`;
    const answer = await insist(() => postText(path, bytes, options.signal), options.signal, options.waiting);
    return Number((JSON.parse(answer) as { index: number }).index);
  };

  return {
    version: rust().version(),
    engine,
    page,
    election: (id, manifest) => worker.call("election", manifest ? [id, manifest] : [id]),
    voter: async (election, slot) => {
      const { handle, view } = await worker.call<Opened<VoterView>>("voter.open", [election, slot]);
      return new VoterHandle(worker, handle, election, view, sendPending);
    },
    sendPending,
    receipts: makeReceipts(worker),
    ballotTest: makeBallotTest(worker),
    tellers: makeTellers(counting, page, sendEntry),
    auditor: makeAuditor(counting),
    witnesses: makeWitnesses(counting),
  };
}

/** The workers of one audit. */
interface Crew {
  worker: WorkerClient;
  helpers: Helpers;
}

function makeAuditor(counting: CountWorkers): Auditor {
  let ready: Promise<Crew> | null = null;
  const start = async (): Promise<Crew> => {
    const [worker, helpers] = await Promise.all([counting.own(), Helpers.start()]);
    return { worker, helpers };
  };
  const crew = (): Promise<Crew> =>
    (ready ??= start().catch((error: unknown) => {
      ready = null;
      throw error;
    }));
  return {
    prepare: async () => void (await crew()),
    audit: async (input, options = {}) => {
      const { worker, helpers } = await crew();
      ready = null;
      const end = (error: IsoloirError): void => {
        worker.terminate(error);
        helpers.terminate();
      };
      const cancel = (): void => end({ kind: "cancelled" });
      options.signal?.addEventListener("abort", cancel, { once: true });
      try {
        return await worker.call<AuditReport>("audit", [input, helpers.ports], options);
      } finally {
        options.signal?.removeEventListener("abort", cancel);
        // A worker's memory never shrinks: the next audit has new ones.
        end({ kind: "spent" });
      }
    },
  };
}

type SendPending = (pending: PendingSubmission, options?: TaskOptions) => Promise<CheckedReceipt>;

class VoterHandle implements Voter {
  readonly #worker: WorkerClient;
  readonly #handle: number;
  readonly #send: SendPending;
  readonly election: ElectionId;
  #view: VoterView;
  /** Counts prepared ballots: only the last one is still there. */
  #prepared = 0;

  constructor(worker: WorkerClient, handle: number, election: ElectionId, view: VoterView, send: SendPending) {
    this.#worker = worker;
    this.#handle = handle;
    this.election = election;
    this.#view = view;
    this.#send = send;
  }

  get slot() {
    return this.#view.slot;
  }
  get group() {
    return this.#view.group;
  }
  get weight() {
    return this.#view.weight;
  }
  get current() {
    return this.#view.current;
  }
  get missing() {
    return this.#view.missing;
  }

  async setCode(registrar: number, text: string): Promise<void> {
    this.#view = await this.#worker.call("voter.setCode", [this.#handle, registrar, text]);
  }

  async prepare(choices: Choice[]): Promise<PreparedBallot> {
    const number = ++this.#prepared;
    const receiptCode = await this.#worker.call<string>("voter.prepare", [this.#handle, choices]);
    const last = () => {
      if (number !== this.#prepared) throw spent();
    };
    return {
      slot: this.slot,
      receiptCode,
      cast: async (): Promise<CastBallot> => {
        last();
        const submission = await this.#worker.call<Uint8Array>("voter.cast", [this.#handle]);
        const { election, slot } = this;
        const pending: PendingSubmission = { election, slot, receiptCode, submission, time: Date.now(), receipt: null };
        return { ...pending, send: (options) => this.#send(pending, options) };
      },
      disclose: async (): Promise<Disclosure> => {
        last();
        const bytes = await this.#worker.call<Uint8Array>("voter.disclose", [this.#handle]);
        return { bytes, text: toBase64url(bytes) };
      },
    };
  }

  async refresh(): Promise<void> {
    this.#view = await this.#worker.call("voter.refresh", [this.#handle]);
  }

  async close(): Promise<void> {
    await this.#worker.call("voter.close", [this.#handle]);
  }
}

function makeReceipts(worker: WorkerClient): Receipts {
  return {
    read: (file) => worker.call("receipt.read", [file]),
    normaliseCode: (text) => worker.call("receipt.normalise", [text]),
    check: (file) => worker.call("receipt.check", [file]),
    lookUp: (query, options) => worker.call("receipt.lookUp", [query], options),
  };
}

function makeBallotTest(worker: WorkerClient): BallotTest {
  return {
    check: async (disclosure) => {
      const bytes = typeof disclosure === "string" ? fromBase64url(disclosure) : disclosure;
      return worker.call<CheckedDisclosure>("test.check", [bytes]);
    },
  };
}

type SendEntry = (election: ElectionId, bytes: Uint8Array, options?: TaskOptions) => Promise<number>;

/** Where this device remembers what a teller's key has confirmed. */
const lockName = (election: ElectionId, sign: string) => `lock:${election}:${sign}`;

function makeTellers(counting: CountWorkers, page: Page, send: SendEntry): Tellers {
  return {
    suggest: async (language) => (await counting.shared()).call("teller.suggest", [language]),
    sheet: async (file, passphrase, language) => (await counting.shared()).call("teller.sheet", [file, composed(passphrase), language]),
    restore: async (words, passphrase) => (await counting.shared()).call("teller.restore", [words, composed(passphrase)]),
    label: async (file) => (await counting.shared()).call("teller.label", [file]),
    generate: async (passphrase) => (await counting.shared()).call("teller.generate", [composed(passphrase)]),
    send,
    collect: async (election, tickets, options) => {
      const own = await counting.own();
      try {
        return await own.call<Blob>("teller.collect", [election, tickets], options);
      } finally {
        own.terminate({ kind: "spent" });
      }
    },
    carry: async (file) => {
      const { head, start } = await readHead(file);
      const path = `/api/elections/${head.election}/manifest`;
      const place = head.files.findIndex(([each]) => each === path);
      const at = head.files.slice(0, Math.max(0, place)).reduce((sum, [, size]) => sum + size, start);
      const manifest = new Uint8Array(await file.slice(at, at + (head.files[place]?.[1] ?? 0)).arrayBuffer());
      await (await counting.shared()).call("teller.carry", [file]);
      return { head, manifest };
    },
    open: async ({ election, file, passphrase }) => {
      const worker = await counting.shared();
      const { handle, view } = await worker.call<Opened<TellerView>>("teller.open", [election, file, composed(passphrase)]);
      let current = view;
      // Earlier releases kept locks in local storage.
      for (const stored of [page.kept("device", lockName(election, view.sign)), await locks.stored(lockName(election, view.sign))]) {
        if (stored !== null) current = await worker.call<TellerView>("teller.locked", [handle, stored]);
      }
      return new TellerHandle(worker, handle, election, current, send);
    },
  };
}

class TellerHandle implements Teller {
  readonly #worker: WorkerClient;
  readonly #handle: number;
  readonly #send: SendEntry;
  readonly election: ElectionId;
  #view: TellerView;
  /** Current ballots at the last replay. */
  #ballots = 0;

  constructor(worker: WorkerClient, handle: number, election: ElectionId, view: TellerView, send: SendEntry) {
    this.#worker = worker;
    this.#handle = handle;
    this.election = election;
    this.#view = view;
    this.#send = send;
  }

  get number() {
    return this.#view.number;
  }
  get name() {
    return this.#view.name;
  }
  get seal() {
    return this.#view.seal;
  }
  get sign() {
    return this.#view.sign;
  }
  get fingerprint() {
    return this.#view.fingerprint;
  }
  get remembers() {
    return this.#view.remembers;
  }

  async sync(options?: TaskOptions): Promise<LogState> {
    const log = await this.#call<LogState>("sync", [], options);
    this.#ballots = log.ballots;
    return log;
  }

  async consent(): Promise<EntryToSend> {
    return this.#entry(await this.#call("consent"));
  }

  async confirm(
    stage: "closing" | "counting",
    typed: string,
    { firstDevice, withoutStorage = false }: { firstDevice: boolean; withoutStorage?: boolean },
  ) {
    const name = lockName(this.election, this.sign);
    for (;;) {
      // Another tab may have confirmed since this one looked: its lock counts here too.
      const before = await locks.stored(name);
      if (before !== null) this.#view = await this.#call<TellerView>("locked", [before]);
      const { lock, root, file } = await this.#call<{ lock: string; root: string; file: string }>("confirm", [stage, typed, firstDevice]);
      // On the disk before the key may sign anything for this root: `locked` is what unlocks signing.
      const done = await locks.store(name, before, lock);
      if (done === "changed") continue;
      const stored = done === "stored";
      if (!stored && !withoutStorage) throw new IsoloirFailure({ kind: "lock", problem: "notStored", stage });
      this.#view = await this.#call<TellerView>("locked", [lock]);
      return { stage, root, file, fileName: `isoloir-teller-${this.number}-${stage}.json`, stored };
    }
  }

  /** With workers for the other cores: they end with the work, and with them their copies of the keys. */
  async openBoxes(options?: TaskOptions): Promise<BoxesOpened> {
    const helpers = this.#ballots > FEW_BOXES ? await Helpers.start() : Helpers.none;
    try {
      return await this.#call("openBoxes", [helpers.ports], options);
    } finally {
      helpers.terminate();
    }
  }

  async supplyBox(index: number, box: Uint8Array): Promise<void> {
    await this.#call("supplyBox", [index, box]);
  }

  async report({ includeMissing }: { includeMissing: boolean }): Promise<EntryToSend> {
    return this.#entry(await this.#call("report", [includeMissing]));
  }

  async sums(options?: TaskOptions): Promise<EntryToSend> {
    return this.#entry(await this.#call("sums", [], options));
  }

  tickets(from: number, stepMs: number, count: number): Promise<Uint8Array> {
    return this.#call("tickets", [from, stepMs, count]);
  }

  async close(): Promise<void> {
    await this.#call("close");
  }

  #call<T>(method: string, args: unknown[] = [], options?: TaskOptions): Promise<T> {
    return this.#worker.call(`teller.${method}`, [this.#handle, ...args], options);
  }

  #entry(bytes: Uint8Array): EntryToSend {
    return { bytes, send: (options) => this.#send(this.election, bytes, options) };
  }
}

/** Accents in one form, whichever the keyboard makes; as the command line does. */
export const composed = (passphrase: string) => passphrase.normalize("NFC");

export function toBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

export function fromBase64url(text: string): Uint8Array {
  try {
    const binary = atob(text.trim().replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    throw new IsoloirFailure({ kind: "disclosure", problem: "format", detail: "not base64url" });
  }
}
