// What every worker does: start the module, answer calls, pass progress out and cancellations in.

import { IsoloirFailure, toError } from "./failure";
import type { Program } from "./loader";
import type { Task } from "./log";
import type { FromWorker, ToWorker } from "./rpc";

interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
}
const scope = globalThis as unknown as Scope;

/** One call. Arguments come from the page's client, which declares them. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Method = (task: Task, ...args: any[]) => unknown;

const cancellations = new Map<number, AbortController>();

/** setTimeout would be slowed down in a tab in the background; a message is not. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

function task(id: number, controller: AbortController): Task {
  return {
    signal: controller.signal,
    progress: (progress) => scope.postMessage({ type: "progress", id, progress }),
    breathe: async () => {
      await breathe();
      if (controller.signal.aborted) throw new IsoloirFailure({ kind: "cancelled" });
    },
  };
}

async function call(run: Method | undefined, id: number, args: unknown[]): Promise<void> {
  const controller = new AbortController();
  cancellations.set(id, controller);
  try {
    if (!run) throw new IsoloirFailure({ kind: "argument", detail: "method" });
    scope.postMessage({ type: "result", id, value: await run(task(id, controller), ...args) });
  } catch (error) {
    scope.postMessage({ type: "error", id, error: toError(error) });
  } finally {
    cancellations.delete(id);
  }
}

/** `start` is given the program and the server's address before the first call. */
export function serve(methods: Record<string, Method>, start: (program: Program, base: string) => Promise<void>): void {
  scope.onmessage = ({ data }) => {
    if (data.type === "start") {
      start(data.program, data.base).then(
        () => scope.postMessage({ type: "started" }),
        (error: unknown) => scope.postMessage({ type: "failed", error: toError(error) }),
      );
    } else if (data.type === "call") void call(methods[data.method], data.id, data.args);
    else cancellations.get(data.id)?.abort();
  };
}
