import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { problemOf } from "../src/components/ballot-form";
import { backoffMs, retryAfterSeconds } from "../src/lib/api";
import { hintFor, multiply } from "../src/lib/code-hints";
import { parseFragment, parseLink } from "../src/lib/fragment";
import { formatSpan, pickLanguage, setMessages, t, tx, type Key } from "../src/lib/i18n";
import { strength, suggestPassphrase } from "../src/lib/passphrase";
import { votingNow } from "../src/lib/phase";
import { rowsOf, sumTotals } from "../src/lib/result";
import { boxLength, boxOf } from "../src/lib/resupply";
import type { Manifest, Question } from "../src/wasm/types";

interface CodeVectors {
  valid: { shown: string }[];
}
const codes = (JSON.parse(readFileSync(new URL("../../spec/vectors/codes.json", import.meta.url), "utf8")) as CodeVectors).valid.map((v) => v.shown);

describe("code hints", () => {
  test("a right code has no hint, in any spelling", () => {
    for (const code of codes) {
      expect(hintFor(code)).toBeNull();
      expect(hintFor(code.toLowerCase().replaceAll("-", " "))).toBeNull();
    }
  });

  test("multiplication is that of GF(32) with x^5 + x^2 + 1", () => {
    expect(multiply(16, 2)).toBe(5);
    for (let a = 1; a < 32; a += 1) expect(new Set(Array.from({ length: 32 }, (_, b) => multiply(a, b))).size).toBe(32);
  });

  test("every look-alike and every swap of neighbours leads to its group, or to no hint at all", () => {
    const seen = { right: 0, silent: 0 };
    const judge = (typed: string, place: number): void => {
      const hint = hintFor(typed);
      if (hint === null) {
        seen.silent += 1;
        return;
      }
      const groups = hint.kind === "groups" ? hint.groups : "group" in hint ? [hint.group] : [];
      expect(groups).toContain(Math.floor(place / 4) + 1);
      seen.right += 1;
    };
    for (const shown of codes) {
      const code = shown.replaceAll("-", "");
      [...code].forEach((symbol, i) => {
        const alike = { "8": "B", B: "8", "5": "S", S: "5", "2": "Z", Z: "2", "1": "7", V: "W" }[symbol];
        if (alike) judge(`${code.slice(0, i)}${alike}${code.slice(i + 1)}`, i);
        const next = code[i + 1];
        if (next && next !== symbol) judge(`${code.slice(0, i)}${next}${symbol}${code.slice(i + 2)}`, i);
      });
    }
    expect(seen.right).toBeGreaterThan(4 * seen.silent);
  });

  test("a short group is named", () => {
    expect(hintFor("VD7P-EWY-J1PR-Y8TV")).toEqual({ kind: "group-length", group: 2, found: 3 });
    expect(hintFor("VD7PEWYJ1PRY8TV")).toBeNull();
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
    for (let i = 0; i < 50; i += 1) expect(strength(suggestPassphrase())).not.toBe("weak");
    expect(suggestPassphrase()).toMatch(/^[0-9a-hj-km-np-tv-z]{4}(-[0-9a-hj-km-np-tv-z]{4}){4}$/);
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
});
