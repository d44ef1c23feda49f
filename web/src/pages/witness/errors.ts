// What can go wrong for a witness, and what to do.

import { explain, failure, type Explained } from "../../components/errors";
import { t } from "../../lib/i18n";

/** What is wrong with a key file or its passphrase; null for anything else. */
export function keyFault(error: unknown): string | null {
  const inner = failure(error);
  if (inner?.kind !== "key") return null;
  switch (inner.problem) {
    case "passphrase":
      return t("tellers.e_passphrase");
    case "damaged":
      return t("tellers.e_damaged");
    case "memory":
      return t("tellers.e_memory");
    case "weak":
      return t("tellers.passphrase_weak");
    case "role":
      return t("witness.e_role");
    default:
      return t("tellers.e_file");
  }
}

/** A pair of sentences for any error of a witness. */
export function explainWitness(error: unknown): Explained {
  const inner = failure(error);
  const fault = keyFault(error);
  if (fault !== null) return { what: t("tellers.e_key_what"), todo: fault };
  if (inner?.kind === "notStored") return { what: t("witness.e_notStored_what"), todo: t("witness.e_notStored_todo") };
  // What came cannot be read, or is not signed by the log: no checkpoint that anybody could be held to.
  if (inner?.kind === "log") return { what: t("witness.unproven_what"), todo: t("witness.unproven_todo") };
  if (inner?.kind === "network" && inner.problem === "copy") return { what: t("witness.e_copy_what"), todo: t("witness.e_copy_todo") };
  return explain(error);
}
