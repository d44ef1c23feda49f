// Makes whole elections with keys of its own, so that each rule can be broken by one step and everything after it be signed again.
// Boxes are random bytes: no auditor sees them, their hashes are all that is logged.

import { createHash, randomBytes } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import type { Archive } from "../src/archive.js";
import { challenge, decodeBallot, fingerprint, NONE } from "../src/ballot.js";
import { codeOf, concat, hex, u16, u32, u64, u8, utf8, type Bytes } from "../src/bytes.js";
import { commit } from "../src/commitment.js";
import { Edwards } from "../src/edwards.js";
import { decodeEntry } from "../src/entry.js";
import { Group, littleEndian, ORDER, reduce, scalarBytes, type Point } from "../src/group.js";
import { hash, hashToScalar, sha256 } from "../src/hash.js";
import { parseManifest, type Manifest, type Question } from "../src/manifest.js";
import { slackOf } from "../src/question.js";
import type { Receipt } from "../src/receipt.js";
import { leafHash, nodeHash, Tree } from "../src/tree.js";
import { bucketsOf, countedHash } from "../src/tally.js";

export const OPENS = Date.UTC(2026, 11, 1, 12);
export const CLOSES = Date.UTC(2026, 11, 3, 21);
export const END = CLOSES + 15 * 60_000;
export const MINUTE = 60_000;

export const KIND = { manifest: 1, consent: 2, rollPart: 3, open: 4, ballot: 5, replacement: 6, notice: 7, close: 8, report: 9, sums: 10, result: 11, fix: 12 };

/** A secret that is the same in every run. */
export function secretOf(name: string): Bytes {
  return new Uint8Array(createHash("sha256").update(`isoloir verifier test ${name}`).digest());
}

export function sign(name: string, message: Bytes): Bytes {
  return ed25519.sign(message, secretOf(name));
}

function publicOf(name: string): string {
  return Buffer.from(ed25519.getPublicKey(secretOf(name))).toString("base64");
}

export function random(): bigint {
  return littleEndian(randomBytes(64)) % ORDER;
}

function sealSecret(j: number): bigint {
  return littleEndian(secretOf(`seal ${j}`)) % ORDER;
}

/** A manifest as an object, to change before it is signed. */
export function manifestOf(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  return {
    format: "isoloir/v1",
    suite: "x25519-chacha20poly1305",
    title: { en: "Test" },
    questions: [{ title: { en: "Who?" }, options: [{ en: "A" }, { en: "B" }], min: 0, max: 2, blank: false }],
    groups: ["Here", "There"],
    smallest_group: 2,
    opens: new Date(OPENS).toISOString().replace(".000", ""),
    closes: new Date(CLOSES).toISOString().replace(".000", ""),
    grace_minutes: 15,
    revote: true,
    threshold: 2,
    tellers: numbers(3).map((i) => ({
      name: `Teller ${i + 1}`,
      seal: Buffer.from(Edwards.BASE.multiplyUnsafe(sealSecret(i + 1)).toBytes()).toString("base64"),
      sign: publicOf(`teller ${i + 1}`),
    })),
    registrars: numbers(2).map((p) => ({ name: `Registrar ${p}`, channel: "post", sign: publicOf(`registrar ${p}`) })),
    roll_scope: Buffer.from(secretOf("scope")).toString("base64"),
    previous: "",
    report_minutes: 60,
    witnesses: numbers(2).map((i) => ({ name: `witness${i + 1}.example`, sign: publicOf(`witness ${i + 1}`) })),
    witness_quorum: 2,
    organiser: { name: "Organiser", sign: publicOf("organiser") },
    log: { origin: "log.example/test", sign: publicOf("log") },
    ...changes,
  };
}

export interface Row {
  slot: number;
  group: number;
  weight: number;
  /** k_p of each registrar. */
  keys: bigint[];
}

export function row(slot: number, group = 0, weight = 1, keys = [random(), random()]): Row {
  return { slot, group, weight, keys };
}

/** A teller's shares of a ballot's openings. */
interface Opening {
  slot: number;
  weight: bigint;
  share: (j: number) => bigint[][];
}

export class Maker {
  readonly manifest: Manifest;
  readonly leaves: Bytes[] = [];
  readonly data = new Map<string, Bytes>();
  readonly rows: Row[];
  readonly openings = new Map<number, Opening>();
  readonly current = new Map<number, number>();
  private readonly partHashes: Bytes[] = [];
  time = OPENS - 60 * MINUTE;

  constructor(rows: Row[], changes: Record<string, unknown> = {}) {
    this.rows = rows;
    const bytes = utf8(JSON.stringify(manifestOf(changes)));
    this.manifest = parseManifest(bytes);
    this.push(KIND.manifest, concat(u32(bytes.length), bytes, sign("organiser", hash("isoloir/v1/manifest", bytes))));
  }

  get size(): number {
    return this.leaves.length;
  }

  private get tree(): Tree {
    return new Tree(this.leaves);
  }

  /** Adds an entry; its index. */
  push(kind: number, body: Bytes, time = this.time): number {
    this.time = time;
    this.leaves.push(concat(u8(kind), u64(time), body));
    return this.size - 1;
  }

  /** A body with a role's signature at its end. */
  signed(name: string, label: string, body: Bytes): Bytes {
    return concat(body, sign(name, hash(`isoloir/v1/${label}`, this.manifest.id, body)));
  }

  keep(data: Bytes): Bytes {
    const name = sha256(data);
    if (data.length > 0) this.data.set(hex(name), data);
    return name;
  }

  consent(role: number, number: number, after = this.size): number {
    const root = this.tree.rootAt(after);
    const head = concat(u8(role), u8(number), u64(after), root);
    if (role === 2) return this.push(KIND.consent, this.signed(`registrar ${number}`, "consent", head));
    const nonce = random();
    const M = Edwards.BASE.multiplyUnsafe(nonce).toBytes();
    const Q = this.manifest.tellers[number - 1]?.seal.bytes ?? new Uint8Array(32);
    const c = hashToScalar("isoloir/v1/holds", this.manifest.id, u8(number), u64(after), root, Q, M);
    const y = scalarBytes(reduce(nonce + c * sealSecret(number)));
    return this.push(KIND.consent, this.signed(`teller ${number}`, "consent", concat(head, M, y)));
  }

  private keyPart(p: number, slot: number, k: bigint): Bytes {
    const [nonce, K] = [random(), Group.BASE.multiplyUnsafe(k).toBytes()];
    const P = Group.BASE.multiplyUnsafe(nonce).toBytes();
    const key = this.manifest.registrars[p]?.sign.bytes ?? new Uint8Array(32);
    const c = hashToScalar("isoloir/v1/possession", this.manifest.rollScope, u8(p), key, u32(slot), K, P);
    return concat(K, P, scalarBytes(reduce(nonce + c * k)));
  }

  rollPart(p: number): number {
    const rows = this.rows.map(({ slot, group, weight, keys }) => concat(u32(slot), u16(group), u32(weight), this.keyPart(p, slot, keys[p] as bigint)));
    const part = concat(this.manifest.id, u8(p), u32(rows.length), ...rows);
    const name = this.keep(concat(part, sign(`registrar ${p}`, hash("isoloir/v1/roll", part))));
    this.partHashes[p] = name;
    return this.push(KIND.rollPart, concat(u8(p), name, u32(rows.length)));
  }

  /** Everything up to the opening. */
  setUp(): this {
    this.manifest.tellers.forEach((_, i) => this.consent(1, i + 1));
    this.manifest.registrars.forEach((_, p) => this.consent(2, p));
    this.manifest.registrars.forEach((_, p) => this.rollPart(p));
    this.open();
    this.time = OPENS;
    return this;
  }

  open(): number {
    return this.push(KIND.open, sign("organiser", hash("isoloir/v1/open", this.manifest.id, ...this.partHashes)));
  }

  /** A ballot body with chosen bits. */
  ballotBody(slot: number, bits: number[][], { supersedes = BigInt(this.current.get(slot) ?? -1) & NONE, keys = this.row(slot).keys } = {}): { body: Bytes; opening: Opening } {
    const { manifest } = this;
    const key = keys.reduce((sum, part) => reduce(sum + part), 0n);
    const K = Group.BASE.multiplyUnsafe(key).toBytes();
    const answers = manifest.questions.map((question, q) => new Answered(question, bits[q] ?? [], manifest.threshold));
    const nonce = random();
    const R = Group.BASE.multiplyUnsafe(nonce).toBytes();
    const boxes = manifest.tellers.map(() => new Uint8Array(randomBytes(32)));
    const head = concat(u32(slot), u64(supersedes));
    const made = (x: bigint): Bytes => concat(head, ...answers.map((each) => each.encode(x)), ...boxes, R, scalarBytes(reduce(nonce + x * key)));
    const x = challenge(manifest, K, decodeBallot(manifest, made(0n)));
    return {
      body: made(x),
      opening: { slot, weight: BigInt(this.row(slot).weight), share: (j) => answers.map((each) => each.share(j)) },
    };
  }

  row(slot: number): Row {
    const found = this.rows.find((each) => each.slot === slot);
    if (found === undefined) throw new Error(`no slot ${slot}`);
    return found;
  }

  ballot(slot: number, bits: number[][], time = this.time): number {
    const { body, opening } = this.ballotBody(slot, bits);
    const index = this.push(KIND.ballot, body, time);
    this.openings.set(index, opening);
    this.current.set(slot, index);
    return index;
  }

  replacementBody(slot: number, p: number, k: bigint, after = this.size, signedAt = this.time): Bytes {
    return this.signed(`registrar ${p}`, "replace", concat(u32(slot), u8(p), this.keyPart(p, slot, k), u64(after), u64(signedAt)));
  }

  replacement(slot: number, p: number, k: bigint): number {
    const index = this.push(KIND.replacement, this.replacementBody(slot, p, k));
    this.row(slot).keys = this.row(slot).keys.with(p, k);
    return index;
  }

  noticeBody(what: number, closes = 0, { after = this.size, signedAt = this.time, text = "" } = {}): Bytes {
    const message = utf8(text);
    return this.signed("organiser", "notice", concat(u8(what), u64(closes), u64(after), u64(signedAt), u32(message.length), message));
  }

  notice(what: number, closes = 0): number {
    return this.push(KIND.notice, this.noticeBody(what, closes));
  }

  close(time = END): number {
    return (this.closed = this.push(KIND.close, new Uint8Array(0), time));
  }

  private closed = 0;
  private fixed = 0;

  /** A report with complaints, as bytes. */
  report(j: number, complaints: Bytes[] = []): number {
    const data = concat(...complaints);
    const size = this.closed + 1;
    const head = concat(u8(j), u64(size), this.tree.rootAt(size), u32(complaints.length), this.keep(data), u32(data.length));
    return this.push(KIND.report, this.signed(`teller ${j}`, "report", head));
  }

  fix(time = this.time): number {
    return (this.fixed = this.push(KIND.fix, new Uint8Array(0), time));
  }

  /** Indices of the counted ballots in slot order. */
  private get counted(): number[] {
    return [...this.current].sort(([a], [b]) => a - b).map(([, index]) => index);
  }

  /** The openings of each bucket. */
  private get buckets(): Opening[][] {
    const groups = this.manifest.groups.map((_, group) => [...this.current.keys()].filter((slot) => this.row(slot).group === group).length);
    const opened = this.counted.map((index) => this.openings.get(index) as Opening);
    return bucketsOf(this.manifest.smallestGroup, groups).map((bucket) => opened.filter(({ slot }) => bucket.includes(this.row(slot).group)));
  }

  sums(j: number): number {
    const sum = (shares: bigint[][], weights: bigint[]): bigint[] =>
      (shares[0] ?? []).map((_, k) => reduce(shares.reduce((total, share, i) => total + (weights[i] ?? 0n) * (share[k] ?? 0n), 0n)));
    const values = this.buckets.flatMap((bucket) =>
      this.manifest.questions.flatMap((_, q) => sum(bucket.map(({ share }) => share(j)[q] ?? []), bucket.map(({ weight }) => weight))),
    );
    const data = concat(...values.map(scalarBytes));
    const counted = countedHash(this.tree.rootAt(this.fixed + 1), this.counted.map((index) => ({ index }) as never));
    return this.push(KIND.sums, this.signed(`teller ${j}`, "sums", concat(u8(j), counted, this.keep(data), u32(data.length))));
  }

  result(totals: number[]): number {
    const data = concat(...totals.map((total) => u64(total)));
    return this.push(KIND.result, concat(this.keep(data), u32(data.length)));
  }

  /** A checkpoint with cosignatures at given seconds, by default now. */
  note(size = this.size, cosigned: (number | undefined)[] = [this.seconds, this.seconds], root = this.tree.rootAt(size)): Bytes {
    const { origin } = this.manifest;
    const body = `${origin}\n${size}\n${Buffer.from(root).toString("base64")}\n`;
    const line = (name: string, algorithm: number, key: Bytes, signature: Bytes): string =>
      `— ${name} ${Buffer.from(concat(sha256(utf8(`${name}\n`), u8(algorithm), key).slice(0, 4), signature)).toString("base64")}\n`;
    const lines = [line(origin, 1, this.manifest.logKey.bytes, sign("log", utf8(body)))];
    cosigned.forEach((seconds, i) => {
      const witness = this.manifest.witnesses[i];
      if (seconds === undefined || witness === undefined) return;
      const signature = sign(`witness ${i + 1}`, utf8(`cosignature/v1\ntime ${seconds}\n${body}`));
      lines.push(line(witness.name, 4, witness.sign.bytes, concat(u64(seconds), signature)));
    });
    return utf8(`${body}\n${lines.join("")}`);
  }

  get seconds(): number {
    return Math.floor(this.time / 1000);
  }

  archive(note = this.note(), kept: [number, Bytes][] = []): Archive {
    return {
      entries: concat(...this.leaves.flatMap((leaf) => [u32(leaf.length), leaf])),
      checkpoint: note,
      checkpoints: new Map(kept.map(([size, bytes]) => [String(size), bytes])),
      data: new Map(this.data),
    };
  }

  receipt(index: number, keys?: bigint[], size = this.size): Receipt {
    const leaf = this.leaves[index] as Bytes;
    const ballot = decodeBallot(this.manifest, decodeEntry(index, leaf).body);
    const K = Group.BASE.multiplyUnsafe((keys ?? this.row(ballot.slot).keys).reduce((sum, part) => reduce(sum + part), 0n)).toBytes();
    const code = codeOf(fingerprint(scalarBytes(challenge(this.manifest, K, ballot))));
    const proof = inclusion(this.leaves.slice(0, size), index);
    return { election: this.manifest.id, slot: ballot.slot, code, index, leaf, checkpoint: this.note(size), proof };
  }
}

/** RFC 6962's audit path. */
export function inclusion(leaves: Bytes[], index: number): Bytes[] {
  if (leaves.length <= 1) return [];
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return index < half ? [...inclusion(left, index), rootOf(right)] : [...inclusion(right, index - half), rootOf(left)];
}

function rootOf(leaves: Bytes[]): Bytes {
  if (leaves.length === 1) return leafHash(leaves[0] as Bytes);
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return nodeHash(rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}

/** One question's commitments with everything that opens them, whatever the bits are. */
class Answered {
  private readonly b: bigint[];
  private readonly s: bigint[];
  private readonly alpha: bigint[];
  private readonly beta: bigint[];
  private readonly higher: bigint[][];
  private readonly blinding = { r: random(), A: random(), S: random(), T: random(), C: random(), D: random() };

  constructor(question: Question, bits: number[], threshold: number) {
    this.b = bits.map(BigInt);
    this.s = (slackOf(question, bits) ?? question.slack.map(() => 0)).map(BigInt);
    this.alpha = this.b.map(random);
    this.beta = this.s.map(random);
    const weighted = (weights: bigint[], values: bigint[], from: number): bigint => values.slice(from).reduce((sum, value, i) => sum + (weights[i + from] ?? 0n) * value, 0n);
    this.alpha[0] = reduce(-(weighted(question.weights, this.alpha, 1) + weighted(question.slack, this.beta, 0)));
    this.higher = Array.from({ length: threshold - 1 }, () => [...this.b, 0n].map(random));
  }

  encode(x: bigint): Bytes {
    const { b, s, alpha, beta, blinding } = this;
    const twice = [...b, ...s].map((value, i) => reduce(([...alpha, ...beta][i] ?? 0n) * (1n - 2n * value)));
    const squares = [...alpha, ...beta].map((value) => reduce(-value * value));
    const slack = s.length > 0;
    const points: Point[] = [
      commit(b, blinding.r),
      ...this.higher.map((values) => commit(values.slice(0, -1), values.at(-1) ?? 0n)),
      ...(slack ? [commit(s, blinding.S), commit(beta, blinding.T)] : []),
      commit(alpha, blinding.A),
      commit(twice, blinding.C),
      commit(squares, blinding.D),
    ];
    const f = b.map((value, k) => reduce(x * value + (alpha[k] ?? 0n)));
    const g = s.map((value, i) => reduce(x * value + (beta[i] ?? 0n)));
    const z = [blinding.r * x + blinding.A, ...(slack ? [blinding.S * x + blinding.T] : []), blinding.C * x + blinding.D].map(reduce);
    return concat(...points.map((each) => each.toBytes()), ...[...f, ...g, ...z].map(scalarBytes));
  }

  /** `σ_0(j) … τ(j)` */
  share(j: number): bigint[] {
    return [...this.b, this.blinding.r].map((start, k) =>
      reduce(this.higher.reduce((sum, values, l) => sum + (values[k] ?? 0n) * BigInt(j) ** BigInt(l + 1), start)),
    );
  }
}

/** Four voters in two groups, the second so small that it is merged, up to the last ballot. */
export function voted(changes: Record<string, unknown> = {}): Maker {
  const maker = new Maker([row(1), row(2), row(3), row(9, 1)], changes).setUp();
  maker.ballot(1, [[1, 0]]);
  maker.ballot(2, [[1, 1]]);
  maker.ballot(3, [[0, 0]]);
  maker.ballot(9, [[1, 1]]);
  return maker;
}

/** The same with its close entry. */
export function closed(changes: Record<string, unknown> = {}): Maker {
  const maker = voted(changes);
  maker.close();
  return maker;
}

/** The same with all reports and the fix entry. */
export function fixed(changes: Record<string, unknown> = {}): Maker {
  const maker = closed(changes);
  [1, 2, 3].forEach((j) => maker.report(j));
  maker.fix();
  return maker;
}

/** The same up to the result: three votes for A, two for B. */
export function counted(changes: Record<string, unknown> = {}): Maker {
  const maker = fixed(changes);
  [1, 3].forEach((j) => maker.sums(j));
  maker.result([3, 2]);
  return maker;
}
