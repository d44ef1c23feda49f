// What an audit found, by check of section 9.

import { CHECKS, type Check, type Refusal } from "./refusal.js";

export interface Failure {
  /** Log index of the entry it is about. */
  entry?: number;
  rule: string;
}

export type Status = "holds" | "fails" | "not checked";

export interface CheckResult {
  check: Check;
  status: Status;
  failures: Failure[];
  /** Figures, and what a reader should know though the check holds. */
  notes: string[];
}

export class Findings {
  private readonly results = new Map<Check, CheckResult>(
    CHECKS.map((check) => [check, { check, status: "holds", failures: [], notes: [] }]),
  );

  private of(check: Check): CheckResult {
    return this.results.get(check) as CheckResult;
  }

  fail(check: Check, rule: string, entry?: number): void {
    const result = this.of(check);
    result.status = "fails";
    result.failures.push(entry === undefined ? { rule } : { entry, rule });
  }

  refused(refusal: Refusal, entry?: number): void {
    this.fail(refusal.check, refusal.message, entry);
  }

  note(check: Check, text: string): void {
    const { notes } = this.of(check);
    if (!notes.includes(text)) notes.push(text);
  }

  /** The check could not be made, or not for the whole log. */
  skip(checks: Iterable<Check>, why: string): void {
    for (const check of checks) {
      const result = this.of(check);
      if (result.status === "holds") result.status = "not checked";
      this.note(check, why);
    }
  }

  all(): CheckResult[] {
    return CHECKS.map((check) => this.of(check));
  }
}
