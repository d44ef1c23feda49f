// A network between browser and server that can fail at any moment of a request, and that keeps a
// record of everything that passed.

import { createServer, request, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Passed {
  method: string;
  url: string;
  headers: string[];
  body: Buffer;
}

/** What happens to a request instead of simply passing. */
export type Trouble = (passed: Passed, way: Way) => void | Promise<void>;

export interface Way {
  /** Lets the request through; resolves with the answer, which is not given to the browser yet. */
  forward(): Promise<Answer>;
  answer(answer: Answer): void;
  /** Sends the head and the first half of the body, then cuts the connection. */
  half(answer: Answer): void;
  /** Cuts the connection to the browser. */
  cut(): void;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

export class Proxy {
  readonly passed: Passed[] = [];
  readonly #upstream: () => string;
  readonly #troubles: { matches: (passed: Passed) => boolean; trouble: Trouble; once: boolean }[] = [];
  #http: HttpServer | null = null;
  #port = 0;

  constructor(upstream: () => string) {
    this.#upstream = upstream;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#http = createServer((incoming, outgoing) => void this.#take(incoming, outgoing).catch(() => outgoing.destroy()));
    await new Promise<void>((resolve) => this.#http?.listen(0, "127.0.0.1", resolve));
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#http?.closeAllConnections();
    await new Promise<void>((resolve) => (this.#http ? this.#http.close(() => resolve()) : resolve()));
  }

  /** Every answer is changed on its way to the browser. */
  change: (answer: Answer) => Answer = (answer) => answer;

  /** The next request that matches meets this trouble, once. */
  next(matches: (passed: Passed) => boolean, trouble: Trouble): void {
    this.#troubles.push({ matches, trouble, once: true });
  }

  /** Every request that matches meets this trouble. */
  always(matches: (passed: Passed) => boolean, trouble: Trouble): void {
    this.#troubles.push({ matches, trouble, once: false });
  }

  /** Holds the next ballot back until told to let it go. */
  holdBallot(): { sent: Promise<void>; release: () => void } {
    let arrived: () => void = () => undefined;
    let release: () => void = () => undefined;
    const sent = new Promise<void>((resolve) => (arrived = resolve));
    const held = new Promise<void>((resolve) => (release = resolve));
    this.next(isBallot, async (_, way) => {
      arrived();
      await held;
      way.answer(await way.forward());
    });
    return { sent, release };
  }

  async #take(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece as Buffer);
    const passed: Passed = { method: incoming.method ?? "", url: incoming.url ?? "", headers: incoming.rawHeaders, body: Buffer.concat(pieces) };
    this.passed.push(passed);
    const way: Way = {
      forward: () => this.#forward(passed),
      answer: (whole) => {
        const { status, headers, body } = this.change(whole);
        outgoing.writeHead(status, headers as Record<string, string>);
        outgoing.end(body);
      },
      half: ({ status, headers, body }) => {
        outgoing.writeHead(status, { ...headers, "content-length": String(body.length) } as Record<string, string>);
        outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => outgoing.destroy());
      },
      cut: () => outgoing.destroy(),
    };
    const at = this.#troubles.findIndex((each) => each.matches(passed));
    const met = this.#troubles[at];
    if (met?.once) this.#troubles.splice(at, 1);
    if (met) await met.trouble(passed, way);
    else way.answer(await way.forward());
  }

  #forward(passed: Passed): Promise<Answer> {
    const { hostname, port } = new URL(this.#upstream());
    return new Promise((resolve, reject) => {
      const out = request({ hostname, port, method: passed.method, path: passed.url, headers: passed.headers, agent: false }, (answer) => {
        const pieces: Buffer[] = [];
        answer.on("data", (piece: Buffer) => pieces.push(piece));
        answer.on("error", reject);
        answer.on("end", () => {
          const { "transfer-encoding": _, connection: __, "keep-alive": ___, ...headers } = answer.headers;
          resolve({ status: answer.statusCode ?? 502, headers, body: Buffer.concat(pieces) });
        });
      });
      out.on("error", reject);
      out.end(passed.body);
    });
  }
}

/** The answer of a server that has too much to do. */
export const busy = (seconds: number): Answer => ({
  status: 503,
  headers: { "retry-after": String(seconds), "content-type": "application/problem+json" },
  body: Buffer.from(JSON.stringify({ type: "urn:isoloir:problem:busy", title: "Busy", status: 503 })),
});

export const isBallot = (passed: Passed): boolean => passed.method === "POST" && passed.url.endsWith("/ballots");
