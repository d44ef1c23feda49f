// A voter's receipt file (section 5) and what it is worth against a log (V12).

import { challenge, decodeBallot, fingerprint } from "./ballot.js";
import { base64, codeOf, equal, Invalid, utf8, type Bytes } from "./bytes.js";
import { openCheckpoint, type Checkpoint } from "./checkpoint.js";
import type { Election } from "./election.js";
import { decodeEntry } from "./entry.js";
import { scalarBytes } from "./group.js";
import { integer, list, members, parseJson, string, type Json } from "./json.js";
import type { Manifest } from "./manifest.js";
import { must } from "./refusal.js";
import { includes } from "./tree.js";

export interface Receipt {
  election: Bytes;
  slot: number;
  code: string;
  index: number;
  leaf: Bytes;
  checkpoint: Bytes;
  proof: Bytes[];
}

/** A receipt whose signature, proof and slot fit; its code needs the slot's key, which only the log tells. */
export interface CheckedReceipt extends Receipt {
  opened: Checkpoint;
}

export type ReceiptOutcome = "counted" | "current" | "superseded";

/** One receipt, or a list of them. */
export function parseReceipts(bytes: Bytes): Receipt[] {
  const value = parseJson(bytes);
  return Array.isArray(value) ? value.map(receipt) : [receipt(value)];
}

function receipt(value: Json): Receipt {
  const fields = members(value, "receipt", ["election", "slot", "code", "index", "leaf", "checkpoint", "proof"]);
  return {
    election: base64(string(fields.election, "election"), 32),
    slot: integer(fields.slot, "slot", 1, 2 ** 32 - 1),
    code: string(fields.code, "code"),
    index: integer(fields.index, "index", 0, Number.MAX_SAFE_INTEGER),
    leaf: base64(string(fields.leaf, "leaf")),
    checkpoint: utf8(string(fields.checkpoint, "checkpoint")),
    proof: list(fields.proof, "proof", 0, 64).map((item) => base64(string(item, "proof"), 32)),
  };
}

/** What a receipt shows by itself, given the manifest. */
export function checkReceipt(manifest: Manifest, of: Receipt): CheckedReceipt {
  if (!equal(of.election, manifest.id)) throw new Invalid("a receipt of another election");
  const opened = openCheckpoint(of.checkpoint, manifest);
  if (!includes(opened.root, opened.size, of.index, of.leaf, of.proof)) throw new Invalid("its proof does not lead to its checkpoint");
  const entry = decodeEntry(of.index, of.leaf);
  if (entry.kind !== "ballot") throw new Invalid("its entry is not a ballot");
  if (decodeBallot(manifest, entry.body).slot !== of.slot) throw new Invalid("its ballot is of another slot");
  return { ...of, opened };
}

/** The receipt code of a ballot in the log, under the slot's key at that entry. */
export function receiptCode(manifest: Manifest, key: Bytes, leaf: Bytes): string {
  const { body } = decodeEntry(0, leaf);
  return codeOf(fingerprint(scalarBytes(challenge(manifest, key, decodeBallot(manifest, body)))));
}

/** What became of the ballot; a refusal if the receipt fails V12. */
export function settle(election: Election, of: CheckedReceipt): ReceiptOutcome {
  const { index, leaf, code } = of;
  const logged = election.leaves[index];
  must(logged !== undefined, "V12", "the log does not reach that far");
  must(equal(logged, leaf), "V12", "the entry of the log is another");
  const accepted = election.ballots.get(index);
  must(accepted !== undefined, "V12", "the entry is not an accepted ballot");
  must(code === receiptCode(election.manifest, accepted.key.bytes, leaf), "V12", "the code is not the one of the ballot");
  if (accepted.slot.current?.index !== index) return "superseded";
  if (election.fix === undefined) return "current";
  const reasons = election.voidReasons(index).map(({ teller, reason }) => `${reason} (teller ${teller})`);
  must(reasons.length === 0, "V12", `the ballot is void: ${reasons.join(", ")}`);
  return "counted";
}
