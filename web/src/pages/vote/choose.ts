// Screen 2: the ballot paper.

import { ballotForm, problemOf } from "../../components/ballot-form";
import { heading } from "../../components/election";
import { button, form, note, steps, untilText } from "../../components/parts";
import { serverNow } from "../../lib/api";
import { h } from "../../lib/dom";
import { t } from "../../lib/i18n";
import { showWelcome, STEPS } from "./identify";
import { showReview } from "./review";
import { keep, on, type Vote } from "./state";
import { watchNote } from "./watch";

const LAST_CALL_MS = 30 * 60_000;

/** Shows the questions; with `errors` also what stands in the way. */
export function showChoose(vote: Vote, errors: boolean): void {
  const { manifest } = vote.info;
  const submit = async (): Promise<void> => {
    const wrong = manifest.questions.some((question, q) => problemOf(question, vote.draft[q] ?? { options: [], blank: false }) !== null);
    if (wrong) {
      showChoose(vote, true);
      return;
    }
    history.pushState({ screen: "review" }, "");
    await showReview(vote, true);
  };
  on(vote, "choose");
  vote.shell.show({
    title: () => t("vote.step_choose"),
    render: () => {
      const left = vote.status.closes - serverNow();
      return [
        steps(2, STEPS, t("vote.step_choose")),
        heading(manifest.title, t("vote.choose", { count: manifest.questions.length })),
        watchNote(vote),
        left > 0 && left < LAST_CALL_MS ? note("warn", t("vote.closes_in", { span: untilText(vote.status.closes, serverNow()) ?? "" })) : null,
        form(submit,
          ballotForm(manifest, vote.draft, errors, () => keep(vote)),
          h("p", { class: "muted" }, t("vote.nothing_sent_yet")),
          h("div", { class: "actions" },
            h("button", { type: "submit", class: "primary", "data-testid": "continue" }, t("common.continue")),
            button(t("common.back"), () => {
              history.replaceState({ screen: "identify" }, "");
              showWelcome(vote);
            }, "quiet", "back"))),
      ];
    },
  });
}
