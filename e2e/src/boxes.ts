// The sealed boxes in a submission, one for each teller (spec section 4).

import type { Election } from "./election.js";

/** The box of a teller, from 1. */
export function boxOf(submission: Uint8Array, tellers: number, teller: number, length: number): Buffer {
  const start = submission.length - length * (tellers - teller + 1);
  return Buffer.from(submission.subarray(start, start + length));
}

/** Of every box of an election: 112 bytes, and 32 for each option, blank vote and blinding of each question. */
export async function boxLength(vote: Election): Promise<number> {
  const { questions } = (await (await fetch(`${vote.server}/api/elections/${vote.id}/manifest`)).json()) as { questions: { options: unknown[]; blank: boolean }[] };
  return questions.reduce((sum, question) => sum + 32 * (question.options.length + (question.blank ? 1 : 0) + 1), 112);
}
