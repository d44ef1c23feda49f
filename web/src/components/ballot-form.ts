// The ballot paper: one fieldset a question, nothing preselected, a blank vote as a choice of its
// own. Used to vote and to test.

import { h, type Child } from "../lib/dom";
import { formatNumber, t } from "../lib/i18n";
import type { Choice, Manifest, Question } from "../wasm/types";
import { errorSummary, own } from "./parts";

/** What the voter ticked so far; null where nothing was touched. */
export type Draft = { options: number[]; blank: boolean }[];

export const emptyDraft = (manifest: Manifest): Draft => manifest.questions.map(() => ({ options: [], blank: false }));

export type DraftProblem = "none" | "few" | "many";

/** What stands in the way of a question's draft. */
export function problemOf(question: Question, choice: Choice): DraftProblem | null {
  if (choice.blank) return null;
  const chosen = choice.options.length;
  if (chosen > question.max) return "many";
  if (chosen >= question.min) return null;
  return chosen === 0 ? "none" : "few";
}

/** How many to choose, in words. */
export function rule(question: Question): string {
  const { min, max } = question;
  if (min === 1 && max === 1) return t("common.rule_one");
  if (min === 0) return t("common.rule_up_to", { count: max, max });
  if (min === max) return t("common.rule_exactly", { count: max, max });
  return t("common.rule_between", { min, max });
}

function sentence(question: Question, problem: DraftProblem, chosen: number): string {
  if (problem === "many") return t("common.too_many", { count: chosen, max: question.max });
  if (problem === "few") return t("common.too_few", { count: chosen, min: question.min });
  return question.blank ? t("common.none_chosen_blank") : t("common.none_chosen");
}

const idOf = (q: number, k: number | "blank"): string => `q${q}-${k}`;

/** The ballot's questions. `draft` is changed in place as the voter ticks, then `changed` is told. */
export function ballotForm(manifest: Manifest, draft: Draft, showErrors: boolean, changed: () => void = () => undefined): Child {
  const errors = showErrors
    ? manifest.questions.flatMap((question, q) => {
        const choice = draft[q] ?? { options: [], blank: false };
        const problem = problemOf(question, choice);
        if (!problem) return [];
        const text = sentence(question, problem, choice.options.length);
        return [{ id: idOf(q, 0), text: manifest.questions.length > 1 ? t("common.in_question", { number: q + 1, text }) : text }];
      })
    : [];
  const summary = errorSummary(errors);
  const fixed = (): void => {
    if (manifest.questions.every((question, q) => problemOf(question, draft[q] ?? { options: [], blank: false }) === null)) summary?.remove();
    changed();
  };
  return [summary, manifest.questions.map((question, q) => fieldset(question, q, draft, showErrors, fixed))];
}

function fieldset(question: Question, q: number, draft: Draft, showErrors: boolean, touched: () => void): HTMLElement {
  const choice = (draft[q] ??= { options: [], blank: false });
  const single = question.max === 1 && question.min === 1;
  const type = single ? "radio" : "checkbox";
  const message = h("p", { class: "error", role: "alert", id: `q${q}-error`, hidden: true });
  const count = single ? null : h("p", { class: "muted", role: "status", "data-testid": `count-${q}` });
  const inputs: HTMLInputElement[] = [];

  const tell = (force: boolean): void => {
    const problem = problemOf(question, choice);
    const shown = problem !== null && (force || problem === "many");
    message.hidden = !shown;
    const text = shown ? sentence(question, problem, choice.options.length) : "";
    if (message.textContent !== text) message.textContent = text;
    if (count) count.textContent = choice.blank ? t("common.blank_chosen") : t("common.chosen", { count: choice.options.length, max: question.max });
    for (const input of inputs) input.checked = input.value === "blank" ? choice.blank : choice.options.includes(Number(input.value));
  };
  const changed = (input: HTMLInputElement): void => {
    if (input.value === "blank") {
      choice.blank = input.checked;
      if (input.checked) choice.options = [];
    } else {
      const k = Number(input.value);
      const others = single ? [] : choice.options.filter((option) => option !== k);
      choice.options = (input.checked ? [...others, k] : others).sort((a, b) => a - b);
      if (input.checked) choice.blank = false;
    }
    tell(showErrors);
    touched();
  };
  const option = (value: number | "blank", label: Child): HTMLElement => {
    const input = h("input", { type, name: `q${q}`, id: idOf(q, value), value, on: { change: (_, element) => changed(element) } });
    inputs.push(input);
    return h("div", { class: value === "blank" ? "option blank" : "option" }, h("label", { for: input.id }, input, h("span", null, label)));
  };

  const element = h("fieldset", { "data-testid": `question-${q}`, "aria-describedby": `q${q}-rule q${q}-error` },
    h("legend", null, numbering(draft.length, q), own(question.title)),
    h("p", { class: "hint", id: `q${q}-rule` }, rule(question), question.min === 0 ? ` ${t("common.rule_may_be_empty")}` : null),
    question.options.map((text, k) => option(k, own(text))),
    question.blank ? option("blank", t("common.blank_vote")) : null,
    count,
    message);
  tell(showErrors);
  return element;
}

/** Questions are numbered by the heading's order only where there are several; the number is spoken too. */
function numbering(questions: number, q: number): string {
  return questions < 2 ? "" : `${formatNumber(q + 1)}. `;
}

/** The choices as the voter will read them again. */
export function choiceSummary(manifest: Manifest, choices: readonly Choice[]): HTMLElement {
  return h("dl", { class: "facts card", "data-testid": "choices" }, manifest.questions.map((question, q) => {
    const choice = choices[q] ?? { options: [], blank: false };
    const chosen: Child[] = choice.blank
      ? [t("common.blank_vote")]
      : choice.options.length === 0
        ? [t("common.empty_choice")]
        : choice.options.map((k: number) => own(question.options[k] ?? {}));
    return h("div", null, h("dt", null, own(question.title)), chosen.map((text) => h("dd", { class: "lead" }, text)));
  }));
}
