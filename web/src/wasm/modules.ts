// Where the two modules are.

export { default as countUrl } from "../../../ballot-wasm/pkg/count/ballot_wasm_bg.wasm?url";
export { default as voterUrl } from "../../../ballot-wasm/pkg/voter/ballot_wasm_bg.wasm?url";
