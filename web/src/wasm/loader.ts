// Loads a Rust module. The generated glue fails with a bare TypeError when it is used too early;
// everything goes through `rust()`, which throws the typed `notLoaded` instead.

import { IsoloirFailure } from "./failure";

export interface Loader<Bindings> {
  instantiate(module: WebAssembly.Module): Promise<void>;
  /** The Rust classes and functions; throws `notLoaded` before `instantiate` is done. */
  rust(): Bindings;
}

/** `initialise` and `bindings` are the generated glue. */
export function makeLoader<Bindings>(
  initialise: (input: { module_or_path: WebAssembly.Module }) => Promise<unknown>,
  bindings: Bindings,
): Loader<Bindings> {
  let ready = false;
  return {
    instantiate: async (module) => {
      if (ready) return;
      try {
        await initialise({ module_or_path: module });
      } catch {
        throw new IsoloirFailure({ kind: "load" });
      }
      ready = true;
    },
    rust: () => {
      if (!ready) throw new IsoloirFailure({ kind: "notLoaded" });
      return bindings;
    },
  };
}

/** Fetches and compiles a module once; the page hands it to its workers. */
export async function compile(url: string): Promise<WebAssembly.Module> {
  if (typeof WebAssembly !== "object") throw new IsoloirFailure({ kind: "unsupported", what: "webAssembly" });
  let response: Response;
  try {
    response = await fetch(url, { credentials: "omit" });
  } catch {
    throw new IsoloirFailure({ kind: "load" });
  }
  if (!response.ok) throw new IsoloirFailure({ kind: "load" });
  try {
    // Streaming needs the right media type, which a proxy may have changed.
    if (response.headers.get("content-type") === "application/wasm" && "compileStreaming" in WebAssembly) {
      return await WebAssembly.compileStreaming(response);
    }
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    if (error instanceof WebAssembly.CompileError && /content security|csp|disallowed/i.test(error.message)) {
      throw new IsoloirFailure({ kind: "unsupported", what: "webAssembly" });
    }
    throw new IsoloirFailure({ kind: "load" });
  }
}
