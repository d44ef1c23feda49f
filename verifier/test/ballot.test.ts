import assert from "node:assert/strict";
import test from "node:test";
import { challenge, decodeBallot, failingChecks, fingerprint, statement } from "../src/ballot.js";
import { checkBox } from "../src/box.js";
import { codeOf, hex, Invalid, Reader } from "../src/bytes.js";
import { provenReason, readComplaint } from "../src/complaint.js";
import { failing } from "../src/commitment.js";
import { clamped, deriveBallot, deriveNonce } from "../src/derive.js";
import { checkDisclosure, decodeDisclosure } from "../src/disclosure.js";
import { encoded, Group, reduce, scalar, scalarBytes } from "../src/group.js";
import { sha256 } from "../src/hash.js";
import type { Manifest } from "../src/manifest.js";
import { assertHex, assertInvalid, BALLOTS, manifestNamed, unhex, vector } from "./vectors.js";

function failingOf(manifest: Manifest, key: string, ballot: string): string[] {
  try {
    const decoded = decodeBallot(manifest, unhex(ballot));
    const K = encoded(unhex(key));
    return [...failingChecks(statement(manifest, K.point, decoded, challenge(manifest, K.bytes, decoded)))];
  } catch (error) {
    if (error instanceof Invalid) return ["encoding"];
    throw error;
  }
}

for (const { name, input, output, disclosure } of BALLOTS) {
  const manifest = manifestNamed(name);

  test(`ballot: ${name}`, () => {
    const ballot = decodeBallot(manifest, unhex(output.public_ballot));
    const x = scalarBytes(challenge(manifest, unhex(output.K), ballot));
    assertHex(x, output.x);
    assertHex(fingerprint(x), output.fingerprint);
    assert.equal(codeOf(fingerprint(x)), output.receipt_code);
    assert.deepEqual(failingOf(manifest, output.K, output.public_ballot), []);
    output.boxes.forEach((box, i) => {
      assertHex(ballot.boxes[i] as Uint8Array, hex(sha256(unhex(box))));
      checkBox(manifest, { ballot, key: unhex(output.K) }, i + 1, unhex(box));
    });
  });

  test(`the ballot made again from its seed: ${name}`, () => {
    const inputs = decodeDisclosure(manifest, unhex(disclosure));
    const made = deriveBallot(manifest, inputs);
    const ballot = decodeBallot(manifest, unhex(output.public_ballot));
    assertHex(scalarBytes(made.x), output.x);
    assert.deepEqual(made.boxes.map(hex), output.boxes);
    made.answers.forEach((answer, q) => {
      const { B, V, A, C, D, slack } = ballot.answers[q] as (typeof ballot.answers)[number];
      const points = (of: typeof answer): string[] =>
        [of.B, ...of.V, of.A, of.C, of.D, ...(of.slack ? [of.slack.S, of.slack.T] : [])].map(({ bytes }) => hex(bytes));
      assert.deepEqual(points(answer), points({ B, V, A, C, D, slack }));
    });
    const nonce = deriveNonce(manifest, unhex(input.fresh), inputs);
    assertHex(Group.BASE.multiplyUnsafe(nonce).toBytes(), hex(ballot.R.bytes));
    assert.equal(reduce(nonce + made.x * scalar(unhex(input.key))), ballot.z);
  });
}

interface RejectedBallots {
  manifest: string;
  K: string;
  ballots: { name: string; public_ballot: string; failing: string[]; K?: string }[];
}

for (const { manifest, K, ballots } of vector<RejectedBallots[]>("ballots-rejected")) {
  for (const { name, public_ballot, failing: expected, K: another } of ballots) {
    test(`a ballot that is refused: ${name} (${manifest})`, () => {
      assert.deepEqual(failingOf(manifestNamed(manifest), another ?? K, public_ballot).sort(), expected.toSorted());
    });
  }
}

test("a batch that fails is halved until each bad ballot is named", () => {
  const [good] = BALLOTS;
  const [rejected] = vector<RejectedBallots[]>("ballots-rejected");
  assert.ok(good && rejected);
  const manifest = manifestNamed(good.name);
  const bad = rejected.ballots.find(({ failing: checks }) => checks.join() === "product");
  assert.ok(bad);
  const K = encoded(unhex(rejected.K));
  const items = Array.from({ length: 300 }, (_, i) => {
    const ballot = decodeBallot(manifest, unhex(i === 3 || i === 255 || i === 299 ? bad.public_ballot : good.output.public_ballot));
    return statement(manifest, K.point, ballot, challenge(manifest, K.bytes, ballot)).equations.map(({ equation }) => equation);
  });
  assert.deepEqual(failing(items), [3, 255, 299]);
  assert.deepEqual(failing(items.slice(4, 255)), []);
});

interface BoxVectors {
  manifest: string;
  teller: number;
  K: string;
  public_ballot: string;
  good: string;
  bad: { why: string; box: string }[];
}

const boxes = vector<BoxVectors>("boxes-rejected");

function boxCheck(box: string): void {
  const manifest = manifestNamed(boxes.manifest);
  const ballot = decodeBallot(manifest, unhex(boxes.public_ballot));
  checkBox(manifest, { ballot, key: unhex(boxes.K) }, boxes.teller, unhex(box));
}

test("the box that is changed below", () => boxCheck(boxes.good));

for (const { why, box } of boxes.bad) {
  test(`a box that fails the box check: ${why}`, () => assertInvalid(() => boxCheck(box)));
}

interface DisclosureVectors {
  valid: { manifest: string; disclosure: string; choices: number[][]; fingerprint: string; receipt_code: string }[];
  invalid: { manifest: string; why: string; disclosure: string }[];
}

const disclosures = vector<DisclosureVectors>("disclosures");

for (const { manifest, disclosure, choices, fingerprint: print, receipt_code } of disclosures.valid) {
  test(`a disclosed ballot: ${manifest}`, () => {
    const of = manifestNamed(manifest);
    const disclosed = checkDisclosure(of, unhex(disclosure));
    assertHex(disclosed.fingerprint, print);
    assert.equal(disclosed.code, receipt_code);
    const chosen = disclosed.choices.map(({ options, blank }, q) => (blank ? [of.questions[q]?.options] : options));
    assert.deepEqual(chosen, choices);
  });
}

for (const { manifest, why, disclosure } of disclosures.invalid) {
  test(`a disclosure that is refused: ${why} (${manifest})`, () => {
    assertInvalid(() => checkDisclosure(manifestNamed(manifest), unhex(disclosure)));
  });
}

interface ComplaintVectors {
  manifest: string;
  index: number;
  teller: number;
  teller_seal_secret: string;
  a: string;
  K: string;
  honest_public_ballot: string;
  torsioned_public_ballot: string;
  valid: { malice: string; type: number; reason: string; public_ballot: string; complaint: string }[];
  invalid: { why: string; public_ballot: string; complaint: string }[];
}

const complaints = vector<ComplaintVectors>("complaints");

function reasonOf(publicBallot: string, complaint: string): string {
  const manifest = manifestNamed(complaints.manifest);
  const ballot = decodeBallot(manifest, unhex(publicBallot));
  const reader = new Reader(unhex(complaint));
  const read = readComplaint(reader);
  reader.end();
  assert.equal(Number(read.index) === complaints.index, !complaint.startsWith("000000000000000a"));
  return provenReason(manifest, { ballot, key: unhex(complaints.K) }, complaints.teller, read);
}

for (const { malice, type, reason, public_ballot, complaint } of complaints.valid) {
  test(`a complaint of type ${type}: ${malice}`, () => assert.equal(reasonOf(public_ballot, complaint), reason));
}

for (const { why, public_ballot, complaint } of complaints.invalid) {
  test(`a complaint that proves nothing: ${why}`, () => {
    const named: Record<string, string> = { honest: complaints.honest_public_ballot, torsioned: complaints.torsioned_public_ballot };
    const ballot = named[public_ballot] ?? complaints.valid.find(({ malice }) => malice === public_ballot)?.public_ballot;
    assert.ok(ballot);
    assertInvalid(() => reasonOf(ballot, complaint));
  });
}

test("a teller's key, clamped", () => {
  assertHex(scalarBytes(clamped(unhex(complaints.teller_seal_secret)) / 8n), complaints.a);
});
