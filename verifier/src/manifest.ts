// The manifest (section 2): strict JSON, its bounds, and what is derived from it.

import { base64, characters, equal, hex, Invalid, type Bytes } from "./bytes.js";
import { edwardsPoint, mont, type EncodedEdwards } from "./edwards.js";
import { hash32 } from "./hash.js";
import { bool, integer, list, members, parseJson, string, type Json } from "./json.js";
import { bitWeights, slackWeights } from "./question.js";
import { VerifyingKey } from "./signature.js";

export interface Question {
  options: number;
  min: number;
  max: number;
  blank: boolean;
  /** `n`: one bit for each option and one for blank. */
  bits: number;
  /** `w`, one for each bit. */
  weights: bigint[];
  /** `w'`, one for each slack bit. */
  slack: bigint[];
}

export interface Teller {
  name: string;
  seal: EncodedEdwards;
  sign: VerifyingKey;
}

export interface Named {
  name: string;
  sign: VerifyingKey;
}

export interface Manifest {
  bytes: Bytes;
  /** `election_id`. */
  id: Bytes;
  title: Map<string, string>;
  questions: Question[];
  groups: string[];
  smallestGroup: number;
  /** Milliseconds since 1970, as all times of the log. */
  opens: bigint;
  closes: bigint;
  grace: bigint;
  revote: boolean;
  threshold: number;
  tellers: Teller[];
  registrars: Named[];
  rollScope: Bytes;
  /** Id of the election whose `roll_scope` this repeats. */
  previous: Bytes | undefined;
  reportWindow: bigint;
  witnesses: Named[];
  witnessQuorum: number;
  organiser: Named;
  origin: string;
  logKey: VerifyingKey;
  /** Length of a public ballot and of a box. */
  ballotLength: number;
  boxLength: number;
}

const FIELDS = [
  ...["format", "suite", "title", "questions", "groups", "smallest_group", "opens", "closes", "grace_minutes", "revote", "threshold"],
  ...["tellers", "registrars", "roll_scope", "previous", "report_minutes", "witnesses", "witness_quorum", "organiser", "log"],
];

const MOST_BYTES = 60_000;
const LONGEST_LEAF = 65_535;
const MINUTE = 60_000n;
const TAG = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/;
const KEY_NAME = /^[\x21-\x2a\x2c-\x7e]+$/;

/** The manifest, or `Invalid` with the first rule it breaks. */
export function parseManifest(bytes: Bytes): Manifest {
  if (bytes.length > MOST_BYTES) throw new Invalid(`${bytes.length} bytes, at most ${MOST_BYTES} are allowed`);
  const top = members(parseJson(bytes), "manifest", FIELDS) as Record<string, Json>;
  const field = (name: string): Json => top[name] as Json;
  constant(field("format"), "format", "isoloir/v1");
  constant(field("suite"), "suite", "x25519-chacha20poly1305");

  const tellers = list(field("tellers"), "tellers", 1, 16).map(teller);
  const threshold = integer(field("threshold"), "threshold", 1, tellers.length);
  if (tellers.length >= 2 && threshold < 2) throw new Invalid("threshold: at least 2 where there are two or more tellers");
  const reportMinutes = integer(field("report_minutes"), "report_minutes", 0, 10_080);
  if (threshold < tellers.length && reportMinutes < 15) throw new Invalid("report_minutes: at least 15 where threshold < tellers");

  const witnesses = list(field("witnesses"), "witnesses", 0, 16).map((value, i) => named(value, `witnesses[${i}]`, keyName));
  distinct(witnesses.map((witness) => witness.name), "witness names");
  const witnessQuorum = integer(field("witness_quorum"), "witness_quorum", 0, witnesses.length);
  if (witnesses.length > 0 && witnesses.length >= 2 * witnessQuorum) throw new Invalid("witness_quorum: more than half of the witnesses");

  const registrars = list(field("registrars"), "registrars", 1, 4).map(registrar);
  const organiser = named(field("organiser"), "organiser", name);
  const log = members(field("log"), "log", ["origin", "sign"]);
  const logKey = key(log.sign, "log.sign");
  checkKeys(tellers, [...tellers, ...registrars, ...witnesses, organiser].map((role) => role.sign.bytes).concat([logKey.bytes]));

  const opens = time(field("opens"), "opens");
  const closes = time(field("closes"), "closes");
  if (opens >= closes) throw new Invalid("closes: not after opens");

  const groups = list(field("groups"), "groups", 1, 4096).map((value, i) => bounded(value, `groups[${i}]`, 2000));
  distinct(groups, "groups");
  const questions = list(field("questions"), "questions", 1, 32).map((value, q) => question(value, `questions[${q}]`));
  const ballotLength = lengthOfBallot(questions, threshold, tellers.length);
  if (1 + 8 + ballotLength > LONGEST_LEAF) throw new Invalid("questions: a ballot does not fit a leaf of the log");

  return {
    bytes,
    id: hash32("isoloir/v1/election", bytes),
    title: languages(field("title"), "title"),
    questions,
    groups,
    smallestGroup: integer(field("smallest_group"), "smallest_group", 1, 65_535),
    opens,
    closes,
    grace: BigInt(integer(field("grace_minutes"), "grace_minutes", 0, 1440)) * MINUTE,
    revote: bool(field("revote"), "revote"),
    threshold,
    tellers,
    registrars,
    rollScope: bytes32(field("roll_scope"), "roll_scope"),
    previous: field("previous") === "" ? undefined : bytes32(field("previous"), "previous"),
    reportWindow: BigInt(reportMinutes) * MINUTE,
    witnesses,
    witnessQuorum,
    organiser,
    origin: keyName(log.origin, "log.origin"),
    logKey,
    ballotLength,
    boxLength: 112 + 32 * questions.reduce((sum, { bits }) => sum + bits + 1, 0),
  };
}

/** How many reports are needed before the set is fixed (section 8). */
export function quorum({ witnessQuorum, threshold, tellers }: Manifest): number {
  return witnessQuorum >= 2 ? threshold : Math.ceil((tellers.length + threshold) / 2);
}

function lengthOfBallot(questions: Question[], threshold: number, tellers: number): number {
  const ofQuestion = ({ bits, slack }: Question): number => {
    const points = 1 + (threshold - 1) + (slack.length > 0 ? 2 : 0) + 3;
    return points + bits + slack.length + 1 + (slack.length > 0 ? 1 : 0) + 1;
  };
  return 4 + 8 + 32 * (questions.reduce((sum, each) => sum + ofQuestion(each), 0) + tellers + 2);
}

function question(value: Json, where: string): Question {
  const fields = members(value, where, ["title", "options", "min", "max", "blank"]);
  languages(fields.title, `${where}.title`);
  const options = list(fields.options, `${where}.options`, 1, 255);
  options.forEach((option, k) => languages(option, `${where}.options[${k}]`));
  const max = integer(fields.max, `${where}.max`, 1, options.length);
  const min = integer(fields.min, `${where}.min`, 0, max);
  const blank = bool(fields.blank, `${where}.blank`);
  if (blank && min < 1) throw new Invalid(`${where}.blank: requires min of at least 1`);
  const weights = bitWeights(options.length, max, blank);
  return { options: options.length, min, max, blank, bits: weights.length, weights, slack: slackWeights(max - min) };
}

function teller(value: Json, i: number): Teller {
  const where = `tellers[${i}]`;
  const fields = members(value, where, ["name", "seal", "sign"]);
  const seal = within(`${where}.seal`, () => edwardsPoint(bytes32(fields.seal, "")));
  return { name: name(fields.name, `${where}.name`), seal, sign: key(fields.sign, `${where}.sign`) };
}

function registrar(value: Json, i: number): Named {
  const where = `registrars[${i}]`;
  const fields = members(value, where, ["name", "channel", "sign"]);
  name(fields.channel, `${where}.channel`);
  return { name: name(fields.name, `${where}.name`), sign: key(fields.sign, `${where}.sign`) };
}

function named(value: Json, where: string, nameOf: (value: Json, where: string) => string): Named {
  const fields = members(value, where, ["name", "sign"]);
  return { name: nameOf(fields.name, `${where}.name`), sign: key(fields.sign, `${where}.sign`) };
}

function checkKeys(tellers: Teller[], signs: Bytes[]): void {
  distinct(signs.map(hex), "sign keys");
  distinct(tellers.map(({ seal }, i) => within(`tellers[${i}].seal`, () => hex(mont(seal.point)))), "seal keys, as Montgomery coordinates");
  for (const { seal } of tellers) {
    if (signs.some((sign) => equal(sign, seal.bytes))) throw new Invalid("a seal key equals a sign key");
  }
}

function key(value: Json, where: string): VerifyingKey {
  return within(where, () => new VerifyingKey(bytes32(value, "")));
}

function bytes32(value: Json, where: string): Bytes {
  return within(where, () => base64(string(value, "base64"), 32));
}

function constant(value: Json, where: string, expected: string): void {
  if (value !== expected) throw new Invalid(`${where}: not ${expected}`);
}

function distinct(items: string[], what: string): void {
  if (new Set(items).size !== items.length) throw new Invalid(`${what}: one appears twice`);
}

function languages(value: Json, where: string): Map<string, string> {
  if (!(value instanceof Map)) throw new Invalid(`${where}: not an object of texts`);
  if (value.size === 0) throw new Invalid(`${where}: no language`);
  const texts = new Map<string, string>();
  for (const [tag, of] of value) {
    if (!TAG.test(tag)) throw new Invalid(`${where}: ${JSON.stringify(tag)} is not a language`);
    texts.set(tag, bounded(of, `${where}.${tag}`, 2000));
  }
  distinct([...texts.keys()].map((tag) => tag.toLowerCase()), `${where}: languages`);
  return texts;
}

function bounded(value: Json, where: string, most: number): string {
  const length = characters(string(value, where));
  if (length < 1 || length > most) throw new Invalid(`${where}: ${length} characters, allowed are 1 to ${most}`);
  return value as string;
}

function name(value: Json, where: string): string {
  return bounded(value, where, 200);
}

/** A name that can stand in a signed note. */
function keyName(value: Json, where: string): string {
  const found = name(value, where);
  if (!KEY_NAME.test(found)) throw new Invalid(`${where}: only ASCII 0x21 to 0x7E without +`);
  return found;
}

function time(value: Json, where: string): bigint {
  const found = string(value, where);
  const parts = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z$/.exec(found);
  const ms = Date.parse(found);
  // A date that rolls over (31 November, hour 24) does not come back as it was.
  if (parts === null || Number.isNaN(ms) || new Date(ms).toISOString() !== found.replace("Z", ".000Z") || ms < 0) {
    throw new Invalid(`${where}: not a time as 2026-12-31T20:00:00Z, from 1970 on`);
  }
  return BigInt(ms);
}

/** Adds where it was to what is invalid. */
function within<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof Invalid && where !== "") throw new Invalid(`${where}: ${error.message}`);
    throw error;
  }
}
