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
/** Whose plural forms and dates a catalogue follows where that is not the language's first country. */
const HOME: Record<string, string> = { pt: "pt-PT" };
const STORED = "isoloir.language";
/** Of the address: `?lang=de`. It names a language and nothing else, so it may reach the server. */
const PARAMETER = "lang";

let messages: Messages = {};
let current = "en";
let available: string[] = [];
/** The choice that only the address keeps: storage is off, or a link came with it. */
let inAddress: string | null = null;

const base = (tag: string): string => tag.toLowerCase().split("-")[0] ?? "";
const browserLanguages = (): readonly string[] => (typeof navigator === "undefined" ? [] : navigator.languages);

/** The language in use (BCP 47). */
export const language = (): string => current;

/** Which way a language is written; `auto` where it is not known. */
export const direction = (tag: string): "ltr" | "rtl" | "auto" => (tag === "und" ? "auto" : RIGHT_TO_LEFT.has(base(tag)) ? "rtl" : "ltr");

/**
 * The language with the reader's own country where the browser names one: "en-GB" writes dates unlike
 * "en". Digits are 0–9 in every language, as in the codes on paper and in messages, and years are
 * those of the election's own dates.
 */
const locale = (): string => {
  const tag = browserLanguages().find((each) => base(each) === current) ?? HOME[current] ?? current;
  return new Intl.Locale(tag, { numberingSystem: "latn", calendar: "gregory" }).toString();
};

/** The languages there are for this page. */
export const languages = (): readonly string[] => available;

/** The best language for a reader: chosen before, else the browser's, else English. */
export function pickLanguage(offered: readonly string[], chosen: string | null, wanted: readonly string[]): string {
  for (const tag of [chosen, ...wanted]) if (tag && offered.includes(base(tag))) return base(tag);
  return offered.includes("en") ? "en" : (offered[0] ?? "en");
}

/** Loads the reader's language for a page; one in a frame does not look into the device's storage. */
export async function startLanguages(catalogues: Catalogues, mayLook = true): Promise<void> {
  available = Object.keys(catalogues);
  inAddress = new URLSearchParams(location.search).get(PARAMETER);
  await useLanguage(catalogues, pickLanguage(available, inAddress ?? (mayLook ? storedLanguage() : null), navigator.languages));
}

/** Changes the language and remembers it: on this device where storage is allowed, else in the address. */
export async function useLanguage(catalogues: Catalogues, wanted: string, remember = false): Promise<void> {
  const load = catalogues[wanted];
  if (!load) return;
  preloadLanguage(wanted);
  messages = (await load()).default;
  current = wanted;
  document.documentElement.lang = wanted;
  document.documentElement.dir = direction(wanted);
  if (!remember) return;
  let stored = true;
  try {
    localStorage.setItem(STORED, wanted);
  } catch {
    stored = false;
  }
  if (stored && inAddress === null) return;
  inAddress = wanted;
  history.replaceState(history.state, "", withLanguage(location.href));
}

/** An address of this site with the choice in it, where only the address keeps it. */
export function withLanguage(address: string): string {
  const url = new URL(address);
  if (inAddress === null || url.origin !== location.origin || !url.protocol.startsWith("http")) return address;
  url.searchParams.set(PARAMETER, inAddress);
  return url.href;
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
  return found[new Intl.PluralRules(HOME[current] ?? current).select(count)] ?? found.other;
}

/**
 * A value within a sentence written from right to left: kept apart (FSI … PDI), so that a code, an
 * address or a name in other letters stays whole and moves nothing around it.
 */
const apart = (value: string): string => (direction(current) === "rtl" ? `\u2068${value}\u2069` : value);

/** A sentence. `{name}` takes `values.name`; numbers are written as the language does; `count` picks the plural form. */
export function t(key: Key, values?: Values): string {
  return template(key, values).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values?.[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? formatNumber(value) : apart(value);
  });
}

/** Whether there is a sentence of that name: names that other programs make may be newer than the catalogue. */
export const isKey = (key: string): key is Key => messages[key] !== undefined;

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
      if (typeof value === "number") return formatNumber(value);
      return typeof value === "string" ? apart(value) : value;
    });
}

export const formatNumber = (value: number): string => new Intl.NumberFormat(locale()).format(value);

export const formatPercent = (share: number): string =>
  new Intl.NumberFormat(locale(), { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(share);

/** A list of words: "a, b and c". */
export const formatList = (words: readonly string[]): string => new Intl.ListFormat(locale()).format(words);

/** Day and time in the reader's own zone, with the zone's name. */
export function formatTime(ms: number, zone?: string): string {
  const write = (timeZoneName: "longGeneric" | "short"): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale(), {
      weekday: "long",
      day: "numeric",
      month: "long",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      timeZoneName,
      ...(zone ? { timeZone: zone } : {}),
    });
  // The name that people give their zone. Where it has none, the shorter of two ways to write the distance: "UTC", not "GMT+00:00".
  const named = write("longGeneric");
  const name = named.formatToParts(ms).find((part) => part.type === "timeZoneName")?.value ?? "";
  return (/\d/.test(name) ? write("short") : named).format(ms);
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
  for (const wanted of [current, ...browserLanguages(), "en"]) {
    const tag = tags.find((t) => t.toLowerCase() === wanted.toLowerCase()) ?? tags.find((t) => base(t) === base(wanted));
    if (tag) return { text: text[tag] ?? "", lang: tag };
  }
  const first = tags[0] ?? "und";
  return { text: text[first] ?? "", lang: first };
}
