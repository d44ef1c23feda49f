import { describe, expect, test } from "vitest";

import { problemOf } from "../src/components/ballot-form";
import { backoffMs, retryAfterSeconds } from "../src/lib/api";
import { oddGroup, placeOf, symbolAt } from "../src/lib/code-hints";
import { parseFragment, parseLink } from "../src/lib/fragment";
import { direction, electionText, formatNumber, formatShortTime, formatSpan, formatTime, pickLanguage, setMessages, t, tx, type Key } from "../src/lib/i18n";
import { strength } from "../src/lib/passphrase";
import { drillIsRecent } from "../src/lib/drill";
import { votingNow } from "../src/lib/phase";
import { rowsOf, sumTotals } from "../src/lib/result";
import { boxLength, boxOf } from "../src/lib/resupply";
import type { Manifest, Question } from "../src/wasm/types";

describe("places in a code", () => {
  test("positions count without spaces and hyphens, groups have four", () => {
    expect(placeOf(1)).toEqual({ group: 1, place: 1 });
    expect(placeOf(8)).toEqual({ group: 2, place: 4 });
    expect(symbolAt("vd7p-ewy1", 5)).toBe("E");
  });

  test("a short group is named, if it stands out", () => {
    expect(oddGroup("VD7P-EWY-J1PR-Y8TV")).toEqual({ group: 2, found: 3 });
    expect(oddGroup("VD7PEWYJ1PRY8TV")).toBeNull();
    expect(oddGroup("VD7-EWY-J1PR-Y8TV")).toBeNull();
  });
});

describe("fragment", () => {
  const election = "A".repeat(43);

  test("reads election, slot and code", () => {
    expect(parseFragment(`#${election}.27.K7QF-2M9T-88XC-P0VD`)).toEqual({ election, slot: 27, code: "K7QF-2M9T-88XC-P0VD" });
    expect(parseFragment(`#${election}`)).toEqual({ election, slot: null, code: null });
    expect(parseLink(`https://vote.example/vote/#${election}.1`)?.slot).toBe(1);
  });

  test("refuses anything else", () => {
    for (const hash of ["#", "#short", `#${election}.0`, `#${election}.1.a.b`, `#${election}.x`]) expect(parseFragment(hash)).toBeNull();
  });
});

describe("retry", () => {
  test("Retry-After is a number of seconds or a date", () => {
    expect(retryAfterSeconds("7", 0)).toBe(7);
    expect(retryAfterSeconds("Thu, 01 Jan 1970 00:00:10 GMT", 4_000)).toBe(6);
    expect(retryAfterSeconds("soon", 0)).toBeNull();
    expect(retryAfterSeconds(null, 0)).toBeNull();
  });

  test("the wait doubles, is spread, and obeys the server", () => {
    expect(backoffMs(1, null, 0)).toBe(500);
    expect(backoffMs(3, null, 0)).toBe(2_000);
    expect(backoffMs(20, null, 1)).toBe(45_000);
    expect(backoffMs(1, 12, 0)).toBe(12_000);
  });
});

describe("phase", () => {
  const open = { phase: "open" as const, opens: 1_000, closes: 2_000, end: 2_500 };

  test("follows opening, closing and grace", () => {
    expect(votingNow({ ...open, phase: "setup" }, 1_500, null)).toBe("notYet");
    expect(votingNow(open, 999, null)).toBe("notYet");
    expect(votingNow(open, 1_000, null)).toBe("open");
    expect(votingNow(open, 2_000, null)).toBe("closed");
    expect(votingNow(open, 2_000, 1_999)).toBe("open");
    expect(votingNow(open, 2_000, 2_000)).toBe("closed");
    expect(votingNow(open, 2_500, 1_999)).toBe("closed");
    expect(votingNow({ ...open, phase: "suspended" }, 1_500, null)).toBe("suspended");
    expect(votingNow({ ...open, phase: "counted" }, 1_500, null)).toBe("closed");
  });
});

const question = (min: number, max: number, blank = false): Question => ({ title: {}, options: [{}, {}, {}], min, max, blank });

describe("ballot", () => {
  test("names too few, too many and none", () => {
    expect(problemOf(question(1, 1), { options: [], blank: false })).toBe("none");
    expect(problemOf(question(2, 3), { options: [1], blank: false })).toBe("few");
    expect(problemOf(question(1, 2), { options: [0, 1, 2], blank: false })).toBe("many");
    expect(problemOf(question(0, 2), { options: [], blank: false })).toBeNull();
    expect(problemOf(question(1, 2, true), { options: [], blank: true })).toBeNull();
  });
});

describe("result", () => {
  test("shares leave blank votes out", () => {
    const rows = rowsOf(question(1, 1, true), [6, 2, 0, 2], 10);
    expect(rows.map((row) => row.share)).toEqual([0.75, 0.25, 0, null]);
    expect(rows.map((row) => row.first)).toEqual([true, false, false, false]);
  });

  test("without expressed votes there is no share", () => {
    expect(rowsOf(question(1, 1, true), [0, 0, 0, 5], 5).every((row) => row.share === null && !row.first)).toBe(true);
  });

  test("buckets add up", () => {
    expect(sumTotals([{ totals: [[1, 2], [3]] }, { totals: [[10, 20], [30]] }])).toEqual([[11, 22], [33]]);
  });
});

describe("resupply", () => {
  test("cuts a teller's box out of a submission", () => {
    const manifest = { questions: [question(1, 1, true)], tellers: [{}, {}, {}] } as unknown as Manifest;
    expect(boxLength(manifest)).toBe(112 + 32 * 5);
    const submission = new Uint8Array(100 + 3 * boxLength(manifest)).map((_, i) => (i < 100 ? 0 : Math.floor((i - 100) / boxLength(manifest)) + 1));
    for (const j of [1, 2, 3]) {
      const box = boxOf(manifest, submission, j);
      expect(box.length).toBe(boxLength(manifest));
      expect(box.every((byte) => byte === j)).toBe(true);
    }
  });
});

describe("passphrase", () => {
  test("refuses what is guessed at once", () => {
    for (const bad of ["", "password", "aaaaaaaaaaaaaaaaaaaa", "1234567890123456", "abcdefghijklmnop"]) expect(strength(bad)).toBe("weak");
  });

  test("accepts words and what it suggests", () => {
    expect(strength("cheval bleu marteau pluie")).not.toBe("weak");
    // Six words of the list, as the module suggests them.
    expect(strength("absurd crane velvet income outer thumb")).toBe("good");
    expect(strength("abriter cigale huile oxyde texte zoologie")).toBe("good");
  });
});

describe("languages", () => {
  test("the stored choice comes first, then the browser's, then English", () => {
    expect(pickLanguage(["en", "fr"], "fr", ["en-GB"])).toBe("fr");
    expect(pickLanguage(["en", "fr"], null, ["de-DE", "fr-CA"])).toBe("fr");
    expect(pickLanguage(["en", "fr"], null, ["de"])).toBe("en");
  });

  test("plural forms, numbers and elements", () => {
    setMessages("fr", { "common.errors": { one: "{count} faute", other: "{count} fautes" }, "common.step": "{step} sur {of} : {name}" });
    expect(t("common.errors", { count: 0 })).toBe("0 faute");
    expect(t("common.errors", { count: 2000 })).toMatch(/^2\s000 fautes$/u);
    expect(tx("common.step" as Key, { step: 1, of: 5, name: "x" })).toEqual(["1", " sur ", "5", " : ", "x"]);
    expect(formatSpan(3 * 86_400_000)).toMatch(/^3\sjours$/u);
  });

  // REQ X12
  test("Arabic has six plural forms, the digits 0–9 and years as in the election's own dates", () => {
    setMessages("ar", { "common.errors": { zero: "z", one: "o", two: "t", few: "{count} f", many: "{count} m", other: "{count} x" } });
    expect([0, 1, 2, 3, 11, 100].map((count) => t("common.errors", { count }))).toEqual(["z", "o", "t", "3 f", "11 m", "100 x"]);
    expect(formatNumber(1234)).toMatch(/^1.?234$/u);
    for (const text of [formatTime(Date.UTC(2026, 10, 28, 15), "UTC"), formatShortTime(Date.UTC(2026, 10, 28, 12))]) {
      expect(text).toMatch(/2026|\b26\b/);
      expect(text).not.toMatch(/[\u0660-\u0669]/);
    }
    expect(formatTime(Date.UTC(2026, 10, 28, 15), "UTC")).toContain("نوفمبر");
  });

  test("between words written from right to left a code, a name or an address is kept apart", () => {
    const sentence = { "vote.sending_code": "الناخب رقم {slot}، الورقة {code}" };
    setMessages("ar", sentence);
    expect(t("vote.sending_code", { slot: "27", code: "8B5S-2ZZ2" })).toBe("الناخب رقم \u206827\u2069، الورقة \u20688B5S-2ZZ2\u2069");
    expect(tx("vote.sending_code", { slot: 27, code: "8B5S-2ZZ2" })).toEqual(["الناخب رقم ", "27", "، الورقة ", "\u20688B5S-2ZZ2\u2069"]);
    setMessages("de", sentence);
    expect(t("vote.sending_code", { slot: "27", code: "x" })).not.toMatch(/[\u2066-\u2069]/);
  });

  test("European Portuguese counts nothing in the plural", () => {
    setMessages("pt", { "common.errors": { one: "{count} coisa", other: "{count} coisas" } });
    expect([0, 1, 2].map((count) => t("common.errors", { count }))).toEqual(["0 coisas", "1 coisa", "2 coisas"]);
  });

  test("an election's text comes in the reader's language, with the language and direction it has", () => {
    setMessages("ar", {});
    expect(electionText({ fr: "Texte", ar: "نص" })).toEqual({ text: "نص", lang: "ar" });
    expect(electionText({ "fr-CA": "Texte" })).toEqual({ text: "Texte", lang: "fr-CA" });
    expect([direction("ar-EG"), direction("fr-CA"), direction("und")]).toEqual(["rtl", "ltr", "auto"]);
  });
});

describe("a teller's drill", () => {
  const day = 86_400_000;
  test("is recent for seven days, and after the vote for the seven before its end", () => {
    expect(drillIsRecent(null, 100 * day, 200 * day)).toBe(false);
    expect(drillIsRecent(93 * day, 100 * day, 200 * day)).toBe(true);
    expect(drillIsRecent(93 * day - 1, 100 * day, 200 * day)).toBe(false);
    expect(drillIsRecent(193 * day, 300 * day, 200 * day)).toBe(true);
  });
});
