// The witness's page: a rival's delegate makes a key, follows a log, and cosigns what continues it.

import catalogues from "virtual:catalogues/witness";

import { chooseElection } from "../../components/choose-election";
import { errorNote, errorScreen } from "../../components/errors";
import { button, errorSummary, facts, field, form, working } from "../../components/parts";
import { startPage } from "../../components/shell";
import { h } from "../../lib/dom";
import { takeFragment } from "../../lib/fragment";
import { t } from "../../lib/i18n";
import { isoloir } from "../../lib/isoloir";
import { reloadOnNewLink } from "../../lib/reload";
import type { WitnessKey } from "../../wasm/types";
import { showAlarm } from "./alarm";
import { explainWitness, keyFault } from "./errors";
import { showFollow } from "./follow";
import { showNewKey, showRestore } from "./key";
import { lineCard } from "./line";
import { keepPassphrase, keptPassphrase, type Desk } from "./state";

const fragment = takeFragment();
reloadOnNewLink();
void start();

async function start(): Promise<void> {
  const shell = await startPage({ catalogues, name: "witness.page" });
  const linked = fragment?.election ?? null;
  shell.setElection(linked);
  const load = async (): Promise<void> => {
    shell.show({ render: () => working(t("common.loading")) });
    try {
      await begin({ shell, isoloir: await isoloir(), linked });
    } catch (error) {
      shell.show({ render: () => errorScreen(error, load) });
    }
  };
  await load();
}

/** Where this browser was: an alarm first of all, then its key. */
async function begin(desk: Desk): Promise<void> {
  const key = await desk.isoloir.witnesses.kept();
  if (key === null) return showIntro(desk, () => begin(desk));
  const alarmed = desk.linked === null ? null : await desk.isoloir.witnesses.alarm(desk.linked, key);
  if (alarmed !== null) return showAlarm(desk, key.name, alarmed.alarm, alarmed.memory);
  const passphrase = keptPassphrase(desk, key);
  if (desk.linked !== null && passphrase !== null) return showFollow(desk, key, desk.linked, passphrase, (error) => showKept(desk, key, {}, error));
  showKept(desk, key);
}

function showIntro(desk: Desk, done: () => void | Promise<void>): void {
  const { shell } = desk;
  const back = (): void => showIntro(desk, done);
  shell.show({
    render: () => [
      h("h1", null, t("witness.heading")),
      h("p", { class: "lead" }, t("witness.intro")),
      h("p", null, t("witness.intro_how")),
      h("p", null, t("witness.intro_trust")),
      h("section", { class: "card", "aria-labelledby": "make" },
        h("h2", { id: "make" }, t("witness.no_key")),
        h("p", null, t("witness.no_key_text")),
        h("div", { class: "actions" }, button(t("witness.make"), () => showNewKey(desk, back, done), "primary", "new-key"))),
      h("section", { class: "card", "aria-labelledby": "have" },
        h("h2", { id: "have" }, t("witness.have_backup")),
        h("p", null, t("witness.have_backup_text")),
        h("div", { class: "actions" }, button(t("witness.restore"), () => showRestore(desk, back, done), "plain", "restore"))),
    ],
  });
}

/** The key that this browser keeps: its line for the organiser, and the way to the log. */
function showKept(desk: Desk, key: WitnessKey, errors: Record<string, string> = {}, thrown: unknown = null): void {
  const { shell } = desk;
  const known = keptPassphrase(desk, key);
  const passphrase = h("input", { type: "password", autocomplete: "current-password" });
  const follow = async (): Promise<void> => {
    const typed = known ?? passphrase.value;
    if (typed === "") return showKept(desk, key, { passphrase: t("tellers.passphrase_missing") });
    const election = await chooseElection(shell, desk.linked);
    // A reload finds its place.
    history.replaceState(null, "", `#${election}`);
    const alarmed = await desk.isoloir.witnesses.alarm(election, key);
    if (alarmed !== null) return showAlarm(desk, key.name, alarmed.alarm, alarmed.memory);
    keepPassphrase(desk, key, typed);
    showFollow({ ...desk, linked: election }, key, election, typed, (error) => {
      const fault = keyFault(error);
      showKept({ ...desk, linked: election }, key, fault === null ? {} : { passphrase: fault }, fault === null ? error : null);
    });
  };
  shell.show({
    title: () => t("witness.kept"),
    render: () => [
      h("h1", null, t("witness.kept")),
      errorSummary(Object.entries(errors).map(([id, text]) => ({ id, text }))),
      thrown ? errorNote(thrown, explainWitness(thrown)) : null,
      facts([
        [t("witness.name"), h("bdi", { class: "mono", "data-testid": "name" }, key.name)],
        [t("tellers.fingerprint"), h("span", { class: "mono", "data-testid": "fingerprint" }, key.fingerprint)],
      ]),
      lineCard(key),
      h("h2", null, t("witness.follow_heading")),
      h("p", null, t("witness.follow_text")),
      form(follow,
        known === null ? field({ id: "passphrase", label: t("tellers.passphrase"), error: errors["passphrase"], input: passphrase }) : null,
        h("div", { class: "actions" },
          h("button", { type: "submit", class: "primary", "data-testid": "follow" }, t("witness.follow")),
          button(t("witness.other_key"), () => showIntro(desk, () => begin(desk)), "quiet", "other-key"))),
    ],
  });
}
