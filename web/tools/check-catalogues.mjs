// Fails on a missing or unused sentence, on placeholders or plural forms that differ between
// languages, and on a sentence a page uses but does not load.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { catalogue, languages, sections } from "./catalogues.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = join(root, "src");
const problems = [];

/** section.key → list of texts (one, or one per plural form). */
function flat(language) {
  const all = new Map();
  for (const [section, keys] of Object.entries(catalogue(language))) {
    for (const [key, value] of Object.entries(keys)) all.set(`${section}.${key}`, value);
  }
  return all;
}
const texts = (value) => (typeof value === "string" ? [value] : Object.values(value));
const places = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join(" ");

const reference = flat("en");
const known = new Set(reference.keys());
for (const language of languages) {
  const own = flat(language);
  const plurals = new Intl.PluralRules(language).resolvedOptions().pluralCategories.filter((form) => form !== "many" || ["ar", "pl", "ru", "uk", "cs"].includes(language));
  for (const key of known) if (!own.has(key)) problems.push(`${language}: ${key} is missing`);
  for (const [key, value] of own) {
    const first = reference.get(key);
    if (first === undefined) {
      problems.push(`${language}: ${key} is not in English`);
      continue;
    }
    const wanted = places(texts(first).join(" "));
    if (places(texts(value).join(" ")) !== wanted) problems.push(`${language}: ${key} has other placeholders than English (${wanted})`);
    if (texts(value).some((text) => text.trim() === "")) problems.push(`${language}: ${key} is empty`);
    if (typeof value !== "string") for (const form of plurals) if (!(form in value)) problems.push(`${language}: ${key} lacks the plural form "${form}"`);
    if (language === "fr" && texts(value).some((text) => / [:;?!»]|« /.test(text))) problems.push(`fr: ${key} needs no-break spaces`);
  }
}

/** Keys a source file names: whole, or by a prefix in a template (`a.b_${x}`). */
function keysOf(file) {
  const text = readFileSync(file, "utf8");
  const used = new Set();
  for (const [, key] of text.matchAll(/["'`]([a-z]+(?:_[a-z]+)*\.[A-Za-z0-9_]+)["'`]/g)) if (known.has(key)) used.add(key);
  for (const [, literal] of text.matchAll(/`([a-z_]+\.[^`]*\$\{[^`]*)`/g)) {
    const pattern = new RegExp(`^${literal.replace(/\$\{[^}]*\}/g, "\u0000").replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("\u0000", "\\w+")}$`);
    for (const key of known) if (pattern.test(key)) used.add(key);
  }
  return used;
}

function sources(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === "wasm" ? [] : sources(path);
    return path.endsWith(".ts") ? [path] : [];
  });
}

const usedBy = new Map(sources(source).map((file) => [file, keysOf(file)]));
const used = new Set([...usedBy.values()].flatMap((keys) => [...keys]));
for (const key of known) if (!used.has(key)) problems.push(`${key} is used nowhere`);

/** Every file a page reaches by relative imports. */
function reach(file, seen = new Set()) {
  if (seen.has(file) || file.includes("/wasm/")) return seen;
  seen.add(file);
  for (const [, specifier] of readFileSync(file, "utf8").matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
    const next = `${resolve(dirname(file), specifier)}.ts`;
    if (existsSync(next)) reach(next, seen);
  }
  return seen;
}

for (const [page, own] of Object.entries(sections)) {
  const entry = [join(source, "pages", `${page}.ts`), join(source, "pages", page, "main.ts")].find(existsSync);
  if (!entry) {
    problems.push(`page ${page} has no source`);
    continue;
  }
  for (const file of reach(entry)) {
    for (const key of usedBy.get(file) ?? []) {
      const section = key.split(".")[0];
      if (section !== "common" && !own.includes(section)) problems.push(`page ${page} uses ${key} (${relative(root, file)}) but does not load "${section}"`);
    }
  }
}

if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
console.log(`${known.size} sentences in ${languages.join(", ")}: complete, all used`);
