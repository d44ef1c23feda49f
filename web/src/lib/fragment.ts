// What stands after `#`: never sent to a server, and taken out of the address bar at once, before
// anything is loaded, because it may hold a voting code.

export interface Fragment {
  election: string | null;
  slot: number | null;
  /** Voting code, receipt code or disclosed test ballot, depending on the page. */
  code: string | null;
}

/** Reads `ELECTION.SLOT.CODE`, each part after the first optional. Null if it is something else. */
export function parseFragment(hash: string): Fragment | null {
  const parts = hash.replace(/^#/, "").split(".");
  const [election = "", slot = "", code = ""] = parts.map((part) => part.trim());
  if (parts.length > 3) return null;
  if (!/^[A-Za-z0-9_-]{43}$/.test(election)) return null;
  if (slot !== "" && !/^[1-9][0-9]{0,9}$/.test(slot)) return null;
  return { election, slot: slot === "" ? null : Number(slot), code: code === "" ? null : code };
}

/** A whole link, or only its fragment, as pasted into a field. */
export function parseLink(text: string): Fragment | null {
  const hash = text.indexOf("#");
  return hash < 0 ? null : parseFragment(text.slice(hash));
}

/** Takes the fragment and leaves `#ELECTION.SLOT`, so that a reload finds its place but shows no code. */
export function takeFragment(): Fragment | null {
  const hash = location.hash;
  if (hash === "" || hash === "#") return null;
  const fragment = parseFragment(hash);
  history.replaceState(null, "", fragment ? `#${place(fragment)}` : location.pathname + location.search);
  return fragment;
}

function place(fragment: Fragment): string {
  return [fragment.election, fragment.slot].filter((part) => part !== null).join(".");
}
