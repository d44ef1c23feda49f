// What the build does once everything is written: the pages name the hashes of all that they load, each
// file gets its compressed forms, and a list of all hashes is made, by which anybody can see whether a
// server hands out this release (`isoloir site check`).
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { languages } from "./catalogues.mjs";
import { SINGLE, single } from "./single.mjs";

const TEXT = /\.(html|js|css|svg|json|wasm)$/;
const COMPRESSED = /\.(br|gz)$/;
/** The list: a comment with the build's name, then `sha256  path`, sorted by path, as `sha256sum --check` reads it. */
export const LIST = "hashes.txt";

/** All files below a folder by their paths in it, sorted, without the list. */
export function files(folder, top = folder) {
  return readdirSync(folder)
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? files(path, top) : [relative(top, path).split("\\").join("/")];
    })
    .filter((path) => path !== LIST)
    .sort();
}

const sha256 = (bytes, encoding) => createHash("sha256").update(bytes).digest(encoding);
const integrity = (bytes) => `sha256-${sha256(bytes, "base64")}`;

/** The list of a folder's files. */
export function list(folder) {
  return files(folder).map((path) => `${sha256(readFileSync(join(folder, path)), "hex")}  ${path}\n`).join("");
}

/** Everything that a page may load, from what it and its scripts name. */
function reached(folder, html, assets) {
  const seen = new Set();
  const visit = (text) => {
    for (const name of assets) {
      if (seen.has(name) || !text.includes(name)) continue;
      seen.add(name);
      if (name.endsWith(".js")) visit(readFileSync(join(folder, "assets", name), "utf8"));
    }
  };
  visit(html);
  return seen;
}

/** Writes the hashes into a page: into its own tags, and as `<link rel="sealed">` for what scripts load later (src/lib/sealed.ts). */
function seal(folder, path, assets) {
  let html = readFileSync(join(folder, path), "utf8");
  const hash = (name) => integrity(readFileSync(join(folder, "assets", name)));
  const own = new Set();
  html = html.replace(/<(?:script|link)\b[^>]*?(?:src|href)="\/assets\/([^"]+)"[^>]*?(?=\s*\/?>)/g, (tag, name) => {
    if (!/^<script|rel="(?:stylesheet|modulepreload)"/.test(tag)) return tag;
    own.add(name);
    return `${tag} integrity="${hash(name)}"`;
  });
  const later = [...reached(folder, html, assets)].filter((name) => !own.has(name)).sort();
  const links = later.map((name) => {
    const language = languages.find((tag) => name.startsWith(`${tag}-`) && name.endsWith(".js"));
    return `    <link rel="sealed"${language ? ` data-language="${language}"` : ""} href="/assets/${name}" integrity="${hash(name)}">\n`;
  });
  html = html.replace("  </head>", `${links.join("")}  </head>`);
  writeFileSync(join(folder, path), html);
}

/** Writes the hash of the page in one file into the page from which it is downloaded. */
function nameSingle(folder) {
  const path = join(folder, "tellers/index.html");
  const hash = sha256(readFileSync(join(folder, SINGLE)), "hex");
  writeFileSync(path, readFileSync(path, "utf8").replace("  </head>", `    <meta name="single" content="${hash}">\n  </head>`));
}

/** Names the build, in its pages and for the list: the hash over all files as they are before. */
function name(folder, pages) {
  const build = sha256(list(folder), "hex");
  for (const path of pages) {
    const html = readFileSync(join(folder, path), "utf8");
    writeFileSync(join(folder, path), html.replace("  </head>", `    <meta name="build" content="${build}">\n  </head>`));
  }
  return build;
}

function compress(folder) {
  for (const path of files(folder).filter((file) => TEXT.test(file))) {
    const bytes = readFileSync(join(folder, path));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(join(folder, `${path}.br`), brotliCompressSync(bytes, { params }));
    writeFileSync(join(folder, `${path}.gz`), gzipSync(bytes, { level: 9 }));
  }
}

/** Vite plugin: runs once everything is written. */
export function release() {
  let folder = "dist";
  let root = ".";
  let target;
  return {
    name: "isoloir-release",
    apply: "build",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
      root = config.root;
      target = config.build.target;
    },
    async closeBundle() {
      await single(root, folder, target);
      const all = files(folder).filter((path) => !COMPRESSED.test(path));
      const pages = all.filter((path) => path.endsWith(".html") && path !== SINGLE);
      const assets = all.filter((path) => path.startsWith("assets/")).map((path) => basename(path));
      for (const path of pages) seal(folder, path, assets);
      nameSingle(folder);
      const build = name(folder, pages);
      compress(folder);
      writeFileSync(join(folder, LIST), `# build ${build}\n${list(folder)}`);
    },
  };
}
