// Further workers that open boxes for a teller. They hold copies of the teller's keys and end with the work.

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

const crashed = (): IsoloirFailure => new IsoloirFailure({ kind: "crashed" });

/** One helper; it is given one slice at a time. */
export class BoxHelpers {
  readonly #worker: Worker;
  #waiting: { resolve: (message: FromHelper) => void; reject: (failure: IsoloirFailure) => void } | null = null;

  private constructor() {
    this.#worker = new Worker(new URL("./helper-worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<FromHelper>) => {
      const waiting = this.#waiting;
      this.#waiting = null;
      if (data.type === "failed") waiting?.reject(crashed());
      else waiting?.resolve(data);
    };
    this.#worker.onerror = () => {
      this.#waiting?.reject(crashed());
      this.#waiting = null;
    };
  }

  static async start(module: WebAssembly.Module, start: HelperStart): Promise<BoxHelpers> {
    const helper = new BoxHelpers();
    try {
      await helper.#ask({ type: "start", module, start }, []);
      return helper;
    } catch (error) {
      helper.end();
      throw error;
    } finally {
      start.secret.fill(0);
    }
  }

  /** What was found in a slice. */
  async open(slice: Uint8Array): Promise<Uint8Array> {
    const message = await this.#ask({ type: "open", slice }, [slice.buffer]);
    if (message.type !== "found") throw crashed();
    return message.found;
  }

  end(): void {
    this.#worker.terminate();
    this.#waiting?.reject(new IsoloirFailure({ kind: "cancelled" }));
    this.#waiting = null;
  }

  #ask(message: ToHelper, transfer: Transferable[]): Promise<FromHelper> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.postMessage(message, transfer);
    });
  }
}
