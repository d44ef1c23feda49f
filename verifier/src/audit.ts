// The audit of an archive: V1 … V12 of section 9.

import type { Archive } from "./archive.js";
import { equal, hex, Invalid, Reader, type Bytes } from "./bytes.js";
import type { Checkpoint } from "./checkpoint.js";
import { Election } from "./election.js";
import { decodeEntry, splitLeaves, type Entry } from "./entry.js";
import { factsOf, type Facts } from "./facts.js";
import { Findings, type CheckResult } from "./findings.js";
import { hash32 } from "./hash.js";
import type { Manifest } from "./manifest.js";
import { compareRounds, type Rounds } from "./previous.js";
import { checkReceipt, settle, type CheckedReceipt, type Receipt, type ReceiptOutcome } from "./receipt.js";
import { CHECKS, Refusal, type Check } from "./refusal.js";
import { replay } from "./replay.js";
import { readManifest } from "./rules-setup.js";
import { rareWeights, tooFew } from "./rules-counting.js";
import { Tree } from "./tree.js";
import { fits, hasQuorum, objections, openCheckpoints, wrongCosignatures } from "./witness.js";

export interface Options {
  /** Archives of earlier rounds, in any order. */
  earlier?: readonly Archive[];
  receipts?: readonly Receipt[];
  progress?: (done: number, total: number) => void;
}

export interface ReceiptResult {
  slot: number;
  index: number;
  code: string;
  outcome: ReceiptOutcome | "fails" | "not checked";
}

export interface AuditReport extends Partial<Facts> {
  holds: boolean;
  checks: CheckResult[];
  objections?: number;
  wrong_cosignatures?: number;
  new_slots?: number[];
  gone_slots?: number[];
  receipts: ReceiptResult[];
}

interface Audited {
  report: AuditReport;
  /** This election and those it follows, the latest first. */
  elections: Election[];
}

/** Checks that look at the entries one after the other. */
const OF_THE_REPLAY: readonly Check[] = CHECKS.filter((check) => check !== "V1" && check !== "V12");

export function audit(archive: Archive, options: Options = {}): AuditReport {
  return auditRounds(archive, options).report;
}

function auditRounds(archive: Archive, { earlier = [], receipts = [], progress = () => undefined }: Options): Audited {
  const findings = new Findings();
  const leaves = attempt(findings, "V1", () => splitLeaves(archive.entries)) ?? [];
  const entries = decodeAll(findings, leaves);
  const manifest = firstManifest(findings, entries);
  if (manifest === undefined) {
    findings.skip(CHECKS, "without a valid manifest nothing else can be checked");
    return { report: conclude(findings, receipts.map(unchecked)), elections: [] };
  }

  const tree = new Tree(leaves);
  const checkpoints = openCheckpoints(archive, manifest, tree, (rule) => findings.fail("V1", rule));
  const election = new Election(manifest, leaves, tree, archive.data);
  const stop = replay(election, entries, progress);
  if (stop !== undefined) findings.refused(stop.refusal, stop.entry.index);
  for (const { index, slot, failing } of election.badBallots) findings.fail("V5", `slot ${slot}: ${failing.join(", ")}`, index);
  const stopped = stop?.entry.index ?? (entries.length < leaves.length ? entries.length : undefined);
  if (stopped !== undefined) findings.skip(OF_THE_REPLAY, `only checked up to entry ${stopped}`);

  const { rounds, elections } = auditEarlier(findings, election, earlier);
  const checked = receipts.map((receipt) => attempt(findings, "V12", () => checkReceipt(manifest, receipt), receipt.index));
  const known = withReceipts(findings, tree, checkpoints, checked);
  const cosigned = auditWitnesses(findings, manifest, entries, checkpoints, known);
  const settled = receipts.map((receipt, i) => settleReceipt(findings, election, receipt, checked[i], stopped !== undefined));
  addFigures(findings, election, checkpoints.length, receipts.length);
  return { report: { ...conclude(findings, settled), ...factsOf(election), ...cosigned, ...rounds }, elections: [election, ...elections] };
}

function conclude(findings: Findings, receipts: ReceiptResult[]): AuditReport {
  const checks = findings.all();
  return { holds: checks.every(({ status }) => status === "holds"), checks, receipts };
}

/** What it makes, or nothing and a failure of the check. */
function attempt<T>(findings: Findings, check: Check, make: () => T, entry?: number): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof Refusal) findings.refused(error, entry);
    else if (error instanceof Invalid) findings.fail(check, error.message, entry);
    else throw error;
    return undefined;
  }
}

/** The entries up to the first leaf that does not decode. */
function decodeAll(findings: Findings, leaves: readonly Bytes[]): Entry[] {
  const entries: Entry[] = [];
  for (const [index, leaf] of leaves.entries()) {
    const entry = attempt(findings, "V1", () => decodeEntry(index, leaf), index);
    if (entry === undefined) break;
    entries.push(entry);
  }
  return entries;
}

function firstManifest(findings: Findings, [first]: readonly Entry[]): Manifest | undefined {
  if (first === undefined) {
    findings.fail("V1", "the log is empty, or its first leaf does not decode");
    return undefined;
  }
  return attempt(findings, "V2", () => readManifest(first), 0);
}

/** Audits the earlier rounds that were given and compares (V3). */
function auditEarlier(
  findings: Findings,
  election: Election,
  earlier: readonly Archive[],
): { rounds: Partial<AuditReport>; elections: Election[] } {
  const { previous } = election.manifest;
  if (earlier.length === 0) {
    if (previous !== undefined) findings.note("V3", "the archive of the earlier election was not given: not compared with it");
    return { rounds: {}, elections: [] };
  }
  const found = earlier.find((archive) => previous !== undefined && equal(idOf(archive) ?? new Uint8Array(0), previous));
  if (found === undefined) {
    findings.fail("V3", "none of the earlier archives is of the election named in previous");
    return { rounds: {}, elections: [] };
  }
  const { report, elections } = auditRounds(found, { earlier: earlier.filter((archive) => archive !== found) });
  const bad = report.checks.filter(({ check, status }) => check !== "V12" && status !== "holds").map(({ check }) => check);
  if (bad.length > 0) findings.fail("V3", `the earlier election fails ${bad.join(", ")}`);
  if (elections.length === 0) return { rounds: {}, elections };
  const rounds = attempt(findings, "V3", (): Rounds => compareRounds(election, elections));
  return { rounds: rounds === undefined ? {} : { new_slots: rounds.newSlots, gone_slots: rounds.goneSlots }, elections };
}

function idOf(archive: Archive): Bytes | undefined {
  try {
    const [first] = splitLeaves(archive.entries);
    if (first === undefined) return undefined;
    const reader = new Reader(decodeEntry(0, first).body);
    return hash32("isoloir/v1/election", reader.take(reader.u32()));
  } catch (error) {
    if (error instanceof Invalid) return undefined;
    throw error;
  }
}

/** The checkpoints of the archive and those of receipts, which must be of the same log. */
function withReceipts(
  findings: Findings,
  tree: Tree,
  checkpoints: readonly Checkpoint[],
  receipts: readonly (CheckedReceipt | undefined)[],
): Checkpoint[] {
  const known = [...checkpoints];
  for (const receipt of receipts) {
    if (receipt === undefined) continue;
    const { opened, slot } = receipt;
    const which = `the checkpoint in the receipt of slot ${slot}, signed by the log,`;
    if (opened.size > tree.size) findings.note("V12", `${which} is of a longer log: ${opened.size} entries`);
    else if (fits(opened, tree)) known.push(opened);
    else findings.fail("V1", `${which} has another root at size ${opened.size}: the log was forked`);
  }
  return known;
}

function auditWitnesses(
  findings: Findings,
  { witnesses, witnessQuorum }: Manifest,
  entries: readonly Entry[],
  checkpoints: readonly Checkpoint[],
  known: readonly Checkpoint[],
): Partial<AuditReport> {
  const first = (wanted: Entry["kind"]): number => entries.findIndex(({ kind }) => kind === wanted);
  const mustBeWitnessed = (index: number): void => {
    if (index < 0 || hasQuorum(checkpoints, index + 1, witnessQuorum)) return;
    findings.fail("V1", `no checkpoint that contains it carries valid cosignatures of ${witnessQuorum} witnesses`, index);
  };
  mustBeWitnessed(first("close"));
  if (first("sums") >= 0) mustBeWitnessed(first("fix"));

  const objecting = objections(known, entries);
  for (const { witness, size, seconds } of objecting) {
    findings.note("V1", `${witness} objects: signed size ${size} at ${seconds} s, which does not fit the times of the entries`);
  }
  const different = new Set(objecting.map(({ witness }) => witness)).size;
  if (witnesses.length > 0 && different >= witnessQuorum) findings.fail("V1", `${different} witnesses object to the times of the entries`);
  const wrong = wrongCosignatures(known);
  for (const { witness, size } of wrong) {
    findings.note("V1", `ignored at size ${size}: a wrong cosignature under the name and key of ${witness}`);
  }
  return { objections: objecting.length, wrong_cosignatures: wrong.length };
}

function unchecked({ slot, index, code }: Receipt): ReceiptResult {
  return { slot, index, code, outcome: "not checked" };
}

function settleReceipt(
  findings: Findings,
  election: Election,
  receipt: Receipt,
  checked: CheckedReceipt | undefined,
  stopped: boolean,
): ReceiptResult {
  if (checked === undefined) return { ...unchecked(receipt), outcome: "fails" };
  if (stopped) {
    findings.skip(["V12"], "the log was not read to its end");
    return unchecked(receipt);
  }
  const outcome = attempt(findings, "V12", () => settle(election, checked), receipt.index) ?? "fails";
  if (outcome === "superseded") {
    const alarm = "a later ballot was cast with your codes; if not by you, report it";
    findings.note("V12", `ALARM, slot ${receipt.slot}, entry ${receipt.index}: ${alarm}`);
  }
  return { ...unchecked(receipt), outcome };
}

/** What each check looked at. */
function addFigures(findings: Findings, election: Election, checkpoints: number, receipts: number): void {
  const { manifest, tree } = election;
  const replaced = [...election.slots.values()].filter(({ replaced }) => replaced.some((size) => size > 0)).length;
  findings.note("V1", `${tree.size} entries, ${checkpoints} checkpoints, root ${hex(tree.rootAt(tree.size)).slice(0, 16)}…`);
  findings.note("V2", `${election.consents.size} of ${manifest.tellers.length + manifest.registrars.length} roles have consented`);
  findings.note("V3", `${election.slots.size} slots of ${manifest.registrars.length} registrars`);
  findings.note("V4", `the election is ${phaseShown(election)}`);
  findings.note("V5", `${election.ballots.size} ballots`);
  findings.note("V6", `${[...election.slots.values()].filter(({ current }) => current !== undefined).length} slots have voted`);
  findings.note("V7", `${replaced} slots with a replaced code`);
  findings.note("V8", `${election.reports.size} reports, ${election.complaints.length} complaints`);
  findings.note("V9", election.fix === undefined ? "nothing is fixed yet" : `${election.counted.length} ballots are counted`);
  findings.note("V10", `sums of ${election.sums.length} tellers, ${manifest.threshold} are needed`);
  findings.note("V11", election.result === undefined ? "no result is published" : "the published result is the one of the sums");
  findings.note("V12", receipts === 0 ? "no receipts given" : `${receipts} receipts`);
  if (election.close === undefined) return;
  const rare = rareWeights(election);
  if (tooFew(election)) findings.note("V9", "too few ballots to count without revealing votes");
  else if (rare.length > 0) findings.note("V9", `totals may reveal votes: ${rare.map(shownRare).join(", ")}`);
}

function shownRare({ bucket, weight, ballots }: { bucket: number; weight: bigint; ballots: number }): string {
  return `bucket ${bucket} has ${ballots} of weight ${weight}`;
}

function phaseShown({ phase, result, fix }: Election): string {
  if (result !== undefined) return "counted";
  return fix === undefined ? phase : "fixed";
}
