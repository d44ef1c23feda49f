// What an organiser may change of the looks: a name, a logo, one colour, and the zone in which the
// election's times are named beside the reader's. Settings of the server (`GET /api/look`). A
// colour on which text could not be read is made darker or lighter until it can.

import { setElectionZone } from "./i18n";
import { inOneFile } from "./inlined";

/** As the server answers; everything may be missing. */
export interface Look {
  name?: string;
  /** `#rrggbb`. */
  colour?: string;
  /** IANA name, such as `Europe/Paris`. */
  zone?: string;
  /** Whether there is a logo at `/api/look/logo`. */
  logo?: boolean;
  /** Origins of witnesses that the pages may ask. */
  witnesses?: string[];
}

type Rgb = readonly [number, number, number];

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
/** The grounds of style.css on which the colour is text or a line: paper, card. */
const GROUNDS = { light: ["#faf8f3", "#ffffff"], dark: ["#13181a", "#1c2326"] } as const;
/** WCAG 1.4.3. */
const ENOUGH = 4.5;
const PATIENCE_MS = 1_500;

let look: Look = {};
/** The organiser's look, as far as it is known. */
export const currentLook = (): Look => look;

export function parseColour(text: string): Rgb | null {
  const digits = /^#([0-9a-f]{6})$/i.exec(text.trim())?.[1];
  if (!digits) return null;
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

const hex = (colour: Rgb): string => `#${colour.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;

/** `share` of the second colour in the first. */
const mix = (first: Rgb, second: Rgb, share: number): Rgb =>
  [0, 1, 2].map((i) => (first[i] ?? 0) * (1 - share) + (second[i] ?? 0) * share) as unknown as Rgb;

function luminance(colour: Rgb): number {
  const [r = 0, g = 0, b = 0] = colour.map((part) => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast of two colours by WCAG, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

export type Palette = Record<"--primary" | "--primary-strong" | "--on-primary" | "--tint", string>;

/** The nearest readable colours of one scheme: the colour itself where it can be read everywhere. */
export function palette(colour: Rgb, scheme: "light" | "dark"): Palette {
  const [towards, on] = scheme === "light" ? [BLACK, WHITE] : [WHITE, mix(BLACK, colour, 0.12)];
  const grounds = GROUNDS[scheme].map((ground) => parseColour(ground) ?? WHITE);
  for (let share = 0; share <= 1; share += 0.04) {
    const primary = mix(colour, towards, share);
    const tint = mix(grounds[1] ?? WHITE, primary, 0.1);
    if ([...grounds, tint, on].every((other) => contrast(primary, other) >= ENOUGH)) {
      return { "--primary": hex(primary), "--primary-strong": hex(mix(primary, towards, 0.3)), "--on-primary": hex(on), "--tint": hex(tint) };
    }
  }
  return { "--primary": hex(towards), "--primary-strong": hex(towards), "--on-primary": hex(mix(towards, on, 1)), "--tint": hex(grounds[1] ?? WHITE) };
}

/** Asks for the look and puts it on; after a moment without an answer the page goes on in its own. */
export async function startLook(): Promise<void> {
  // A page that is a file has no server whose looks it could wear.
  if (inOneFile()) return;
  const asked = fetch("/api/look", { credentials: "omit", referrerPolicy: "no-referrer" })
    .then(async (answer) => (answer.ok && answer.headers.get("content-type")?.includes("json") ? wear((await answer.json()) as Look) : undefined))
    .catch(() => undefined);
  await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
}

function wear(found: Look): void {
  look = found;
  if (typeof found.zone === "string") setElectionZone(found.zone);
  const colour = typeof found.colour === "string" ? parseColour(found.colour) : null;
  if (!colour) return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = (): void => {
    const colours = palette(colour, dark.matches ? "dark" : "light");
    for (const [name, value] of Object.entries(colours)) document.documentElement.style.setProperty(name, value);
  };
  paint();
  dark.addEventListener("change", paint);
}
