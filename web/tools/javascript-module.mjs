// The voter's module as plain JavaScript, for browsers without WebAssembly: takes what wasm2js and
// wasm-bindgen wrote and makes one small script of it.
//
//   node tools/javascript-module.mjs PROGRAM.js GLUE.js OUT.js
import { readFileSync } from "node:fs";
import { rolldown } from "rolldown";

const [program, glue, out] = process.argv.slice(2);

/** wasm2js writes a module that runs at once; here the glue decides when, and with which imports. */
function programText() {
  const text = readFileSync(program, "utf8");
  const end = text.indexOf("\nvar retasmFunc = asmFunc(");
  const grown = "   buffer = newBuffer;\n";
  if (end < 0 || !text.includes(grown)) throw new Error(`${program} is not what wasm2js is known to write`);
  return text
    .slice(0, end)
    .replace(/^import .*$/gm, "")
    // Memory that grows leaves its old place detached, as WebAssembly does: the glue looks for that. The old place may have held secrets.
    .replace(grown, `   leave(buffer);\n${grown}`)
    .concat(`
function leave(old) {
  new Uint8Array(old).fill(0);
  const { port1 } = new MessageChannel();
  port1.postMessage(null, [old]);
  port1.close();
}
export default asmFunc;
`);
}

/** How many values of JavaScript the glue never forgets; the program asks for it. */
const STATICS = 1028;

/** The glue, with a stand-in for the two parts of WebAssembly that it uses. */
function glueText() {
  const text = readFileSync(glue, "utf8");
  if (!text.includes(`idx < ${STATICS}`)) throw new Error(`${glue} keeps another number of values for ever than ${STATICS}`);
  return `import program from "program";
const WebAssembly = {
  Module: class {},
  Instance: class {
    constructor(_, imports) {
      this.exports = program(imports);
    }
  },
};
${text}`;
}

const texts = {
  entry: () => `export * from "glue";\nimport { initSync } from "glue";\nexport const start = () => void initSync({ module: {} });`,
  glue: glueText,
  program: programText,
  __wbindgen_externref_xform__: () => `export const __wbindgen_externref_statics_end = () => ${STATICS};`,
};
const bundle = await rolldown({
  input: "entry",
  plugins: [{ name: "texts", resolveId: (id) => (id in texts ? id : null), load: (id) => texts[id]?.() ?? null }],
});
await bundle.write({ file: out, format: "es", minify: true, codeSplitting: false });
await bundle.close();
