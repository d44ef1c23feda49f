// Looks for traces of secrets, in every form in which a program might have left them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A code in all its forms: as sent, without hyphens, in small letters, spaced, as the number it stands for, each in hex and base64. */
export function formsOf(code: string): string[] {
  const bare = code.replaceAll("-", "");
  const texts = [code, bare, code.replaceAll("-", " "), code.replaceAll("-", "%20"), code.replaceAll("-", "_")];
  const forms = new Set([...texts, ...texts.map((text) => text.toLowerCase())]);
  // 15 symbols of five bits are the secret, the last one checks them.
  const bits = [...bare.slice(0, 15)].reduce((number, symbol) => (number << 5n) | BigInt(SYMBOLS.indexOf(symbol)), 0n);
  const numbers = [bits.toString(16).padStart(20, "0"), (bits << 5n).toString(16).padStart(20, "0")].map((hex) => Buffer.from(hex, "hex"));
  for (const bytes of [...[...forms].map((text) => Buffer.from(text)), ...numbers]) {
    forms.add(bytes.toString("latin1"));
    forms.add(bytes.toString("hex"));
    forms.add(bytes.toString("hex").toUpperCase());
    for (const base64 of base64Of(bytes)) forms.add(base64);
  }
  return [...forms];
}

/** What base64 makes of bytes at any place of a longer text: three alignments, without the ends that depend on the neighbours. */
function base64Of(bytes: Buffer): string[] {
  const all: string[] = [];
  for (let before = 0; before < 3; before += 1) {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64").replace(/=+$/, "");
    const inner = text.slice(before === 0 ? 0 : before + 1, text.length - 1);
    all.push(inner, inner.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return all;
}

/** Which of these stand in a text (of bytes as latin1). */
export function searchText(text: string, wanted: readonly string[]): string[] {
  return wanted.filter((each) => text.includes(each));
}

/** The same for all files of a folder; names the files. */
export function searchFolder(folder: string, wanted: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      return searchText(readFileSync(path, "latin1"), wanted).map((found) => `${path}: ${found}`);
    });
}
