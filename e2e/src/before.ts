// Before the first test: what must be there is there, or a sentence says what is missing.

import { existsSync } from "node:fs";
import { join } from "node:path";

import { buildClock } from "./clock.js";
import { CHROMIUM, MODULE, PROGRAM } from "./places.js";

const NEEDED: [path: string, todo: string][] = [
  [PROGRAM, "build it with `cargo build --bin isoloir`, or name it in ISOLOIR_BIN"],
  [join(MODULE, "ballot_wasm_bg.wasm"), "build it with `cargo xtask wasm`"],
  [CHROMIUM, "install the package chromium, or name a Chromium in CHROMIUM"],
];

export default function before(): void {
  for (const [path, todo] of NEEDED) {
    if (!existsSync(path)) throw new Error(`${path} is missing: ${todo}.`);
  }
  buildClock();
}
