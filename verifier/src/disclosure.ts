// Testing the device (section 4): a disclosed ballot is made again, so that its receipt code and its choices can be compared.

import { fingerprint } from "./ballot.js";
import { codeOf, equal, Invalid, Reader, type Bytes } from "./bytes.js";
import { deriveBallot, type Inputs } from "./derive.js";
import { point, scalarBytes } from "./group.js";
import type { Manifest } from "./manifest.js";

export interface Disclosed {
  slot: number;
  /** Chosen options by question; an empty list and `blank` for a blank vote. */
  choices: { options: number[]; blank: boolean }[];
  fingerprint: Bytes;
  code: string;
}

export function decodeDisclosure(manifest: Manifest, bytes: Bytes): Inputs {
  const reader = new Reader(bytes);
  if (!equal(reader.take(32), manifest.id)) throw new Invalid("a disclosure of another election");
  const slot = reader.u32();
  const supersedes = reader.u64();
  const [key, R, seed] = [reader.take(32), reader.take(32), reader.take(32)];
  point(key);
  const bits = manifest.questions.map((question) => unpack(reader, question.bits));
  reader.end();
  return { slot, supersedes, key, R, seed, bits };
}

/** Bits from the high bit on; padding is zero. */
function unpack(reader: Reader, count: number): number[] {
  const packed = reader.take(Math.ceil(count / 8));
  const bits = [...packed].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((shift) => (byte >> shift) & 1));
  if (bits.slice(count).some((bit) => bit !== 0)) throw new Invalid("a padding bit is set");
  return bits.slice(0, count);
}

/** What the tested device prepared; `Invalid` for what no honest device discloses. */
export function checkDisclosure(manifest: Manifest, bytes: Bytes): Disclosed {
  const inputs = decodeDisclosure(manifest, bytes);
  const print = fingerprint(scalarBytes(deriveBallot(manifest, inputs).x));
  const choices = manifest.questions.map(({ options, blank }, q) => {
    const bits = inputs.bits[q] as number[];
    return { options: [...bits.keys()].filter((k) => k < options && bits[k] === 1), blank: blank && bits[options] === 1 };
  });
  return { slot: inputs.slot, choices, fingerprint: print, code: codeOf(print) };
}
