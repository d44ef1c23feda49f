// The Rust module, loaded once and only when needed, so that a page shows before it arrives.

import type { Isoloir } from "../wasm/types";

let loading: Promise<Isoloir> | null = null;

/** Loads the module; after a failure the next call tries again. */
export function isoloir(): Promise<Isoloir> {
  loading ??= import("../wasm/index").then((module) => module.loadIsoloir()).catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}
