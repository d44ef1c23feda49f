// Zips by their directory. A server that sends an archive while it reads it writes all lengths as 64-bit fields, which libraries take
// for granted in large zips only; so they are read here.

import { inflateSync } from "fflate";
import { Invalid, type Bytes } from "./bytes.js";

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;
const FILE = 0x04034b50;
/** Of the end, without its comment. */
const END_LENGTH = 22;
const ENTRY_LENGTH = 46;
const FILE_LENGTH = 30;
/** Stands in a 32-bit field whose number is in the extra field. */
const ELSEWHERE = 0xffffffff;
/** Tag of the extra field with 64-bit numbers. */
const LONG = 1;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;

/** The files of a zip with their paths, in the order of its directory; folders are left out. */
export function readFiles(bytes: Bytes): [path: string, content: Bytes][] {
  try {
    return [...filesOf(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))];
  } catch (error) {
    if (error instanceof Invalid) throw error;
    throw new Invalid(`not a zip: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function* filesOf(bytes: Bytes): Generator<[string, Bytes]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const part = (from: number, length: number): Bytes => {
    if (from + length > bytes.length) throw new Invalid("the zip is cut off");
    return bytes.subarray(from, from + length);
  };
  let { at, count } = directory(view);
  for (; count > 0; count--) {
    if (view.getUint32(at, true) !== ENTRY) throw new Invalid("the directory of the zip is broken");
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    const [name, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [number, number, number];
    const path = new TextDecoder("utf-8", { fatal: true }).decode(part(at + ENTRY_LENGTH, name));
    const [size, packed, place] = numbers(view, at, at + ENTRY_LENGTH + name, extra);
    at += ENTRY_LENGTH + name + extra + comment;
    if (path.endsWith("/")) continue;
    if ((flags & ENCRYPTED) !== 0) throw new Invalid(`${JSON.stringify(path)} is encrypted`);
    if (view.getUint32(place, true) !== FILE) throw new Invalid("the directory of the zip is broken");
    const start = place + FILE_LENGTH + view.getUint16(place + 26, true) + view.getUint16(place + 28, true);
    const content = part(start, packed);
    if (method === STORED && size === packed) yield [path, content];
    else if (method === DEFLATED) yield [path, inflated(path, content, size)];
    else throw new Invalid(`${JSON.stringify(path)} is packed in an unknown way`);
  }
}

function inflated(path: string, content: Bytes, size: number): Bytes {
  const found = inflateSync(content, { out: new Uint8Array(size) });
  if (found.length !== size) throw new Invalid(`${JSON.stringify(path)} has another length than the zip says`);
  return found;
}

/** Where the directory begins, and how many entries it has. */
function directory(view: DataView): { at: number; count: number } {
  let end = view.byteLength - END_LENGTH;
  while (end >= 0 && (view.getUint32(end, true) !== END || end + END_LENGTH + view.getUint16(end + 20, true) !== view.byteLength)) end--;
  if (end < 0) throw new Invalid("not a zip: it has no end");
  const locator = end - 20;
  if (locator < 0 || view.getUint32(locator, true) !== LOCATOR_64) return { at: view.getUint32(end + 16, true), count: view.getUint16(end + 10, true) };
  const long = long64(view, locator + 8);
  if (view.getUint32(long, true) !== END_64) throw new Invalid("the directory of the zip is broken");
  return { at: long64(view, long + 48), count: long64(view, long + 32) };
}

/** Size, packed size and place of an entry: those that do not stand in it follow one another in the extra field. */
function numbers(view: DataView, entry: number, extra: number, length: number): [size: number, packed: number, place: number] {
  let next = extra;
  while (next + 4 <= extra + length && view.getUint16(next, true) !== LONG) next += 4 + view.getUint16(next + 2, true);
  next += 4;
  const number = (field: number): number => {
    const short = view.getUint32(entry + field, true);
    if (short !== ELSEWHERE) return short;
    if (next + 8 > extra + length) throw new Invalid("a length is missing in the zip");
    next += 8;
    return long64(view, next - 8);
  };
  return [number(24), number(20), number(42)];
}

function long64(view: DataView, at: number): number {
  const number = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(number)) throw new Invalid("a number in the zip is too large");
  return number;
}
