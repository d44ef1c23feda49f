// What the witness's page knows. The key lives in the module's worker only.

import type { Shell } from "../../components/shell";
import type { ElectionId, Isoloir, WitnessKey } from "../../wasm/types";

export interface Desk {
  readonly shell: Shell;
  readonly isoloir: Isoloir;
  /** The election of the page's link. */
  readonly linked: ElectionId | null;
}

/** The passphrase stays in this tab, as a voter's codes do, so that a reload, or a tab that the browser put to sleep, goes on by itself. */
const PASSPHRASE = "witness.passphrase";

export const keepPassphrase = ({ isoloir }: Desk, key: WitnessKey, passphrase: string): boolean =>
  isoloir.page.keep("tab", PASSPHRASE, `${key.fingerprint}\n${passphrase}`);

export function keptPassphrase({ isoloir }: Desk, key: WitnessKey): string | null {
  const kept = isoloir.page.kept("tab", PASSPHRASE);
  const own = `${key.fingerprint}\n`;
  return kept?.startsWith(own) ? kept.slice(own.length) : null;
}

export const forgetPassphrase = ({ isoloir }: Desk): void => isoloir.page.forget("tab", PASSPHRASE);
