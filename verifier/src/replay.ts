// The replay (section 5): every entry in order, each accepted by the rule of its kind, until one is not.

import { Election } from "./election.js";
import type { Entry, Kind } from "./entry.js";
import { must, Refusal } from "./refusal.js";
import { fix, report, result, sums } from "./rules-counting.js";
import { consent, open, rollPart } from "./rules-setup.js";
import { ballot, close, notice, replacement } from "./rules-voting.js";

const RULES: Record<Kind, (election: Election, entry: Entry) => void> = {
  manifest: () => must(false, "V4", "a second manifest"),
  consent,
  "roll part": rollPart,
  open,
  ballot,
  replacement,
  notice,
  close,
  report,
  sums,
  result,
  fix,
};

/** The entry that is not accepted, and why. */
export interface Stop {
  entry: Entry;
  refusal: Refusal;
}

/** Replays the entries after the manifest. What follows an entry that is not accepted means nothing and is not read. */
export function replay(election: Election, entries: readonly Entry[], progress: (done: number, total: number) => void): Stop | undefined {
  let stop: Stop | undefined;
  for (const entry of entries) {
    try {
      must(entry.time >= election.time, "V4", "earlier than the entry before it");
      election.time = entry.time;
      if (entry.index > 0) RULES[entry.kind](election, entry);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      stop = { entry, refusal };
      break;
    }
    progress(entry.index + 1, entries.length);
  }
  election.checkPending();
  return stop;
}
