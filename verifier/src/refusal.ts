// The twelve checks of section 9, and the exception that names the one an entry fails.

import { Invalid } from "./bytes.js";

export const CHECKS = ["V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V9", "V10", "V11", "V12"] as const;
export type Check = (typeof CHECKS)[number];

/** An entry that may not be in the log: the check of section 9 and the rule it breaks. */
export class Refusal extends Error {
  readonly check: Check;

  constructor(check: Check, rule: string) {
    super(rule);
    this.check = check;
  }
}

/** Refuses unless the rule holds. */
export function must(holds: boolean, check: Check, rule: string): asserts holds {
  if (!holds) throw new Refusal(check, rule);
}

/** What is invalid in here breaks this check. */
export function decoding<T>(check: Check, what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Invalid) throw new Refusal(check, `${what}: ${error.message}`);
    throw error;
  }
}
