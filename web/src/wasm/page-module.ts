// The small module on the page itself: address, files, storage. Only what is named here is bundled.

import initialise, {
  Scope,
  download,
  forget,
  forgetPending,
  keep,
  kept,
  listPending,
  loadPending,
  readFile,
  savePending,
  storageWorks,
  takeFragment,
  version,
} from "../../../ballot-wasm/pkg/voter/ballot_wasm.js";

import { makeLoader } from "./loader";

export const { instantiate, rust } = makeLoader(initialise, {
  Scope,
  download,
  forget,
  forgetPending,
  keep,
  kept,
  listPending,
  loadPending,
  readFile,
  savePending,
  storageWorks,
  takeFragment,
  version,
});
