// An election on the real server, set up by the command line as its organiser would.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "@playwright/test";

import { DAY, HOUR, MINUTE, SECOND, type Clock } from "./clock.js";
import { codeIn, linkIn } from "./mail.js";
import type { People, Teller } from "./people.js";
import { Voter } from "./voter.js";

export type Text = Record<string, string>;

export interface Question {
  title: Text;
  options: Text[];
  min?: number;
  max?: number;
  blank?: boolean;
}

export const TEXTS: Question = {
  title: { fr: "Quel texte adopter ?", en: "Which text shall we adopt?" },
  options: [
    { fr: "Texte A : Un congrès par an", en: "Text A: A congress every year" },
    { fr: "Texte B : Une assemblée tirée au sort", en: "Text B: An assembly drawn by lot" },
    { fr: "Texte C : Tout garder tel quel", en: "Text C: Keep everything as it is" },
  ],
};

export const BOARD: Question = {
  title: { fr: "Qui envoyer au conseil fédéral ?", en: "Whom shall we send to the federal council?" },
  options: [
    { fr: "Inès Fontanel", en: "Inès Fontanel" },
    { fr: "Malik Jourdanet", en: "Malik Jourdanet" },
    { fr: "Agnès Saint-Aubin", en: "Agnès Saint-Aubin" },
    { fr: "Loïc Quéré", en: "Loïc Quéré" },
  ],
  min: 1,
  max: 2,
};

const GROUPS = ["Berlin", "Bruxelles", "Londres", "Montréal"];

/** What differs between elections of the tests. */
export interface Plan {
  questions?: Question[];
  registrars?: 1 | 2;
  members?: number;
  smallestGroup?: number;
  graceMinutes?: number;
  revote?: boolean;
  /** Public files, where not those of `People`. */
  tellers?: string[];
  /** Public files or lines. */
  witnesses?: string[];
}

/** What `GET /api/elections/{id}` answers, as far as tests look at it. */
export interface Status {
  phase: "setup" | "open" | "suspended" | "closed" | "fixed" | "counted";
  size: number;
  opens: number;
  closes: number;
  end: number;
  voters: number;
  ballots: number;
  tellers: { name: string; consented: boolean; last_drill: number | null; reported: boolean; summed: boolean }[];
  witnesses: { seen_size: number | null }[];
  closing: { size: number; root: string; code: string } | null;
  fix: { size: number; root: string; code: string } | null;
  totals: number[][] | null;
  notices: { time: number; what: string }[];
  void: { index: number; slot: number; teller: number; complaint: "malformed" | "open" | "encoding" | "share" }[];
  missing: { index: number; teller: number }[];
}

export interface Slot {
  slot: number;
  current: { index: number; code: string } | null;
  ballots: { index: number; time: number; code: string }[];
}

let made = 0;

export class Election {
  readonly clock: Clock;
  readonly people: People;
  /** Address of the server. */
  readonly server: string;
  readonly id: string;
  /** The election file that everybody is given. */
  readonly file: string;
  readonly opens: number;
  readonly closes: number;
  readonly registrars: 1 | 2;
  readonly home: string;
  voters: Voter[] = [];

  private constructor(fields: Pick<Election, "clock" | "people" | "server" | "id" | "file" | "opens" | "closes" | "registrars" | "home">) {
    this.clock = fields.clock;
    this.people = fields.people;
    this.server = fields.server;
    this.id = fields.id;
    this.file = fields.file;
    this.opens = fields.opens;
    this.closes = fields.closes;
    this.registrars = fields.registrars;
    this.home = fields.home;
  }

  /** Announced: the manifest is on the server, nothing else is. */
  static async announce(clock: Clock, people: People, server: string, home: string, plan: Plan = {}): Promise<Election> {
    made += 1;
    const registrars = plan.registrars ?? 1;
    // The manifest has whole seconds.
    const opens = Math.ceil((clock.now() + HOUR) / SECOND) * SECOND;
    const closes = opens + 2 * DAY;
    const description = join(home, "election.json");
    const file = join(home, "election.isoloir.json");
    writeFileSync(description, JSON.stringify({
      name: `congress-${process.pid}-${made}`,
      title: { fr: "Congrès des sections de l’étranger", en: "Congress of the sections abroad" },
      zone: "Europe/Paris",
      opens: new Date(opens).toISOString(),
      closes: new Date(closes).toISOString(),
      grace_minutes: plan.graceMinutes ?? 0,
      revote: plan.revote ?? true,
      groups: GROUPS,
      smallest_group: plan.smallestGroup ?? 5,
      tellers: plan.tellers ?? people.tellers.map((teller) => teller.publicFile),
      threshold: 2,
      registrars: people.registrars.slice(0, registrars).map((registrar) => registrar.publicFile),
      witnesses: plan.witnesses ?? people.witnesses.map((witness) => witness.publicFile),
      report_minutes: 60,
      questions: plan.questions ?? [TEXTS],
    }));
    writeFileSync(join(home, "roll.csv"), roll(plan.members ?? 6));
    await people.organiser.announce(server, description, file);
    const { election } = JSON.parse(readFileSync(file, "utf8")) as { election: string };
    return new Election({ clock, people, server, id: election, file, opens, closes, registrars, home });
  }

  /** Codes made and delivered, by every registrar; then the registrars consent. */
  async issue(): Promise<void> {
    const slots = join(this.home, "slots.csv");
    const registrars = this.people.registrars.slice(0, this.registrars);
    const [first, second] = registrars;
    if (!first) throw new Error("an election has a registrar");
    const links = await first.issue(this, this.roll, slots);
    const codes = second ? await second.issue(this, this.roll, slots) : null;
    await Promise.all(registrars.map((registrar) => registrar.consent(this)));
    this.voters = [...links.values()].sort((a, b) => a.slot - b.slot).map((mail) => {
      const further = codes?.get(mail.slot);
      return new Voter(this, mail.slot, linkIn(mail), further ? [codeIn(further)] : []);
    });
  }

  get roll(): string {
    return join(this.home, "roll.csv");
  }

  async consent(tellers: readonly Teller[] = this.people.tellers): Promise<void> {
    await Promise.all(tellers.map((teller) => teller.consent(this)));
  }

  /** The organiser has signed the opening; voting begins at its time. */
  async sign(): Promise<void> {
    await this.people.organiser.open(this);
  }

  begin(): void {
    this.clock.advanceTo(this.opens + SECOND);
  }

  /** All the way to open polls, with witnesses. */
  static async open(clock: Clock, people: People, server: string, home: string, plan: Plan = {}): Promise<Election> {
    const election = await Election.announce(clock, people, server, home, plan);
    election.watch();
    await election.issue();
    await election.consent();
    await election.sign();
    election.begin();
    return election;
  }

  /** The witnesses follow the log from now on. */
  watch(): void {
    for (const witness of this.people.witnesses) witness.follow(this);
  }

  voter(number: number): Voter {
    const voter = this.voters[number];
    if (!voter) throw new Error(`there is no voter ${number}`);
    return voter;
  }

  /** Lets time pass until the polls are closed. */
  end(): void {
    this.clock.advanceTo(this.closes + MINUTE);
  }

  /** The polls are closed, and all tellers count by command line; the totals of all groups together. */
  async count(): Promise<number[]> {
    this.end();
    let status = await this.status();
    const until = async (phase: Status["phase"]): Promise<void> => expect.poll(async () => (status = await this.status()).phase, { timeout: 60_000 }).toBe(phase);
    await until("closed");
    // Witnesses look every second: a teller who is faster than they are tries again.
    const act = (what: () => Promise<void>): Promise<void> => expect(what).toPass({ timeout: 60_000 });
    for (const teller of this.people.tellers) await act(() => teller.report(this, status.closing?.code ?? ""));
    await until("fixed");
    for (const teller of this.people.tellers) await act(() => teller.sums(this, status.fix?.code ?? ""));
    await until("counted");
    return status.totals?.[0] ?? [];
  }

  /** Until all witnesses have cosigned what the tellers compare. */
  async cosigned(stage: "closing" | "fix"): Promise<void> {
    await expect.poll(async () => {
      const status = await this.status();
      return status.witnesses.every((witness) => (witness.seen_size ?? 0) >= (status[stage]?.size ?? Infinity));
    }, { timeout: 60_000 }).toBe(true);
  }

  async status(): Promise<Status> {
    return this.#get<Status>("");
  }

  async phase(): Promise<Status["phase"]> {
    return (await this.status()).phase;
  }

  async slot(slot: number): Promise<Slot> {
    return this.#get<Slot>(`/slots/${slot}`);
  }

  /** Indexes of all ballots in the log, by slot. */
  async ballots(): Promise<Map<number, number[]>> {
    const all = new Map<number, number[]>();
    for (const voter of this.voters) all.set(voter.slot, (await this.slot(voter.slot)).ballots.map((ballot) => ballot.index));
    return all;
  }

  page(name: string, rest = ""): string {
    return `${this.server}/${name}/#${this.id}${rest}`;
  }

  async #get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.server}/api/elections/${this.id}${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json() as Promise<T>;
  }
}

/** Invented members; every section is smaller than the smallest group that is counted by itself. */
function roll(members: number): string {
  const rows = Array.from({ length: members }, (_, i) => `${String(4207 + 31 * i).padStart(6, "0")};Membre ${String.fromCharCode(65 + (i % 26))}${i};membre.${i}@example.org;${GROUPS[i % GROUPS.length]};${i % 2 ? "en" : "fr"}`);
  return ["Numéro;Nom;Courriel;Section;Langue", ...rows, ""].join("\r\n");
}
