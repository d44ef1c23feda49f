// The state of an election as its log makes it: a pure function of the entries and their data (section 5).

import { decodeBallot, failingChecks, statement, type Ballot, type BallotCheck, type Statement } from "./ballot.js";
import { codeOf, equal, hex, u64, type Bytes } from "./bytes.js";
import type { Reason } from "./complaint.js";
import { failing } from "./commitment.js";
import { decodeEntry } from "./entry.js";
import type { Encoded, Point } from "./group.js";
import { hash32, sha256 } from "./hash.js";
import type { Manifest } from "./manifest.js";
import { must, type Check } from "./refusal.js";
import type { RollRow } from "./roll.js";
import type { BucketCommitments, Sums } from "./tally.js";
import type { Tree } from "./tree.js";

/** A voter's line on the roll, with the key it has now. */
export interface Slot {
  slot: number;
  group: number;
  weight: bigint;
  /** K_p of each registrar. */
  parts: Encoded[];
  key: Encoded;
  /** Log size right after the last replacement, by registrar; 0 if none. */
  replaced: number[];
  current: AcceptedBallot | undefined;
}

/** A ballot in the log, of which its box hashes and proofs are not needed again. */
export interface AcceptedBallot {
  index: number;
  slot: Slot;
  /** The slot's key when the ballot was accepted. */
  key: Encoded;
  x: bigint;
  /** By question: B and V_1 … V_{t−1}. */
  commitments: { B: Point; V: Point[] }[];
}

export interface ProvenComplaint {
  index: number;
  teller: number;
  reason: Reason;
}

/** A ballot whose proofs fail. */
export interface BadBallot {
  index: number;
  slot: number;
  failing: BallotCheck[];
}

/** How many ballots go into one multiscalar multiplication. */
const BATCH = 4096;

const MOST_DATA = 2 ** 28;

export class Election {
  readonly manifest: Manifest;
  readonly leaves: readonly Bytes[];
  readonly tree: Tree;
  private readonly data: ReadonlyMap<string, Bytes>;

  time = 0n;
  /** Log size right after the last consent, by role and number. */
  readonly consents = new Map<string, number>();
  /** The parts of the roll as they were logged, by registrar. */
  readonly rollParts: ({ rows: RollRow[]; hash: Bytes } | undefined)[];
  readonly slots = new Map<number, Slot>();
  readonly ballots = new Map<number, AcceptedBallot>();
  suspended = false;
  closingTime: bigint;
  /** Log size right after the open entry or the last notice. */
  noticed = 0;
  /** Index of the entry, once it is there. */
  open: number | undefined;
  close: number | undefined;
  fix: number | undefined;
  result: number | undefined;
  closeTime = 0n;
  /** Each slot's current ballot at the close entry, in slot order. */
  currentAtClose: AcceptedBallot[] = [];
  readonly reports = new Set<number>();
  readonly complaints: ProvenComplaint[] = [];
  /** The ballots to count, and what their sums are checked against, from the fix entry on. */
  counted: AcceptedBallot[] = [];
  commitments: BucketCommitments[] = [];
  readonly sums: Sums[] = [];
  /** By bucket, question and bit, from the t-th sums on. */
  totals: bigint[][][] | undefined;

  readonly badBallots: BadBallot[] = [];
  private pending: { index: number; slot: number; statement: Statement }[] = [];

  constructor(manifest: Manifest, leaves: readonly Bytes[], tree: Tree, data: ReadonlyMap<string, Bytes>) {
    this.manifest = manifest;
    this.leaves = leaves;
    this.tree = tree;
    this.data = data;
    this.closingTime = manifest.closes;
    this.rollParts = manifest.registrars.map(() => undefined);
  }

  get end(): bigint {
    return this.closingTime + this.manifest.grace;
  }

  get phase(): "setup" | "open" | "suspended" | "closed" {
    if (this.close !== undefined) return "closed";
    if (this.open === undefined) return "setup";
    return this.suspended ? "suspended" : "open";
  }

  /** Data of an entry, by hash. */
  dataOf(hash: Bytes, length: number | undefined, check: Check): Bytes {
    if (length === 0) {
      must(equal(hash, sha256()), check, "the hash is not the one of no data");
      return new Uint8Array(0);
    }
    const found = this.data.get(hex(hash));
    must(found !== undefined && equal(sha256(found), hash), check, `its data ${hex(hash)} are not in the archive`);
    must(found.length <= MOST_DATA, check, "more data than allowed");
    must(length === undefined || found.length === length, check, `${found.length} bytes of data where the entry tells ${length}`);
    return found;
  }

  /** All parts of the roll are there. */
  get rollComplete(): boolean {
    return this.rollParts.every((part) => part !== undefined);
  }

  /** Takes a ballot as the slot's current one; its proofs are checked with the next batch. */
  accept(accepted: AcceptedBallot, ballot: Ballot): void {
    this.ballots.set(accepted.index, accepted);
    accepted.slot.current = accepted;
    const { index, key, x, slot } = accepted;
    this.pending.push({ index, slot: slot.slot, statement: statement(this.manifest, key.point, ballot, x) });
    if (this.pending.length >= BATCH) this.checkPending();
  }

  /** Checks the proofs of the ballots accepted since the last time. */
  checkPending(): void {
    const bad = new Set(failing(this.pending.map((item) => item.statement.equations.map(({ equation }) => equation))));
    this.pending.forEach((item, position) => {
      if (!bad.has(position) && item.statement.wrong.length === 0) return;
      this.badBallots.push({ index: item.index, slot: item.slot, failing: [...failingChecks(item.statement)] });
    });
    this.pending = [];
  }

  /** The ballot of an accepted one, decoded again from the log. */
  ballotOf({ index, key }: AcceptedBallot): { ballot: Ballot; key: Bytes } {
    const { body } = decodeEntry(index, this.leaves[index] as Bytes);
    return { ballot: decodeBallot(this.manifest, body), key: key.bytes };
  }

  /** Reasons why a ballot is not counted, from reports before the fix entry. */
  voidReasons(index: number): ProvenComplaint[] {
    return this.complaints.filter((complaint) => complaint.index === index && complaint.reason !== "missing");
  }

  /** Closing or counting code for an entry. */
  codeAfter(index: number, label: "closing" | "counting"): { size: number; root: Bytes; code: string } {
    const size = index + 1;
    const root = this.tree.rootAt(size);
    return { size, root, code: codeOf(hash32(`isoloir/v1/${label}`, this.manifest.id, u64(size), root)) };
  }
}
