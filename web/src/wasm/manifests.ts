// Manifests by election, downloaded once; only bytes that hash to the id are kept.

import { getBytes, steadily } from "./http";
import type { ElectionInfo } from "./types";

export class Manifests {
  readonly #base: string;
  readonly #check: (id: string, bytes: Uint8Array) => ElectionInfo;
  readonly #known = new Map<string, Uint8Array>();

  /** `check` throws unless the bytes hash to the id. */
  constructor(base: string, check: (id: string, bytes: Uint8Array) => ElectionInfo) {
    this.#base = base;
    this.#check = check;
  }

  async bytes(id: string, signal: AbortSignal): Promise<Uint8Array> {
    const known = this.#known.get(id);
    if (known) return known;
    const bytes = await steadily(() => getBytes(`${this.#base}/api/elections/${encodeURIComponent(id)}/manifest`, signal, true), signal);
    this.take(id, bytes);
    return bytes;
  }

  async info(id: string, signal: AbortSignal): Promise<ElectionInfo> {
    return this.#check(id, await this.bytes(id, signal));
  }

  take(id: string, bytes: Uint8Array): ElectionInfo {
    const info = this.#check(id, bytes);
    this.#known.set(id, bytes);
    return info;
  }
}
