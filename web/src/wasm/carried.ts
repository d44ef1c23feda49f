// An election as one file, carried by hand to a teller's machine without a network: the server's answers
// by their paths, and one teller's boxes. It is believed no more than the server is: all of it is replayed.
//
//   "isoloir/carried-1\n" ‖ u32 length ‖ head (JSON) ‖ the files of the head in its order

import { IsoloirFailure } from "./failure";
import type { CarriedHead } from "./types";
import type { Ask } from "./transport";

const MAGIC = "isoloir/carried-1\n";
/** A head that is longer is none: some 50 bytes per 256 entries and per data file. */
const LONGEST_HEAD = 2 ** 26;
const BOXES = "boxes";
/** A request for boxes is `u8 j ‖ u64 ms ‖ signature ‖ u64 from ‖ u32 count`. */
const TICKET = 1 + 8 + 64;

const wrong = (detail: string) => new IsoloirFailure({ kind: "archive", detail });
const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Reads what the file says of itself. Throws `archive`. */
export async function readHead(file: Blob): Promise<{ head: CarriedHead; start: number }> {
  const prefix = await bytesOf(file.slice(0, MAGIC.length + 4));
  if (prefix.length < MAGIC.length + 4 || new TextDecoder().decode(prefix.subarray(0, MAGIC.length)) !== MAGIC) throw wrong("not a carried file");
  const length = viewOf(prefix).getUint32(MAGIC.length);
  const start = MAGIC.length + 4 + length;
  if (length > LONGEST_HEAD || start > file.size) throw wrong("its head is cut off");
  try {
    const head = JSON.parse(await file.slice(MAGIC.length + 4, start).text()) as CarriedHead;
    const total = head.files.reduce((sum, [, size]) => sum + size, start);
    if (typeof head.election !== "string" || typeof head.made !== "number" || total !== file.size) throw wrong("it is cut off");
    return { head, start };
  } catch (error) {
    throw error instanceof IsoloirFailure ? error : wrong("its head is not readable");
  }
}

/** Answers requests out of a carried file, as the server would. */
export async function answering(file: Blob, base: string): Promise<Ask> {
  const { head, start } = await readHead(file);
  const places = new Map<string, Blob>();
  let at = start;
  for (const [path, size] of head.files) {
    places.set(path, file.slice(at, at + size));
    at += size;
  }
  return async (path, init) => {
    if (init.method === "POST") return boxes(places.get(BOXES), head, init.body as Uint8Array<ArrayBuffer>);
    const found = places.get(path.slice(base.length));
    return found ? new Response(found) : new Response(null, { status: 404 });
  };
}

/** The boxes from a log index on, by bisection: the file is not read as a whole. */
async function boxes(all: Blob | undefined, head: CarriedHead, request: Uint8Array<ArrayBuffer>): Promise<Response> {
  const { record, teller } = head;
  if (!all || record === null || request[0] !== teller) return new Response(null, { status: 404 });
  const asked = viewOf(request);
  const from = asked.getBigUint64(TICKET);
  const count = asked.getUint32(TICKET + 8);
  let [low, high] = [0, Math.floor(all.size / record)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const index = viewOf(await bytesOf(all.slice(middle * record, middle * record + 8))).getBigUint64(0);
    if (index < from) low = middle + 1;
    else high = middle;
  }
  return new Response(all.slice(low * record, (low + count) * record));
}

/** Asks the server, and keeps what it answers. */
export class Recorder {
  readonly #base: string;
  readonly #kept = new Map<string, Uint8Array<ArrayBuffer>>();

  constructor(base: string) {
    this.#base = base;
  }

  around(ask: Ask): Ask {
    return async (path, init) => {
      const response = await ask(path, init);
      if (!response.ok || init.method === "POST") return response;
      const bytes = new Uint8Array(await response.arrayBuffer());
      this.#kept.set(path.slice(this.#base.length), bytes);
      return new Response(bytes, { status: response.status });
    };
  }

  /** The file, with the boxes if there are any: `u64 index ‖ box` each, `record` bytes long. */
  file(election: string, boxes: { teller: number; record: number; pieces: Uint8Array[] } | null): Blob {
    const files: [string, number][] = [...this.#kept].map(([path, bytes]) => [path, bytes.length]);
    const contents = [...this.#kept.values()];
    if (boxes) {
      files.push([BOXES, boxes.pieces.reduce((sum, piece) => sum + piece.length, 0)]);
      contents.push(...(boxes.pieces as Uint8Array<ArrayBuffer>[]));
    }
    const head: CarriedHead = { election, made: Date.now(), teller: boxes?.teller ?? null, record: boxes?.record ?? null, files };
    const text = new TextEncoder().encode(JSON.stringify(head));
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, text.length);
    return new Blob([MAGIC, length, text, ...contents]);
  }
}

/** The request that was signed for the time nearest to `now`; the server takes it within two minutes. */
export function nearestTicket(tickets: Uint8Array, now: number): Uint8Array {
  let best: Uint8Array | null = null;
  let distance = Infinity;
  for (let at = 0; at + TICKET <= tickets.length; at += TICKET) {
    const ticket = tickets.subarray(at, at + TICKET);
    const away = Math.abs(Number(viewOf(ticket).getBigUint64(1)) - now);
    if (away < distance) [best, distance] = [ticket, away];
  }
  if (!best) throw new IsoloirFailure({ kind: "argument", detail: "tickets" });
  return best;
}
