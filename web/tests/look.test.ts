import { describe, expect, test } from "vitest";

import { formatElectionTime, formatTime, setElectionZone } from "../src/lib/i18n";
import { contrast, palette, parseColour } from "../src/lib/look";

const GROUNDS = { light: ["#faf8f3", "#ffffff"], dark: ["#13181a", "#1c2326"] } as const;
const colour = (text: string): readonly [number, number, number] => {
  const found = parseColour(text);
  if (!found) throw new Error(text);
  return found;
};

describe("an organiser's colour", () => {
  test("contrast is WCAG's", () => {
    expect(contrast(colour("#000000"), colour("#ffffff"))).toBeCloseTo(21);
    expect(contrast(colour("#777777"), colour("#ffffff"))).toBeCloseTo(4.48, 1);
  });

  test("only #rrggbb is a colour", () => {
    for (const wrong of ["red", "#fff", "#12345g", "rgb(0,0,0)", "#1234567"]) expect(parseColour(wrong)).toBeNull();
  });

  // REQ X3
  test("whatever the colour, text in it and on it can be read in both schemes", () => {
    for (const wish of ["#ffff00", "#00ff00", "#ffffff", "#000000", "#8a1c3c", "#ff9500", "#1c4b5a", "#7f7f7f", "#0000ff"]) {
      for (const scheme of ["light", "dark"] as const) {
        const found = palette(colour(wish), scheme);
        const primary = colour(found["--primary"]);
        for (const other of [...GROUNDS[scheme], found["--on-primary"], found["--tint"]]) expect(contrast(primary, colour(other)), `${wish} ${scheme} on ${other}`).toBeGreaterThanOrEqual(4.5);
        expect(contrast(colour(found["--primary-strong"]), colour(found["--on-primary"]))).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  test("a colour that can be read is left as it is", () => {
    expect(palette(colour("#8a1c3c"), "light")["--primary"]).toBe("#8a1c3c");
  });
});

describe("the reader's clock", () => {
  // REQ U8: a zone is called what people call it; only where it has no name, its distance is written.
  test("names the zone", () => {
    const noon = Date.parse("2026-12-01T12:00:00Z");
    expect(formatTime(noon, "America/New_York")).toMatch(/ Eastern Time$/);
    expect(formatTime(noon, "Europe/Paris")).toMatch(/ Central European Time$/);
    expect(formatTime(noon, "UTC")).toMatch(/ UTC$/);
    expect(formatTime(noon, "Etc/GMT+5")).toMatch(/ GMT-5$/);
  });
});

describe("the election's clock", () => {
  // REQ U8: half-hour zones and a change of summer time between two zones.
  test("names the place where the clock differs, and nothing where it does not", () => {
    const noon = Date.parse("2026-07-01T10:00:00Z");
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    setElectionZone(here);
    expect(formatElectionTime(noon)).toBeNull();
    setElectionZone("Asia/Kolkata");
    expect(formatElectionTime(noon)).toMatch(/^(03:30 PM|3:30 PM|15:30).*, Kolkata$/);
    setElectionZone("America/St_Johns");
    expect(formatElectionTime(noon)).toMatch(/, St Johns$/);
    setElectionZone("Not/AZone");
    expect(formatElectionTime(noon)).toMatch(/, St Johns$/);
  });
});
