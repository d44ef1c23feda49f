// The tellers' page as one file, for a machine without a network: the same program built once more
// without pieces, and everything it loads put inside as text. Its policy lets it load nothing else.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { build } from "vite";

import { catalogues } from "./catalogues.mjs";

/** Where it lies among the pages. */
export const SINGLE = "tellers/isoloir-tellers.html";

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const base64 = (content) => Buffer.from(content).toString("base64");

/** As the server's headers (server/src/headers.rs), with hashes for "self", and no network. */
const policy = (script, style) =>
  [
    "default-src 'none'",
    `script-src ${hash(script)} 'wasm-unsafe-eval'`,
    `style-src ${hash(style)}`,
    "img-src data: blob:",
    "font-src data:",
    "connect-src 'none'",
    "worker-src blob:",
    "form-action 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types isoloir-worker",
  ].join("; ");

/** Builds it and writes it below `folder`. */
export async function single(root, folder, target) {
  const { output } = await build({
    root,
    configFile: false,
    logLevel: "error",
    appType: "mpa",
    plugins: [catalogues()],
    // From a file Chromium starts no worker that is a module.
    worker: { format: "iife" },
    build: {
      write: false,
      target,
      assetsInlineLimit: 0,
      modulePreload: false,
      rollupOptions: { input: resolve(root, "tellers/index.html"), output: { codeSplitting: false } },
    },
  });
  const of = (test) => output.filter((each) => test(each.fileName));
  const [page, ...morePages] = of((name) => name.endsWith(".html"));
  const [main, ...moreScripts] = output.filter((each) => each.type === "chunk");
  const [sheet, ...moreSheets] = of((name) => name.endsWith(".css"));
  if (!page || !main || !sheet || morePages.length + moreScripts.length + moreSheets.length > 0) throw new Error("the page in one file came out in pieces");
  // A text that would end the element ends a string or a regular expression only: the same characters, escaped.
  const script = main.code.replace(/<(?=\/script|!--)/gi, "\\x3C");
  const style = of((name) => name.endsWith(".woff2")).reduce(
    (text, font) => text.replaceAll(`/${font.fileName}`, `data:font/woff2;base64,${base64(font.source)}`),
    String(sheet.source),
  );
  // The voter's program without WebAssembly stays out: tellers need WebAssembly.
  const inside = of((name) => /-worker-[^/]*\.js$|\.wasm$/.test(name)).sort((a, b) => (a.fileName < b.fileName ? -1 : 1));
  const blocks = inside.map((each) => `    <script type="application/octet-stream" data-path="/${each.fileName}">${base64(each.source ?? each.code)}</script>\n`);
  const html = String(page.source)
    .replace(/^\s*<(?:script|link)\b[^>]*(?:src|href)="[^"]*"[^>]*>(?:<\/script>)?\n/gm, "")
    .replace(/<meta charset="utf-8" ?\/?>/, (tag) => `${tag}\n    <meta http-equiv="Content-Security-Policy" content="${policy(script, style)}">\n    <meta name="isoloir-file" content="tellers">`)
    // In the head, because the page draws its body anew.
    .replace("  </head>", () => `    <style>${style}</style>\n${blocks.join("")}  </head>`)
    .replace("  </body>", () => `    <script type="module">${script}</script>\n  </body>`);
  if (/ (?:src|href)="\//.test(html.split("<style>")[0])) throw new Error("the page in one file still names other files");
  const path = join(folder, SINGLE);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, html);
}
