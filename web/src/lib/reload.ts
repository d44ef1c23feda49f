/** A second link opened in the same tab changes only the fragment: the page starts again with it. */
export function reloadOnNewLink(): void {
  addEventListener("hashchange", () => location.reload());
}
