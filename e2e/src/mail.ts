// Delivered messages, read as a mail program reads them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Mail {
  /** From the name of its file, `<election>.<registrar>.<slot>.eml`. */
  slot: number;
  to: string;
  subject: string;
  text: string;
}

export function readMail(path: string, slot: number): Mail {
  const raw = readFileSync(path, "latin1");
  const split = raw.indexOf("\r\n\r\n");
  const headers = raw.slice(0, split).replace(/\r\n[ \t]+/g, " ").split("\r\n");
  const header = (name: string): string => {
    const line = headers.find((each) => each.toLowerCase().startsWith(`${name}:`));
    return line ? line.slice(name.length + 1).trim() : "";
  };
  return { slot, to: header("to"), subject: header("subject"), text: body(raw.slice(split + 4), header("content-transfer-encoding").toLowerCase()) };
}

function body(raw: string, encoding: string): string {
  if (encoding === "base64") return Buffer.from(raw, "base64").toString("utf8");
  if (encoding !== "quoted-printable") return Buffer.from(raw, "latin1").toString("utf8");
  const bytes = raw.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** All messages of a maildir, by slot. */
export function readMaildir(folder: string): Map<number, Mail> {
  const mails = new Map<number, Mail>();
  for (const name of readdirSync(join(folder, "new"))) {
    const slot = Number(/\.(\d+)\.eml$/.exec(name)?.[1]);
    mails.set(slot, readMail(join(folder, "new", name), slot));
  }
  return mails;
}

/** The personal link of a first registrar's message. */
export function linkIn(mail: Mail): string {
  const link = /https?:\/\/\S+\/vote\/#\S+/.exec(mail.text)?.[0];
  if (!link) throw new Error(`no link in the message of slot ${mail.slot}`);
  return link;
}

/** The code of a further registrar's message. */
export function codeIn(mail: Mail): string {
  const code = /(?<=^|\s)[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}(?=\s|$)/.exec(mail.text)?.[0];
  if (!code) throw new Error(`no code in the message of slot ${mail.slot}`);
  return code;
}
