// Files that the reader gives: chosen one by one, as a folder, or dropped on the field.

import { fill, h } from "../lib/dom";
import { t } from "../lib/i18n";
import type { NamedFile } from "../wasm/types";
import { button } from "./parts";

/** How far below a folder files are looked for. */
const DEEPEST = 4;

export interface FilePicker {
  /** Draws the field, in the language of now, around what was chosen. */
  draw(): HTMLElement;
  /** What was given; the names of files in a folder are paths with `/`. */
  files(): readonly NamedFile[];
  focus(): void;
}

export interface FilePickerOptions {
  id: string;
  label: () => string;
  hint?: () => string;
  accept: string;
  /** What comes later is added to what was there. */
  many?: boolean;
  /** Whole folders too. */
  folders?: boolean;
}

/** A field for files. */
export function filePicker({ id, label, hint, accept, many = false, folders = false }: FilePickerOptions): FilePicker {
  let given: NamedFile[] = [];
  const input = h("input", { type: "file", id, accept, multiple: many, "aria-describedby": hint ? `${id}-hint` : null });
  const folder = folders ? h("input", { type: "file", id: `${id}-folder`, webkitdirectory: true }) : null;
  const told = h("div", { role: "status", "data-testid": `${id}-given` });

  function tell(): void {
    const [only] = given;
    fill(told, only === undefined ? null : [
      h("p", { class: "small muted" }, given.length === 1 ? t("files.one", { name: only.name }) : t("files.many", { count: given.length })),
      button(t("files.forget"), () => use([]), "quiet"),
    ]);
  }
  function use(files: readonly NamedFile[]): void {
    given = many && files.length > 0 ? [...given, ...files] : [...files];
    // The next choice of the same files is a change again.
    for (const each of [input, folder]) if (each && given.length === 0) each.value = "";
    tell();
  }
  for (const each of [input, folder]) {
    each?.addEventListener("change", () => {
      const chosen = [...(each.files ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, content: file }));
      // A dialogue that was left without a choice takes nothing back.
      if (chosen.length > 0) use(each === folder ? inOrder(chosen) : chosen);
    });
  }
  function drop(event: DragEvent): void {
    event.preventDefault();
    // Entries must be asked for before the event is over.
    const dropped = [...(event.dataTransfer?.items ?? [])].map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
    void Promise.all(dropped.map(({ entry, file }) => (entry ? within(entry, DEEPEST) : file ? [{ name: file.name, content: file }] : [])))
      .then((found) => use(inOrder(found.flat())));
  }

  return {
    draw: () => {
      tell();
      const zone = h("div", { class: "field drop", "data-testid": `${id}-drop` },
        h("label", { for: id }, label()),
        hint ? h("span", { class: "hint", id: `${id}-hint` }, hint()) : null,
        input,
        folder ? [h("label", { for: folder.id }, t("files.folder")), folder] : null,
        told);
      const over = (is: boolean): void => void zone.classList.toggle("over", is);
      zone.addEventListener("dragover", (event) => {
        event.preventDefault();
        over(true);
      });
      zone.addEventListener("dragleave", () => over(false));
      zone.addEventListener("drop", (event) => {
        over(false);
        drop(event);
      });
      return zone;
    },
    files: () => given,
    focus: () => input.focus(),
  };
}

/** By name, as the command takes a folder: the same order on every machine. */
const inOrder = (files: readonly NamedFile[]): NamedFile[] => [...files].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

/** The files of a folder and of those in it, by path. */
async function within(entry: FileSystemEntry, deep: number): Promise<NamedFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ name: entry.fullPath.replace(/^\//, ""), content: file }];
  }
  if (!entry.isDirectory || deep === 0) return [];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FileSystemEntry[] = [];
  // Browsers give a folder in parts, the last of them empty.
  for (let part: FileSystemEntry[] = []; (part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))).length > 0;) found.push(...part);
  return (await Promise.all(found.map((each) => within(each, deep - 1)))).flat();
}
