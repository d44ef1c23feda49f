// A wire between browser and server that behaves like a bad network, at the level of TCP: bytes are never
// changed, left out or reordered, because TCP hides that from both ends. What they notice of a bad network is time and
// connections that end.

import { connect, createServer, type AddressInfo, type Server as TcpServer, type Socket } from "node:net";

/** What a link is like. */
export interface Link {
  /** One way, in ms. */
  latency: number;
  /** Bytes a second from the server, of all connections together. */
  down: number;
  /** Bytes a second to the server, of all connections together. */
  up: number;
  /** The share of packets that are lost, 0 to 1. */
  loss: number;
}

/** GPRS and EDGE on a bad day: a round trip of 800 ms, 280 kbit/s down and 256 up (as WebPageTest has them), 5 % lost. */
export const SECOND_GENERATION: Link = { latency: 400, down: 35_000, up: 32_000, loss: 0.05 };
const PACKET = 1_400;
/** How long TCP waits for an answer before it sends again when it knows nothing better (RFC 6298). */
const FIRST_TIMEOUT = 1_000;

/**
 * One direction of a connection. Packets of all connections stand in one queue for the link. A packet that is lost is sent again:
 * after a round trip if enough packets of the connection follow it to tell that it is missing (fast retransmit), else after a timeout
 * that doubles; it crosses the link again. What follows it has arrived and waits: TCP delivers in order. So loss is seen as a stall of
 * one connection, and of that one alone. Left out: the sender's window, so that a long answer is faster here than a network with so
 * much loss allows.
 */
class Lane {
  readonly #wire: Wire;
  readonly #to: Socket;
  readonly #rate: "up" | "down";
  /** When everything before is delivered. */
  #delivered = 0;

  constructor(wire: Wire, to: Socket, rate: "up" | "down") {
    this.#wire = wire;
    this.#to = to;
    this.#rate = rate;
  }

  /** Sends bytes on their way; without any, the end of the connection. */
  send(bytes: Buffer | null): void {
    const pieces: (Buffer | null)[] = [];
    for (let at = 0; bytes !== null && at < bytes.length; at += PACKET) pieces.push(bytes.subarray(at, at + PACKET));
    if (bytes === null) pieces.push(null);
    pieces.forEach((piece, i) => {
      const arrives = this.#wire.cross(this.#rate, piece?.length ?? 40, pieces.length - i > 3);
      this.#delivered = Math.max(this.#delivered, arrives);
      this.#wire.at(this.#delivered, () => {
        if (this.#to.destroyed) return;
        if (piece === null) this.#to.end();
        else this.#to.write(piece);
      });
    });
  }
}

export class Wire {
  /** Packets that were lost, and connections that were cut, so that a test can say that there was trouble at all. */
  lost = 0;
  cut = 0;
  readonly #upstream: () => string;
  readonly #link: Link | null;
  readonly #free = { up: 0, down: 0 };
  readonly #pairs = new Set<{ near: Socket; far: Socket; waits: boolean; dead: boolean }>();
  #tcp: TcpServer | null = null;
  #port = 0;
  #seed: number;

  /** Without a link bytes pass at once. The seed decides which packets are lost. */
  constructor(upstream: () => string, link: Link | null = null, seed = 1) {
    this.#upstream = upstream;
    this.#link = link;
    this.#seed = seed;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<this> {
    this.#tcp = createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.#join(near));
    await new Promise<void>((resolve) => this.#tcp?.listen(0, "127.0.0.1", resolve));
    this.#port = (this.#tcp.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    await new Promise<void>((resolve) => (this.#tcp ? this.#tcp.close(() => resolve()) : resolve()));
  }

  /** Ends every connection on which no answer is awaited, as a proxy does with idle ones: "fin" politely, "reset" not. Gives how many there were. */
  cutIdle(how: "fin" | "reset"): number {
    const idle = [...this.#pairs].filter(({ waits, dead }) => !waits && !dead);
    for (const { near, far } of idle) {
      if (how === "fin") near.end();
      else near.resetAndDestroy();
      far.destroy();
    }
    this.cut += idle.length;
    return idle.length;
  }

  /** Forgets every idle connection, as address translation does: what is sent on it from now on is never answered, and nobody is told. */
  forgetIdle(): number {
    const idle = [...this.#pairs].filter(({ waits, dead }) => !waits && !dead);
    for (const pair of idle) pair.dead = true;
    this.cut += idle.length;
    return idle.length;
  }

  /** When a packet that is sent now arrives, in ms of `performance.now()`. */
  cross(way: "up" | "down", bytes: number, followed: boolean): number {
    const link = this.#link;
    const now = performance.now();
    if (!link) return now;
    let sent = now;
    for (let tries = 0; ; tries += 1) {
      // A repeated packet takes its place in the queue when it is sent again; the queue of what is sent meanwhile is not made longer by it.
      this.#free[way] = Math.max(this.#free[way], now) + (bytes * 1_000) / link[way];
      const through = Math.max(this.#free[way], sent + (bytes * 1_000) / link[way]);
      if (this.#random() >= link.loss) return through + link.latency;
      this.lost += 1;
      sent = through + (followed && tries === 0 ? 2 * link.latency : FIRST_TIMEOUT * 2 ** tries);
    }
  }

  at(time: number, run: () => void): void {
    const ms = time - performance.now();
    if (this.#link === null) run();
    else setTimeout(run, Math.max(0, ms));
  }

  #join(near: Socket): void {
    const { hostname, port } = new URL(this.#upstream());
    const far = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true });
    const pair = { near, far, waits: false, dead: false };
    this.#pairs.add(pair);
    const up = new Lane(this, far, "up");
    const down = new Lane(this, near, "down");
    near.on("data", (bytes) => {
      pair.waits = true;
      if (!pair.dead) up.send(bytes);
    });
    far.on("data", (bytes) => {
      pair.waits = false;
      down.send(bytes);
    });
    near.on("end", () => up.send(null));
    far.on("end", () => down.send(null));
    for (const [one, other] of [[near, far], [far, near]] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.#pairs.delete(pair);
        if (one === near) other.destroy();
      });
    }
  }

  /** Mulberry32: the same losses for the same packets each time. */
  #random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let t = this.#seed;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
