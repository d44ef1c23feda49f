// What a voter can do now, by the server's clock.

import type { Milliseconds } from "../wasm/types";
import type { Status } from "./api";

export type Voting = "notYet" | "open" | "suspended" | "closed";

/** `openedAt`: when this page was first opened for the election. Grace after closing is for pages opened before (manifest `grace_minutes`). */
export function votingNow(status: Pick<Status, "phase" | "opens" | "closes" | "end">, now: Milliseconds, openedAt: Milliseconds | null): Voting {
  if (status.phase === "closed" || status.phase === "fixed" || status.phase === "counted") return "closed";
  if (status.phase === "setup" || now < status.opens) return "notYet";
  const inGrace = openedAt !== null && openedAt < status.closes;
  if (now >= (inGrace ? status.end : status.closes)) return "closed";
  return status.phase === "suspended" ? "suspended" : "open";
}

/** A device clock this far from the server's is worth a warning. */
export const CLOCK_WARNING_MS = 10 * 60_000;
