// The entrance: pages import from here and nowhere else in this folder.

import { makeIsoloir } from "./client";
import { IsoloirFailure } from "./failure";
import { program } from "./loader";
import { voterScript, voterUrl } from "./modules";
import { instantiate } from "./page-module";
import { WorkerClient } from "./rpc";
import type { Isoloir } from "./types";
import { startVoterWorker } from "./workers";

export { IsoloirFailure } from "./failure";
export type * from "./types";

let loading: Promise<Isoloir> | null = null;
let loaded: Isoloir | null = null;

async function load(): Promise<Isoloir> {
  const [started, voter] = await Promise.all([startVoterWorker(), program(voterUrl, voterScript)]);
  const worker = new WorkerClient(started, voter, location.origin);
  await Promise.all([instantiate(voter), worker.started()]);
  loaded = makeIsoloir(location.origin, worker, typeof voter === "string" ? "javaScript" : "webAssembly");
  return loaded;
}

/** Loads the module and starts the worker, once; after a failure the next call tries again. */
export function loadIsoloir(): Promise<Isoloir> {
  loading ??= load().catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** What `loadIsoloir` resolved to; throws `notLoaded` before. */
export function isoloir(): Isoloir {
  if (!loaded) throw new IsoloirFailure({ kind: "notLoaded" });
  return loaded;
}
