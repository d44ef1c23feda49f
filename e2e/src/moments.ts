// How a moment is told: by the voter's clock, with the name of its zone, and by the election's. REQ U8

/** Montréal's zone, by the name that all browsers have a word for. */
export const ZONE = "America/Toronto";

/** In French, to a voter there. */
export const TOLD = / \d{2}:\d{2} heure de l’Est nord-américain \(.*\d{2}:\d{2} UTC\)$/;

/** Where a page tells this moment. */
export const told = (moment: number): string => `main time[datetime="${new Date(moment).toISOString()}"]`;
