// The tellers' page: make a key, read and accept an election, practise, count.

import catalogues from "virtual:catalogues/tellers";

import { chooseElection } from "../../components/choose-election";
import { errorScreen } from "../../components/errors";
import { button, working } from "../../components/parts";
import { startPage, type Shell } from "../../components/shell";
import { h } from "../../lib/dom";
import { takeFragment } from "../../lib/fragment";
import { t } from "../../lib/i18n";
import { inOneFile } from "../../lib/inlined";
import { isoloir } from "../../lib/isoloir";
import { reloadOnNewLink } from "../../lib/reload";
import type { Isoloir } from "../../wasm/types";
import { showCarry } from "./carry";
import { showKey } from "./key";
import { showRestore } from "./restore";
import { showUnlock } from "./unlock";

const fragment = takeFragment();
reloadOnNewLink();
void start();

async function start(): Promise<void> {
  const shell = await startPage({ catalogues, name: "tellers.page" });
  shell.setElection(fragment?.election ?? null);
  const load = async (): Promise<void> => {
    shell.show({ render: () => working(t("common.loading")) });
    try {
      home(shell, await isoloir());
    } catch (error) {
      shell.show({ render: () => errorScreen(error, load) });
    }
  };
  await load();
}

function home(shell: Shell, module: Isoloir): void {
  const back = (): void => home(shell, module);
  shell.show({
    render: () => [
      h("h1", null, t("tellers.heading")),
      h("p", { class: "lead" }, t("tellers.intro")),
      inOneFile() ? h("p", null, t("tellers.file_intro")) : null,
      h("section", { class: "card", "aria-labelledby": "count" },
        h("h2", { id: "count" }, t("tellers.have_key")),
        h("p", null, t("tellers.have_key_text")),
        h("div", { class: "actions" }, button(t("tellers.go_unlock"), async () => {
          const election = inOneFile() ? null : await chooseElection(shell, fragment?.election ?? null);
          showUnlock({ shell, isoloir: module, election }, {});
        }, "primary", "unlock"))),
      h("section", { class: "card", "aria-labelledby": "make" },
        h("h2", { id: "make" }, t("tellers.no_key")),
        h("p", null, t("tellers.no_key_text")),
        h("div", { class: "actions" }, button(t("tellers.go_key"), () => showKey(shell, module, back), "plain", "new-key"))),
      h("section", { class: "card", "aria-labelledby": "lost" },
        h("h2", { id: "lost" }, t("tellers.lost_key")),
        h("p", null, t("tellers.lost_key_text")),
        h("div", { class: "actions" }, button(t("tellers.restore"), () => showRestore(shell, module, back), "plain", "restore"))),
      inOneFile() ? null : h("section", { class: "card", "aria-labelledby": "carry" },
        h("h2", { id: "carry" }, t("tellers.carry_heading")),
        h("p", null, t("tellers.carry_text")),
        h("div", { class: "actions" }, button(t("tellers.carry_go"), () => showCarry(shell, module, fragment?.election ?? null, back), "plain", "carry"))),
      h("h2", null, t("tellers.job")),
      h("ol", null, h("li", null, t("tellers.job_key")), h("li", null, t("tellers.job_consent")), h("li", null, t("tellers.job_drill")), h("li", null, t("tellers.job_count"))),
    ],
  });
}
