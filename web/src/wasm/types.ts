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
//   const receipt = await cast.send();                 // kept, then sent with the same bytes until the receipt is verified
//
// Shapes of data are made from the Rust types: generated.ts.

import type {
  AuditView,
  BoxesOpened,
  CheckedDisclosure,
  CheckedReceipt,
  CheckView,
  Choice,
  ElectionInfo,
  Fragment,
  ListedBallot,
  LogState,
  Missing,
  ModuleError,
  KeyLabel,
  NewTellerKey,
  Outcome,
  PaperSheet,
  PendingSubmission,
  ReceiptHead,
  ReceiptOutcome,
  ReceiptView,
  SourceView,
  Stage,
  TellerView,
  WitnessAlarm,
  WitnessKey,
  WitnessLook,
  WitnessView,
} from "./generated";
import type { IsoloirFailure } from "./failure";
import type { Manifest, Question, Text } from "./manifest";

export type {
  BoxesOpened,
  CheckedDisclosure,
  CheckedReceipt,
  Choice,
  ChoiceProblem,
  CodeProblem,
  CommonCode,
  ComplaintKind,
  ElectionInfo,
  Fragment,
  KeyLabel,
  ListedBallot,
  LogNotice,
  MissingBox,
  PaperSheet,
  LogState,
  NewTellerKey,
  PendingSubmission,
  Phase,
  ReceiptHead,
  ReceiptOutcome,
  SlotInfo,
  TellerState,
  TellerView,
  VoidBallot,
  VoidReason,
  VoterView,
  WitnessAlarm,
  WitnessKey,
  WitnessLook,
  WitnessView,
} from "./generated";
export type { IsoloirFailure, Manifest, Question, Text };
/** Result per bucket and over all. */
export type Result = Outcome;
export type AuditReport = AuditView;
export type CheckOutcome = CheckView;
export type AuditedReceipt = ReceiptView;
export type ComparedSource = SourceView;

/** Milliseconds since 1970. */
export type Milliseconds = number;
/** Base64url without padding of 32 bytes: 43 characters. */
export type ElectionId = string;

// ---------------------------------------------------------------- errors

/** What `IsoloirFailure.error` is: the Rust module's errors, and those around it. */
export type IsoloirError =
  | ModuleError
  /** Something of the module was used before `loadIsoloir()` was done. */
  | { kind: "notLoaded" }
  | { kind: "unsupported"; what: Missing }
  /** The module or worker could not be loaded (network, proxy, wrong bytes). */
  | { kind: "load" }
  /** The worker stopped unexpectedly (out of memory, killed by the browser). */
  | { kind: "crashed" }
  | { kind: "cancelled" }
  /** The browser stores nothing, and what is asked for must not be done without. */
  | { kind: "notStored" }
  /** A file that the reader gave cannot be used. */
  | { kind: "file"; name: string; error: IsoloirError }
  /** The server's log has fewer entries than were replayed: an old copy, or entries are hidden. */
  | { kind: "shrank"; from: number; to: number }
  /** No answer (`status` null) or an RFC 9457 problem: `problem` is its slug, `facts` its other members. */
  | {
      kind: "network";
      status: number | null;
      problem: string | null;
      retryAfter: number | null;
      facts: Record<string, unknown>;
    };

// ---------------------------------------------------------------- tasks

export interface Progress {
  stage: "download" | "replay" | "boxes" | "audit";
  done: number;
  total: number;
}

export interface TaskOptions {
  /** Cancels: the promise rejects with `{kind: 'cancelled'}`; the handle stays usable. */
  signal?: AbortSignal;
  progress?: (progress: Progress) => void;
  /** Hears of each try that failed and will be repeated. */
  waiting?: (failure: IsoloirFailure) => void;
}

// ---------------------------------------------------------------- the page itself (main thread, synchronous)

export interface Page {
  /** Reads the fragment and wipes the code from the address bar and history (`#ELECTION.SLOT` stays, so that a reload finds
   *  its election). Null without a fragment; throws `fragment` errors. */
  takeFragment(): Fragment | null;
  /** Offers a file for download. */
  download(name: string, mediaType: string, content: Uint8Array | string): void;
  /** Reads a chosen file; rejects with `archive` past `limit` bytes (2^28 unless told) or where it cannot be read. */
  readFile(file: File, limit?: number): Promise<Uint8Array>;
  /** False where the browser forbids storage: the page then tells the voter to keep the receipt file and not to reload. */
  readonly storageWorks: boolean;
  /** Small values of the page. `tab` ends with the tab (progress of one vote), `device` stays (language, receipts).
   *  Never a code, seed or choice under `device`. False if it could not be kept. */
  keep(scope: "tab" | "device", name: string, value: string): boolean;
  kept(scope: "tab" | "device", name: string): string | null;
  forget(scope: "tab" | "device", name: string): void;
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
  /** Asks the server for the slot again (a later ballot, a replaced code) and keeps the codes that still fit. A prepared
   *  ballot is given up if it would not be accepted any more. */
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
  /** Test of the device: discloses and throws the ballot away. */
  disclose(): Promise<Disclosure>;
}

export interface Disclosure {
  bytes: Uint8Array;
  /** The same for a link or QR code to a second device: base64url. */
  text: string;
}

export interface CastBallot extends PendingSubmission {
  /** As `sendPending`. */
  send(options?: TaskOptions): Promise<CheckedReceipt>;
}

// ---------------------------------------------------------------- receipts

export interface ReceiptQuery {
  election: ElectionId;
  slot: number;
  /** Receipt code as typed or scanned. */
  code: string;
  /** The receipt file's text, if the voter has it. */
  file?: string | null;
  /** Origin of a witness or mirror that is asked instead of the server. */
  at?: string;
}

export interface Receipts {
  /** Reads slot and code out of a receipt file (for a preview), without checking. Throws `receipt` problem `format`. */
  read(file: string): Promise<ReceiptHead>;
  /** Checks the format of a typed receipt code and returns it in groups; throws `receiptCode`. */
  normaliseCode(text: string): Promise<string>;
  /** Verifies a receipt file alone: proof, checkpoint, leaf, code. Needs the manifest only. */
  check(file: string): Promise<CheckedReceipt>;
  /** Asks the server and verifies its answer against its latest checkpoint and the file. */
  lookUp(query: ReceiptQuery, options?: TaskOptions): Promise<ReceiptOutcome>;
}

// ---------------------------------------------------------------- test of a device

export interface BallotTest {
  /** Recomputes the receipt code and shows slot and choices, on the second device. Takes the bytes or the text of a `Disclosure`. */
  check(disclosure: Uint8Array | string): Promise<CheckedDisclosure>;
}

// ---------------------------------------------------------------- tellers

/** A body for `POST /api/elections/{id}/entries`. */
export interface EntryToSend {
  bytes: Uint8Array;
  /** Sends it (idempotent, repeated until there is an answer) and returns the log index. */
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
  readonly remembers: TellerView["remembers"];
  /** Downloads what is new of the log and replays it; call again any time. */
  sync(options?: TaskOptions): Promise<LogState>;
  /** First consent, later a drill. Needs `sync`. */
  consent(): Promise<EntryToSend>;
  /** After the tellers have compared the code: stores (election, root) before it resolves; throws `lock` and `witnesses` errors.
   *  `typed` is the code as shown, or as typed from another teller's voice; `firstDevice`: the teller has said that this key
   *  has not reported from another device; `withoutStorage`: go on where the browser stores nothing (problem `notStored`),
   *  because the teller saves `Confirmed.file` instead. */
  confirm(stage: Stage, typed: string, options: { firstDevice: boolean; withoutStorage?: boolean }): Promise<Confirmed>;
  /** Fetches this teller's boxes, checks and opens each one. Needs the closing code confirmed. */
  openBoxes(options?: TaskOptions): Promise<BoxesOpened>;
  /** A box supplied from a file or another source. */
  supplyBox(index: number, box: Uint8Array): Promise<void>;
  /** `includeMissing`: list boxes that are missing (only in the last third of the window). */
  report(options: { includeMissing: boolean }): Promise<EntryToSend>;
  /** Needs the counting code confirmed and every counted box. */
  sums(options?: TaskOptions): Promise<EntryToSend>;
  /** Requests for this teller's boxes, one for every `stepMs` from `from` on, by which a machine with a network fetches them. */
  tickets(from: Milliseconds, stepMs: number, count: number): Promise<Uint8Array>;
  /** Erases the key. */
  close(): Promise<void>;
}

/** What a file says that carries an election to a machine without a network (carried.ts). */
export interface CarriedHead {
  election: ElectionId;
  /** When it was made, by the clock of the machine with a network. */
  made: Milliseconds;
  /** Whose boxes are in it, from 1; and how long each is with its index. */
  teller: number | null;
  record: number | null;
  /** Path and length of each file, in their order. */
  files: [string, number][];
}

export interface Confirmed {
  stage: Stage;
  root: string;
  /** The key file with the confirmation remembered inside, to be saved where the browser forgets. */
  file: string;
  fileName: string;
  /** Whether this browser stored it too. */
  stored: boolean;
}

export interface Tellers {
  /** Makes a key pair and seals it (Argon2id, about a second). Throws `key` problem `weak` for an empty passphrase. */
  generate(passphrase: string): Promise<NewTellerKey>;
  open(input: TellerOpen): Promise<Teller>;
  /** Downloads the whole election as one file for a machine without a network, with the boxes for which `tickets` ask. */
  collect(election: ElectionId, tickets: Uint8Array | null, options?: TaskOptions): Promise<Blob>;
  /** On that machine: everything is asked of this file from now on. Throws `archive`. */
  carry(file: Blob): Promise<{ head: CarriedHead; manifest: Uint8Array }>;
  /** Sends an entry that such a machine made; returns the log index. */
  send(election: ElectionId, entry: Uint8Array, options?: TaskOptions): Promise<number>;
  /** Six words by chance. */
  suggest(language: string): Promise<string>;
  /** What is printed on the teller's sheet. Throws `key` errors. */
  sheet(file: string, passphrase: string, language: string): Promise<PaperSheet>;
  /** The key from the words of a sheet, under a new passphrase. Throws `paper`, and `key` problem `weak`. */
  restore(words: string, passphrase: string): Promise<NewTellerKey>;
  /** Whose key file it is, without its passphrase. Throws `key` errors. */
  label(file: string): Promise<KeyLabel>;
}

// ---------------------------------------------------------------- audit

/** A file by the name under which the reader knows it; in a folder the path with `/`. */
export interface NamedFile {
  name: string;
  content: Uint8Array | Blob;
}

export type AuditSource =
  /** An archive's zip. */
  | { zip: NamedFile }
  /** The files of an archive. */
  | { folder: NamedFile[] }
  /** This server's log, downloaded entry by entry. */
  | { election: ElectionId };

export interface AuditInput {
  source: AuditSource;
  /** Archives of earlier elections with the same roll scope, the latest first. */
  previous?: NamedFile[];
  /** Receipts (check V12): files, or zips of many. */
  receipts?: NamedFile[];
  /** What others have of the same log: archives, checkpoints, witnesses' memories, receipts. */
  compare?: NamedFile[];
}

export interface Auditor {
  /** Loads all that an audit needs: from then on it needs no network. `audit` does it by itself where it was not done. */
  prepare(): Promise<void>;
  /** Runs in workers of its own, one for each core, so that cancelling frees the memory at once. Throws `file` for a file that
   *  cannot be used, `archive`, `network`. */
  audit(input: AuditInput, options?: TaskOptions): Promise<AuditReport>;
}

// ---------------------------------------------------------------- witnesses

export interface Witness {
  /** As of the last look. */
  readonly view: WitnessView;
  /** Asks once for the log's checkpoint, replays what is new, stores what was seen, and only then cosigns. Throws `network` at once
   *  where there is no answer, and `notStored` where the browser stores nothing: then nothing is cosigned. */
  look(options?: TaskOptions): Promise<WitnessLook>;
  /** The key file with all that was seen until now. */
  backup(): Promise<WitnessKey>;
  /** Erases the key. */
  close(): void;
}

export interface Witnesses {
  /** The key that this browser keeps: its file is sealed. */
  kept(): Promise<WitnessKey | null>;
  /** Keeps a key instead of the one before. Throws `notStored`. */
  keep(key: WitnessKey): Promise<void>;
  /** Makes a key and seals it. Throws `argument` for a name that no signature can have, `key` problem `weak`. */
  generate(name: string, passphrase: string): Promise<WitnessKey>;
  /** The key of a backup, or of a key file of the command. Throws `key` errors. */
  restore(file: string, passphrase: string): Promise<WitnessKey>;
  /** Six words by chance. */
  suggest(language: string): Promise<string>;
  /** The alarm that this browser keeps of an election, and the memory it is in; no key needs to be opened for it. */
  alarm(election: ElectionId, key: WitnessKey): Promise<{ alarm: WitnessAlarm; memory: string } | null>;
  open(input: { election: ElectionId; key: WitnessKey; passphrase: string }): Promise<Witness>;
}

// ---------------------------------------------------------------- everything

export interface Isoloir {
  /** Version of the program. */
  readonly version: string;
  /** What runs the voter's module here: as JavaScript it is slower, and as correct. */
  readonly engine: "webAssembly" | "javaScript";
  readonly page: Page;
  /** Downloads the manifest and checks it against the id; or checks the bytes given. */
  election(id: ElectionId, manifest?: Uint8Array): Promise<ElectionInfo>;
  /** Asks the server for the slot and checks that the answer holds together. Throws `slot`, `network`. */
  voter(election: ElectionId, slot: number): Promise<Voter>;
  /** Keeps the bytes in `page.pending`, sends them until a receipt comes back (waits for `Retry-After`, offline and busy
   *  servers), verifies the receipt against the submission and keeps it too. Rejects with `network` only for answers that
   *  will not change (422 with facts), with `receipt` for a receipt that does not hold, and when cancelled. */
  sendPending(pending: PendingSubmission, options?: TaskOptions): Promise<CheckedReceipt>;
  readonly receipts: Receipts;
  readonly ballotTest: BallotTest;
  readonly tellers: Tellers;
  readonly auditor: Auditor;
  readonly witnesses: Witnesses;
}
