// Archives from any server that lets others read: this one, another, a mirror, a witness. Only the audit page may ask elsewhere.

import { Problem, Unreachable } from "./api";
import { parseLink } from "./fragment";
import { patientFetch } from "./patience";

/** Where an archive is to be fetched. */
export interface Remote {
  server: string;
  /** Null where the address names none: then the server must have one only. */
  election: string | null;
}

/** A server with several elections, at an address that names none. */
export class Several extends Error {}

/** An address, or the link of any page of an election there. Null if it is neither. */
export function parseRemote(text: string): Remote | null {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return null;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  return { server: url.origin, election: parseLink(text)?.election ?? null };
}

async function ask(url: string, signal: AbortSignal): Promise<Response> {
  let answer: Response;
  try {
    answer = await patientFetch(url, { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Unreachable(navigator.onLine === false ? "offline" : "network");
  }
  if (!answer.ok) throw new Problem(answer.status, "", {}, null);
  return answer;
}

/** Downloads a whole archive; `received` hears of the bytes so far. */
export async function fetchArchive({ server, election }: Remote, signal: AbortSignal, received: (bytes: number) => void): Promise<Blob> {
  const id = election ?? (await onlyElection(server, signal));
  const answer = await ask(`${server}/api/elections/${id}/archive.zip`, signal);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const reader = answer.body?.getReader();
  try {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      parts.push(part.value as Uint8Array<ArrayBuffer>);
      received((bytes += part.value.length));
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Unreachable("network");
  }
  return new Blob(parts);
}

async function onlyElection(server: string, signal: AbortSignal): Promise<string> {
  const list: unknown = await (await ask(`${server}/api/elections`, signal)).json().catch(() => null);
  const ids = Array.isArray(list) ? list.map((each: { id?: unknown } | null) => each?.id) : [];
  if (ids.length !== 1 || typeof ids[0] !== "string") throw new Several();
  return ids[0];
}
