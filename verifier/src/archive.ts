// An archive (section 9): a folder, or a zip in which the files lie at the top or in one folder.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Invalid, type Bytes } from "./bytes.js";
import { readFiles } from "./zip.js";

export interface Archive {
  entries: Bytes;
  checkpoint: Bytes | undefined;
  /** Kept checkpoints by file name. */
  checkpoints: Map<string, Bytes>;
  /** Data of entries by file name, which should be their SHA-256. */
  data: Map<string, Bytes>;
}

const ENTRIES = "entries.bin";

/** Sorts files by their path inside the archive; unknown ones are ignored. */
export function archiveOf(files: Iterable<readonly [string, Bytes]>): Archive {
  const archive: Archive = { entries: new Uint8Array(0), checkpoint: undefined, checkpoints: new Map(), data: new Map() };
  let found = false;
  for (const [path, bytes] of files) {
    const [folder, name, ...deeper] = path.split("/");
    if (path === ENTRIES) [archive.entries, found] = [bytes, true];
    else if (path === "checkpoint") archive.checkpoint = bytes;
    else if (name && deeper.length === 0 && folder === "checkpoints") archive.checkpoints.set(name, bytes);
    else if (name && deeper.length === 0 && folder === "data") archive.data.set(name, bytes);
  }
  if (!found) throw new Invalid(`no ${ENTRIES} in the archive`);
  return archive;
}

export function readArchive(path: string): Archive {
  return statSync(path).isDirectory() ? archiveOf(readFolder(path)) : readZip(readFileSync(path));
}

function* readFolder(root: string): Generator<[string, Bytes]> {
  for (const folder of ["", "checkpoints", "data"]) {
    const place = join(root, folder);
    if (statSync(place, { throwIfNoEntry: false })?.isDirectory() !== true) continue;
    for (const file of readdirSync(place, { withFileTypes: true })) {
      if (!file.isDirectory()) yield [folder === "" ? file.name : `${folder}/${file.name}`, readFileSync(join(place, file.name))];
    }
  }
}

export function readZip(bytes: Bytes): Archive {
  const files = readFiles(bytes);
  const seen = new Set<string>();
  for (const [path] of files) {
    // Two files of one name could show different archives to different readers.
    if (seen.has(path)) throw new Invalid(`the zip has two files ${JSON.stringify(path)}`);
    seen.add(path);
  }
  const entries = [...seen].filter((path) => path === ENTRIES || /^[^/]+\/entries\.bin$/.test(path));
  if (entries.length > 1) throw new Invalid("the zip holds two archives");
  const prefix = entries[0]?.slice(0, -ENTRIES.length) ?? "";
  return archiveOf(files.filter(([path]) => path.startsWith(prefix)).map(([path, content]) => [path.slice(prefix.length), content]));
}
