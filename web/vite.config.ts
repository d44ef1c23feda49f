import { resolve } from "node:path";
import { defineConfig } from "vite";
// @ts-expect-error plain module without types
import { catalogues } from "./tools/catalogues.mjs";
// @ts-expect-error plain module without types
import { release } from "./tools/release.mjs";

const pages = ["vote", "check", "test", "device", "tellers", "organiser", "results", "embed", "audit", "witness", "status", "accessibility"];
const input: Record<string, string> = { home: resolve(import.meta.dirname, "index.html") };
for (const page of pages) input[page] = resolve(import.meta.dirname, page, "index.html");

export default defineConfig({
  root: import.meta.dirname,
  appType: "mpa",
  plugins: [catalogues(), release()],
  worker: { format: "es" },
  build: {
    outDir: "dist",
    target: ["chrome111", "firefox115", "safari16"],
    // The CSP of the server allows neither inline scripts nor data: fonts, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input },
  },
  server: {
    // `npm run dev` beside a running `isoloir serve`.
    proxy: { "/api": process.env["ISOLOIR_SERVER"] ?? "http://127.0.0.1:8080" },
  },
  test: { include: ["tests/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
