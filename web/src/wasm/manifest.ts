// The manifest as announced; the names are the specification's (section 2).

/** Text in several languages: BCP 47 tag → text. */
export type Text = Record<string, string>;

export interface Question {
  title: Text;
  options: Text[];
  min: number;
  max: number;
  blank: boolean;
}

export interface Manifest {
  format: string;
  suite: string;
  title: Text;
  questions: Question[];
  groups: string[];
  smallest_group: number;
  opens: string;
  closes: string;
  grace_minutes: number;
  revote: boolean;
  threshold: number;
  tellers: { name: string; seal: string; sign: string }[];
  registrars: { name: string; channel: string; sign: string }[];
  roll_scope: string;
  previous: string;
  report_minutes: number;
  witnesses: { name: string; sign: string }[];
  witness_quorum: number;
  organiser: { name: string; sign: string };
  log: { origin: string; sign: string };
}
