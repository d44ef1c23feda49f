// Where the two modules are, and the voter's as a script.

export { default as countUrl } from "../../../ballot-wasm/pkg/count/ballot_wasm_bg.wasm?url";
export { default as voterScript } from "../../../ballot-wasm/pkg/voter-js/ballot_wasm.js?url";
export { default as voterUrl } from "../../../ballot-wasm/pkg/voter/ballot_wasm_bg.wasm?url";
