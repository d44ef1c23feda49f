// Fails on a missing, unused or untranslated sentence, on placeholders, plural forms or typography
// that are wrong for a language, on a sentence that a page uses but does not load, and on one that
// stands in the code. The rules are in catalogue-rules.mjs; tests/catalogues.test.ts shows that they bite.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { faultsOf, flat, keysIn, sentencesIn, unused } from "./catalogue-rules.mjs";
import { catalogue, languages, sections } from "./catalogues.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = join(root, "src");
const all = new Map(languages.map((language) => [language, flat(catalogue(language))]));
const reference = all.get("en");
const known = new Set(reference.keys());
const problems = languages.flatMap((language) => faultsOf(language, all.get(language), reference, all));

function sources(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === "wasm" ? [] : sources(path);
    return path.endsWith(".ts") ? [path] : [];
  });
}

const files = sources(source);
const usedBy = new Map([...files, join(root, "tools/catalogues.mjs")].map((file) => [file, keysIn(readFileSync(file, "utf8"), known)]));
problems.push(...unused(known, new Set([...usedBy.values()].flatMap((keys) => [...keys]))));
for (const file of files) for (const text of sentencesIn(readFileSync(file, "utf8"))) problems.push(`${relative(root, file)}: a sentence in the code: ${text}`);

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
