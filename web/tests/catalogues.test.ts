// The check of the catalogues finds what it is there to find.

import { expect, test } from "vitest";

// @ts-expect-error plain module without types
import { faultsOf, flat, keysIn, pluralForms, sentencesIn, unused } from "../tools/catalogue-rules.mjs";
// @ts-expect-error plain module without types
import { catalogue, catalogues, languages } from "../tools/catalogues.mjs";

const EN = flat({ a: { one: "Put my ballot in the ballot box", two: { one: "{count} vote of {all}", other: "{count} votes of {all}" }, three: "Are you there?" } });
const bad = (language: string, a: object, others = new Map()): string[] => faultsOf(language, flat({ a }), EN, others);
const FR = { one: "Mettre mon bulletin dans l’urne", two: { one: "{count} voix sur {all}", other: "{count} voix sur {all}" }, three: "Êtes-vous là\u00a0?" };

test("a right catalogue has no faults", () => {
  expect(bad("fr", FR)).toEqual([]);
});

test("every kind of fault is found", () => {
  const cases: [string, object, RegExp][] = [
    ["fr", { two: FR.two, three: FR.three }, /a\.one is missing/],
    ["fr", { ...FR, four: "Encore" }, /a\.four is not in English/],
    ["fr", { ...FR, one: " " }, /a\.one is empty/],
    ["fr", { ...FR, two: { one: "{count} voix", other: "{count} voix" } }, /a\.two has other placeholders than English \(\{all\} \{count\}\)/],
    ["fr", { ...FR, two: { other: "{count} voix sur {all}" } }, /a\.two lacks the plural form "one"/],
    ["fr", { ...FR, two: { ...FR.two, few: "{count} voix sur {all}" } }, /a\.two has a plural form "few"/],
    ["fr", { ...FR, two: "{count} voix sur {all}" }, /a\.two has plural forms and English has none, or/],
    ["fr", { ...FR, three: "Êtes-vous là ?" }, /a\.three needs no-break spaces/],
    ["fr", { ...FR, three: "Êtes-vous là?" }, /a\.three needs no-break spaces/],
    ["fr", { ...FR, one: "Mettre mon bulletin dans l'urne" }, /a\.one needs a curly apostrophe/],
    ["es", { ...FR, three: "Está ahí?" }, /a\.three needs an opening question mark/],
    ["ar", { ...FR, three: "هل أنت هنا?" }, /a\.three needs Arabic punctuation/],
    ["ar", { ...FR, three: "لديك ٣ أوراق" }, /a\.three needs the digits 0–9/],
    ["ar", FR, /a\.one is not written in the language's letters/],
    ["ar", FR, /a\.two lacks the plural form "few"/],
  ];
  for (const [language, a, fault] of cases) expect(bad(language, a), String(fault)).toContainEqual(expect.stringMatching(fault));
});

test("a text left in another language is found, a short one may be the same", () => {
  const others = new Map([["en", EN]]);
  expect(bad("de", { ...FR, one: "Put my ballot in the ballot box" }, others)).toContainEqual(expect.stringMatching(/a\.one is still the text in "en"/));
  expect(faultsOf("de", flat({ a: { code: "Code" } }), flat({ a: { code: "Code" } }), new Map([["en", flat({ a: { code: "Code" } })]]))).toEqual([]);
});

test("keys that nothing uses are found, also behind a prefix", () => {
  const known = new Set(["vote.cast", "vote.trouble_slow", "vote.trouble_busy", "vote.gone"]);
  const used = keysIn("t('vote.cast'); t(`vote.trouble_${what}` as Key)", known);
  expect(unused(known, used)).toEqual(["vote.gone is used nowhere"]);
});

test("sentences in the code are found", () => {
  expect(sentencesIn('h("p", null, "Your ballot was taken.")')).toEqual(["Your ballot was taken."]);
  expect(sentencesIn('// "A comment for people who read."\nthrow new Error("This is for the technical detail");\nh("p", { class: "note warn big" })')).toEqual([]);
});

test("plural forms are those of each language", () => {
  expect([...pluralForms("ar")].sort()).toEqual(["few", "many", "one", "other", "two", "zero"]);
  for (const language of ["de", "en", "es", "fr", "pt"]) expect([...pluralForms(language)].sort()).toEqual(["one", "other"]);
});

// REQ X12
test("a page without a program speaks to everybody in their language and direction", () => {
  const plugin = catalogues() as { transformIndexHtml: (html: string) => string };
  const html = plugin.transformIndexHtml("<body><noscript></noscript></body>");
  for (const language of languages as string[]) {
    const direction = language === "ar" ? "rtl" : "ltr";
    expect(html.split(`<p lang="${language}" dir="${direction}">${catalogue(language).static.nothing_appears}</p>`)).toHaveLength(3);
  }
  expect(() => plugin.transformIndexHtml("<body></body>")).toThrow(/no place/);
});
