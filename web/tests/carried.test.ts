// An election carried in a file answers as the server did that it was asked of.

import { expect, test } from "vitest";

import { answering, nearestTicket, readHead, Recorder } from "../src/wasm/carried";
import type { Ask } from "../src/wasm/transport";

const BASE = "https://vote.example.org";
const TICKET = 73;
const RECORD = 8 + 5;

const bytes = async (response: Response): Promise<number[]> => [...new Uint8Array(await response.arrayBuffer())];

/** `u64 index ‖ 5 bytes` for each index. */
function boxes(indexes: number[]): Uint8Array {
  const all = new Uint8Array(indexes.length * RECORD);
  const view = new DataView(all.buffer);
  indexes.forEach((index, place) => {
    view.setBigUint64(place * RECORD, BigInt(index));
    all.fill(index, place * RECORD + 8, (place + 1) * RECORD);
  });
  return all;
}

function request(teller: number, from: number, count: number): RequestInit {
  const body = new Uint8Array(TICKET + 12);
  const view = new DataView(body.buffer);
  body[0] = teller;
  view.setBigUint64(TICKET, BigInt(from));
  view.setUint32(TICKET + 8, count);
  return { method: "POST", body };
}

async function carried(pieces: Uint8Array[] | null = [boxes([3, 7]), boxes([8, 20])]): Promise<Blob> {
  const server: Ask = async (path) => (path.endsWith("/gone") ? new Response(null, { status: 404 }) : new Response(`answer to ${path}`));
  const recorder = new Recorder(BASE);
  const ask = recorder.around(server);
  for (const path of ["/log/x/checkpoint", "/gone", "/api/elections/E/manifest"]) await ask(`${BASE}${path}`, {});
  return recorder.file("E", pieces && { teller: 2, record: RECORD, pieces });
}

test("what the server answered is answered again, whatever the address of the machine", async () => {
  const ask = await answering(await carried(), "file://");
  expect(await (await ask("file:///log/x/checkpoint", {})).text()).toBe(`answer to ${BASE}/log/x/checkpoint`);
  expect((await ask("file:///gone", {})).status).toBe(404);
  expect((await ask("file:///log/x/tile/entries/000", {})).status).toBe(404);
});

test("boxes are found from any index on, and only by the teller whose they are", async () => {
  const ask = await answering(await carried(), BASE);
  const found = async (teller: number, from: number, count: number) => bytes(await ask(`${BASE}/boxes/fetch`, request(teller, from, count)));
  expect(await found(2, 0, 256)).toEqual([...boxes([3, 7, 8, 20])]);
  expect(await found(2, 4, 2)).toEqual([...boxes([7, 8])]);
  expect(await found(2, 8, 1)).toEqual([...boxes([8])]);
  expect(await found(2, 20, 9)).toEqual([...boxes([20])]);
  expect(await found(2, 21, 9)).toEqual([]);
  expect((await ask(`${BASE}/boxes/fetch`, request(1, 0, 1))).status).toBe(404);
  const without = await answering(await carried(null), BASE);
  expect((await without(`${BASE}/boxes/fetch`, request(2, 0, 1))).status).toBe(404);
});

test("a file that is cut off anywhere, or is another one, is refused", async () => {
  const whole = await carried();
  expect((await readHead(whole)).head).toMatchObject({ election: "E", teller: 2, record: RECORD });
  for (let size = 0; size < whole.size; size += 1) await expect(readHead(whole.slice(0, size))).rejects.toMatchObject({ error: { kind: "archive" } });
  await expect(readHead(new Blob(["{}", await whole.arrayBuffer()]))).rejects.toMatchObject({ error: { kind: "archive" } });
});

test("the request is taken whose time is nearest", () => {
  const times = [1_000, 121_000, 241_000];
  const all = new Uint8Array(times.length * TICKET);
  times.forEach((time, place) => new DataView(all.buffer).setBigUint64(place * TICKET + 1, BigInt(time)));
  const chosen = (now: number) => Number(new DataView(nearestTicket(all, now).slice().buffer).getBigUint64(1));
  expect([0, 60_000, 62_000, 180_000, 182_000, 9_000_000].map(chosen)).toEqual([1_000, 1_000, 121_000, 121_000, 241_000, 241_000]);
  expect(() => nearestTicket(new Uint8Array(TICKET - 1), 0)).toThrow();
});
