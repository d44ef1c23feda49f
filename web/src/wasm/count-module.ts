// The large module in its worker: what tellers and auditors need besides.

import initialise, * as bindings from "../../../ballot-wasm/pkg/count/ballot_wasm.js";

import { makeLoader } from "./loader";

export const { instantiate, rust } = makeLoader(initialise, bindings);
