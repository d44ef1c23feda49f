// Where a voter probably mistyped a code. The check symbol says that something is wrong; together
// with the mistakes people make when they read and type, it often says where. Only a hint: nothing
// is corrected for the voter.

const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Pairs that look alike. A longer list would find more by chance than by reason. */
const CONFUSED = ["8B", "5S", "2Z", "0D", "0Q", "6G", "17", "VW", "VY", "MN", "CG", "EF", "PR", "4A"];

export type Hint =
  /** Group and place in it, from 1. */
  | { kind: "group-length"; group: number; found: number }
  | { kind: "symbol"; group: number; place: number; found: string; perhaps: string }
  | { kind: "swap"; group: number; place: number; found: string }
  /** Several mistakes would explain it: the groups to look at first. */
  | { kind: "groups"; groups: number[] }
  | null;

/** Product in GF(32) with the polynomial x^5 + x^2 + 1. */
export function multiply(a: number, b: number): number {
  let product = 0;
  let x = a;
  for (let bit = 0; bit < 5; bit += 1) {
    if ((b >> bit) & 1) product ^= x;
    x <<= 1;
    if (x & 32) x ^= 37;
  }
  return product;
}

function divide(a: number, b: number): number {
  for (let q = 0; q < 32; q += 1) if (multiply(q, b) === a) return q;
  return 0;
}

/** The symbols of a code as numbers; null at any other character. */
function symbols(text: string): number[] | null {
  const values: number[] = [];
  for (const character of text.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1")) {
    const value = SYMBOLS.indexOf(character);
    if (value < 0) return null;
    values.push(value);
  }
  return values;
}

/** Zero for a right code. */
function syndrome(values: readonly number[]): number {
  return values.reduce((sum, value, i) => sum ^ multiply(weight(i), value), 0);
}

const weight = (i: number): number => (i === 15 ? 1 : i + 2);
const alike = (a: number, b: number): boolean =>
  CONFUSED.some((pair) => pair === `${SYMBOLS[a]}${SYMBOLS[b]}` || pair === `${SYMBOLS[b]}${SYMBOLS[a]}`);
const groupOf = (i: number): { group: number; place: number } => ({ group: Math.floor(i / 4) + 1, place: (i % 4) + 1 });

/** The likeliest single mistake in a typed code, if one stands out. */
export function hintFor(typed: string): Hint {
  const groups = typed.trim().split(/[\s-]+/).filter((group) => group !== "");
  const values = symbols(typed);
  if (values === null) return null;
  if (values.length !== 16) {
    if (groups.length !== 4) return null;
    const odd = groups.map((group, i) => ({ group: i + 1, found: group.length })).filter((g) => g.found !== 4);
    const only = odd[0];
    return odd.length === 1 && only ? { kind: "group-length", ...only } : null;
  }
  const wrong = syndrome(values);
  if (wrong === 0) return null;
  const found: Exclude<Hint, null>[] = [];
  for (let i = 0; i < 15; i += 1) {
    const here = values[i] ?? 0;
    const next = values[i + 1] ?? 0;
    if (multiply(weight(i) ^ weight(i + 1), here ^ next) === wrong) found.push({ kind: "swap", ...groupOf(i), found: `${SYMBOLS[here]}${SYMBOLS[next]}` });
  }
  values.forEach((value, i) => {
    const better = value ^ divide(wrong, weight(i));
    if (alike(value, better)) found.push({ kind: "symbol", ...groupOf(i), found: SYMBOLS[value] ?? "", perhaps: SYMBOLS[better] ?? "" });
  });
  const [first] = found;
  if (found.length === 1 && first) return first;
  const likely = [...new Set(found.map((hint) => ("group" in hint ? hint.group : 0)))].sort();
  return likely.length > 0 && likely.length < 4 ? { kind: "groups", groups: likely } : null;
}
