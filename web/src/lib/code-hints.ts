// Where in a code, as the voter sees it, something is: codes are read in groups of four.

export interface Place {
  /** From 1. */
  group: number;
  place: number;
}

/** Group and place of a symbol's position (from 1, spaces and hyphens not counted). */
export const placeOf = (position: number): Place => ({ group: Math.floor((position - 1) / 4) + 1, place: ((position - 1) % 4) + 1 });

/** The symbol typed at a position, as typed. */
export const symbolAt = (typed: string, position: number): string => [...typed.replace(/[\s-]/g, "")][position - 1]?.toUpperCase() ?? "";

/** The one group that is too short or too long, if the code was typed in four groups and it stands out. */
export function oddGroup(typed: string): { group: number; found: number } | null {
  const groups = typed.trim().split(/[\s-]+/).filter((group) => group !== "");
  if (groups.length !== 4) return null;
  const odd = groups.map((group, i) => ({ group: i + 1, found: group.length })).filter(({ found }) => found !== 4);
  return odd.length === 1 ? (odd[0] ?? null) : null;
}
