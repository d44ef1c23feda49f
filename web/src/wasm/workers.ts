// Starts the workers. Their addresses are the only ones that may become scripts at run time: the policy
// below is the only one that the server's headers allow (Trusted Types).

import countWorker from "./count-worker.ts?worker&url";
import helperWorker from "./helper-worker.ts?worker&url";
import voterWorker from "./voter-worker.ts?worker&url";

import { inlined } from "../lib/inlined";
import { integrityOf } from "../lib/sealed";
import { IsoloirFailure } from "./failure";
import { fetched } from "./loader";

interface Policy {
  createScriptURL(url: string): string;
}
const { trustedTypes } = globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } };

/** Workers that came inside the page (lib/inlined.ts), by the addresses their text was given here. */
const inside = new Set<string>();

const rules: Policy = {
  createScriptURL: (url) => {
    if (!inside.has(url) && url !== voterWorker && url !== countWorker && url !== helperWorker) throw new TypeError("not a worker of these pages");
    return url;
  },
};
const policy = trustedTypes?.createPolicy("isoloir-worker", rules) ?? rules;

/** A browser checks no hash of a worker. Its file never changes, so what was checked here is what the worker gets from the browser's cache. */
async function start(url: string): Promise<Worker> {
  if (typeof Worker !== "function") throw new IsoloirFailure({ kind: "unsupported", what: "worker" });
  const text = inlined(url);
  if (text) {
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    inside.add(address);
    return new Worker(policy.createScriptURL(address));
  }
  if (integrityOf(url) !== "") await (await fetched(url)).arrayBuffer();
  return new Worker(policy.createScriptURL(url), { type: "module" });
}

export const startVoterWorker = (): Promise<Worker> => start(voterWorker);
export const startCountWorker = (): Promise<Worker> => start(countWorker);
export const startHelperWorker = (): Promise<Worker> => start(helperWorker);
