// Those who hold keys. Their keys are made once for a worker: making one costs Argon2id on purpose.
// Each works with the command line; what tellers do in the browser is in desk.ts.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Clock } from "./clock.js";
import type { Election } from "./election.js";
import { readMaildir, type Mail } from "./mail.js";
import { folder, PROGRAM } from "./places.js";
import { isoloir } from "./program.js";

export const PASSPHRASE = "septembre brouillard escalier 41";

/** Somebody with a key file on their own device (a folder). */
abstract class KeyHolder {
  readonly clock: Clock;
  readonly home: string;
  readonly name: string;

  constructor(clock: Clock, home: string, name: string) {
    this.clock = clock;
    this.home = folder(home);
    this.name = name;
    writeFileSync(join(this.home, "passphrase"), `${PASSPHRASE}\n`, { mode: 0o600 });
  }

  get key(): string {
    return join(this.home, "key.json");
  }

  /** What goes to the organiser. */
  get publicFile(): string {
    return `${this.key}.pub.json`;
  }

  protected async generate(role: string, ...more: string[]): Promise<void> {
    await isoloir(this.clock, role, "keygen", "--name", this.name, "--out", this.key, "--passphrase-file", join(this.home, "passphrase"), ...more);
  }

  protected keyArgs(): string[] {
    return ["--key", this.key, "--passphrase-file", join(this.home, "passphrase")];
  }

  protected signArgs(election: Election): string[] {
    return ["--election", election.file, ...this.keyArgs()];
  }
}

export class Organiser extends KeyHolder {
  keygen(): Promise<void> {
    return this.generate("election");
  }

  async announce(server: string, description: string, out: string): Promise<void> {
    await isoloir(this.clock, "election", "new", "--description", description, "--server", server, "--out", out, ...this.keyArgs());
  }

  async open(election: Election): Promise<void> {
    await isoloir(this.clock, "election", "open", ...this.signArgs(election));
  }

  async notice(election: Election, what: "suspend" | "resume" | "message", text: string): Promise<void> {
    await isoloir(this.clock, "election", "notice", what, ...this.signArgs(election), "--text", text);
  }

  async extend(election: Election, until: number, text: string): Promise<void> {
    await isoloir(this.clock, "election", "notice", "extend", ...this.signArgs(election), "--until", new Date(until).toISOString(), "--text", text);
  }
}

export class Registrar extends KeyHolder {
  readonly channel: string;

  constructor(clock: Clock, home: string, name: string, channel: string) {
    super(clock, home, name);
    this.channel = channel;
  }

  keygen(): Promise<void> {
    return this.generate("registrar", "--channel", this.channel);
  }

  /** Makes every code and delivers the messages; returns them. */
  async issue(election: Election, roll: string, slots: string): Promise<Map<number, Mail>> {
    const maildir = this.maildir(election);
    await isoloir(this.clock, "registrar", "issue", ...this.messageArgs(election, roll, slots));
    return readMaildir(maildir);
  }

  /** A new code for one member; returns the messages as they are now. */
  async replace(election: Election, roll: string, slots: string, number: string): Promise<Map<number, Mail>> {
    await isoloir(this.clock, "registrar", "replace", ...this.messageArgs(election, roll, slots), "--number", number);
    return readMaildir(this.maildir(election));
  }

  async consent(election: Election): Promise<void> {
    await isoloir(this.clock, "registrar", "consent", ...this.signArgs(election));
  }

  private maildir(election: Election): string {
    return join(this.home, `mail-${election.id}`);
  }

  private messageArgs(election: Election, roll: string, slots: string): string[] {
    return [...this.signArgs(election), "--roll", roll, "--slots", slots, "--maildir", this.maildir(election), "--from", `${this.name} <vote@example.org>`, "--zone", "Europe/Paris"];
  }
}

export class Teller extends KeyHolder {
  keygen(): Promise<void> {
    return this.generate("teller");
  }

  async consent(election: Election): Promise<void> {
    await isoloir(this.clock, "teller", "consent", ...this.signArgs(election), "--witnesses-compared");
  }

  async report(election: Election, code: string): Promise<void> {
    await isoloir(this.clock, "teller", "report", ...this.signArgs(election), "--code", code, "--only-device");
  }

  async sums(election: Election, code: string): Promise<void> {
    await isoloir(this.clock, "teller", "sums", ...this.signArgs(election), "--code", code);
  }
}

/** Follows the log in a process of its own, as `isoloir witness run` does on a stranger's machine. */
export class Witness extends KeyHolder {
  #child: ChildProcess | null = null;

  keygen(): Promise<void> {
    return this.generate("witness");
  }

  follow(election: Election): void {
    this.#child = spawn(PROGRAM, this.#args(election), { env: this.clock.environment(), stdio: "ignore" });
  }

  /** The same, and serves what it saw. Resolves once it listens. */
  async serve(election: Election, port: number): Promise<void> {
    const args = [...this.#args(election), "--listen", `127.0.0.1:${port}`, "--data", join(this.home, `kept-${election.id}`)];
    const child = spawn(PROGRAM, args, { env: this.clock.environment(), stdio: ["ignore", "pipe", "ignore"] });
    this.#child = child;
    let said = "";
    await new Promise<void>((resolve, reject) => {
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (said.includes("listens on")) resolve();
      });
      child.on("exit", () => reject(new Error(`the witness ended: ${said}`)));
    });
  }

  #args(election: Election): string[] {
    return ["--lang", "en", "witness", "run", ...this.signArgs(election), "--state", join(this.home, `seen-${election.id}.json`), "--every", "1"];
  }

  async leave(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }
}

/** Everybody an election may need. */
export class People {
  readonly organiser: Organiser;
  readonly registrars: readonly [Registrar, Registrar];
  readonly tellers: readonly [Teller, Teller, Teller];
  readonly witnesses: readonly [Witness, Witness];

  constructor(clock: Clock, home: string) {
    this.organiser = new Organiser(clock, join(home, "organiser"), "Bureau des élections");
    this.registrars = [
      new Registrar(clock, join(home, "registrar-1"), "Secrétariat", "e-mail"),
      new Registrar(clock, join(home, "registrar-2"), "Trésorerie", "SMS"),
    ];
    this.tellers = [
      new Teller(clock, join(home, "teller-1"), "Anne Kermarec"),
      new Teller(clock, join(home, "teller-2"), "Benoît Maçon"),
      new Teller(clock, join(home, "teller-3"), "Chloé Estève"),
    ];
    this.witnesses = [
      new Witness(clock, join(home, "witness-1"), "witness.rival.example"),
      new Witness(clock, join(home, "witness-2"), "witness.university.example"),
    ];
  }

  async keygen(): Promise<void> {
    // Two at a time: each takes a core.
    const all = [this.organiser, ...this.registrars, ...this.tellers, ...this.witnesses];
    const next = all.values();
    const work = async (): Promise<void> => {
      for (const person of next) await person.keygen();
    };
    await Promise.all([work(), work()]);
  }

  async leave(): Promise<void> {
    await Promise.all(this.witnesses.map((witness) => witness.leave()));
  }
}
