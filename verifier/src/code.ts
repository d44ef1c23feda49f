// Voters' codes and the key parts made of them (section 3). No audit needs them; with the vectors they test how the spec is read.

import { Invalid, SYMBOLS, u32, u8, utf8, type Bytes } from "./bytes.js";
import { hashToScalar } from "./hash.js";

const LENGTH = 16;
const READ_AS: Record<string, string> = { O: "0", I: "1", L: "1" };

/** The 16 symbols of a code as somebody typed it. */
export function parseCode(typed: string): string {
  const upper = typed.replace(/[ -]/g, "").replace(/[a-z]/g, (letter) => letter.toUpperCase());
  const symbols = [...upper].map((symbol) => READ_AS[symbol] ?? symbol);
  const values = symbols.map((symbol) => SYMBOLS.indexOf(symbol));
  if (values.includes(-1)) throw new Invalid("a character that no code has");
  if (values.length !== LENGTH) throw new Invalid(`${values.length} symbols, a code has ${LENGTH}`);
  if (checkValue(values.slice(0, -1)) !== values[LENGTH - 1]) throw new Invalid("the check symbol does not fit");
  return symbols.join("");
}

/** `Σ (i+2)·c_i` over GF(32). */
export function checkValue(values: readonly number[]): number {
  return values.reduce((sum, value, i) => sum ^ times(i + 2, value), 0);
}

/** Multiplication in GF(32) modulo x^5 + x^2 + 1. */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 4; bit >= 0; bit--) {
    product <<= 1;
    if (product & 32) product ^= 0b100101;
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

/** `k_p` */
export function keyPartSecret(rollScope: Bytes, p: number, slot: number, code: string): bigint {
  return hashToScalar("isoloir/v1/code", rollScope, u8(p), u32(slot), utf8(code));
}
