// Screens 3 and 4: read again what will be cast, then cast. The ballot is made here, and its
// receipt code shown, before the voter decides to cast it or to test the device with it.

import { choiceSummary } from "../../components/ballot-form";
import { disclosed } from "../../components/disclosed";
import { heading } from "../../components/election";
import { errorScreen, failure } from "../../components/errors";
import { button, groups, note, steps, working } from "../../components/parts";
import { h } from "../../lib/dom";
import { formatSpan, t } from "../../lib/i18n";
import type { Disclosure, PreparedBallot } from "../../wasm/types";
import { showChoose } from "./choose";
import { identify, STEPS } from "./identify";
import { cast } from "./send";
import { on, type Vote } from "./state";
import { watchNote } from "./watch";

/** When making the ballot takes long enough to say so, and to offer a way back. Not sooner: a second click would hit it. */
const LONG_MS = 2_000;
/** Counts the ballots that are being made: the voter may have gone elsewhere meanwhile. */
let making = 0;

/** `fresh`: make a new ballot; otherwise show the one made, if it is still there. */
export async function showReview(vote: Vote, fresh: boolean): Promise<void> {
  on(vote, "review");
  if (fresh || !vote.prepared) {
    const number = ++making;
    const gone = (): boolean => number !== making || vote.screen !== "review";
    const done = showMaking(vote, gone);
    try {
      if (!vote.voter) return await identify(vote);
      const prepared = await vote.voter.prepare(vote.draft);
      if (gone()) return;
      vote.prepared = prepared;
    } catch (error) {
      if (gone()) return;
      // A worker killed by the browser takes the keys with it; the codes are still in the tab.
      const lost = ["crashed", "spent"].includes(failure(error)?.kind ?? "");
      if (lost) vote.voter = null;
      vote.shell.show({ render: () => errorScreen(error, () => (lost ? identify(vote) : showReview(vote, true))) });
      return;
    } finally {
      done();
    }
  }
  draw(vote, vote.prepared);
}

/**
 * The ballot is being made: how long already, and a way back to the choice. Whoever goes back is there at once; the work ends by itself
 * and its ballot is never shown. Gives what ends the screen's counting.
 */
function showMaking(vote: Vote, gone: () => boolean): () => void {
  const began = performance.now();
  const passed = (): number => performance.now() - began;
  let counter: HTMLElement | null = null;
  let shown = false;
  const since = (): string => t("vote.preparing_since", { span: formatSpan(passed()) });
  vote.shell.show({
    title: () => t("vote.step_review"),
    render: () => [
      working(t("vote.preparing")),
      vote.isoloir.engine === "javaScript" ? h("p", null, t("vote.preparing_slow")) : null,
      passed() < LONG_MS
        ? null
        : [
            (counter = h("p", { class: "muted", "data-testid": "since" }, since())),
            h("div", { class: "actions" }, button(t("vote.change"), () => {
              history.replaceState({ screen: "choose" }, "");
              showChoose(vote, false);
            }, "plain", "cancel")),
          ],
    ],
  });
  const timer = setInterval(() => {
    if (gone()) return clearInterval(timer);
    if (passed() < LONG_MS) return;
    if (!shown) vote.shell.redraw();
    else if (counter) counter.textContent = since();
    shown = true;
  }, 1_000);
  return () => clearInterval(timer);
}

function draw(vote: Vote, prepared: PreparedBallot): void {
  const { manifest } = vote.info;
  const empty = vote.draft.some((choice) => choice.options.length === 0 && !choice.blank);
  const blank = vote.draft.some((choice) => choice.blank);
  const current = vote.voter?.current;
  vote.shell.show({
    title: () => t("vote.step_review"),
    render: () => [
      steps(3, STEPS, t("vote.step_review")),
      heading(manifest.title, t("vote.review")),
      watchNote(vote),
      choiceSummary(manifest, vote.draft),
      empty ? note("warn", t("vote.review_empty")) : null,
      blank ? note("info", t("vote.review_blank")) : null,
      h("p", null, manifest.revote ? t("vote.review_revote") : t("vote.review_final")),
      current ? h("p", null, t("vote.again_replaces")) : null,
      h("div", { class: "actions" },
        button(t("vote.cast"), () => cast(vote, prepared), "primary", "cast"),
        button(t("vote.change"), () => {
          history.replaceState({ screen: "choose" }, "");
          showChoose(vote, false);
        }, "plain", "change")),
      h("section", { class: "card", "aria-labelledby": "test-heading" },
        h("h2", { id: "test-heading" }, t("vote.test_heading")),
        h("p", null, t("vote.code_before"), " ", groups(prepared.receiptCode)),
        h("p", { class: "small" }, t("vote.test_why")),
        button(t("vote.test_instead"), () => showTestIntro(vote, prepared), "compact", "test-instead")),
    ],
  });
}

/** Before the ballot is opened: note the code, and know that it will not count. */
function showTestIntro(vote: Vote, prepared: PreparedBallot): void {
  vote.shell.show({
    title: () => t("vote.test_heading"),
    render: () => [
      heading(vote.info.manifest.title, t("vote.test_heading")),
      note("warn", t("vote.test_not_counted"), t("vote.test_not_voted_yet")),
      h("ol", null,
        h("li", null, t("vote.test_step_note")),
        h("li", null, t("vote.test_step_open")),
        h("li", null, t("vote.test_step_vote"))),
      h("p", { class: "card" }, groups(prepared.receiptCode, true)),
      h("div", { class: "actions" },
        button(t("vote.test_open"), async () => {
          try {
            const disclosure = await prepared.disclose();
            vote.prepared = null;
            showDisclosed(vote, disclosure, prepared);
          } catch (error) {
            vote.shell.show({ render: () => errorScreen(error, () => showReview(vote, true)) });
          }
        }, "primary", "disclose"),
        button(t("vote.test_back"), () => draw(vote, prepared), "plain", "back")),
    ],
  });
}

function showDisclosed(vote: Vote, disclosure: Disclosure, prepared: PreparedBallot): void {
  vote.shell.show({
    title: () => t("vote.test_heading"),
    render: () => [
      heading(vote.info.manifest.title, t("vote.test_opened")),
      note("warn", t("vote.test_not_counted"), t("vote.test_not_voted_yet")),
      disclosed(vote.isoloir, vote.info, disclosure, prepared.slot, prepared.receiptCode),
      h("div", { class: "actions" },
        button(t("vote.test_vote_now"), () => showReview(vote, true), "primary", "vote-now"),
        button(t("vote.change"), () => showChoose(vote, false), "plain", "change")),
    ],
  });
}
