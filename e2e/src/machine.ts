// A voter whose device is a program: the same module as in the browser, in Node, over HTTP. Fills
// the urn so that there is something to count.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { MODULE } from "./places.js";
import type { Choices, Noted, Voter } from "./voter.js";

interface Machine {
  initSync(options: { module: BufferSource }): unknown;
  Voter: new (id: string, manifest: Uint8Array, slotJson: string) => {
    setCode(registrar: number, typed: string): void;
    prepare(choices: { options: number[]; blank: boolean }[]): string;
    cast(): Uint8Array;
    free(): void;
  };
  Receipt: new (id: string, manifest: Uint8Array) => {
    checkSubmission(submission: Uint8Array, code: string, file: string): { slot: number; code: string };
    free(): void;
  };
}

let loading: Promise<Machine> | null = null;

async function load(): Promise<Machine> {
  const machine = (await import(pathToFileURL(join(MODULE, "ballot_wasm.js")).href)) as Machine;
  machine.initSync({ module: readFileSync(join(MODULE, "ballot_wasm_bg.wasm")) });
  return machine;
}

export interface Prepared {
  code: string;
  submission: Uint8Array;
}

/** Makes and signs a ballot without sending it. */
export async function prepare(voter: Voter, choices: Choices): Promise<Prepared> {
  const { election } = voter;
  loading ??= load();
  const machine = await loading;
  const base = `${election.server}/api/elections/${election.id}`;
  const manifest = new Uint8Array(await (await fetch(`${base}/manifest`)).arrayBuffer());
  const slot = await (await fetch(`${base}/slots/${voter.slot}`)).text();
  const device = new machine.Voter(election.id, manifest, slot);
  try {
    voter.codes.forEach((code, registrar) => device.setCode(registrar, code));
    const code = device.prepare(choices.map((choice) => (choice === "blank" ? { options: [], blank: true } : { options: [...choice], blank: false })));
    return { code, submission: device.cast() };
  } finally {
    device.free();
  }
}

/** Votes, and checks the receipt. */
export async function castByProgram(voter: Voter, choices: Choices): Promise<Noted & { file: string }> {
  const { election } = voter;
  const { code, submission } = await prepare(voter, choices);
  const machine = await (loading ??= load());
  const base = `${election.server}/api/elections/${election.id}`;
  const answer = await fetch(`${base}/ballots`, { method: "POST", body: submission as Uint8Array<ArrayBuffer>, headers: { "content-type": "application/octet-stream" } });
  const file = await answer.text();
  if (!answer.ok) throw new Error(`the ballot of slot ${voter.slot} was refused: ${answer.status} ${file}`);
  const manifest = new Uint8Array(await (await fetch(`${base}/manifest`)).arrayBuffer());
  const receipts = new machine.Receipt(election.id, manifest);
  try {
    const checked = receipts.checkSubmission(submission, code, file);
    return { slot: checked.slot, code: checked.code, file };
  } finally {
    receipts.free();
  }
}
