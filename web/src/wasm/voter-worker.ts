// The worker of voters' pages: holds codes and seeds. Conversions and downloads only; what a call
// means is in types.ts, what it computes in Rust.

import { IsoloirFailure } from "./failure";
import { getText, steadily } from "./http";
import { lookUp } from "./lookup";
import { Manifests } from "./manifests";
import { type Method, serve } from "./serve";
import type { Choice, ElectionInfo, ReceiptHead, ReceiptQuery, VoterView } from "./types";
import { instantiate, rust } from "./voter-module";

type Rust = ReturnType<typeof rust>;

let base = "";
let manifests: Manifests;

/** Rust objects by handle; a page knows the number only. */
const voters = new Map<number, { election: string; rust: InstanceType<Rust["Voter"]> }>();
let nextHandle = 1;

function voter(handle: number) {
  const found = voters.get(handle);
  if (!found) throw new IsoloirFailure({ kind: "spent" });
  return found.rust;
}

async function slotJson(election: string, slot: number, signal: AbortSignal, at = base): Promise<string> {
  try {
    return await steadily(() => getText(`${at}/api/elections/${encodeURIComponent(election)}/slots/${slot}`, signal), signal);
  } catch (failure) {
    if (failure instanceof IsoloirFailure && failure.error.kind === "network" && failure.error.status === 404) {
      throw new IsoloirFailure({ kind: "slot", problem: "unknown" });
    }
    throw failure;
  }
}

async function withReceipts<T>(
  election: string,
  signal: AbortSignal,
  use: (receipts: InstanceType<Rust["Receipt"]>) => T | Promise<T>,
): Promise<T> {
  const receipts = new (rust().Receipt)(election, await manifests.bytes(election, signal));
  try {
    return await use(receipts);
  } finally {
    receipts.free();
  }
}

const methods: Record<string, Method> = {
  election: (task, id: string, bytes?: Uint8Array) => (bytes ? manifests.take(id, bytes) : manifests.info(id, task.signal)),

  "voter.open": async (task, election: string, slot: number) => {
    const [bytes, json] = await Promise.all([manifests.bytes(election, task.signal), slotJson(election, slot, task.signal)]);
    const opened = new (rust().Voter)(election, bytes, json);
    const handle = nextHandle++;
    voters.set(handle, { election, rust: opened });
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
    const { slot } = voter(handle).view() as VoterView;
    const json = await slotJson(voters.get(handle)?.election ?? "", slot, task.signal);
    return voter(handle).refresh(json);
  },
  "voter.close": (_task, handle: number) => {
    voters.get(handle)?.rust.free();
    voters.delete(handle);
  },

  "receipt.read": (_task, file: string) => rust().readReceipt(file),
  "receipt.normalise": (_task, typed: string) => rust().normaliseReceiptCode(typed),
  "receipt.check": async (task, file: string) => {
    const { election, slot } = rust().readReceipt(file) as ReceiptHead;
    // The slot's key is needed for the code only; without it the rest is still checked.
    const described = await slotJson(election, slot, task.signal).catch(() => undefined);
    return withReceipts(election, task.signal, (receipts) => receipts.check(file, described));
  },
  "receipt.ofSubmission": (task, election: string, submission: Uint8Array, code: string, file: string) =>
    withReceipts(election, task.signal, (receipts) => receipts.checkSubmission(submission, code, file)),
  "receipt.lookUp": async (task, query: ReceiptQuery) => {
    const at = query.at ?? base;
    const json = await slotJson(query.election, query.slot, task.signal, at);
    return withReceipts(query.election, task.signal, (receipts) => lookUp(at, receipts, query, json, task.signal));
  },

  "test.check": async (task, disclosed: Uint8Array) => {
    const { BallotTest, disclosedElection, disclosedSlot } = rust();
    const election = disclosedElection(disclosed);
    const slot = disclosedSlot(disclosed);
    if (election === undefined || slot === undefined) {
      throw new IsoloirFailure({ kind: "disclosure", problem: "format", detail: "too short" });
    }
    const test = new BallotTest(election, await manifests.bytes(election, task.signal));
    // Without the server the test still shows what the ballot held, only not whether the key is the slot's.
    const described = await slotJson(election, slot, task.signal).catch(() => undefined);
    try {
      return test.check(disclosed, described);
    } finally {
      test.free();
    }
  },
};

serve(methods, async (program, address) => {
  base = address;
  manifests = new Manifests(address, (id, bytes) => rust().election(id, bytes) as ElectionInfo);
  await instantiate(program);
});
