// Other browsers than Chromium, driven without their vendors' tools: Firefox by WebDriver BiDi, which it speaks
// itself, and WebKit by the WebDriver of its GTK port. A page is looked at and acted upon by functions run in it.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { expect } from "@playwright/test";

const FIREFOX = process.env["FIREFOX"] ?? "/usr/bin/firefox-esr";
const WEBKIT_DRIVER = process.env["WEBKIT_DRIVER"] ?? "/usr/bin/WebKitWebDriver";
const XVFB = process.env["XVFB"] ?? "/usr/bin/Xvfb";
const MINI_BROWSERS = ["x86_64", "aarch64"].map((kind) => `/usr/lib/${kind}-linux-gnu/webkit2gtk-4.1/MiniBrowser`);

/** One page of one browser. */
export abstract class Engine {
  readonly #children: ChildProcess[] = [];
  readonly #home = mkdtempSync(join(tmpdir(), "isoloir-engine-"));

  abstract load(url: string): Promise<void>;
  abstract reload(): Promise<void>;
  /** The value of an expression, which is text. */
  protected abstract evaluate(expression: string): Promise<string>;
  protected abstract quit(): Promise<void>;

  protected get home(): string {
    return this.#home;
  }

  protected start(program: string, args: string[], environment: NodeJS.ProcessEnv): ChildProcess {
    const child = spawn(program, args, { env: { ...environment, HOME: this.#home, XDG_RUNTIME_DIR: this.#home }, stdio: ["ignore", "pipe", "pipe"] });
    this.#children.push(child);
    return child;
  }

  async close(): Promise<void> {
    await this.quit().catch(() => undefined);
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Runs a function in the page; it sees nothing but its arguments. */
  async run<Result, Args extends unknown[]>(inside: (...args: Args) => Result, ...args: Args): Promise<Result> {
    const text = await this.evaluate(`JSON.stringify([(${String(inside)})(...${JSON.stringify(args)})])`);
    return (JSON.parse(text) as [Result])[0];
  }

  /** Opens an address, also one that differs in its fragment only. */
  async goto(url: string): Promise<void> {
    await this.load("about:blank");
    await this.load(url);
  }

  /** Waits until an element can be seen. */
  async see(selector: string, timeout = 30_000): Promise<void> {
    const seen = (css: string): boolean => Boolean(document.querySelector(css)?.getClientRects().length);
    await expect.poll(() => this.run(seen, selector), { message: `${selector} is seen`, timeout }).toBe(true).catch(async (error: Error) => {
      const shown = await this.run(() => document.querySelector("main")?.textContent ?? "");
      throw new Error(`${error.message}\nThe page shows: ${shown}`);
    });
  }

  /** Waits until an element says something. */
  async says(selector: string, what: string | RegExp, timeout = 30_000): Promise<void> {
    const said = (css: string): string => document.querySelector(css)?.textContent ?? "";
    await expect.poll(() => this.run(said, selector), { message: `${selector} says`, timeout }).toMatch(what);
  }

  async text(selector: string): Promise<string> {
    await this.see(selector);
    return this.run((css: string) => document.querySelector(css)?.textContent ?? "", selector);
  }

  async click(selector: string): Promise<void> {
    await this.see(selector);
    await this.run((css: string) => document.querySelector<HTMLElement>(css)?.click(), selector);
  }

  async fill(selector: string, text: string): Promise<void> {
    await this.see(selector);
    await this.run((css: string, value: string) => {
      const field = document.querySelector<HTMLInputElement>(css);
      if (!field) return;
      field.focus();
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.blur();
    }, selector, text);
  }

  /** Gives files to a field, as a person chooses them in a window of the browser. */
  async give(selector: string, ...paths: string[]): Promise<void> {
    await expect.poll(() => this.run((css: string) => document.querySelector(css) !== null, selector), { message: selector }).toBe(true);
    const files = paths.map((path) => ({ name: basename(path), content: readFileSync(path).toString("base64") }));
    await this.run((css: string, given: { name: string; content: string }[]) => {
      const field = document.querySelector<HTMLInputElement>(css);
      if (!field) return;
      const transfer = new DataTransfer();
      for (const { name, content } of given) transfer.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name));
      field.files = transfer.files;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }, selector, files);
  }

  /** Presses a button and gives the file that the page then saves. It is taken where it leaves the page: the rest of the way is the browser's. */
  async saved(selector: string): Promise<Buffer> {
    await this.see(selector);
    await this.run((css: string) => {
      const all = globalThis as unknown as { saved: string };
      all.saved = "";
      const blobs = new Map<string, Blob>();
      const make = URL.createObjectURL;
      URL.createObjectURL = (blob: Blob) => {
        const address = make.call(URL, blob);
        blobs.set(address, blob);
        return address;
      };
      HTMLAnchorElement.prototype.click = function () {
        const reader = new FileReader();
        reader.onload = () => (all.saved = String(reader.result));
        reader.readAsDataURL(blobs.get(this.href) ?? new Blob());
      };
      document.querySelector<HTMLElement>(css)?.click();
    }, selector);
    await expect.poll(() => this.run(() => (globalThis as unknown as { saved: string }).saved), { message: `${selector} saves`, timeout: 30_000 }).not.toBe("");
    return Buffer.from((await this.run(() => (globalThis as unknown as { saved: string }).saved)).split(",")[1] ?? "", "base64");
  }
}

/** How each of them is opened. They keep the machine's time: Firefox shows no page with the library that shifts it (clock.ts), and WebKit's
 *  workers wait for moments of a clock that cannot be shifted. To the pages each is a device whose clock is wrong. */
export const ENGINES: [name: string, open: (environment: NodeJS.ProcessEnv) => Promise<Engine>][] = [
  ["Firefox", (environment) => Firefox.open(environment)],
  ["WebKit", (environment) => WebKit.open(environment)],
];

/** Waits for a line of a program that tells something. */
function told(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (piece: string): void => {
      text += piece;
      const found = pattern.exec(text)?.[1];
      if (found) resolve(found);
    };
    child.stdout?.setEncoding("utf8").on("data", read);
    child.stderr?.setEncoding("utf8").on("data", read);
    child.on("error", reject);
    child.on("exit", (status, signal) => reject(new Error(`${child.spawnfile} ended with ${status ?? signal}:\n${text}`)));
  });
}

interface Answered {
  id?: number;
  type: "success" | "error" | "event";
  result?: unknown;
  message?: string;
}

export class Firefox extends Engine {
  #socket: WebSocket | null = null;
  #context = "";
  #next = 1;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();

  static async open(environment: NodeJS.ProcessEnv): Promise<Firefox> {
    if (!existsSync(FIREFOX)) throw new Error(`${FIREFOX} is missing: install the package firefox-esr, or name a Firefox in FIREFOX.`);
    const engine = new Firefox();
    const child = engine.start(FIREFOX, ["--headless", "--no-remote", "--profile", engine.home, "--remote-debugging-port=0", "about:blank"], environment);
    await engine.#connect(await told(child, /WebDriver BiDi listening on (ws:\S+)/));
    return engine;
  }

  async #connect(address: string): Promise<void> {
    const socket = new WebSocket(`${address}/session`);
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error("Firefox refuses the connection"));
    });
    socket.onmessage = ({ data }) => {
      const answer = JSON.parse(String(data)) as Answered;
      const waiting = this.#waiting.get(answer.id ?? 0);
      this.#waiting.delete(answer.id ?? 0);
      if (answer.type === "error") waiting?.reject(new Error(answer.message));
      else waiting?.resolve(answer.result);
    };
    await this.#send("session.new", { capabilities: {} });
    const { contexts } = await this.#send<{ contexts: { context: string }[] }>("browsingContext.getTree", {});
    this.#context = contexts[0]?.context ?? "";
  }

  #send<Result>(method: string, params: object): Promise<Result> {
    const id = this.#next++;
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (result) => resolve(result as Result), reject });
      this.#socket?.send(JSON.stringify({ id, method, params }));
    });
  }

  async load(url: string): Promise<void> {
    await this.#send("browsingContext.navigate", { context: this.#context, url, wait: "interactive" });
  }

  async reload(): Promise<void> {
    await this.#send("browsingContext.reload", { context: this.#context, wait: "interactive" });
  }

  protected async evaluate(expression: string): Promise<string> {
    const answer = await this.#send<{ type: string; result: { value: string }; exceptionDetails?: { text: string } }>("script.evaluate", { expression, target: { context: this.#context }, awaitPromise: false });
    if (answer.type === "exception") throw new Error(answer.exceptionDetails?.text);
    return answer.result.value;
  }

  protected async quit(): Promise<void> {
    await this.#send("browser.close", {});
  }
}

export class WebKit extends Engine {
  #address = "";
  #session = "";

  static async open(environment: NodeJS.ProcessEnv): Promise<WebKit> {
    const browser = MINI_BROWSERS.find((file) => existsSync(file));
    if (!browser || !existsSync(WEBKIT_DRIVER) || !existsSync(XVFB)) throw new Error("WebKit is missing: install the packages webkit2gtk-driver and xvfb.");
    const engine = new WebKit();
    const screen = engine.start(XVFB, ["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], process.env);
    const display = await told(screen, /^(\d+)\n/m);
    const port = await freePort();
    engine.start(WEBKIT_DRIVER, [`--port=${port}`, "--host=127.0.0.1"], { ...environment, DISPLAY: `:${display}`, LIBGL_ALWAYS_SOFTWARE: "1", WEBKIT_DISABLE_COMPOSITING_MODE: "1", WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" });
    engine.#address = `http://127.0.0.1:${port}`;
    await expect.poll(() => engine.#call("GET", "/status").then(() => true, () => false), { timeout: 30_000 }).toBe(true);
    const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": { binary: browser, args: ["--automation"] } } };
    engine.#session = (await engine.#call<{ sessionId: string }>("POST", "/session", { capabilities })).sessionId;
    return engine;
  }

  async #call<Result>(method: string, path: string, body?: object): Promise<Result> {
    const answer = await fetch(`${this.#address}${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const { value } = (await answer.json()) as { value: Result & { message?: string } };
    if (!answer.ok) throw new Error(`${path}: ${value.message}`);
    return value;
  }

  async load(url: string): Promise<void> {
    await this.#call("POST", `/session/${this.#session}/url`, { url });
  }

  async reload(): Promise<void> {
    await this.#call("POST", `/session/${this.#session}/refresh`, {});
  }

  protected evaluate(expression: string): Promise<string> {
    return this.#call("POST", `/session/${this.#session}/execute/sync`, { script: `return ${expression}`, args: [] });
  }

  protected async quit(): Promise<void> {
    await this.#call("DELETE", `/session/${this.#session}`);
  }
}

/** A port that was free a moment ago: this driver cannot be told to take any. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
