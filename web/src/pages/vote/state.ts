// What the vote page knows. Secrets live in the module's worker; the codes are also kept in this
// tab's storage until the ballot is in the urn, so that a reload or a killed in-app browser does
// not send a voter back to the mailbox.

import type { Draft } from "../../components/ballot-form";
import type { Shell } from "../../components/shell";
import type { Status } from "../../lib/api";
import type { CheckedReceipt, ElectionId, ElectionInfo, Isoloir, PreparedBallot, Voter } from "../../wasm/types";
import type { Early } from "./early";

/** Where a voter can be before the ballot is sent. */
export type Screen = "identify" | "choose" | "review";

export interface Vote {
  readonly shell: Shell;
  readonly isoloir: Isoloir;
  readonly info: ElectionInfo;
  status: Status;
  slot: number | null;
  /** As typed or read from a link, by registrar; null where not given yet. */
  codes: (string | null)[];
  /** A code of a link, whose registrar is not known yet. */
  loose: string | null;
  /** What stands in the fields of the first screen, to be corrected rather than typed again. */
  typed: Record<string, string>;
  /** The first screen as it was shown before the module was there; null once it is taken over. */
  early: Early | null;
  voter: Voter | null;
  draft: Draft;
  prepared: PreparedBallot | null;
  receipt: CheckedReceipt | null;
  /** Server time at which this tab first opened the election. */
  openedAt: number;
  /** How many notices the voter has seen on the welcome. */
  seen: number;
  /** The screen on which the voter was. */
  screen: Screen;
  /** The screen to which a reload leads back once the voter is known. */
  back: Screen | null;
  /** Ballot on its way or in the urn: the way back is closed. */
  sent: boolean;
}

export interface Kept {
  slot: number | null;
  codes: (string | null)[];
  loose: string | null;
  openedAt: number;
  /** What was ticked, until the ballot is in the urn. */
  draft: Draft;
  screen: Screen;
}

const name = (election: ElectionId): string => `vote.${election}`;

/** Remembers the voter's place in this tab. */
export function keep(vote: Vote): void {
  const { slot, codes, loose, openedAt, screen } = vote;
  // Nothing ticked leaves no trace of a ballot paper either.
  const draft = vote.draft.some(({ options, blank }) => blank || options.length > 0) ? vote.draft : [];
  vote.isoloir.page.keep("tab", name(vote.info.id), JSON.stringify({ slot, codes, loose, openedAt, draft, screen } satisfies Kept));
}

/** Reads it back after a reload. */
export function kept(isoloir: Isoloir, election: ElectionId): Kept | null {
  const text = isoloir.page.kept("tab", name(election));
  if (text === null) return null;
  try {
    return JSON.parse(text) as Kept;
  } catch {
    return null;
  }
}

/** A kept draft that belongs to this ballot paper; else nothing is ticked. */
export function draftOf(info: ElectionInfo, kept: Kept | null): Draft {
  const { questions } = info.manifest;
  const draft = kept?.draft;
  const fits = draft?.length === questions.length && draft.every(({ options }, q) => options.every((k) => Number.isInteger(k) && k >= 0 && k < (questions[q]?.options.length ?? 0)));
  return draft && fits ? draft : questions.map(() => ({ options: [], blank: false }));
}

/** The voter is on a screen: a reload leads back to it. */
export function on(vote: Vote, screen: Screen): void {
  vote.screen = screen;
  keep(vote);
}

/** Erases codes, choices and keys from page and tab; the place in time (grace) stays. */
export async function forgetSecrets(vote: Vote): Promise<void> {
  vote.codes = vote.codes.map(() => null);
  vote.loose = null;
  vote.typed = {};
  vote.draft = vote.info.manifest.questions.map(() => ({ options: [], blank: false }));
  vote.prepared = null;
  vote.screen = "identify";
  vote.back = null;
  keep(vote);
  const voter = vote.voter;
  vote.voter = null;
  await voter?.close().catch(() => undefined);
}
