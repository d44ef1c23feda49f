// Requests to the server: typed failures, nothing that identifies anybody.

import { READING_MS } from "../lib/patience";
import { IsoloirFailure } from "./failure";
import { ask } from "./transport";

const OPTIONS: RequestInit = { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", redirect: "error" };

async function refused(response: Response): Promise<IsoloirFailure> {
  let problem: string | null = null;
  let facts: Record<string, unknown> = {};
  try {
    const { type, title: _title, status: _status, ...rest } = (await response.json()) as Record<string, unknown>;
    if (typeof type === "string") problem = type.replace(/^urn:isoloir:problem:/, "");
    facts = rest;
  } catch {
    // A proxy's page instead of a problem: the status says enough.
  }
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new IsoloirFailure({
    kind: "network",
    status: response.status,
    problem,
    retryAfter: Number.isFinite(seconds) ? seconds : null,
    facts,
  });
}

async function request(path: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await ask(path, { ...OPTIONS, ...init, signal: signal ?? null });
  } catch {
    throw lost(signal);
  }
  if (!response.ok) throw await refused(response);
  return response;
}

/** There is no answer: who asked gave up, or the network did. */
function lost(signal?: AbortSignal): IsoloirFailure {
  if (signal?.aborted) return new IsoloirFailure({ kind: "cancelled" });
  return new IsoloirFailure({ kind: "network", status: null, problem: null, retryAfter: null, facts: {} });
}

/** The body of an answer, which may break off half-way. */
async function body<T>(read: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await read;
  } catch {
    throw lost(signal);
  }
}

export async function getText(path: string, signal?: AbortSignal): Promise<string> {
  return body((await request(path, {}, signal)).text(), signal);
}

/** How often reading is tried before the page hears of it. */
const READS = 4;

/** Reads; an answer that breaks off, or none at all, is asked for again a few times, but not for long. */
export async function steadily<T>(read: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  let left = READS;
  const began = Date.now();
  // Only what may pass goes back to `insist`; the last failure is the page's to explain.
  return insist(async () => {
    left -= 1;
    try {
      return { value: await read() };
    } catch (failure) {
      if (left > 0 && Date.now() - began < READING_MS) throw failure;
      return { failure };
    }
  }, signal).then((found) => {
    if ("failure" in found) throw found.failure;
    return found.value;
  });
}

/** `immutable`: the answer never changes, the browser may keep it. */
export async function getBytes(path: string, signal?: AbortSignal, immutable = false): Promise<Uint8Array> {
  const response = await request(path, immutable ? { cache: "default" } : {}, signal);
  return new Uint8Array(await body(response.arrayBuffer(), signal));
}

export async function post(path: string, bytes: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
  const init = { method: "POST", body: bytes as Uint8Array<ArrayBuffer>, headers: { "content-type": "application/octet-stream" } };
  return new Uint8Array(await body((await request(path, init, signal)).arrayBuffer(), signal));
}

export async function postText(path: string, bytes: Uint8Array, signal?: AbortSignal): Promise<string> {
  return new TextDecoder().decode(await post(path, bytes, signal));
}

/** Whether the same request may succeed later: no answer, overload, a server being restarted, a proxy without its server. */
function transient(failure: unknown): failure is IsoloirFailure {
  if (!(failure instanceof IsoloirFailure) || failure.error.kind !== "network") return false;
  const { status } = failure.error;
  return status === null || status === 408 || status === 425 || status === 429 || status >= 500;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** Waits, but no longer than until the browser is online again or the signal aborts. */
function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      globalThis.removeEventListener("online", done);
      signal?.removeEventListener("abort", done);
      if (signal?.aborted) reject(new IsoloirFailure({ kind: "cancelled" }));
      else resolve();
    };
    const timer = setTimeout(done, ms);
    globalThis.addEventListener("online", done);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}

/** Tries until there is an answer that will not change. Only for idempotent requests. `waiting` hears of each failed try. */
export async function insist<T>(attempt: () => Promise<T>, signal?: AbortSignal, waiting?: (failure: IsoloirFailure) => void): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (failure) {
      if (!transient(failure)) throw failure;
      waiting?.(failure);
      const asked = failure.error.kind === "network" ? failure.error.retryAfter : null;
      const doubled = Math.min(FIRST_WAIT_MS * 2 ** tries, LONGEST_WAIT_MS);
      // A random part keeps a crowd that was cut off together from coming back together.
      await pause(Math.max(doubled, (asked ?? 0) * 1_000) * (0.75 + Math.random() / 2), signal);
    }
  }
}
