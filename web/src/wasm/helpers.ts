// Further workers, one for each other core: they open boxes for a teller, or prove ballots for an audit. The page starts them, because
// only it can check the hash of their script; the worker that counts or audits talks to each through a port of its own, so that the page
// never holds the keys.

import { IsoloirFailure } from "./failure";

export interface BoxesStart {
  election: string;
  manifest: Uint8Array;
  teller: number;
  secret: Uint8Array;
  buckets: number;
}
export interface ProofsStart {
  manifest: Uint8Array;
}
export type HelperStart = { boxes: BoxesStart } | { proofs: ProofsStart };

export type ToHelper = { type: "start"; module: WebAssembly.Module; start: HelperStart } | { type: "work"; bytes: Uint8Array };
export type FromHelper = { type: "started" } | { type: "done"; bytes: Uint8Array } | { type: "failed" };

/** One helper. It does what it is given in order, so that it can be given the next piece before it is done with the one before. */
export class Helper {
  readonly #port: MessagePort;
  readonly #waiting: { resolve: (message: FromHelper) => void; reject: (failure: IsoloirFailure) => void }[] = [];

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<FromHelper>) => {
      const waiting = this.#waiting.shift();
      if (data.type === "failed") waiting?.reject(new IsoloirFailure({ kind: "crashed" }));
      else waiting?.resolve(data);
    };
  }

  /** Gives it the module and what it is to know; a secret is moved, not copied. */
  async start(module: WebAssembly.Module, start: HelperStart): Promise<this> {
    await this.#ask({ type: "start", module, start }, "boxes" in start ? [start.boxes.secret.buffer] : []);
    return this;
  }

  /** How many pieces it has to do. */
  get load(): number {
    return this.#waiting.length;
  }

  /** What it makes of a piece of work. */
  async work(bytes: Uint8Array): Promise<Uint8Array> {
    const message = await this.#ask({ type: "work", bytes }, [bytes.buffer]);
    if (message.type !== "done") throw new IsoloirFailure({ kind: "crashed" });
    return message.bytes;
  }

  #ask(message: ToHelper, transfer: Transferable[]): Promise<FromHelper> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#port.postMessage(message, transfer);
    });
  }
}

/** Starts a helper at each port; one that does not start is done without. `start` makes what each is given. */
export async function startHelpers(module: WebAssembly.Module | null, ports: readonly MessagePort[], start: () => HelperStart): Promise<Helper[]> {
  if (module === null) return [];
  const started = await Promise.allSettled(ports.map((port) => new Helper(port).start(module, start())));
  return started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
}
