/// <reference types="node" />
// Two clean builds give the same bytes, so that anybody can build a release and compare it with what a server sends.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";

const web = resolve(import.meta.dirname, "..");
const folders = [1, 2].map((number) => mkdtempSync(join(tmpdir(), `isoloir-pages-${number}-`)));
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

test("two clean builds of the pages list the same hashes", { timeout: 480_000 }, () => {
  const lists = folders.map((folder) => {
    execFileSync(join(web, "node_modules/.bin/vite"), ["build", "--outDir", folder, "--emptyOutDir", "--logLevel", "error"], { cwd: web, stdio: "ignore", env: { ...process.env, NODE_ENV: "production" } });
    return readFileSync(join(folder, "hashes.txt"), "utf8");
  });
  expect(lists[0]?.split("\n").length).toBeGreaterThan(50);
  expect(lists[1]).toBe(lists[0]);
});
