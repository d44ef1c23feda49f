// Headless Chromium over a pipe, with nothing switched on that costs memory in its pages: tools that drive browsers for tests have it
// keep the answers to all requests for whoever wants to look at them, a hundred megabytes and more in the very process that is measured.
// @ts-check

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--remote-debugging-pipe",
];
const LOOK_EVERY_MS = 50;
/** What is not measured takes seconds. */
const STEP_MS = 60_000;

/** A browser with one page. */
export class Chromium {
  #next = 1;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();
  #profile = mkdtempSync(join(tmpdir(), "isoloir-bench-"));
  /** @type {string | undefined} */
  #page;

  constructor() {
    const program = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
    this.process = spawn(program, [...FLAGS, `--user-data-dir=${this.#profile}`], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    let begun = "";
    this.process.stdio[4]?.on("data", (/** @type {Buffer} */ piece) => {
      const messages = (begun + piece.toString()).split("\0");
      begun = messages.pop() ?? "";
      for (const message of messages) this.#take(JSON.parse(message));
    });
  }

  /** @param {{ id?: number, result?: unknown, error?: { message: string } }} message */
  #take({ id, result, error }) {
    const waiting = this.#waiting.get(id ?? 0);
    this.#waiting.delete(id ?? 0);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);
  }

  /** @param {string} method @param {object} [params] @param {string} [sessionId] @returns {Promise<any>} */
  ask(method, params = {}, sessionId) {
    const id = this.#next++;
    /** @type {import("node:stream").Writable} */ (this.process.stdio[3]).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** @param {string} url */
  async open(url) {
    const { targetId } = await this.ask("Target.createTarget", { url: "about:blank" });
    this.#page = (await this.ask("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    await this.ask("Page.navigate", { url }, this.#page);
  }

  /** What an expression is in the page. @param {string} expression @returns {Promise<any>} */
  async value(expression) {
    const { result, exceptionDetails } = await this.ask("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, this.#page);
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  }

  /** Waits until an expression is true in the page. @param {string} expression @param {number} [patience] */
  async until(expression, patience = STEP_MS) {
    const began = performance.now();
    while (!(await this.value(expression))) {
      if (performance.now() - began > patience) throw new Error(`never true: ${expression}\n${await this.value("document.body.innerText")}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** @param {string} selector @param {number} [patience] */
  async see(selector, patience) {
    await this.until(`document.querySelector(${JSON.stringify(selector)}) !== null`, patience);
  }

  /** @param {string} selector */
  async press(selector) {
    await this.see(selector);
    await this.value(`document.querySelectorAll(${JSON.stringify(selector)}).forEach((each) => each.click())`);
  }

  /** @param {string} selector @param {string} text */
  async fill(selector, text) {
    await this.value(`{ const field = document.querySelector(${JSON.stringify(selector)}); field.value = ${JSON.stringify(text)};
      field.dispatchEvent(new Event("input", { bubbles: true })); field.dispatchEvent(new Event("change", { bubbles: true })); }`);
  }

  /** @param {string} selector @param {string} path */
  async choose(selector, path) {
    const { result } = await this.ask("Runtime.evaluate", { expression: `document.querySelector(${JSON.stringify(selector)})` }, this.#page);
    await this.ask("DOM.setFileInputFiles", { files: [path], objectId: result.objectId }, this.#page);
  }

  async close() {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    await this.ask("Browser.close");
    await ended;
    rmSync(this.#profile, { recursive: true, force: true });
  }
}
