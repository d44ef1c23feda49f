// What every catalogue must be, as functions that tests can feed with bad ones.

/** section.key → its text, or its plural forms. */
export function flat(catalogue) {
  return new Map(Object.entries(catalogue).flatMap(([section, keys]) => Object.entries(keys).map(([key, value]) => [`${section}.${key}`, value])));
}

const texts = (value) => (typeof value === "string" ? [value] : Object.values(value));
const places = (value) => new Set(texts(value).join(" ").match(/\{\w+\}/g) ?? []);
const words = (text) => text.replace(/\{\w+\}/g, " ").match(/\p{L}{2,}/gu) ?? [];

/**
 * The plural forms a language needs. What Spanish, French and Portuguese call "many" is said of whole
 * millions only, and "other" serves there.
 */
export function pluralForms(language) {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  return ["es", "fr", "it", "pt"].includes(language) ? forms.filter((form) => form !== "many") : forms;
}

/** Letters that a text must have at least some of. */
const SCRIPTS = { ar: /\p{Script=Arabic}/u };

/** Rules of one language's typography: pattern of what is wrong, and what it is. */
const TYPOGRAPHY = {
  fr: [[/ [:;?!»]|« |[^\s\u00a0\u202f][;?!»]|«[^\s\u00a0\u202f]/, "needs no-break spaces"], [/\w'\w/, "needs a curly apostrophe"]],
  es: [[/^[^¿]*\?/, "needs an opening question mark"], [/^[^¡]*!/, "needs an opening exclamation mark"]],
  ar: [[/[?;,](?!\w)/, "needs Arabic punctuation"], [/[\u0660-\u0669\u06f0-\u06f9]/, "needs the digits 0–9"]],
};

/** What is wrong with a language's catalogue beside the English one, as sentences. */
export function faultsOf(language, own, reference, others = new Map()) {
  const problems = [];
  for (const key of reference.keys()) if (!own.has(key)) problems.push(`${language}: ${key} is missing`);
  for (const [key, value] of own) {
    const first = reference.get(key);
    if (first === undefined) {
      problems.push(`${language}: ${key} is not in English`);
      continue;
    }
    const wanted = places(first);
    const had = places(value);
    if (wanted.size !== had.size || [...wanted].some((place) => !had.has(place))) {
      problems.push(`${language}: ${key} has other placeholders than English (${[...wanted].sort().join(" ")})`);
    }
    if (texts(value).some((text) => text.trim() === "" || text !== text.trim())) problems.push(`${language}: ${key} is empty or has spaces around it`);
    if ((typeof value === "string") !== (typeof first === "string")) problems.push(`${language}: ${key} has plural forms and English has none, or the other way round`);
    if (typeof value !== "string") {
      const forms = pluralForms(language);
      for (const form of forms) if (!(form in value)) problems.push(`${language}: ${key} lacks the plural form "${form}"`);
      for (const form of Object.keys(value)) if (!forms.includes(form)) problems.push(`${language}: ${key} has a plural form "${form}" that the language does not know`);
    }
    for (const [pattern, fault] of TYPOGRAPHY[language] ?? []) if (texts(value).some((text) => pattern.test(text))) problems.push(`${language}: ${key} ${fault}`);
    const script = SCRIPTS[language];
    if (script && texts(value).some((text) => words(text).length > 0 && !script.test(text))) problems.push(`${language}: ${key} is not written in the language's letters`);
    for (const [other, all] of others) {
      const same = all.get(key);
      if (other !== language && same !== undefined && texts(value).some((text) => words(text).length > 3 && texts(same).includes(text))) {
        problems.push(`${language}: ${key} is still the text in "${other}"`);
      }
    }
  }
  return problems;
}

/** Keys that a source text names: whole, or by a prefix in a template (`a.b_${x}`). */
export function keysIn(text, known) {
  const used = new Set();
  for (const [, key] of text.matchAll(/["'`]([a-z]+(?:_[a-z]+)*\.[A-Za-z0-9_]+)["'`]/g)) if (known.has(key)) used.add(key);
  for (const [, literal] of text.matchAll(/`([a-z_]+\.[^`]*\$\{[^`]*)`/g)) {
    const pattern = new RegExp(`^${literal.replace(/\$\{[^}]*\}/g, "\u0000").replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("\u0000", "\\w+")}$`);
    for (const key of known) if (pattern.test(key)) used.add(key);
  }
  return used;
}

/** Sentences that no source text names. */
export const unused = (known, used) => [...known].filter((key) => !used.has(key)).map((key) => `${key} is used nowhere`);

/**
 * Sentences for people that stand in a source text instead of a catalogue: three words or more in a
 * literal. What an error carries for its technical detail is not for people, nor are comments.
 */
export function sentencesIn(text) {
  const found = [];
  for (const line of text.split("\n")) {
    if (/^\s*(\/\/|\*|\/\*|import |export .* from )|Error\(|console\.|matchMedia\(/.test(line)) continue;
    for (const [, , literal] of line.replace(/\s\/\/ .*$/, "").matchAll(/(["'`])((?:(?!\1).)*)\1/g)) {
      if (/(?:\p{L}{2,}[,.]? ){2,}\p{L}{2,}/u.test(literal) && /^\p{Lu}/u.test(literal)) found.push(literal);
    }
  }
  return found;
}
