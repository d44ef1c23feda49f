// The worker: holds codes, keys and seeds, runs the Rust module, answers the page's calls.
// Conversions and downloads only; what a call means is in types.ts, what it computes in Rust.

import { IsoloirFailure, toError } from "./failure";
import { getBytes, getText } from "./http";
import { instantiate, rust } from "./loader";
import type { Task } from "./log";
import { lookUp } from "./lookup";
import type { FromWorker, ToWorker } from "./rpc";
import { closeTeller, openTeller, tellerMethods } from "./teller-worker";
import { runAudit } from "./audit-worker";
import type { AuditInput, Choice, ElectionInfo, ReceiptHead, ReceiptQuery } from "./types";

interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
}
const scope = globalThis as unknown as Scope;

let base = "";
const manifests = new Map<string, Uint8Array>();
const cancellations = new Map<number, AbortController>();

/** Rust objects by handle; a page knows the number only. */
const voters = new Map<number, InstanceType<ReturnType<typeof rust>["Voter"]>>();
const voterElections = new Map<number, string>();
let nextHandle = 1;

async function manifest(id: string, signal: AbortSignal): Promise<Uint8Array> {
  const known = manifests.get(id);
  if (known) return known;
  const bytes = await getBytes(`${base}/api/elections/${encodeURIComponent(id)}/manifest`, signal);
  // Throws unless the bytes hash to the id.
  rust().election(id, bytes);
  manifests.set(id, bytes);
  return bytes;
}

async function slotJson(election: string, slot: number, signal: AbortSignal): Promise<string> {
  try {
    return await getText(`${base}/api/elections/${encodeURIComponent(election)}/slots/${slot}`, signal);
  } catch (failure) {
    if (failure instanceof IsoloirFailure && failure.error.kind === "network" && failure.error.status === 404) {
      throw new IsoloirFailure({ kind: "slot", problem: "unknown" });
    }
    throw failure;
  }
}

function voter(handle: number) {
  const found = voters.get(handle);
  if (!found) throw new IsoloirFailure({ kind: "spent" });
  return found;
}

async function receiptsOf(election: string, signal: AbortSignal) {
  const { Receipt } = rust();
  return new Receipt(election, await manifest(election, signal));
}

// biome-ignore lint/suspicious/noExplicitAny: arguments come from client.ts, which declares them.
type Method = (task: Task, ...args: any[]) => unknown;

const methods: Record<string, Method> = {
  election: async (task, id: string, bytes?: Uint8Array): Promise<ElectionInfo> => {
    if (bytes) {
      const info = rust().election(id, bytes) as ElectionInfo;
      manifests.set(id, bytes);
      return info;
    }
    return rust().election(id, await manifest(id, task.signal)) as ElectionInfo;
  },

  "voter.open": async (task, election: string, slot: number) => {
    const [bytes, json] = await Promise.all([manifest(election, task.signal), slotJson(election, slot, task.signal)]);
    const opened = new (rust().Voter)(election, bytes, json);
    const handle = nextHandle++;
    voters.set(handle, opened);
    voterElections.set(handle, election);
    return { handle, view: opened.view() };
  },
  "voter.setCode": (_task, handle: number, registrar: number, typed: string) => {
    voter(handle).setCode(registrar, typed);
    return voter(handle).view();
  },
  "voter.prepare": (_task, handle: number, choices: Choice[]) => voter(handle).prepare(choices),
  "voter.cast": (_task, handle: number) => voter(handle).cast(),
  "voter.disclose": (_task, handle: number) => voter(handle).disclose(),
  "voter.refresh": async (task, handle: number) => {
    const { slot } = voter(handle).view() as { slot: number };
    const json = await slotJson(voterElections.get(handle) ?? "", slot, task.signal);
    return voter(handle).refresh(json);
  },
  "voter.close": (_task, handle: number) => {
    voters.get(handle)?.free();
    voters.delete(handle);
    voterElections.delete(handle);
  },

  "receipt.read": (_task, file: string) => rust().readReceipt(file),
  "receipt.normalise": (_task, typed: string) => rust().normaliseReceiptCode(typed),
  "receipt.check": async (task, file: string) => {
    const { election, slot } = rust().readReceipt(file) as ReceiptHead;
    const receipts = await receiptsOf(election, task.signal);
    // The slot's key is needed for the code only; without it the rest is still checked.
    const described = await slotJson(election, slot, task.signal).catch(() => undefined);
    try {
      return receipts.check(file, described);
    } finally {
      receipts.free();
    }
  },
  "receipt.ofSubmission": async (task, election: string, submission: Uint8Array, code: string, file: string) => {
    const receipts = await receiptsOf(election, task.signal);
    try {
      return receipts.checkSubmission(submission, code, file);
    } finally {
      receipts.free();
    }
  },
  "receipt.lookUp": async (task, query: ReceiptQuery) => {
    const receipts = await receiptsOf(query.election, task.signal);
    try {
      return await lookUp(base, receipts, query, await slotJson(query.election, query.slot, task.signal), task.signal);
    } finally {
      receipts.free();
    }
  },

  "test.check": async (task, disclosed: Uint8Array) => {
    const { BallotTest, disclosedElection, disclosedSlot } = rust();
    const election = disclosedElection(disclosed);
    const slot = disclosedSlot(disclosed);
    if (election === undefined || slot === undefined) {
      throw new IsoloirFailure({ kind: "disclosure", problem: "format", detail: "too short" });
    }
    const test = new BallotTest(election, await manifest(election, task.signal));
    // Without the server the test still shows what the ballot held, only not whether the key is the slot's.
    const described = await slotJson(election, slot, task.signal).catch(() => undefined);
    try {
      return test.check(disclosed, described);
    } finally {
      test.free();
    }
  },

  "teller.generate": (_task, passphrase: string) => rust().generateTellerKey(passphrase),
  "teller.open": async (task, election: string, file: string, passphrase: string) =>
    openTeller(base, election, await manifest(election, task.signal), file, passphrase),
  "teller.close": (_task, handle: number) => closeTeller(handle),
  ...tellerMethods,

  audit: async (task, input: AuditInput) => {
    const bytes = "election" in input.source ? await manifest(input.source.election, task.signal) : null;
    return runAudit(base, bytes, input, task);
  },
};

/** setTimeout would be slowed down in a tab in the background; a message is not. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

function task(id: number, controller: AbortController): Task {
  return {
    signal: controller.signal,
    progress: (progress) => scope.postMessage({ type: "progress", id, progress }),
    breathe: async () => {
      await breathe();
      if (controller.signal.aborted) throw new IsoloirFailure({ kind: "cancelled" });
    },
  };
}

async function call(id: number, method: string, args: unknown[]): Promise<void> {
  const controller = new AbortController();
  cancellations.set(id, controller);
  try {
    const run = methods[method];
    if (!run) throw new IsoloirFailure({ kind: "argument", detail: method });
    scope.postMessage({ type: "result", id, value: await run(task(id, controller), ...args) });
  } catch (error) {
    scope.postMessage({ type: "error", id, error: toError(error) });
  } finally {
    cancellations.delete(id);
  }
}

async function start(module: WebAssembly.Module, address: string): Promise<void> {
  try {
    base = address;
    await instantiate(module);
    scope.postMessage({ type: "started" });
  } catch (error) {
    scope.postMessage({ type: "failed", error: toError(error) });
  }
}

scope.onmessage = ({ data }) => {
  if (data.type === "start") void start(data.module, data.base);
  else if (data.type === "call") void call(data.id, data.method, data.args);
  else cancellations.get(data.id)?.abort();
};
