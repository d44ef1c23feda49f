import type { IsoloirError } from "./types";

/** What every call of this module throws: facts in `error`, no sentence; the catalogues hold those. */
export class IsoloirFailure extends Error {
  readonly error: IsoloirError;

  constructor(error: IsoloirError) {
    super(error.kind);
    this.name = "IsoloirFailure";
    this.error = error;
  }
}

/** The Rust module throws plain `{kind, …}` objects; anything else means that it stopped (a trap, no memory). */
export function toError(thrown: unknown): IsoloirError {
  if (thrown instanceof IsoloirFailure) return thrown.error;
  if (thrown instanceof DOMException && thrown.name === "AbortError") return { kind: "cancelled" };
  if (typeof thrown === "object" && thrown !== null && "kind" in thrown) return thrown as IsoloirError;
  return { kind: "crashed" };
}
