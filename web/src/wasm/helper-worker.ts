// The worker of a helper: does what it is given through its port, and knows nothing of the log.

import { instantiate, rust } from "./count-module";
import type { FromHelper, HelperStart, ToHelper } from "./helpers";

type Work = (bytes: Uint8Array) => Uint8Array;
let work: Work | null = null;

function prepare(start: HelperStart): Work {
  if ("proofs" in start) {
    const prover = new (rust().ProofHelper)(start.proofs.manifest);
    return (batch) => prover.verify(batch);
  }
  const { election, manifest, teller, secret, buckets } = start.boxes;
  const opener = new (rust().BoxHelper)(election, manifest, teller, secret, buckets);
  secret.fill(0);
  return (slice) => opener.open(slice);
}

async function take(message: ToHelper, answer: (message: FromHelper, transfer?: Transferable[]) => void): Promise<void> {
  if (message.type === "start") {
    await instantiate(message.module);
    work = prepare(message.start);
    return answer({ type: "started" });
  }
  const bytes = work?.(message.bytes);
  if (bytes) answer({ type: "done", bytes }, [bytes.buffer]);
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
