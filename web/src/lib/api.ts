// The server's HTTP interface, typed. Errors are `Problem` (the server answered with an RFC 9457
// problem) or `Unreachable` (no answer). Secrets and proofs are not handled here: see ../wasm.

import { inOneFile } from "./inlined";
import { patientFetch, READING_MS } from "./patience";
import type { Manifest } from "../wasm/manifest";
import type { ComplaintKind, ElectionId, ListedBallot, Milliseconds, Phase, Text } from "../wasm/types";

export interface ElectionSummary {
  id: ElectionId;
  title: Text;
  phase: Phase;
  opens: Milliseconds;
  closes: Milliseconds;
}

export interface Notice {
  index: number;
  time: Milliseconds;
  what: "suspend" | "resume" | "extend" | "message";
  text: string;
  closes: Milliseconds | null;
}

export interface SharedCode {
  size: number;
  root: string;
  code: string;
}

export interface Status {
  id: ElectionId;
  origin: string;
  phase: Phase;
  now: Milliseconds;
  size: number;
  root: string;
  opens: Milliseconds;
  closes: Milliseconds;
  end: Milliseconds;
  suspended: boolean;
  voters: number;
  ballots: number;
  /** Hours (of UTC) with a ballot: all ballots, and the first ones of their voters. */
  turnout: { from: Milliseconds; ballots: number; voters: number }[];
  tellers: { name: string; consented: boolean; last_drill: Milliseconds | null; reported: boolean; summed: boolean }[];
  registrars: { name: string; channel: string; consented: boolean; roll: boolean }[];
  witnesses: { name: string; seen_size: number | null; seconds: number | null }[];
  witness_quorum: number;
  notices: Notice[];
  closing: SharedCode | null;
  fix: SharedCode | null;
  totals: number[][] | null;
  buckets: Bucket[] | null;
  /** With the first complaint that was proved about each; all are in the log. */
  void: { index: number; slot: number | null; teller: number; complaint: ComplaintKind }[];
  missing: { index: number; teller: number }[];
}

export interface Bucket {
  groups: number[];
  merged: boolean;
  ballots: number;
  weight: number;
  totals: number[][];
}

export interface Slot {
  slot: number;
  group: number;
  weight: number;
  current: ListedBallot | null;
  ballots: ListedBallot[];
}

/** What a witness or mirror tells about its copy of a log. */
export interface CopyStatus {
  size: number;
  /** Null at the server itself. */
  copy: { witness: string | null; of: string; seen: Milliseconds | null; alarm: { kept: string; shown: string } | null } | null;
}

/** How the server is doing: numbers only, by the minute. */
export interface ServerStatus {
  version: string;
  build: string;
  now: Milliseconds;
  minutes_up: number;
  store: boolean;
  damaged: number;
  queue: number;
  /** Ballots of the last five minutes, and the times within which half and nearly all of them were answered; null past ten seconds. */
  delay: { ballots: number; half_ms: number | null; most_ms: number | null };
  turned_away: number;
  elections: ServerElection[];
}

export interface ServerElection {
  id: ElectionId;
  title: Text;
  phase: Phase;
  size: number;
  voters: number;
  ballots: number;
  pace: { minute: number; five_minutes: number; hour: number };
  waiting: number;
  recording: boolean;
  witnesses: { name: string; seen_size: number | null; minutes_ago: number | null }[];
}

/** The server answered, and said no. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    /** What follows `urn:isoloir:problem:`, or empty. */
    readonly slug: string,
    readonly facts: Record<string, unknown>,
    readonly retryAfter: number | null,
  ) {
    super(`problem ${status} ${slug}`);
    this.name = "Problem";
  }
}

/** No answer. */
export class Unreachable extends Error {
  constructor(readonly why: "offline" | "network") {
    super(why);
    this.name = "Unreachable";
  }
}

/** Whether the same request may succeed later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  return error instanceof Problem && (error.status === 429 || error.status >= 500);
}

/** Seconds of a `Retry-After` header: a number or a date. */
export function retryAfterSeconds(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}

/** Wait before attempt `attempt` (from 1): what the server asked for, else doubling up to 30 s; spread, so that a crowd does not return as one. */
export function backoffMs(attempt: number, retryAfter: number | null, random: number): number {
  const base = retryAfter === null ? Math.min(30_000, 500 * 2 ** (attempt - 1)) : retryAfter * 1000;
  return Math.round(base * (1 + random * 0.5));
}

export interface RequestOptions {
  signal?: AbortSignal;
}

async function request(path: string, init: RequestInit, { signal }: RequestOptions): Promise<Response> {
  if (inOneFile()) throw new Unreachable("offline");
  const response = await patientFetch(path, { ...init, signal: signal ?? null, credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" })
    .catch((error: unknown) => {
      if (signal?.aborted) throw error;
      throw new Unreachable(navigator.onLine === false ? "offline" : "network");
    });
  if (response.ok) return response;
  throw await problem(response);
}

async function problem(response: Response): Promise<Problem> {
  let facts: Record<string, unknown> = {};
  if (response.headers.get("content-type")?.includes("json")) {
    try {
      facts = (await response.json()) as Record<string, unknown>;
    } catch {
      // A proxy's broken answer has no facts.
    }
  }
  const type = typeof facts["type"] === "string" ? facts["type"] : "";
  return new Problem(
    response.status,
    type.replace(/^urn:isoloir:problem:/, ""),
    facts,
    retryAfterSeconds(response.headers.get("retry-after"), Date.now()),
  );
}

const wait = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("aborted", "AbortError"));
    });
    // Coming back online ends the wait: the voter should not watch a countdown for nothing.
    addEventListener("online", () => resolve(), { once: true, ...(signal ? { signal } : {}) });
  });

/** Reads, trying again a few times, but not for long: reading twice does no harm. */
async function read<T>(path: string, take: (response: Response) => Promise<T>, options: RequestOptions = {}): Promise<T> {
  const began = Date.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await request(path, {}, options);
      // An answer may break off half-way: as if none had come.
      return await take(response).catch(() => {
        throw new Unreachable("network");
      });
    } catch (error) {
      if (!isPassing(error) || attempt >= 4 || Date.now() - began > READING_MS || options.signal?.aborted) throw error;
      const after = error instanceof Problem ? error.retryAfter : null;
      await wait(backoffMs(attempt, after, Math.random()), options.signal);
    }
  }
}

const json = <T>(path: string, options?: RequestOptions): Promise<T> =>
  read(path, (response) => response.json() as Promise<T>, options);

const at = (election: ElectionId, rest = ""): string => `/api/elections/${encodeURIComponent(election)}${rest}`;

/** The server's time minus this device's, from the last status: countdowns follow the server. */
let clockOffset = 0;
export const serverNow = (): Milliseconds => Date.now() + clockOffset;
export const clockSkew = (): Milliseconds => -clockOffset;

/** Reads what tells the server's time, and compares the clocks. */
async function timed<T extends { now: Milliseconds }>(path: string, options?: RequestOptions): Promise<T> {
  const asked = Date.now();
  const status = await json<T>(path, options);
  const answered = Date.now();
  clockOffset = status.now - (asked + answered) / 2;
  return status;
}

export const api = {
  elections: (options?: RequestOptions): Promise<ElectionSummary[]> => json("/api/elections", options),
  server: (options?: RequestOptions): Promise<ServerStatus> => timed("/api/status", options),
  status: (election: ElectionId, options?: RequestOptions): Promise<Status> => timed(at(election), options),
  /** As the server gives it: whether it is the election of the id, only the module can tell. */
  manifest: (election: ElectionId, options?: RequestOptions): Promise<Manifest> => json(at(election, "/manifest"), options),
  /** Of a copy at another origin. */
  copy: (origin: string, election: ElectionId, options?: RequestOptions): Promise<CopyStatus> => json(`${origin}${at(election)}`, options),
  slot: (election: ElectionId, slot: number, options?: RequestOptions): Promise<Slot> => json(at(election, `/slots/${slot}`), options),
  /** Where the whole archive is. */
  archivePath: (election: ElectionId): string => at(election, "/archive.zip"),
  /** Supplies a box the server lost; its hash must be the logged one. */
  async supplyBox(election: ElectionId, index: number, teller: number, box: Uint8Array): Promise<void> {
    const body = new Uint8Array(9 + box.length);
    const view = new DataView(body.buffer);
    view.setBigUint64(0, BigInt(index));
    view.setUint8(8, teller);
    body.set(box, 9);
    await request(at(election, "/boxes"), { method: "POST", body, headers: { "content-type": "application/octet-stream" } }, {});
  },
};
