// Elections of tests, kept with what `isoloir audit` says of them: the second verifier must say the same (verifier/test/kept.ts).

import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import type { TestInfo } from "@playwright/test";

import type { Clock } from "./clock.js";
import { ARCHIVES, folder } from "./places.js";
import { attempt } from "./program.js";
import type { Server } from "./server.js";

/** Keeps every election of a server, as it is at the end of a test. */
export async function keepElections(clock: Clock, server: Server, { file, title }: TestInfo): Promise<void> {
  if (!ARCHIVES || !server.runs) return;
  const elections = (await (await fetch(`${server.address}/api/elections`)).json()) as { id: string }[];
  for (const [i, { id }] of elections.entries()) {
    const home = folder(ARCHIVES, `e2e.${basename(join(file, ".."))}.${basename(file, ".spec.ts")}.${title.replace(/\W+/g, "_")}.${i}`);
    const archive = join(home, "archive.zip");
    writeFileSync(archive, Buffer.from(await (await fetch(`${server.address}/api/elections/${id}/archive.zip`)).arrayBuffer()));
    writeFileSync(join(home, "receipts.json"), "[]");
    writeFileSync(join(home, "report.json"), (await attempt(clock, ["audit", "--json", archive])).out);
  }
}
