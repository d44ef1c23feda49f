// What can go wrong for a teller, and what to do.

import { explain, failure, type Explained } from "../../components/errors";
import { formatTime, t } from "../../lib/i18n";

/** A pair of sentences for any error of the ceremony. */
export function explainTeller(error: unknown): Explained {
  const inner = failure(error);
  switch (inner?.kind) {
    case "key":
      return { what: t("tellers.e_key_what"), todo: inner.problem === "passphrase" ? t("tellers.e_passphrase") : inner.problem === "weak" ? t("tellers.passphrase_weak") : t(`tellers.e_${inner.problem}`) };
    case "log":
      return { what: t("tellers.e_log_what"), todo: inner.index === null ? t("tellers.e_log_todo") : t("tellers.e_log_entry_todo", { index: String(inner.index) }) };
    case "shrank":
      return { what: t("tellers.e_shrank_what", { from: inner.from, to: inner.to }), todo: t("tellers.e_shrank_todo") };
    case "witnesses":
      return { what: t("tellers.e_witnesses_what", { found: inner.found, count: inner.quorum }), todo: t("tellers.e_witnesses_todo") };
    case "lock":
      return { what: t(`tellers.e_lock_${inner.problem}_what`), todo: t(`tellers.e_lock_${inner.problem}_todo`) };
    case "early":
      return { what: t("tellers.e_early_what"), todo: t("tellers.e_early_todo", { time: formatTime(inner.from) }) };
    case "tooFew":
      return { what: t("tellers.too_few_what"), todo: t("tellers.e_phase_todo") };
    case "phase":
      return { what: t("tellers.e_phase_what"), todo: t("tellers.e_phase_todo") };
    case "boxesMissing":
      return { what: t("tellers.e_boxes_what", { count: inner.indexes.length }), todo: t("tellers.e_boxes_todo") };
    case "network":
      // The facts that the server checked: a manipulated program makes such entries, and its user should hear of it.
      if (inner.facts["reason"] === "complaint") return { what: t("tellers.e_false_what"), todo: t("tellers.e_false_todo") };
      if (inner.facts["reason"] === "sums") return { what: t("tellers.e_sums_what"), todo: t("tellers.e_sums_todo") };
      if (inner.status === 422 || inner.status === 409) return { what: t("tellers.e_refused_what"), todo: t("tellers.e_refused_todo") };
      return explain(error);
    default:
      return explain(error);
  }
}
