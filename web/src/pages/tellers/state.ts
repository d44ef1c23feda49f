// What the tellers' page knows. The secret key lives in the module's worker only.

import type { Shell } from "../../components/shell";
import type { Status } from "../../lib/api";
import type { BoxesOpened, CarriedHead, ElectionId, ElectionInfo, Isoloir, LogState, Teller } from "../../wasm/types";

export interface Ceremony {
  readonly shell: Shell;
  readonly isoloir: Isoloir;
  readonly info: ElectionInfo;
  readonly teller: Teller;
  /** On a machine without a network: the file that was carried to it. */
  readonly carried: CarriedHead | null;
  /** From the replay on this device: what counts. */
  log: LogState;
  /** From the server: who is ready; for information only. */
  status: Status | null;
  boxes: BoxesOpened | null;
  /** Another screen took over: timers of the old one stop. */
  turn: number;
}

export interface Setting {
  readonly shell: Shell;
  readonly isoloir: Isoloir;
  /** Null on a machine without a network, where the carried file says which. */
  readonly election: ElectionId | null;
}
