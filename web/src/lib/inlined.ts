// The page as one file, opened from a disk: what it would load lies inside it, as blocks of base64
// that the build wrote there (tools/single.mjs). Nothing is fetched, and its policy forbids it.

/** Whether this page is the one file. */
export const inOneFile = (): boolean => typeof document !== "undefined" && document.querySelector("meta[name=isoloir-file]") !== null;

/** What lies under an address of the online page, or null where it is to be fetched. */
export function inlined(path: string): Uint8Array<ArrayBuffer> | null {
  if (!inOneFile()) return null;
  const block = document.querySelector(`script[data-path="${CSS.escape(path)}"]`);
  return block?.textContent ? Uint8Array.from(atob(block.textContent), (character) => character.charCodeAt(0)) : null;
}
