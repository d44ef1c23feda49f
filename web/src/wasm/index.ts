// The entrance: pages import from here and nowhere else in this folder.

import { makeIsoloir, startVoterWorker } from "./client";
import { IsoloirFailure } from "./failure";
import { compile } from "./loader";
import { voterUrl } from "./modules";
import { instantiate } from "./page-module";
import { WorkerClient } from "./rpc";
import type { Isoloir } from "./types";

export { IsoloirFailure } from "./failure";
export type * from "./types";

let loading: Promise<Isoloir> | null = null;
let loaded: Isoloir | null = null;

async function load(): Promise<Isoloir> {
  const module = await compile(voterUrl);
  // The worker starts while the page's own instance does.
  const worker = new WorkerClient(startVoterWorker, module, location.origin);
  await Promise.all([instantiate(module), worker.started()]);
  loaded = makeIsoloir(location.origin, worker);
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
