// The wall clock of everything that takes part in a test: server, command line, witnesses, browser.
// They are the real programs; a small library loaded before them shifts what the machine tells
// (clock/clock.c). Time only ever goes forward. Timers run as they always do.

import { execFileSync } from "node:child_process";
import { closeSync, existsSync, openSync, renameSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

import type { Page } from "@playwright/test";

import { folder, RESULTS, ROOT } from "./places.js";

const SOURCE = join(ROOT, "e2e", "clock", "clock.c");
const LIBRARY = join(RESULTS, "tools", "clock.so");

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Compiles the library; Rust needs a C compiler for linking, so there is one. */
export function buildClock(): void {
  if (existsSync(LIBRARY) && statSync(LIBRARY).mtimeMs > statSync(SOURCE).mtimeMs) return;
  folder(RESULTS, "tools");
  const fresh = `${LIBRARY}.${process.pid}`;
  execFileSync(process.env["CC"] ?? "cc", ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-o", fresh, SOURCE, "-ldl"], { stdio: "inherit" });
  renameSync(fresh, LIBRARY);
}

export class Clock {
  readonly #path: string;
  #shift = 0;

  constructor(path: string) {
    this.#path = path;
    writeFileSync(path, Buffer.alloc(8));
  }

  /** Milliseconds since 1970, as everybody in the test is told. */
  now(): number {
    return Date.now() + this.#shift;
  }

  advance(ms: number): void {
    if (ms <= 0) return;
    this.#shift += Math.ceil(ms);
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(this.#shift));
    const file = openSync(this.#path, "r+");
    writeSync(file, bytes);
    closeSync(file);
  }

  /** Forward to a moment; nothing if it is past. */
  advanceTo(ms: number): void {
    this.advance(ms - this.now());
  }

  /** Gives a page timers that a test can wind on (`page.clock.fastForward`), and a time that is wrong by `wrong` ms. */
  async takeOver(page: Page, wrong = 0): Promise<void> {
    // Playwright counts from its own clock, which is not shifted; the page's is.
    await page.clock.install({ time: Date.now() + wrong });
  }

  /** For every program of the test. */
  environment(): NodeJS.ProcessEnv {
    return { ...process.env, LD_PRELOAD: LIBRARY, ISOLOIR_TEST_CLOCK: this.#path };
  }
}
