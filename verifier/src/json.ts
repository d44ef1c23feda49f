// Strict JSON (RFC 8259) of manifests and receipts (section 2): no name twice, no lone surrogates, no numbers but plain integers.

import { Invalid, text, type Bytes } from "./bytes.js";

export type Json = string | bigint | boolean | null | Json[] | Map<string, Json>;

/** Nothing that is read here is deeper. */
const DEEPEST = 16;

const ESCAPES: Record<string, string> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

export function parseJson(bytes: Bytes): Json {
  const parser = new Parser(text(bytes));
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  private at = 0;
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  /** What the sticky expression matches here, which is then behind us. */
  private match(expression: RegExp): string | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.source)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private fail(what: string): never {
    throw new Invalid(`JSON, character ${this.at}: ${what}`);
  }

  private space(): void {
    this.match(/[ \t\n\r]*/y);
  }

  private taken(symbol: string): boolean {
    this.space();
    if (this.source[this.at] !== symbol) return false;
    this.at += 1;
    return true;
  }

  private want(symbol: string): void {
    if (!this.taken(symbol)) this.fail(`${symbol} expected`);
  }

  end(): void {
    this.space();
    if (this.at < this.source.length) this.fail("the text goes on");
  }

  value(depth: number): Json {
    if (depth > DEEPEST) this.fail("too deep");
    this.space();
    switch (this.source[this.at]) {
      case "{":
        return this.object(depth);
      case "[":
        return this.array(depth);
      case '"':
        return this.string();
      default:
        return this.word();
    }
  }

  private object(depth: number): Map<string, Json> {
    const members = new Map<string, Json>();
    this.want("{");
    if (this.taken("}")) return members;
    do {
      this.space();
      const name = this.string();
      if (members.has(name)) this.fail("a name twice");
      this.want(":");
      members.set(name, this.value(depth + 1));
    } while (this.taken(","));
    this.want("}");
    return members;
  }

  private array(depth: number): Json[] {
    const items: Json[] = [];
    this.want("[");
    if (this.taken("]")) return items;
    do items.push(this.value(depth + 1));
    while (this.taken(","));
    this.want("]");
    return items;
  }

  private word(): Json {
    const word = this.match(/[-+.0-9A-Za-z]+/y);
    if (word === "true") return true;
    if (word === "false") return false;
    if (word === "null") return null;
    if (word !== undefined && /^(0|[1-9][0-9]*)$/.test(word)) return BigInt(word);
    return this.fail("no value, or a number that is not a plain integer");
  }

  private string(): string {
    if (this.source[this.at] !== '"') this.fail("a string expected");
    this.at += 1;
    let result = "";
    for (;;) {
      // Control characters must be escaped.
      result += this.match(/[^"\\\u0000-\u001f]*/y) ?? "";
      const next = this.source[this.at];
      this.at += 1;
      if (next === '"') break;
      if (next !== "\\") this.fail("an unescaped control character, or no end of a string");
      result += this.escape();
    }
    if (/\p{Surrogate}/u.test(result)) this.fail("a lone surrogate");
    return result;
  }

  private escape(): string {
    const symbol = this.source[this.at] ?? "";
    this.at += 1;
    if (symbol === "u") {
      const digits = this.match(/[0-9A-Fa-f]{4}/y) ?? this.fail("four hexadecimal digits expected");
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    return ESCAPES[symbol] ?? this.fail("an unknown escape");
  }
}

/** An object with exactly these members. */
export function members<Name extends string>(value: Json | undefined, where: string, names: readonly Name[]): Record<Name, Json> {
  if (!(value instanceof Map)) throw new Invalid(`${where}: not an object`);
  for (const name of value.keys()) if (!names.includes(name as Name)) throw new Invalid(`${where}: unknown field ${JSON.stringify(name)}`);
  for (const name of names) if (!value.has(name)) throw new Invalid(`${where}: no field ${name}`);
  return Object.fromEntries(value) as Record<Name, Json>;
}

export function list(value: Json, where: string, least: number, most: number): Json[] {
  if (!Array.isArray(value)) throw new Invalid(`${where}: not a list`);
  if (value.length < least || value.length > most) throw new Invalid(`${where}: ${value.length} items, allowed are ${least} to ${most}`);
  return value;
}

export function integer(value: Json, where: string, least: number, most: number): number {
  if (typeof value !== "bigint") throw new Invalid(`${where}: not an integer`);
  if (value < BigInt(least) || value > BigInt(most)) throw new Invalid(`${where}: ${value}, allowed are ${least} to ${most}`);
  return Number(value);
}

export function bool(value: Json, where: string): boolean {
  if (typeof value !== "boolean") throw new Invalid(`${where}: neither true nor false`);
  return value;
}

export function string(value: Json, where: string): string {
  if (typeof value !== "string") throw new Invalid(`${where}: not a string`);
  return value;
}
