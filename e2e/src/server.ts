// The real server, with a data folder of its own, on a port of its own.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

import type { Clock } from "./clock.js";
import { PROGRAM } from "./places.js";

export class Server {
  /** Everything it wrote, over all its starts. */
  log = "";
  /** Further options, from the next start on. */
  options: string[] = [];
  readonly #clock: Clock;
  readonly #data: string;
  #child: ChildProcess | null = null;
  #port = 0;

  constructor(clock: Clock, data: string) {
    this.#clock = clock;
    this.#data = data;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get runs(): boolean {
    return this.#child !== null;
  }

  get data(): string {
    return this.#data;
  }

  /** Starts it, the second time on the port of the first. Resolves once it listens. */
  async start(): Promise<void> {
    const child = spawn(PROGRAM, [
      "--lang", "en", "serve",
      "--data", this.#data,
      "--listen", `127.0.0.1:${this.#port}`,
      "--public-url", "http://vote.example.org",
      "--open-to-any-organiser",
      ...this.options,
    ], { env: { ...this.#clock.environment(), RUST_LOG: "info" }, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    const before = this.log.length;
    this.#port = await new Promise<number>((resolve, reject) => {
      const read = (text: string): void => {
        this.log += text;
        const port = /127\.0\.0\.1:(\d+)/.exec(this.log.slice(before))?.[1];
        if (port) resolve(Number(port));
      };
      child.stdout.setEncoding("utf8").on("data", read);
      child.stderr.setEncoding("utf8").on("data", read);
      child.on("error", reject);
      child.on("exit", (status, signal) => reject(new Error(`the server ended with ${status ?? signal}:\n${this.log}`)));
    });
  }

  /** As a power cut: no signal handler runs. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** As an operator. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}
