// Voters and tellers whose programs are not ours: they have real codes and real keys, and sign what no honest program makes.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

import type { Election } from "./election.js";
import { PASSPHRASE, type Teller } from "./people.js";
import { DISHONEST } from "./places.js";
import type { Passed, Proxy } from "./proxy.js";
import type { Voter } from "./voter.js";

/** How one teller's box is spoilt (protocol/src/ballot/dishonest.rs). */
export type Malice = "garbage" | "malformed" | "wrongShare" | "nonCanonical";

/** Sends a ballot for the first option whose proofs hold and whose box for this teller, from 1, is bad; gives the server's answer. */
export async function castDishonestly(voter: Voter, teller: number, malice: Malice): Promise<Response> {
  const { election, slot, codes } = voter;
  const supersedes = (await election.slot(slot)).current?.index ?? null;
  const body = await ask({ task: "cast", manifest: await manifestOf(election), slot, codes, supersedes, choices: [[0]], teller, malice });
  return fetch(`${election.server}/api/elections/${election.id}/ballots`, { method: "POST", body: body as Uint8Array<ArrayBuffer>, headers: { "content-type": "application/octet-stream" } });
}

/** An entry as it is sent: `u8 kind ‖ u32 length ‖ body ‖ data`. */
interface Sent {
  body: Buffer;
  data: Buffer;
}

const REPORT = 9;
const SUMS = 10;
const isEntry = (kind: number) => ({ method, url, body }: Passed): boolean => method === "POST" && url.endsWith("/entries") && body[0] === kind;

/** The next report that passes says that these boxes are malformed, instead of what the teller's page found. */
export function accuse(network: Proxy, teller: Teller, election: Election, ...accused: { index: number; box: Buffer }[]): void {
  manipulate(network, REPORT, "isoloir/v1/report", teller, election, ({ body }) => {
    // `u64 index ‖ u8 type ‖ u32 len ‖ box_j` (spec section 7)
    const data = Buffer.concat(accused.map(({ index, box }) => Buffer.concat([u64(index), Buffer.from([1]), u32(box.length), box])));
    // `u8 j ‖ u64 size ‖ root ‖ u32 number of complaints ‖ SHA-256(complaints) ‖ u32 len ‖ signature` (spec section 7)
    return { body: Buffer.concat([body.subarray(0, 41), u32(accused.length), sha256(data), u32(data.length)]), data };
  });
}

/** The next sums that pass are not those that the teller's page made. */
export function miscount(network: Proxy, teller: Teller, election: Election): void {
  manipulate(network, SUMS, "isoloir/v1/sums", teller, election, ({ body, data }) => {
    // The lowest byte of the first sum: it stays a scalar.
    const other = Buffer.concat([Buffer.from([(data[0] ?? 0) ^ 1]), data.subarray(1)]);
    // `u8 j ‖ hash32(counted) ‖ SHA-256(data) ‖ u32 len ‖ signature` (spec section 8)
    return { body: Buffer.concat([body.subarray(0, 33), sha256(other), u32(other.length)]), data: other };
  });
}

/** What a manipulated program on the teller's device sends instead: signed with the real key, `change` gives all before the signature. */
function manipulate(network: Proxy, kind: number, label: string, teller: Teller, election: Election, change: (sent: Sent) => Sent): void {
  network.next(isEntry(kind), async (passed, way) => {
    const end = 5 + passed.body.readUInt32BE(1);
    const { body, data } = change({ body: passed.body.subarray(5, end), data: passed.body.subarray(end) });
    const task = { task: "sign", manifest: await manifestOf(election), key: readFileSync(teller.key, "utf8"), passphrase: PASSPHRASE, label, body: body.toString("hex") };
    const signed = Buffer.concat([body, await ask(task)]);
    const forged = Buffer.concat([Buffer.from([kind]), u32(signed.length), signed, data]);
    const answer = await fetch(`${election.server}${passed.url}`, { method: "POST", body: forged, headers: { "content-type": "application/octet-stream" } });
    way.answer({ status: answer.status, headers: { "content-type": answer.headers.get("content-type") ?? "" }, body: Buffer.from(await answer.arrayBuffer()) });
  });
}

async function manifestOf(election: Election): Promise<string> {
  return (await fetch(`${election.server}/api/elections/${election.id}/manifest`)).text();
}

async function ask(task: object): Promise<Buffer> {
  const child = spawn(DISHONEST, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(task));
  const [answer, [status]] = await Promise.all([text(child.stdout), once(child, "exit") as Promise<[number | null]>]);
  if (status !== 0) throw new Error(`the dishonest program ended with ${status}`);
  return Buffer.from(answer.trim(), "hex");
}

const sha256 = (bytes: Buffer): Buffer => createHash("sha256").update(bytes).digest();

function u32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

function u64(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
}
