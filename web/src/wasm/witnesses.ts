// A witness's key and memory in this browser, over the calls into the worker. What was seen is on the disk before a cosignature is made.

import { composed, type CountWorkers } from "./client";
import { IsoloirFailure } from "./failure";
import { witnessed } from "./locks";
import type { WorkerClient } from "./rpc";
import type { ElectionId, TaskOptions, Witness, WitnessAlarm, Witnesses, WitnessKey, WitnessLook, WitnessView } from "./types";

const KEY = "key";
/** What was seen of an election by a key. */
const memoryName = (election: ElectionId, key: WitnessKey) => `seen:${election}:${key.fingerprint}`;

export function makeWitnesses(counting: CountWorkers): Witnesses {
  return {
    kept: async () => {
      const stored = await witnessed.stored(KEY);
      return stored === null ? null : (JSON.parse(stored) as WitnessKey);
    },
    keep: async (key) => {
      for (;;) {
        const done = await witnessed.store(KEY, await witnessed.stored(KEY), JSON.stringify(key));
        if (done === "failed") throw new IsoloirFailure({ kind: "notStored" });
        if (done === "stored") return;
      }
    },
    generate: async (name, passphrase) => (await counting.shared()).call("witness.generate", [name, composed(passphrase)]),
    restore: async (file, passphrase) => (await counting.shared()).call("witness.restore", [file, composed(passphrase)]),
    suggest: async (language) => (await counting.shared()).call("teller.suggest", [language]),
    alarm: async (election, key) => {
      const stored = await witnessed.stored(memoryName(election, key));
      return stored === null ? null : alarmOf(stored);
    },
    open: async ({ election, key, passphrase }) => {
      // A worker of its own: when the browser ends it, the next one begins anew.
      const worker = await counting.own();
      try {
        const name = memoryName(election, key);
        const stored = await witnessed.stored(name);
        const view = await worker.call<WitnessView>("witness.open", [election, key.file, composed(passphrase), stored]);
        return new WitnessHandle(worker, name, stored, view);
      } catch (error) {
        worker.terminate({ kind: "spent" });
        throw error;
      }
    },
  };
}

/** The alarm in a memory, for which no key is needed. */
function alarmOf(memory: string): { alarm: WitnessAlarm; memory: string } | null {
  const { note, alarm, entry } = JSON.parse(memory) as { note: string; alarm?: string; entry?: number };
  return alarm === undefined ? null : { alarm: { kept: note, shown: alarm, entry: entry ?? null }, memory };
}

class WitnessHandle implements Witness {
  readonly #worker: WorkerClient;
  /** Where the memory is stored, and what stands there as far as this tab knows. */
  readonly #name: string;
  #stored: string | null;
  #view: WitnessView;

  constructor(worker: WorkerClient, name: string, stored: string | null, view: WitnessView) {
    this.#worker = worker;
    this.#name = name;
    this.#stored = stored;
    this.#view = view;
  }

  get view() {
    return this.#view;
  }

  async look(options?: TaskOptions): Promise<WitnessLook> {
    let found = await this.#worker.call<WitnessLook>("witness.look", [], options);
    while (found.memory !== null) {
      const done = await witnessed.store(this.#name, this.#stored, found.memory);
      if (done === "failed") throw new IsoloirFailure({ kind: "notStored" });
      if (done === "stored") {
        this.#stored = found.memory;
        if (found.outcome === "continues") await this.#worker.call("witness.cosign", [found.memory], options);
        else await this.#worker.call("witness.stored", [found.memory]);
        break;
      }
      // Another tab was faster: what it has seen counts here too.
      this.#stored = await witnessed.stored(this.#name);
      if (this.#stored !== null) await this.#worker.call("witness.stored", [this.#stored]);
      found = await this.#worker.call<WitnessLook>("witness.found", []);
    }
    this.#view = await this.#worker.call<WitnessView>("witness.view", []);
    return found;
  }

  backup(): Promise<WitnessKey> {
    return this.#worker.call("witness.backup", []);
  }

  close(): void {
    this.#worker.terminate({ kind: "spent" });
  }
}
