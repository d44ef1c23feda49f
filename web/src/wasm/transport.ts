// How requests leave: to the server, or, on a machine without a network, into a file that was carried
// there by hand (carried.ts). The one place where the two differ.

import { patientFetch } from "../lib/patience";

/** As `fetch`. */
export type Ask = (path: string, init: RequestInit) => Promise<Response>;

let present: Ask = patientFetch;

export const ask: Ask = (path, init) => present(path, init);

/** From now on requests of this worker go through `next`, which is given what they went through before. */
export function through(next: (before: Ask) => Ask): void {
  present = next(present);
}
