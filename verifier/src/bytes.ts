// The codec of untrusted bytes (section 1): big-endian integers, base64, Crockford base32. Everything read is bounded and consumed whole.

import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";

export { concatBytes as concat, bytesToHex as hex, hexToBytes as unhex };

export type Bytes = Uint8Array;

/** Bytes that are not the canonical encoding of anything, or do not show what they should. */
export class Invalid extends Error {}

/** Reads fields one after the other; `end` refuses what is left over. */
export class Reader {
  private at = 0;
  private readonly bytes: Bytes;
  private readonly view: DataView;

  constructor(bytes: Bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  private advance(length: number): number {
    if (length > this.left) throw new Invalid(`${length} bytes wanted, ${this.left} left`);
    const from = this.at;
    this.at += length;
    return from;
  }

  u8(): number {
    return this.view.getUint8(this.advance(1));
  }

  u16(): number {
    return this.view.getUint16(this.advance(2));
  }

  u32(): number {
    return this.view.getUint32(this.advance(4));
  }

  u64(): bigint {
    return this.view.getBigUint64(this.advance(8));
  }

  take(length: number): Bytes {
    const from = this.advance(length);
    return this.bytes.subarray(from, from + length);
  }

  /** All bytes read so far: what a signature at the end of a body is over. */
  before(): Bytes {
    return this.bytes.subarray(0, this.at);
  }

  end(): void {
    if (this.left > 0) throw new Invalid(`${this.left} bytes left over`);
  }
}

export function u8(value: number): Bytes {
  return Uint8Array.of(value);
}

export function u16(value: number): Bytes {
  const bytes = new Uint8Array(2);
  new DataView(bytes.buffer).setUint16(0, value);
  return bytes;
}

export function u32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function u64(value: bigint | number): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

export function equal(a: Bytes, b: Bytes): boolean {
  return Buffer.compare(a, b) === 0;
}

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Text of well-formed UTF-8; a byte order mark stays in it as a character. */
export function text(bytes: Bytes): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Invalid("not UTF-8");
  }
}

/** Unicode scalar values of a well-formed text. */
export function characters(of: string): number {
  return [...of].length;
}

/** Base64 of the standard alphabet, padded and canonical; of a given length if one is told. */
export function base64(of: string, length?: number): Bytes {
  const bytes = Buffer.from(of, "base64");
  if (bytes.toString("base64") !== of) throw new Invalid("not canonical base64");
  if (length !== undefined && bytes.length !== length) throw new Invalid(`${bytes.length} bytes where ${length} are expected`);
  return new Uint8Array(bytes);
}

export const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Crockford base32, from the high bit of the first byte, in groups of four symbols: receipt, closing and counting codes. */
export function shownCode(bytes: Bytes): string {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  const length = (bytes.length * 8) / 5;
  let shown = "";
  for (let i = 0; i < length; i++) {
    if (i > 0 && i % 4 === 0) shown += "-";
    shown += SYMBOLS[Number((bits >> BigInt(5 * (length - 1 - i))) & 31n)];
  }
  return shown;
}

/** The first 15 bytes of a hash as 24 symbols. */
export function codeOf(hash: Bytes): string {
  return shownCode(hash.subarray(0, 15));
}

/** An item that must be there, or else a defect of this program. */
export function present<T>(item: T | undefined): T {
  if (item === undefined) throw new Error("an item that must be there is not");
  return item;
}
