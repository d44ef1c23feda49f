// The interface between the pages and the Rust module. Everything that touches a code, a key or a
// seed runs in a Web Worker; a page holds handles only. Every promise rejects with `IsoloirFailure`.
//
//   const isoloir = await loadIsoloir();               // from './index'
//   const link = isoloir.page.takeFragment();          // reads #ELECTION.SLOT.CODE, wipes the code
//   const election = await isoloir.election(link.election);
//   const voter = await isoloir.voter(election.id, link.slot);
//   await voter.setCode(0, link.code);
//   const prepared = await voter.prepare(choices);     // prepared.receiptCode is on screen
//   const cast = await prepared.cast();                // or: await prepared.disclose() (a test)
//   isoloir.page.pending.save(cast);                   // before it is sent
//   const receipt = await cast.send();                 // POST, retried with the same bytes, verified

/** Milliseconds since 1970. */
export type Milliseconds = number;
/** Base64url without padding of 32 bytes: 43 characters. */
export type ElectionId = string;
/** Text in several languages: BCP 47 tag → text. */
export type Text = Record<string, string>;

// ---------------------------------------------------------------- errors

export type CodeProblem =
  /** `found` symbols instead of 16 (spaces and hyphens not counted). */
  | { problem: 'length'; found: number }
  /** A character that no code contains; `position` counts from 1 among all characters typed. */
  | { problem: 'symbol'; position: number; found: string }
  /** A typing error: the check symbol does not match. */
  | { problem: 'checksum' }
  /** A well-formed code, but not this registrar's (current) code for this slot. */
  | { problem: 'wrong' }
  /** A well-formed code, but it is the one of `other` registrar: the two were swapped. */
  | { problem: 'swapped'; other: number };

export type ChoiceProblem =
  | { problem: 'tooFew'; question: number; chosen: number; min: number }
  | { problem: 'tooMany'; question: number; chosen: number; max: number }
  | { problem: 'blankNotOffered'; question: number }
  | { problem: 'blankWithOptions'; question: number }
  | { problem: 'unknownOption'; question: number; option: number }
  | { problem: 'repeatedOption'; question: number; option: number }
  | { problem: 'questions'; expected: number; found: number };

export type IsoloirError =
  /** Something of the module was used before `loadIsoloir()` was done. */
  | { kind: 'notLoaded' }
  /** The browser lacks something; `what` names it. */
  | { kind: 'unsupported'; what: 'webAssembly' | 'worker' | 'random' }
  /** The module or worker could not be loaded (network, proxy, wrong bytes). */
  | { kind: 'load' }
  /** The worker stopped unexpectedly (out of memory, killed by the browser). */
  | { kind: 'crashed' }
  | { kind: 'cancelled' }
  /** A handle was used after it was closed, cast, or disclosed, or a call came in the wrong order. */
  | { kind: 'spent' }
  /** No answer (`status` null) or an RFC 9457 problem: `problem` is its slug, `facts` its extra members. */
  | { kind: 'network'; status: number | null; problem: string | null; retryAfter: number | null; facts: Record<string, unknown> }
  | { kind: 'fragment'; problem: 'election' | 'slot' | 'shape' }
  | { kind: 'manifest'; problem: 'invalid' | 'otherElection'; detail: string }
  /** The slot is not in the roll, or what the server says about it does not hold together. */
  | { kind: 'slot'; problem: 'unknown' | 'invalid' }
  | ({ kind: 'code'; registrar: number } & CodeProblem)
  /** Codes of these registrars have not been given yet. */
  | { kind: 'codeMissing'; registrars: number[] }
  | ({ kind: 'choice' } & ChoiceProblem)
  | { kind: 'receiptCode'; problem: 'length' | 'symbol'; position: number | null }
  | { kind: 'receipt'; problem: 'format' | 'otherElection' | 'code' | 'slot' | 'leaf' | 'checkpoint' | 'proof' | 'otherBallot'; detail: string }
  | { kind: 'disclosure'; problem: 'format' | 'otherElection' | 'choices'; detail: string }
  /** `file`: not a key file of this program; `role`: of another role; `passphrase`: wrong passphrase or a damaged file;
   *  `notTeller`: the key is not one of this election's tellers; `weak`: an empty passphrase. */
  | { kind: 'key'; problem: 'file' | 'role' | 'passphrase' | 'notTeller' | 'weak' }
  /** The log breaks a rule: `index` is the entry (null: a checkpoint or the download itself). */
  | { kind: 'log'; index: number | null; problem: string; detail: string }
  /** Fewer valid cosignatures than the quorum on a checkpoint of the size needed. */
  | { kind: 'witnesses'; found: number; quorum: number }
  /** `otherRoot`: this key has confirmed another root, ever; `unknownDevice`: no stored state here, ask whether the key has
   *  reported from another device; `notConfirmed`: the code has not been confirmed; `notStored`: the browser cannot store the
   *  confirmation (storage off): pass a key file kept by the teller instead. */
  | { kind: 'lock'; problem: 'otherRoot' | 'unknownDevice' | 'notConfirmed' | 'notStored'; stage: 'closing' | 'counting' }
  /** Not yet or no longer possible in the election's phase. */
  | { kind: 'phase'; phase: Phase }
  /** The server's clock and this one disagree too much for the step. */
  | { kind: 'clock'; here: Milliseconds; there: Milliseconds }
  /** Boxes of these entries could not be had. */
  | { kind: 'boxesMissing'; indexes: number[] }
  | { kind: 'archive'; problem: string; detail: string };

/** What every call of this module throws. */
export declare class IsoloirFailure extends Error {
  readonly error: IsoloirError;
  constructor(error: IsoloirError);
}

// ---------------------------------------------------------------- shared shapes

export type Phase = 'setup' | 'open' | 'suspended' | 'closed' | 'fixed' | 'counted';

export interface Question {
  title: Text;
  options: Text[];
  min: number;
  max: number;
  blank: boolean;
}

/** The manifest as announced; the names are the specification's (section 2). */
export interface Manifest {
  format: string;
  suite: string;
  title: Text;
  questions: Question[];
  groups: string[];
  smallest_group: number;
  opens: string;
  closes: string;
  grace_minutes: number;
  revote: boolean;
  threshold: number;
  tellers: { name: string; seal: string; sign: string }[];
  registrars: { name: string; channel: string; sign: string }[];
  roll_scope: string;
  previous: string;
  report_minutes: number;
  witnesses: { name: string; sign: string }[];
  witness_quorum: number;
  organiser: { name: string; sign: string };
  log: { origin: string; sign: string };
}

/** A manifest whose bytes hash to the election's id. */
export interface ElectionInfo {
  id: ElectionId;
  manifest: Manifest;
  opens: Milliseconds;
  closes: Milliseconds;
  /** How many tellers must take part (section 8), and how many shares count. */
  quorum: number;
  threshold: number;
  /** Bytes of one submission: the same for every choice. */
  submissionLength: number;
}

export interface Choice {
  /** Options chosen, counted from 0; empty with `blank: false` where the question allows no choice. */
  options: number[];
  blank: boolean;
}

/** `GET /api/elections/{id}/slots/{slot}`. */
export interface SlotInfo {
  slot: number;
  group: number;
  weight: number;
  key_parts: string[];
  key: string;
  current: ListedBallot | null;
  ballots: ListedBallot[];
}

export interface ListedBallot {
  index: number;
  time: Milliseconds;
  /** The receipt code. */
  code: string;
}

export interface Progress {
  stage: 'download' | 'replay' | 'boxes' | 'audit';
  done: number;
  total: number;
}

export interface TaskOptions {
  /** Cancels: the promise rejects with `{kind: 'cancelled'}`; the handle stays usable. */
  signal?: AbortSignal;
  progress?: (progress: Progress) => void;
}

// ---------------------------------------------------------------- the page itself (main thread, synchronous)

/** What stood after `#`. */
export interface Fragment {
  election: ElectionId;
  slot: number | null;
  /** A voting code (vote page) or a receipt code (check page), as found; not yet parsed. */
  code: string | null;
}

/** A ballot that was, or is about to be, sent. Holds no code, no seed and no choice. */
export interface PendingSubmission {
  election: ElectionId;
  slot: number;
  receiptCode: string;
  submission: Uint8Array;
  /** When it was first prepared for sending, by this device's clock. */
  time: Milliseconds;
  /** The verified receipt once there is one (JSON text of the receipt file). */
  receipt: string | null;
}

export interface Page {
  /** Reads the fragment and wipes the code from the address bar and history (`#ELECTION.SLOT` stays, so that a reload finds
   *  its election). Null without a fragment; throws `fragment` errors. */
  takeFragment(): Fragment | null;
  /** Offers a file for download. */
  download(name: string, mediaType: string, content: Uint8Array | string): void;
  /** Reads a chosen file; rejects with `archive` problem `size` past `limit` bytes (2^28 unless told). */
  readFile(file: File, limit?: number): Promise<Uint8Array>;
  /** False where the browser forbids storage: the page then tells the voter to keep the receipt file and not to reload. */
  readonly storageWorks: boolean;
  /** Small values of the page. `tab` ends with the tab (progress of one vote), `device` stays (language, receipts).
   *  Never a code, seed or choice under `device`. False if it could not be kept. */
  keep(scope: 'tab' | 'device', name: string, value: string): boolean;
  kept(scope: 'tab' | 'device', name: string): string | null;
  forget(scope: 'tab' | 'device', name: string): void;
  /** The submission, kept until the result is logged so that it can be sent again or resupplied. */
  readonly pending: {
    save(pending: PendingSubmission): boolean;
    load(election: ElectionId, slot: number): PendingSubmission | null;
    list(election: ElectionId): PendingSubmission[];
    forget(election: ElectionId, slot: number): void;
  };
}

// ---------------------------------------------------------------- voter

export interface Voter {
  readonly election: ElectionId;
  readonly slot: number;
  readonly group: number;
  readonly weight: number;
  /** The ballot this slot already has in the urn, if any. */
  readonly current: ListedBallot | null;
  /** Registrars (from 0) whose codes are still missing. */
  readonly missing: number[];
  /** Parses a code, derives its key part and compares it with the roll; throws `code` errors. */
  setCode(registrar: number, text: string): Promise<void>;
  /** Makes a ballot for these choices; needs no code (a test needs none either). Each call makes a new ballot and spends the one before. */
  prepare(choices: Choice[]): Promise<PreparedBallot>;
  /** Asks the server for the slot again (a later ballot, a replaced code) and keeps the codes that still fit. */
  refresh(): Promise<void>;
  /** Erases every code and seed. */
  close(): Promise<void>;
}

export interface PreparedBallot {
  readonly slot: number;
  /** 24 symbols in six groups of four, always shown with the slot. */
  readonly receiptCode: string;
  /** Signs: erases codes, seed and choices. Throws `codeMissing`; after that only `send` is left. */
  cast(): Promise<CastBallot>;
  /** Test of the device: discloses and throws the ballot away. The bytes go to a second device (`disclosureText`). */
  disclose(): Promise<Disclosure>;
}

export interface Disclosure {
  bytes: Uint8Array;
  /** The same for a link or QR code: base64url. */
  text: string;
}

export interface CastBallot extends PendingSubmission {
  /** As `sendPending`. */
  send(options?: TaskOptions): Promise<CheckedReceipt>;
}

// ---------------------------------------------------------------- receipts

/** A receipt that this device has verified: right election, leaf, signed checkpoint, inclusion. */
export interface CheckedReceipt {
  election: ElectionId;
  slot: number;
  code: string;
  index: number;
  /** The entry's time as the log says. */
  time: Milliseconds;
  /** Log size of the checkpoint, and names of witnesses with a valid cosignature on it. */
  size: number;
  witnesses: string[];
  /** The receipt file's exact JSON text, to save. */
  file: string;
  /** Suggested file name, without any personal fact. */
  fileName: string;
}

/** What became of a ballot. `proved`: this device checked the proof itself; otherwise the server says so and a replay or audit would prove it. */
export type ReceiptOutcome =
  /** In the urn and the slot's current ballot. */
  | { state: 'inUrn'; receipt: CheckedReceipt; proved: boolean }
  /** A later ballot was cast with this voter's codes: alarm unless it was the voter. */
  | { state: 'replaced'; receipt: CheckedReceipt; by: ListedBallot; proved: boolean }
  /** The server lists no such ballot of the slot. With `held` (a valid receipt file) this convicts the server. */
  | { state: 'notFound'; slot: number; code: string; held: CheckedReceipt | null; listed: ListedBallot[] }
  /** Counted in the published result, or in the fixed set. */
  | { state: 'counted'; receipt: CheckedReceipt; published: boolean; proved: boolean }
  /** Excluded by a proven complaint. */
  | { state: 'void'; receipt: CheckedReceipt; reason: VoidReason; proved: boolean };

export interface VoidReason {
  /** The teller (from 1) whose proven complaint it was. */
  teller: number;
  complaint: 'malformed' | 'opened';
}

export interface ReceiptQuery {
  election: ElectionId;
  slot: number;
  /** Receipt code as typed or scanned. */
  code: string;
  /** The receipt file's text, if the voter has it. */
  file?: string | null;
}

export interface Receipts {
  /** Reads slot and code out of a receipt file (for a preview), without checking. Throws `receipt` problem `format`. */
  read(file: string): Promise<{ election: ElectionId; slot: number; code: string; index: number }>;
  /** Checks the format of a typed receipt code and returns it in groups; throws `receiptCode`. */
  normaliseCode(text: string): Promise<string>;
  /** Verifies a receipt file alone, offline: proof, checkpoint, leaf, code. */
  check(file: string): Promise<CheckedReceipt>;
  /** Asks the server and verifies its answer against its latest checkpoint and the file. */
  lookUp(query: ReceiptQuery, options?: TaskOptions): Promise<ReceiptOutcome>;
}

// ---------------------------------------------------------------- test of a device

/** What a test ballot held. */
export interface CheckedDisclosure {
  election: ElectionId;
  slot: number;
  supersedes: number | null;
  choices: Choice[];
  /** To be compared with the code noted from the first device. */
  receiptCode: string;
  /** Whether key and superseded ballot are the slot's current ones according to the server (null: could not ask). */
  current: boolean | null;
}

export interface BallotTest {
  /** Recomputes the receipt code and shows slot and choices, on the second device. */
  check(disclosure: Uint8Array | string): Promise<CheckedDisclosure>;
}

// ---------------------------------------------------------------- tellers

export interface NewTellerKey {
  /** The sealed key file (JSON text) and a name to save it under. */
  file: string;
  fileName: string;
  /** Public keys for the manifest: base64. */
  seal: string;
  sign: string;
  /** Short form to compare by voice. */
  fingerprint: string;
}

export interface TellerState {
  number: number;
  name: string;
  consented: Milliseconds | null;
  lastDrill: Milliseconds | null;
  reported: boolean;
  complaints: number;
  summed: boolean;
}

/** The election after a replay of the log on this device. */
export interface LogState {
  election: ElectionInfo;
  phase: Phase;
  size: number;
  /** Time of the last entry; the device's clock; `clockWarning` when they disagree by more than 10 minutes ahead. */
  time: Milliseconds;
  clockWarning: boolean;
  closes: Milliseconds;
  end: Milliseconds;
  voters: number;
  ballots: number;
  tellers: TellerState[];
  registrars: { name: string; channel: string; consented: boolean; roll: boolean }[];
  witnesses: { name: string; fingerprint: string; size: number | null; seconds: number | null }[];
  witnessQuorum: number;
  /** `cosigned` = valid cosignatures of different witnesses on a checkpoint that contains it. */
  closing: CommonCode | null;
  counting: CommonCode | null;
  notices: LogNotice[];
  void: { index: number; slot: number; reason: VoidReason }[];
  missing: { index: number; teller: number }[];
  /** Fewer than `smallest_group` ballots: nothing will be summed. */
  tooFew: boolean;
  /** Totals may reveal votes: a weight held by too few in a bucket. */
  weightWarnings: { bucket: number; weight: number; ballots: number }[];
  result: Result | null;
}

export interface CommonCode {
  size: number;
  /** Base64 of the root. */
  root: string;
  /** 24 symbols in six groups: read aloud to the other tellers. */
  code: string;
  cosigned: number;
}

export interface LogNotice {
  index: number;
  time: Milliseconds;
  what: 'suspend' | 'resume' | 'extend' | 'message';
  text: string;
  closes: Milliseconds | null;
}

/** Result per bucket: groups (indexes) in it, ballots counted, weight, and per question the totals (blank last). */
export interface Result {
  buckets: { groups: number[]; merged: boolean; ballots: number; weight: number; totals: number[][] }[];
  /** Sum over the buckets. */
  totals: number[][];
}

export interface BoxesOpened {
  opened: number;
  total: number;
  missing: number[];
  complaints: { index: number; complaint: 'malformed' | 'opened' | 'missing' }[];
}

/** A body for `POST /api/elections/{id}/entries`, to be sent with `send`. */
export interface EntryToSend {
  bytes: Uint8Array;
  /** Sends it (idempotent, retried) and returns the log index. */
  send(options?: TaskOptions): Promise<number>;
}

export interface TellerOpen {
  election: ElectionId;
  /** The key file's text. A file saved after a confirmation remembers it. */
  file: string;
  passphrase: string;
}

export interface Teller {
  readonly election: ElectionId;
  /** From 1. */
  readonly number: number;
  readonly name: string;
  readonly seal: string;
  readonly sign: string;
  readonly fingerprint: string;
  /** Whether this device (or the key file) remembers a confirmation of this election. */
  readonly remembers: { closing: boolean; counting: boolean };
  /** Downloads what is new of the log and replays it; call again any time. */
  sync(options?: TaskOptions): Promise<LogState>;
  /** First consent, later a drill. Needs `sync`. */
  consent(): Promise<EntryToSend>;
  /** After the tellers have compared the code: stores (election, root) before it resolves; throws `lock` errors.
   *  `typed` is the code as shown (or typed from another teller's voice); `firstDevice`: the teller has said that
   *  this key has not reported from another device. */
  confirm(stage: 'closing' | 'counting', typed: string, options: { firstDevice: boolean }): Promise<Confirmed>;
  /** Fetches this teller's boxes, checks and opens each one. Needs the closing confirmed. */
  openBoxes(options?: TaskOptions): Promise<BoxesOpened>;
  /** A box supplied from a file or another source. */
  supplyBox(index: number, box: Uint8Array): Promise<void>;
  /** `includeMissing`: list boxes that are missing (only in the last third of the window). */
  report(options: { includeMissing: boolean }): Promise<EntryToSend>;
  /** Needs the counting code confirmed and every counted box. */
  sums(): Promise<EntryToSend>;
  /** Erases the key. */
  close(): Promise<void>;
}

export interface Confirmed {
  stage: 'closing' | 'counting';
  root: string;
  /** The key file with the confirmation remembered inside, to be saved where the browser forgets. */
  file: string;
  fileName: string;
  /** Whether this browser stored it too. */
  stored: boolean;
}

export interface Tellers {
  /** Makes a key pair and seals it (Argon2id, about a second). */
  generate(passphrase: string): Promise<NewTellerKey>;
  open(input: TellerOpen): Promise<Teller>;
}

// ---------------------------------------------------------------- audit

export type AuditSource =
  /** An archive's zip. */
  | { zip: Uint8Array | Blob }
  /** This server's log, downloaded entry by entry. */
  | { election: ElectionId };

export interface AuditInput {
  source: AuditSource;
  /** Archives of earlier elections with the same roll scope, oldest first. */
  previous?: (Uint8Array | Blob)[];
  /** Receipt files' texts (check V12). */
  receipts?: string[];
}

export type CheckName = 'V1' | 'V2' | 'V3' | 'V4' | 'V5' | 'V6' | 'V7' | 'V8' | 'V9' | 'V10' | 'V11' | 'V12';

export interface CheckOutcome {
  check: CheckName;
  /** `none`: nothing to check yet (for example no sums before the count). */
  outcome: 'holds' | 'fails' | 'none';
  /** For a failure: the entry and what is wrong, as facts. */
  index: number | null;
  problem: string | null;
  detail: string | null;
}

export interface AuditReport {
  accepted: boolean;
  checks: CheckOutcome[];
  /** State at the end of the log, as far as it could be replayed. */
  state: LogState | null;
  receipts: AuditedReceipt[];
  warnings: { problem: string; detail: string }[];
  /** SHA-256-independent facts to compare with others: size, root (base64), how many entries of each kind. */
  size: number;
  root: string;
}

export interface AuditedReceipt {
  slot: number;
  code: string;
  state: 'counted' | 'current' | 'replaced' | 'void' | 'invalid';
  detail: string | null;
}

export interface Auditor {
  /** Runs in its own worker, so that cancelling frees the memory at once. */
  audit(input: AuditInput, options?: TaskOptions): Promise<AuditReport>;
}

// ---------------------------------------------------------------- everything

export interface Isoloir {
  /** Version of the program. */
  readonly version: string;
  readonly page: Page;
  /** Downloads the manifest and checks it against the id; or checks the bytes given. */
  election(id: ElectionId, manifest?: Uint8Array): Promise<ElectionInfo>;
  /** Asks the server for the slot and checks that the answer holds together. Throws `slot`, `network`. */
  voter(election: ElectionId, slot: number): Promise<Voter>;
  /** Sends the same bytes until a receipt comes back (waits for `Retry-After`, offline and busy servers), verifies the receipt
   *  against the submission and remembers it in `page.pending`. Rejects with `network` only for answers that will not change
   *  (422 with facts) or when cancelled. */
  sendPending(pending: PendingSubmission, options?: TaskOptions): Promise<CheckedReceipt>;
  readonly receipts: Receipts;
  readonly ballotTest: BallotTest;
  readonly tellers: Tellers;
  readonly auditor: Auditor;
}

/** Loads the module and starts the worker; later calls return the same promise. Exported by './index'. */
export type LoadIsoloir = () => Promise<Isoloir>;
