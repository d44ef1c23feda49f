// When a teller's proof that the key still opens is recent enough.

import type { Milliseconds } from "../wasm/types";

/** Keys get lost in weeks, not in days. */
const RECENT_MS = 7 * 86_400_000;

/** Within the last seven days; once the vote is over, within the seven days before its end. */
export function drillIsRecent(last: Milliseconds | null, now: Milliseconds, closes: Milliseconds): boolean {
  return last !== null && last >= Math.min(now, closes) - RECENT_MS;
}
