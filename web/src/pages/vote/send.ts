// Screen 4: the ballot on its way. The same bytes are sent until the receipt is here and verified;
// they are kept on the device before the first try, so that no reload, crash or lost answer can
// lose the ballot or cast a second one.

import { heading } from "../../components/election";
import { errorScreen, explain, failure, technical } from "../../components/errors";
import { button, groups, note, steps, when, withTime, working } from "../../components/parts";
import { api, serverNow, type Status } from "../../lib/api";
import { h, type Child } from "../../lib/dom";
import { t, tx } from "../../lib/i18n";
import { votingNow } from "../../lib/phase";
import type { CheckedReceipt, PendingSubmission, PreparedBallot } from "../../wasm/types";
import { identify, STEPS } from "./identify";
import { showReceipt } from "./receipt";
import { forgetSecrets, keep, type Vote } from "./state";

/** When the voter is told more than "on its way". */
const SLOW_MS = 4_000;
const WATCH_MS = 8_000;
/** How long a question about the urn may take. */
const ASK_MS = 10_000;

/** Signs, keeps and sends. */
export async function cast(vote: Vote, prepared: PreparedBallot): Promise<void> {
  vote.sent = true;
  vote.shell.show({ title: () => t("vote.step_cast"), render: () => sending(null) });
  let pending: PendingSubmission;
  try {
    pending = await prepared.cast();
    vote.prepared = null;
  } catch (error) {
    vote.sent = false;
    vote.voter = null;
    vote.shell.show({ render: () => errorScreen(error, () => identify(vote)) });
    return;
  }
  const kept = vote.isoloir.page.pending.save(pending);
  await deliver(vote, pending, kept);
}

/** A ballot of an earlier visit whose receipt never came. */
export async function resume(vote: Vote, pending: PendingSubmission): Promise<void> {
  vote.sent = true;
  vote.slot = pending.slot;
  await deliver(vote, pending, true);
}

/** What the server says to the question whether the ballot is in the urn. */
type Answer = "asking" | "yes" | "no" | "silent";

interface Delivery {
  trouble: Trouble | null;
  answer: Answer | null;
  /** Gives up the request under way and sends the same bytes anew. */
  again: () => void;
}

type Trouble = "slow" | "offline" | "unreachable" | "busy" | "suspended";

async function deliver(vote: Vote, pending: PendingSubmission, kept: boolean): Promise<void> {
  const delivery: Delivery = { trouble: null, answer: null, again: () => undefined };
  vote.shell.show({ title: () => t("vote.step_cast"), render: () => [sending(delivery.trouble, pending, kept), question(vote, pending, delivery)] });
  const tell = (next: Trouble): void => {
    if (next === delivery.trouble) return;
    delivery.trouble = next;
    vote.shell.redraw();
    vote.shell.announce(t(`vote.trouble_${next}`));
  };
  const slow = setTimeout(() => tell(navigator.onLine === false ? "offline" : "slow"), SLOW_MS);
  const offline = (): void => tell("offline");
  addEventListener("offline", offline);
  try {
    const receipt = await insist(vote, pending, tell, delivery);
    vote.receipt = receipt;
    await forgetSecrets(vote);
    showReceipt(vote, receipt);
  } catch (error) {
    await refused(vote, pending, error);
  } finally {
    clearTimeout(slow);
    removeEventListener("offline", offline);
  }
}

/** Sends until there is an answer: the same bytes each time. */
async function insist(vote: Vote, pending: PendingSubmission, tell: (trouble: Trouble) => void, delivery: Delivery): Promise<CheckedReceipt> {
  for (;;) {
    const controller = new AbortController();
    delivery.again = () => controller.abort();
    try {
      return await vote.isoloir.sendPending(pending, { signal: controller.signal, waiting: (error) => tell(troubleOf(error)) });
    } catch (error) {
      // Given up by `again`, or at its end.
      if (failure(error)?.kind !== "cancelled") throw error;
    }
  }
}

/** In trouble the voter may ask whether the ballot has arrived, and hears yes or no. REQ N3 */
function question(vote: Vote, pending: PendingSubmission, delivery: Delivery): Child {
  if (delivery.trouble === null) return null;
  const ask = async (): Promise<void> => {
    const say = (answer: Answer): void => {
      delivery.answer = answer;
      vote.shell.redraw();
      vote.shell.announce(t(`vote.urn_${answer}`));
    };
    say("asking");
    try {
      const slot = await api.slot(vote.info.id, pending.slot, { signal: AbortSignal.timeout(ASK_MS) });
      const there = slot.ballots.some((ballot) => ballot.code === pending.receiptCode);
      say(there ? "yes" : "no");
      // The receipt is fetched by the same request that casts: sent again, it changes nothing.
      if (there) delivery.again();
    } catch {
      say("silent");
    }
  };
  return h("section", { class: "card", "aria-labelledby": "urn-question" },
    h("h2", { id: "urn-question" }, t("vote.urn_question")),
    delivery.answer === null ? null : h("p", { class: "lead", "data-testid": "urn-answer", "data-answer": delivery.answer }, t(`vote.urn_${delivery.answer}`)),
    delivery.answer === "asking" ? null : button(t("vote.urn_ask"), ask, "compact", "ask-urn"));
}

function troubleOf(error: unknown): Trouble {
  if (navigator.onLine === false) return "offline";
  const inner = failure(error);
  return inner?.kind === "network" && inner.status !== null ? "busy" : "unreachable";
}

function sending(trouble: Trouble | null, pending?: PendingSubmission, kept = true): Child {
  return [
    steps(4, STEPS, t("vote.step_cast")),
    h("p", { class: "eyebrow" }, t("vote.do_not_close")),
    working(t("vote.sending")),
    trouble
      ? note("warn", t(`vote.trouble_${trouble}`), t("vote.trouble_todo"), trouble === "suspended" ? h("p", null, t("vote.suspended_todo")) : null)
      : h("p", { class: "muted" }, t("vote.sending_hint")),
    kept ? null : note("warn", t("vote.not_kept_what"), t("vote.not_kept_todo")),
    pending ? h("p", { class: "small muted" }, tx("vote.sending_code", { slot: String(pending.slot), code: groups(pending.receiptCode) })) : null,
  ];
}

/** The server will not take this ballot. Whether it is in the urn all the same is asked, not guessed. */
async function refused(vote: Vote, pending: PendingSubmission, error: unknown): Promise<void> {
  const { page } = vote.isoloir;
  let status: Status = vote.status;
  let inUrn: boolean | null = null;
  let later: { time: number } | null = null;
  try {
    status = vote.status = await api.status(vote.info.id);
    const slot = await api.slot(vote.info.id, pending.slot);
    inUrn = slot.ballots.some((ballot) => ballot.code === pending.receiptCode);
    later = slot.current;
  } catch {
    // Unknown: the ballot stays kept and the voter may try again.
  }
  const dishonest = failure(error)?.kind === "receipt" || failure(error)?.kind === "log";
  const now = votingNow(status, serverNow(), vote.openedAt);
  const again = (): Promise<void> => deliver(vote, pending, true);
  if (inUrn === true || inUrn === null || dishonest) {
    vote.shell.show({
      title: () => t("vote.unsure"),
      render: () => [
        heading(vote.info.manifest.title, t("vote.unsure")),
        note("bad", dishonest ? t("vote.receipt_bad_what") : explain(error).what, dishonest ? t("vote.receipt_bad_todo") : t("vote.unsure_todo")),
        h("p", null, tx("vote.sending_code", { slot: String(pending.slot), code: groups(pending.receiptCode) })),
        h("div", { class: "actions" }, button(t("common.again"), again, "primary", "again"),
          h("a", { class: "button", href: `/check/#${vote.info.id}.${pending.slot}.${pending.receiptCode}` }, t("vote.check_receipt"))),
        h("details", null, h("summary", null, t("common.technical")), h("p", { class: "small mono" }, technical(error))),
      ],
    });
    return;
  }
  if (now === "suspended") {
    waitForResume(vote, pending, again);
    return;
  }
  page.pending.forget(vote.info.id, pending.slot);
  vote.sent = false;
  vote.voter = null;
  const closed = now === "closed";
  vote.shell.show({
    title: () => t("vote.not_taken"),
    render: () => [
      heading(vote.info.manifest.title, t("vote.not_taken")),
      note("bad", t("vote.not_in_urn"), closed
        ? h("p", null, withTime("vote.closed_before", status.end))
        : later ? h("p", null, tx("vote.other_ballot", { time: when(later.time) })) : t("vote.refused_todo")),
      h("div", { class: "actions" },
        closed
          ? h("a", { class: "button primary", href: `/results/#${vote.info.id}` }, t("vote.see_status"))
          : button(t("vote.vote_again"), () => identify(vote), "primary", "vote-again")),
      h("details", null, h("summary", null, t("common.technical")), h("p", { class: "small mono" }, technical(error))),
    ],
  });
  keep(vote);
}

function waitForResume(vote: Vote, pending: PendingSubmission, again: () => Promise<void>): void {
  vote.shell.show({ title: () => t("vote.suspended"), render: () => sending("suspended", pending) });
  const timer = setInterval(() => {
    void api.status(vote.info.id).then((status) => {
      vote.status = status;
      if (status.phase === "suspended") return;
      clearInterval(timer);
      void again();
    }, () => undefined);
  }, WATCH_MS);
}

