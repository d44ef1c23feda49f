// A network that swallows what is sent: given up in the end, never too soon, and told apart from a reader who gives up.

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { patientFetch } from "../src/lib/patience";
import { getText, post, steadily } from "../src/wasm/http";

const SECOND = 1_000;

let asked = 0;
/** What the network does with the next request, as `fetch` would tell it. */
let network: (signal: AbortSignal) => Promise<Response>;

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError"))));

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
  for (const name of ["addEventListener", "removeEventListener"]) vi.stubGlobal(name, () => undefined);
  vi.stubGlobal("fetch", (_: string, { signal }: { signal: AbortSignal }) => {
    asked += 1;
    return network(signal);
  });
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** How a promise stands. */
function watched(promise: Promise<unknown>): { state: string } {
  const seen = { state: "waits" };
  promise.then(() => (seen.state = "done"), (error: { error?: { kind: string } }) => (seen.state = error.error?.kind ?? "failed"));
  return seen;
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

test("a request without an answer ends after half a minute, one that carries something later", async () => {
  network = aborted;
  const read = watched(patientFetch("/x", {}));
  const sent = watched(post("/x", new Uint8Array(10_000)));
  await pass(29 * SECOND);
  expect([read.state, sent.state]).toEqual(["waits", "waits"]);
  await pass(2 * SECOND);
  expect([read.state, sent.state]).toEqual(["failed", "waits"]);
  await pass(38 * SECOND);
  expect(sent.state).toBe("waits");
  await pass(2 * SECOND);
  expect(sent.state).toBe("network");
});

test("an answer may be slow for as long as something comes", async () => {
  let more: (text: string | null) => void = () => undefined;
  network = async (signal) => new Response(new ReadableStream({
    start(sink) {
      more = (text) => (text === null ? sink.close() : sink.enqueue(new TextEncoder().encode(text)));
      aborted(signal).catch((error: unknown) => sink.error(error));
    },
  }));
  const whole = getText("/x");
  const slow = watched(whole);
  await pass(0);
  for (const letter of "isoloir") {
    await pass(29 * SECOND);
    more(letter);
  }
  await pass(29 * SECOND);
  expect(slow.state).toBe("waits");
  more(null);
  expect(await whole).toBe("isoloir");

  const silent = watched(getText("/x"));
  await pass(0);
  more("iso");
  await pass(29 * SECOND);
  expect(silent.state).toBe("waits");
  await pass(2 * SECOND);
  expect(silent.state).toBe("network");
});

test("who gives up is told so, at once", async () => {
  network = aborted;
  const controller = new AbortController();
  const cancelled = watched(getText("/x", controller.signal));
  await pass(SECOND);
  controller.abort();
  await pass(0);
  expect(cancelled.state).toBe("cancelled");
});

test("a broken connection is tried again unheard of, a silent one is not", async () => {
  network = () => Promise.reject(new TypeError("broken"));
  const broken = watched(steadily(() => getText("/x")));
  await pass(20 * SECOND);
  expect([broken.state, asked]).toEqual(["network", 4]);
  asked = 0;
  network = aborted;
  const silent = watched(steadily(() => getText("/x")));
  await pass(31 * SECOND);
  expect([silent.state, asked]).toEqual(["network", 1]);
});
