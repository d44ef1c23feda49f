import assert from "node:assert/strict";
import test from "node:test";
import { utf8 } from "../src/bytes.js";
import { parseManifest, quorum } from "../src/manifest.js";
import { assertHex, assertInvalid, BALLOTS, manifestNamed, vector } from "./vectors.js";

interface Change {
  why: string;
  find: string;
  replace: string;
}

interface ManifestVectors {
  manifest: string;
  election_id: string;
  valid: (Change & { election_id: string })[];
  invalid: Change[];
}

const vectors = vector<ManifestVectors>("manifests");

function changed({ find, replace }: Change): Uint8Array {
  assert.ok(vectors.manifest.includes(find));
  return utf8(vectors.manifest.replace(find, () => replace));
}

test("the manifest that is changed below", () => {
  assertHex(parseManifest(utf8(vectors.manifest)).id, vectors.election_id);
});

for (const change of vectors.valid) {
  test(`a valid manifest: ${change.why}`, () => assertHex(parseManifest(changed(change)).id, change.election_id));
}

for (const change of vectors.invalid) {
  test(`an invalid manifest: ${change.why}`, () => assertInvalid(() => parseManifest(changed(change))));
}

for (const { name, manifest, election_id, derived, output } of BALLOTS) {
  test(`what follows from the manifest: ${name}`, () => {
    const parsed = parseManifest(utf8(manifest));
    assertHex(parsed.id, election_id);
    assert.equal(parsed.ballotLength, output.public_ballot_length);
    assert.equal(parsed.boxLength, output.box_length);
    const made = parsed.questions.map(({ bits, weights, slack }) => ({ bits, weights: weights.map(Number), slack: slack.map(Number) }));
    assert.deepEqual(made, derived);
  });
}

test("the quorum of reports", () => {
  const base = manifestNamed(BALLOTS[0]?.name ?? "");
  const [teller] = base.tellers;
  const of = (witnessQuorum: number, tellers: number, threshold: number): number =>
    quorum({ ...base, witnessQuorum, threshold, tellers: Array.from({ length: tellers }, () => teller as NonNullable<typeof teller>) });
  assert.equal(of(2, 3, 2), 2);
  assert.equal(of(1, 3, 2), 3);
  assert.equal(of(0, 5, 3), 4);
  assert.equal(of(0, 16, 16), 16);
});

test("a manifest of more than 60,000 bytes, or one that nests without end, is refused", () => {
  assertInvalid(() => parseManifest(utf8(vectors.manifest + " ".repeat(60_001 - utf8(vectors.manifest).length))));
  assert.ok(parseManifest(utf8(vectors.manifest + " ".repeat(60_000 - utf8(vectors.manifest).length))));
  assertInvalid(() => parseManifest(utf8("[".repeat(60_000))));
});
