// Made from the Rust types by the test `typescript` of ballot-wasm; do not edit.
// To write it anew: ISOLOIR_WRITE_TYPES=1 cargo nextest run -p ballot-wasm typescript

import type { Manifest } from "./manifest";

/** A failure of a call into the module. Thrown to TypeScript as the plain object `{kind, …}`. */
export type ModuleError = { kind: "unsupported",
/** What is missing. */
what: Missing, } | { kind: "spent" } | { kind: "argument",
/** Which one. */
detail: string, } | { kind: "fragment",
/** Which part is wrong. */
problem: FragmentProblem, } | { kind: "manifest",
/** Which of the two. */
problem: ManifestProblem,
/** What the manifest breaks. */
detail: string, } | { kind: "slot",
/** Which of the two. */
problem: SlotProblem, } | { kind: "code",
/** The registrar whose code it should be, from 0. */
registrar: number, } & ({ problem: "length",
/** How many there are. */
found: number, } | { problem: "symbol",
/** Its place among the symbols, from 1; spaces and hyphens do not count. */
position: number, } | { problem: "checksum",
/** The places, from 1, whose change or swap makes it the right code for this slot; empty if more than that is wrong. */
positions: Array<number>, } | { problem: "wrong" } | { problem: "swapped",
/** Whose code it is, from 0. */
other: number, }) | { kind: "codeMissing",
/** The registrars. */
registrars: Array<number>, } | { kind: "choice", } & ({ problem: "tooFew",
/** The question. */
question: number,
/** Options chosen. */
chosen: number,
/** The least number allowed. */
min: number, } | { problem: "tooMany",
/** The question. */
question: number,
/** Options chosen. */
chosen: number,
/** The greatest number allowed. */
max: number, } | { problem: "blankNotOffered",
/** The question. */
question: number, } | { problem: "blankWithOptions",
/** The question. */
question: number, } | { problem: "unknownOption",
/** The question. */
question: number,
/** The option. */
option: number, } | { problem: "repeatedOption",
/** The question. */
question: number,
/** The option. */
option: number, } | { problem: "questions",
/** Questions of the manifest. */
expected: number,
/** Answers given. */
found: number, }) | { kind: "receiptCode", } & ({ problem: "length",
/** How many there are. */
found: number, } | { problem: "symbol",
/** Its place among the symbols, from 1. */
position: number, }) | { kind: "receipt",
/** What does not hold. */
problem: ReceiptProblem,
/** The decoder's or verifier's finding. */
detail: string, } | { kind: "disclosure",
/** What does not hold. */
problem: DisclosureProblem,
/** The decoder's finding. */
detail: string, } | { kind: "key",
/** What is wrong. */
problem: KeyProblem, } | { kind: "paper", } & ({ problem: "count",
/** How many there are. */
found: number, } | { problem: "unknown",
/** Where they stand. */
places: Array<number>, } | { problem: "wrong",
/** Where they stand. */
places: Array<number>, } | { problem: "swapped",
/** Where they stand. */
places: Array<number>, } | { problem: "damaged" }) | { kind: "log",
/** The entry; null for a checkpoint or the download itself. */
index: number | null,
/** The replay's finding. */
detail: string, } | { kind: "witnesses",
/** Different witnesses found. */
found: number,
/** The manifest's `witness_quorum`. */
quorum: number, } | { kind: "lock",
/** What stands against it. */
problem: LockProblem,
/** Closing or counting. */
stage: Stage, } | { kind: "phase",
/** The phase the log is in. */
phase: Phase, } | { kind: "early",
/** In ms since 1970. */
from: number, } | { kind: "tooFew" } | { kind: "boxesMissing",
/** The log indexes of their ballots. */
indexes: Array<number>, } | { kind: "archive",
/** The reader's finding. */
detail: string, };

/** What a browser may lack. */
export type Missing = "webAssembly" | "worker" | "random" | "window";

/** The part of a fragment that is wrong. */
export type FragmentProblem = "election" | "slot" | "shape";

/** What is wrong with a manifest. */
export type ManifestProblem = "invalid" | "otherElection";

/** What is wrong with a slot. */
export type SlotProblem = "unknown" | "invalid";

/** What is wrong with a voting code. */
export type CodeProblem = { problem: "length",
/** How many there are. */
found: number, } | { problem: "symbol",
/** Its place among the symbols, from 1; spaces and hyphens do not count. */
position: number, } | { problem: "checksum",
/** The places, from 1, whose change or swap makes it the right code for this slot; empty if more than that is wrong. */
positions: Array<number>, } | { problem: "wrong" } | { problem: "swapped",
/** Whose code it is, from 0. */
other: number, };

/** What is wrong with choices; questions and options count from 0. */
export type ChoiceProblem = { problem: "tooFew",
/** The question. */
question: number,
/** Options chosen. */
chosen: number,
/** The least number allowed. */
min: number, } | { problem: "tooMany",
/** The question. */
question: number,
/** Options chosen. */
chosen: number,
/** The greatest number allowed. */
max: number, } | { problem: "blankNotOffered",
/** The question. */
question: number, } | { problem: "blankWithOptions",
/** The question. */
question: number, } | { problem: "unknownOption",
/** The question. */
question: number,
/** The option. */
option: number, } | { problem: "repeatedOption",
/** The question. */
question: number,
/** The option. */
option: number, } | { problem: "questions",
/** Questions of the manifest. */
expected: number,
/** Answers given. */
found: number, };

/** What is wrong with a typed receipt code. */
export type ReceiptCodeProblem = { problem: "length",
/** How many there are. */
found: number, } | { problem: "symbol",
/** Its place among the symbols, from 1. */
position: number, };

/** What does not hold about a receipt. */
export type ReceiptProblem = "format" | "otherElection" | "leaf" | "checkpoint" | "proof" | "otherBallot";

/** What does not hold about a disclosed test ballot. */
export type DisclosureProblem = "format" | "otherElection" | "choices";

/** What is wrong with a key file. */
export type KeyProblem = "file" | "role" | "damaged" | "passphrase" | "notTeller" | "weak" | "memory";

/** What is wrong with the words of a sheet; places count from 1. */
export type PaperProblem = { problem: "count",
/** How many there are. */
found: number, } | { problem: "unknown",
/** Where they stand. */
places: Array<number>, } | { problem: "wrong",
/** Where they stand. */
places: Array<number>, } | { problem: "swapped",
/** Where they stand. */
places: Array<number>, } | { problem: "damaged" };

/** What stands against signing for a root. */
export type LockProblem = "otherRoot" | "unknownDevice" | "notConfirmed" | "otherCode" | "notStored";

/** What tellers confirm to each other. */
export type Stage = "closing" | "counting";

/** How far an election is. */
export type Phase = "setup" | "open" | "suspended" | "closed" | "fixed" | "counted";

/** What a page shows of a manifest. */
export type ElectionInfo = {
/** Base64url of the id. */
id: string,
/** The manifest as announced. */
manifest: Manifest,
/** When voting begins, in ms since 1970. */
opens: number,
/** When it ends if it is not extended, in ms since 1970. */
closes: number,
/** How many tellers must report if not all do (section 8). */
quorum: number,
/** How many tellers' sums open the result. */
threshold: number,
/** Bytes of one submission: the same for every choice. */
submissionLength: number,
/** Short forms of the public keys, to be compared with what their holders published. */
fingerprints: Fingerprints, };

/** Short forms of the signing keys of a manifest, in its order. */
export type Fingerprints = {
/** The organiser's. */
organiser: string,
/** The log's. */
log: string,
/** Each teller's. */
tellers: Array<string>,
/** Each registrar's. */
registrars: Array<string>,
/** Each witness's. */
witnesses: Array<string>, };

/** What stood after `#` in the address. */
export type Fragment = {
/** The election. */
election: string,
/** The slot, if the link names one. */
slot: number | null,
/** A voting code or a receipt code as found, not parsed yet. */
code: string | null, };

/** A ballot that was, or is about to be, sent. Holds no code, no seed and no choice. */
export type PendingSubmission = {
/** The election. */
election: string,
/** The voter's slot. */
slot: number,
/** The receipt code. */
receiptCode: string,
/** The submission's bytes: the same at every try. */
submission: Uint8Array,
/** When it was first to be sent, by this device's clock, in ms since 1970. */
time: number,
/** The verified receipt file, once there is one. */
receipt: string | null, };

/** What the server says about a slot: `GET /api/elections/{id}/slots/{slot}`. */
export type SlotInfo = {
/** The slot, from 1. */
slot: number,
/** Its group, from 0. */
group: number,
/** How much its vote weighs. */
weight: number,
/** Hexadecimal of each registrar's key part. */
key_parts: Array<string>,
/** Hexadecimal of their sum. */
key: string,
/** The ballot that counts if the election closes now. */
current: ListedBallot | null,
/** All ballots of the slot in the log's order. */
ballots: Array<ListedBallot>, };

/** A ballot as the server lists it. */
export type ListedBallot = {
/** Log index. */
index: number,
/** Time of the entry in ms since 1970. */
time: number,
/** Its receipt code. */
code: string, };

/** One answer of the page. Wiped when dropped. */
export type Choice = {
/** Options chosen, from 0. */
options: Array<number>,
/** Whether the question is left blank. */
blank: boolean, };

/** What the page may show of a voter. */
export type VoterView = {
/** The slot, from 1. */
slot: number,
/** Its group, from 0. */
group: number,
/** How much its vote weighs. */
weight: number,
/** The ballot that this slot has in the urn, if any. */
current: ListedBallot | null,
/** Registrars (from 0) whose codes are still missing. */
missing: Array<number>, };

/** What a test ballot held. */
export type CheckedDisclosure = {
/** The election. */
election: string,
/** The slot that was tested. */
slot: number,
/** Index of the ballot that it would have replaced. */
supersedes: number | null,
/** The choices in it. */
choices: Array<Choice>,
/** To be compared with the code noted from the first device. */
receiptCode: string,
/** Whether key and superseded ballot are the slot's current ones according to the server; null if it was not asked. */
current: boolean | null, };

/** What a receipt file says about itself, unchecked. */
export type ReceiptHead = {
/** The election. */
election: string,
/** The slot. */
slot: number,
/** The receipt code. */
code: string,
/** Log index of the ballot. */
index: number, };

/** A receipt that this device has verified: election, entry, signed checkpoint, inclusion. */
export type CheckedReceipt = {
/** The election. */
election: string,
/** The slot. */
slot: number,
/** The receipt code. */
code: string,
/** Whether the code was recomputed from the entry. It is not where the slot's key was replaced after the ballot, or where the key is not known; the ballot is in the log all the same. */
codeProved: boolean,
/** Log index of the ballot. */
index: number,
/** Time of the entry in ms since 1970, by the log's clock. */
time: number,
/** How many entries the signed checkpoint covers. */
size: number,
/** Names of the witnesses that validly cosigned it. */
witnesses: Array<string>,
/** The receipt file, to be saved. */
file: string,
/** A name for it that says nothing about the voter. */
fileName: string, };

/** What became of a ballot. `proved`: this device has checked a proof of it; else the server says so, and only an audit would prove it. */
export type ReceiptOutcome = { state: "inUrn",
/** The receipt against the server's latest checkpoint. */
receipt: CheckedReceipt,
/** Always. */
proved: boolean, } | { state: "replaced",
/** The receipt against the server's latest checkpoint. */
receipt: CheckedReceipt,
/** The later ballot. */
by: ListedBallot,
/** Whether that one was proved to be in the log too. */
proved: boolean, } | { state: "notFound",
/** The slot asked for. */
slot: number,
/** The code asked for. */
code: string,
/** The voter's own receipt, if it holds. */
held: CheckedReceipt | null,
/** What the server lists. */
listed: Array<ListedBallot>, } | { state: "counted",
/** The receipt against the server's latest checkpoint. */
receipt: CheckedReceipt,
/** Whether the result is logged; else the set is fixed and the tellers are adding up. */
published: boolean,
/** Whether a replay has shown it. */
proved: boolean, } | { state: "void",
/** The receipt against the server's latest checkpoint. */
receipt: CheckedReceipt,
/** Whose complaint it was, if the server says. */
reason: VoidReason | null,
/** Whether a replay has shown it. */
proved: boolean, };

/** A proven complaint. */
export type VoidReason = {
/** The teller, from 1. */
teller: number,
/** What it proved. */
complaint: ComplaintKind, };

/** What a complaint shows (section 7). */
export type ComplaintKind = "malformed" | "open" | "encoding" | "share" | "missing";

/** The election after a replay of the log on this device. */
export type LogState = {
/** What the manifest says. */
election: ElectionInfo,
/** How far it is. */
phase: Phase,
/** Entries replayed. */
size: number,
/** Base64 of the Merkle root. */
root: string,
/** Time of the last entry in ms since 1970. */
time: number,
/** Whether that is later than this device's clock allows: one of the two clocks is wrong. */
clockWarning: boolean,
/** Closing time in ms since 1970, extensions included. */
closes: number,
/** Closing time and grace. */
end: number,
/** Slots in the roll. */
voters: number,
/** Slots with a current ballot. */
ballots: number,
/** The tellers, from teller 1. */
tellers: Array<TellerState>,
/** The registrars, from registrar 0. */
registrars: Array<RegistrarState>,
/** The witnesses. */
witnesses: Array<WitnessState>,
/** How many of them must have cosigned. */
witnessQuorum: number,
/** The closing code, once closed. */
closing: CommonCode | null,
/** From then on missing boxes may be listed, in ms since 1970 (the last third of the report window). */
missingFrom: number | null,
/** Until then tellers report, in ms since 1970; the fix may come earlier if all have reported. */
reportsUntil: number | null,
/** The counting code, once the counted set is fixed. */
counting: CommonCode | null,
/** The organiser's notices. */
notices: Array<LogNotice>,
/** Ballots excluded by proven complaints. */
void: Array<VoidBallot>,
/** Boxes that tellers lack. */
missing: Array<MissingBox>,
/** Fewer than `smallest_group` ballots: nothing is summed. */
tooFew: boolean,
/** Weights held by so few in a bucket that totals may reveal votes. */
weightWarnings: Array<WeightWarning>,
/** How many sums are logged, of `threshold` needed. */
sums: number,
/** The result, once it is logged. */
result: Outcome | null, };

/** A teller as the log has it. */
export type TellerState = {
/** From 1. */
number: number,
/** Whoever it is. */
name: string,
/** Time of the consent in ms since 1970. */
consented: number | null,
/** Time of the last consent or drill. */
lastDrill: number | null,
/** Whether the report is logged. */
reported: boolean,
/** Complaints in it. */
complaints: number,
/** Whether the sums are logged. */
summed: boolean, };

/** A registrar as the log has it. */
export type RegistrarState = {
/** Whoever it is. */
name: string,
/** How its codes travel. */
channel: string,
/** Whether it has consented. */
consented: boolean,
/** Whether its roll part is logged. */
roll: boolean, };

/** A witness and what it has seen. */
export type WitnessState = {
/** Its name. */
name: string,
/** Short form of its key. */
fingerprint: string,
/** Log size of the largest checkpoint it has cosigned. */
size: number | null,
/** When, in seconds since 1970 by its clock. */
seconds: number | null, };

/** A code that all tellers must see the same. */
export type CommonCode = {
/** Log size. */
size: number,
/** Base64 of the root at that size. */
root: string,
/** 24 symbols in six groups: read aloud to the other tellers. */
code: string,
/** Different witnesses with a valid cosignature on one checkpoint that contains it. */
cosigned: number, };

/** A notice of the organiser. */
export type LogNotice = {
/** Log index. */
index: number,
/** Time of the entry in ms since 1970. */
time: number,
/** What it does. */
what: NoticeKind,
/** Its text. */
text: string,
/** The new closing time of an extension, in ms since 1970. */
closes: number | null, };

/** What a notice does. */
export type NoticeKind = "suspend" | "resume" | "extend" | "message";

/** A ballot that is not counted. */
export type VoidBallot = {
/** Log index. */
index: number,
/** Its slot. */
slot: number | null,
/** Who complained, and why. */
reasons: Array<VoidReason>, };

/** A box that a teller lacks. */
export type MissingBox = {
/** Log index of the ballot. */
index: number,
/** The teller, from 1. */
teller: number, };

/** A weight that too few ballots of a bucket have. */
export type WeightWarning = {
/** The bucket, from 0. */
bucket: number,
/** The weight. */
weight: number, };

/** The result. */
export type Outcome = {
/** Bucket by bucket. */
buckets: Array<Bucket>,
/** Over all buckets: for each question the total of each option, blank last. */
totals: Array<Array<number>>,
/** Ballots counted. */
ballots: number,
/** Their weight. */
weight: number, };

/** Groups that are counted together. */
export type Bucket = {
/** The groups, from 0. */
groups: Array<number>,
/** Whether they are several small ones. */
merged: boolean,
/** Ballots counted. */
ballots: number,
/** Their weight. */
weight: number,
/** For each question the total of each option, blank last. */
totals: Array<Array<number>>, };

/** What is printed on a teller's sheet. */
export type PaperSheet = {
/** The private keys as 52 words. Secret: whoever reads them is the teller. */
words: Array<string>,
/** The sealed key file on one line, for the QR code: useless without the passphrase. */
file: string,
/** Base64 of the key to which boxes are sealed. */
seal: string,
/** Base64 of the signing key. */
sign: string,
/** Short form of the signing key. */
fingerprint: string, };

/** What a key file says without its passphrase. */
export type KeyLabel = {
/** Base64 of the signing key. */
sign: string,
/** Short form of the signing key. */
fingerprint: string, };

/** A new key pair, sealed. */
export type NewTellerKey = {
/** The sealed key file. */
file: string,
/** A name for it. */
fileName: string,
/** Base64 of the key to which boxes are sealed. */
seal: string,
/** Base64 of the signing key. */
sign: string,
/** Short form of the signing key, to be compared by voice. */
fingerprint: string, };

/** What the page may show of a teller. */
export type TellerView = {
/** From 1. */
number: number,
/** The name in the manifest. */
name: string,
/** Base64 of the key to which boxes are sealed. */
seal: string,
/** Base64 of the signing key. */
sign: string,
/** Short form of the signing key. */
fingerprint: string,
/** What this key is known to have confirmed. */
remembers: Remembered, };

/** Which codes of the election are confirmed. */
export type Remembered = {
/** The closing code. */
closing: boolean,
/** The counting code. */
counting: boolean, };

/** A confirmation that is to be stored before the key signs. */
export type LockedRoot = {
/** What the browser is to store. */
lock: string,
/** Base64 of the root. */
root: string,
/** The key file with the confirmation sealed into it. */
file: string, };

/** How far the boxes are. */
export type BoxesOpened = {
/** Boxes checked and opened, bad ones included. */
opened: number,
/** Current ballots. */
total: number,
/** Log indexes of the ballots whose boxes are not here. */
missing: Array<number>,
/** What this teller will complain about. */
complaints: Array<FoundComplaint>, };

/** A complaint that the report will carry. */
export type FoundComplaint = {
/** Log index of the ballot. */
index: number,
/** What the box is; `open` stands for every fault inside it. */
complaint: ComplaintKind, };

/** A witness's key and what everybody may know of it. */
export type WitnessKey = {
/** The sealed key file. */
file: string,
/** A name for it. */
fileName: string,
/** The witness's name in signatures. */
name: string,
/** The line that the organiser puts into the election's description (C2SP signed-note's verifier key). */
line: string,
/** Short form of the key, to be compared by voice. */
fingerprint: string, };

/** What the page may show of a witness. */
export type WitnessView = {
/** Its name in signatures. */
name: string,
/** Whether the election names it: only then its cosignatures count, and are sent. */
named: boolean,
/** Entries of the last checkpoint that was found good; 0 before the first. */
seen: number,
/** Its latest cosignature that the server has shown. */
cosigned: ShownCosignature | null,
/** Why it cosigns this log never again, if so. */
alarm: WitnessAlarm | null,
/** The memory, to be saved or given to `isoloir audit --compare`. Not secret. */
memory: string, };

/** A cosignature of this witness on a checkpoint that the server offers. */
export type ShownCosignature = {
/** Entries of the checkpoint. */
size: number,
/** When it was made, in seconds since 1970 by this witness's clock. */
seconds: number, };

/** Two checkpoints that do not fit together, or one whose log breaks the rules. */
export type WitnessAlarm = {
/** The last good checkpoint, as the log signed it; empty if there was none. */
kept: string,
/** The one that does not fit. */
shown: string,
/** Index of the entry that breaks the rules, where that is why. */
entry: number | null, };

/** What a look at the log has found. */
export type WitnessLook = {
/** What is to be done. */
outcome: LookOutcome,
/** Entries of the checkpoint that the server showed. */
shown: number,
/** Entries that were replayed and found to be what the log has signed. */
replayed: number,
/** How far the election is in them; null before the first. */
phase: Phase | null,
/** Whether an entry is dated later than this device's clock allows: a cosignature would object to it. */
clockWarning: boolean,
/** What the browser is to store before anything else happens. */
memory: string | null, };

/** What a checkpoint was found to be. */
export type LookOutcome = "same" | "continues" | "older" | "fork" | "broken" | "unproven" | "again";

/** What an audit found. */
export type AuditView = {
/** Whether every check holds. */
accepted: boolean,
/** V1 … V12 in order. */
checks: Array<CheckView>,
/** The election at the end of the log, or as far as it was accepted; null without a valid manifest. */
state: LogState | null,
/** Entries in the archive. */
size: number,
/** Base64 of their Merkle root. */
root: string,
/** What became of each receipt. */
receipts: Array<ReceiptView>,
/** What does not fail the audit but should be known. */
warnings: Array<Warning>,
/** Whether other sources have the same log, in the order given. */
sources: Array<SourceView>,
/** Log indexes of the counted ballots in slot order; empty before the fix entry. */
counted: Array<number>,
/** The whole report as JSON of the form `isoloir/audit-1`, as the command prints it (docs/audit-report.md). */
json: string, };

/** A check of section 9. */
export type CheckView = {
/** `V1` … `V12`. */
check: string,
/** Whether it holds. */
verdict: Verdict,
/** Why not. */
findings: Array<Finding>, };

/** What became of a check. */
export type Verdict = "holds" | "fails" | "undecided";

/** One reason why a check fails. */
export type Finding = {
/** Log index of the entry, if one is to blame. */
index: number | null,
/** A name for the catalogues. */
problem: string,
/** The facts in English. */
detail: string,
/** The facts by name, for the catalogues: numbers, and words of this program. */
values: { [key in string]: string }, };

/** A source compared with the log that was audited. */
export type SourceView = {
/** Who, as the reader named it. */
name: string,
/** Whether it has the same log. */
state: SourceState,
/** Whether the log's key signed what differs: proof that the log's keeper showed two histories. */
signed: boolean,
/** Entries of its largest checkpoint or archive. */
size: number,
/** The smallest size at which it is seen to differ. */
differsAt: number | null, };

/** Whether a source has the same log. */
export type SourceState = "same" | "differs" | "other" | "unsigned";

/** A receipt and what became of its ballot. */
export type ReceiptView = {
/** The slot it names. */
slot: number,
/** Its code. */
code: string,
/** The index it names. */
index: number,
/** What became of it. */
state: ReceiptState,
/** Who complained, for a void ballot. */
reasons: Array<VoidReason>,
/** Log index of the slot's latest ballot, if that is another. */
latest: number | null, };

/** What became of a receipt's ballot. */
export type ReceiptState = "counted" | "current" | "replaced" | "void" | "invalid";

/** What should be known though the audit passes. */
export type Warning = { problem: "objections",
/** How many. */
witnesses: number, } | { problem: "wrongCosignatures",
/** How many. */
lines: number, } | { problem: "previousUnchecked" } | { problem: "newSlots",
/** The slots. */
slots: Array<number>, } | { problem: "goneSlots",
/** The slots. */
slots: Array<number>, };
