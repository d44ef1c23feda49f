// The page's side of the Rust module: address, files, storage (main thread, synchronous).

import { IsoloirFailure, toError } from "./failure";
import type { Fragment, Page, PendingSubmission } from "./types";
import { rust } from "./page-module";

const MOST_BYTES = 2 ** 28;

/** Runs a Rust call and turns what it throws into the typed failure. */
function typed<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new IsoloirFailure(toError(error));
  }
}

function scopeOf(scope: "tab" | "device") {
  const { Scope } = rust();
  return scope === "tab" ? Scope.Tab : Scope.Device;
}

export function makePage(): Page {
  const loadPending = (election: string, slot: number) => typed(() => rust().loadPending(election, slot) as PendingSubmission | null);

  return {
    takeFragment: () => typed(() => rust().takeFragment() as Fragment | null),
    download: (name, mediaType, content) =>
      typed(() => rust().download(name, mediaType, typeof content === "string" ? new TextEncoder().encode(content) : content)),
    readFile: async (file, limit = MOST_BYTES) => {
      try {
        return new Uint8Array((await rust().readFile(file, limit)) as ArrayBuffer);
      } catch (error) {
        throw new IsoloirFailure(error instanceof DOMException ? { kind: "archive", detail: error.name } : toError(error));
      }
    },
    get storageWorks() {
      return rust().storageWorks();
    },
    keep: (scope, name, value) => rust().keep(scopeOf(scope), name, value),
    kept: (scope, name) => rust().kept(scopeOf(scope), name) ?? null,
    forget: (scope, name) => rust().forget(scopeOf(scope), name),
    pending: {
      save: ({ election, slot, receiptCode, submission, time, receipt }) =>
        rust().savePending(election, slot, receiptCode, submission, time, receipt ?? undefined),
      load: loadPending,
      list: (election) => [...rust().listPending(election)].map((slot) => loadPending(election, slot)).filter((found) => found !== null),
      forget: (election, slot) => rust().forgetPending(election, slot),
    },
  };
}
