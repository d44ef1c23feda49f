// Checkpoints: C2SP signed notes of the log with the cosignatures of witnesses (section 5).

import { base64, concat, Invalid, Reader, text, utf8, type Bytes } from "./bytes.js";
import { sha256 } from "./hash.js";
import type { Manifest, Named } from "./manifest.js";
import type { VerifyingKey } from "./signature.js";

export interface Cosignature {
  witness: string;
  seconds: bigint;
}

export interface Checkpoint {
  size: number;
  root: Bytes;
  /** The valid ones of the manifest's witnesses. */
  cosignatures: Cosignature[];
  /** Signature lines under a witness's name and key that do not verify. */
  wrong: { witness: string; line: string }[];
}

type Signers = Pick<Manifest, "origin" | "logKey" | "witnesses">;

const MOST_BYTES = 1 << 20;
const LOG_SIGNATURE = 0x01;
const COSIGNATURE = 0x04;

/**
 * Reads a note: the log's signature must be on it and verify, and nothing else may stand under its name and key. A line that is none is an
 * error, whoever it may be from; a line of somebody unknown is nothing.
 */
export function openCheckpoint(bytes: Bytes, { origin, logKey, witnesses }: Signers): Checkpoint {
  if (bytes.length > MOST_BYTES) throw new Invalid(`a note of more than ${MOST_BYTES} bytes`);
  const note = text(bytes);
  if (/[\0-\x09\x0b-\x1f]/.test(note)) throw new Invalid("a control character in a note");
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) throw new Invalid("no blank line before the signatures, or no line feed at the end");
  const body = note.slice(0, end + 1);
  const { size, root } = readBody(body, origin);
  const lines = note.slice(end + 2, -1).split("\n");
  const message = utf8(body);

  let signed = false;
  const cosignatures: Cosignature[] = [];
  const wrong: Checkpoint["wrong"] = [];
  for (const line of lines) {
    const { name, id, signature } = readSignature(line);
    if (name === origin && id === keyId(name, LOG_SIGNATURE, logKey)) {
      if (!logKey.verifies(message, signature)) throw new Invalid("the signature of the log is wrong");
      signed = true;
    }
    const witness = witnesses.find((each) => each.name === name && id === keyId(name, COSIGNATURE, each.sign));
    if (witness === undefined) continue;
    const seconds = cosignedAt(witness, message, signature);
    if (seconds === undefined) wrong.push({ witness: name, line });
    else cosignatures.push({ witness: name, seconds });
  }
  if (!signed) throw new Invalid("not signed by the log");
  return { size, root, cosignatures, wrong };
}

function readBody(body: string, origin: string): { size: number; root: Bytes } {
  const [first, size, root, ...rest] = body.slice(0, -1).split("\n");
  if (first !== origin) throw new Invalid("a note of another log");
  if (size === undefined || !/^(0|[1-9][0-9]*)$/.test(size) || !Number.isSafeInteger(Number(size))) throw new Invalid("no size");
  if (root === undefined) throw new Invalid("no root");
  if (rest.length > 0) throw new Invalid("a line after the root");
  return { size: Number(size), root: base64(root, 32) };
}

function readSignature(line: string): { name: string; id: number; signature: Bytes } {
  const [dash, name, encoded, ...rest] = line.split(" ");
  if (dash !== "—" || !name || /[+\p{White_Space}]/u.test(name) || !encoded || rest.length > 0) throw new Invalid("not a signature line");
  const reader = new Reader(base64(encoded));
  return { name, id: reader.u32(), signature: reader.take(reader.left) };
}

/** When the witness signed, or nothing if it did not. */
function cosignedAt(witness: Named, message: Bytes, signature: Bytes): bigint | undefined {
  if (signature.length !== 8 + 64) return undefined;
  const reader = new Reader(signature);
  const seconds = reader.u64();
  const signed = concat(utf8(`cosignature/v1\ntime ${seconds}\n`), message);
  return witness.sign.verifies(signed, reader.take(64)) ? seconds : undefined;
}

function keyId(name: string, algorithm: number, key: VerifyingKey): number {
  return new Reader(sha256(utf8(`${name}\n`), Uint8Array.of(algorithm), key.bytes)).u32();
}

/** How many different witnesses cosigned. */
export function witnessesOf(checkpoint: Checkpoint): number {
  return new Set(checkpoint.cosignatures.map(({ witness }) => witness)).size;
}
