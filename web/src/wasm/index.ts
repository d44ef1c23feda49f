// The entrance: pages import from here and nowhere else in this folder.

import { makeIsoloir } from "./client";
import { IsoloirFailure } from "./failure";
import { compile, instantiate } from "./loader";
import { WorkerClient } from "./rpc";
import type { Isoloir } from "./types";

export { IsoloirFailure } from "./failure";
export type * from "./types";

let loading: Promise<Isoloir> | null = null;
let loaded: Isoloir | null = null;

async function load(): Promise<Isoloir> {
  const module = await compile();
  // The worker starts while the page's own instance does.
  const worker = new WorkerClient(module, location.origin);
  await Promise.all([instantiate(module), worker.started()]);
  loaded = makeIsoloir(module, location.origin, worker);
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
