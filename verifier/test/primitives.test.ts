import assert from "node:assert/strict";
import test from "node:test";
import { x25519 } from "@noble/curves/ed25519.js";
import { hex, u64, utf8 } from "../src/bytes.js";
import { checkValue, keyPartSecret, parseCode } from "../src/code.js";
import { allHold, generator, H } from "../src/commitment.js";
import { Edwards, edwardsPoint, mont } from "../src/edwards.js";
import { encoded, Group, scalar, scalarBytes } from "../src/group.js";
import { hash, hash32, hashToPoint, hashToScalar } from "../src/hash.js";
import * as hpke from "../src/hpke.js";
import { slackBits, slackWeights } from "../src/question.js";
import { possession, slotKey } from "../src/roll.js";
import { VerifyingKey } from "../src/signature.js";
import { bucketsOf } from "../src/tally.js";
import { consistent, includes, leafHash, Tree } from "../src/tree.js";
import { assertHex, assertInvalid, unhex, vector } from "./vectors.js";

interface HashVector {
  label: string;
  fields: string[];
  hash: string;
  hash32: string;
  hash_to_scalar: string;
  hash_to_point: string;
}

for (const [i, item] of vector<HashVector[]>("hash").entries()) {
  test(`hash ${i}: ${item.label}`, () => {
    const fields = item.fields.map(unhex);
    assertHex(hash(item.label, ...fields), item.hash);
    assertHex(hash32(item.label, ...fields), item.hash32);
    assertHex(scalarBytes(hashToScalar(item.label, ...fields)), item.hash_to_scalar);
    assertHex(hashToPoint(item.label, ...fields).toBytes(), item.hash_to_point);
  });
}

test("generators", () => {
  const { H: blinding, G } = vector<{ H: string; G: string[] }>("generators");
  assertHex(H.toBytes(), blinding);
  G.forEach((expected, k) => assertHex(generator(k).toBytes(), expected));
});

interface SignatureVectors {
  label: string;
  fields: string[];
  key: string;
  message: string;
  signature: string;
  invalid: { why: string; key: string; signature: string }[];
  fetch: { label: string; election_id: string; teller: number; ms: string; key: string; signature: string };
}

const signatures = vector<SignatureVectors>("signatures");

test("a role's signature", () => {
  const fields = signatures.fields.map(unhex);
  const key = new VerifyingKey(unhex(signatures.key));
  assertHex(hash(signatures.label, ...fields), signatures.message);
  assert.ok(key.signed(unhex(signatures.signature), signatures.label, ...fields));
  assert.ok(!key.signed(unhex(signatures.signature), signatures.label, ...fields, new Uint8Array(0)));
});

for (const { why, key, signature } of signatures.invalid) {
  test(`a signature that strict verification refuses: ${why}`, () => {
    const verify = (): boolean => new VerifyingKey(unhex(key)).verifies(unhex(signatures.message), unhex(signature));
    if (why.includes("key of small order")) assertInvalid(verify);
    else assert.equal(verify(), false);
  });
}

test("a teller's request for its boxes", () => {
  const { label, election_id, teller, ms, key, signature } = signatures.fetch;
  assert.ok(new VerifyingKey(unhex(key)).signed(unhex(signature), label, unhex(election_id), Uint8Array.of(teller), u64(BigInt(ms))));
});

for (const { why, key, valid, mont: expected } of vector<{ keys: { why: string; key: string; valid: boolean; mont?: string }[] }>("seal-keys").keys) {
  test(`seal key: ${why}`, () => {
    const make = (): Uint8Array => mont(edwardsPoint(unhex(key)).point);
    if (valid) assertHex(make(), expected ?? "");
    else assertInvalid(make);
  });
}

interface CodeVectors {
  valid: { values: number[]; check_value: number; code: string; shown: string }[];
  typed: { typed: string; code: string }[];
  invalid: { why: string; typed: string }[];
}

test("codes", () => {
  const codes = vector<CodeVectors>("codes");
  for (const { values, check_value, code, shown } of codes.valid) {
    assert.equal(checkValue(values), check_value);
    assert.equal(parseCode(shown), code);
  }
  for (const { typed, code } of codes.typed) assert.equal(parseCode(typed), code);
});

for (const { why, typed } of vector<CodeVectors>("codes").invalid) {
  test(`not a code: ${why}`, () => assertInvalid(() => parseCode(typed)));
}

interface CredentialVectors {
  roll_scope: string;
  registrar_sign_keys: string[];
  slots: { slot: number; K: string; parts: { registrar: number; code: string; k: string; K: string; P: string; z: string }[] }[];
}

test("credentials", () => {
  const { roll_scope, registrar_sign_keys, slots } = vector<CredentialVectors>("credentials");
  for (const { slot, K, parts } of slots) {
    const keys = parts.map(({ registrar, code, k, K: part, P, z }) => {
      const secret = keyPartSecret(unhex(roll_scope), registrar, slot, code);
      assertHex(scalarBytes(secret), k);
      assertHex(Group.BASE.multiplyUnsafe(secret).toBytes(), part);
      const key = { key: encoded(unhex(part)), P: encoded(unhex(P)), z: scalar(unhex(z)) };
      const sign = unhex(registrar_sign_keys[registrar] ?? "");
      assert.ok(allHold([possession(unhex(roll_scope), registrar, sign, slot, key)]));
      assert.ok(!allHold([possession(unhex(roll_scope), registrar, sign, slot + 1, key)]));
      return key.key;
    });
    assertHex(slotKey(keys).bytes, K);
  }
});

test("slack", () => {
  for (const { d, weights, bits } of vector<{ d: number; weights: number[]; bits?: string[] }[]>("slack")) {
    const made = slackWeights(d);
    assert.deepEqual(made.map(Number), weights);
    for (let value = 0; value <= d; value++) {
      const chosen = slackBits(made, BigInt(value));
      if (bits) assert.equal(chosen?.join(""), bits[value], `${value} of ${d}`);
      assert.equal(weights.reduce((sum, weight, i) => sum + weight * (chosen?.[i] ?? 0), 0), value);
    }
    assert.equal(slackBits(made, BigInt(d + 1)), undefined);
  }
});

test("HPKE, RFC 9180 A.2.1", () => {
  const v = vector<Record<string, string>>("hpke");
  const bytes = (name: string): Uint8Array => unhex(v[name] ?? "");
  assertHex(hpke.derivePrivateKey(bytes("ikmE")), v["skEm"] ?? "");
  const dh = x25519.getSharedSecret(bytes("skEm"), bytes("pkRm"));
  assertHex(hpke.sharedSecret(dh, bytes("pkEm"), bytes("pkRm")), v["shared_secret"] ?? "");
  assertHex(hpke.seal(dh, bytes("pkEm"), bytes("pkRm"), bytes("info"), bytes("pt"), bytes("aad")), v["ct"] ?? "");
  const { key, nonce } = hpke.keySchedule(bytes("shared_secret"), bytes("info"));
  assertHex(key, v["key"] ?? "");
  assertHex(nonce, v["base_nonce"] ?? "");
});

interface MerkleVectors {
  leaves: string[];
  leaf_hashes: string[];
  roots: string[];
  inclusion: { index: number; size: number; proof: string[] }[];
  consistency: { old: number; size: number; proof: string[] }[];
}

test("Merkle tree", () => {
  const { leaves, leaf_hashes, roots, inclusion, consistency } = vector<MerkleVectors>("merkle");
  const bytes = leaves.map(unhex);
  const tree = new Tree(bytes);
  bytes.forEach((leaf, i) => assertHex(leafHash(leaf), leaf_hashes[i] ?? ""));
  roots.forEach((root, size) => assertHex(tree.rootAt(size), root));
  for (const { index, size, proof } of inclusion) {
    const leaf = bytes[index] as Uint8Array;
    const path = proof.map(unhex);
    assert.ok(includes(tree.rootAt(size), size, index, leaf, path));
    assert.ok(!includes(tree.rootAt(size), size, index + 1, leaf, path));
    assert.ok(!includes(tree.rootAt(size), size, index, utf8("another"), path));
    assert.ok(!includes(tree.rootAt(size), size, index, leaf, [...path, tree.rootAt(1)]));
    if (path.length > 0) assert.ok(!includes(tree.rootAt(size), size, index, leaf, path.slice(1)));
  }
  for (const { old, size, proof } of consistency) {
    const path = proof.map(unhex);
    assert.ok(consistent(tree.rootAt(old), old, tree.rootAt(size), size, path));
    assert.ok(!consistent(tree.rootAt(old - 1), old, tree.rootAt(size), size, path));
    assert.ok(!consistent(tree.rootAt(old), old, tree.rootAt(size), size, [...path, tree.rootAt(1)]));
    if (path.length > 0) assert.ok(!consistent(tree.rootAt(old), old, tree.rootAt(size), size, path.slice(1)));
  }
});

test("buckets", () => {
  for (const { smallest_group, current_per_group, buckets } of vector<{ smallest_group: number; current_per_group: number[]; buckets: number[][] }[]>("buckets")) {
    assert.deepEqual(bucketsOf(smallest_group, current_per_group), buckets);
  }
});

test("an Edwards point that is not canonical is refused", () => {
  const { Fp } = Edwards;
  const above = Fp.ORDER + 3n;
  assertInvalid(() => edwardsPoint(unhex(above.toString(16).padStart(64, "0")).reverse()));
  assert.equal(hex(Edwards.BASE.toBytes()), hex(edwardsPoint(Edwards.BASE.toBytes()).bytes));
});
