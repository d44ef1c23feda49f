// Calls from the page into a worker: one message per call, answers and progress by number.

import { IsoloirFailure, toError } from "./failure";
import type { Program } from "./loader";
import type { IsoloirError, Progress, TaskOptions } from "./types";

export type ToWorker =
  | { type: "start"; program: Program; base: string }
  | { type: "call"; id: number; method: string; args: unknown[] }
  | { type: "cancel"; id: number };

export type FromWorker =
  | { type: "started" }
  | { type: "failed"; error: IsoloirError }
  | { type: "result"; id: number; value: unknown }
  | { type: "error"; id: number; error: IsoloirError }
  | { type: "progress"; id: number; progress: Progress };

interface Waiting {
  resolve: (value: never) => void;
  reject: (failure: IsoloirFailure) => void;
  progress: ((progress: Progress) => void) | undefined;
}

/** One worker with a module in it. After a crash every call rejects with `crashed`. */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #dead: IsoloirError | null = null;
  readonly #started: Promise<void>;

  constructor(worker: Worker, program: Program, base: string) {
    this.#worker = worker;
    this.#started = new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === "started") resolve();
        else if (data.type === "failed") reject(new IsoloirFailure(data.error));
        else this.#receive(data);
      };
      this.#worker.onerror = () => {
        reject(new IsoloirFailure({ kind: "load" }));
        this.#end({ kind: "crashed" });
      };
    });
    this.#started.catch(() => this.#end({ kind: "load" }));
    this.#send({ type: "start", program, base });
  }

  async started(): Promise<this> {
    await this.#started;
    return this;
  }

  call<T>(method: string, args: unknown[], options: TaskOptions = {}): Promise<T> {
    const { signal, progress } = options;
    if (this.#dead) return Promise.reject(new IsoloirFailure(this.#dead));
    if (signal?.aborted) return Promise.reject(new IsoloirFailure({ kind: "cancelled" }));
    const id = this.#next++;
    const cancel = () => this.#send({ type: "cancel", id });
    signal?.addEventListener("abort", cancel, { once: true });
    const answer = new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, progress });
    });
    try {
      this.#send({ type: "call", id, method, args });
    } catch (error) {
      this.#waiting.delete(id);
      return Promise.reject(new IsoloirFailure(toError(error)));
    }
    return answer.finally(() => signal?.removeEventListener("abort", cancel));
  }

  /** Ends the worker and frees its memory; open calls reject with `error`. */
  terminate(error: IsoloirError): void {
    this.#end(error);
  }

  #send(message: ToWorker): void {
    const ports = message.type === "call" ? message.args.flat().filter((each) => each instanceof MessagePort) : [];
    this.#worker.postMessage(message, ports);
  }

  #receive(message: Exclude<FromWorker, { type: "started" | "failed" }>): void {
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    if (message.type === "progress") {
      waiting.progress?.(message.progress);
      return;
    }
    this.#waiting.delete(message.id);
    if (message.type === "result") waiting.resolve(message.value as never);
    else {
      waiting.reject(new IsoloirFailure(message.error));
      // A trapped module must not be entered again.
      if (message.error.kind === "crashed") this.#end(message.error);
    }
  }

  #end(error: IsoloirError): void {
    this.#dead ??= error;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(new IsoloirFailure(error));
    this.#waiting.clear();
  }
}
