// The `isoloir` command line, run as people run it.

import { spawn } from "node:child_process";

import type { Clock } from "./clock.js";
import { PROGRAM } from "./places.js";

export interface Ended {
  status: number;
  out: string;
  err: string;
}

/** Runs a command to its end, whatever its exit status. */
export function attempt(clock: Clock, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(PROGRAM, ["--lang", "en", ...args], { env: clock.environment(), stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? -1, out, err }));
  });
}

/** Runs a command that must succeed; returns what it printed. */
export async function isoloir(clock: Clock, ...args: string[]): Promise<string> {
  const { status, out, err } = await attempt(clock, args);
  if (status !== 0) throw new Error(`isoloir ${args.join(" ")}: exit status ${status}\n${out}${err}`);
  return out;
}
