// The frame of every page: header with mark and language, one main part that holds one screen at a
// time, footer. Changing the language draws the same screen again and keeps what was typed.

import { append, fill, h, svg, type Child } from "../lib/dom";
import { inOneFile } from "../lib/inlined";
import { currentLook, startLook } from "../lib/look";
import { build } from "../lib/sealed";
import { LANGUAGE_NAMES, direction, language, languages, startLanguages, t, useLanguage, withLanguage, type Catalogues, type Key } from "../lib/i18n";

export interface Screen {
  /** Name of the screen in the browser's title; the page's name follows it. */
  title?: () => string;
  /** Draws it; called again when the language changes. */
  render: () => Child;
}

export interface Shell {
  /** Shows a screen, moves the focus to its heading and the view to the top. */
  show(screen: Screen): void;
  /** Shows a screen in the place of one that asks for the same: focus, view and what was typed stay. */
  replace(screen: Screen): void;
  /** Draws the present screen again where it stands. */
  redraw(): void;
  /** Says something to screen readers without moving the focus. */
  announce(text: string): void;
  /** Election whose links the footer offers. */
  setElection(election: string | null): void;
  readonly main: HTMLElement;
}

export interface PageSetup {
  catalogues: Catalogues;
  /** The page's own name. */
  name: Key;
  wide?: boolean;
}

/** Loads the language and draws the frame. */
export async function startPage(setup: PageSetup): Promise<Shell> {
  await Promise.all([startLanguages(setup.catalogues), startLook()]);
  const header = h("header", { class: "top" });
  const main = h("main", { id: "main", tabindex: -1 });
  const footer = h("footer", { class: "foot" });
  const status = h("div", { role: "status", class: "visually-hidden", "data-testid": "status" });
  const skip = h("a", { class: "skip", href: "#main", on: { click: (event) => skipToMain(event, main) } });
  let election: string | null = null;
  let screen: Screen = { render: () => null };

  const frame = (): void => {
    skip.textContent = t("common.skip");
    fill(header, h("div", { class: "house" }, brand(), organiser()), languageMenu(setup.catalogues, () => {
      frame();
      keepingInputs(main, draw);
    }));
    fill(footer, links(election));
  };
  const draw = (): void => {
    const parts = [screen.title?.(), t(setup.name), "Isoloir"].filter((part, i, all) => part && all.indexOf(part) === i);
    document.title = parts.join(" – ");
    fill(main, screen.render());
  };

  frame();
  document.body.classList.toggle("wide", setup.wide === true);
  document.body.replaceChildren(skip, header, main, footer, status);
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const address = link?.href ? withLanguage(link.href) : "";
    if (link && address !== link.href) link.href = address;
  }, { capture: true });
  return {
    main,
    show(next) {
      screen = next;
      draw();
      scrollTo(0, 0);
      const heading = main.querySelector("h1");
      heading?.setAttribute("tabindex", "-1");
      // A form that comes back with errors begins at their summary.
      const errors = main.querySelector<HTMLElement>("[data-testid=errors]");
      if (errors) errors.focus();
      else heading?.focus({ preventScroll: true });
    },
    replace(next) {
      screen = next;
      keepingInputs(main, draw);
    },
    redraw: () => keepingInputs(main, draw),
    announce(text) {
      if (status.textContent !== text) status.textContent = text;
    },
    setElection(next) {
      election = next;
      frame();
    },
  };
}

function skipToMain(event: Event, main: HTMLElement): void {
  // The fragment belongs to the election: following it as a link would overwrite it.
  event.preventDefault();
  (main.querySelector<HTMLElement>("h1") ?? main).focus();
}

/** The booth with its curtain half drawn. */
export function mark(): SVGSVGElement {
  return svg("svg", { viewBox: "0 0 32 32", "aria-hidden": "true", focusable: "false" },
    svg("rect", { class: "mark-frame", width: 32, height: 32, rx: 7 }),
    svg("path", { class: "mark-rail", d: "M6 7.5h20", "stroke-width": 2.4, "stroke-linecap": "round" }),
    svg("path", { class: "mark-left", d: "M8 9h8.2c0 7-2 12.6-8.2 16z" }),
    svg("path", { class: "mark-right", d: "M24 9h-7.4c0 7 1.8 12.6 7.4 16z" }));
}

function brand(): HTMLElement {
  return inOneFile() ? h("span", { class: "brand" }, mark(), "Isoloir") : h("a", { class: "brand", href: "/" }, mark(), "Isoloir");
}

/** Whose elections these are, where the server says so. */
function organiser(): HTMLElement | null {
  const { name, logo } = currentLook();
  if (!name) return null;
  return h("span", { class: "organiser", "data-testid": "organiser" }, logo ? h("img", { src: "/api/look/logo", alt: name, height: 35 }) : name);
}

function languageMenu(catalogues: Catalogues, changed: () => void): HTMLElement {
  const select = h("select", {
    id: "language",
    "data-testid": "language",
    on: {
      change: () => {
        useLanguage(catalogues, select.value, true).then(() => {
          changed();
          document.getElementById("language")?.focus();
        }).catch(() => {
          // Not loaded, for want of a connection: the page stays as it is, and the menu says so.
          select.value = language();
        });
      },
    },
  });
  for (const code of languages()) {
    select.append(h("option", { value: code, lang: code, dir: direction(code), selected: code === language() }, LANGUAGE_NAMES[code] ?? code));
  }
  return h("div", { class: "language no-print" }, h("label", { for: "language", class: "visually-hidden" }, t("common.language")), select);
}

function links(election: string | null): HTMLElement | null {
  // From a file there is nowhere to go.
  if (inOneFile()) return null;
  const hash = election ? `#${election}` : "";
  const items: [string, Key][] = [
    [`/vote/${hash}`, "common.link_vote"],
    [`/check/${hash}`, "common.link_check"],
    [`/device/${hash}`, "common.link_device"],
    [`/test/${hash}`, "common.link_test"],
    [`/results/${hash}`, "common.link_results"],
    [`/audit/${hash}`, "common.link_audit"],
    [`/witness/${hash}`, "common.link_witness"],
    [`/tellers/${hash}`, "common.link_tellers"],
    [`/organiser/${hash}`, "common.link_organiser"],
    ["/status/", "common.link_status"],
    ["/accessibility/", "common.link_accessibility"],
  ];
  const list = h("ul");
  append(list, items.map(([href, key]) => h("li", null, h("a", { href }, t(key)))));
  const release = build();
  return h("div", null, h("nav", { "aria-label": t("common.all_pages") }, list),
    release === null ? null : h("p", { class: "small" }, t("common.build"), " ", h("a", { class: "mono", href: "/hashes.txt", "data-testid": "build" }, release.slice(0, 16))));
}

/** Draws anew and puts back what stood in fields (by id), the open details and the focus. */
function keepingInputs(main: HTMLElement, draw: () => void): void {
  const fields = () => main.querySelectorAll<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>("input[id], textarea[id], select[id]");
  const before = new Map<string, { value: string; checked: boolean; files: FileList | null }>();
  for (const field of fields()) {
    const input = field instanceof HTMLInputElement ? field : null;
    before.set(field.id, { value: field.value, checked: input?.checked ?? false, files: input?.files ?? null });
  }
  const open = new Set([...main.querySelectorAll<HTMLDetailsElement>("details[id][open]")].map((d) => d.id));
  const focused = document.activeElement?.id;
  const onHeading = document.activeElement !== null && document.activeElement === main.querySelector("h1");
  draw();
  // The heading can be focused in every screen, and has no id.
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  if (onHeading) heading?.focus({ preventScroll: true });
  for (const field of fields()) {
    const kept = before.get(field.id);
    if (!kept) continue;
    if (field instanceof HTMLInputElement && field.type === "file") {
      if (kept.files?.length) field.files = kept.files;
    } else if (field instanceof HTMLInputElement && (field.type === "radio" || field.type === "checkbox")) field.checked = kept.checked;
    else field.value = kept.value;
  }
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}
