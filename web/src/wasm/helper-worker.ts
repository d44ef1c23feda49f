// The worker of a helper: opens the boxes it is given through its port, and knows nothing of the log.

import { instantiate, rust } from "./count-module";
import type { FromHelper, ToHelper } from "./helpers";

let helper: InstanceType<ReturnType<typeof rust>["BoxHelper"]> | null = null;

async function take(message: ToHelper, answer: (message: FromHelper, transfer?: Transferable[]) => void): Promise<void> {
  if (message.type === "start") {
    await instantiate(message.module);
    const { election, manifest, teller, secret, buckets } = message.start;
    helper = new (rust().BoxHelper)(election, manifest, teller, secret, buckets);
    secret.fill(0);
    return answer({ type: "started" });
  }
  const found = helper?.open(message.slice);
  if (found) answer({ type: "found", found }, [found.buffer]);
  else answer({ type: "failed" });
}

interface Scope {
  onmessage: ((event: MessageEvent<MessagePort>) => void) | null;
  postMessage(message: "ready"): void;
}
const scope = globalThis as unknown as Scope;

scope.onmessage = ({ data: port }) => {
  const answer = (message: FromHelper, transfer: Transferable[] = []): void => port.postMessage(message, transfer);
  port.onmessage = ({ data }: MessageEvent<ToHelper>) => void take(data, answer).catch(() => answer({ type: "failed" }));
};
scope.postMessage("ready");
