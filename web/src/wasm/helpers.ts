// Further workers that open boxes for a teller. The page starts them, because only it can check the hash of their script; this worker
// talks to each through a port of its own, so that the page never holds the keys.

import { IsoloirFailure } from "./failure";

export interface HelperStart {
  election: string;
  manifest: Uint8Array;
  teller: number;
  secret: Uint8Array;
  buckets: number;
}

export type ToHelper = { type: "start"; module: WebAssembly.Module; start: HelperStart } | { type: "open"; slice: Uint8Array };
export type FromHelper = { type: "started" } | { type: "found"; found: Uint8Array } | { type: "failed" };

/** One helper; it is given one slice at a time. */
export class BoxHelper {
  readonly #port: MessagePort;
  #waiting: { resolve: (message: FromHelper) => void; reject: (failure: IsoloirFailure) => void } | null = null;

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<FromHelper>) => {
      const waiting = this.#waiting;
      this.#waiting = null;
      if (data.type === "failed") waiting?.reject(new IsoloirFailure({ kind: "crashed" }));
      else waiting?.resolve(data);
    };
  }

  /** Gives it the module and the keys. */
  async start(module: WebAssembly.Module, start: HelperStart): Promise<this> {
    await this.#ask({ type: "start", module, start }, [start.secret.buffer]);
    return this;
  }

  /** What was found in a slice. */
  async open(slice: Uint8Array): Promise<Uint8Array> {
    const message = await this.#ask({ type: "open", slice }, [slice.buffer]);
    if (message.type !== "found") throw new IsoloirFailure({ kind: "crashed" });
    return message.found;
  }

  #ask(message: ToHelper, transfer: Transferable[]): Promise<FromHelper> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#port.postMessage(message, transfer);
    });
  }
}
