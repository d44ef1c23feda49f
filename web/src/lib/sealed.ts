// The hashes of what a page loads later than its own tags: the build writes them into the page as
// `<link rel="sealed">` (tools/release.mjs), so that the page's own hash stands for all of it.

const sealed = (selector: string): HTMLLinkElement | null => document.querySelector<HTMLLinkElement>(`link[rel=sealed]${selector}`);

/** The hash of a file as `fetch` takes it; empty, which is no check, where the page names none (while developing, in a page that is a file). */
export function integrityOf(path: string): string {
  return sealed(`[href="${CSS.escape(path)}"]`)?.integrity ?? "";
}

/** Fetches a language's sentences by their hash, before the script that asks for them: browsers run only what they fetched this way. */
export function preloadLanguage(language: string): void {
  const found = sealed(`[data-language=${CSS.escape(language)}]`);
  if (!found) return;
  const link = document.createElement("link");
  link.rel = "modulepreload";
  link.crossOrigin = "";
  link.integrity = found.integrity;
  link.href = found.getAttribute("href") ?? "";
  document.head.append(link);
  found.remove();
}

/** SHA-256 (hex) of the tellers' page in one file, where the build made it. */
export const singleHash = (): string | null => document.querySelector<HTMLMetaElement>("meta[name=single]")?.content ?? null;

/** The hash that names this build of the pages, if it was built. */
export const build = (): string | null => document.querySelector<HTMLMetaElement>("meta[name=build]")?.content ?? null;
