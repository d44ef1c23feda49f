// Sentences, plural forms, numbers and times in the reader's language. Catalogues are
// src/i18n/<language>.json, cut into pages at build time (tools/catalogues.mjs).

import type catalogue from "../i18n/en.json";
import { preloadLanguage } from "./sealed";

type Catalogue = typeof catalogue;

/** `section.key` of every sentence there is. */
export type Key = {
  [S in keyof Catalogue & string]: `${S}.${keyof Catalogue[S] & string}`;
}[keyof Catalogue & string];

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
export type Messages = Record<string, string | Forms>;
/** Language → function that loads its sentences for one page. */
export type Catalogues = Record<string, () => Promise<{ default: Messages }>>;
export type Values = Record<string, string | number>;

/** Names of the languages in themselves, for the menu. */
export const LANGUAGE_NAMES: Record<string, string> = {
  ar: "العربية",
  de: "Deutsch",
  en: "English",
  es: "Español",
  fr: "Français",
  pt: "Português",
};
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);
const STORED = "isoloir.language";

let messages: Messages = {};
let current = "en";
let available: string[] = [];

/** The language in use (BCP 47). */
export const language = (): string => current;
/** The language with the reader's own country where the browser names one: "en-GB" writes dates unlike "en". */
const locale = (): string =>
  (typeof navigator === "undefined" ? undefined : navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === current)) ?? current;

/** The languages there are for this page. */
export const languages = (): readonly string[] => available;

/** The best language for a reader: chosen before, else the browser's, else English. */
export function pickLanguage(offered: readonly string[], stored: string | null, wanted: readonly string[]): string {
  for (const tag of [stored, ...wanted]) {
    const base = tag?.toLowerCase().split("-")[0];
    if (base && offered.includes(base)) return base;
  }
  return offered.includes("en") ? "en" : (offered[0] ?? "en");
}

/** Loads the reader's language for a page. */
export async function startLanguages(catalogues: Catalogues): Promise<void> {
  available = Object.keys(catalogues);
  await useLanguage(catalogues, pickLanguage(available, storedLanguage(), navigator.languages));
}

/** Changes the language and remembers it on this device where storage is allowed. */
export async function useLanguage(catalogues: Catalogues, wanted: string, remember = false): Promise<void> {
  const load = catalogues[wanted];
  if (!load) return;
  preloadLanguage(wanted);
  messages = (await load()).default;
  current = wanted;
  document.documentElement.lang = wanted;
  document.documentElement.dir = RIGHT_TO_LEFT.has(wanted) ? "rtl" : "ltr";
  if (remember) {
    try {
      localStorage.setItem(STORED, wanted);
    } catch {
      // Storage is off: the choice lasts as long as the page.
    }
  }
}

function storedLanguage(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

/** For tests: sentences without a network. */
export function setMessages(wanted: string, all: Messages): void {
  current = wanted;
  messages = all;
}

function template(key: Key, values?: Values): string {
  const found = messages[key];
  if (found === undefined) {
    console.error(`no sentence for ${key}`);
    return key;
  }
  if (typeof found === "string") return found;
  const count = Number(values?.["count"] ?? 0);
  return found[new Intl.PluralRules(current).select(count)] ?? found.other;
}

/** A sentence. `{name}` takes `values.name`; numbers are written as the language does; `count` picks the plural form. */
export function t(key: Key, values?: Values): string {
  return template(key, values).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values?.[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? formatNumber(value) : value;
  });
}

/** A sentence with elements in it (links, codes, times). */
export function tx(key: Key, values: Record<string, Node | string | number>): (Node | string)[] {
  const counts: Values = {};
  if (typeof values["count"] === "number") counts["count"] = values["count"];
  return template(key, counts)
    .split(/(\{\w+\})/)
    .filter((part) => part !== "")
    .map((part) => {
      const value = /^\{\w+\}$/.test(part) ? values[part.slice(1, -1)] : undefined;
      if (value === undefined) return part;
      return typeof value === "number" ? formatNumber(value) : value;
    });
}

export const formatNumber = (value: number): string => new Intl.NumberFormat(locale()).format(value);

export const formatPercent = (share: number): string =>
  new Intl.NumberFormat(locale(), { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(share);

/** A list of words: "a, b and c". */
export const formatList = (words: readonly string[]): string => new Intl.ListFormat(locale()).format(words);

/** Day and time in the reader's own zone, with the zone's name. */
export function formatTime(ms: number, zone?: string): string {
  return new Intl.DateTimeFormat(locale(), {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
    ...(zone ? { timeZone: zone } : {}),
  }).format(ms);
}

let zone: string | null = null;

/** The zone in which the election's times are named beside the reader's; an unknown one is ignored. */
export function setElectionZone(name: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    zone = name;
  } catch {
    // This browser does not know the zone: UTC stays.
  }
}

/** The same moment by the election's clock, with its place: "18:00, Paris"; null where the reader's clock shows the same. */
export function formatElectionTime(ms: number): string | null {
  const there = zone ?? "UTC";
  const clock = (timeZone?: string): string =>
    new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit", ...(timeZone ? { timeZone } : {}) }).format(ms);
  if (clock() === clock(there)) return null;
  const sameDay = clock().slice(0, 10) === clock(there).slice(0, 10);
  const time = new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", timeZone: there, ...(sameDay ? {} : { day: "numeric", month: "short" }) }).format(ms);
  return zone === null ? `${time} UTC` : `${time}, ${(there.split("/").pop() ?? there).replaceAll("_", " ")}`;
}

/** Time of day with seconds and a short date, for lists. */
export function formatShortTime(ms: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "short", timeStyle: "medium" }).format(ms);
}

/** How long, in the largest sensible unit: "2 days", "40 minutes". */
export function formatSpan(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  const write = (value: number, unit: string): string =>
    new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long" }).format(value);
  if (minutes >= 2880) return write(Math.floor(minutes / 1440), "day");
  const rest = minutes % 60;
  if (minutes >= 60) return [write(Math.floor(minutes / 60), "hour"), minutes < 600 && rest > 0 ? write(rest, "minute") : ""].join(" ").trim();
  return minutes >= 1 ? write(minutes, "minute") : write(Math.max(0, Math.round(ms / 1000)), "second");
}

/** An election's own text in the reader's language or the nearest one it has, with its language. */
export function electionText(text: Record<string, string>): { text: string; lang: string } {
  const tags = Object.keys(text);
  for (const wanted of [current, ...(typeof navigator === "undefined" ? [] : navigator.languages), "en"]) {
    const base = wanted.toLowerCase().split("-")[0];
    const tag = tags.find((t) => t.toLowerCase() === wanted.toLowerCase()) ?? tags.find((t) => t.toLowerCase().split("-")[0] === base);
    if (tag) return { text: text[tag] ?? "", lang: tag };
  }
  const first = tags[0] ?? "und";
  return { text: text[first] ?? "", lang: first };
}
