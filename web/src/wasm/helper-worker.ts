// The worker of a helper: opens the boxes it is given, and knows nothing of the log.

import { instantiate, rust } from "./count-module";
import type { FromHelper, ToHelper } from "./helpers";

interface Scope {
  onmessage: ((event: MessageEvent<ToHelper>) => void) | null;
  postMessage(message: FromHelper, transfer?: Transferable[]): void;
}
const scope = globalThis as unknown as Scope;

let helper: InstanceType<ReturnType<typeof rust>["BoxHelper"]> | null = null;

async function take(message: ToHelper): Promise<void> {
  if (message.type === "start") {
    await instantiate(message.module);
    const { election, manifest, teller, secret, buckets } = message.start;
    helper = new (rust().BoxHelper)(election, manifest, teller, secret, buckets);
    secret.fill(0);
    scope.postMessage({ type: "started" });
    return;
  }
  const found = helper?.open(message.slice);
  if (found) scope.postMessage({ type: "found", found }, [found.buffer]);
  else scope.postMessage({ type: "failed" });
}

scope.onmessage = ({ data }) => void take(data).catch(() => scope.postMessage({ type: "failed" }));
