// Small parts shared by the pages.

import { h, svg, type Child } from "../lib/dom";
import { direction, electionText, formatElectionTime, formatSpan, formatTime, t, tx, type Key } from "../lib/i18n";

export type Tone = "info" | "ok" | "warn" | "bad";

/** A note: what is the case, and what to do. */
export function note(tone: Tone, what: Child, ...rest: Child[]): HTMLElement {
  return h("div", { class: `note ${tone}`, role: tone === "bad" ? "alert" : null },
    h("p", { class: "what" }, what), rest.map((part) => (typeof part === "string" ? h("p", null, part) : part)));
}

/** Announces a result with its sign: never by colour alone. */
export function verdict(tone: Tone, heading: Child, ...rest: Child[]): HTMLElement {
  return h("div", { class: "verdict" }, icon(tone), h("div", null, h("h1", null, heading), rest));
}

export function icon(tone: Tone | "none"): SVGSVGElement {
  const ink = tone === "ok" ? "ok-ink" : tone === "bad" ? "bad-ink" : tone === "warn" ? "warn-ink" : "muted";
  const stroke = { fill: "none", stroke: "currentColor", "stroke-width": 2.2, "stroke-linecap": "round", "stroke-linejoin": "round" };
  const shape =
    tone === "ok" ? [svg("circle", { cx: 12, cy: 12, r: 10, ...stroke }), svg("path", { d: "m7.5 12.5 3 3 6-6.5", ...stroke })]
    : tone === "none" ? [svg("circle", { cx: 12, cy: 12, r: 10, ...stroke, "stroke-dasharray": "2 4" })]
    : tone === "bad" ? [svg("path", { d: "M8 2h8l6 6v8l-6 6H8l-6-6V8z", ...stroke }), svg("path", { d: "m8.5 8.5 7 7m0-7-7 7", ...stroke })]
    : [svg("path", { d: "M12 3 22 21H2z", ...stroke }), svg("path", { d: "M12 10v5m0 2.6v.1", ...stroke })];
  return svg("svg", { viewBox: "0 0 24 24", class: ink, "aria-hidden": "true", focusable: "false" }, shape);
}

/** Text of the election in the reader's language, marked with its own language and direction. */
export function own(text: Record<string, string>): HTMLElement {
  const found = electionText(text);
  return h("span", { lang: found.lang, dir: direction(found.lang) }, found.text);
}

/** What people wrote (names, notices): in a language that is not known, so its direction follows its letters. */
export const written = (text: string): HTMLElement => h("bdi", null, text);

/** A time in the reader's zone, with the election's (else UTC) behind it. */
export function when(ms: number): HTMLElement {
  const there = formatElectionTime(ms);
  return h("time", { datetime: new Date(ms).toISOString() }, formatTime(ms), there === null ? null : [" (", h("bdi", null, there), ")"]);
}

/** A code in groups of four, each group kept whole, read as one text by screen readers and copied with hyphens. */
export function groups(code: string, size: boolean | "huge" = false): HTMLElement {
  const parts = code.split("-");
  return h("span", { class: size === "huge" ? "groups big huge" : size ? "groups big" : "groups", translate: "no", dir: "ltr", "data-code": code },
    parts.map((part, i) => h("span", null, i + 1 < parts.length ? [part, h("span", { class: "visually-hidden" }, "-")] : part)));
}

/** A button. `primary` for the one main action of a screen. */
export function button(label: Child, onClick: () => void | Promise<void>, kind: "primary" | "plain" | "quiet" | "compact" = "plain", testId?: string): HTMLButtonElement {
  const element = h("button", { type: "button", class: kind === "plain" ? undefined : kind, "data-testid": testId }, label);
  element.addEventListener("click", () => void once(element, onClick));
  return element;
}

/** Runs an action once at a time: a second click does nothing while the first is at work. */
export async function once(element: HTMLElement, action: () => void | Promise<void>): Promise<void> {
  if (element.getAttribute("aria-disabled") === "true") return;
  element.setAttribute("aria-disabled", "true");
  try {
    await action();
  } finally {
    element.removeAttribute("aria-disabled");
  }
}

/** Where the voter stands: said in words, drawn as dashes. */
export function steps(step: number, of: number, name: string): HTMLElement {
  return h("div", { class: "steps", "data-testid": "step" },
    h("ol", { "aria-hidden": "true" }, Array.from({ length: of }, (_, i) => h("li", { class: i < step ? "done" : undefined }))),
    h("span", null, t("common.step", { step, of, name })));
}

/** A screen that waits. The heading is announced by the focus, later news by the status region. */
export function working(heading: string, ...rest: Child[]): HTMLElement {
  return h("div", null, h("div", { class: "working" }, h("div", { class: "spinner", "aria-hidden": "true" }), h("h1", null, heading)), rest);
}

/** Facts as a list of terms. */
export function facts(rows: readonly (readonly [Child, Child] | null)[], two = false): HTMLElement {
  return h("dl", { class: two ? "facts two" : "facts" },
    rows.filter((row) => row !== null).map(([term, value]) => h("div", null, h("dt", null, term), h("dd", null, value))));
}

/** A labelled field with its hint and its error, tied together for assistive technology. */
export function field(options: {
  id: string;
  label: Child;
  hint?: Child;
  error?: Child;
  input: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
}): HTMLElement {
  const { id, input } = options;
  input.id = id;
  const described: string[] = [];
  if (options.hint) described.push(`${id}-hint`);
  if (options.error) {
    described.push(`${id}-error`);
    input.setAttribute("aria-invalid", "true");
  }
  if (described.length) input.setAttribute("aria-describedby", described.join(" "));
  return h("div", { class: "field" },
    h("label", { for: id }, options.label),
    options.hint ? h("span", { class: "hint", id: `${id}-hint` }, options.hint) : null,
    options.error ? h("span", { class: "error", id: `${id}-error` }, options.error) : null,
    input);
}

/** The errors of a form, linked to their fields; it takes the focus when it appears. */
export function errorSummary(errors: readonly { id: string; text: string }[]): HTMLElement | null {
  if (errors.length === 0) return null;
  return h("div", { class: "note bad", role: "alert", tabindex: -1, "data-testid": "errors" },
    h("p", { class: "what" }, t("common.errors", { count: errors.length })),
    h("ul", null, errors.map((error) => h("li", null,
      h("a", {
        href: `#${error.id}`,
        on: {
          click: (event) => {
            event.preventDefault();
            document.getElementById(error.id)?.focus();
          },
        },
      }, error.text)))));
}

/** A form that never leaves the page. */
export function form(submit: () => void | Promise<void>, ...children: Child[]): HTMLFormElement {
  const element = h("form", { novalidate: true }, children);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    void once(element, submit);
  });
  return element;
}

/** How long until a time, by the server's clock, in words; null once it is over. */
export const untilText = (ms: number, now: number): string | null => (ms > now ? formatSpan(ms - now) : null);

/** "Opens on …" and its like: a sentence around a time. */
export const withTime = (key: Key, ms: number): (Node | string)[] => tx(key, { time: when(ms) });

/** A horizontal bar of a share of one. The number itself stands beside it in text. */
export function bar(share: number): SVGSVGElement {
  const width = Math.max(0, Math.min(1, share)) * 100;
  return svg("svg", { class: "bar", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
    svg("rect", { class: "rest", width: 100, height: 4 }), svg("rect", { width, height: 4 }));
}

/** Progress of long work: bar and words; `update` moves it. */
export function progressBar(label: string): { element: HTMLElement; update: (done: number, total: number, text?: string) => void } {
  const meter = h("progress", { max: 1, value: 0, "aria-label": label });
  const words = h("p", { class: "muted", "data-testid": "progress" }, label);
  return {
    element: h("div", null, meter, words),
    update(done, total, text) {
      meter.max = Math.max(1, total);
      meter.value = done;
      words.textContent = text ?? label;
    },
  };
}
