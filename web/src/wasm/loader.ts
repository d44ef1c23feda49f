// Loads the Rust module. The generated glue fails with a bare TypeError when it is used too early;
// everything here goes through `rust()`, which throws the typed `notLoaded` instead.

import initialise, * as bindings from "../../../ballot-wasm/pkg/ballot_wasm.js";
import wasmUrl from "../../../ballot-wasm/pkg/ballot_wasm_bg.wasm?url";

import { IsoloirFailure } from "./failure";

let ready = false;

/** Fetches and compiles once; the page hands the compiled module to its workers. */
export async function compile(): Promise<WebAssembly.Module> {
  if (typeof WebAssembly !== "object") throw new IsoloirFailure({ kind: "unsupported", what: "webAssembly" });
  let response: Response;
  try {
    response = await fetch(wasmUrl, { credentials: "omit" });
  } catch {
    throw new IsoloirFailure({ kind: "load" });
  }
  if (!response.ok) throw new IsoloirFailure({ kind: "load" });
  try {
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

export async function instantiate(module: WebAssembly.Module): Promise<void> {
  if (ready) return;
  try {
    await initialise({ module_or_path: module });
  } catch {
    throw new IsoloirFailure({ kind: "load" });
  }
  ready = true;
}

/** The Rust classes and functions; throws `notLoaded` before `instantiate` is done. */
export function rust(): typeof bindings {
  if (!ready) throw new IsoloirFailure({ kind: "notLoaded" });
  return bindings;
}
