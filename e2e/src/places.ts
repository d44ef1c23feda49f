// Where things are. What the build tools know better comes by environment.

import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");
/** Everything a run leaves behind. */
export const RESULTS = join(ROOT, "e2e", "results");
/** The real program. */
export const PROGRAM = resolve(ROOT, process.env["ISOLOIR_BIN"] ?? process.env["ISOLOIR"] ?? "target/debug/isoloir");
/** What dishonest voters and tellers have instead (protocol/examples/dishonest.rs). */
export const DISHONEST = join(dirname(PROGRAM), "examples", "dishonest");
export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
/** The browser module as wasm-pack makes it. */
export const MODULE = join(ROOT, "ballot-wasm", "pkg", "voter");
/** Archives that the Rust tests made, good and broken (protocol/tests/corpus.rs). */
export const CORPUS = resolve(ROOT, process.env["ISOLOIR_CORPUS"] ?? "target/tmp/corpus");
/** Where the elections of tests are kept for the second verifier, if they are (verifier/test/kept.ts). */
export const ARCHIVES = process.env["ISOLOIR_ARCHIVES"];
export const SCREENSHOTS = join(ROOT, "target", "screenshots");

/** A folder that exists. */
export function folder(...parts: string[]): string {
  const path = join(...parts);
  mkdirSync(path, { recursive: true });
  return path;
}
