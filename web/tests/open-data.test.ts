import { expect, test } from "vitest";

import { resultCsv, resultJson } from "../src/lib/open-data";
import type { Manifest } from "../src/wasm/types";

const manifest = {
  title: { fr: "Congrès" },
  questions: [{ title: { fr: "Quel texte ?" }, options: [{ fr: "=Texte \"A\"", en: "Text A" }, { fr: "Texte B" }], min: 1, max: 1, blank: true }],
  groups: ["Berlin", "São Paulo", "Dakar"],
} as unknown as Manifest;
const buckets = [
  { groups: [0], merged: false, ballots: 6, weight: 6, totals: [[3, 2, 1]] },
  { groups: [1, 2], merged: true, ballots: 5, weight: 5, totals: [[0, 5, 0]] },
];

test("the table has sums, sections, blank votes and no formula", () => {
  const lines = resultCsv(manifest, buckets, "fr").split("\r\n");
  expect(lines[0]).toBe("\uFEFF\"question\",\"option\",\"text\",\"sections\",\"votes\"");
  expect(lines.slice(1)).toEqual([
    '1,1,"\'=Texte ""A""","",3', '1,2,"Texte B","",7', '1,0,"","",1',
    '1,1,"\'=Texte ""A""","Berlin",3', '1,2,"Texte B","Berlin",2', '1,0,"","Berlin",1',
    '1,1,"\'=Texte ""A""","São Paulo + Dakar",0', '1,2,"Texte B","São Paulo + Dakar",5', '1,0,"","São Paulo + Dakar",0',
    "",
  ]);
  expect(resultCsv(manifest, buckets, "en").split("\r\n")[1]).toBe('1,1,"Text A","",3');
});

test("the file for programs names what it holds", () => {
  const read = JSON.parse(resultJson(manifest, buckets, { id: "abc", closing: "AAAA", counting: null, voters: 20, ballots: 11 }));
  expect(read).toMatchObject({ format: "isoloir/result-1", election: "abc", closing_code: "AAAA", counting_code: null, voters: 20, ballots: 11 });
  expect(read.questions[0].totals).toEqual([3, 7, 1]);
  expect(read.sections[1]).toEqual({ names: ["São Paulo", "Dakar"], merged: true, ballots: 5, weight: 5, totals: [[0, 5, 0]] });
});
