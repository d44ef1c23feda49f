// Screen 1: who votes. By link, nothing is typed with one registrar; with two, only the second code.

import { problemOf } from "../../components/ballot-form";
import { channelOf, codeError } from "../../components/code-error";
import { clockNote, heading } from "../../components/election";
import { errorScreen, explain, failure } from "../../components/errors";
import { button, errorSummary, form, note, steps, when, withTime, working } from "../../components/parts";
import { serverNow } from "../../lib/api";
import { h, type Child } from "../../lib/dom";
import { formatSpan, t, tx } from "../../lib/i18n";
import { showChoose } from "./choose";
import { identifyFields, identifyIntro, noCode, type FieldErrors } from "./identify-form";
import { inAppNote } from "./in-app";
import { noticesFor } from "./phases";
import { showReview } from "./review";
import { forgetSecrets, keep, on, type Vote } from "./state";
import { watchNote } from "./watch";

export const STEPS = 5;

/** Tries what is known, asks for the rest. */
export async function identify(vote: Vote): Promise<void> {
  if (vote.early) return showIdentify(vote, {});
  vote.shell.show({ render: () => working(t("vote.identifying")) });
  const errors: FieldErrors = {};
  try {
    await tryAll(vote, errors);
  } catch (error) {
    if (failure(error)?.kind === "slot" && vote.slot !== null) errors["slot"] = explain(error).what;
    else {
      vote.shell.show({ render: () => errorScreen(error, () => identify(vote)) });
      return;
    }
  }
  if (vote.voter && vote.voter.missing.length === 0) await goOn(vote);
  else showIdentify(vote, errors);
}

/** To the screen from which a reload came, unless a ballot was cast meanwhile; else to the welcome. */
async function goOn(vote: Vote): Promise<void> {
  const { back } = vote;
  vote.back = null;
  if (back === null || back === "identify" || vote.voter?.current) return showWelcome(vote);
  history.replaceState({ screen: back }, "");
  if (back === "review" && isComplete(vote)) await showReview(vote, true);
  else showChoose(vote, false);
}

const isComplete = (vote: Vote): boolean =>
  vote.info.manifest.questions.every((question, q) => problemOf(question, vote.draft[q] ?? { options: [], blank: false }) === null);

/** Opens the slot and gives the module every code there is. Errors go to the field they belong to. */
async function tryAll(vote: Vote, errors: FieldErrors): Promise<void> {
  if (vote.slot === null) return;
  if (vote.voter?.slot !== vote.slot) {
    const old = vote.voter;
    vote.voter = null;
    await old?.close().catch(() => undefined);
    vote.voter = await vote.isoloir.voter(vote.info.id, vote.slot);
  }
  await tryLoose(vote, errors);
  for (const [p, code] of vote.codes.entries()) {
    if (code === null || !vote.voter.missing.includes(p)) continue;
    const problem = await give(vote, p, code);
    if (problem === null) continue;
    errors[`code-${p}`] = problem;
    vote.typed[`code-${p}`] = code;
    vote.codes[p] = null;
  }
  keep(vote);
}

/** A link does not say which registrar sent it: the module knows whose code it is. */
async function tryLoose(vote: Vote, errors: FieldErrors): Promise<void> {
  const code = vote.loose;
  if (code === null || !vote.voter) return;
  vote.loose = null;
  for (const p of [...vote.voter.missing]) {
    try {
      await vote.voter.setCode(p, code);
      vote.codes[p] = code;
      return;
    } catch (error) {
      const inner = failure(error);
      if (inner?.kind !== "code") throw error;
      if (inner.problem === "swapped" && vote.voter.missing.includes(inner.other)) {
        vote.codes[inner.other] = code;
        return;
      }
      if (inner.problem !== "wrong") break;
    }
  }
  errors["code-0"] = t("vote.link_code_wrong", { slot: String(vote.slot) });
}

async function give(vote: Vote, p: number, code: string): Promise<string | null> {
  try {
    await vote.voter?.setCode(p, code);
    return null;
  } catch (error) {
    const inner = failure(error);
    if (inner?.kind !== "code") throw error;
    return codeError(inner, code, vote.slot ?? 0, vote.info.manifest);
  }
}

function showIdentify(vote: Vote, errors: FieldErrors): void {
  const { registrars } = vote.info.manifest;
  const { typed } = vote;
  // A code that could not be tried yet, because the number was wrong, stays in its field.
  vote.codes.forEach((code, p) => {
    if (code !== null) typed[`code-${p}`] ??= code;
  });
  const submit = async (): Promise<void> => {
    const found = read(vote, typed);
    if (Object.keys(found).length > 0) return draw(found);
    await identify(vote);
  };
  const draw = (shown: FieldErrors, replacing = false): void => {
    const screen = { title: () => t("vote.step_identify"), render: () => render(shown) };
    if (replacing) vote.shell.replace(screen);
    else vote.shell.show(screen);
  };
  const render = (shown: FieldErrors): Child => {
    const missing = vote.voter?.missing ?? registrars.map((_, p) => p);
    const given = registrars.map((_, p) => p).filter((p) => !missing.includes(p));
    return [
      steps(1, STEPS, t("vote.step_identify")),
      heading(vote.info.manifest.title, given.length > 0 ? t("vote.second_code") : t("vote.identify")),
      clockNote(),
      watchNote(vote),
      inAppNote(vote),
      errorSummary(Object.entries(shown).map(([id, text]) => ({ id, text }))),
      given.length > 0
        ? note("ok", t("vote.code_right", { slot: String(vote.slot), channel: given.map((p) => channelOf(vote.info.manifest, p)).join(", ") }))
        : identifyIntro(registrars.length),
      form(submit,
        identifyFields({ election: vote.info.id, registrars, missing, slot: vote.slot, asksSlot: !vote.voter || given.length === 0, typed, errors: shown }),
        h("div", { class: "actions" }, h("button", { type: "submit", class: "primary", "data-testid": "continue" }, t("common.continue")),
          given.length > 0 ? button(t("vote.not_me"), () => leave(vote), "quiet") : null)),
      noCode(registrars),
    ];
  };
  // The fields stood there before the module did, and the voter may be typing: nothing moves.
  const { early } = vote;
  vote.early = null;
  if (early?.submitted) void submit();
  else draw(errors, early !== null);
}

/** Reads the form into the state; returns what is missing. */
function read(vote: Vote, typed: Record<string, string>): FieldErrors {
  const errors: FieldErrors = {};
  if (!vote.voter || vote.voter.missing.length === vote.info.manifest.registrars.length) {
    const text = (typed["slot"] ?? (vote.slot === null ? "" : String(vote.slot))).replace(/\s|^\s*0+/g, "");
    if (/^[1-9][0-9]{0,9}$/.test(text)) vote.slot = Number(text);
    else errors["slot"] = text === "" ? t("vote.slot_missing") : t("vote.slot_digits");
  }
  vote.info.manifest.registrars.forEach((_, p) => {
    if (vote.voter && !vote.voter.missing.includes(p)) return;
    const text = typed[`code-${p}`]?.trim() ?? "";
    if (text === "") errors[`code-${p}`] = t("vote.code_missing", { channel: channelOf(vote.info.manifest, p) });
    else vote.codes[p] = text;
  });
  return errors;
}

/** Another person at the same device. */
export async function leave(vote: Vote): Promise<void> {
  await forgetSecrets(vote);
  vote.slot = null;
  keep(vote);
  history.replaceState(history.state, "", `#${vote.info.id}`);
  await identify(vote);
}

/** The voter is known: says so, and whether a ballot of theirs is in the urn already. */
export function showWelcome(vote: Vote): void {
  const voter = vote.voter;
  if (!voter) return;
  const { manifest } = vote.info;
  on(vote, "identify");
  vote.seen = vote.status.notices.length;
  const final = voter.current !== null && !manifest.revote;
  const start = (): void => {
    history.pushState({ screen: "choose" }, "");
    showChoose(vote, false);
  };
  vote.shell.show({
    title: () => t("vote.step_identify"),
    render: () => [
      steps(1, STEPS, t("vote.step_identify")),
      heading(manifest.title, voter.current ? t("vote.welcome_again") : t("vote.welcome")),
      clockNote(),
      h("p", { class: "lead", "data-testid": "voter" }, t("vote.you_are", { slot: String(voter.slot), group: manifest.groups[voter.group] ?? "" }),
        voter.weight > 1 ? ` ${t("vote.weight", { count: voter.weight })}` : null),
      watchNote(vote) ?? noticesFor(vote.status),
      inAppNote(vote),
      voter.current
        ? note(final ? "ok" : "warn", tx("vote.voted_at", { time: when(voter.current.time) }), final ? t("vote.vote_is_final") : t("vote.again_replaces"), h("p", null, t("vote.not_you")))
        : h("p", null, t("vote.takes")),
      h("p", null, withTime("vote.closes_at", vote.status.closes), " ", t("vote.that_is_in", { span: formatSpan(vote.status.closes - serverNow()) })),
      h("div", { class: "actions" },
        final ? null : button(voter.current ? t("vote.vote_again") : t("vote.start"), start, "primary", "start"),
        voter.current ? h("a", { class: "button", href: `/check/#${vote.info.id}.${voter.slot}.${voter.current.code}` }, t("vote.check_receipt")) : null,
        button(t("vote.not_me"), () => leave(vote), "quiet")),
    ],
  });
}
