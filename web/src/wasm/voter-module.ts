// The small module in its worker: codes, ballots, receipts, tests.

import initialise, * as bindings from "../../../ballot-wasm/pkg/voter/ballot_wasm.js";

import { makeLoader } from "./loader";

export const { instantiate, rust } = makeLoader(initialise, bindings);
