// The small files that go between a machine without a network and the one that sends for it.

import type { ElectionId } from "../../wasm/types";

/** As `isoloir teller send` reads it. */
const ENTRY = "isoloir/entry-1";
const TICKETS = "isoloir/tickets-1";

export const entryFile = (election: ElectionId, entry: Uint8Array): string => JSON.stringify({ format: ENTRY, election, entry: toBase64(entry) });
export const ticketFile = (election: ElectionId, tickets: Uint8Array): string => JSON.stringify({ format: TICKETS, election, tickets: toBase64(tickets) });

/** The entry of a file; null where it is no such file, or one of another election. */
export const entryFrom = (text: string, election: ElectionId): Uint8Array | null => bytesFrom(text, ENTRY, election, "entry");
/** As `entryFrom`, for requests. */
export const ticketsFrom = (text: string, election: ElectionId): Uint8Array | null => bytesFrom(text, TICKETS, election, "tickets");

function bytesFrom(text: string, format: string, election: ElectionId, name: string): Uint8Array | null {
  try {
    const file = JSON.parse(text) as Record<string, unknown>;
    const content = file[name];
    if (file["format"] !== format || file["election"] !== election || typeof content !== "string" || content === "") return null;
    return Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/** Piece by piece: a report of many complaints has more bytes than a call takes arguments. */
function toBase64(bytes: Uint8Array): string {
  const PIECE = 3 * 2 ** 12;
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) text += btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE)));
  return text;
}
