// Turns src/i18n/<language>.json into one small module per page and language, so that a voter
// downloads neither the tellers' sentences nor the languages not read.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const i18nFolder = join(dirname(fileURLToPath(import.meta.url)), "../src/i18n");

/** Sections of the catalogue each page needs besides `common`. */
export const sections = {
  home: ["home"],
  vote: ["code_errors", "vote", "receipt"],
  check: ["check", "receipt", "void"],
  test: ["test"],
  device: ["device"],
  tellers: ["tellers", "manifest", "check", "void"],
  organiser: ["organiser"],
  results: ["results", "void"],
  embed: ["embed", "results"],
  audit: ["audit", "faults", "files", "void"],
  witness: ["witness", "tellers"],
  status: ["status"],
  accessibility: ["accessibility"],
};

/** The languages for which there is a catalogue. */
export const languages = readdirSync(i18nFolder)
  .filter((name) => /^[a-z]{2,3}\.json$/.test(name))
  .map((name) => name.slice(0, -5))
  .sort();

/** Languages written from right to left; the pages' own list is in src/lib/i18n.ts. */
const RIGHT_TO_LEFT = ["ar", "fa", "he", "ur"];

/** A catalogue as an object: section → key → sentence or plural forms. */
export function catalogue(language) {
  return JSON.parse(readFileSync(join(i18nFolder, `${language}.json`), "utf8"));
}

const STATIC = "static.nothing_appears";

/** The sentence of a page that stays empty, in every language, as HTML: nobody has chosen one yet. */
export function nothingAppears() {
  return languages
    .map((language) => {
      const [section, key] = STATIC.split(".");
      const text = catalogue(language)[section][key].replaceAll("&", "&amp;").replaceAll("<", "&lt;");
      return `<p lang="${language}" dir="${RIGHT_TO_LEFT.includes(language) ? "rtl" : "ltr"}">${text}</p>`;
    })
    .join("");
}

/**
 * Vite plugin: `virtual:catalogues/<page>` is a map from language to a function that loads it. The
 * static pages get the sentence for browsers that run no program: at once where scripts are off,
 * after a while (style.css) where the program does not start.
 */
export function catalogues() {
  const all = "virtual:catalogues/";
  const one = "virtual:catalogue/";
  return {
    name: "isoloir-catalogues",
    transformIndexHtml(html) {
      const place = /<noscript>[^]*?<\/noscript>/;
      if (!place.test(html)) throw new Error("a page has no place for the sentence of browsers without scripts: <noscript></noscript>");
      const sentences = nothingAppears();
      return html.replace(place, () => `<noscript class="static">${sentences}</noscript>\n    <div class="static late">${sentences}</div>`);
    },
    resolveId(id) {
      return id.startsWith(all) || id.startsWith(one) ? `\0${id}` : null;
    },
    load(id) {
      if (id.startsWith(`\0${all}`)) {
        const page = id.slice(all.length + 1);
        const loaders = languages.map((l) => `${JSON.stringify(l)}: () => import("${one}${page}/${l}")`);
        return `export default { ${loaders.join(", ")} };`;
      }
      if (id.startsWith(`\0${one}`)) {
        const [page, language] = id.slice(one.length + 1).split("/");
        this.addWatchFile(join(i18nFolder, `${language}.json`));
        const full = catalogue(language);
        const wanted = {};
        for (const section of ["common", ...(sections[page] ?? [])]) {
          for (const [key, value] of Object.entries(full[section] ?? {})) wanted[`${section}.${key}`] = value;
        }
        return `export default ${JSON.stringify(wanted)};`;
      }
      return null;
    },
  };
}
