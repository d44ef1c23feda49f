// Loads a Rust module. The generated glue fails with a bare TypeError when it is used too early;
// everything goes through `rust()`, which throws the typed `notLoaded` instead.

import { inlined } from "../lib/inlined";
import { integrityOf } from "../lib/sealed";
import { IsoloirFailure } from "./failure";

/** A compiled module, or the address of the same program as a script, where WebAssembly is missing or forbidden. */
export type Program = WebAssembly.Module | string;

/** What the script of the voter's module exports: the bindings, and what starts it. */
export type Script<Bindings> = Bindings & { start(): void };

export interface Loader<Bindings> {
  instantiate(program: Program): Promise<void>;
  /** The Rust classes and functions; throws `notLoaded` before `instantiate` is done. */
  rust(): Bindings;
}

/** `initialise` and `bindings` are the generated glue. */
export function makeLoader<Bindings>(
  initialise: (input: { module_or_path: WebAssembly.Module }) => Promise<unknown>,
  bindings: Bindings,
): Loader<Bindings> {
  let ready: Bindings | null = null;
  return {
    instantiate: async (program) => {
      if (ready) return;
      try {
        if (typeof program === "string") {
          const script = (await import(/* @vite-ignore */ program)) as Script<Bindings>;
          script.start();
          ready = script;
        } else {
          await initialise({ module_or_path: program });
          ready = bindings;
        }
      } catch {
        throw new IsoloirFailure({ kind: "load" });
      }
    },
    rust: () => {
      if (!ready) throw new IsoloirFailure({ kind: "notLoaded" });
      return ready;
    },
  };
}

/** The shortest module there is: none of a browser that allows WebAssembly refuses it. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** Whether WebAssembly is there and allowed. Under a policy that forbids it WebKit compiles a module all the same, and refuses to run it. */
function works(): boolean {
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(EMPTY)) instanceof WebAssembly.Instance;
  } catch {
    return false;
  }
}

/** Fetches and compiles a module once; the page hands it to its workers. `unsupported` where WebAssembly is missing, forbidden or too old. */
export async function compile(url: string): Promise<WebAssembly.Module> {
  if (!works()) throw new IsoloirFailure({ kind: "unsupported", what: "webAssembly" });
  const inside = inlined(url);
  if (inside) {
    return WebAssembly.compile(inside).catch(() => {
      throw new IsoloirFailure({ kind: "unsupported", what: "webAssembly" });
    });
  }
  let response = await fetched(url);
  // Streaming needs the right media type, which a proxy may have changed.
  if (response.headers.get("content-type") === "application/wasm" && "compileStreaming" in WebAssembly) {
    const module = await WebAssembly.compileStreaming(response).catch(() => null);
    if (module) return module;
    // Engines differ in what they throw for a broken download, a policy that forbids compiling and a module that is too new for them.
    response = await fetched(url);
  }
  const bytes = await response.arrayBuffer().catch(() => null);
  if (!bytes) throw new IsoloirFailure({ kind: "load" });
  return WebAssembly.compile(bytes).catch(() => {
    throw new IsoloirFailure({ kind: "unsupported", what: "webAssembly" });
  });
}

/** The module compiled, or the address of its script where that cannot be. */
export async function program(url: string, script: string): Promise<Program> {
  try {
    return await compile(url);
  } catch (error) {
    if (!(error instanceof IsoloirFailure && error.error.kind === "unsupported")) throw error;
    // A browser checks no hash of what a script imports by address. The file never changes, so what is checked here is what runs.
    await (await fetched(script)).arrayBuffer();
    return script;
  }
}

/** Waits between the tries for one file. A file with the wrong content cannot be told from a broken connection, so there is an end. */
const WAITS_MS = [500, 1_500, 4_000];
/** How long one file may take: the 152,000 bytes of the voters' module at the speed of the slowest lines. The browser hands out nothing before it has checked it all. */
const FILE_MS = 180_000;

/** A file of the build, whole and with the content that the page names. A connection that breaks off is tried again. */
export async function fetched(url: string): Promise<Response> {
  for (let tries = 0; ; tries += 1) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), FILE_MS);
    const response = await fetch(url, { credentials: "same-origin", integrity: integrityOf(url), signal: controller.signal }).catch(() => null);
    clearTimeout(timer);
    if (response?.ok) return response;
    // A network that swallows everything is not the file's fault: the page says so, and tries again by itself.
    if (controller.signal.aborted) throw new IsoloirFailure({ kind: "network", status: null, problem: null, retryAfter: null, facts: {} });
    const wait = WAITS_MS[tries];
    if (wait === undefined) throw new IsoloirFailure({ kind: "load" });
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
